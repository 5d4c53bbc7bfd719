//! Tables that a spreadsheet opens: nothing in them is run, and everything is there.

use mongodb::bson::{Bson, DateTime, Decimal128, Document, doc, oid::ObjectId};
use serde_json::{Value, json};

use super::rig::{found, shop};
use crate::query::rig::Rig;

/// Reads a table as RFC 4180 has it, and fails for what it does not have.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(char) = chars.next() {
        let cell = row.last_mut().unwrap();
        match char {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' if is_quoted => {
                is_quoted = false;
                assert!(matches!(chars.peek(), Some(',' | '\r' | '\n') | None), "{text}");
            }
            '"' => {
                assert!(cell.is_empty(), "a quote in the middle of a bare cell: {text}");
                is_quoted = true;
            }
            _ if is_quoted => cell.push(char),
            ',' => row.push(String::new()),
            '\r' => assert_eq!(chars.peek(), Some(&'\n'), "a bare carriage return: {text}"),
            '\n' => rows.push(std::mem::replace(&mut row, vec![String::new()])),
            _ => cell.push(char),
        }
    }
    assert!(!is_quoted && row == [String::new()], "the last line has no end: {text}");
    let n_cells = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == n_cells), "ragged: {text}");
    rows
}

/// The table of the orders: its header, and its rows.
#[track_caller]
fn table(rig: &Rig, arguments: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let output = found(rig, &[&["--format", "csv"], arguments].concat());
    let mut rows = rows_of(&output.stdout);
    let header = rows.remove(0);
    (header, rows)
}

/// Documents with each of these in `value`, and the cells that they have become.
#[track_caller]
fn cells_of<V: Into<Bson>>(values: impl IntoIterator<Item = V>) -> Vec<String> {
    let order = |(at, value): (i32, V)| doc! {"_id": at, "value": value, "after": "."};
    let rig = shop((0..).zip(values).map(order).collect());
    let (header, rows) = table(&rig, &["--limit", "1000"]);
    assert_eq!(header, ["_id", "value", "after", "(other)"]);
    let cells = rows.into_iter().enumerate().map(|(at, mut row)| {
        assert_eq!((&row[0], row[2].as_str(), row[3].as_str()), (&at.to_string(), ".", ""));
        row.remove(1)
    });
    cells.collect()
}

/// What a spreadsheet, or what reads a table before it, may take for the begin of a formula.
fn begins_formula(cell: &str) -> bool {
    let begin = cell.trim_start_matches(|char: char| {
        char.is_whitespace() || char.is_control() || matches!(char, '"' | '\u{feff}' | '\u{200b}')
    });
    begin.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || cell.starts_with(['\t', '\r', '\n'])
}

#[test]
fn no_text_is_run_as_a_formula() {
    let signs = ["=", "+", "-", "@", "＝", "＋", "－", "＠"];
    let before = ["", " ", "\"", " \"", "\u{a0}", "\t", "\r", "\n", "\r\n", "\u{feff}", "\u{1}"];
    let mut texts = Vec::new();
    for before in before {
        texts.extend(signs.map(|sign| format!("{before}{sign}HYPERLINK(\"http://x\",1)")));
    }
    texts.extend(
        ["\tx", "\rx", "\nx", "-5", "+49 30 123", "@name", "=1+1,=2", "'=1"].map(String::from),
    );
    for (text, cell) in texts.iter().zip(cells_of(&texts)) {
        assert!(!begins_formula(&cell), "{text:?} is {cell:?}");
        assert_eq!(cell.strip_prefix('\''), Some(text.as_str()), "it is all there");
    }
    // What is no formula is as it was.
    let harmless = ["a=1", "1-2", "", " ", "x@y.de", "'", "\"quoted\"", "(-1)", "0", "null"];
    assert_eq!(cells_of(harmless), harmless);
}

#[test]
fn no_name_of_a_field_and_no_other_type_is_run_as_a_formula() {
    let evil = "=cmd|'/c calc'!A1";
    let rig = shop(vec![doc! {
        "_id": evil, evil: 1, "@x": {"+y": 2}, "symbol": Bson::Symbol(evil.into()),
        "code": Bson::JavaScriptCode(evil.into()), "list": [evil], "+empty": {},
    }]);
    let output = found(&rig, &["--format", "csv"]);
    for cell in rows_of(&output.stdout).concat() {
        assert!(!begins_formula(&cell), "{cell:?}");
    }
    let binary = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        Bson::Binary(mongodb::bson::Binary { subtype: 0.into(), bytes })
    };
    // In Base64 these begin with a plus.
    for cell in cells_of([binary(b"\xf8"), binary(b"\xfb\xff\xff")]) {
        assert!(cell.starts_with("'+"), "{cell}");
    }
}

#[test]
fn numbers_are_numbers() {
    let decimal = |text: &str| Bson::Decimal128(text.parse::<Decimal128>().unwrap());
    let numbers: [(Bson, &str); 14] = [
        ((-5).into(), "-5"),
        (0.into(), "0"),
        (i64::MIN.into(), "-9223372036854775808"),
        (9_007_199_254_740_993_i64.into(), "9007199254740993"),
        ((-2.5).into(), "-2.5"),
        (5.0.into(), "5"),
        (0.1.into(), "0.1"),
        (f64::NAN.into(), "NaN"),
        (f64::INFINITY.into(), "Infinity"),
        (f64::NEG_INFINITY.into(), "-Infinity"),
        (decimal("-19.90"), "-19.90"),
        (decimal("NaN"), "NaN"),
        (decimal("-Infinity"), "-Infinity"),
        (decimal("1E+40"), "1E+40"),
    ];
    let (values, right): (Vec<Bson>, Vec<&str>) = numbers.into_iter().unzip();
    assert_eq!(cells_of(values), right);
}

#[test]
fn other_types_are_readable() {
    let id = ObjectId::from_bytes([7; 12]);
    let date = |milliseconds| Bson::DateTime(DateTime::from_millis(milliseconds));
    let uuid: mongodb::bson::Uuid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
    let values: [(Bson, &str); 7] = [
        (true.into(), "true"),
        (Bson::Null, "null"),
        (id.into(), "070707070707070707070707"),
        (uuid.into(), "00112233-4455-6677-8899-aabbccddeeff"),
        (date(1_700_000_000_123), "2023-11-14T22:13:20.123Z"),
        (date(-1), "1969-12-31T23:59:59.999Z"),
        (date(i64::MAX), "9223372036854775807"),
    ];
    let (values, right): (Vec<Bson>, Vec<&str>) = values.into_iter().unzip();
    assert_eq!(cells_of(values), right);
    let wrapped: [(Bson, Value); 5] = [
        (Bson::MinKey, json!({"$minKey": 1})),
        (Bson::Undefined, json!({"$undefined": true})),
        (
            vec![Bson::from(-1), doc! {"a": "b\n\"c\""}.into()].into(),
            json!([-1, {"a": "b\n\"c\""}]),
        ),
        (Bson::Symbol("=s".into()), json!({"$symbol": "=s"})),
        (Document::new().into(), json!({})),
    ];
    let (values, right): (Vec<Bson>, Vec<Value>) = wrapped.into_iter().unzip();
    let order = |(at, v): (i32, Bson)| doc! {"_id": at, "v": v};
    let rig = shop((0..).zip(values).map(order).collect());
    let (header, rows) = table(&rig, &[]);
    let at = |name: &str| header.iter().position(|one| one == name).unwrap();
    for (row, right) in rows.iter().zip(right) {
        let cell = &row[at("v")];
        let given: Value = if cell.is_empty() {
            serde_json::from_str::<Value>(&row[at("(other)")]).unwrap()["v"].clone()
        } else {
            serde_json::from_str(cell).unwrap()
        };
        assert_eq!(given, right);
    }
}

#[test]
fn hard_texts_come_back() {
    let controls: String = (1..=0x9f).filter_map(char::from_u32).collect();
    let texts = [
        "a,b",
        "a \"b\" c",
        "\"",
        "\"\"",
        "line\nline",
        "line\r\nline",
        "cr\rcr",
        "a;b\tc",
        " spaces ",
        "ends\n",
        "\\",
        "🧾",
        "\u{2028}",
        "x\0y",
        "",
        &controls,
        "ends with \"quote\"",
        ",",
        ",,\"\n,",
    ];
    // Control characters at the beginning may be guarded.
    let cells = cells_of(texts);
    let given: Vec<&str> = cells
        .iter()
        .zip(texts)
        .map(|(cell, text)| if cell == text { cell } else { &cell[1..] })
        .collect();
    assert_eq!(given, texts);
}

#[test]
fn columns_are_the_fields_in_their_order() {
    let rig = shop(vec![
        doc! {"_id": 1, "total": 5, "lines": [{"sku": "a"}], "by": {"name": "Ada", "at": {"till": 3}}},
        doc! {"_id": 2, "late": true, "total": 7, "by": {"name": "Bob, \"B\""}, "note": Bson::Null},
        doc! {"_id": 3, "total": "x", "by": 9},
    ]);
    let (header, rows) = table(&rig, &[]);
    let names = ["_id", "total", "lines", "by", "by.name", "by.at.till", "late", "note", "(other)"];
    let mut sorted = header.clone();
    sorted.sort();
    let mut right = names.map(String::from);
    right.sort();
    assert_eq!(sorted, right);
    let cell = |row: usize, name: &str| {
        rows[row][header.iter().position(|one| one == name).unwrap()].as_str()
    };
    assert_eq!((cell(0, "by.name"), cell(0, "by.at.till"), cell(0, "by")), ("Ada", "3", ""));
    assert_eq!(
        (cell(1, "by.name"), cell(1, "late"), cell(1, "note")),
        ("Bob, \"B\"", "true", "null")
    );
    assert_eq!((cell(2, "total"), cell(2, "by"), cell(2, "by.name")), ("x", "9", ""));
    assert_eq!(cell(0, "lines"), "[{\"sku\":\"a\"}]");
}

#[test]
fn a_projection_chooses_the_columns() {
    let orders = (0..3).map(|n| doc! {"_id": n, "a": n, "b": {"c": n, "d": "x"}, "e": "y"});
    let rig = shop(orders.collect());
    let columns = |projection: &str| table(&rig, &["--project", projection]).0;
    assert_eq!(columns("{a: 1, 'b.c': 1, _id: 0}"), ["a", "b.c", "(other)"]);
    assert_eq!(columns("{b: 0, e: 0}"), ["_id", "a", "(other)"]);
    assert_eq!(columns("{_id: 0, double: {$multiply: ['$a', 2]}}"), ["double", "(other)"]);
    let sorted = table(&rig, &["--project", "{a: 1, _id: 0}", "--sort", "{a: -1}"]).1;
    assert_eq!(sorted, [["2", ""], ["1", ""], ["0", ""]]);
    // Nothing is an empty table, and no failure.
    let (header, rows) = table(&rig, &["--filter", "{a: 'none'}"]);
    assert_eq!((header, rows.len()), (vec!["(other)".to_owned()], 0));
}

#[test]
fn fields_that_come_late_are_kept() {
    let mut orders: Vec<Document> = (0..1_200).map(|n| doc! {"_id": n, "a": n}).collect();
    orders.push(doc! {"_id": 1_200, "late": {"x": "=1"}, "a": {"b": -1}});
    let rig = shop(orders);
    let (header, rows) = table(&rig, &["--all"]);
    assert_eq!(header, ["_id", "a", "(other)"]);
    let last = &rows[1_200];
    assert_eq!((last[0].as_str(), last[1].as_str()), ("1200", ""));
    let others: Value = serde_json::from_str(&last[2]).unwrap();
    assert_eq!(others, json!({"late.x": "=1", "a.b": -1}));
    assert!(rows[..1_200].iter().all(|row| row[2].is_empty()));
}
