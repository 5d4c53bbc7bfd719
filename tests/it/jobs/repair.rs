//! Repairs of the doctor lose nothing, can be taken again, and are refused when what they
//! rely on has changed.

use mongodb::bson::{Bson, DateTime, Document, doc};
use tilldeck::{
    demo::server::ServerOptions,
    doctor::examine,
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        finding::{Finding, Fix, Rebuild, Repair, Rule},
        index::IndexSpec,
        job::{JobId, Progress},
    },
    jobs::{self, repair::apply},
    mongo::gate::Gate,
};
use tokio::sync::watch;

use super::rig::{Rig, shard};
use crate::support::{eventually_async, shared, start};

const TYPES: [&str; 4] = ["products", "orders", "categories", "users"];

async fn plant(rig: &Rig, prefix: &str, number: impl Into<Bson>, home: u32) {
    let mut record = doc! {"storeId": format!("ID-{prefix}"), "name": "Bakery", "prefix": prefix};
    record.insert("databaseId", number);
    let main = rig.client.database(&rig.main);
    main.collection::<Document>("stores").insert_one(record).await.unwrap();
    for one in TYPES {
        rig.database(home).create_collection(format!("{prefix}_{one}")).await.unwrap();
    }
}

/// The one finding of a rule, as the doctor gives it on the real fleet.
async fn finding(rig: &Rig, rule: Rule) -> Finding {
    eventually_async(rule.id(), || async {
        let findings = examine(&rig.fleet.inventory().await).findings;
        findings.into_iter().find(|finding| finding.rule == rule)
    })
    .await
}

async fn repaired(rig: &Rig, finding: &Finding) -> Result<(), Failure> {
    apply(&rig.fleet, Gate::new(false), finding).await
}

async fn set(rig: &Rig, update: Document) {
    let stores = rig.client.database(&rig.main).collection::<Document>("stores");
    stores.update_one(doc! {}, doc! {"$set": update}).await.unwrap();
}

/// How the jobs have ended, the oldest first.
async fn states(rig: &Rig) -> Vec<String> {
    let jobs = rig.jobs().await;
    assert!(!format!("{jobs:?}").contains("mongodb://"), "{jobs:?}");
    jobs.iter().map(|job| job.get_str("state").unwrap().to_owned()).collect()
}

/// A finding that wants these indexes of `a_products` in shard 1, made by hand.
fn drift(found: &[Document], wanted: &[Document]) -> Finding {
    let specs = |indexes: &[Document]| indexes.iter().map(IndexSpec::new).collect();
    let rebuild =
        Rebuild { collection: "a_products".into(), found: specs(found), wanted: specs(wanted) };
    let database = Database::Shard(shard(1));
    let repair = Repair::RebuildIndexes { database, collections: vec![rebuild] };
    Finding {
        rule: Rule::IndexDrift,
        record: None,
        store_id: None,
        prefix: None,
        database: Some(database),
        collection: None,
        message: "an index differs".into(),
        evidence: doc! {},
        fix: Some(Fix { summary: String::new(), command: String::new(), repair: Some(repair) }),
    }
}

async fn make_indexes(rig: &Rig, indexes: &[Document]) {
    let command = doc! {"createIndexes": "a_products", "indexes": indexes};
    rig.database(1).run_command(command).await.unwrap();
}

async fn indexes(rig: &Rig) -> Vec<IndexSpec> {
    let command = doc! {"listIndexes": "a_products"};
    let listed = rig.database(1).run_command(command).await.unwrap();
    let batch = listed.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let specs = batch.iter().map(|one| IndexSpec::new(one.as_document().unwrap()));
    specs.filter(|index| !index.is_of_id()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_number_is_set_once_and_only_where_it_is_still_the_same() {
    let rig = Rig::on(&shared().uri()).await;
    plant(&rig, "a", "1", 1).await;
    let finding = finding(&rig, Rule::DatabaseIdType).await;
    let refused = apply(&rig.fleet, Gate::new(true), &finding).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::ReadOnly);
    // Another type of the same number is another value.
    set(&rig, doc! {"databaseId": 1.0}).await;
    assert_eq!(repaired(&rig, &finding).await.unwrap_err().kind, FailureKind::Changed);
    assert_eq!(rig.records().await[0].get("databaseId"), Some(&Bson::Double(1.0)));
    assert!(rig.jobs().await.is_empty());

    set(&rig, doc! {"databaseId": "1"}).await;
    let before = rig.records().await;
    repaired(&rig, &finding).await.unwrap();
    let mut expected = before[0].clone();
    expected.insert("databaseId", 1);
    assert_eq!(rig.records().await, [expected]);
    repaired(&rig, &finding).await.unwrap();
    assert_eq!(states(&rig).await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_number_is_set_only_while_all_collections_are_in_one_shard() {
    let rig = Rig::on(&shared().uri()).await;
    plant(&rig, "a", Bson::Null, 2).await;
    let finding = finding(&rig, Rule::DatabaseIdMissing).await;
    let strayed = rig.database(1).collection::<Document>("a_orders");
    strayed.insert_one(doc! {}).await.unwrap();
    assert_eq!(repaired(&rig, &finding).await.unwrap_err().kind, FailureKind::Changed);
    assert_eq!(rig.records().await[0].get("databaseId"), Some(&Bson::Null));
    strayed.drop().await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    assert_eq!(rig.records().await[0].get("databaseId"), Some(&Bson::Int32(2)));
    assert_eq!(states(&rig).await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_collection_is_made_where_its_record_still_leads() {
    let rig = Rig::on(&shared().uri()).await;
    plant(&rig, "a", 1, 1).await;
    rig.database(1).collection::<Document>("a_orders").drop().await.unwrap();
    let finding = finding(&rig, Rule::CollectionsMissing).await;
    set(&rig, doc! {"databaseId": 2}).await;
    assert_eq!(repaired(&rig, &finding).await.unwrap_err().kind, FailureKind::Changed);
    assert!(rig.collections(2).await.is_empty() && rig.jobs().await.is_empty());
    set(&rig, doc! {"databaseId": 1}).await;
    repaired(&rig, &finding).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    assert_eq!(rig.collections(1).await, super::rig::four("a"));
    assert_eq!(states(&rig).await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_index_is_refused_with_its_duplicates_named() {
    let rig = Rig::on(&shared().uri()).await;
    plant(&rig, "a", 1, 1).await;
    let finding = finding(&rig, Rule::UniqueIndexMissing).await;
    let mut twin = rig.records().await[0].clone();
    twin.remove("_id");
    let stores = rig.client.database(&rig.main).collection::<Document>("stores");
    let twin = stores.insert_one(twin).await.unwrap().inserted_id;
    let refused = repaired(&rig, &finding).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Duplicate);
    assert!(refused.to_string().contains("a` (2 records)"), "{refused}");
    assert_eq!(stores.list_index_names().await.unwrap(), ["_id_"]);
    assert!(rig.jobs().await.is_empty());

    stores.delete_one(doc! {"_id": twin}).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    assert_eq!(stores.list_index_names().await.unwrap().len(), 2);
    assert_eq!(states(&rig).await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_are_replaced_by_name_and_extra_ones_stay() {
    let rig = Rig::on(&shared().uri()).await;
    let old = doc! {"key": {"maker.sku": 1}, "name": "sku"};
    // Of the same key as a wanted one, but a server can have both: it is an extra one.
    let extra = doc! {"key": {"maker.sku": 1}, "name": "mine", "sparse": true};
    let filter = doc! {"maker.sku": {"$type": "string"}};
    let wanted = doc! {
        "key": {"maker.sku": 1}, "name": "sku", "unique": true, "partialFilterExpression": filter,
    };
    make_indexes(&rig, &[old.clone(), extra.clone()]).await;
    let found = [old.clone(), extra.clone()];
    let finding = drift(&found, std::slice::from_ref(&wanted));
    let twice = [doc! {"maker": {"sku": "x"}}, doc! {"maker": {"sku": "x"}}];
    let products = rig.database(1).collection::<Document>("a_products");
    products.insert_many(twice).await.unwrap();
    assert_eq!(repaired(&rig, &finding).await.unwrap_err().kind, FailureKind::Duplicate);
    let has = |now: &[IndexSpec], one: &Document| now.contains(&IndexSpec::new(one));
    let now = indexes(&rig).await;
    assert!(now.len() == 2 && has(&now, &old) && has(&now, &extra), "{now:?}");

    products.delete_one(doc! {}).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    repaired(&rig, &finding).await.unwrap();
    let now = indexes(&rig).await;
    assert!(now.len() == 2 && has(&now, &wanted) && has(&now, &extra), "{now:?}");
    assert_eq!(states(&rig).await, ["undone", "done"]);

    let stale = drift(&found, &[doc! {"key": {"price": 1}, "name": "price"}]);
    assert_eq!(repaired(&rig, &stale).await.unwrap_err().kind, FailureKind::Changed);
    assert_eq!(indexes(&rig).await.len(), 2);
}

/// Breaks a repair off after it has taken an index away, and lets its lease run out.
async fn broken_off(rig: &Rig, finding: &Finding) -> JobId {
    let data = doc! {"failCommands": ["createIndexes"], "errorCode": 11600};
    let fail = doc! {"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data};
    rig.client.database("admin").run_command(fail).await.unwrap();
    let failure = repaired(rig, finding).await.unwrap_err();
    assert!(failure.to_string().contains("is not back yet"), "{failure}");
    let off = doc! {"configureFailPoint": "failCommand", "mode": "off"};
    rig.client.database("admin").run_command(off).await.unwrap();
    assert!(indexes(rig).await.is_empty());
    let running = doc! {"state": "running"};
    let past = doc! {"$set": {"until": DateTime::from_millis(0)}};
    let jobs = rig.client.database(&rig.main).collection::<Document>("tilldeck_jobs");
    assert_eq!(jobs.update_many(running, past).await.unwrap().modified_count, 1);
    let unfinished = jobs::unfinished(&rig.fleet).await.unwrap();
    unfinished[0].id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_was_broken_off_is_undone_or_finished() {
    let parameters = vec!["enableTestCommands=1".to_owned()];
    let server = start(ServerOptions { parameters, ..ServerOptions::default() });
    let rig = Rig::on(&server.uri()).await;
    let old = doc! {"key": {"sku": 1}, "name": "sku"};
    let wanted = doc! {"key": {"sku": 1}, "name": "sku", "unique": true};
    make_indexes(&rig, std::slice::from_ref(&old)).await;
    let finding = drift(std::slice::from_ref(&old), std::slice::from_ref(&wanted));
    let (progress, _) = watch::channel(Progress::default());
    let gate = Gate::new(false);

    let job = broken_off(&rig, &finding).await;
    jobs::undo(&rig.fleet, gate, &job, &progress).await.unwrap();
    assert_eq!(indexes(&rig).await, [IndexSpec::new(&old)]);

    let job = broken_off(&rig, &finding).await;
    let refused = jobs::finish(&rig.fleet, Gate::new(true), &job, &progress).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::ReadOnly);
    jobs::finish(&rig.fleet, gate, &job, &progress).await.unwrap();
    assert_eq!(indexes(&rig).await, [IndexSpec::new(&wanted)]);
    assert_eq!(states(&rig).await, ["undone", "done"]);
}
