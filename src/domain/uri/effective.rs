//! What `uris` prints of a database.

use crate::domain::{database::Database, failure::Failure};

/// The URI that a database is reached by, and what there is to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Which database.
    pub database: Database,
    /// Its name on the server.
    pub name: String,
    /// The effective URI, redacted unless secrets were asked for. Not yet safe to print.
    pub uri: String,
    /// The database that the login is looked up in; `None` without a login, and where it is
    /// not known because the SRV record cannot be resolved.
    pub auth_source: Option<String>,
    /// Whether it has a URI of its own.
    pub overridden: bool,
    /// Options that tilldeck sets aside, by name.
    pub ignored_options: Vec<String>,
    /// What is insecure about the connection, in words.
    pub insecure: Vec<String>,
    /// Why the effective authentication database is not known: the SRV record cannot be
    /// resolved. The URI then has no `authSource` of ours.
    pub failure: Option<Failure>,
}
