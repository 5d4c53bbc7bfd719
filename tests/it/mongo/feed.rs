//! The list of stores follows the server.

use std::sync::Arc;

use mongodb::bson::{Bson, doc, oid::ObjectId};
use tilldeck::{
    demo::server::{Login, ServerOptions, Shape},
    domain::{
        failure::FailureKind,
        registry::Source,
        store::{
            Problem, Route,
            StoreState::{Legacy, Malformed, Ok},
        },
    },
};

use super::rig::{Rig, ids, store};
use crate::support::{client, database_name, shared, start};

#[tokio::test(flavor = "multi_thread")]
async fn outside_changes_arrive_by_change_stream() {
    let rig = Rig::on(&shared().uri()).await;
    rig.insert("a").await;
    rig.live().await;
    rig.insert("b").await;
    let both = rig.until("the insert shows", |registry| ids(registry) == ["a", "b"]).await;
    assert_eq!(both.source, Source::ChangeStream);
    assert_eq!(both.failure, None);

    let change = doc! {"$set": {"databaseId": 2}};
    rig.stores().update_one(doc! {"storeId": "a"}, change).await.unwrap();
    let moved = rig
        .until("the update shows", |registry| {
            registry
                .stores
                .iter()
                .any(|store| matches!(store.route, Route::Shard(id) if id.get() == 2))
        })
        .await;
    let unchanged = |store: &&Arc<_>| both.stores.iter().any(|before| Arc::ptr_eq(before, store));
    assert_eq!(moved.stores.iter().filter(unchanged).count(), 1, "the other record keeps its Arc");

    rig.stores().replace_one(doc! {"storeId": "b"}, store("c")).await.unwrap();
    rig.until("the replacement shows", |registry| ids(registry) == ["a", "c"]).await;
    rig.stores().delete_one(doc! {"storeId": "a"}).await.unwrap();
    rig.until("the deletion shows", |registry| ids(registry) == ["c"]).await;
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_and_a_renamed_registry_are_read_again() {
    let rig = Rig::on(&shared().uri()).await;
    rig.insert("a").await;
    rig.until("it is read", |registry| ids(registry) == ["a"]).await;
    rig.stores().drop().await.unwrap();
    rig.until("the drop shows", |registry| registry.stores.is_empty()).await;
    rig.live().await;
    rig.insert("b").await;
    rig.until("the new registry is followed", |registry| ids(registry) == ["b"]).await;

    let admin = rig.client.database("admin");
    let (from, to) = (format!("{}.stores", rig.main), format!("{}.elsewhere", rig.main));
    admin.run_command(doc! {"renameCollection": from, "to": to}).await.unwrap();
    rig.until("the rename shows", |registry| registry.stores.is_empty()).await;
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standalone_server_is_polled_and_the_reason_said() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    let rig = Rig::on(&server.uri()).await;
    let polled = rig.until("it is polled", |registry| registry.source == Source::Polling).await;
    let failure = polled.failure.clone().unwrap();
    assert!(failure.message.as_str().ends_with("has no change streams: it is no replica set"));
    rig.insert("a").await;
    rig.until("the insert shows", |registry| ids(registry) == ["a"]).await;
    rig.stores().delete_one(doc! {}).await.unwrap();
    rig.until("the deletion shows", |registry| registry.stores.is_empty()).await;
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_may_read_but_not_follow_polls_and_says_so() {
    let login = Login { user: "root".to_owned(), password: "root".to_owned() };
    let shape = Shape::ReplicaSet { members: 1 };
    let options = ServerOptions { shape, login: Some(login), ..ServerOptions::default() };
    let server = start(options);
    let (root, main) = (client(&server.uri()).await, database_name("feed"));
    let actions = ["find", "listCollections"];
    let privilege =
        doc! {"resource": {"db": &main, "collection": ""}, "actions": actions.as_slice()};
    let role = doc! {"createRole": "reader", "privileges": [privilege], "roles": []};
    root.database(&main).run_command(role).await.unwrap();
    let user = doc! {"createUser": "app", "pwd": "secret", "roles": ["reader"]};
    root.database(&main).run_command(user).await.unwrap();
    let rig = Rig::named(&format!("mongodb://app:secret@{}", server.addresses()[0]), &main).await;
    let polled = rig.until("it is polled", |registry| registry.source == Source::Polling).await;
    assert_eq!(polled.failure.as_ref().unwrap().kind, FailureKind::NotAuthorised);
    let stores = root.database(&main).collection("stores");
    stores.insert_one(store("a")).await.unwrap();
    rig.until("the insert shows", |registry| ids(registry) == ["a"]).await;
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_records_are_rows_with_what_is_wrong() {
    let rig = Rig::on(&shared().uri()).await;
    let records = [
        doc! {"_id": 1},
        doc! {"_id": 2, "storeId": 7, "name": null, "prefix": "", "databaseId": {"$a": 1}},
        doc! {"_id": 3, "storeId": "x", "name": "n", "prefix": "p", "databaseId": 9},
        doc! {"_id": 4, "storeId": "x", "name": "n", "prefix": "p", "databaseId": "2"},
        doc! {"_id": 5, "storeId": "x", "name": "\u{202e}n", "prefix": "p\u{1b}", "databaseId": Bson::Null},
        doc! {"_id": ObjectId::new(), "storeId": "x", "name": "n", "prefix": "p", "databaseId": 1.0},
    ];
    rig.live().await;
    rig.stores().insert_many(records).await.unwrap();
    let registry = rig.until("all show", |registry| registry.stores.len() == 6).await;
    let states: Vec<_> = registry.stores.iter().map(|store| store.state()).collect();
    assert_eq!(states, [Malformed, Malformed, Malformed, Ok, Legacy, Ok]);
    let problems = |index: usize| registry.stores[index].problems.as_slice();
    assert_eq!(problems(0).len(), 3);
    assert_eq!(problems(1).len(), 4);
    assert_eq!(
        problems(2),
        [Problem::OutOfRange { field: "databaseId".into(), value: 9.0, highest: 2 }]
    );
    assert!(matches!(problems(3), [Problem::DriftedType { found: "string", .. }]));
    assert!(matches!(problems(5), [Problem::DriftedType { found: "double", .. }]));
    rig.fleet.shutdown().await;
}
