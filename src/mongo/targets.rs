//! One `MONGODB_URI` → the 1 + N databases that tilldeck connects to.
//!
//! A URI is parsed by the driver once, as it is written: there the authentication database
//! is settled, and SRV and TXT records are resolved. A target's options are a copy of the
//! result in which only the default database differs. Swapping the path of the URI instead
//! would make the driver look the user up in the shard: the login fails there, or worse, it
//! is that of another user with the same name.
//!
//! What tilldeck sets for itself, whatever the URI says, because the values in a URI are
//! meant for an application server: the application name, a small pool, and timeouts that
//! are short enough for a person who waits. Everything else is kept.

use std::{sync::Arc, time::Duration};

use mongodb::options::{
    Acknowledgment, ClientOptions, ReadPreference as DriverPreference, SelectionCriteria,
};

use self::source::Source;
use crate::{
    config::{Config, ReadPreference},
    domain::{
        database::{Database, Layout},
        failure::{Failure, FailureKind},
        text::{SafeText, safe},
        uri::{Effective, Show},
    },
};

mod source;

/// What tilldeck calls itself to the server.
pub const APP_NAME: &str = "tilldeck";

/// Connections of a pool beyond those for the questions of a person, so that neither a probe nor
/// the command that ends a question waits until one of them is answered.
const SPARE_CONNECTIONS: u32 = 2;

/// How often the driver's monitors ask, where the server does not report changes by itself.
const HEARTBEAT: Duration = Duration::from_secs(4);

/// Databases of the server itself. In the path of a shard's own URI they can only be meant
/// as the place of the login, never as the place of the stores.
const SYSTEM_DATABASES: [&str; 3] = ["admin", "config", "local"];

/// Every database that tilldeck connects to.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The configured layout, with the main database that the URI's path names.
    pub layout: Layout,
    /// The main database first, then every shard in order.
    pub databases: Vec<Target>,
    /// What is possible, but hardly meant: one sentence each.
    pub warnings: Vec<SafeText>,
}

/// One database, and how to reach it. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Target {
    /// Which database.
    pub database: Database,
    /// Its name on the server.
    pub name: String,
    /// Who logs in where, as `user@host:port[,…]`, without the password.
    pub login: SafeText,
    /// Whether it has a URI of its own.
    pub overridden: bool,
    /// Options of the URI that tilldeck sets aside, by name.
    pub ignored_options: Vec<String>,
    /// What is insecure about the connection, in words for the title.
    pub insecure: Vec<String>,
    /// Equal for targets that share hosts, login and encryption.
    pub route: RouteKey,
    read_preference: Option<ReadPreference>,
    limit: Duration,
    /// Most connections to one server, besides those of the driver's monitors.
    pool_size: u32,
    source: Arc<Source>,
}

/// Names a way to a server: equal for targets that share hosts, login and encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey(usize);

impl Targets {
    /// Derives the 1 + N targets. No I/O.
    ///
    /// # Errors
    ///
    /// `usage` when there is no URI, `wrong_options` when one is malformed or has an option
    /// that would change the connection if it were left out. No text quotes a URI.
    pub fn parse(config: &Config) -> Result<Self, Failure> {
        let uri = config.uri.as_ref().ok_or_else(no_uri)?;
        let main = Arc::new(Source::parse(uri, "the connection string")?);
        let mut layout = config.layout.clone();
        if let Some(name) = main.uri.database() {
            name.clone_into(&mut layout.main_database);
        }
        let mut routes = Vec::new();
        let mut databases = Vec::new();
        for database in layout.databases() {
            databases.push(Target::derive(database, config, &layout, &main, &mut routes)?);
        }
        let warnings = warnings(&databases, config);
        for target in &databases {
            tracing::debug!(
                database = %safe(&target.name),
                login = %target.login,
                set_aside = ?target.ignored_options,
                insecure = ?target.insecure,
                "a target is derived"
            );
        }
        Ok(Self { layout, databases, warnings })
    }

    /// The target of a database.
    pub fn get(&self, database: Database) -> Option<&Target> {
        self.databases.iter().find(|target| target.database == database)
    }

    /// How every target is printed; SRV records are resolved where there are some.
    pub async fn describe(&self, show: Show) -> Vec<Effective> {
        let mut descriptions = Vec::new();
        for target in &self.databases {
            descriptions.push(target.describe(show).await);
        }
        descriptions
    }
}

fn no_uri() -> Failure {
    Failure::new(
        FailureKind::Usage,
        "no connection string is set",
        "Set `MONGODB_URI`, or try tilldeck on a fleet of its own with `tilldeck demo`",
    )
}

impl Target {
    fn derive(
        database: Database,
        config: &Config,
        layout: &Layout,
        main: &Arc<Source>,
        routes: &mut Vec<String>,
    ) -> Result<Self, Failure> {
        let own = database.id().and_then(|id| config.shards.get(&id));
        let own_source = own
            .and_then(|own| own.uri.as_ref())
            .map(|uri| Source::parse(uri, &format!("the URI of `{}`", layout.name_of(database))))
            .transpose()?;
        let overridden = own_source.is_some();
        let source = own_source.map_or_else(|| Arc::clone(main), Arc::new);
        let for_all = config.read_preference;
        let for_all = (for_all != ReadPreference::Primary).then_some(for_all);
        Ok(Self {
            database,
            name: name_in(&source, overridden, layout.name_of(database)),
            login: safe(&source.uri.login()),
            overridden,
            ignored_options: source.ignored.clone(),
            insecure: source.insecure(),
            route: RouteKey(place_of(source.route(), routes)),
            // The default of the configuration leaves the URI's own preference alone.
            read_preference: own.and_then(|own| own.read_preference).or(for_all),
            limit: config.timing.probe_timeout,
            pool_size: config.query.per_database.saturating_add(SPARE_CONNECTIONS),
            source,
        })
    }

    /// The addresses as people write them, `, ` between them.
    pub fn hosts(&self) -> String {
        self.source.uri.addresses()
    }

    /// The user that logs in, if one does.
    pub fn user(&self) -> Option<&str> {
        self.source.uri.user()
    }

    /// The driver's options for this database. Resolves SRV and TXT records, which is the
    /// only I/O; targets of one URI share the answer while it is fresh.
    ///
    /// # Errors
    ///
    /// `dns` when the SRV record cannot be resolved in time, `wrong_options` when the driver
    /// refuses the combination of options.
    pub async fn resolve(&self) -> Result<ClientOptions, Failure> {
        let mut options = self.source.resolve(self.limit).await?;
        options.default_database = Some(self.name.clone());
        self.adapt(&mut options);
        Ok(options)
    }

    /// What tilldeck sets for itself.
    fn adapt(&self, options: &mut ClientOptions) {
        // Two thirds: the driver must name the cause before the deadline of a probe passes.
        let patience = self.limit * 2 / 3;
        options.app_name = Some(APP_NAME.to_owned());
        options.max_pool_size = Some(self.pool_size);
        options.min_pool_size = None;
        options.max_connecting = None;
        options.max_idle_time = None;
        options.connect_timeout = Some(patience);
        options.server_selection_timeout = Some(patience);
        options.heartbeat_freq = Some(HEARTBEAT);
        let unacknowledged = options
            .write_concern
            .as_ref()
            .is_some_and(|concern| concern.w == Some(Acknowledgment::Nodes(0)));
        if unacknowledged {
            options.write_concern = None;
        }
        if let Some(preference) = self.read_preference {
            options.selection_criteria =
                Some(SelectionCriteria::ReadPreference(for_driver(preference)));
        }
    }

    /// How the target is printed. Resolves an SRV record first: its TXT record may name the
    /// authentication database.
    pub async fn describe(&self, show: Show) -> Effective {
        let uri = &self.source.uri;
        let (auth_source, failure) = match self.source.resolve(self.limit).await {
            Ok(options) => (options.credential.and_then(|credential| credential.source), None),
            Err(failure) => (uri.option("authSource"), Some(failure)),
        };
        Effective {
            database: self.database,
            name: self.name.clone(),
            uri: uri.printed(&self.name, auth_source.as_deref(), show),
            auth_source,
            overridden: self.overridden,
            ignored_options: self.ignored_options.clone(),
            insecure: self.insecure.clone(),
            failure,
        }
    }
}

/// The place of a value in a list, to which it is added where it is new.
fn place_of(value: String, known: &mut Vec<String>) -> usize {
    known.iter().position(|other| *other == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    })
}

/// The database's name: of a shard's own URI the path, else what the layout says.
fn name_in(source: &Source, overridden: bool, by_layout: String) -> String {
    let own = source.uri.database().filter(|name| !SYSTEM_DATABASES.contains(name));
    match own {
        Some(name) if overridden => name.to_owned(),
        _ => by_layout,
    }
}

fn warnings(databases: &[Target], config: &Config) -> Vec<SafeText> {
    let mut warnings = Vec::new();
    for (nth, target) in databases.iter().enumerate() {
        let twin = databases[..nth].iter().find(|other| {
            other.name == target.name
                && other.source.uri.address_set() == target.source.uri.address_set()
        });
        if let Some(twin) = twin {
            let (one, other) = (called(twin), called(target));
            warnings.push(format!(
                "{one} and {other} are one and the same database, `{}`",
                target.name
            ));
        }
    }
    let main = databases.first().map(|target| target.name.as_str());
    if let Some(name) = main.filter(|name| SYSTEM_DATABASES.contains(name)) {
        warnings.push(format!("the main database is `{name}`, which belongs to the server"));
    }
    let count = config.layout.database_count;
    for id in config.shards.keys().filter(|id| id.get() > count) {
        warnings.push(format!("shard {id} has settings, but there are only {count} shards"));
    }
    warnings.iter().map(|text| safe(text)).collect()
}

fn called(target: &Target) -> String {
    match target.database {
        Database::Main => "the main database".to_owned(),
        Database::Shard(id) => format!("shard {id}"),
    }
}

fn for_driver(preference: ReadPreference) -> DriverPreference {
    match preference {
        ReadPreference::Primary => DriverPreference::Primary,
        ReadPreference::PrimaryPreferred => DriverPreference::PrimaryPreferred { options: None },
        ReadPreference::Secondary => DriverPreference::Secondary { options: None },
        ReadPreference::SecondaryPreferred => {
            DriverPreference::SecondaryPreferred { options: None }
        }
        ReadPreference::Nearest => DriverPreference::Nearest { options: None },
    }
}

#[cfg(test)]
mod tests;
