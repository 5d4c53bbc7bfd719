//! `doctor --fix` applies each kind of repair, and does nothing without consent.

use mongodb::bson::{Bson, Document, doc};
use serde_json::{Value, json};

use crate::{
    doctor::fleet::{Fleet, Plant, record, unique_on},
    support::Output,
};

/// A fleet with one fault of a kind that can be repaired, and the rule that tells it.
fn planted() -> [(&'static str, Plant); 6] {
    let mut unrouted = record("x", 2);
    unrouted.remove("databaseId");
    [
        ("collections-missing", drifted(false).record(record("y", 2)).collection(2, "y_users")),
        ("database-id-type", Plant::healthy().record(record("x", 2.0)).furnished(2, "x")),
        ("database-id-missing", Plant::healthy().record(unrouted).furnished(2, "x")),
        ("unique-index-missing", Plant::healthy().unique_on(&["storeId"])),
        ("index-drift", drifted(false)),
        ("index-drift", drifted(true)),
    ]
}

/// Three stores with a unique index on their orders, and one without it, or with one of the
/// same name that is not unique.
fn drifted(has_other: bool) -> Plant {
    let unique = |store: &str| {
        let name = format!("{store}_orders");
        doc! {"createIndexes": name, "indexes": [unique_on("number")]}
    };
    let plant = Plant::healthy()
        .command(1, unique("one"))
        .command(2, unique("two"))
        .command(3, unique("three"))
        .store("x", 2);
    if has_other { plant.index(2, "x_orders", "number") } else { plant }
}

fn error(output: &Output) -> (i32, String, String) {
    let error = &output.json()["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (output.code, text("kind"), text("message"))
}

/// The rules and outcomes of what was done.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let repairs = report["repairs"].as_array().unwrap();
    repairs
        .iter()
        .map(|one| (one["rule"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
        .collect()
}

/// What the journal says, none of which may be a way to log in.
#[track_caller]
fn assert_journaled(fleet: &Fleet, n_entries: usize, state: &str) {
    let jobs = fleet.documents(0, "tilldeck_jobs");
    assert_eq!(jobs.len(), n_entries, "{jobs:?}");
    for job in jobs {
        let said = ["kind", "state"].map(|key| job.get_str(key).unwrap());
        assert_eq!(said, ["repair", state], "{job}");
        let text = job.to_string();
        assert!(!text.contains("mongodb://") && !text.contains("127.0.0.1"), "{text}");
    }
}

#[test]
fn each_kind_is_applied_and_a_second_run_finds_nothing_to_repair() {
    for (rule, plant) in planted() {
        let fleet = Fleet::new(plant);
        let (_, report) = fleet.doctor(&["--rule", rule]);
        assert_eq!(report["findings"][0]["fix"]["safe"], true, "{report:#}");
        let (code, report) = fleet.doctor(&["--rule", rule, "--fix", "--yes"]);
        assert_eq!((code, outcomes(&report)), (0, vec![(rule, "done")]), "{report:#}");
        assert_eq!(report["findings"], json!([]));
        assert_journaled(&fleet, 1, "done");
        let before = fleet.state();
        let (code, report) = fleet.doctor(&["--rule", rule, "--fix", "--yes"]);
        assert_eq!((code, &report["repairs"]), (0, &json!([])), "{report:#}");
        assert_eq!(fleet.state(), before);
    }
}

#[test]
fn everything_at_once_is_repaired_in_one_run() {
    let mut unrouted = record("y", 2);
    unrouted.remove("databaseId");
    let fleet = Fleet::new(
        drifted(true)
            .record(unrouted)
            .furnished(3, "y")
            .index(3, "y_products", "unusual")
            .record(record("z", "1"))
            .unique_on(&[]),
    );
    let (code, report) = fleet.doctor(&["--fix", "--yes"]);
    assert_eq!(code, 0, "{report:#}");
    assert!(outcomes(&report).iter().all(|(_, outcome)| *outcome == "done"), "{report:#}");
    assert_eq!(outcomes(&report).len(), 6, "{report:#}");
    // Routing `y` home brings to light what no rule said of a store without a home.
    let lines = fleet.lines(&report);
    assert!(lines.iter().all(|line| line.starts_with("index-drift S-y")), "{lines:?}");
    let number = |prefix: &str| {
        let records = fleet.documents(0, "stores");
        let of = records.iter().find(|record| record.get_str("prefix").unwrap() == prefix);
        of.unwrap().get("databaseId").cloned()
    };
    assert_eq!((number("y"), number("z")), (Some(Bson::Int32(3)), Some(Bson::Int32(1))));
    assert_eq!(fleet.indexes(1, "z_orders"), [("_id_".into(), false), ("number_1".into(), true)]);
    assert_eq!(fleet.indexes(2, "x_orders"), [("_id_".into(), false), ("number_1".into(), true)]);
    // What a store has besides stays.
    let unusual = ("unusual_1".to_owned(), false);
    assert!(fleet.indexes(3, "y_products").contains(&unusual));
}

#[test]
fn one_store_alone_is_repaired_where_asked() {
    let plant = Plant::healthy().record(record("x", "2")).record(record("y", "2"));
    let fleet = Fleet::new(plant.furnished(2, "x").furnished(2, "y"));
    let (_, report) = fleet.doctor(&["--store", "S-y", "--fix", "--yes"]);
    assert_eq!(outcomes(&report), [("database-id-type", "done")]);
    assert_eq!(fleet.lines(&fleet.doctor(&[]).1), ["database-id-type S-x x 2"]);
}

#[test]
fn nothing_is_written_without_consent() {
    for (rule, plant) in planted() {
        let fleet = Fleet::new(plant);
        let before = fleet.state();
        let asked = fleet.run(&["doctor", "--json", "--rule", rule, "--fix"]);
        let (code, kind, message) = error(&asked);
        assert_eq!((code, kind.as_str()), (2, "usage"), "{asked:?}");
        assert!(message.starts_with("nothing was done"), "{message}");
        let read_only = ["doctor", "--json", "--rule", rule, "--fix", "--yes", "--read-only"];
        let (code, kind, _) = error(&fleet.run(&read_only));
        assert_eq!((code, kind.as_str()), (1, "read_only"));
        assert_eq!(fleet.state(), before, "{rule}");
    }
}

#[test]
fn a_rebuild_that_the_data_refuse_restores_what_was_there() {
    let twice = |fleet: Plant| {
        let one = |fleet: Plant| fleet.document(2, "x_orders", doc! {"number": 7});
        one(one(fleet))
    };
    let fleet = Fleet::new(twice(drifted(true)));
    let before = fleet.indexes(2, "x_orders");
    let (code, report) = fleet.doctor(&["--fix", "--yes"]);
    assert_eq!((code, outcomes(&report)), (1, vec![("index-drift", "failed")]), "{report:#}");
    assert_eq!(report["repairs"][0]["error"]["kind"], "duplicate", "{report:#}");
    assert_eq!(fleet.indexes(2, "x_orders"), before);
    assert_eq!(fleet.lines(&report), ["index-drift S-x x 2"]);
    assert_journaled(&fleet, 1, "undone");
}

#[test]
fn duplicates_are_not_offered_a_unique_index() {
    let second: Document = doc! {
        "storeId": "S-one", "name": "Second", "prefix": "x", "databaseId": 2,
    };
    let plant = Plant::healthy().record(second).furnished(2, "x").unique_on(&["prefix"]);
    let fleet = Fleet::new(plant);
    let before = fleet.state();
    let (_, report) = fleet.doctor(&["--rule", "unique-index-missing", "--fix", "--yes"]);
    assert_eq!(report["repairs"], json!([]));
    assert_eq!(report["findings"][0]["fix"]["safe"], false);
    assert_eq!(fleet.state(), before);
}
