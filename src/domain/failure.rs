//! What went wrong, in the form that a person and a script can use.

use std::fmt;

use super::text::{SafeText, safe};

/// A failure as it crosses into the console and the reports: the cause, not the symptom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable name of the cause.
    pub kind: FailureKind,
    /// What failed, on which database, with which limit: lower case, no full stop.
    pub message: SafeText,
    /// The one next step, as an imperative sentence.
    pub hint: SafeText,
}

impl Failure {
    /// A failure from raw texts; both are made safe here.
    pub fn new(kind: FailureKind, message: &str, hint: &str) -> Self {
        Self { kind, message: safe(message), hint: safe(hint) }
    }
}

impl Failure {
    /// Whether it says that nothing was written, because of what was found.
    pub const fn is_clean_refusal(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Changed
                | FailureKind::Duplicate
                | FailureKind::ReadOnly
                | FailureKind::NotAuthorised
                | FailureKind::Usage
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Failure {}

/// Causes, each with a stable name: the `kind` of every JSON error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    /// The host name does not resolve.
    Dns,
    /// The host answers, but nothing listens on the port.
    Refused,
    /// No answer within our deadline.
    TimedOut,
    /// The TLS handshake or the certificate check failed.
    Tls,
    /// The server refused the user or the password.
    Login,
    /// The login works, but lacks a privilege.
    NotAuthorised,
    /// The replica set has no primary at the moment.
    NoPrimary,
    /// Every connection of the pool is in use.
    PoolExhausted,
    /// The URI or an option in it is wrong.
    WrongOptions,
    /// The server's version is older than the driver supports.
    ServerTooOld,
    /// The connection broke in the middle.
    Network,
    /// The server answered with an error that none of the other causes covers.
    Server,
    /// Something that was asked for does not exist.
    NotFound,
    /// What a write relied on has changed in between.
    Changed,
    /// Another record has what must be unique.
    Duplicate,
    /// The shard's number is missing, of a wrong type, or no shard.
    DatabaseId,
    /// Collections are in another database than the record says, or under another name.
    Misplaced,
    /// A collection that a store must have does not exist.
    Missing,
    /// A record lacks what the backend needs.
    Malformed,
    /// The store was moved away, and a tombstone stands in its place.
    Moved,
    /// A person said no.
    Cancelled,
    /// A write was asked for in read-only mode.
    ReadOnly,
    /// Wrong arguments or a wrong configuration.
    Usage,
    /// A file could not be read or written.
    Io,
    /// Too much is under way; trying again helps.
    Busy,
    /// A part of tilldeck itself failed.
    Internal,
}

impl FailureKind {
    /// The stable `snake_case` name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::NotAuthorised => "not_authorised",
            Self::NoPrimary => "no_primary",
            Self::PoolExhausted => "pool_exhausted",
            Self::WrongOptions => "wrong_options",
            Self::ServerTooOld => "server_too_old",
            Self::Network => "network",
            Self::Server => "server",
            Self::NotFound => "not_found",
            Self::Changed => "changed",
            Self::Duplicate => "duplicate",
            Self::DatabaseId => "database_id",
            Self::Misplaced => "misplaced",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::ReadOnly => "read_only",
            Self::Usage => "usage",
            Self::Io => "io",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    /// The word shown where there is room for little: `not authorised`, `timed out`.
    pub fn word(self) -> String {
        self.name().replace('_', " ")
    }
}
