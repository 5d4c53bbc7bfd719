//! What the command takes, and what it prints.

use tilldeck::domain::finding::Rule;

use super::fleet::{Fleet, Plant, assert_harmless, record};
use crate::support::{Home, Output};

fn kind(output: &Output) -> (i32, String) {
    let kind = output.json()["error"]["kind"].as_str().unwrap_or_default().to_owned();
    (output.code, kind)
}

#[test]
fn findings_are_chosen_by_rule_and_by_store() {
    let fleet = Fleet::new(
        Plant::healthy()
            .record(record("x", "2"))
            .furnished(2, "x")
            .record(record("y", 2))
            .furnished(1, "ghost"),
    );
    let lines = |more: &[&str]| fleet.lines(&fleet.doctor(more).1);
    let (missing, kind) = ("collections-missing S-y y 2", "database-id-type S-x x 2");
    let orphans = "orphan-collections - ghost 1";
    assert_eq!(lines(&[]), [missing, kind, orphans]);
    assert_eq!(lines(&["--rule", "database-id-type"]), [kind]);
    let two = ["--rule", "orphan-collections", "--rule", "collections-missing"];
    assert_eq!(lines(&two), [missing, orphans]);
    assert_eq!(lines(&["--store", "S-x"]), [kind]);
    assert_eq!(lines(&["--store", "y"]), [missing]);
    assert_eq!(lines(&["--store", "ghost"]), [orphans]);
    assert_eq!(lines(&["--store", "S-x", "--rule", "orphan-collections"]), [""; 0]);
    // A warning alone is no failure, and an error is one.
    assert_eq!(fleet.doctor(&["--store", "S-x"]).0, 0);
    assert_eq!(fleet.doctor(&["--store", "S-y"]).0, 1);
}

#[test]
fn an_examination_and_a_plan_write_nothing() {
    let fleet = Fleet::new(Plant::healthy().record(record("x", "2")).unique_on(&[]));
    let before = fleet.state();
    let plan = fleet.run(&["doctor", "--fix", "--plan"]);
    for line in ["set databaseId of store S-x to 2 (int)", "make a unique index on storeId"] {
        assert!(plan.stdout.contains(line), "{plan:?}");
    }
    let (code, report) = fleet.doctor(&["--fix", "--plan", "--read-only"]);
    assert_eq!((code, &report["repairs"]), (1, &serde_json::json!([])), "{report:#}");
    assert_eq!(fleet.state(), before);
}

#[test]
fn a_rule_that_does_not_exist_is_refused_with_the_nearest() {
    let fleet = Fleet::new(Plant::empty());
    for flag in ["--rule", "--explain"] {
        let output = fleet.run(&["doctor", "--json", flag, "store-splitt"]);
        assert_eq!(kind(&output), (2, "usage".into()), "{output:?}");
        assert!(output.stdout.contains("Did you mean `store-split`?"), "{output:?}");
    }
}

#[test]
fn every_rule_is_explained_without_a_database() {
    let home = Home::new();
    let explain = |rule: &str| home.run(["doctor", "--explain", rule]);
    for rule in Rule::ALL {
        let output = explain(rule.id());
        assert_eq!(output.code, 0, "{output:?}");
        for part in [rule.id(), rule.severity().name(), "What it means", "What to do"] {
            assert!(output.stdout.contains(part), "{output:?}");
        }
    }
}

#[test]
fn hostile_names_do_nothing_to_a_terminal() {
    let hostile = "\u{1b}[2J\u{202e}\u{200b}\u{7}x";
    let mut named = record("x", "2");
    named.insert("name", hostile);
    named.insert("storeId", hostile);
    let fleet = Fleet::new(
        Plant::healthy()
            .record(named)
            .furnished(2, "x")
            .furnished(2, "gh\u{202e}ost")
            .collection(1, "st\u{1b}[31mray"),
    );
    let output = fleet.run(&["doctor"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_harmless(&output);
    assert_harmless(&fleet.run(&["doctor", "--fix", "--plan"]));
    assert_harmless(&fleet.run(&["doctor", "--store", hostile]));
    let (_, report) = fleet.doctor(&["--store", hostile]);
    let lines = fleet.lines(&report);
    assert_eq!(lines.len(), 2, "{lines:?}");
}
