//! What the server is told of who asks, and what a terminal is never told.

use std::collections::BTreeSet;

use mongodb::bson::{
    Binary, Bson, Document, JavaScriptCodeWithScope, Regex, doc, spec::BinarySubtype,
};

use super::rig::{Rig, heap, number, numbered, profile, profiled, store};
use crate::{doctor::fleet::assert_harmless, support::Output};

/// The command of an entry, or the one that opened its cursor.
fn opened_by(entry: &Document) -> &Document {
    entry.get_document("originatingCommand").or_else(|_| entry.get_document("command")).unwrap()
}

fn is_of_orders(entry: &Document) -> bool {
    entry.get_str("ns").is_ok_and(|ns| ns.ends_with("_orders"))
}

#[test]
fn every_command_says_who_asks_and_how_long_it_may_take() {
    let rig = Rig::with(numbered(23), "[query]\npage = 2\nmax_time = \"7s\"\n");
    profile(&rig);
    let forms = [
        &["orders", "--limit", "0"][..],
        &["orders", "--sort", "{n: 1}"],
        &["orders", "--count"],
        &["orders", "--count", "--filter", "{n: 1}"],
        &["orders", "--distinct", "n"],
        &["orders", "--aggregate", "[{$group: {_id: null, n: {$sum: 1}}}]"],
        &["orders", "--aggregate", "[{$match: {n: {$gt: 1}}}]"],
    ];
    let mut comments = BTreeSet::new();
    for form in forms {
        rig.whole(form);
        let told: Vec<Document> = (0..=3).flat_map(|place| profiled(&rig, place)).collect();
        let told: Vec<&Document> = told.iter().filter(|one| is_of_orders(one)).collect();
        let mut new = BTreeSet::new();
        for entry in told {
            let command = opened_by(entry);
            let comment = command.get_str("comment").unwrap_or_else(|_| panic!("{entry}"));
            let mark = comment.strip_prefix("tilldeck query ").unwrap_or_else(|| panic!("{entry}"));
            let is_hex = mark.chars().all(|char| matches!(char, '0'..='9' | 'a'..='f'));
            assert!(mark.len() == 8 && is_hex, "{entry}");
            let max_time = number(command.get("maxTimeMS").unwrap_or_else(|| panic!("{entry}")));
            assert!((1..=7000).contains(&max_time), "{entry}");
            if comments.insert(comment.to_owned()) {
                new.insert(comment.to_owned());
            }
        }
        // Each command has a mark of its own, by which it can be found and ended.
        assert_eq!(new.len(), rig.stores.len(), "{form:?}: {new:?}");
    }
    // Nothing but reading was asked for by this program anywhere.
    for entry in (0..=3).flat_map(|place| profiled(&rig, place)) {
        let op = entry.get_str("op").unwrap();
        assert!(matches!(op, "query" | "getmore" | "command"), "{entry}");
        assert_eq!(entry.get_str("appName").unwrap(), "tilldeck");
    }
}

#[test]
fn a_fleet_that_is_not_written_to_is_read_as_ever() {
    let rig = Rig::new(numbered(23));
    for form in [&["orders", "--sort", "{n: 1}"][..], &["orders", "--count"]] {
        let bold = rig.whole(form);
        let careful = rig.whole(&[form, &["--read-only"]].concat());
        assert_eq!(heap(&careful.documents()), heap(&bold.documents()));
        assert_eq!(careful.report["totals"], bold.report["totals"]);
    }
}

/// Texts that a terminal would obey, or that would show something else than is there.
const HOSTILE: &str =
    "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{2028}\r\u{8}\u{7f}y";

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let bytes = Binary { subtype: BinarySubtype::Generic, bytes: HOSTILE.into() };
    let pattern =
        Regex { pattern: "a\u{1b}[31m".try_into().unwrap(), options: "i".try_into().unwrap() };
    let code = JavaScriptCodeWithScope { code: HOSTILE.into(), scope: doc! {HOSTILE: HOSTILE} };
    let order = doc! {
        "_id": HOSTILE, "a": {"b": HOSTILE, HOSTILE: 1}, HOSTILE: [HOSTILE, {"c": HOSTILE}],
        "bytes": bytes, "pattern": Bson::RegularExpression(pattern),
        "symbol": Bson::Symbol(HOSTILE.into()), "code": Bson::JavaScriptCode(HOSTILE.into()),
        "scope": Bson::JavaScriptCodeWithScope(code),
    };
    let rig = Rig::new(vec![store("one", 1, vec![order.clone()]), store("two", 2, vec![])]);
    let evil = "e\u{1b}[2J\u{202e}";
    let records = [
        doc! {"storeId": HOSTILE, "name": HOSTILE, "prefix": evil, "databaseId": 1},
        doc! {"storeId": format!("{HOSTILE}2"), "name": HOSTILE, "prefix": "p", "databaseId": HOSTILE},
        doc! {"storeId": "S-bad", "name": HOSTILE, "prefix": format!("{HOSTILE}3"), "databaseId": 9},
    ];
    rig.insert(0, "stores", &records);
    rig.insert(1, &format!("{evil}_orders"), &[doc! {"_id": 7, "k": HOSTILE}]);
    let pipeline = "[{$group: {_id: '$a.b', n: {$sum: 1}, k: {$max: '$k'}}}]";
    for form in [
        &["orders"][..],
        &["orders", "--sort", "{_id: 1}"],
        &["orders", "--count"],
        &["orders", "--distinct", "a.b"],
        &["orders", "--aggregate", pipeline],
        &["orders", "--aggregate", pipeline, "--chart"],
        &["orders", "--filter", &format!("{{a: {{$nope: '{}'}}}}", HOSTILE.replace('\r', ""))],
        &["orders", "--plan"],
    ] {
        let output = rig.run(form);
        assert!(matches!(output.code, 0..=2), "{form:?}: {output:?}");
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{form:?}");
        assert_harmless(&output);
    }
    // In JSON it is all there, and escaped; a pipe gets what is in the documents.
    let output = rig.run(&["orders", "--json"]);
    let is_raw =
        |output: &Output| output.stdout.contains('\u{1b}') || output.stderr.contains('\u{1b}');
    assert!(!is_raw(&output), "{output:?}");
    let report = output.held_to("query");
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["document"]["_id"] == HOSTILE), "{report:#}");
    assert!(rows.iter().any(|row| row["store_id"] == HOSTILE), "{report:#}");
    let lines = rig.run(&["orders", "--format", "jsonl"]);
    assert!(!is_raw(&lines), "{lines:?}");
}
