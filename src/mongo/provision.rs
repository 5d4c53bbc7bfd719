//! What stores consist of: the registry record as the backend writes it, and, for fleets
//! that are made as a whole, records and collections in bulk. A single store is made by
//! `jobs::create`.

use bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::gate::Writer;
use crate::domain::{
    database::{CollectionType, Database, Layout, RegistryNames},
    failure::Failure,
};

/// Collections that are made at the same time.
const CONCURRENCY: usize = 8;
/// Registry records in one message to the server.
const BATCH: usize = 2_000;

/// A store to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStore {
    /// The registry's `_id`. A second record with the same one is never made.
    pub record: ObjectId,
    /// The store's id.
    pub store_id: String,
    /// The store's name.
    pub name: String,
    /// What its collections begin with.
    pub prefix: String,
    /// Where its collections live. [`Database::Main`] makes a legacy store.
    pub database: Database,
    /// When it was made, for the record.
    pub created_at: DateTime,
}

impl NewStore {
    /// The registry record, as the backend's own model writes it.
    pub fn record(&self, names: &RegistryNames) -> Document {
        let mut record = doc! {
            "_id": self.record,
            &names.store_id: &self.store_id,
            &names.name: &self.name,
            &names.prefix: &self.prefix,
        };
        if let Some(id) = self.database.id() {
            let number = i32::try_from(id.get()).map_or(Bson::Int64(id.get().into()), Bson::Int32);
            record.insert(&names.database_id, number);
        }
        record.insert("createdAt", self.created_at);
        record.insert("updatedAt", self.created_at);
        record.insert("__v", 0);
        record
    }

    /// The name of one of its collections.
    pub fn collection(&self, collection_type: &CollectionType) -> String {
        format!("{}_{}", self.prefix, collection_type.as_str())
    }
}

/// Makes many stores' records at once. Records whose `_id` is there already are left alone.
///
/// # Errors
///
/// A write fails; some records may be there by then.
pub async fn register(
    records: Vec<Document>,
    main: &Writer,
    layout: &Layout,
) -> Result<(), Failure> {
    let batches = records.chunks(BATCH).map(<[Document]>::to_vec);
    stream::iter(batches)
        .map(|batch| main.insert_new(&layout.registry.collection, batch))
        .buffer_unordered(2)
        .try_collect()
        .await
}

/// Makes the collections and indexes of a store.
///
/// # Errors
///
/// A write fails; some collections may be there by then.
pub async fn furnish(store: &NewStore, home: &Writer, layout: &Layout) -> Result<(), Failure> {
    stream::iter(layout.created_types.iter())
        .map(|collection_type| async move {
            let name = store.collection(collection_type);
            match indexes_of(collection_type) {
                indexes if indexes.is_empty() => home.create_collection(&name).await,
                // Makes the collection as well, in the same message.
                indexes => home.create_indexes(&name, &indexes).await,
            }
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

/// The indexes that a store's collection of this type has besides `_id`.
pub fn indexes_of(collection_type: &CollectionType) -> Vec<Document> {
    match collection_type.as_str() {
        "products" => vec![doc! { "key": { "sku": 1 }, "name": "sku_1", "unique": true }],
        "orders" => vec![doc! { "key": { "createdAt": -1 }, "name": "createdAt_-1" }],
        "users" => vec![doc! { "key": { "email": 1 }, "name": "email_1", "unique": true }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::database::DatabaseId;

    fn store(database: Database) -> NewStore {
        NewStore {
            record: ObjectId::from_bytes([7; 12]),
            store_id: "ST-1".into(),
            name: "Köök".into(),
            prefix: "kook".into(),
            database,
            created_at: DateTime::from_millis(1_700_000_000_000),
        }
    }

    #[test]
    fn a_record_is_what_the_backend_writes() {
        let third = DatabaseId::new(3).map(Database::Shard).unwrap();
        let record = store(third).record(&RegistryNames::default());
        let fields: Vec<_> = record.keys().map(String::as_str).collect();
        let expected =
            ["_id", "storeId", "name", "prefix", "databaseId", "createdAt", "updatedAt", "__v"];
        assert_eq!(fields, expected);
        assert_eq!(record.get("databaseId"), Some(&Bson::Int32(3)));
    }

    #[test]
    fn a_legacy_store_has_no_number() {
        let record = store(Database::Main).record(&RegistryNames::default());
        assert!(!record.contains_key("databaseId"));
        assert_eq!(store(Database::Main).collection(&CollectionType::new("orders")), "kook_orders");
    }
}
