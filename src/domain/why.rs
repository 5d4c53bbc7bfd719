//! Why a store is not found: the backend's path replayed step by step, as data.

mod explain;
mod markdown;

use std::collections::BTreeMap;

pub use self::explain::explain;
use super::{
    database::{Database, DatabaseId, Layout},
    failure::Failure,
    inventory::Listing,
    pool::Pools,
    registry::Registry,
    store::{RecordId, Route},
    text::SafeText,
};

/// What an answer is made of.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The registry, live or as it was last known.
    pub registry: &'a Registry,
    /// How the databases are doing.
    pub pools: &'a Pools,
    /// Names, counts and limits of the fleet.
    pub layout: &'a Layout,
    /// The effective URI of each database, without its password.
    pub uris: &'a BTreeMap<Database, SafeText>,
    /// The collections of each database by name, or why they are not known.
    pub listings: &'a [Listing],
    /// What a tombstone at the store's home says: a view that fails whoever reads it, left
    /// under the name of a collection that was moved.
    pub tombstone: Option<&'a str>,
}

/// What was looked at to answer a question, in order, up to the first cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What a person typed.
    pub query: String,
    /// The store that it means, if there is one.
    pub matched: Option<Matched>,
    /// Every step of the path. What comes after the cause is skipped.
    pub steps: Vec<Step>,
    /// The first thing that is wrong, with the one next step; `None` for a store that the
    /// backend can reach.
    pub cause: Option<Failure>,
    /// Stores that may have been meant, the most likely first.
    pub suggestions: Vec<Suggestion>,
}

impl Trace {
    /// Whether the backend can reach the store and all that it must have.
    pub const fn is_reachable(&self) -> bool {
        self.matched.is_some() && self.cause.is_none()
    }
}

/// The store that a text means. Texts are as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// By what it was found.
    pub by: MatchedBy,
    /// Its record, to go there.
    pub record: RecordId,
    /// Its id.
    pub store_id: Option<Box<str>>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Its prefix.
    pub prefix: Option<Box<str>>,
    /// Where its record leads.
    pub route: Route,
}

/// What a text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    /// A storeId.
    StoreId,
    /// A name.
    Name,
    /// A prefix.
    Prefix,
    /// The full name of one of its collections.
    Collection,
}

impl MatchedBy {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreId => "store_id",
            Self::Name => "name",
            Self::Prefix => "prefix",
            Self::Collection => "collection",
        }
    }
}

/// One step of the path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is looked at, such as `registry record`.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found, with names and numbers, as stored.
    pub detail: String,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warning,
    /// Here the backend fails.
    Failed,
    /// Not looked at, because of what came before.
    Skipped,
}

impl Outcome {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A store that may have been meant. Texts are as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Its record; `None` for collections that look like a store and have no record.
    pub record: Option<RecordId>,
    /// Its id.
    pub store_id: Option<Box<str>>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Its prefix, or that of the collections.
    pub prefix: Option<Box<str>>,
    /// Where its collections are, if they are in a shard.
    pub shard: Option<DatabaseId>,
    /// Why it may have been meant: `differs in case`, `2 letters differ`, …
    pub reason: String,
}
