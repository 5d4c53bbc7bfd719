//! Reads the evidence of a repair again, and says what is left to do.

use bson::{Bson, Document, RawDocumentBuf, doc};

use super::{
    Hands,
    act::{Act, number_of},
    changed,
};
use crate::domain::{
    database::{Database, DatabaseId},
    failure::{Failure, FailureKind},
    finding::{Rebuild, Repair},
    index::IndexSpec,
    ownership::collection_name,
    store::{Problem, Route, Store},
};

/// Duplicates that are named.
const MOST_NAMED: i64 = 5;

/// What is left to do for a repair; nothing where all is as it wants already.
///
/// # Errors
///
/// `changed` when the evidence is no longer true, `duplicate`, or the failure of a read.
pub(super) async fn acts(repair: &Repair, hands: &Hands<'_>) -> Result<Vec<Act>, Failure> {
    match repair {
        Repair::CreateCollections { database, store, collections } => {
            missing(*database, store, collections, hands).await
        }
        Repair::SetDatabaseIdType { store, to } => number(store, *to, Vec::new(), hands).await,
        Repair::SetDatabaseId { store, to } => {
            let names = names_of(store, hands)?;
            is_only_in(&names, *to, hands).await?;
            number(store, *to, names, hands).await
        }
        Repair::CreateUniqueIndex { field } => unique_index(field, hands).await,
        Repair::RebuildIndexes { database, collections } => {
            indexes(*database, collections, hands).await
        }
    }
}

async fn missing(
    database: Database,
    store: &Store,
    collections: &[(Box<str>, Vec<IndexSpec>)],
    hands: &Hands<'_>,
) -> Result<Vec<Act>, Failure> {
    let (now, id, _) = record(store, hands).await?;
    if now.route.database() != Some(database) || now.prefix != store.prefix {
        return Err(changed("the store's record"));
    }
    let names: Vec<String> = collections.iter().map(|(name, _)| name.to_string()).collect();
    let there = hands.writer(database)?.existing(&names).await?;
    let absent = collections.iter().filter(|(name, _)| !there.iter().any(|one| **one == **name));
    let act = |(name, indexes): &(Box<str>, Vec<IndexSpec>)| Act::Collection {
        database: number_of(database),
        name: name.to_string(),
        indexes: documents(indexes),
        owner: doc! {"_id": id.clone(), &hands.fleet.layout().registry.prefix: now.prefix.as_deref()},
    };
    Ok(absent.map(act).collect())
}

/// The one change of the shard's number in a record.
async fn number(
    store: &Store,
    to: DatabaseId,
    only_there: Vec<String>,
    hands: &Hands<'_>,
) -> Result<Vec<Act>, Failure> {
    let (now, id, (found, kind)) = record(store, hands).await?;
    let is_drifted = |problem: &Problem| matches!(problem, Problem::DriftedType { .. });
    if now.route == Route::Shard(to) && !now.problems.iter().any(is_drifted) {
        return Ok(Vec::new());
    }
    if now != *store {
        return Err(changed("the store's record"));
    }
    Ok(vec![Act::Number { record: id, found, kind, to: to.get(), only_there }])
}

/// The record as it is now: decoded, its `_id`, and the shard's number with its type.
async fn record(
    store: &Store,
    hands: &Hands<'_>,
) -> Result<(Store, Bson, (Option<Bson>, String)), Failure> {
    let layout = hands.fleet.layout();
    let names = &layout.registry;
    let gone = || changed("the store's record");
    let id = store.record.to_bson().ok_or_else(gone)?;
    let field = format!("${}", names.database_id);
    let pipeline = vec![
        doc! {"$match": {"_id": &id}},
        doc! {"$project": {
            "kind": {"$type": field},
            "record": {
                "_id": "$_id",
                &names.store_id: format!("${}", names.store_id),
                &names.name: format!("${}", names.name),
                &names.prefix: format!("${}", names.prefix),
                &names.database_id: format!("${}", names.database_id),
            },
        }},
    ];
    let found = hands.main.read(&names.collection, pipeline, None).await?;
    let [found] = &found[..] else { return Err(gone()) };
    let record = found.get_document("record").map_err(|_| gone())?;
    let raw = RawDocumentBuf::try_from(record).map_err(|_| gone())?;
    let value = record.get(&names.database_id).cloned();
    let kind = found.get_str("kind").unwrap_or_default().to_owned();
    Ok((Store::decode(&raw, layout), id, (value, kind)))
}

/// The full names of every collection that the store can have.
fn names_of(store: &Store, hands: &Hands<'_>) -> Result<Vec<String>, Failure> {
    let prefix = store.prefix.as_ref().ok_or_else(|| changed("the store's record"))?;
    let types = hands.fleet.layout().collection_types.iter();
    Ok(types.map(|one| collection_name(prefix, one)).collect())
}

/// Whether collections of these names are in this one shard, by a fresh look at every
/// database.
///
/// # Errors
///
/// `changed` when they are not, or the failure of a database.
pub(super) async fn is_only_in(
    names: &[String],
    shard: DatabaseId,
    hands: &Hands<'_>,
) -> Result<(), Failure> {
    for database in hands.fleet.layout().databases() {
        let there = hands.writer(database)?.existing(names).await?;
        if there.is_empty() == (database == Database::Shard(shard)) {
            return Err(changed("the place of the store's collections"));
        }
    }
    Ok(())
}

async fn unique_index(field: &str, hands: &Hands<'_>) -> Result<Vec<Act>, Failure> {
    let registry = &hands.fleet.layout().registry.collection;
    let name = format!("{field}_1");
    let unique = IndexSpec::new(&doc! {"key": {field: 1}, "name": &name, "unique": true});
    let there = hands.main.indexes(registry).await?;
    if there.iter().any(|index| index.is_unique_on(field)) {
        return Ok(Vec::new());
    }
    let group = vec![
        doc! {"$group": {"_id": format!("${field}"), "n": {"$sum": 1}}},
        doc! {"$match": {"n": {"$gt": 1}}},
        doc! {"$sort": {"n": -1, "_id": 1}},
        doc! {"$limit": MOST_NAMED},
    ];
    let twice = hands.main.read(registry, group, None).await?;
    if !twice.is_empty() {
        return Err(duplicates(field, &twice));
    }
    Ok(vec![Act::Indexes {
        database: number_of(Database::Main),
        name: registry.clone(),
        found: documents(&there),
        wanted: documents(&[unique]),
    }])
}

fn duplicates(field: &str, twice: &[Document]) -> Failure {
    let named = |group: &Document| {
        let n = group.get_i32("n").unwrap_or_default();
        match group.get("_id") {
            None | Some(Bson::Null) => format!("{n} records without one"),
            Some(Bson::String(value)) => format!("`{value}` ({n} records)"),
            Some(other) => format!("{other} ({n} records)"),
        }
    };
    let named: Vec<String> = twice.iter().map(named).collect();
    Failure::new(
        FailureKind::Duplicate,
        &format!("no unique index on `{field}` can be made: {}", named.join(", ")),
        "Look at them with `tilldeck doctor`, and make each different first",
    )
}

async fn indexes(
    database: Database,
    collections: &[Rebuild],
    hands: &Hands<'_>,
) -> Result<Vec<Act>, Failure> {
    let home = hands.writer(database)?;
    let names: Vec<String> = collections.iter().map(|one| one.collection.to_string()).collect();
    let there = home.existing(&names).await?;
    let mut acts = Vec::new();
    for rebuild in collections {
        // One that was dropped has no indexes, and making one would make it again.
        if !there.iter().any(|name| **name == *rebuild.collection) {
            return Err(changed(&format!("the collection `{}`", rebuild.collection)));
        }
        let now = home.indexes(&rebuild.collection).await?;
        let has = |wanted: &IndexSpec| now.iter().any(|one| one.effect() == wanted.effect());
        if rebuild.wanted.iter().all(has) {
            continue;
        }
        if effects(&now) != effects(&rebuild.found) {
            return Err(changed(&format!("an index of `{}`", rebuild.collection)));
        }
        acts.push(Act::Indexes {
            database: number_of(database),
            name: rebuild.collection.to_string(),
            found: documents(&now),
            wanted: documents(&rebuild.wanted),
        });
    }
    Ok(acts)
}

/// What the indexes do, `_id` left out, in an order of its own.
fn effects(indexes: &[IndexSpec]) -> Vec<String> {
    let others = indexes.iter().filter(|index| !index.is_of_id());
    let mut effects: Vec<String> = others.map(IndexSpec::effect).collect();
    effects.sort();
    effects
}

fn documents(indexes: &[IndexSpec]) -> Vec<Document> {
    indexes.iter().map(|index| index.document().clone()).collect()
}
