//! What could write or run code is refused before anything is sent, and so is what cannot be
//! read.

use std::{io::ErrorKind, net::TcpListener};

use serde_json::Value;

use crate::support::{Home, Output};

/// A home whose main database is a port on which nobody answers, and where every attempt to
/// connect is seen.
struct Watched {
    home: Home,
    listener: TcpListener,
}

impl Watched {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let home = Home::new();
        let address = listener.local_addr().unwrap();
        home.configure(&format!(
            "uri = \"mongodb://{address}/main?directConnection=true\"\n\
             [queries.writes]\ntype = \"orders\"\naggregate = \"[{{$out: 'x'}}]\"\n\
             [queries.sound]\ntype = \"orders\"\nfilter = \"{{a: 1}}\"\n"
        ));
        Self { home, listener }
    }

    /// The program ends with a complaint about its arguments, with and without `--json`, and
    /// has not so much as connected.
    #[track_caller]
    fn refuse(&self, arguments: &[&str]) -> (Value, Output) {
        let output = self.home.run([&["query"], arguments, &["--json"]].concat());
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
        let report = output.held_to("error");
        assert_eq!(report["error"]["kind"], "usage", "{arguments:?}: {report:#}");
        let text = self.home.run([&["query"], arguments].concat());
        assert_eq!((text.code, text.stdout.as_str()), (2, ""), "{arguments:?}: {text:?}");
        assert!(!text.stderr.is_empty(), "{arguments:?}");
        let connected = self.listener.accept().map_err(|error| error.kind());
        assert_eq!(connected.unwrap_err(), ErrorKind::WouldBlock, "{arguments:?}");
        (report, text)
    }
}

#[test]
fn nothing_that_writes_or_runs_code_is_sent() {
    let watched = Watched::new();
    for (pipeline, stage) in [
        ("[{$out: 'x'}]", "$out"),
        ("[{$match: {}}, {$merge: {into: 'x'}}]", "$merge"),
        ("[{$merge: 'x'}]", "$merge"),
        ("[{$facet: {a: [{$out: 'x'}]}}]", "$out"),
        ("[{$lookup: {from: 'x', as: 'y', pipeline: [{$merge: {into: 'z'}}]}}]", "$merge"),
        ("[{$unionWith: {coll: 'x', pipeline: [{$out: 'z'}]}}]", "$out"),
        (
            "[{$lookup: {from: 'a', as: 'b', pipeline: [{$facet: {c: [{$unionWith: \
             {coll: 'd', pipeline: [{$merge: 'e'}]}}]}}]}}]",
            "$merge",
        ),
        ("[{$match: {$where: 'true'}}]", "$where"),
        ("[{$match: {$or: [{a: 1}, {$and: [{$where: 'true'}]}]}}]", "$where"),
        ("[{$project: {x: {$function: {body: 'f', args: [], lang: 'js'}}}}]", "$function"),
        (
            "[{$match: {$expr: {$eq: [1, {$function: {body: 'f', args: [], lang: 'js'}}]}}}]",
            "$function",
        ),
        (
            "[{$group: {_id: null, x: {$accumulator: {init: 'f', accumulate: 'g', \
             accumulateArgs: [], merge: 'h', lang: 'js'}}}}]",
            "$accumulator",
        ),
        (r#"[{"\u0024out": "x"}]"#, "$out"),
        (r#"["$out", {"$out": "x"}]"#, ""),
    ] {
        let (report, text) = watched.refuse(&["orders", "--aggregate", pipeline]);
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains(stage), "{pipeline}: {message}");
        assert!(text.stderr.contains(stage), "{pipeline}: {}", text.stderr);
    }
    for filter in [
        "{$where: 'this.a == 1'}",
        "{$or: [{a: 1}, {$nor: [{$where: function() { return true }}]}]}",
        "{$expr: {$function: {body: 'f', args: [], lang: 'js'}}}",
        "{a: {$elemMatch: {$where: 'true'}}}",
    ] {
        for mode in [&[][..], &["--count"], &["--distinct", "a"]] {
            watched.refuse(&[&["orders", "--filter", filter], mode].concat());
        }
    }
    let projection = "{x: {$function: {body: 'f', args: [], lang: 'js'}}}";
    let (report, _) = watched.refuse(&["orders", "--project", projection]);
    assert!(report["error"]["message"].as_str().unwrap().contains("$function"), "{report:#}");
    watched.refuse(&["--saved", "writes"]);
}

#[test]
fn a_mistake_is_pointed_at() {
    let watched = Watched::new();
    // The place is counted in characters, not in bytes.
    for (option, part, text, wrong) in [
        ("--filter", "filter", "{a: 1", ""),
        ("--filter", "filter", "{a 1}", "1}"),
        ("--filter", "filter", "{'äöü': , b: 1}", ", b: 1}"),
        ("--sort", "sort", "{a: 1}}", "}"),
        ("--project", "projection", "{a: nope}", "nope}"),
        ("--aggregate", "pipeline", "[{$match: {}}", ""),
        ("--aggregate", "pipeline", "[{$match: {} }, {$limit 1}]", "1}]"),
        ("--collation", "collation", "{locale: 'en', }x", "x"),
    ] {
        let (report, shown) = watched.refuse(&["orders", option, text]);
        let message = report["error"]["message"].as_str().unwrap();
        let before = text.strip_suffix(wrong).unwrap();
        let at = format!("character {}:", before.chars().count() + 1);
        assert!(message.contains(&at), "{text}: {message}");
        assert!(message.contains(&format!("the {part} ")), "{text}: {message}");
        let hint = report["error"]["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("{before} ▶ {wrong}")), "{text}: {hint}");
        assert!(shown.stderr.contains(&at) && shown.stderr.contains("▶"), "{shown:?}");
    }
}

#[test]
fn arguments_that_say_nothing_together_are_refused() {
    let watched = Watched::new();
    for arguments in [
        &[][..],
        &["orders", "--count", "--distinct", "a"],
        &["orders", "--count", "--aggregate", "[]"],
        &["orders", "--aggregate", "[]", "--sort", "{a: 1}"],
        &["orders", "--aggregate", "7"],
        &["orders", "--aggregate", "[1]"],
        &["orders", "--filter", "[]"],
        &["orders", "--sort", "{a: 'up'}"],
        &["orders", "--sort", "{$natural: 1}"],
        &["orders", "--sort", "{score: {$meta: 'textScore'}}"],
        &["orders", "--count", "--sort", "{a: 1}"],
        &["orders", "--distinct", "$a"],
        &["orders", "--distinct", ""],
        &["orders", "--limit", "-1"],
        &["orders", "--limit", "many"],
        &["orders", "--overwrite"],
        &["orders", "--format", "xml"],
        &["no_such_type"],
    ] {
        watched.refuse(arguments);
    }
    let (report, _) = watched.refuse(&["order"]);
    assert!(report.to_string().contains("orders"), "{report:#}");
}

#[test]
fn a_saved_query_of_another_name_is_guessed() {
    let watched = Watched::new();
    let (report, text) = watched.refuse(&["--saved", "sonud"]);
    assert!(report["error"].to_string().contains("sound"), "{report:#}");
    assert!(text.stderr.contains("sound"), "{text:?}");
    watched.refuse(&["--saved", "\u{1b}[2J"]);
}
