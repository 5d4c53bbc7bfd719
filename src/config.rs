//! Flags, environment and file → one [`Config`]; every fault is reported at once.

pub mod fault;
mod file;
mod names;
mod paths;
mod secret;
mod value;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

use secrecy::SecretString;

pub use self::fault::{Fault, Faults};
pub(crate) use self::names::nearest;

use crate::domain::{
    database::{DatabaseId, Layout},
    placement::Strategy,
};

/// Everything that can be set, after flags, environment, file and defaults are folded.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The URI of the main database, resolved from `env:` and `file:`; `None` when none is set.
    pub uri: Option<SecretString>,
    /// What the fleet is called, such as `production`; colours and names the frame.
    pub environment: Option<String>,
    /// Whether every write is refused where the driver is called.
    pub read_only: bool,
    /// Names, counts and limits. `layout.main_database` is the configured name until the
    /// URI's path overrides it.
    pub layout: Layout,
    /// The rule that picks the shard of a new store.
    pub placement: Strategy,
    /// Where reads go unless a shard says otherwise.
    pub read_preference: ReadPreference,
    /// Shards with a URI or a read preference of their own.
    pub shards: BTreeMap<DatabaseId, ShardOverride>,
    /// Intervals and deadlines.
    pub timing: Timing,
    /// How queries are sent.
    pub query: QueryConfig,
    /// Saved queries by name.
    pub queries: BTreeMap<String, SavedQuery>,
    /// How the console looks and behaves.
    pub console: ConsoleConfig,
    /// Action name → keys, for actions whose keys are changed.
    pub keys: BTreeMap<String, Vec<String>>,
    /// How much the log says.
    pub log_level: LogLevel,
    /// Where files are.
    pub paths: Paths,
}

/// The configuration file with every key at its default, each explained.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// What the arguments and the environment set; `None` leaves it to the file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// A URI, `env:NAME` or `file:PATH`.
    pub uri: Option<SecretString>,
    /// The configuration file to read instead of the usual one; it must exist.
    pub config: Option<PathBuf>,
    /// Whether every write is refused.
    pub read_only: Option<bool>,
    /// What the fleet is called.
    pub environment: Option<String>,
    /// Which palette.
    pub theme: Option<ThemeName>,
    /// Whether only ASCII characters are drawn.
    pub ascii: Option<bool>,
    /// Whether the mouse is captured at the start.
    pub mouse: Option<bool>,
    /// How much the log says.
    pub log_level: Option<LogLevel>,
}

/// Looks up an environment variable. A function, so that tests bring an environment of their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Says what is wrong with the keys that the file gives to actions, each fault with the
/// action's name in back-ticks. Only the console knows actions and keys.
pub type KeyCheck<'a> = &'a dyn Fn(&BTreeMap<String, Vec<String>>) -> Vec<String>;

impl Config {
    /// Folds flags, environment, file and defaults into one configuration.
    ///
    /// A missing file is no fault, unless the flags name it.
    ///
    /// # Errors
    ///
    /// Every fault of the file and of what it refers to, ordered by line.
    pub fn load(
        flags: &Flags,
        environment: Environment,
        check_keys: KeyCheck,
    ) -> Result<Self, Faults> {
        let paths = Paths::find(flags.config.as_deref(), environment)?;
        let mut faults = Faults::in_file(&paths.config);
        let mut config = Self { paths, ..Self::default() };
        let mut sources = file::Sources::default();
        if let Some(text) = file::text(&config.paths.config, flags.config.is_some(), &mut faults) {
            file::read(&text, &mut config, &mut sources, (&mut faults, check_keys));
        }
        config.apply(flags, environment);
        config.resolve(flags, &sources, environment, &mut faults);
        faults.or(config)
    }

    /// Puts what flags and environment set over what the file set.
    fn apply(&mut self, flags: &Flags, environment: Environment) {
        fn set<T: Copy>(target: &mut T, flag: Option<T>) {
            *target = flag.unwrap_or(*target);
        }
        set(&mut self.read_only, flags.read_only);
        set(&mut self.console.theme, flags.theme);
        set(&mut self.console.ascii, flags.ascii);
        set(&mut self.console.mouse, flags.mouse);
        set(&mut self.log_level, flags.log_level);
        if let Some(name) = &flags.environment {
            self.environment = Some(name.clone()).filter(|name| !name.is_empty());
        }
        if environment("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            self.console.no_color = true;
        }
    }

    /// Reads the URIs from where they are said to be. A URI that the flags override is left alone.
    fn resolve(
        &mut self,
        flags: &Flags,
        sources: &file::Sources,
        environment: Environment,
        faults: &mut Faults,
    ) {
        match (&flags.uri, &sources.uri) {
            (Some(given), _) => match secret::resolve(given, environment) {
                Ok(uri) => self.uri = Some(uri),
                Err(fault) => faults.add_outside(fault),
            },
            (None, Some((given, span))) => match secret::resolve(given, environment) {
                Ok(uri) => self.uri = Some(uri),
                Err(fault) => faults.add(span.clone(), fault),
            },
            (None, None) => {}
        }
        for (id, (given, span)) in &sources.shards {
            match secret::resolve(given, environment) {
                Ok(uri) => self.shards.entry(*id).or_default().uri = Some(uri),
                Err(fault) => faults.add(span.clone(), fault),
            }
        }
    }
}

/// What one shard has of its own.
#[derive(Debug, Clone, Default)]
pub struct ShardOverride {
    /// A cluster of its own.
    pub uri: Option<SecretString>,
    /// Where reads go.
    pub read_preference: Option<ReadPreference>,
}

/// Where reads go, in the driver's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadPreference {
    /// Only the primary.
    #[default]
    Primary,
    /// The primary, or a secondary where there is none.
    PrimaryPreferred,
    /// Only secondaries.
    Secondary,
    /// A secondary, or the primary where there is none.
    SecondaryPreferred,
    /// The member with the lowest latency.
    Nearest,
}

/// Intervals and deadlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Pause between two probes of a database.
    pub probe_interval: Duration,
    /// Deadline of one probe.
    pub probe_timeout: Duration,
    /// A probe that takes longer than this makes a database slow.
    pub slow_after: Duration,
    /// Pause between two logins on a fresh connection.
    pub login_interval: Duration,
    /// Longest pause between two attempts to reach a database that is down.
    pub retry_at_most: Duration,
    /// Pause between two reads of a registry that cannot be followed by change stream.
    pub registry_poll: Duration,
    /// Deadline of a read that a person asked for.
    pub read_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            probe_interval: Duration::from_secs(4),
            probe_timeout: Duration::from_secs(3),
            slow_after: Duration::from_millis(250),
            login_interval: Duration::from_secs(6),
            retry_at_most: Duration::from_secs(15),
            registry_poll: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
        }
    }
}

/// How queries are sent, and how much they may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryConfig {
    /// Longest time that the server may work on one query (`maxTimeMS`).
    pub max_time: Duration,
    /// Longest time that the server may work on one export.
    pub export_time: Duration,
    /// Commands of one question that run at the same time on one database.
    pub per_database: u32,
    /// Longest time that one question may take on one database.
    pub deadline: Duration,
    /// Documents on a page.
    pub page: u32,
    /// Documents in a sample.
    pub sample: u32,
    /// A query that no index serves is asked about first where there are more documents.
    pub ask_above: u32,
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self {
            max_time: Duration::from_secs(30),
            export_time: Duration::from_secs(12 * 3600),
            per_database: 4,
            deadline: Duration::from_secs(60),
            page: 50,
            sample: 500,
            ask_above: 100_000,
        }
    }
}

/// A question to all stores that has a name. Texts are as typed; an absent one asks for
/// nothing special.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedQuery {
    /// The collection type.
    pub of_type: Option<String>,
    /// Which documents.
    pub filter: Option<String>,
    /// In which order.
    pub sort: Option<String>,
    /// Which of their fields.
    pub project: Option<String>,
    /// How texts are compared.
    pub collation: Option<String>,
    /// The field whose values are asked for.
    pub distinct: Option<String>,
    /// The stages of an aggregation.
    pub aggregate: Option<String>,
    /// Whether documents are only counted.
    pub count: bool,
    /// Most rows in all.
    pub limit: Option<u32>,
    /// Only stores whose storeId, name or prefix holds this.
    pub stores: Option<String>,
    /// Only stores of this database.
    pub database: Option<String>,
}

impl Paths {
    /// Where files are, whatever is in them.
    ///
    /// # Errors
    ///
    /// Neither `HOME` nor the XDG variables say where.
    pub fn find(
        config: Option<&std::path::Path>,
        environment: Environment,
    ) -> Result<Self, Faults> {
        paths::find(config, environment).map_err(Faults::from)
    }
}

/// How the console looks and behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleConfig {
    /// Which palette.
    pub theme: ThemeName,
    /// Whether only ASCII characters are drawn.
    pub ascii: bool,
    /// Whether the mouse is captured at the start.
    pub mouse: bool,
    /// Whether colours are left out (`NO_COLOR`).
    pub no_color: bool,
    /// The zone that dates of documents are shown in: an IANA name, `UTC`, or `local`.
    pub time_zone: String,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            theme: ThemeName::Dark,
            ascii: false,
            mouse: true,
            no_color: false,
            time_zone: "UTC".to_owned(),
        }
    }
}

/// The palettes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// For dark backgrounds, 24-bit colours.
    #[default]
    Dark,
    /// For light backgrounds, 24-bit colours.
    Light,
    /// The terminal's own 16 colours.
    Ansi,
}

impl ReadPreference {
    /// Every read preference, the default first.
    pub const ALL: [Self; 5] = [
        Self::Primary,
        Self::PrimaryPreferred,
        Self::Secondary,
        Self::SecondaryPreferred,
        Self::Nearest,
    ];

    /// The name in the configuration and in URIs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::PrimaryPreferred => "primaryPreferred",
            Self::Secondary => "secondary",
            Self::SecondaryPreferred => "secondaryPreferred",
            Self::Nearest => "nearest",
        }
    }
}

impl ThemeName {
    /// Every theme, in the order in which the key for the next theme goes through them.
    pub const ALL: [Self; 3] = [Self::Dark, Self::Light, Self::Ansi];

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Ansi => "16",
        }
    }
}

/// How much the log says, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Nothing, and no file is made.
    Off,
    /// What failed inside tilldeck.
    Error,
    /// Databases that go down, too.
    Warn,
    /// What changed, too.
    #[default]
    Info,
    /// Every probe, too.
    Debug,
    /// Everything there is.
    Trace,
}

impl LogLevel {
    /// Every level, least first.
    pub const ALL: [Self; 6] =
        [Self::Off, Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Where files are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The configuration file, whether it exists or not.
    pub config: PathBuf,
    /// Logs and state; made with mode 0700.
    pub state: PathBuf,
    /// The last known registry and the fetched server; made with mode 0700.
    pub cache: PathBuf,
}
