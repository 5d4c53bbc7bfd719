//! What has changed since it was examined is not repaired.

use mongodb::bson::{Document, doc};
use tilldeck::domain::{failure::FailureKind, finding::Rule};

use super::rig::repaired_after;
use crate::doctor::fleet::{Place, Plant, record, unique_on};

/// An update of the record of store `x`.
fn update(change: Document) -> (Place, Document) {
    let update = doc! {"q": {"storeId": "S-x"}, "u": change};
    (0, doc! {"update": "stores", "updates": [update]})
}

fn deleted() -> (Place, Document) {
    (0, doc! {"delete": "stores", "deletes": [{"q": {"storeId": "S-x"}, "limit": 1}]})
}

#[track_caller]
fn assert_changed(plant: Plant, rule: Rule, between: (Place, Document)) {
    let what = format!("{} after {between:?}", rule.id());
    let (fleet, outcome, [before, after]) = repaired_after(plant, rule, vec![between]);
    let failure = outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Changed, "{what}: {failure:?}");
    assert_eq!(before, after, "{what}");
    drop(fleet);
}

#[track_caller]
fn assert_nothing_left(plant: Plant, rule: Rule, between: Vec<(Place, Document)>) {
    let (_fleet, outcome, [before, after]) = repaired_after(plant, rule, between);
    outcome.unwrap();
    assert_eq!(before, after);
}

/// A store whose collections are missing.
fn bare() -> Plant {
    Plant::healthy().record(record("x", 2))
}

fn typed() -> Plant {
    Plant::healthy().record(record("x", "2")).furnished(2, "x")
}

fn unrouted() -> Plant {
    let mut unrouted = record("x", 2);
    unrouted.remove("databaseId");
    Plant::healthy().record(unrouted).furnished(2, "x")
}

/// Three stores with an index on their orders, and one without it.
fn drifted() -> Plant {
    Plant::healthy()
        .index(1, "one_orders", "number")
        .index(2, "two_orders", "number")
        .index(3, "three_orders", "number")
        .store("x", 2)
}

#[test]
fn missing_collections_of_a_record_that_has_changed() {
    let rule = Rule::CollectionsMissing;
    assert_changed(bare(), rule, update(doc! {"$set": {"databaseId": 3}}));
    assert_changed(bare(), rule, update(doc! {"$set": {"prefix": "other"}}));
    assert_changed(bare(), rule, deleted());
    let made =
        ["products", "orders", "categories"].map(|kind| (2, doc! {"create": format!("x_{kind}")}));
    assert_nothing_left(bare(), rule, made.into());
}

#[test]
fn a_number_that_has_changed() {
    let rule = Rule::DatabaseIdType;
    assert_changed(typed(), rule, update(doc! {"$set": {"databaseId": "3"}}));
    assert_changed(typed(), rule, update(doc! {"$set": {"databaseId": 2.0}}));
    assert_changed(typed(), rule, update(doc! {"$unset": {"databaseId": ""}}));
    assert_changed(typed(), rule, deleted());
    let set = update(doc! {"$set": {"databaseId": 2}});
    assert_nothing_left(typed(), rule, vec![set]);
}

#[test]
fn a_missing_number_after_the_store_has_moved() {
    let rule = Rule::DatabaseIdMissing;
    assert_changed(unrouted(), rule, update(doc! {"$set": {"databaseId": 3}}));
    assert_changed(unrouted(), rule, update(doc! {"$set": {"prefix": "other"}}));
    assert_changed(unrouted(), rule, deleted());
    assert_changed(unrouted(), rule, (3, doc! {"create": "x_orders"}));
    assert_changed(unrouted(), rule, (0, doc! {"create": "x_orders"}));
    let set = update(doc! {"$set": {"databaseId": 2}});
    assert_nothing_left(unrouted(), rule, vec![set]);
}

#[test]
fn indexes_that_have_changed() {
    let rule = Rule::IndexDrift;
    let index = |index: Document| (2, doc! {"createIndexes": "x_orders", "indexes": [index]});
    assert_changed(drifted(), rule, index(doc! {"key": {"at": 1}, "name": "at_1"}));
    assert_changed(drifted(), rule, index(unique_on("number")));
    assert_nothing_left(drifted(), rule, vec![index(doc! {"key": {"number": 1}, "name": "n"})]);
}

#[test]
fn a_collection_that_was_dropped_is_not_made_by_its_index() {
    assert_changed(drifted(), Rule::IndexDrift, (2, doc! {"drop": "x_orders"}));
}

#[test]
fn a_unique_index_over_duplicates_that_came_in_between() {
    let open = || Plant::healthy().unique_on(&["prefix"]);
    let second = doc! {"storeId": "S-one", "name": "Second", "prefix": "x", "databaseId": 1};
    let inserted = (0, doc! {"insert": "stores", "documents": [second]});
    let rule = Rule::UniqueIndexMissing;
    let (_fleet, outcome, [before, after]) = repaired_after(open(), rule, vec![inserted]);
    let failure = outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Duplicate, "{failure:?}");
    assert!(failure.message.as_str().contains("`S-one` (2 records)"), "{failure:?}");
    assert_eq!(before, after);
    let made = (0, doc! {"createIndexes": "stores", "indexes": [unique_on("storeId")]});
    assert_nothing_left(open(), rule, vec![made]);
}
