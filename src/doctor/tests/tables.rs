//! Every fixture gives what it says, and nothing else.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    super::*,
    fixture::{inventory, told},
};
use crate::domain::text::safe;

/// Every fixture of one rule: whether it is positive, its name and its contents.
fn fixtures(rule: Rule) -> Vec<(bool, String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/fixtures/doctor");
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(folder.join(rule.id())).expect("each rule has a folder") {
        let path = entry.unwrap().path();
        let name = format!("{}/{}", rule.id(), path.file_stem().unwrap().to_string_lossy());
        let fixture = serde_json::from_str(&fs::read_to_string(&path).unwrap()).expect(&name);
        let is_positive = name.contains("/positive-");
        assert!(is_positive || name.contains("/negative-"), "{name}");
        fixtures.push((is_positive, name, fixture));
    }
    fixtures
}

/// What must be equal to the fixture: what it does not name may be anything.
fn named_in(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(key, value)| found.get(key) == Some(value))
        }
        _ => expected == found,
    }
}

#[test]
fn every_fixture_gives_what_it_says_and_nothing_else() {
    let mut faults = Vec::new();
    for rule in Rule::ALL {
        let fixtures = fixtures(rule);
        for kind in [true, false] {
            assert!(fixtures.iter().any(|(it, ..)| *it == kind), "{} lacks a kind", rule.id());
        }
        for (is_positive, name, fixture) in fixtures {
            let inventory = inventory(&fixture);
            let examination = examine(&inventory);
            let found = told(&examination, &inventory.layout);
            let none = Value::Array(Vec::new());
            let expected = if fixture["expected"].is_null() { &none } else { &fixture["expected"] };
            let pairs = || expected.as_array().unwrap().iter().zip(found.as_array().unwrap());
            let is_same = expected.as_array().map(Vec::len) == found.as_array().map(Vec::len)
                && pairs().all(|(expected, found)| named_in(expected, found));
            let of_rule = examination.findings.iter().any(|finding| finding.rule == rule);
            if !is_same || of_rule != is_positive {
                faults.push(format!("{name}: {}", serde_json::to_string_pretty(&found).unwrap()));
            }
            let unread: Vec<_> = examination
                .incomplete
                .iter()
                .map(|(database, _)| inventory.layout.name_of(*database))
                .collect();
            let wanted: Vec<String> =
                serde_json::from_value(fixture["incomplete"].clone()).unwrap_or_default();
            assert_eq!(unread, wanted, "{name}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_told_can_be_shown_and_pasted_as_it_is() {
    for (_, name, fixture) in Rule::ALL.into_iter().flat_map(fixtures) {
        for finding in examine(&inventory(&fixture)).findings {
            let fix = finding.fix.as_ref().expect(&name);
            // Safe text is what is printed: it must not differ from what works.
            assert_eq!(safe(&fix.command).as_str(), fix.command, "{name}");
            assert!(fix.summary.ends_with('.'), "{name}: {}", fix.summary);
            assert!(fix.summary.starts_with(char::is_uppercase), "{name}: {}", fix.summary);
            assert!(!finding.message.ends_with('.'), "{name}: {}", finding.message);
            assert!(!finding.message.contains("  "), "{name}: {}", finding.message);
            assert!(!finding.evidence.is_empty(), "{name}");
            for key in finding.evidence.keys() {
                assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}: {key}");
            }
            if fix.repair.is_some() {
                let command = format!("tilldeck doctor --rule {} ", finding.rule.id());
                assert!(fix.command.starts_with(&command), "{name}: {}", fix.command);
                assert!(fix.command.ends_with("--fix"), "{name}: {}", fix.command);
            }
        }
    }
}

#[test]
fn a_healthy_fleet_gives_no_finding() {
    for fleet in [
        r#"{"fleet": {"1": 20, "2": 20, "3": 20, "4": 20, "5": 20}}"#,
        r#"{"registry": "polling", "fleet": {"1": 4}}"#,
        "{}",
    ] {
        let inventory = inventory(&serde_json::from_str(fleet).unwrap());
        let examination = examine(&inventory);
        assert_eq!(examination.findings, []);
        assert!(!examination.has_failed());
        assert_eq!(examination.checked.stores, inventory.registry.stores.len());
        assert_eq!(examination.checked.collections, 4 * inventory.registry.stores.len());
        assert_eq!(examination.checked.databases, 6);
    }
}
