//! Counts of those collections whose emptiness decides something.

use std::collections::{BTreeSet, HashSet};

use bson::{Bson, Document, doc};
use futures_util::future::join_all;

use super::{Asked, Counted, Suspects};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database, Layout},
    failure::Failure,
    inventory::{Inventory, Place},
    ownership::{Owners, collection_name},
};

/// Collections that are counted by one command.
const BATCH: usize = 100;
/// Collections without a store that are counted in one database: where the registry lost
/// its records, all are such.
const MOST_ORPHANS: usize = 1_000;

/// Counts the collections that stand outside of their store's database or have no store, and
/// the users of stores that have users in the main database, too. What cannot be counted is left out.
pub(super) async fn of_suspects(
    inventory: &Inventory,
    asked: &[(Database, Result<Asked, Failure>)],
) -> Counted {
    let suspects = suspects(inventory);
    let counted = asked.iter().filter_map(|(database, asked)| {
        let (asked, names) = (asked.as_ref().ok()?, suspects.get(database)?);
        Some(in_database(asked, *database, names))
    });
    join_all(counted).await.into_iter().flatten().collect()
}

async fn in_database(asked: &Asked, database: Database, names: &BTreeSet<Box<str>>) -> Counted {
    let names: Vec<&Box<str>> = names.iter().collect();
    let mut counted = Counted::new();
    for batch in names.chunks(BATCH) {
        let Some((first, rest)) = batch.split_first() else { continue };
        let others = rest.iter().map(|name| {
            doc! {"$unionWith": {"coll": name.as_ref(), "pipeline": count_of(name)}}
        });
        let pipeline = count_of(first).into_iter().chain(others).collect();
        let doing = "count the documents of its collections";
        let Ok(counts) = asked.aggregate(doing, Some(first), pipeline).await else { continue };
        counted.extend(counts.iter().filter_map(|count| place(database, count)));
    }
    counted
}

/// The estimated count of one collection, with its name.
fn count_of(name: &str) -> Vec<Document> {
    vec![
        doc! {"$collStats": {"count": {}}},
        doc! {"$project": {"_id": 0, "name": {"$literal": name}, "count": 1}},
    ]
}

fn place(database: Database, counted: &Document) -> Option<(Place, u64)> {
    let count = match counted.get("count")? {
        Bson::Int32(count) => u64::try_from(*count).ok()?,
        Bson::Int64(count) => u64::try_from(*count).ok()?,
        _ => return None,
    };
    Some((Place { database, collection: counted.get_str("name").ok()?.into() }, count))
}

fn suspects(inventory: &Inventory) -> Suspects {
    let mut suspects = misplaced(inventory);
    for (database, name) in users_in_two_places(inventory) {
        suspects.entry(database).or_default().insert(name);
    }
    suspects
}

/// Collections in a database that no record of their prefix leads to, those of the same
/// stores at home, so that both sides can be compared, and what looks like the collections
/// of a store that has no record.
fn misplaced(inventory: &Inventory) -> Suspects {
    let owners = Owners::new(&inventory.registry, &inventory.layout);
    let mut suspects = Suspects::new();
    for listing in &inventory.listings {
        let Ok(collections) = &listing.collections else { continue };
        for collection in collections.iter().filter(|one| one.form == Form::Collection) {
            let claims = owners.of(&collection.name);
            let is_home = |database| {
                claims.iter().any(|claim| claim.store.route.database() == Some(database))
            };
            if claims.is_empty() {
                let counted = suspects.entry(listing.database).or_default();
                if counted.len() < MOST_ORPHANS
                    && is_orphan(listing.database, &collection.name, &inventory.layout)
                {
                    counted.insert(collection.name.clone());
                }
                continue;
            }
            if is_home(listing.database) {
                continue;
            }
            for database in inventory.layout.databases() {
                if (database == listing.database || is_home(database))
                    && inventory
                        .named(database, &collection.name)
                        .is_some_and(|one| one.form == Form::Collection)
                {
                    suspects.entry(database).or_default().insert(collection.name.clone());
                }
            }
        }
    }
    suspects
}

/// Whether a collection without an owner looks like one that a store left behind.
fn is_orphan(database: Database, name: &str, layout: &Layout) -> bool {
    let has_suffix = |one: &CollectionType| {
        name.strip_suffix(one.as_str())
            .is_some_and(|prefix| prefix.len() > 1 && prefix.ends_with('_'))
    };
    matches!(database, Database::Shard(_)) && layout.collection_types.iter().any(has_suffix)
}

/// The `{prefix}_users` of stores that have users in the main database.
fn users_in_two_places(inventory: &Inventory) -> Vec<(Database, Box<str>)> {
    let Ok(users) = &inventory.users else { return Vec::new() };
    let with_users: HashSet<&str> =
        users.iter().filter_map(|group| group.store_id.as_str()).collect();
    let users_type = inventory.layout.collection_types.iter().find(|one| one.as_str() == "users");
    let Some(users_type) = users_type else { return Vec::new() };
    let place = |store: &std::sync::Arc<crate::domain::store::Store>| {
        store.store_id.as_deref().filter(|id| with_users.contains(id))?;
        let name = collection_name(store.prefix.as_deref()?, users_type);
        let database = store.route.database()?;
        let found = inventory.named(database, &name)?;
        (found.form == Form::Collection).then(|| (database, name.into_boxed_str()))
    };
    inventory.registry.stores.iter().filter_map(place).collect()
}
