//! What is wrong with a question is said, where it is wrong, before anything is sent.

use super::rig::{files_in, found, shop};
use crate::{
    query::rig::{Rig, store},
    support::Watched,
};
use mongodb::bson::doc;

fn watched() -> Watched {
    Watched::new(&["find", "S-one", "orders"], "")
}

#[test]
fn nothing_that_writes_or_runs_code_is_sent() {
    let watched = watched();
    let forms = [
        &[][..],
        &["--count"],
        &["--explain"],
        &["--all"],
        &["--format", "csv"],
        &["--all", "--output", "o.jsonl"],
    ];
    for (filter, operator) in [
        ("{$where: 'this.a == 1'}", "$where"),
        ("{$where: Code('true')}", "$where"),
        ("{$or: [{a: 1}, {$nor: [{$where: 'true'}]}]}", "$where"),
        ("{a: {$elemMatch: {$where: 'true'}}}", "$where"),
        (r#"{"\u0024where": "true"}"#, "$where"),
        ("{$expr: {$function: {body: 'f', args: [], lang: 'js'}}}", "$function"),
        ("{$expr: {$accumulator: {init: 'f'}}}", "$accumulator"),
        ("{a: {$out: 'x'}}", "$out"),
        ("{$merge: {into: 'x'}}", "$merge"),
        ("db.orders.find({$where: 'true'})", "$where"),
    ] {
        for form in forms {
            let (report, text) = watched.refuse(&[&["--filter", filter], form].concat());
            let message = report["error"]["message"].as_str().unwrap();
            assert!(message.contains(&format!("`{operator}`")), "{filter}: {message}");
            assert!(text.stderr.contains(operator), "{filter}: {}", text.stderr);
        }
    }
    for projection in [
        "{x: {$function: {body: 'f', args: [], lang: 'js'}}}",
        "{x: {$cond: [1, {$accumulator: {}}, 2]}}",
    ] {
        watched.refuse(&["--project", projection]);
        watched.refuse(&["--filter", &format!("db.orders.find({{}}, {projection})")]);
    }
    assert!(!watched.home.path().join("o.jsonl").exists());
}

#[test]
fn a_mistake_is_pointed_at() {
    let watched = watched();
    // The place is counted in characters, not in bytes.
    for (option, part, text, wrong) in [
        ("--filter", "filter", "{a: 1", ""),
        ("--filter", "filter", "{a 1}", "1}"),
        ("--filter", "filter", "{'äöü🧾': , b: 1}", ", b: 1}"),
        ("--filter", "filter", "{a: ObjectId('12')}", "ObjectId('12')}"),
        ("--filter", "filter", "{a: {$gt: 5}, }}", "}"),
        ("--filter", "filter", "db.orders.find({a: 1}).remove()", "remove()"),
        ("--sort", "sort", "{a: 1}}", "}"),
        ("--project", "projection", "{a: nope}", "nope}"),
        ("--collation", "collation", "{locale: 'en', }x", "x"),
    ] {
        watched.refuse_at(option, (part, text, wrong));
    }
    let (report, _) = watched.refuse(&["--filter", "{\n  a: 1,\n  b: nope\n}"]);
    let message = report["error"]["message"].as_str().unwrap();
    assert!(message.contains("line 3, character 6"), "{message}");
}

#[test]
fn arguments_that_say_nothing_together_are_refused() {
    let watched = watched();
    for arguments in [
        &["--limit", "0"][..],
        &["--limit", "-1"],
        &["--limit", "many"],
        &["--limit", "1.5"],
        &["--limit", "99999999999999999999"],
        &["--limit", "5", "--all"],
        &["--page", "2"],
        &["--after", ""],
        &["--after", "nonsense"],
        &["--after", "{}"],
        &["--after", "[1, 2]"],
        &["--after", "{}", "--all"],
        &["--count", "--all"],
        &["--count", "--explain"],
        &["--explain", "--output", "x"],
        &["--overwrite"],
        &["--format", "xml"],
        &["--filter", "[]"],
        &["--filter", "5"],
        &["--sort", "'a'"],
        &["--sort", "[1]"],
        &["--collation", "{strength: 2}"],
        &["--collation", "{locale: 5}"],
        &["surplus"],
    ] {
        watched.refuse(arguments);
    }
}

/// `find` fails in this way, with and without `--json`.
#[track_caller]
fn assert_fails(rig: &Rig, arguments: &[&str], code: i32, kind: &str, words: &[&str]) {
    let output = rig.home.run([arguments, &["--json"]].concat());
    assert_eq!(output.code, code, "{arguments:?}: {output:?}");
    let report = output.held_to("error");
    assert_eq!(report["error"]["kind"], kind, "{arguments:?}: {report:#}");
    let text = rig.home.run(arguments);
    assert_eq!((text.code, text.stdout.as_str()), (code, ""), "{arguments:?}: {text:?}");
    for word in words {
        assert!(text.stderr.contains(word), "{arguments:?}: `{word}` is not in {text:?}");
        assert!(report.to_string().contains(word), "{arguments:?}: {report:#}");
    }
}

#[test]
fn what_is_not_there_is_told_apart() {
    let rig =
        Rig::new(vec![store("bakery", 1, vec![doc! {"_id": 1}]), store("butcher", 2, vec![])]);
    for command in ["find", "inspect", "schema"] {
        let of = |store, of_type| [command, store, of_type];
        assert_fails(&rig, &of("S-bakry", "orders"), 1, "not_found", &["S-bakry", "S-bakery"]);
        assert_fails(&rig, &of("bakery", "order"), 2, "usage", &["`order`", "`orders`"]);
        assert_fails(&rig, &of("bakery", "xyzzy"), 2, "usage", &["xyzzy", "products", "brands"]);
        let names = ["bakery_brands", &rig.name_of(1)];
        assert_fails(&rig, &of("S-bakery", "brands"), 1, "missing", &names);
    }
    assert_fails(&rig, &["tail", "S-bakry"], 1, "not_found", &["S-bakery"]);
    assert_fails(&rig, &["tail", "bakery", "order"], 2, "usage", &["`orders`"]);
    for form in [&["--count"][..], &["--explain"], &["--all"], &["--all", "--output", "o"]] {
        let arguments = [&["find", "bakery", "brands"], form].concat();
        assert_fails(&rig, &arguments, 1, "missing", &["bakery_brands"]);
    }
    // A collection without documents is there.
    let empty = rig.home.run(["find", "S-butcher", "orders", "--json"]);
    assert_eq!((empty.code, &empty.held_to("find")["documents"]), (0, &serde_json::json!([])));
}

#[test]
fn a_store_may_be_named_in_every_way_that_is_clear() {
    let rig = Rig::new(vec![store("bakery", 1, vec![doc! {"_id": 1}]), store("two", 2, vec![])]);
    for name in ["S-bakery", "bakery", "Store bakery"] {
        let output = rig.home.run(["find", name, "orders", "--json"]);
        let report = output.held_to("find");
        assert_eq!(report["collection"], "bakery_orders", "{report:#}");
        assert_eq!(report["database"], rig.name_of(1), "{report:#}");
    }
    let twin = doc! {"storeId": "S-other", "name": "Store bakery", "prefix": "o", "databaseId": 3};
    rig.insert(0, "stores", &[twin]);
    let words = ["several", "`S-bakery`", "`S-other`"];
    assert_fails(&rig, &["find", "Store bakery", "orders"], 1, "not_found", &words);
    let lost = doc! {"storeId": "S-lost", "name": "Lost", "prefix": "lost", "databaseId": 77};
    rig.insert(0, "stores", &[lost]);
    assert_fails(&rig, &["find", "S-lost", "orders"], 1, "not_found", &["77"]);
}

#[test]
fn what_the_server_does_not_take_is_told_in_its_words() {
    let rig = shop(vec![doc! {"_id": 1, "n": 0}]);
    for form in [&[][..], &["--count"], &["--explain"], &["--all"], &["--all", "--output", "o"]] {
        let arguments =
            [&["find", "S-one", "orders", "--filter", "{n: {$nope: 1}}"], form].concat();
        assert_fails(&rig, &arguments, 2, "usage", &["$nope"]);
    }
    let arguments = ["find", "S-one", "orders", "--project", "{a: 1, b: 0}"];
    assert_fails(&rig, &arguments, 2, "usage", &["projection"]);
    let arguments = ["find", "S-one", "orders", "--sort", "{n: 'up'}"];
    assert_fails(&rig, &arguments, 2, "usage", &["sort"]);
    let divide = "{$expr: {$eq: [1, {$divide: [1, '$n']}]}}";
    let arguments = ["find", "S-one", "orders", "--filter", divide];
    assert_fails(&rig, &arguments, 2, "usage", &["divide"]);
    assert_eq!(files_in(rig.home.path()), Vec::<String>::new());
}

#[test]
fn a_place_of_another_sort_is_refused() {
    let rig = shop((0..30).map(|n| doc! {"_id": n, "k": -n}).collect());
    for (sort, same, others) in [
        ("{k: 1}", &["{k: 1}", "{k: 1, _id: 1}", "[['k', 1]]", ""][..], &["{k: -1}", "{_id: 1}"]),
        ("", &["{_id: 1}", ""], &["{_id: -1}", "{k: 1}"]),
    ] {
        let page = ["--json", "--limit", "5"];
        let first = found(&rig, &[&page[..], &["--sort", sort]].concat()).json();
        let mark = first["next"].as_str().unwrap();
        let all = |sort| {
            [&["find", "S-one", "orders", "--limit", "5", "--after", mark], &["--sort", sort][..]]
                .concat()
        };
        let going_on = found(&rig, &[&page[..], &["--after", mark]].concat());
        for sort in same {
            let next = rig.home.run([&all(sort)[..], &["--json"]].concat());
            assert_eq!(next.stdout, going_on.stdout, "{sort}");
        }
        for sort in others {
            assert_fails(&rig, &all(sort), 2, "usage", &["another sort"]);
        }
        assert_fails(&rig, &all("{$natural: 1}"), 2, "usage", &["another sort"]);
    }
}
