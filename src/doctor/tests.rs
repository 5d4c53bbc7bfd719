use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::store::{Problem, Store};

mod anything;
mod fixture;
mod tables;

#[test]
fn every_rule_is_explained_in_whole_sentences() {
    for rule in Rule::ALL {
        let Explanation { title, meaning, cause, remedy } = explain(rule);
        assert!(!title.ends_with('.') && title.starts_with(char::is_lowercase), "{rule:?}");
        for text in [meaning, cause, remedy] {
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{rule:?}");
            assert!(!text.contains("  "), "{rule:?}: {text}");
        }
    }
}

fn of(fixture: &serde_json::Value) -> Inventory {
    fixture::inventory(fixture)
}

#[test]
fn the_survey_says_what_a_new_store_meets() {
    let index = |field: &str| json!({"key": {field: 1}, "name": field, "unique": true});
    let orders =
        |prefix: &str| json!({"name": format!("{prefix}_orders"), "indexes": [index("number")]});
    let records: serde_json::Value = (1..=3)
        .map(|n| {
            let name = format!("s{n}");
            json!({"_id": n, "storeId": name, "name": name, "prefix": name, "databaseId": 2})
        })
        .collect();
    let survey = survey(&of(&json!({
        "records": records,
        "registry_indexes": [index("storeId")],
        "databases": {
            "main": ["stores"], "1": "not authorised",
            "2": [orders("s1"), orders("s2"), orders("s3"), "s1_users", "s2_users"],
        },
    })));
    let usual: Vec<_> = survey.usual_indexes.iter().collect();
    let [(kind, specs)] = usual.as_slice() else { panic!("one type has a majority: {usual:?}") };
    assert_eq!((kind.as_str(), specs.len(), specs[0].name()), ("orders", 1, "number"));
    assert_eq!(survey.without_unique_index, Ok(vec!["prefix".into()]));
    let known: Vec<_> = survey.shards.iter().map(|(id, it)| (id.get(), it.is_ok())).collect();
    assert_eq!(known, [(1, false), (2, true), (3, true), (4, true), (5, true)]);
}

#[test]
fn what_fails_in_several_ways_with_the_same_words_is_told_once() {
    let down = "main_db does not answer";
    let examination = examine(&of(&json!({
        "databases": {"main": down, "3": "not authorised"}, "users": down,
        "registry_indexes": down,
    })));
    let told: Vec<_> = examination.incomplete.iter().map(|(database, _)| *database).collect();
    assert_eq!(told.len(), 2, "{:?}", examination.incomplete);
    assert!(told.is_sorted() && examination.has_failed());
    assert_eq!(examination.checked.databases, 4);
}

#[test]
fn a_record_that_is_no_bson_is_malformed() {
    let mut inventory = of(&json!({"fleet": {"2": 1}}));
    let mut registry = (*inventory.registry).clone();
    let unreadable = Store { problems: vec![Problem::Unreadable], ..(*registry.stores[0]).clone() };
    registry.stores[0] = Arc::new(unreadable);
    inventory.registry = Arc::new(registry);
    let findings = examine(&inventory).findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].rule, Rule::RecordMalformed);
    assert_eq!(findings[0].message, "store `s2n0`: the record is not valid BSON");
}

#[test]
fn findings_of_one_rule_and_place_are_told_apart() {
    let findings = examine(&of(&json!({
        "records": [{"_id": 1, "storeId": "a", "name": "a", "prefix": "a", "databaseId": 9}],
        "registry_indexes": [],
        "users": [{"store_id": 5, "count": 1}, {"store_id": 6, "count": 2}],
    })))
    .findings;
    assert_eq!(findings.len(), 5);
    for (index, finding) in findings.iter().enumerate() {
        let same: Vec<_> = findings
            .iter()
            .map(|other| finding.identity() == other.identity())
            .enumerate()
            .collect();
        assert!(same.iter().all(|(other, is_same)| *is_same == (*other == index)), "{same:?}");
    }
}
