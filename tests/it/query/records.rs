//! Records that lead nowhere, and such that lead to the same.

use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};

use super::rig::{Answer, Rig, json, number, numbered, store};
use crate::doctor::fleet::{record, tombstone};

fn with(rig: &Rig, records: &[Document]) {
    rig.insert(0, "stores", records);
}

fn changed(prefix: &str, field: &str, value: Option<Bson>) -> Document {
    let mut changed = record(prefix, 1);
    match value {
        Some(value) => drop(changed.insert(field, value)),
        None => drop(changed.remove(field)),
    }
    changed
}

/// The storeIds and kinds of what failed.
fn failed(answer: &Answer) -> Vec<(String, String)> {
    answer.failures().into_iter().map(|(id, _, kind)| (id, kind)).collect()
}

#[test]
fn a_record_that_leads_nowhere_is_a_store_that_was_not_read() {
    let rig = Rig::new(numbered(23));
    with(
        &rig,
        &[
            changed("bare", "prefix", None),
            changed("blank", "prefix", Some("".into())),
            changed("list", "prefix", Some(Bson::Array(vec!["one".into()]))),
            changed("far", "databaseId", Some(9.into())),
            changed("none", "databaseId", Some(0.into())),
            changed("odd", "databaseId", Some("abc".into())),
            changed("half", "databaseId", Some(1.5.into())),
        ],
    );
    let right = ["bare", "blank", "far", "half", "list", "none", "odd"]
        .map(|prefix| (format!("S-{prefix}"), "not_found".to_owned()));
    for form in
        [&["orders", "--limit", "0"][..], &["orders", "--count"], &["orders", "--distinct", "n"]]
    {
        let answer = rig.query(form);
        assert_eq!(failed(&answer), right, "{form:?}");
        assert_eq!((answer.code, &answer.report["complete"]), (1, &false.into()), "{answer:#?}");
        assert!(!answer.rows().is_empty(), "{answer:#?}");
    }
    let answer = rig.query(&["orders", "--limit", "0"]);
    rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 2, 3]));
    let text = rig.run(&["orders"]);
    let said = format!("{}{}", text.stdout, text.stderr);
    for (id, _) in &right {
        assert!(said.contains(id.as_str()), "{id} is not in: {said}");
    }
    // Who chooses sound stores is not told about others.
    assert_eq!(rig.whole(&["orders", "--stores", "S-two", "--limit", "0"]).rows().len(), 4);
}

#[test]
fn a_record_without_a_store_id_is_not_forgotten() {
    let rig = Rig::new(numbered(5));
    with(&rig, &[changed("nameless", "storeId", None)]);
    rig.insert(1, "nameless_orders", &[doc! {"_id": "its", "n": 99}]);
    let answer = rig.query(&["orders"]);
    let has_row =
        answer.documents().iter().any(|one| one.get_str("_id").is_ok_and(|id| id == "its"));
    let is_failed = answer.report["failed"].as_array().unwrap().len() == 1;
    assert!(has_row != is_failed, "{answer:#?}");
    assert_eq!(answer.report["complete"], !is_failed, "{answer:#?}");
}

#[test]
fn documents_of_a_prefix_that_two_records_have_count_once() {
    let rig = Rig::new(numbered(23));
    let mut twin = record("twin", 1);
    twin.insert("prefix", "one");
    with(&rig, &[twin]);
    let n_orders = i64::try_from(rig.n_orders()).unwrap();
    let counted = rig.query(&["orders", "--count"]);
    let counts: i64 = counted.documents().iter().map(|one| number(one.get("count").unwrap())).sum();
    assert_eq!(counts, n_orders, "{counted:#?}");
    assert_eq!(counted.report["totals"]["fleet"]["count"], n_orders, "{counted:#?}");
    let found = rig.query(&["orders", "--limit", "0", "--sort", "{n: 1}"]);
    let order: Vec<i32> = found.documents().iter().map(|one| one.get_i32("n").unwrap()).collect();
    assert_eq!(order, (0..23).collect::<Vec<_>>(), "{found:#?}");
    let grouped = rig.query(&[
        "orders",
        "--aggregate",
        "[{$group: {_id: null, n: {$sum: 1}, sum: {$sum: '$n'}}}]",
    ]);
    let totals = &grouped.report["totals"]["fleet"]["groups"];
    let right = json(&Bson::Array(vec![doc! {"_id": Bson::Null, "n": 23, "sum": 253}.into()]));
    assert_eq!(totals, &right, "{grouped:#?}");
    // The second record is not passed over in silence: somebody asks where its orders are.
    let told = format!("{}{}", counted.report, counted.stderr);
    assert!(told.contains("S-one") && told.contains("S-twin"), "{counted:#?}");
}

#[test]
fn one_prefix_in_two_databases_is_two_stores() {
    let rig = Rig::new(numbered(23));
    let mut other = record("other", 3);
    other.insert("prefix", "one");
    with(&rig, &[other]);
    rig.insert(3, "one_orders", &[doc! {"_id": 500, "n": 500}, doc! {"_id": 0, "n": 501}]);
    let counted = rig.query(&["orders", "--count"]);
    assert_eq!(counted.report["totals"]["fleet"]["count"], 25, "{counted:#?}");
    let of_other = counted.rows().into_iter().find(|(id, ..)| id == "S-other").unwrap();
    assert_eq!((of_other.1, number(of_other.2.get("count").unwrap())), (rig.name_of(3), 2));
}

#[test]
fn records_whose_database_id_is_a_text_or_another_number_are_read() {
    let rig = Rig::new(numbered(5));
    let with_id = |prefix: &str, id: Bson| changed(prefix, "databaseId", Some(id));
    with(
        &rig,
        &[
            with_id("text", "2".into()),
            with_id("long", 2_i64.into()),
            with_id("double", 2.0.into()),
        ],
    );
    for prefix in ["text", "long", "double"] {
        rig.insert(2, &format!("{prefix}_orders"), &[doc! {"_id": prefix, "n": 1}]);
    }
    let answer = rig.query(&["orders", "--limit", "0"]);
    for prefix in ["text", "long", "double"] {
        let id = format!("S-{prefix}");
        let is_row = |(of, database, one): &(String, String, Document)| {
            *of == id
                && *database == rig.name_of(2)
                && one.get_str("_id").is_ok_and(|id| id == prefix)
        };
        let has_row = answer.rows().iter().any(is_row);
        let is_failed = answer.failures().iter().any(|(of, ..)| *of == id);
        assert!(has_row != is_failed, "{prefix}: {answer:#?}");
    }
}

#[test]
fn a_fleet_without_stores_has_nobody_to_ask() {
    let rig = Rig::new(vec![]);
    let output = rig.run(&["orders", "--count", "--json"]);
    assert_eq!(output.code, 2, "{output:?}");
    let report = output.held_to("error");
    assert!(report["error"]["message"].as_str().unwrap().contains("no store"), "{report:#}");
}

#[test]
fn a_store_that_was_moved_away_is_not_counted_as_empty() {
    let rig = Rig::new(numbered(23));
    // What the backend leaves behind, with a record that was not changed yet.
    rig.tell(2, doc! {"drop": "two_orders"});
    rig.tell(2, tombstone("two_orders"));
    for form in [
        &["orders", "--limit", "0"][..],
        &["orders", "--sort", "{n: 1}"],
        &["orders", "--count"],
        &["orders", "--count", "--filter", "{n: 1}"],
        &["orders", "--distinct", "n"],
        &["orders", "--aggregate", "[{$group: {_id: null, n: {$sum: 1}}}]"],
    ] {
        let answer = rig.query(form);
        let failed: Vec<String> = answer.failures().into_iter().map(|(id, ..)| id).collect();
        assert_eq!(failed, ["S-two"], "{form:?}: {answer:#?}");
        assert_eq!((answer.code, &answer.report["complete"]), (1, &false.into()), "{form:?}");
        assert!(answer.rows().iter().all(|(id, ..)| id != "S-two"), "{form:?}: {answer:#?}");
    }
}

/// A document whose field `kind` is a text of these bytes, valid or not.
fn with_bytes(id: i32, kind: &[u8]) -> RawDocumentBuf {
    let placeholder = "x".repeat(kind.len());
    let document = doc! {"_id": id, "kind": &placeholder, "n": id};
    let mut bytes = RawDocumentBuf::try_from(&document).unwrap().into_bytes();
    let at = bytes.windows(kind.len()).position(|part| part == placeholder.as_bytes()).unwrap();
    bytes[at..at + kind.len()].copy_from_slice(kind);
    RawDocumentBuf::from_bytes(bytes).unwrap()
}

#[test]
fn a_text_that_is_no_utf_8_takes_no_row_away() {
    let rig = Rig::new(vec![store("one", 1, vec![]), store("two", 2, vec![])]);
    let broken = with_bytes(1, b"ab\xff\xfecd");
    let sound = with_bytes(2, b"tea");
    for (place, prefix, documents) in [(1, "one", vec![&broken, &sound]), (2, "two", vec![&sound])]
    {
        let name = rig.name_of(place);
        rig.at(place, async |client| {
            let orders =
                client.database(&name).collection::<RawDocumentBuf>(&format!("{prefix}_orders"));
            orders.insert_many(documents).await.unwrap();
        });
    }
    for (form, n_rows) in [
        (&["orders"][..], 3),
        (&["orders", "--sort", "{n: 1}"], 3),
        (&["orders", "--sort", "{kind: 1}"], 3),
        (&["orders", "--distinct", "kind"], 3),
        (&["orders", "--aggregate", "[{$group: {_id: '$kind', n: {$sum: 1}}}]"], 3),
        (&["orders", "--aggregate", "[{$match: {n: 1}}]"], 1),
    ] {
        let answer = rig.whole(form);
        assert_eq!(answer.rows().len(), n_rows, "{form:?}: {answer:#?}");
        let text = answer.report["rows"].to_string();
        assert!(text.contains("ab\u{fffd}"), "{form:?}: {text}");
        if matches!(form, [_, "--distinct", _]) {
            assert!(answer.report["totals"].is_null(), "{answer:#?}");
            assert!(answer.report["totals_refused"].as_str().unwrap().contains("UTF-8"));
        }
        let is_whole = |row: &Document| row.contains_key("kind") && row.contains_key("n");
        if !matches!(form, [_, "--distinct" | "--aggregate", _]) {
            assert!(answer.documents().iter().all(is_whole), "{form:?}: {answer:#?}");
        }
    }
}
