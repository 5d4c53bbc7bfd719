//! What `schema` learns from documents.

use mongodb::bson::{Bson, DateTime, doc, oid::ObjectId};
use serde_json::{Value, json};

use super::rig::{SHARD, shop};
use crate::{doctor::fleet::assert_harmless, query::rig::Rig};

/// What `schema` says of the orders; held to its schema.
#[track_caller]
fn schema(rig: &Rig, more: &[&str]) -> Value {
    let output = rig.home.run([&["schema", "S-one", "orders", "--json"], more].concat());
    assert_eq!(output.code, 0, "{output:?}");
    output.held_to("schema")
}

#[track_caller]
fn field<'a>(report: &'a Value, path: &str) -> &'a Value {
    let fields = report["fields"].as_array().unwrap();
    fields.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("no {path}: {report:#}"))
}

/// The types of a field, each with how often.
fn types(field: &Value) -> Vec<(&str, u64)> {
    let types = field["types"].as_array().unwrap();
    types
        .iter()
        .map(|one| (one["type"].as_str().unwrap(), one["values"].as_u64().unwrap()))
        .collect()
}

#[test]
fn types_presence_and_values_of_a_mixed_collection() {
    let rig = shop(vec![
        doc! {"_id": 1, "total": 5, "by": {"name": "Ada"}, "lines": [{"sku": "a", "n": 1}, {"sku": 2}]},
        doc! {"_id": 2, "total": 2.5, "by": {"name": "Bob"}, "lines": []},
        doc! {"_id": 3, "total": "much", "by": "nobody", "at": DateTime::from_millis(0)},
        doc! {"_id": ObjectId::new(), "total": 7, "gone": Bson::Null},
    ]);
    let report = schema(&rig, &[]);
    assert_eq!((&report["documents"], &report["cut"]), (&json!(4), &json!(false)));
    assert_eq!(report["collection"], "one_orders");
    assert_eq!(report["database"], rig.name_of(SHARD));
    let total = field(&report, "total");
    assert_eq!((&total["documents"], &total["presence"]), (&json!(4), &json!(1.0)));
    let mut found = types(total);
    found.sort_unstable();
    assert_eq!(found, [("double", 1), ("int", 2), ("string", 1)]);
    assert_eq!(types(total)[0], ("int", 2), "the most frequent one first");
    let by = field(&report, "by");
    assert_eq!((&by["documents"], &by["presence"]), (&json!(3), &json!(0.75)));
    assert_eq!(types(by), [("object", 2), ("string", 1)]);
    assert_eq!(field(&report, "by.name")["documents"], 2);
    assert_eq!(types(field(&report, "lines")), [("array", 2)]);
    let sku = field(&report, "lines.sku");
    assert_eq!(sku["documents"], 1, "one document has it, twice");
    let mut found = types(sku);
    found.sort_unstable();
    assert_eq!(found, [("int", 1), ("string", 1)]);
    assert_eq!(types(field(&report, "gone")), [("null", 1)]);
    assert_eq!(types(field(&report, "at")), [("date", 1)]);
    let mut ids = types(field(&report, "_id"));
    ids.sort_unstable();
    assert_eq!(ids, [("int", 3), ("objectId", 1)]);
    let values = field(&report, "by.name")["values"].to_string();
    assert!(values.contains("Ada") && values.contains("Bob"), "{values}");
    let text = rig.home.run(["schema", "S-one", "orders"]);
    for word in ["by.name", "75 %", "100 %", "objectId", "4 documents"] {
        assert!(text.stdout.contains(word), "`{word}` is not in {}", text.stdout);
    }
}

#[test]
fn a_sample_is_as_large_as_it_is_asked_for() {
    let rig = shop((0..300).map(|n| doc! {"_id": n, "n": n}).collect());
    for n in [1, 17, 250] {
        let report = schema(&rig, &["--sample", &n.to_string()]);
        assert_eq!(report["documents"], n);
        assert_eq!(field(&report, "n")["presence"], 1.0);
    }
    // More than there are is all of them.
    assert_eq!(schema(&rig, &["--sample", "10000"])["documents"], 300);
    for wrong in ["0", "10001", "-1", "few"] {
        let output = rig.home.run(["schema", "S-one", "orders", "--sample", wrong, "--json"]);
        assert_eq!((output.code, &output.held_to("error")["error"]["kind"]), (2, &json!("usage")));
    }
}

#[test]
fn an_empty_collection_and_a_view_have_one_too() {
    let rig = shop(vec![]);
    let report = schema(&rig, &[]);
    assert_eq!((&report["documents"], &report["fields"]), (&json!(0), &json!([])));
    rig.tell(SHARD, doc! {"drop": "one_orders"});
    rig.insert(SHARD, "one_products", &[doc! {"_id": 1, "a": 1, "b": 2}]);
    let pipeline = [doc! {"$project": {"a": 1}}];
    rig.tell(
        SHARD,
        doc! {"create": "one_orders", "viewOn": "one_products", "pipeline": pipeline.to_vec()},
    );
    let report = schema(&rig, &[]);
    let fields = report["fields"].as_array().unwrap();
    let paths: Vec<&Value> = fields.iter().map(|field| &field["path"]).collect();
    assert_eq!(paths, ["_id", "a"]);
}

#[test]
fn keys_that_are_data_are_cut_and_nothing_hostile_is_shown() {
    let wide = (0..2_500).map(|n| (format!("k{n}"), Bson::Int32(n))).collect();
    let evil = "x\u{1b}[2J\u{202e}\u{200b}";
    let rig = shop(vec![wide, doc! {evil: evil}]);
    let report = schema(&rig, &[]);
    assert_eq!(report["cut"], true);
    assert!(report["fields"].as_array().unwrap().len() >= 2_000);
    let text = rig.home.run(["schema", "S-one", "orders"]);
    assert_eq!(text.code, 0, "{text:?}");
    assert_harmless(&text);
}
