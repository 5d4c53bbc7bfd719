//! Each cause for which the backend does not find a store.

use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

use crate::doctor::fleet::{Fleet, Plant, assert_harmless, record, tombstone};

/// What `why --json` says, held to its schema, and its exit code.
fn why(fleet: &Fleet, text: &str) -> (i32, Value) {
    let output = fleet.run(&["why", "--json", "--", text]);
    (output.code, output.held_to("why"))
}

/// Asks, and compares the kind of the cause and what its words must hold.
#[track_caller]
fn assert_cause(fleet: &Fleet, text: &str, kind: &str, words: &[&str]) {
    let (code, report) = why(fleet, text);
    assert_eq!((code, &report["reachable"]), (1, &false.into()), "{text}: {report:#}");
    assert_eq!(report["cause"]["kind"], kind, "{text}: {report:#}");
    let message = report["cause"]["message"].as_str().unwrap();
    for word in words {
        assert!(message.contains(word), "{text}: `{word}` is not in: {message}");
    }
    assert!(!report["cause"]["hint"].as_str().unwrap().is_empty(), "{text}: {report:#}");
    assert_eq!(failed_steps(&report), 1, "{text}: {report:#}");
}

fn failed_steps(report: &Value) -> usize {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().filter(|step| step["outcome"] == "failed").count()
}

#[track_caller]
fn assert_reached(fleet: &Fleet, text: &str, by: &str) -> Value {
    let (code, report) = why(fleet, text);
    assert_eq!((code, &report["cause"]), (0, &Value::Null), "{text}: {report:#}");
    assert_eq!(report["matched"]["by"], by, "{text}: {report:#}");
    assert_eq!(failed_steps(&report), 0, "{text}: {report:#}");
    report
}

fn with_field(prefix: &str, field: &str, value: Option<Bson>) -> Document {
    let mut changed = record(prefix, 2);
    match value {
        Some(value) => drop(changed.insert(field, value)),
        None => drop(changed.remove(field)),
    }
    changed
}

#[test]
fn a_store_is_reached_by_whatever_it_is_asked_for() {
    let legacy = with_field("old", "databaseId", None);
    let plant = Plant::healthy().record(legacy).furnished(0, "old");
    let fleet = Fleet::new(plant.record(record("x", "2")).furnished(2, "x"));
    assert_reached(&fleet, "S-one", "store_id");
    assert_reached(&fleet, "one", "prefix");
    assert_reached(&fleet, "Store one", "name");
    assert_reached(&fleet, "one_orders", "collection");
    assert_reached(&fleet, "S-old", "store_id");
    let drifted = assert_reached(&fleet, "S-x", "store_id");
    let steps = drifted["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["outcome"] == "warning"), "{drifted:#}");
    let text = fleet.run(&["why", "one"]);
    assert!(text.code == 0 && text.stdout.contains("the backend can reach it"), "{text:?}");
    let markdown = fleet.run(&["why", "one", "--markdown"]);
    assert!(markdown.code == 0 && markdown.stdout.contains("S-one"), "{markdown:?}");
}

#[test]
fn a_store_that_nobody_knows() {
    let fleet = Fleet::new(Plant::healthy().furnished(2, "ghost"));
    assert_cause(&fleet, "S-thre", "not_found", &["no storeId, name or prefix `S-thre`"]);
    let suggested = &why(&fleet, "S-thre").1["suggestions"][0];
    assert_eq!(suggested["store_id"], "S-three", "{suggested:#}");
    assert_cause(&fleet, "ghost", "not_found", &["`ghost`"]);
    let hint = why(&fleet, "ghost").1["cause"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("orphan-collections"), "{hint}");
    let hostile = "\u{1b}[2J\u{202e}x";
    assert_cause(&fleet, hostile, "not_found", &[]);
    assert_harmless(&fleet.run(&["why", hostile]));
    assert_harmless(&fleet.run(&["why", hostile, "--markdown"]));
}

#[test]
fn a_record_that_leads_nowhere() {
    let plant = Plant::healthy()
        .record(with_field("no_id", "storeId", None))
        .furnished(2, "no_id")
        .record(with_field("bare", "prefix", Some("".into())))
        .record(record("far", 9))
        .furnished(2, "far")
        .record(record("odd", "abc"))
        .record(with_field("lost", "databaseId", None))
        .furnished(2, "lost");
    let fleet = Fleet::new(plant);
    assert_cause(&fleet, "no_id", "malformed", &["storeId"]);
    assert_cause(&fleet, "S-bare", "malformed", &["prefix"]);
    assert_cause(&fleet, "S-far", "database_id", &["S-far", "9"]);
    assert_cause(&fleet, "S-odd", "database_id", &["S-odd"]);
    assert_cause(&fleet, "S-lost", "database_id", &["is missing", &fleet.name_of(2)]);
}

#[test]
fn records_that_share_what_must_be_unique() {
    let second = |store_id: &str, name: &str, prefix: &str| {
        doc! {"storeId": store_id, "name": name, "prefix": prefix, "databaseId": 2}
    };
    let plant = Plant::healthy()
        .record(second("S-one", "A", "x"))
        .record(second("S-y", "B", "two"))
        .record(second("S-z", "Store three", "z"))
        .unique_on(&[]);
    let fleet = Fleet::new(plant);
    assert_cause(&fleet, "S-one", "duplicate", &["2 records have the storeId `S-one`"]);
    assert_cause(&fleet, "two", "duplicate", &["2 records have the prefix `two`"]);
    assert_cause(&fleet, "Store three", "not_found", &["2 stores are called `Store three`"]);
    assert_eq!(why(&fleet, "S-one").1["suggestions"].as_array().unwrap().len(), 2);
}

#[test]
fn collections_that_are_not_where_the_record_leads() {
    let plant = Plant::healthy()
        .record(record("strayed", 1))
        .furnished(3, "strayed")
        .store("split", 1)
        .collection(2, "split_orders")
        .record(record("acme", 2))
        .furnished(2, "Acme")
        .record(record("half", 2))
        .collection(2, "half_products")
        .collection(2, "half_categories");
    let fleet = Fleet::new(plant);
    let [one, two, three] = [1, 2, 3].map(|shard| fleet.name_of(shard));
    assert_cause(&fleet, "strayed", "misplaced", &["is not in", &one, &three]);
    assert_cause(&fleet, "split", "misplaced", &["`split_orders`", &one, &two, "split"]);
    assert_cause(&fleet, "acme", "misplaced", &["`Acme_products`", "another case"]);
    assert_cause(&fleet, "half", "missing", &["`half_orders` does not exist", &two]);
}

#[test]
fn a_store_that_was_moved_says_so() {
    let plant = ["products", "orders", "categories"]
        .into_iter()
        .fold(Plant::healthy(), |plant, kind| plant.command(1, tombstone(&format!("x_{kind}"))));
    let fleet = Fleet::new(plant.record(record("x", 1)).furnished(3, "x"));
    let moved = ["was moved out of", &fleet.name_of(1), "STORE MOVED to pos_db_3"];
    assert_cause(&fleet, "S-x", "moved", &moved);
    fleet.tell(
        0,
        doc! {"update": "stores", "updates": [
            {"q": {"storeId": "S-x"}, "u": {"$set": {"databaseId": 3}}},
        ]},
    );
    assert_reached(&fleet, "S-x", "store_id");
}
