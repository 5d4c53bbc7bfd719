//! Stores: registry records, decoded tolerantly. One bad record never blanks a list.

use std::{fmt, sync::Arc};

use super::database::{Database, DatabaseId};

/// The identity of a registry record: its `_id`, as relaxed Extended JSON.
///
/// Not the `storeId`, which may be missing or shared by two records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Arc<str>);

impl RecordId {
    /// The record with this `_id`, given as relaxed Extended JSON.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The `_id` as relaxed Extended JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One registry record. Texts are as stored, hostile characters included.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Which record this is.
    pub record: RecordId,
    /// `storeId`, when it is a string that is not empty.
    pub store_id: Option<Box<str>>,
    /// `name`, when it is a string that is not empty.
    pub name: Option<Box<str>>,
    /// `prefix`, when it is a string that is not empty.
    pub prefix: Option<Box<str>>,
    /// Where its collections live.
    pub route: Route,
    /// What is wrong with the record, worst first; empty for a sound one.
    pub problems: Vec<Problem>,
}

/// Where a store's collections live, as `databaseId` says.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// `databaseId` missing or null: the main database.
    Legacy,
    /// A shard that exists.
    Shard(DatabaseId),
    /// A number that is no shard: 0, negative, above N or not whole.
    OutOfRange(f64),
    /// Not a number and not a string that holds one.
    Unreadable,
}

impl Route {
    /// The database that the backend would use, or `None` where it would fail.
    pub const fn database(&self) -> Option<Database> {
        match self {
            Self::Legacy => Some(Database::Main),
            Self::Shard(id) => Some(Database::Shard(*id)),
            Self::OutOfRange(_) | Self::Unreadable => None,
        }
    }
}

/// Whether a record can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreState {
    /// Routed to a shard that exists.
    Ok,
    /// Routed to the main database, because `databaseId` is missing.
    Legacy,
    /// A field that the backend needs is missing, wrong or out of range.
    Malformed,
}

impl StoreState {
    /// The word for screens and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Legacy => "legacy",
            Self::Malformed => "malformed",
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The field is absent.
    Missing {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field is null.
    Null {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field is an empty string.
    Empty {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field has a type that the backend cannot use.
    WrongType {
        /// The field's name in the registry.
        field: Box<str>,
        /// The BSON type that was found, such as `object`.
        found: &'static str,
    },
    /// The shard's number has a type that the backend still accepts, such as a string.
    DriftedType {
        /// The field's name in the registry.
        field: Box<str>,
        /// The BSON type that was found.
        found: &'static str,
    },
    /// The shard's number is no shard of this fleet.
    OutOfRange {
        /// The number as stored.
        value: f64,
        /// The highest shard number.
        highest: u32,
    },
    /// The bytes of the record are not valid BSON.
    Unreadable,
}

impl Problem {
    /// Whether the backend cannot use the record because of it.
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::DriftedType { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "{field} is missing"),
            Self::Null { field } => write!(f, "{field} is null"),
            Self::Empty { field } => write!(f, "{field} is empty"),
            Self::WrongType { field, found } => write!(f, "{field} is of type {found}"),
            Self::DriftedType { field, found } => {
                write!(f, "{field} is stored as {found}, not as int")
            }
            Self::OutOfRange { value, highest } => {
                write!(f, "databaseId {value} is not in 1 to {highest}")
            }
            Self::Unreadable => write!(f, "the record is not valid BSON"),
        }
    }
}

impl Store {
    /// Whether the record can be used.
    pub fn state(&self) -> StoreState {
        if self.problems.iter().any(Problem::is_fatal) {
            StoreState::Malformed
        } else if self.route == Route::Legacy {
            StoreState::Legacy
        } else {
            StoreState::Ok
        }
    }
}
