//! What the server is told of who looks into a collection.

use mongodb::bson::{Document, doc};

use super::rig::{SHARD, shop_on};
use crate::{
    query::rig::{number, profile, profiled},
    support::{Output, start},
};
use tilldeck::demo::server::ServerOptions;

/// The command of an entry, or the one that opened its cursor; of an explanation, itself.
fn opened_by(entry: &Document) -> &Document {
    entry.get_document("originatingCommand").or_else(|_| entry.get_document("command")).unwrap()
}

#[test]
fn every_command_says_who_asks_and_how_long_it_may_take() {
    let server = start(ServerOptions::default());
    let orders = (0..30).map(|n| doc! {"_id": n, "n": n % 3, "k": n}).collect();
    let rig = shop_on(&server.uri(), orders);
    let index = doc! {"key": {"n": 1}, "name": "n"};
    rig.tell(SHARD, doc! {"createIndexes": "one_orders", "indexes": [index]});
    profile(&rig);
    let find = |more: &[&str]| {
        let output = rig.home.run([&["find", "S-one", "orders"], more].concat());
        assert_eq!(output.code, 0, "{more:?}: {output:?}");
        output
    };
    let mut forms: Vec<Vec<String>> = Vec::new();
    for form in [
        &[][..],
        &["--json", "--limit", "7", "--sort", "{n: 1}"],
        &["--json", "--limit", "7", "--sort", "{k: -1}", "--filter", "{n: 1}"],
        &["--all"],
        &["--all", "--sort", "{k: 1}", "--format", "csv"],
        &["--format", "jsonl", "--limit", "3"],
        &["--count"],
        &["--count", "--filter", "{n: 1}"],
        &["--explain", "--filter", "{n: 1}"],
    ] {
        let output = find(form);
        forms.push(form.iter().map(ToString::to_string).collect());
        // The pages after it, of both kinds of order.
        let next = |output: &Output| output.json()["next"].as_str().map(ToOwned::to_owned);
        let mut after = form.contains(&"--json").then(|| next(&output)).flatten();
        while let Some(mark) = after {
            after = next(&find(&[form, &["--after", &mark]].concat()));
        }
    }
    for command in ["inspect", "schema"] {
        let output = rig.home.run([command, "S-one", "orders"]);
        assert_eq!(output.code, 0, "{output:?}");
    }
    let told = profiled(&rig, SHARD);
    for entry in &told {
        let command = opened_by(entry);
        assert_eq!(entry.get_str("appName").unwrap(), "tilldeck");
        let op = entry.get_str("op").unwrap();
        assert!(matches!(op, "query" | "getmore" | "command"), "{entry}");
        if ["hello", "ping", "endSessions"].iter().any(|one| command.contains_key(one)) {
            continue;
        }
        let comment = command.get_str("comment").unwrap_or_else(|_| panic!("{entry}"));
        assert!(comment.starts_with("tilldeck "), "{entry}");
        let max_time = command.get("maxTimeMS").unwrap_or_else(|| panic!("{entry}"));
        assert!(number(max_time) > 0, "{entry}");
        assert!(!command.contains_key("skip"), "{entry}");
        assert!(!command.to_string().contains("$skip"), "{entry}");
    }
    // All of it was written down.
    for verb in ["find", "export", "count", "explain", "sample", "inspect"] {
        let comment = format!("tilldeck {verb}");
        let is_there = |entry: &Document| {
            opened_by(entry).get_str("comment").is_ok_and(|text| text.starts_with(&comment))
        };
        assert!(told.iter().any(is_there), "no {verb}");
    }
    assert!(told.len() > forms.len() * 2, "{}", told.len());
}
