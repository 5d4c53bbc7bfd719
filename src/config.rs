//! Flags, environment and file → one [`Config`]; every fault is reported at once.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use secrecy::SecretString;

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
    /// How the console looks and behaves.
    pub console: ConsoleConfig,
    /// Action name → keys, for actions whose keys are changed.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Where files are.
    pub paths: Paths,
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
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { theme: ThemeName::Dark, ascii: false, mouse: true, no_color: false }
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
