//! Which stores are asked, and by which saved query.

use std::collections::BTreeSet;

use mongodb::bson::doc;

use super::rig::{Answer, Rig, numbered, profile, profiled};
use crate::support::Home;

/// The stores that rows are from.
fn stores_of(answer: &Answer) -> BTreeSet<String> {
    answer.rows().into_iter().map(|(id, ..)| id).collect()
}

#[track_caller]
fn assert_stores(rig: &Rig, choice: &[&str], ids: &[&str]) {
    let answer = rig.whole(&[&["orders", "--limit", "0"], choice].concat());
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(stores_of(&answer), ids.iter().cloned().collect(), "{choice:?}: {answer:#?}");
    rig.assert_all_of(&answer, &ids);
}

#[test]
fn stores_are_chosen_by_text() {
    let rig = Rig::new(numbered(23));
    assert_stores(&rig, &["--stores", "S-two"], &["S-two"]);
    assert_stores(&rig, &["--stores", "Store three"], &["S-three"]);
    assert_stores(&rig, &["--stores", "uno"], &["S-uno"]);
    assert_stores(&rig, &["--stores", "store"], &["S-old", "S-one", "S-three", "S-two", "S-uno"]);
    assert_stores(&rig, &["--stores", "STORE T"], &["S-three", "S-two"]);
}

#[test]
fn stores_are_chosen_by_database() {
    let rig = Rig::new(numbered(23));
    assert_stores(&rig, &["--database", "main"], &["S-old"]);
    assert_stores(&rig, &["--database", "1"], &["S-one", "S-uno"]);
    assert_stores(&rig, &["--database", &rig.name_of(2)], &["S-two"]);
    assert_stores(&rig, &["--database", &rig.main], &["S-old"]);
    assert_stores(&rig, &["--database", "1", "--stores", "uno"], &["S-uno"]);
    let counted = rig.whole(&["orders", "--count", "--database", "1"]);
    assert_eq!(counted.report["totals"]["fleet"]["count"], 10, "{counted:#?}");
    assert_eq!(counted.report["totals"]["databases"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_not_chosen_is_not_asked() {
    let rig = Rig::new(numbered(23));
    profile(&rig);
    rig.whole(&["orders", "--database", "1", "--stores", "uno"]);
    let n_asked = |place| {
        profiled(&rig, place)
            .iter()
            .filter(|one| one.get_str("ns").is_ok_and(|ns| ns.ends_with("_orders")))
            .count()
    };
    assert_eq!([0, 1, 2, 3].map(n_asked), [0, 1, 0, 0]);
    let one =
        profiled(&rig, 1).into_iter().find(|one| one.get_str("ns").unwrap().ends_with("_orders"));
    assert_eq!(one.unwrap().get_str("ns").unwrap(), format!("{}.uno_orders", rig.name_of(1)));
}

#[test]
fn a_choice_of_nothing_is_an_error_and_no_empty_answer() {
    let rig = Rig::new(numbered(5));
    for choice in [
        &["--stores", "nobody"][..],
        &["--database", "3", "--stores", "S-one"],
        &["--database", "9"],
        &["--database", "0"],
        &["--database", "elsewhere"],
        &["--stores", "\u{1b}[2J"],
    ] {
        for more in [&[][..], &["--count"]] {
            let arguments = [&["orders"], choice, more].concat();
            let output = rig.run(&[&arguments[..], &["--json"]].concat());
            assert!(matches!(output.code, 1 | 2), "{arguments:?}: {output:?}");
            let report = output.held_to("error");
            assert!(report["error"]["hint"].is_string(), "{arguments:?}: {report:#}");
            let text = rig.run(&arguments);
            assert_eq!((text.code, text.stdout.as_str()), (output.code, ""), "{arguments:?}");
            assert!(!text.stderr.contains('\u{1b}'), "{text:?}");
        }
    }
}

const SAVED: &str = r#"
[queries.large]
type = "orders"
filter = "{n: {$gte: 20}}"
sort = "{n: -1}"
project = "{_id: 0, n: 1}"
limit = 2

[queries.how_many]
type = "orders"
filter = "{n: {$lt: 7}}"
count = true

[queries.kinds]
type = "orders"
distinct = "n"
filter = "{n: {$lt: 3}}"

[queries.sums]
type = "orders"
aggregate = "[{$group: {_id: null, sum: {$sum: '$n'}}}]"
"#;

#[test]
fn saved_queries_are_asked_by_name() {
    let rig = Rig::with(numbered(23), SAVED);
    let large = rig.whole(&["--saved", "large"]);
    assert_eq!(large.documents(), [doc! {"n": 22}, doc! {"n": 21}]);
    assert!(large.is_limited(), "{large:#?}");
    let count = rig.whole(&["--saved", "how_many"]);
    assert_eq!(count.report["totals"]["fleet"]["count"], 7, "{count:#?}");
    let kinds = rig.whole(&["--saved", "kinds"]);
    let mut values: Vec<i64> = kinds.report["totals"]["fleet"]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_i64().unwrap())
        .collect();
    values.sort_unstable();
    assert_eq!(values, [0, 1, 2]);
    let sums = rig.whole(&["--saved", "sums"]);
    assert_eq!(sums.report["totals"]["fleet"]["groups"][0]["sum"], 253, "{sums:#?}");
    // Stores are chosen as ever.
    let chosen = rig.whole(&["--saved", "how_many", "--database", "1"]);
    assert_eq!(chosen.report["totals"]["fleet"]["count"], 3, "{chosen:#?}");
}

#[test]
fn a_saved_query_that_cannot_be_read_is_found_by_the_check_of_the_configuration() {
    let home = Home::new();
    for (line, wrong) in [
        ("filter = \"{n: \"", "`filter` is wrong at character 5"),
        ("sort = \"{n 1}\"", "`sort` is wrong at character 4"),
        ("project = \"n\"", "`project` is wrong at character 1"),
        ("collation = \"{locale: }\"", "`collation` is wrong at character 10"),
        ("aggregate = \"[{$match: {}}\"", "`aggregate` is wrong at character 14"),
    ] {
        home.configure(&format!("[queries.broken]\ntype = \"orders\"\n{line}\n"));
        let checked = home.run(["config", "check"]);
        assert_eq!(checked.code, 1, "{checked:?}");
        let said = format!("{}{}", checked.stdout, checked.stderr);
        assert!(said.contains("config.toml:3:") && said.contains(wrong), "{line}: {said}");
    }
    home.configure(SAVED);
    let checked = home.run(["config", "check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
}

#[test]
fn the_plan_is_shown_and_nothing_is_asked() {
    let rig = Rig::new(numbered(23));
    profile(&rig);
    let n_told = |rig: &Rig| {
        let on_orders = |place| {
            let told = profiled(rig, place);
            told.iter().filter(|one| one.get_str("ns").unwrap().contains("_orders")).count()
        };
        [0, 1, 2, 3].map(on_orders)
    };
    let plan = rig.run(&["orders", "--plan", "--json"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let report = plan.held_to("query-plan");
    let commands: Vec<(String, u64)> = report["plan"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["database"].as_str().unwrap().to_owned(), one["commands"].as_u64().unwrap())
        })
        .filter(|(_, n)| *n > 0)
        .collect();
    // One for each collection, and one that looks which of them exist.
    let right = [(0, 2), (1, 3), (2, 2), (3, 2)].map(|(place, n)| (rig.name_of(place), n));
    assert_eq!(commands, right, "{report:#}");
    let text = rig.run(&["orders", "--plan"]);
    assert_eq!(text.code, 0, "{text:?}");
    for place in [0, 1, 2, 3] {
        assert!(text.stdout.contains(&rig.name_of(place)), "{text:?}");
    }
    assert_eq!(n_told(&rig), [0; 4]);
    // The same line is on stderr before a query, and not on stdout.
    let asked = rig.run(&["orders"]);
    assert!(asked.stderr.contains(&rig.name_of(2)) && asked.stderr.contains('5'), "{asked:?}");
    assert_eq!(n_told(&rig), [1, 2, 1, 1]);
    // Other programs read the plan in the document.
    let answer = rig.whole(&["orders"]);
    assert_eq!(answer.report["plan"], report["plan"], "{answer:#?}");
}
