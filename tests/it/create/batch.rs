//! Many stores from a file.

use super::fleet::Fleet;
use crate::support::Output;

fn write(fleet: &Fleet, name: &str, text: &str) {
    std::fs::write(fleet.home.path().join(name), text).unwrap();
}

fn run(fleet: &Fleet, file: &str, more: &[&str]) -> Output {
    fleet.home.run([&["create", "--json", "--from", file][..], more].concat())
}

fn outcomes(output: &Output) -> Vec<String> {
    let report = output.held_to("create-batch");
    let rows = report["rows"].as_array().unwrap().clone();
    rows.iter().map(|row| row["outcome"].as_str().unwrap().to_owned()).collect()
}

const CSV: &str = "store_id,name,prefix,database\n\
    S1,\"Bakery, North\",north,\n\
    S2,Köök,koeoek,3\n\
    S3,Third,third,\n";

#[test]
fn a_file_is_planned_then_made_then_found_made() {
    let fleet = Fleet::new();
    write(&fleet, "stores.csv", CSV);
    let before = fleet.state();
    let planned = run(&fleet, "stores.csv", &["--plan"]);
    assert_eq!(
        (planned.code, outcomes(&planned)),
        (0, vec!["planned".to_owned(); 3]),
        "{planned:?}"
    );
    assert_eq!(fleet.state(), before);
    assert_eq!(run(&fleet, "stores.csv", &[]).code, 2);
    assert_eq!(fleet.state(), before);

    let made = run(&fleet, "stores.csv", &["--yes"]);
    assert_eq!((made.code, outcomes(&made)), (0, vec!["created".to_owned(); 3]), "{made:?}");
    assert_eq!(made.json()["rows"][1]["database"], fleet.shard(3));
    let again = run(&fleet, "stores.csv", &["--yes"]);
    assert_eq!((again.code, outcomes(&again)), (0, vec!["skipped".to_owned(); 3]));
    assert_eq!(again.json()["rows"][1]["database"], fleet.shard(3));
    assert_eq!(fleet.records().len(), 3);
}

#[test]
fn every_fault_is_told_with_its_line_before_anything_is_done() {
    let fleet = Fleet::new();
    fleet.insert("old", "old", 1);
    let rows = [
        r#"{"storeId": "S1", "name": "One", "prefix": "one"}"#,
        "",
        r#"{"storeId": "s1", "name": "Same id", "prefix": "two"}"#,
        r#"{"storeId": "S3", "name": "Same prefix", "prefix": "one"}"#,
        r#"{"storeId": "S4", "name": "", "prefix": "OLD"}"#,
        r#"{"storeId": "S5", "name": "Far", "prefix": "far", "database": 7}"#,
        r#"{"storeId": "S6", "name": "Odd", "prefix": "odd", "placement": "nearest"}"#,
        r#"{"storeId": "S7", "name": "Two", "prefix": "s7", "database": 1, "placement": "documented"}"#,
        r#"{"storeId": "S8", "name": "No", "prefix": "s8", "database": true}"#,
        r#"{"storeId": "a\u202eb", "name": "Bidi\u001b", "prefix": "s9"}"#,
    ];
    write(&fleet, "stores.jsonl", &rows.join("\n"));
    let refused = run(&fleet, "stores.jsonl", &["--yes"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    for fault in [
        "line 3: --store-id: store `S1` has it already",
        "line 4: --prefix: store `S1` has it already",
        "line 5: --name: is empty; --prefix: `O` cannot be in it",
        "line 6: `7` is no shard",
        "line 7: `nearest` is no placement",
        "line 8: a database and a placement exclude each other",
        "line 9: `true` is no shard",
        "line 10: --store-id: holds a character that is invisible",
    ] {
        assert!(message.contains(fault), "{fault} is not in {message}");
    }
    assert_eq!(fleet.records().len(), 1);
    for (file, text, word) in [
        ("a.csv", "store_id,colour\nS1,red\n", "line 2 cannot be read"),
        ("b.jsonl", "{\"storeId\": 1}\n", "line 1 cannot be read"),
        ("c.csv", "store_id,name,prefix\n", "holds no store"),
    ] {
        write(&fleet, file, text);
        let refused = run(&fleet, file, &["--yes"]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stdout.contains(word), "{refused:?}");
    }
    assert_eq!(run(&fleet, "missing.csv", &["--yes"]).code, 1);
}

#[test]
fn a_killed_batch_is_gone_on_with_by_running_it_again() {
    let fleet = Fleet::new();
    let rows: Vec<String> = (0..6).map(|n| format!("S{n},Store {n},p{n}")).collect();
    write(&fleet, "stores.csv", &format!("store_id,name,prefix\n{}", rows.join("\n")));
    let mut command = fleet.home.command(["create", "--json", "--from", "stores.csv", "--yes"]);
    command.env("TILLDECK_DIE_AT", "row 4");
    assert_eq!(Output::of(&mut command).code, 128 + 9);
    assert_eq!(fleet.records().len(), 3);
    let again = run(&fleet, "stores.csv", &["--yes"]);
    assert_eq!(again.code, 0, "{again:?}");
    let expected = [vec!["skipped"; 3], vec!["created"; 3]].concat();
    assert_eq!(outcomes(&again), expected);
    assert_eq!(fleet.spread().into_values().collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn a_row_goes_before_the_command_line_and_its_warnings_are_told_once() {
    let fleet = Fleet::new();
    let rows = [
        r#"{"store_id": "S1", "name": "One", "prefix": "one"}"#,
        r#"{"store_id": "S2", "name": "Two", "prefix": "two", "placement": "documented"}"#,
        r#"{"store_id": "S3", "name": "Three", "prefix": "three"}"#,
        r#"{"store_id": "S4", "name": "Four", "prefix": "four"}"#,
    ];
    write(&fleet, "stores.jsonl", &rows.join("\n"));
    let planned = run(&fleet, "stores.jsonl", &["--plan", "--database", "3"]);
    let report = planned.held_to("create-batch");
    let places: Vec<u64> =
        (0..4).map(|row| report["rows"][row]["database_id"].as_u64().unwrap()).collect();
    assert_eq!(places, [3, 1, 3, 3]);
    let text = fleet.home.run(["create", "--from", "stores.jsonl", "--plan", "--database", "3"]);
    let full = format!("{} is full: 2 stores, room for 2 (line 4)", fleet.shard(3));
    assert!(text.stdout.contains(&full), "{text:?}");
    assert!(text.stdout.contains("4 to be made"), "{text:?}");
    let unique = "indexes ensure` makes them (line 1, 2, 3, 4)";
    assert!(text.stdout.contains(unique), "{text:?}");
}
