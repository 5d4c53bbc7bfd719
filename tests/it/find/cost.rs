//! Counts, and what a query costs.

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use super::rig::{SHARD, found, shop};
use crate::query::rig::Rig;

fn orders() -> Vec<Document> {
    let text = |n: i32| if n % 2 == 0 { "Tea" } else { "tea" };
    (0..100).map(|n| doc! {"_id": n, "n": n, "k": n % 10, "text": text(n)}).collect()
}

#[track_caller]
fn count(rig: &Rig, arguments: &[&str]) -> Value {
    let report = found(rig, &[&["--count", "--json"], arguments].concat()).held_to("find-count");
    let home = (&report["database"], &report["collection"]);
    assert_eq!(home, (&json!(rig.name_of(SHARD)), &json!("one_orders")));
    report["count"].clone()
}

#[track_caller]
fn explain(rig: &Rig, arguments: &[&str]) -> Value {
    let arguments = [&["--explain", "--json"], arguments].concat();
    found(rig, &arguments).held_to("find-explain")
}

#[test]
fn what_matches_is_counted() {
    let rig = shop(orders());
    assert_eq!(count(&rig, &[]), 100);
    assert_eq!(count(&rig, &["--filter", "{k: 3}"]), 10);
    assert_eq!(count(&rig, &["--filter", "{n: {$gte: 5, $lt: 8}}"]), 3);
    assert_eq!(count(&rig, &["--filter", "{n: 'none'}"]), 0);
    assert_eq!(count(&rig, &["--filter", "{text: 'tea'}"]), 50);
    let both = ["--filter", "{text: 'tea'}", "--collation", "{locale: 'en', strength: 2}"];
    assert_eq!(count(&rig, &both), 100);
    assert_eq!(count(&rig, &["--filter", "db.orders.find({k: 3, n: {$gt: 50}})"]), 5);
    assert_eq!(found(&rig, &["--count", "--filter", "{k: 3}"]).stdout, "10\n");
}

#[test]
fn a_plan_says_what_is_read() {
    let rig = shop(orders());
    let indexes = [doc! {"key": {"k": 1}, "name": "by k"}];
    rig.tell(SHARD, doc! {"createIndexes": "one_orders", "indexes": indexes.to_vec()});
    let served = explain(&rig, &["--filter", "{k: 3}"]);
    let plan = &served["plan"];
    assert_eq!(plan["indexes"], json!(["by k"]), "{served:#}");
    assert_eq!((&plan["collection_scan"], &plan["sort_in_memory"]), (&json!(false), &json!(false)));
    assert_eq!((&plan["returned"], &plan["documents_examined"]), (&json!(10), &json!(10)));
    assert_eq!((&plan["keys_examined"], &served["warnings"]), (&json!(10), &json!([])));
    let scanned = explain(&rig, &["--filter", "{n: 3}", "--sort", "{text: 1}"]);
    let plan = &scanned["plan"];
    assert_eq!((&plan["collection_scan"], &plan["sort_in_memory"]), (&json!(true), &json!(true)));
    assert_eq!((&plan["returned"], &plan["documents_examined"]), (&json!(1), &json!(100)));
    assert!(!scanned["warnings"].as_array().unwrap().is_empty(), "{scanned:#}");
    let stages: Vec<&str> = plan["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(stages.contains(&"COLLSCAN") && stages.contains(&"SORT"), "{stages:?}");
    let text = found(&rig, &["--explain", "--filter", "{n: 3}"]).stdout;
    for word in ["COLLSCAN", "1 returned, 100 documents and 0 keys read"] {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
}
