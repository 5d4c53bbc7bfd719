//! What the whole fleet holds, by name: what the doctor's rules, the plan of a new store and
//! the search for a lost one work on.

use std::{collections::BTreeMap, sync::Arc};

use bson::Bson;

use super::{
    collection::Form,
    database::{Database, Layout},
    failure::Failure,
    index::IndexSpec,
    registry::Registry,
};

/// What the whole fleet holds, by name, as it was gathered at one moment.
///
/// Never all or nothing: each part that could not be read holds its own failure.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Names, counts and limits of the fleet.
    pub layout: Layout,
    /// Every registry record.
    pub registry: Arc<Registry>,
    /// The collections of each database: main first, then every shard in order.
    pub listings: Vec<Listing>,
    /// The indexes of the registry collection.
    pub registry_indexes: Result<Vec<IndexSpec>, Failure>,
    /// The users in the main database that have a storeId, one entry a value.
    pub users: Result<Vec<UserGroup>, Failure>,
    /// Documents in those collections whose count decides something: `{prefix}_users` of a
    /// store that has users in main, too, collections outside their store's database, and
    /// those of the form of a store's that no store owns. At least one where there is one;
    /// not necessarily exact. An absent one was not counted.
    pub documents: BTreeMap<Place, u64>,
}

/// One collection of one database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Where it is.
    pub database: Database,
    /// Its full name, as stored.
    pub collection: Box<str>,
}

/// What one database holds, or why that is not known.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Which database.
    pub database: Database,
    /// Its collections and views, ordered by name; `system.*` left out.
    pub collections: Result<Vec<Named>, Failure>,
}

/// One collection, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Its full name, as stored.
    pub name: Box<str>,
    /// How it is stored.
    pub form: Form,
    /// Its indexes, `_id` included; `None` for a view, and where they could not be read.
    pub indexes: Option<Arc<[IndexSpec]>>,
}

/// Users in the main database that share a storeId.
#[derive(Debug, Clone, PartialEq)]
pub struct UserGroup {
    /// The storeId as stored, of whatever type; never null.
    pub store_id: Bson,
    /// How many users have it.
    pub count: u64,
}

impl Inventory {
    /// The collections of a database, where they are known.
    pub fn collections(&self, database: Database) -> Option<&[Named]> {
        let listing = self.listings.iter().find(|listing| listing.database == database)?;
        listing.collections.as_deref().ok()
    }

    /// The collection with this exact name, where the database is known and has it. O(log n).
    pub fn named(&self, database: Database, name: &str) -> Option<&Named> {
        let collections = self.collections(database)?;
        let index =
            collections.binary_search_by(|collection| collection.name.as_ref().cmp(name)).ok()?;
        collections.get(index)
    }

    /// Documents in a collection, where they were counted.
    pub fn documents_in(&self, database: Database, collection: &str) -> Option<u64> {
        let place = Place { database, collection: collection.into() };
        self.documents.get(&place).copied()
    }
}
