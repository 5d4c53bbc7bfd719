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

/// What a collection is, as far as reading it needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// How it is stored.
    pub form: Form,
    /// The options that it was made with, as the server lists them.
    pub options: bson::Document,
    /// The field with the time, of a time-series collection.
    pub time_field: Option<String>,
    /// Whether texts are compared in a way of its own.
    pub has_collation: bool,
    /// Estimated count of documents; `None` where it cannot be told, as for views.
    pub estimated: Option<u64>,
}

/// One index of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexFacts {
    /// Its name, as stored.
    pub name: String,
    /// Its key.
    pub key: bson::Document,
    /// Everything else that it was made with.
    pub options: bson::Document,
    /// Its size; `None` where the login may not read it.
    pub bytes: Option<u64>,
    /// How often it was used since then, on the server that was asked.
    pub uses: Option<(u64, bson::DateTime)>,
}

/// A collection looked at from all sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// What it is.
    pub facts: Facts,
    /// Its indexes; none for a view.
    pub indexes: Vec<IndexFacts>,
    /// What could not be read: a missing privilege takes away one figure, not all.
    pub failures: Vec<Failure>,
}
