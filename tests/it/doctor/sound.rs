//! What looks odd and is no fault gives no finding.

use mongodb::bson::doc;

use super::fleet::{Fleet, Plant, record, tombstone};

#[track_caller]
fn assert_lines(plant: Plant, expected: &[&str]) {
    let fleet = Fleet::new(plant);
    let (code, report) = fleet.doctor(&[]);
    assert_eq!(
        (code, fleet.lines(&report)),
        (0, expected.iter().map(ToString::to_string).collect())
    );
    assert!(report["incomplete"].as_array().unwrap().is_empty(), "{report:#}");
}

#[test]
fn a_healthy_fleet_is_clean() {
    assert_lines(Plant::healthy(), &[]);
    assert_lines(Plant::empty(), &[]);
}

#[test]
fn what_optional_collections_hold_and_lack_is_fine() {
    let plant = Plant::healthy()
        .collection(1, "one_brands")
        .document(2, "two_users", doc! {"email": "a@b"})
        .document(0, "users", doc! {"email": "c@d", "storeId": "S-three"});
    assert_lines(plant, &[]);
}

#[test]
fn tombstones_views_and_what_the_server_adds_are_fine() {
    let series = doc! {"create": "two_brands", "timeseries": {"timeField": "at"}};
    let view = doc! {"create": "report", "viewOn": "one_orders", "pipeline": []};
    let plant = ["products", "orders", "categories"]
        .into_iter()
        // The store is in shard 2 now, and came from shard 1.
        .fold(Plant::healthy(), |plant, kind| plant.command(1, tombstone(&format!("two_{kind}"))))
        .command(2, series)
        .command(1, view)
        .command(3, doc! {"create": "system.profile", "capped": true, "size": 4096});
    assert_lines(plant, &[]);
}

#[test]
fn a_legacy_store_in_main_is_only_worth_knowing() {
    let mut legacy = record("old", 1);
    legacy.remove("databaseId");
    let plant = Plant::healthy().record(legacy).furnished(0, "old");
    assert_lines(plant, &["legacy-store S-old old main"]);
}
