//! A registry of 100 000 records, and bursts of changes.

use mongodb::bson::doc;
use tilldeck::domain::registry::Source;

use super::rig::{Rig, store};
use crate::support::shared;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_records_are_read_and_followed() {
    let rig = Rig::on(&shared().uri()).await;
    for thousands in 0..10 {
        let records = (0..10_000).map(|number| store(&format!("s{}", thousands * 10_000 + number)));
        rig.stores().insert_many(records).await.unwrap();
    }
    let all = rig.until("all are read", |registry| registry.stores.len() == 100_000).await;
    assert!(all.stores.is_sorted_by(|a, b| a.record < b.record));
    rig.stores()
        .update_one(doc! {"storeId": "s5"}, doc! {"$set": {"databaseId": 2}})
        .await
        .unwrap();
    let changed = rig
        .until("one more change shows", |registry| {
            registry.stores.len() == 100_000 && registry.changes_since(&all).len() == 1
        })
        .await;
    assert_eq!(changed.source, Source::ChangeStream);
    rig.fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_gathered_into_few_snapshots() {
    let rig = Rig::on(&shared().uri()).await;
    rig.live().await;
    let mut registry = rig.fleet.registry();
    let counting = tokio::spawn(async move {
        let mut n_snapshots = 0;
        while registry.borrow_and_update().stores.len() < 2000 {
            registry.changed().await.unwrap();
            n_snapshots += 1;
        }
        n_snapshots
    });
    rig.stores().insert_many((0..2000).map(|number| store(&format!("s{number}")))).await.unwrap();
    rig.until("all show", |registry| registry.stores.len() == 2000).await;
    let n_snapshots = counting.await.unwrap();
    assert!(n_snapshots < 500, "2000 changes made {n_snapshots} snapshots");
    rig.fleet.shutdown().await;
}
