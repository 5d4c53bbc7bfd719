//! Rows for other programs and for files.

use mongodb::bson::{DateTime, Decimal128, doc, oid::ObjectId};
use serde_json::Value;

use super::rig::{Rig, document, heap, lines_of, numbered, store};

/// The rows of a file of lines: storeId, database and document.
fn rows_of(lines: &[String]) -> Vec<(String, String, Value)> {
    let row = |line: &String| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (text("store_id"), text("database"), row["document"].clone())
    };
    lines.iter().map(row).collect()
}

#[test]
fn lines_hold_a_row_each_in_the_order_of_the_fleet() {
    let rig = Rig::with(numbered(23), "[query]\npage = 3\n");
    let arguments = ["orders", "--sort", "{n: -1}", "--limit", "20"];
    let output = rig.run(&[&arguments[..], &["--format", "jsonl"]].concat());
    assert_eq!(output.code, 0, "{output:?}");
    let lines: Vec<String> = output.stdout.lines().map(ToOwned::to_owned).collect();
    let rows = rig.whole(&arguments).rows();
    assert_eq!(rows.len(), 20);
    let given: Vec<_> = rows_of(&lines)
        .into_iter()
        .map(|(id, database, value)| (id, database, document(&value)))
        .collect();
    assert_eq!(given, rows);
    // More is there, which a file cannot say.
    assert!(output.stderr.contains("limit"), "{output:?}");
}

#[test]
fn a_table_has_a_column_for_each_field_and_says_where_rows_are_from() {
    let id = ObjectId::from_bytes([7; 12]);
    let when = DateTime::from_millis(1_700_000_000_000);
    let price: Decimal128 = "19.90".parse().unwrap();
    let rig = Rig::new(vec![
        store(
            "one",
            1,
            vec![
                doc! {"_id": 1, "a": {"b": 1, "c": "x"}, "list": [1, "two"], "at": when},
                doc! {"_id": 2, "a": {"b": 2}, "say": "=1+1", "oid": id, "price": price},
            ],
        ),
        store("two", 2, vec![doc! {"_id": 3, "say": "line\nbreak, \"quoted\"", "n": -5}]),
    ]);
    let output = rig.run(&["orders", "--sort", "{_id: 1}", "--format", "csv"]);
    assert_eq!(output.code, 0, "{output:?}");
    let mut reader = csv::Reader::from_reader(output.stdout.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 3, "{}", output.stdout);
    let cell = |row: usize, column: &str| {
        let at = header.iter().position(|one| one == column);
        records[row][at.unwrap_or_else(|| panic!("no {column} in {header:?}"))].to_owned()
    };
    for (row, id, database) in [(0, "S-one", 1), (1, "S-one", 1), (2, "S-two", 2)] {
        assert_eq!(cell(row, "store_id"), id);
        assert_eq!(cell(row, "database"), rig.name_of(database));
    }
    assert_eq!(
        (cell(0, "a.b"), cell(0, "a.c"), cell(1, "a.c")),
        ("1".to_owned(), "x".to_owned(), String::new())
    );
    assert_eq!(
        serde_json::from_str::<Value>(&cell(0, "list")).unwrap(),
        serde_json::json!([1, "two"])
    );
    assert_eq!(cell(1, "say"), "'=1+1");
    assert_eq!(cell(2, "say"), "line\nbreak, \"quoted\"");
    // A number is no text, and no sheet runs it.
    assert_eq!(cell(2, "n"), "-5");
    assert!(cell(1, "oid").contains(&id.to_hex()), "{}", output.stdout);
    assert!(cell(1, "price").contains("19.90"), "{}", output.stdout);
    assert!(cell(0, "at").contains("2023-11-14"), "{}", output.stdout);
}

#[test]
fn counts_and_groups_are_lines_and_tables_as_well() {
    let rig = Rig::new(numbered(23));
    let output = rig.run(&["orders", "--count", "--format", "csv"]);
    assert_eq!(output.code, 0, "{output:?}");
    let mut reader = csv::Reader::from_reader(output.stdout.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|one| one == name).unwrap();
    let counts: Vec<(String, String)> = reader
        .records()
        .map(Result::unwrap)
        .map(|row| (row[at("store_id")].to_owned(), row[at("count")].to_owned()))
        .collect();
    for (id, count) in &counts {
        assert_eq!(*count, rig.n_orders_of(id).to_string());
    }
    assert_eq!(counts.len(), 5, "{output:?}");
    let group = "[{$group: {_id: null, n: {$sum: 1}}}]";
    let output = rig.run(&["orders", "--aggregate", group, "--format", "jsonl"]);
    let lines: Vec<String> = output.stdout.lines().map(ToOwned::to_owned).collect();
    assert_eq!(rows_of(&lines).len(), 5, "{output:?}");
}

#[test]
fn a_file_is_whole_or_not_there() {
    let rig = Rig::new(numbered(23));
    let to = |more: &[&str]| {
        rig.run(&[&["orders", "--limit", "0", "--output", "rows.jsonl"], more].concat())
    };
    let output = to(&["--format", "jsonl"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{output:?}");
    let lines = lines_of(rig.home.path(), "rows.jsonl");
    let documents: Vec<_> = rows_of(&lines).iter().map(|(.., value)| document(value)).collect();
    assert_eq!(heap(&documents), heap(&rig.together(None).gives(&[], None)));
    // It is not written over unless asked, and not touched by what fails.
    let refused = rig.run(&["orders", "--limit", "1", "--output", "rows.jsonl", "--json"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(refused.held_to("error")["error"]["kind"], "usage");
    assert_eq!(lines_of(rig.home.path(), "rows.jsonl"), lines);
    let failed = to(&["--format", "jsonl", "--overwrite", "--filter", "{n: {$nope: 1}}"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert_eq!(lines_of(rig.home.path(), "rows.jsonl"), lines);
    let written = to(&["--format", "jsonl", "--overwrite", "--filter", "{n: 4}"]);
    assert_eq!(written.code, 0, "{written:?}");
    assert_eq!(lines_of(rig.home.path(), "rows.jsonl").len(), 1);
    let table = rig.run(&["orders", "--limit", "0", "--format", "csv", "--output", "rows.csv"]);
    assert_eq!((table.code, table.stdout.as_str()), (0, ""), "{table:?}");
    assert_eq!(lines_of(rig.home.path(), "rows.csv").len(), 24);
    let nowhere = rig.run(&["orders", "--format", "csv", "--output", "no/such/folder/x"]);
    assert!(nowhere.code == 1 && !nowhere.stderr.is_empty(), "{nowhere:?}");
    let left: Vec<String> = std::fs::read_dir(rig.home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("rows") || name.contains("tmp"))
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn text_shows_rows_their_stores_and_that_there_are_more() {
    let rig = Rig::new(numbered(23));
    let output = rig.run(&["orders", "--sort", "{n: -1}", "--limit", "3"]);
    assert_eq!(output.code, 0, "{output:?}");
    for word in ["22", "21", "20", "S-uno", &rig.name_of(1)] {
        assert!(output.stdout.contains(word), "`{word}` is not in {}", output.stdout);
    }
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains("limit") || said.contains("more"), "{said}");
    let whole = rig.run(&["orders", "--sort", "{n: -1}", "--limit", "23"]);
    let said = format!("{}{}", whole.stdout, whole.stderr);
    assert!(!said.contains("more"), "{said}");
}

#[test]
fn counts_and_groups_are_drawn_as_bars() {
    let rig = Rig::new(vec![
        store("one", 1, (0..8).map(|n| doc! {"kind": "tea", "n": n}).collect()),
        store("two", 2, (0..4).map(|n| doc! {"kind": "cake", "n": n}).collect()),
        store("three", 3, (0..2).map(|n| doc! {"kind": "cake", "n": n}).collect()),
    ]);
    // How long the bar of a label is.
    let bar = |text: &str, label: &str| {
        let line = text.lines().find(|line| line.starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no {label} in {text}"));
        line.chars().filter(|char| *char == '#').count()
    };
    let counted = rig.run(&["orders", "--count", "--chart", "--ascii"]);
    assert_eq!(counted.code, 0, "{counted:?}");
    let bars = ["S-one", "S-two", "S-three"].map(|label| bar(&counted.stdout, label));
    assert!(bars[0] == 2 * bars[1] && bars[1] == 2 * bars[2] && bars[2] > 0, "{counted:?}");
    let group = "[{$group: {_id: '$kind', n: {$sum: 1}}}, {$sort: {n: -1}}]";
    let grouped = rig.run(&["orders", "--aggregate", group, "--chart", "--ascii"]);
    assert_eq!(grouped.code, 0, "{grouped:?}");
    let (tea, cake) = (bar(&grouped.stdout, "tea"), bar(&grouped.stdout, "cake"));
    assert!(tea > cake && cake > 0, "{grouped:?}");
    assert!(grouped.stdout.contains('8') && grouped.stdout.contains('6'), "{grouped:?}");
    let nothing =
        rig.run(&["orders", "--filter", "{n: 1}", "--project", "{kind: 1, _id: 0}", "--chart"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");
}
