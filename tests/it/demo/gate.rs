//! Nothing is written in read-only mode, and making a store twice makes it once.

use bson::{DateTime, Document, doc, oid::ObjectId};
use mongodb::Client;
use tilldeck::{
    domain::{
        database::{Database, DatabaseId, Layout},
        failure::FailureKind,
    },
    mongo::{
        fleet::Handle,
        gate::{Gate, Writer},
        provision::{NewStore, provision},
    },
};

use crate::support::{client, database_name, shared};

fn handle(client: &Client, name: &str) -> Handle {
    let db = client.database(name);
    let hosts = "127.0.0.1".to_owned();
    Handle { database: Database::Main, db, name: name.to_owned(), hosts, user: None }
}

fn writer(client: &Client, name: &str) -> Writer {
    Gate::new(false).writer(&handle(client, name)).unwrap()
}

fn store(prefix: &str) -> NewStore {
    NewStore {
        record: ObjectId::new(),
        store_id: "ST-1".into(),
        name: "Köök".into(),
        prefix: prefix.into(),
        database: Database::Shard(DatabaseId::new(3).unwrap()),
        created_at: DateTime::from_millis(1_700_000_000_000),
    }
}

#[tokio::test]
async fn the_gate_is_closed_in_read_only_mode() {
    let client = client(&shared().uri()).await;
    let failure = Gate::new(true).writer(&handle(&client, "gate")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::ReadOnly);
    assert!(failure.message.as_str().contains("`gate`"), "{failure}");
}

#[tokio::test]
async fn a_store_that_is_made_twice_is_there_once() {
    let client = client(&shared().uri()).await;
    let (main, home) = (database_name("provision"), database_name("provision"));
    let (to_main, to_home) = (writer(&client, &main), writer(&client, &home));
    let layout = Layout::default();
    for _ in 0..2 {
        provision(&store("kook"), &to_main, &to_home, &layout).await.unwrap();
    }
    let records = client.database(&main).collection::<Document>("stores");
    assert_eq!(records.count_documents(doc! {}).await.unwrap(), 1);
    let record = records.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(record.get_i32("databaseId").unwrap(), 3);
    assert_eq!(record.get_str("name").unwrap(), "Köök");
    let mut names = client.database(&home).list_collection_names().await.unwrap();
    names.sort();
    assert_eq!(names, ["kook_categories", "kook_orders", "kook_products", "kook_users"]);
    let products = client.database(&home).collection::<Document>("kook_products");
    assert_eq!(products.list_index_names().await.unwrap(), ["_id_", "sku_1"]);
}

#[tokio::test]
async fn the_store_id_of_another_store_is_not_taken_over() {
    let client = client(&shared().uri()).await;
    let (main, home) = (database_name("provision"), database_name("provision"));
    let (to_main, to_home) = (writer(&client, &main), writer(&client, &home));
    let layout = Layout::default();
    provision(&store("first"), &to_main, &to_home, &layout).await.unwrap();
    let failure = provision(&store("other"), &to_main, &to_home, &layout).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
    let names = client.database(&home).list_collection_names().await.unwrap();
    assert!(names.iter().all(|name| name.starts_with("first_")), "{names:?}");
}
