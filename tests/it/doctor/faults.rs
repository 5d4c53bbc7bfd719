//! Each planted fault gives exactly its one finding, and none beyond it.

use mongodb::bson::{Bson, Document, doc};

use super::fleet::{Fleet, Plant, record, unique_on};

/// What is planted, and the findings that it gives: rule, storeId, prefix and place.
struct Fault {
    what: String,
    plant: Plant,
    expected: Vec<&'static str>,
}

fn fault(what: impl Into<String>, plant: Plant, expected: &'static str) -> Fault {
    Fault { what: what.into(), plant, expected: vec![expected] }
}

/// Plants each fault into a fleet of its own and examines it. All of a table at once: most
/// of the time goes into waiting for the server.
#[track_caller]
fn examine(faults: Vec<Fault>, limits: &str) {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> =
            faults.into_iter().map(|one| scope.spawn(|| fault_of(one, limits))).collect();
        running.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the answer of the doctor.
fn fault_of(fault: Fault, limits: &str) -> Option<String> {
    let fleet = Fleet::with(fault.plant, limits);
    let (code, report) = fleet.doctor(&[]);
    let lines = fleet.lines(&report);
    let findings = report["findings"].as_array().unwrap();
    let is_failure = findings
        .iter()
        .any(|one| ["critical", "error"].contains(&one["severity"].as_str().unwrap()));
    let is_right = lines == fault.expected
        && code == i32::from(is_failure)
        && report["incomplete"].as_array().unwrap().is_empty();
    (!is_right).then(|| format!("{}: code {code}, {lines:?}\n{report:#}", fault.what))
}

const THREE: &str = "database_count = 3\nstores_per_database = 20\n";

/// A healthy fleet, and a store `x` in shard 2 whose number is this.
fn numbered(number: impl Into<Bson>) -> Plant {
    Plant::healthy().record(record("x", number)).furnished(2, "x")
}

/// The same with one field of the record changed; `None` takes it away.
fn with_field(field: &str, value: Option<Bson>) -> Plant {
    let mut changed = record("x", 2);
    match value {
        Some(value) => drop(changed.insert(field, value)),
        None => drop(changed.remove(field)),
    }
    Plant::healthy().record(changed).furnished(2, "x")
}

#[test]
fn a_number_of_another_type() {
    const FOUND: &str = "database-id-type S-x x 2";
    let faults =
        vec![fault("a text", numbered("2"), FOUND), fault("a double", numbered(2.0), FOUND)];
    examine(faults, THREE);
}

#[test]
fn a_number_that_leads_nowhere() {
    const FOUND: &str = "database-id-out-of-range S-x x -";
    let values: [Bson; 9] = [
        0.into(),
        (-1).into(),
        6.into(),
        2.5.into(),
        f64::NAN.into(),
        "abc".into(),
        "".into(),
        doc! {"number": 2}.into(),
        vec![2].into(),
    ];
    let faults =
        values.into_iter().map(|value| fault(format!("{value:?}"), numbered(value), FOUND));
    examine(faults.collect(), THREE);
}

#[test]
fn a_record_with_an_unusable_text() {
    let mut faults = Vec::new();
    for (field, expected) in [
        ("name", "record-malformed S-x x 2"),
        ("prefix", "record-malformed S-x - 2"),
        ("storeId", "record-malformed - x 2"),
    ] {
        for value in [None, Some(Bson::Null), Some("".into()), Some(7.into())] {
            let what = format!("{field} is {value:?}");
            faults.push(fault(what, with_field(field, value), expected));
        }
    }
    examine(faults, THREE);
}

#[test]
fn a_store_in_two_databases_or_in_the_wrong_one() {
    let copied = || numbered(2).collection(1, "x_orders");
    let faults = vec![
        fault("an empty copy", copied(), "store-split S-x x 2"),
        fault(
            "documents on both sides",
            copied().document(1, "x_orders", doc! {"n": 1}).document(2, "x_orders", doc! {"n": 2}),
            "store-split S-x x 2",
        ),
        fault(
            "one collection elsewhere",
            Plant::healthy()
                .record(record("x", 2))
                .collection(2, "x_products")
                .collection(2, "x_categories")
                .collection(3, "x_orders"),
            "store-split S-x x 2",
        ),
        fault("a copy in main", numbered(2).furnished(0, "x"), "store-split S-x x 2"),
        fault(
            "another shard",
            Plant::healthy().record(record("x", 1)).furnished(3, "x"),
            "store-wrong-database S-x x 1",
        ),
        fault(
            "still in main",
            Plant::healthy().record(record("x", 1)).furnished(0, "x"),
            "store-wrong-database S-x x 1",
        ),
        fault("no number", with_field("databaseId", None), "database-id-missing S-x x main"),
        fault(
            "null for a number",
            with_field("databaseId", Some(Bson::Null)),
            "database-id-missing S-x x main",
        ),
    ];
    examine(faults, THREE);
}

#[test]
fn collections_under_another_name_or_of_nobody() {
    let healthy = Plant::healthy;
    let faults = vec![
        fault(
            "another case",
            healthy().record(record("acme", 2)).furnished(2, "Acme"),
            "prefix-case S-acme acme 2",
        ),
        fault(
            "orphans in a shard",
            healthy().furnished(2, "ghost"),
            "orphan-collections - ghost 2",
        ),
        fault(
            "orphans in main",
            healthy().furnished(0, "ghost"),
            "orphan-collections - ghost main",
        ),
        fault("of no type", healthy().collection(3, "stray"), "orphan-collections - - 3"),
        fault(
            "one missing",
            healthy().record(record("x", 2)).collection(2, "x_products").collection(2, "x_orders"),
            "collections-missing S-x x 2",
        ),
        fault("all missing", healthy().record(record("x", 2)), "collections-missing S-x x 2"),
    ];
    examine(faults, THREE);
}

#[test]
fn users_without_a_store_and_in_two_places() {
    let user = |store_id: Bson| doc! {"email": "a@b", "storeId": store_id};
    let in_main = |store_id: Bson| Plant::healthy().document(0, "users", user(store_id));
    let faults = vec![
        fault("dangling", in_main("S-gone".into()), "users-dangling S-gone - main"),
        fault("a number", in_main(7.into()), "users-dangling - - main"),
        fault(
            "half moved",
            in_main("S-one".into()).document(1, "one_users", doc! {"email": "a@b"}),
            "users-half-moved S-one one 1",
        ),
    ];
    examine(faults, THREE);
}

#[test]
fn what_two_records_share() {
    let second = |store_id: &str, prefix: &str, number: i32| {
        let record = doc! {
            "storeId": store_id, "name": "Second", "prefix": prefix, "databaseId": number,
        };
        Plant::healthy().record(record)
    };
    // Only a registry without the unique index has duplicates, and that is told besides.
    let open = "unique-index-missing - - main";
    let faults = vec![
        Fault {
            what: "a storeId".into(),
            plant: second("S-one", "x", 2).furnished(2, "x").unique_on(&["prefix"]),
            expected: vec!["duplicate-store-id S-one - -", open],
        },
        Fault {
            what: "a prefix in one database".into(),
            plant: second("S-x", "one", 1).unique_on(&["storeId"]),
            expected: vec!["duplicate-prefix - one 1", open],
        },
        Fault {
            what: "a prefix in two databases".into(),
            plant: second("S-x", "one", 2).furnished(2, "one").unique_on(&["storeId"]),
            expected: vec!["duplicate-prefix - one -", open],
        },
    ];
    examine(faults, THREE);
}

#[test]
fn missing_unique_indexes() {
    const OPEN: &str = "unique-index-missing - - main";
    let plain = doc! {"createIndexes": "stores", "indexes": [{"key": {"prefix": 1}, "name": "p"}]};
    let faults = vec![
        fault("storeId", Plant::healthy().unique_on(&["prefix"]), OPEN),
        fault("prefix", Plant::healthy().unique_on(&["storeId"]), OPEN),
        fault("not unique", Plant::healthy().unique_on(&["storeId"]).command(0, plain), OPEN),
        Fault {
            what: "both".into(),
            plant: Plant::healthy().unique_on(&[]),
            expected: vec![OPEN, OPEN],
        },
    ];
    examine(faults, THREE);
}

/// Four stores whose orders have an index, except for what the last one has.
fn drifted(last: Option<Document>) -> Plant {
    let plant = Plant::healthy().store("x", 2);
    let plant =
        ["one", "two", "three"].into_iter().zip(1..).fold(plant, |plant, (store, shard)| {
            plant.index(shard, &format!("{store}_orders"), "number")
        });
    match last {
        Some(index) => plant.command(2, doc! {"createIndexes": "x_orders", "indexes": [index]}),
        None => plant,
    }
}

#[test]
fn other_indexes_than_most_stores_have() {
    const FOUND: &str = "index-drift S-x x 2";
    let other = doc! {"key": {"at": 1}, "name": "at_1"};
    let faults = vec![
        fault("missing", drifted(None), FOUND),
        fault("other", drifted(Some(other)), FOUND),
        fault("unique", drifted(Some(unique_on("number"))), FOUND),
    ];
    examine(faults, THREE);
}

#[test]
fn names_that_deceive() {
    let faults = vec![
        fault("bidi", with_field("name", Some("a\u{202e}b".into())), "name-unsafe S-x x 2"),
        fault(
            "escape",
            with_field("storeId", Some("S\u{1b}[2J".into())),
            "name-unsafe S\u{1b}[2J x 2",
        ),
        fault(
            "zero width",
            Plant::healthy().store("a\u{200b}b", 2),
            "name-unsafe S-a\u{200b}b a\u{200b}b 2",
        ),
        fault(
            "begins another",
            Plant::healthy().store("one_more", 2),
            "prefix-ambiguous S-one one 1",
        ),
    ];
    examine(faults, THREE);
}

#[test]
fn shards_that_are_too_full() {
    let crowd = || Plant::empty().store("a", 1).store("b", 1).store("c", 1);
    let over = vec![fault("over", crowd(), "shard-over-capacity - - 1")];
    examine(over, "database_count = 1\nstores_per_database = 2\n");
    let skewed = vec![fault("skew", crowd(), "distribution-skew - - -")];
    examine(skewed, "database_count = 3\nstores_per_database = 10\n");
}
