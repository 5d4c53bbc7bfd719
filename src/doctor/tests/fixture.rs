//! Inventories in a compact form of JSON.
//!
//! ```json
//! {"records": [{"_id": 1, "storeId": "S-1", "name": "Acme", "prefix": "acme", "databaseId": 2}],
//!  "databases": {"main": ["stores"], "2": ["acme_*", "acme_brands"], "3": "a failure"},
//!  "expected": [{"rule": "…", "store": "S-1", "place": "pos_db_2", "message": "…"}]}
//! ```
//!
//! Records are Extended JSON. `acme_*` stands for every collection that is made for a new
//! store; a collection may be an object `{"name", "form", "indexes"}`. A database that is not
//! named is empty. `fleet` adds whole stores, as many as it says for each shard.

use std::{collections::BTreeMap, sync::Arc};

use bson::{Bson, Document, RawDocumentBuf, doc};
use serde_json::Value;

use crate::domain::{
    collection::Form,
    database::{CollectionType, Database, DatabaseId, Layout},
    failure::{Failure, FailureKind},
    finding::Examination,
    index::IndexSpec,
    inventory::{Inventory, Listing, Named, Place, UserGroup},
    registry::{Registry, Source},
    store::Store,
};

/// The inventory of a fixture.
pub(super) fn inventory(fixture: &Value) -> Inventory {
    let layout = layout(&fixture["layout"]);
    let mut records: Vec<Document> = list(&fixture["records"]).map(document).collect();
    let mut databases: BTreeMap<Database, Value> = BTreeMap::new();
    for (key, collections) in fixture["databases"].as_object().into_iter().flatten() {
        databases.insert(database(key), collections.clone());
    }
    for (shard, count) in fixture["fleet"].as_object().into_iter().flatten() {
        let made = databases.entry(database(shard)).or_insert_with(|| Value::Array(Vec::new()));
        for number in 0..count.as_u64().unwrap() {
            let name = format!("s{shard}n{number}");
            records.push(doc! {
                "_id": &name, "storeId": &name, "name": "Corner shop", "prefix": &name,
                "databaseId": shard.parse::<i32>().unwrap(),
            });
            made.as_array_mut().unwrap().push(format!("{name}_*").into());
        }
    }
    let listing = |place: Database| {
        let collections = databases.remove(&place).unwrap_or_else(|| Value::Array(Vec::new()));
        let collections = match failure(&collections) {
            Some(failure) => Err(failure),
            None => Ok(collections_of(&collections, &layout)),
        };
        Listing { database: place, collections }
    };
    Inventory {
        registry: Arc::new(registry(&records, &fixture["registry"], &layout)),
        listings: layout.databases().map(listing).collect(),
        registry_indexes: registry_indexes(&fixture["registry_indexes"]),
        users: users(&fixture["users"]),
        documents: documents(&fixture["documents"]),
        layout,
    }
}

/// What an examination found, in the form of `expected`.
pub(super) fn told(examination: &Examination, layout: &Layout) -> Value {
    let findings = examination.findings.iter().map(|finding| {
        let fix = finding.fix.as_ref();
        serde_json::json!({
            "rule": finding.rule.id(),
            "store": finding.store_id,
            "prefix": finding.prefix,
            "place": finding.database.map(|database| layout.name_of(database)),
            "collection": finding.collection,
            "message": finding.message,
            "summary": fix.map(|fix| &fix.summary),
            "command": fix.map(|fix| &fix.command),
            "repairs": fix.is_some_and(|fix| fix.repair.is_some()),
        })
    });
    findings.collect()
}

fn layout(changes: &Value) -> Layout {
    let mut layout = Layout::default();
    let types = |value: &Value| list(value).map(|name| CollectionType::new(text(name))).collect();
    for (key, value) in changes.as_object().into_iter().flatten() {
        match key.as_str() {
            "main_database" => text(value).clone_into(&mut layout.main_database),
            "stores_per_database" => {
                layout.stores_per_database = u32::try_from(value.as_u64().unwrap()).unwrap();
            }
            "database_count" => {
                layout.database_count = u32::try_from(value.as_u64().unwrap()).unwrap();
            }
            "collection_types" => layout.collection_types = types(value),
            "required_types" => layout.required_types = types(value),
            other => panic!("unknown setting `{other}`"),
        }
    }
    layout
}

fn registry(records: &[Document], source: &Value, layout: &Layout) -> Registry {
    let decode = |record| Store::decode(&RawDocumentBuf::try_from(record).unwrap(), layout);
    let mut stores: Vec<_> = records.iter().map(|record| Arc::new(decode(record))).collect();
    stores.sort_by(|a, b| a.record.cmp(&b.record));
    let source = match source.as_str() {
        None => Source::ChangeStream,
        Some("polling") => Source::Polling,
        Some("cache") => Source::Cache,
        Some("loading") => Source::Loading,
        Some(other) => panic!("unknown source `{other}`"),
    };
    Registry { stores, source, ..Registry::default() }
}

fn collections_of(listed: &Value, layout: &Layout) -> Vec<Named> {
    let plain: Arc<[IndexSpec]> = [index(&doc! {"key": {"_id": 1}, "name": "_id_"})].into();
    let named = |name: &str, indexes| Named { name: name.into(), form: Form::Collection, indexes };
    let mut collections = Vec::new();
    for entry in list(listed) {
        let Some(name) = entry.as_str() else {
            collections.push(special(entry, &plain));
            continue;
        };
        let names = match name.strip_suffix('*') {
            Some(stem) => {
                layout.created_types.iter().map(|kind| format!("{stem}{}", kind.as_str())).collect()
            }
            None => vec![name.to_owned()],
        };
        collections.extend(names.iter().map(|name| named(name, Some(plain.clone()))));
    }
    collections.sort_by(|a, b| a.name.cmp(&b.name));
    collections
}

fn special(entry: &Value, plain: &Arc<[IndexSpec]>) -> Named {
    let form = match entry["form"].as_str() {
        None => Form::Collection,
        Some("view") => Form::View,
        Some("timeseries") => Form::TimeSeries,
        Some(other) => panic!("unknown form `{other}`"),
    };
    let indexes = match (&entry["indexes"], form) {
        (_, Form::View) | (Value::String(_), _) => None,
        (Value::Array(more), _) => {
            let more = more.iter().map(|spec| index(&document(spec)));
            Some(plain.iter().cloned().chain(more).collect())
        }
        _ => Some(plain.clone()),
    };
    Named { name: text(&entry["name"]).into(), form, indexes }
}

fn registry_indexes(listed: &Value) -> Result<Vec<IndexSpec>, Failure> {
    match (failure(listed), listed) {
        (Some(failure), _) => Err(failure),
        (None, Value::Null) => Ok(vec![
            index(&doc! {"key": {"storeId": 1}, "name": "storeId_1", "unique": true}),
            index(&doc! {"key": {"prefix": 1}, "name": "prefix_1", "unique": true}),
        ]),
        (None, listed) => Ok(list(listed).map(|spec| index(&document(spec))).collect()),
    }
}

fn users(listed: &Value) -> Result<Vec<UserGroup>, Failure> {
    let group = |group: &Value| UserGroup {
        store_id: Bson::try_from(group["store_id"].clone()).unwrap(),
        count: group["count"].as_u64().unwrap(),
    };
    failure(listed).map_or_else(|| Ok(list(listed).map(group).collect()), Err)
}

fn documents(counted: &Value) -> BTreeMap<Place, u64> {
    let counted = counted.as_object().into_iter().flatten();
    let count = |(place, count): (&String, &Value)| {
        let (key, collection) = place.split_once('/').unwrap();
        let place = Place { database: database(key), collection: collection.into() };
        (place, count.as_u64().unwrap())
    };
    counted.map(count).collect()
}

fn failure(value: &Value) -> Option<Failure> {
    let hint = "Grant the login what it lacks.";
    value.as_str().map(|message| Failure::new(FailureKind::NotAuthorised, message, hint))
}

fn database(key: &str) -> Database {
    match key {
        "main" => Database::Main,
        number => Database::Shard(DatabaseId::new(number.parse().unwrap()).unwrap()),
    }
}

fn index(listed: &Document) -> IndexSpec {
    IndexSpec::new(listed)
}

fn document(value: &Value) -> Document {
    match Bson::try_from(value.clone()) {
        Ok(Bson::Document(document)) => document,
        other => panic!("no document: {other:?}"),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
