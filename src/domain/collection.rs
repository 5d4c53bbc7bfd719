//! Collections of one store, as the console and `collections` list them.

use super::{
    database::{CollectionType, Database},
    failure::Failure,
};

/// One collection that a store has, or should have.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The full name, such as `acme_orders`; as stored.
    pub name: String,
    /// What the name says it holds.
    pub collection_type: CollectionType,
    /// What is there.
    pub presence: Presence,
}

/// Whether a collection exists, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// It exists.
    Present(Details),
    /// It does not exist, and each store must have it.
    Missing,
    /// It does not exist, and need not.
    Absent,
}

/// What is known of an existing collection. `None` where the login may not read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// How it is stored.
    pub form: Form,
    /// Estimated count of documents; `None` for views.
    pub documents: Option<u64>,
    /// Uncompressed size of the documents in bytes.
    pub bytes: Option<u64>,
    /// How many indexes it has.
    pub indexes: Option<u32>,
    /// Why a figure is unknown.
    pub failure: Option<Failure>,
}

/// How a collection is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An ordinary or capped collection.
    Collection,
    /// A view on another collection.
    View,
    /// A time-series collection.
    TimeSeries,
}

impl Form {
    /// The stable name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::View => "view",
            Self::TimeSeries => "timeseries",
        }
    }
}

/// The collections of one store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreCollections {
    /// Where the registry says that they live.
    pub database: Database,
    /// In the order of the layout's collection types.
    pub collections: Vec<Collection>,
}

/// Documents and bytes of one whole database, from `dbStats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The database.
    pub database: Database,
    /// Documents in all its collections.
    pub documents: u64,
    /// Uncompressed bytes of these documents.
    pub bytes: u64,
}
