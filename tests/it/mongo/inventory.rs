//! What the whole fleet holds, by name.

use mongodb::bson::{Document, doc};
use tilldeck::{
    demo::server::{Login, ServerOptions},
    domain::{
        collection::Form,
        database::{Database, DatabaseId},
        failure::FailureKind,
        index::IndexSpec,
        inventory::Inventory,
    },
};

use super::rig::Rig;
use crate::support::{PATIENCE, client, shared, start};

fn shard(number: u32) -> Database {
    Database::Shard(DatabaseId::new(number).unwrap())
}

/// A store at home, one that strayed, users here and there, and what the server adds.
async fn planted(rig: &Rig) {
    let database = |name: &str| rig.client.database(name);
    let one = database(&format!("{}_1", rig.main));
    let two = database(&format!("{}_2", rig.main));
    rig.insert("a").await;
    rig.insert("b").await;
    one.collection("a_orders").insert_many([doc! {"n": 1}, doc! {"n": 2}]).await.unwrap();
    two.collection("a_orders").insert_one(doc! {"n": 3}).await.unwrap();
    let index = doc! {"createIndexes": "a_orders", "indexes": [{"key": {"n": 1.0}, "name": "n"}]};
    one.run_command(index).await.unwrap();
    one.collection("a_users").insert_one(doc! {"email": "a"}).await.unwrap();
    let series = doc! {"create": "b_orders", "timeseries": {"timeField": "at"}};
    one.run_command(series).await.unwrap();
    one.run_command(doc! {"create": "v", "viewOn": "a_orders", "pipeline": []}).await.unwrap();
    let users = [doc! {"storeId": "a"}, doc! {"storeId": "a"}, doc! {"storeId": 7}, doc! {}];
    database(&rig.main).collection("users").insert_many(users).await.unwrap();
}

async fn gathered(rig: &Rig) -> Inventory {
    rig.until("both are read", |registry| registry.stores.len() == 2).await;
    rig.fleet.settle(PATIENCE).await;
    rig.fleet.inventory().await
}

fn assert_planted(inventory: &Inventory) {
    let names: Vec<_> = inventory
        .collections(shard(1))
        .unwrap()
        .iter()
        .map(|one| (one.name.as_ref(), one.form))
        .collect();
    let expected = [
        ("a_orders", Form::Collection),
        ("a_users", Form::Collection),
        ("b_orders", Form::TimeSeries),
        ("v", Form::View),
    ];
    assert_eq!(names, expected);
    let indexes = inventory.named(shard(1), "a_orders").unwrap().indexes.as_ref().unwrap();
    let keys: Vec<Document> = indexes.iter().map(IndexSpec::key).collect();
    assert_eq!(keys, [doc! {"_id": 1}, doc! {"n": 1}]);
    assert_eq!(inventory.registry_indexes.as_ref().unwrap().len(), 1);

    let users = inventory.users.as_ref().unwrap();
    let groups: Vec<_> = users.iter().map(|group| (group.store_id.clone(), group.count)).collect();
    assert_eq!(groups, [(7.into(), 1), ("a".into(), 2)]);
    // Both sides of the split, and the users that may be in two places; nothing else.
    assert_eq!(inventory.documents_in(shard(1), "a_orders"), Some(2));
    assert_eq!(inventory.documents_in(shard(2), "a_orders"), Some(1));
    assert_eq!(inventory.documents_in(shard(1), "a_users"), Some(1));
    assert_eq!(inventory.documents.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_indexes_users_and_suspects_are_gathered() {
    let rig = Rig::on(&shared().uri()).await;
    planted(&rig).await;
    assert_planted(&gathered(&rig).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_without_the_catalog_lists_each_collection_and_says_what_it_may_not_read() {
    let login = Login { user: "root".into(), password: "root".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let root = client(&server.uri()).await;
    let role = |db: &str| doc! {"role": "readWrite", "db": db};
    let roles = [role("limited"), role("limited_1")].to_vec();
    let user = doc! {"createUser": "app", "pwd": "p", "roles": roles};
    root.database("limited").run_command(user).await.unwrap();

    let uri = format!("mongodb://app:p@{}", server.addresses()[0]);
    let mut rig = Rig::named(&uri, "limited").await;
    rig.client = root;
    planted(&rig).await;
    rig.until("both are read", |registry| registry.stores.len() == 2).await;
    rig.fleet.settle(PATIENCE).await;
    let inventory = rig.fleet.inventory().await;
    let indexes = |database, name| {
        let named = inventory.named(database, name).unwrap();
        named.indexes.as_ref().map(|indexes| indexes.len())
    };
    assert_eq!(indexes(shard(1), "a_orders"), Some(2));
    assert_eq!(indexes(shard(1), "v"), None);
    assert_eq!(indexes(Database::Main, "stores"), Some(1));
    let denied = inventory.listings[2].collections.as_ref().unwrap_err();
    assert_eq!(denied.kind, FailureKind::NotAuthorised, "{denied}");
    // Only one side of the split can be seen, so nothing strays and the users alone are counted.
    assert_eq!(inventory.documents.len(), 1);
}
