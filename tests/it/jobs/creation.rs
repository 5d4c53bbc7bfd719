//! Stores are made as the backend makes them, on every kind of fleet, or not at all.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document, doc};
use tilldeck::{
    demo::server::{ServerOptions, Shape},
    domain::{
        failure::FailureKind,
        job::{Progress, StepState},
    },
    jobs::create::Creator,
    mongo::gate::Gate,
};
use tokio::sync::watch;

use super::rig::{Rig, four, shard};
use crate::support::{shared, start};

/// Makes a store in shard 1, looks at everything, and at what refuses a second one.
async fn makes_a_store_as_the_backend_would(rig: &Rig, number: u32) {
    let (created, progress) = rig.create(&rig.plan("acme", Some(number))).await;
    let created = created.unwrap();
    assert_eq!(created.shard, shard(number));
    assert_eq!(created.warnings, Vec::<String>::new());
    assert!(progress.steps.iter().all(|step| step.state == StepState::Done), "{progress:?}");
    assert_eq!(progress.steps.len(), 7);

    let records = rig.records().await;
    let [record] = &records[..] else { panic!("{records:?}") };
    let fields: Vec<&str> = record.keys().map(String::as_str).collect();
    let expected =
        ["_id", "storeId", "name", "prefix", "databaseId", "createdAt", "updatedAt", "__v"];
    assert_eq!(fields, expected);
    assert_eq!(record.get_i32("databaseId").unwrap(), i32::try_from(number).unwrap());
    assert!(matches!(record.get("createdAt"), Some(Bson::DateTime(_))));
    assert_eq!(rig.collections(number).await, four("acme"));
    let products = rig.database(number).collection::<Document>("acme_products");
    assert_eq!(products.list_index_names().await.unwrap(), ["_id_", "sku_1"]);

    let jobs = rig.jobs().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].get_str("state").unwrap(), "done");
    assert!(!format!("{jobs:?}").contains("mongodb://"));
    let (again, _) = rig.create(&rig.plan("acme", Some(number))).await;
    assert_eq!(again.unwrap_err().kind, FailureKind::Duplicate);
    let mut other_case = rig.plan("acme2", Some(number));
    other_case.store_id = "id-ACME".into();
    let (again, _) = rig.create(&other_case).await;
    assert_eq!(again.unwrap_err().kind, FailureKind::Duplicate);
    assert_eq!((rig.records().await.len(), rig.collections(number).await), (1, four("acme")));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_replica_set() {
    makes_a_store_as_the_backend_would(&Rig::on(&shared().uri()).await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_standalone() {
    let options = ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() };
    let server = start(options);
    makes_a_store_as_the_backend_would(&Rig::on(&server.uri()).await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_shard_on_a_second_server() {
    let second = start(ServerOptions::default());
    let rig = Rig::with_second(&shared().uri(), &second.uri()).await;
    makes_a_store_as_the_backend_would(&rig, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leftovers_are_adopted_and_stay_when_the_run_is_undone() {
    let rig = Rig::on(&shared().uri()).await;
    let shard = rig.database(1);
    shard.collection("acme_orders").insert_one(doc! {"total": 1}).await.unwrap();
    // The unique index cannot be built, so the run fails after it has made something.
    let twice = [doc! {"sku": 1}, doc! {"sku": 1}];
    shard.collection("acme_products").insert_many(twice).await.unwrap();
    let (created, progress) = rig.create(&rig.plan("acme", Some(1))).await;
    assert_eq!(created.unwrap_err().kind, FailureKind::Duplicate);
    assert!(progress.failure.is_some());
    let left = BTreeSet::from(["acme_orders".to_owned(), "acme_products".to_owned()]);
    assert_eq!((rig.records().await.len(), rig.collections(1).await), (0, left));
    assert_eq!(rig.jobs().await[0].get_str("state").unwrap(), "undone");

    shard.collection::<Document>("acme_products").delete_one(doc! {}).await.unwrap();
    let (created, _) = rig.create(&rig.plan("acme", Some(1))).await;
    let created = created.unwrap();
    assert!(created.warnings[0].contains("is taken over"), "{created:?}");
    assert_eq!(rig.collections(1).await, four("acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_shard_gives_way_to_one_with_room() {
    let rig = Rig::on(&shared().uri()).await;
    for number in 0..7 {
        let (created, _) = rig.create(&rig.plan(&format!("s{number}"), None)).await;
        let created = created.unwrap();
        let expected = if number < 3 { 1 } else { 2 };
        assert_eq!(created.shard, shard(expected), "{number}");
        // The seventh finds all full, and goes where the rule says, with a word about it.
        assert_eq!(
            created.warnings.len(),
            if number < 3 { 0 } else { usize::from(number == 6) + 1 },
            "{created:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_is_refused_at_the_gate_and_a_lost_database_before_anything_is_made() {
    let second = start(ServerOptions::default());
    let rig = Rig::with_second(&shared().uri(), &second.uri()).await;
    let (progress, _) = watch::channel(Progress::default());
    let closed = Creator::new(rig.fleet.clone(), Gate::new(true));
    let refused = closed.run(&rig.plan("acme", Some(1)), &progress).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::ReadOnly);
    assert!(rig.jobs().await.is_empty());

    drop(second);
    rig.wait_for_loss(2).await;
    let (created, _) = rig.create(&rig.plan("acme", Some(2))).await;
    let failure = created.unwrap_err();
    assert!([FailureKind::Refused, FailureKind::Network].contains(&failure.kind), "{failure}");
    assert!(rig.records().await.is_empty() && rig.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_moved_store_left_behind_is_not_taken_over() {
    let rig = Rig::on(&shared().uri()).await;
    let view = doc! {"create": "acme_orders", "viewOn": "other", "pipeline": []};
    rig.database(1).run_command(view).await.unwrap();
    let (refused, _) = rig.create(&rig.plan("acme", Some(1))).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Moved);
    assert!(failure.message.as_str().contains("`acme_orders`"), "{failure}");
    assert_eq!((rig.records().await, rig.jobs().await), (vec![], vec![]));
    assert!(!rig.collections(1).await.contains("acme_products"));
}
