//! What could write or run code is refused before anything is sent, and so is what cannot be
//! read.

use crate::support::Watched;

fn watched() -> Watched {
    let saved = "[queries.writes]\ntype = \"orders\"\naggregate = \"[{$out: 'x'}]\"\n\
                 [queries.sound]\ntype = \"orders\"\nfilter = \"{a: 1}\"\n";
    Watched::new(&["query"], saved)
}

#[test]
fn nothing_that_writes_or_runs_code_is_sent() {
    let watched = watched();
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
    let watched = Watched::new(&["query", "orders"], "");
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
        watched.refuse_at(option, (part, text, wrong));
    }
}

#[test]
fn arguments_that_say_nothing_together_are_refused() {
    let watched = watched();
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
    let watched = watched();
    let (report, text) = watched.refuse(&["--saved", "sonud"]);
    assert!(report["error"].to_string().contains("sound"), "{report:#}");
    assert!(text.stderr.contains("sound"), "{text:?}");
    watched.refuse(&["--saved", "\u{1b}[2J"]);
}
