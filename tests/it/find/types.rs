//! Every type of BSON leaves the program as it is in the database.

use mongodb::bson::{
    Bson, Decimal128, Document, RawDocumentBuf, deserialize_from_slice, oid::ObjectId,
    serialize_to_vec,
};
use serde_json::{Value, json};

use super::rig::{found, insert_raw, shop};
use crate::{
    query::rig::{Rig, document},
    support::compared,
};

/// The fields of a document as bytes: what no builder would write can be said, too.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn add(&mut self, kind: u8, name: &str, value: impl AsRef<[u8]>) -> &mut Self {
        self.0.push(kind);
        self.0.extend([name.as_bytes(), b"\0", value.as_ref()].concat());
        self
    }

    /// A field for each of these values.
    fn all<V: AsRef<[u8]>>(
        &mut self,
        kind: u8,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        for (at, value) in values.into_iter().enumerate() {
            self.add(kind, &format!("{name}_{at}"), value);
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        [&length(self.0.len() + 5)[..], &self.0, b"\0"].concat()
    }

    fn document(&self) -> RawDocumentBuf {
        RawDocumentBuf::from_bytes(self.bytes()).unwrap()
    }
}

fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap().to_le_bytes()
}

fn text(text: &str) -> Vec<u8> {
    [&length(text.len() + 1)[..], text.as_bytes(), b"\0"].concat()
}

fn binary(subtype: u8, bytes: &[u8]) -> Vec<u8> {
    [&length(bytes.len())[..], &[subtype], bytes].concat()
}

fn code_with_scope(code: &str, scope: &[u8]) -> Vec<u8> {
    let inside = [&text(code), scope].concat();
    [&length(inside.len() + 4)[..], &inside].concat()
}

fn decimal(number: &str) -> [u8; 16] {
    number.parse::<Decimal128>().unwrap().bytes()
}

/// Every control character, quotes, and what takes several bytes, or several characters.
fn hard_text() -> String {
    let controls: String = (0..=0x9f).filter_map(char::from_u32).collect();
    format!("{controls}\"\\/ñ€🧾👩‍👩‍👧\u{feff}\u{202e}\u{2028}\u{2029}\u{fffd}\u{ffff}\u{10ffff}")
}

/// One document with every type. Node knows no number and no date beyond a double's reach.
fn every_type(is_for_node: bool) -> RawDocumentBuf {
    let id = ObjectId::from_bytes(*b"\0\x01twelve\xff\xfe\"\\");
    let empty = Fields::default().bytes();
    let mut inner = Fields::default();
    inner.add(0x10, "a.b", 1_i32.to_le_bytes()).add(0x02, "", text("no name"));
    inner.add(0x03, "🧾 \"q\" \\ \u{1b}", &empty).add(0x0a, "null", []);
    let inner = inner.bytes();
    let mut array = Fields::default();
    array.add(0x10, "0", 7_i32.to_le_bytes()).add(0x02, "1", text("two")).add(0x03, "2", &inner);
    array.add(0x04, "3", &empty).add(0x12, "4", 9_i64.to_le_bytes());
    let far = if is_for_node { 8_640_000_000_000_000 } else { i64::MAX };
    let large = if is_for_node { 1 << 53 } else { i64::MAX };
    let doubles =
        [1.5, -0.0, 0.0, 1e300, -5e-324, f64::MAX, 0.1, 1e21, 100.0, 9_007_199_254_740_993.0];
    let decimals = [
        "0",
        "-0",
        "0E+6111",
        "-0E-6176",
        "NaN",
        "Infinity",
        "-Infinity",
        "19.90",
        "1E+6144",
        "1E-6176",
        "-9.999999999999999999999999999999999E+6144",
        "1.000",
        "123E+7",
        "1E-7",
        "1234567890123456789012345678901234",
        "0.0000001",
        "0.000001",
    ];
    let mut fields = Fields::default();
    fields
        .add(0x10, "_id", 1_i32.to_le_bytes())
        .all(0x01, "double", doubles.map(f64::to_le_bytes))
        .all(0x01, "nan", [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(f64::to_le_bytes))
        .all(0x02, "string", [text(""), text(&hard_text()), text("=1+1"), text("a\0b")])
        .all(0x03, "document", [&empty, &inner])
        .all(0x04, "array", [&empty, &array.bytes()])
        .all(0x05, "generic", [binary(0, b""), binary(0, b"\0\x01\xfe\xff"), binary(0, b"+/+=")])
        .add(0x05, "function", binary(1, b"f"))
        .add(0x05, "old", binary(2, &[&length(3)[..], b"old"].concat()))
        .add(0x05, "old_uuid", binary(3, &[3; 16]))
        .add(0x05, "uuid", binary(4, b"0123456789abcdef"))
        .add(0x05, "md5", binary(5, &[5; 16]))
        .all(0x05, "other", [6, 7, 8, 0x80, 0xfe, 0xff].map(|subtype| binary(subtype, b"xyz")))
        .add(0x06, "undefined", [])
        .add(0x07, "id", id.bytes())
        .all(0x08, "bool", [[0], [1]])
        .all(0x09, "date", [0, 1, 1_700_000_000_000, 1_700_000_000_123].map(i64::to_le_bytes))
        .all(0x09, "before", [-1, -62_135_596_800_000, -far].map(i64::to_le_bytes))
        .all(0x09, "after", [253_402_300_799_999, 253_402_300_800_000, far].map(i64::to_le_bytes))
        .add(0x0a, "null", [])
        .all(0x0b, "regex", ["\0\0", "^a/\"\\d\u{1b}🧾$\0imsx\0"])
        .add(0x0c, "pointer", [&text("db.coll\"\\ection"), &id.bytes()[..]].concat())
        .all(0x0d, "code", [text("function() { return '\"\\\n'; }"), text(&hard_text())])
        .all(0x0e, "symbol", [text("symbol"), text(&hard_text())])
        .all(0x0f, "scoped", [code_with_scope("f", &empty), code_with_scope(&hard_text(), &inner)])
        .all(0x10, "int", [0, -1, i32::MIN, i32::MAX].map(i32::to_le_bytes))
        .all(0x11, "timestamp", [1, u64::MAX, 0x1234_5678_0000_0000].map(u64::to_le_bytes))
        .all(0x12, "long", [0, -1, 5, large, -large].map(i64::to_le_bytes))
        .all(0x13, "decimal", decimals.map(decimal))
        .add(0xff, "least", [])
        .add(0x7f, "greatest", []);
    fields.document()
}

/// The one document of the orders in this form, as `--json` and as a line have it.
#[track_caller]
fn texts(rig: &Rig, form: &[&str]) -> [String; 2] {
    let page = found(rig, &[&["--json"], form].concat());
    page.held_to("find");
    // As text: what reads it into a map would hide what is there twice.
    let page = page.stdout.split_once("\"documents\":[").unwrap().1;
    let page = page.rsplit_once("],\"next\":null}").unwrap().0.to_owned();
    let line = found(rig, &[&["--format", "jsonl"], form].concat()).stdout;
    [page, line.strip_suffix('\n').unwrap().to_owned()]
}

fn read(text: &str) -> Document {
    document(&serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}")))
}

/// Which fields of two documents are not the same to the last bit.
fn differences(one: &Document, other: &Document) -> Vec<String> {
    let bytes = |of: &Document, name: &String| {
        let mut alone = Document::new();
        alone.extend(of.get(name).map(|value| ("value".to_owned(), value.clone())));
        serialize_to_vec(&alone).unwrap()
    };
    let differs = |name: &&String| bytes(one, name) != bytes(other, name);
    let names = one.keys().chain(other.keys()).filter(differs);
    names.map(|name| format!("{name}: {:?} and {:?}", one.get(name), other.get(name))).collect()
}

/// All integers as long ones: the relaxed form does not tell them apart.
fn with_long_integers(value: Bson) -> Bson {
    match value {
        Bson::Int32(number) => Bson::Int64(number.into()),
        Bson::Array(items) => items.into_iter().map(with_long_integers).collect(),
        Bson::Document(fields) => Bson::Document(relaxed(fields)),
        Bson::JavaScriptCodeWithScope(mut code) => {
            code.scope = relaxed(code.scope);
            Bson::JavaScriptCodeWithScope(code)
        }
        other => other,
    }
}

fn relaxed(fields: Document) -> Document {
    fields.into_iter().map(|(name, value)| (name, with_long_integers(value))).collect()
}

#[test]
fn the_canonical_form_is_the_document_to_the_last_bit() {
    let rig = shop(vec![]);
    let stored = every_type(false);
    insert_raw(&rig, std::slice::from_ref(&stored));
    let right: Document = deserialize_from_slice(stored.as_bytes()).unwrap();
    for text in texts(&rig, &["--canonical"]) {
        let given = read(&text);
        assert_eq!(differences(&right, &given), Vec::<String>::new());
        assert_eq!(serialize_to_vec(&given).unwrap(), stored.as_bytes());
    }
}

#[test]
fn the_relaxed_form_loses_the_width_of_integers_and_nothing_else() {
    let rig = shop(vec![]);
    let stored = every_type(false);
    insert_raw(&rig, std::slice::from_ref(&stored));
    let right = relaxed(deserialize_from_slice(stored.as_bytes()).unwrap());
    for text in texts(&rig, &[]) {
        let given = relaxed(read(&text));
        assert_eq!(differences(&right, &given), Vec::<String>::new());
        assert_eq!(given.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
        for plain in [r#""int_3":2147483647,"#, r#""long_2":5,"#, r#""double_0":1.5,"#] {
            assert!(text.contains(plain), "{plain} is not in {text}");
        }
        assert!(text.contains(r#""date_2":{"$date":"2023-11-14T22:13:20Z"}"#), "{text}");
    }
}

#[test]
fn node_reads_what_is_stored_from_both_forms() {
    let rig = shop(vec![]);
    let stored = every_type(true);
    insert_raw(&rig, std::slice::from_ref(&stored));
    let [canonical, line] = texts(&rig, &["--canonical"]);
    assert_eq!(canonical, line);
    let [relaxed, line] = texts(&rig, &[]);
    assert_eq!(relaxed, line);
    let bytes = stored.as_bytes().iter();
    let bson = bytes.fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let file = rig.home.path().join("documents.json");
    let documents = json!([{"bson": bson, "canonical": canonical, "relaxed": relaxed}]);
    std::fs::write(&file, documents.to_string()).unwrap();
    let Some(differences) = compared(&file) else { return };
    assert_eq!(differences, json!([]), "{differences:#}");
}

#[test]
fn what_a_map_would_lose_is_there() {
    let rig = shop(vec![]);
    let mut fields = Fields::default();
    fields.add(0x10, "_id", 1_i32.to_le_bytes()).add(0x10, "z", 1_i32.to_le_bytes());
    fields.add(0x10, "a", 2_i32.to_le_bytes()).add(0x10, "z", 3_i32.to_le_bytes());
    fields.add(0x02, "broken", [&length(3)[..], b"\xff\xfe\0"].concat());
    insert_raw(&rig, &[fields.document()]);
    for text in texts(&rig, &[]) {
        assert_eq!(text, "{\"_id\":1,\"z\":1,\"a\":2,\"z\":3,\"broken\":\"\u{fffd}\u{fffd}\"}");
    }
}

#[test]
fn a_hundred_levels_are_given_whole() {
    let rig = shop(vec![]);
    let mut deep = Fields::default().add(0x02, "0", text("bottom")).bytes();
    for level in 0..100 {
        let kind = if level % 2 == 0 { 0x04 } else { 0x03 };
        let name = if kind == 0x03 { "0" } else { "a" };
        deep = Fields::default().add(kind, name, &deep).bytes();
    }
    let mut fields = Fields::default();
    let stored = fields.add(0x10, "_id", 1_i32.to_le_bytes()).add(0x03, "deep", &deep).document();
    insert_raw(&rig, std::slice::from_ref(&stored));
    for form in [&[][..], &["--canonical"]] {
        for text in texts(&rig, form) {
            assert!(serialize_to_vec(&read(&text)).unwrap() == stored.as_bytes(), "{text}");
        }
    }
}

#[test]
fn a_document_of_16_mb_is_given_whole() {
    let rig = shop(vec![]);
    let mut fields = Fields::default();
    fields.add(0x10, "_id", 1_i32.to_le_bytes());
    for (at, part) in ["long ", "\u{1b}\"\\", "🧾"].into_iter().enumerate() {
        fields.add(0x02, &format!("text_{at}"), text(&part.repeat((3 << 20) / part.len())));
    }
    fields.add(0x05, "bytes", binary(0, &vec![0xa5; 6 << 20]));
    let room = (16 << 20) - fields.bytes().len();
    fields.add(0x02, "rest", text(&"x".repeat(room - 11)));
    let stored = fields.document();
    assert_eq!(stored.as_bytes().len(), 16 << 20);
    insert_raw(&rig, std::slice::from_ref(&stored));
    let page = found(&rig, &["--json"]).json();
    let line: Value = serde_json::from_str(&found(&rig, &["--format", "jsonl"]).stdout).unwrap();
    for given in [&page["documents"][0], &line] {
        let is_it = serialize_to_vec(&document(given)).unwrap() == stored.as_bytes();
        assert!(is_it, "it is not the same document");
    }
    let lines = found(&rig, &["--all", "--format", "csv"]).stdout;
    assert!(lines.len() > 16 << 20, "{}", lines.len());
}
