use std::sync::Arc;

use bson::{
    Binary, Bson, DateTime, DbPointer, Decimal128, Document, JavaScriptCodeWithScope,
    RawDocumentBuf, Regex, Timestamp, doc, oid::ObjectId, spec::BinarySubtype,
};
use proptest::{prelude::any, proptest};

use super::*;

fn tree(document: &Document) -> Tree {
    Tree::new(Arc::new(RawDocumentBuf::try_from(document).unwrap()))
}

fn unfolded(document: &Document) -> Tree {
    let mut tree = tree(document);
    tree.unfold(0);
    tree
}

/// Every visible line as `depth key: value (type)`.
fn lines(tree: &Tree) -> Vec<String> {
    let line = |index| {
        let line = tree.line(index).unwrap();
        format!("{} {}: {} ({})", line.depth, line.key, line.value, line.type_name)
    };
    (0..tree.n_lines()).map(line).collect()
}

fn every_type() -> Document {
    let id = ObjectId::parse_str("65f0a1b2c3d4e5f601234567").unwrap();
    doc! {
        "oid": id, "double": 3.0, "nan": f64::NAN, "int": 3, "long": 3_i64, "bool": true,
        "string": "a\u{1b}\u{202e}\"", "null": null, "date": DateTime::from_millis(1_234_567_890_123),
        "farAway": DateTime::from_millis(i64::MAX),
        "decimal": "1.50".parse::<Decimal128>().unwrap(),
        "binary": Binary { subtype: BinarySubtype::Uuid, bytes: vec![0xAB; 20] },
        "regex": Regex { pattern: "^a".try_into().unwrap(), options: "i".try_into().unwrap() },
        "timestamp": Timestamp { time: 7, increment: 8 },
        "min": Bson::MinKey, "max": Bson::MaxKey, "undefined": Bson::Undefined,
        "symbol": Bson::Symbol("s".into()), "code": Bson::JavaScriptCode("f()".into()),
        "scoped": JavaScriptCodeWithScope { code: "g()".into(), scope: doc! {"x": 1} },
        "pointer": Bson::DbPointer(pointer(id)),
        "object": {"x": 1, "y": {"z": 2}}, "array": [1, "two", []], "empty": {},
    }
}

fn pointer(id: ObjectId) -> DbPointer {
    let told = serde_json::json!({"$dbPointer": {"$ref": "db.c", "$id": {"$oid": id.to_hex()}}});
    match Bson::try_from(told).unwrap() {
        Bson::DbPointer(pointer) => pointer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hostile_value_is_spelled_out_once_wherever_it_stands() {
    let told = lines(&unfolded(&doc! {"a": {"b": "\u{202e}"}, "c": ["\u{1b}"], "d": "\\u{202e}"}));
    for line in [
        "0 : {a: {...}, c: [...], d: \"\\\\u{202e}\"} (object)",
        "1 a: {b: \"\\u{202e}\"} (object)",
        "1 c: [\"\\u{1b}\"] (array)",
    ] {
        assert!(told.iter().any(|told| told == line), "{line}: {told:#?}");
    }
}

#[test]
fn every_type_has_its_line() {
    assert_eq!(
        lines(&unfolded(&every_type()))[1..],
        [
            "1 oid: 65f0a1b2c3d4e5f601234567 (objectId)",
            "1 double: 3.0 (double)",
            "1 nan: NaN (double)",
            "1 int: 3 (int)",
            "1 long: 3 (long)",
            "1 bool: true (bool)",
            "1 string: \"a\\u{1b}\\u{202e}\"\" (string)",
            "1 null: null (null)",
            "1 date: 2009-02-13T23:31:30.123Z (date)",
            "1 farAway: Date(9223372036854775807) (date)",
            "1 decimal: 1.50 (decimal)",
            "1 binary: Binary(subtype 4, 20 B, abababababababababababababababab...) (binData)",
            "1 regex: /^a/i (regex)",
            "1 timestamp: Timestamp(7, 8) (timestamp)",
            "1 min: MinKey (minKey)",
            "1 max: MaxKey (maxKey)",
            "1 undefined: undefined (undefined)",
            "1 symbol: Symbol(\"s\") (symbol)",
            "1 code: Code(\"f()\") (javascript)",
            "1 scoped: Code(\"g()\", {...}) (javascriptWithScope)",
            "1 pointer: DBPointer(\"db.c\", 65f0a1b2c3d4e5f601234567) (dbPointer)",
            "1 object: {x: 1, y: {...}} (object)",
            "1 array: [1, \"two\", [...]] (array)",
            "1 empty: {} (object)",
        ]
    );
}

#[test]
fn the_copied_text_is_the_document() {
    let mut document = every_type();
    let far_away = unfolded(&document).value_text(10).unwrap();
    assert_eq!(far_away, r#"{"$date":{"$numberLong":"9223372036854775807"}}"#);
    document.remove("farAway");
    let text = tree(&document).document_text();
    let read = Bson::try_from(serde_json::from_str::<serde_json::Value>(&text).unwrap()).unwrap();
    // Relaxed Extended JSON does not tell a small long from an int; NaN differs from itself.
    let relaxed = |bson: Bson| bson.into_relaxed_extjson().to_string();
    assert_eq!(relaxed(read), relaxed(Bson::Document(document)));
}

#[test]
fn lines_are_found_through_what_is_unfolded() {
    let mut tree = unfolded(&doc! {"a": {"x": [1, 2], "y": 3}, "b": [{"z": 4}], "c": 5});
    assert!(tree.unfold(2) && tree.unfold(1) && tree.unfold(2) && !tree.unfold(2));
    let keys = |tree: &Tree| -> Vec<String> {
        (0..tree.n_lines()).map(|line| tree.line(line).unwrap().key.as_str().to_owned()).collect()
    };
    assert_eq!(keys(&tree), ["", "a", "x", "0", "1", "y", "b", "0", "c"]);
    assert_eq!(tree.path(4).unwrap(), "a.x.1");
    assert_eq!(tree.value_text(4).unwrap(), "2");
    assert_eq!(tree.path(7).unwrap(), "b.0");
    assert_eq!(tree.value_text(7).unwrap(), r#"{"z":4}"#);
    let parents: Vec<_> = (0..9).map(|line| tree.parent(line)).collect();
    let wanted = [None, Some(0), Some(1), Some(2), Some(2), Some(1), Some(0), Some(6), Some(0)];
    assert_eq!(parents, wanted);
    assert!(tree.toggle(1));
    assert_eq!(keys(&tree), ["", "a", "b", "0", "c"]);
    assert!(!tree.fold(1) && !tree.toggle(4));
    assert_eq!((tree.line(5), tree.path(5), tree.value_text(5)), (None, None, None));
}

#[test]
fn duplicate_and_empty_keys_stay_apart() {
    let mut raw = RawDocumentBuf::new();
    for number in [1, 2] {
        raw.append(bson::cstr!("a"), number);
    }
    raw.append(bson::cstr!(""), 3);
    let mut tree = Tree::new(Arc::new(raw));
    tree.unfold(0);
    assert_eq!(lines(&tree)[1..], ["1 a: 1 (int)", "1 a: 2 (int)", "1 : 3 (int)"]);
    assert_eq!(tree.document_text(), r#"{"a":1,"a":2,"":3}"#);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let long = unfolded(&doc! {"s": "é".repeat(1_000_000), "b": "x".repeat(401)});
    let value = long.line(1).unwrap().value;
    assert_eq!(value.as_str(), format!("\"{}...\"", "é".repeat(200)));
    assert_eq!(long.line(1).unwrap().size, 2_000_005);
}

#[test]
fn a_huge_array_has_a_line_for_each_element() {
    let mut tree = unfolded(&doc! {"a": (0..300_000).collect::<Vec<i32>>()});
    assert_eq!(tree.n_lines(), 2, "what is folded has no lines");
    tree.unfold(1);
    assert_eq!(tree.n_lines(), 300_002);
    assert_eq!(tree.line(300_001).unwrap().value.as_str(), "299999");
}

#[test]
fn deep_nesting_unfolds_level_by_level() {
    let deep = (0..180).fold(doc! {}, |inner, _| doc! {"d": inner});
    let mut tree = tree(&deep);
    for line in 0..180 {
        assert!(tree.unfold(line), "level {line}");
    }
    assert_eq!(tree.n_lines(), 181);
    assert_eq!(tree.line(180).unwrap().depth, 180);
    assert_eq!(tree.parent(180), Some(179));
}

#[test]
fn corrupt_bytes_are_a_line() {
    let mut bytes = RawDocumentBuf::try_from(&doc! {"a": 1, "b": 2}).unwrap().into_bytes();
    bytes[11] = 0x42;
    let mut tree = Tree::new(Arc::new(RawDocumentBuf::from_bytes(bytes).unwrap()));
    tree.unfold(0);
    let told = lines(&tree);
    assert_eq!(told[1..], ["1 a: 1 (int)", "1 : the rest is not valid BSON (corrupt)"]);
    assert_eq!(tree.value_text(2), None);
}

proptest! {
    #[test]
    fn no_bytes_stop_the_tree(mut bytes in any::<Vec<u8>>(), tags in any::<Vec<(u8, u8)>>()) {
        for (place, tag) in tags {
            if let Some(byte) = bytes.get_mut(usize::from(place)) {
                *byte = tag % 20;
            }
        }
        let mut document = i32::try_from(bytes.len() + 5).unwrap().to_le_bytes().to_vec();
        document.extend(bytes);
        document.push(0);
        walk(document);
    }

    #[test]
    fn no_damage_to_a_document_stops_the_tree(damage in any::<Vec<(u16, u8)>>()) {
        let mut bytes = RawDocumentBuf::try_from(&every_type()).unwrap().into_bytes();
        let end = bytes.len() - 1;
        for (place, byte) in damage {
            let place = 4 + usize::from(place) % (end - 4);
            bytes[place] = byte;
        }
        walk(bytes);
    }
}

fn walk(bytes: Vec<u8>) {
    let mut tree = Tree::new(Arc::new(RawDocumentBuf::from_bytes(bytes).unwrap()));
    let mut line = 0;
    while line < tree.n_lines() && line < 1000 {
        tree.unfold(line);
        assert!(tree.line(line).is_some());
        let _ = (tree.path(line), tree.value_text(line), tree.parent(line));
        line += 1;
    }
    let _ = tree.document_text();
}
