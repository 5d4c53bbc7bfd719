//! What a store has, and what is in it.

use std::sync::Arc;

use mongodb::bson::{Document, doc};
use tilldeck::domain::{
    collection::{Details, Form, Presence, StoreCollections},
    database::{Database, DatabaseId},
    failure::{Failure, FailureKind},
    page::{From, Page, PageRequest},
    query::Query,
};

use super::rig::{Rig, store};
use crate::support::{eventually_async, shared};

/// A fleet whose store has this prefix, and the store's shard.
async fn with_store(prefix: &str) -> (Rig, mongodb::Database) {
    let rig = Rig::on(&shared().uri()).await;
    rig.insert(prefix).await;
    rig.until("it is read", |registry| registry.stores.len() == 1).await;
    rig.fleet.settle(crate::support::PATIENCE).await;
    let shard = rig.client.database(&format!("{}_1", rig.main));
    (rig, shard)
}

/// The newest documents of a collection.
async fn newest(
    rig: &Rig,
    database: Database,
    collection: &str,
    size: u32,
) -> Result<Page, Failure> {
    let facts = Arc::new(rig.fleet.facts(database, collection).await?);
    let query = Query { sort: doc! {"_id": -1}, ..Query::default() };
    let collection = collection.to_owned();
    let request = PageRequest { collection, facts, query, order: None, from: From::First, size };
    rig.fleet.page(database, request).await
}

async fn collections(rig: &Rig) -> StoreCollections {
    let store = rig.fleet.registry().borrow().stores[0].clone();
    rig.fleet.collections(&store).await.unwrap()
}

fn present<'a>(listed: &'a StoreCollections, collection_type: &str) -> &'a Details {
    let found =
        listed.collections.iter().find(|found| found.collection_type.as_str() == collection_type);
    match &found.unwrap().presence {
        Presence::Present(details) => details,
        other => panic!("{collection_type} is {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_told_and_what_is_missing() {
    let (rig, shard) = with_store("a").await;
    let products = shard.collection::<Document>("a_products");
    products.insert_many((0..10).map(|n| doc! {"n": n})).await.unwrap();
    let view = doc! {"create": "a_brands", "viewOn": "a_products", "pipeline": []};
    shard.run_command(view).await.unwrap();
    let series = doc! {"create": "a_orders", "timeseries": {"timeField": "at"}};
    shard.run_command(series).await.unwrap();
    // Those of a store whose prefix begins with this one's, and of another case.
    for other in ["a_b_categories", "A_categories", "a_categories_old", "xa_categories"] {
        shard.create_collection(other).await.unwrap();
    }
    let listed = collections(&rig).await;
    assert_eq!(listed.database, Database::Shard(DatabaseId::new(1).unwrap()));
    let products = present(&listed, "products");
    assert_eq!(
        (products.form, products.documents, products.indexes),
        (Form::Collection, Some(10), Some(1))
    );
    assert!(products.bytes.unwrap() > 0);
    assert_eq!(present(&listed, "orders").form, Form::TimeSeries);
    assert_eq!(present(&listed, "orders").failure, None);
    let brands = present(&listed, "brands");
    assert_eq!((brands.form, brands.documents, &brands.failure), (Form::View, None, &None));
    assert_eq!(listed.collections[2].presence, Presence::Missing, "categories");
    assert_eq!(listed.collections[4].presence, Presence::Absent, "users");
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_exact() {
    let prefix = "^a.*\u{1b}[31m\u{202e}\"\\";
    let (rig, shard) = with_store(prefix).await;
    let name = format!("{prefix}_orders");
    shard.collection::<Document>(&name).insert_one(doc! {"n": 1}).await.unwrap();
    shard.create_collection("ab_products").await.unwrap();
    let listed = collections(&rig).await;
    assert_eq!(present(&listed, "orders").documents, Some(1));
    assert_eq!(listed.collections[0].presence, Presence::Missing, "a prefix is no pattern");
    let page = newest(&rig, listed.database, &name, 5).await.unwrap();
    assert_eq!(page.documents.len(), 1);
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_documents_come_first() {
    let (rig, shard) = with_store("a").await;
    let database = Database::Shard(DatabaseId::new(1).unwrap());
    shard.collection("a_orders").insert_many((0..30).map(|n| doc! {"_id": n})).await.unwrap();
    let view = doc! {"create": "a_view", "viewOn": "a_orders", "pipeline": []};
    shard.run_command(view).await.unwrap();
    let clustered = doc! {"create": "a_c", "clusteredIndex": {"key": {"_id": 1}, "unique": true}};
    shard.run_command(clustered).await.unwrap();
    shard.collection("a_c").insert_many((0..30).map(|n| doc! {"_id": n})).await.unwrap();
    for name in ["a_orders", "a_view", "a_c"] {
        let page = newest(&rig, database, name, 20).await.unwrap();
        let ids: Vec<i32> =
            page.documents.iter().map(|document| document.get_i32("_id").unwrap()).collect();
        assert_eq!(ids, (10..30).rev().collect::<Vec<_>>(), "{name}");
        assert!(page.has_more);
        assert!(!newest(&rig, database, name, 30).await.unwrap().has_more);
    }
    let nothing = newest(&rig, database, "absent", 20).await.unwrap_err();
    assert_eq!(nothing.kind, FailureKind::Missing);
    let unknown = newest(&rig, Database::Shard(DatabaseId::new(9).unwrap()), "x", 1).await;
    assert_eq!(unknown.unwrap_err().kind, FailureKind::NotFound);
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn measurements_can_be_looked_at() {
    let (rig, shard) = with_store("a").await;
    let series = doc! {"create": "a_orders", "timeseries": {"timeField": "at"}};
    shard.run_command(series).await.unwrap();
    let measured = doc! {"at": mongodb::bson::DateTime::now(), "n": 1};
    shard.collection::<Document>("a_orders").insert_one(measured).await.unwrap();
    let database = Database::Shard(DatabaseId::new(1).unwrap());
    assert_eq!(newest(&rig, database, "a_orders", 5).await.unwrap().documents.len(), 1);
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_counts_every_database() {
    let (rig, shard) = with_store("a").await;
    shard.collection("a_orders").insert_many((0..30).map(|n| doc! {"_id": n})).await.unwrap();
    let usage = eventually_async("every database answers", async || {
        let usage: Result<Vec<_>, _> = rig.fleet.usage().await.into_iter().collect();
        usage.ok()
    })
    .await;
    let documents: Vec<u64> = usage.iter().map(|usage| usage.documents).collect();
    assert_eq!(documents, [1, 30, 0]);
    assert!(usage[1].bytes > 30 * 10);
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_leads_nowhere_is_told_apart() {
    let rig = Rig::on(&shared().uri()).await;
    let mut lost = store("a");
    lost.insert("databaseId", 99);
    rig.stores().insert_one(lost).await.unwrap();
    let mut nameless = store("b");
    nameless.remove("prefix");
    rig.stores().insert_one(nameless).await.unwrap();
    let registry = rig.until("both show", |registry| registry.stores.len() == 2).await;
    rig.fleet.settle(crate::support::PATIENCE).await;
    for store in &registry.stores {
        let failure = rig.fleet.collections(store).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound, "{failure}");
    }
    rig.fleet.shutdown().await;
}
