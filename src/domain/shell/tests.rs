use bson::{Binary, Bson, DateTime, Document, bson, doc, oid::ObjectId, spec::BinarySubtype};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

/// 2026-11-23T08:00:00Z.
const NOW: i64 = 1_795_420_800_000;

fn now() -> Timestamp {
    Timestamp::from_millisecond(NOW).unwrap()
}

fn read(text: &str) -> Bson {
    parse(text, now()).unwrap_or_else(|error| panic!("{text}: {error} at {}", error.at))
}

fn id() -> ObjectId {
    ObjectId::parse_str("65f0c0ffee65f0c0ffee65f0").unwrap()
}

fn date(milliseconds: i64) -> Bson {
    Bson::DateTime(DateTime::from_millis(milliseconds))
}

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().unwrap())
}

fn uuid() -> Bson {
    Bson::Binary(bson::Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap().into())
}

fn regex(pattern: &str, options: &str) -> Bson {
    super::parser::regex(pattern, options).unwrap()
}

#[test]
fn what_people_paste_is_read() {
    let hex = "65f0c0ffee65f0c0ffee65f0";
    for (text, expected) in [
        ("{}", bson!({})),
        ("{total: {$gt: 5}}", bson!({"total": {"$gt": 5}})),
        ("{ 'a' : \"b\", c: 'd', }", bson!({"a": "b", "c": "d"})),
        (
            "{\"lines.sku\": 'x', 0: 1, $or: [{a: 1}, {b: 2},]}",
            bson!({"lines.sku": "x", "0": 1, "$or": [{"a": 1}, {"b": 2}]}),
        ),
        ("{[\"a\"]: 1}", bson!({"a": 1})),
        ("{größe: 1}", bson!({"größe": 1})),
        ("{a: 1} // why", bson!({"a": 1})),
        ("/* all */ {a: /* one */ 1};", bson!({"a": 1})),
        ("{a: true, b: false, c: null}", bson!({"a": true, "b": false, "c": null})),
        ("[1, 2, [3]]", bson!([1, 2, [3]])),
        ("-5", Bson::Int32(-5)),
        ("+5", Bson::Int32(5)),
        ("2147483648", Bson::Int64(2_147_483_648)),
        ("-2147483648", Bson::Int32(i32::MIN)),
        ("-9223372036854775808", Bson::Int64(i64::MIN)),
        ("1e3", Bson::Double(1000.0)),
        (".5", Bson::Double(0.5)),
        ("5.", Bson::Double(5.0)),
        ("1_000", Bson::Int32(1000)),
        ("0x1f", Bson::Int32(31)),
        ("5n", Bson::Int64(5)),
        ("18446744073709551616", Bson::Double(18_446_744_073_709_551_616.0)),
        ("Infinity", Bson::Double(f64::INFINITY)),
        ("-Infinity", Bson::Double(f64::NEG_INFINITY)),
        ("2 * (3 + 4) - 1", Bson::Int32(13)),
        ("7 / 2", Bson::Double(3.5)),
        (r#""\u00e9\x41\n\u{1f600}\ud83d\ude00\/""#, Bson::String("éA\n😀😀/".into())),
        ("`plain`", Bson::String("plain".into())),
        ("'it\\'s'", Bson::String("it's".into())),
        (&format!("ObjectId(\"{hex}\")"), Bson::ObjectId(id())),
        (&format!("new ObjectId('{hex}')"), Bson::ObjectId(id())),
        ("ISODate(\"2026-11-23T08:00:00Z\")", date(NOW)),
        ("ISODate('2026-11-23T08:00:00.000+00:00')", date(NOW)),
        ("ISODate('2026-11-23 08:00')", date(NOW)),
        ("new Date('2026-11-23')", date(NOW - 8 * 3_600_000)),
        ("new Date(2026, 10, 23, 8)", date(NOW)),
        ("new Date(1795420800000)", date(NOW)),
        ("new Date", date(NOW)),
        ("new Date(Date.now() - 24 * 60 * 60 * 1000)", date(NOW - 86_400_000)),
        ("new Date(ISODate('2026-11-23T08:00:00Z').getTime() + 1)", date(NOW + 1)),
        ("Date.UTC(1970, 0, 2)", Bson::Int32(86_400_000)),
        ("NumberInt(5)", Bson::Int32(5)),
        ("NumberInt('5')", Bson::Int32(5)),
        ("NumberLong(5)", Bson::Int64(5)),
        ("NumberLong(\"9223372036854775807\")", Bson::Int64(i64::MAX)),
        ("Long.fromString('5')", Bson::Int64(5)),
        ("Double(5)", Bson::Double(5.0)),
        ("NumberDecimal('1.10')", decimal("1.10")),
        ("Decimal128(\"-1E+3\")", decimal("-1E+3")),
        ("UUID('00112233-4455-6677-8899-aabbccddeeff')", uuid()),
        (
            "BinData(0, 'AQID')",
            Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] }),
        ),
        (
            "Binary.createFromBase64('AQID', 128)",
            Bson::Binary(Binary { subtype: BinarySubtype::from(128), bytes: vec![1, 2, 3] }),
        ),
        (
            "HexData(0, '010203')",
            Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] }),
        ),
        ("/^a.*\\/b$/im", regex("^a.*/b$", "im")),
        ("/[/]x/", regex("[/]x", "")),
        ("new RegExp('a\\\\.b', 'gi')", regex("a\\.b", "i")),
        ("MinKey", Bson::MinKey),
        ("MaxKey()", Bson::MaxKey),
        ("new MinKey()", Bson::MinKey),
        ("Timestamp(1, 2)", Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 })),
        ("Timestamp({ t: 1, i: 2 })", Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 })),
        ("undefined", Bson::Undefined),
        ("Code('x')", Bson::JavaScriptCode("x".into())),
        ("DBRef('shops', 1)", bson!({"$ref": "shops", "$id": 1})),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert!(matches!(read("NaN"), Bson::Double(number) if number.is_nan()));
    assert!(
        matches!(read("-0"), Bson::Double(number) if number == 0.0 && number.is_sign_negative())
    );
}

#[test]
fn extended_json_is_read_in_both_forms() {
    for (text, expected) in [
        (r#"{"$oid": "65f0c0ffee65f0c0ffee65f0"}"#, Bson::ObjectId(id())),
        (r#"{"$date": "2026-11-23T08:00:00Z"}"#, date(NOW)),
        (r#"{"$date": {"$numberLong": "1795420800000"}}"#, date(NOW)),
        (r#"{"$date": 1795420800000}"#, date(NOW)),
        (r#"{"$numberInt": "5"}"#, Bson::Int32(5)),
        (r#"{"$numberLong": "5"}"#, Bson::Int64(5)),
        (r#"{"$numberDouble": "-Infinity"}"#, Bson::Double(f64::NEG_INFINITY)),
        (r#"{"$numberDouble": "5.0"}"#, Bson::Double(5.0)),
        (r#"{"$numberDecimal": "1.10"}"#, decimal("1.10")),
        (r#"{"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}"#, uuid()),
        (r#"{"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "04"}}"#, uuid()),
        (r#"{"$binary": "ABEiM0RVZneImaq7zN3u/w==", "$type": "04"}"#, uuid()),
        (r#"{"$regularExpression": {"pattern": "^a", "options": "i"}}"#, regex("^a", "i")),
        (
            r#"{"$timestamp": {"t": 4294967295, "i": 2}}"#,
            Bson::Timestamp(bson::Timestamp { time: u32::MAX, increment: 2 }),
        ),
        (r#"{"$minKey": 1}"#, Bson::MinKey),
        (r#"{"$maxKey": 1}"#, Bson::MaxKey),
        (r#"{"$undefined": true}"#, Bson::Undefined),
        (r#"{"$code": "x"}"#, Bson::JavaScriptCode("x".into())),
        (r#"{"$symbol": "x"}"#, Bson::Symbol("x".into())),
        // How filters are written, not values.
        (r#"{"$regex": "^a", "$options": "i"}"#, bson!({"$regex": "^a", "$options": "i"})),
        (
            r#"{"$gt": {"$date": "2026-11-23T08:00:00Z"}}"#,
            Bson::Document(doc! {"$gt": DateTime::from_millis(NOW)}),
        ),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn errors_point_at_the_character_and_say_what_was_expected() {
    for (text, at, message) in [
        ("{a: }", 4, "expected a value for `a`, found `}`"),
        ("{a 1}", 3, "expected `:` after the field name `a`, found `1`"),
        ("{a: 1 b: 2}", 6, "expected `,` or `}`, found `b`"),
        ("{a: 1", 5, "expected `,` or `}`, found the end"),
        ("[1 2]", 3, "expected `,` or `]`, found `2`"),
        ("{a.b: 1}", 2, "a field name with a dot needs quotes, as in `\"a.name\"`"),
        ("{a: paid}", 4, "expected a value, found `paid`; a text needs quotes"),
        ("{a: “paid”}", 4, "expected a value, found a typographic quotation mark; use `\"` or `'`"),
        ("{a: 'paid}", 4, "this text has no end: ' is missing"),
        ("{a: /x}", 4, "this regular expression has no end: / is missing"),
        ("{a: 1} x", 7, "expected the end, found `x`"),
        ("{a: ObjectId('x')}", 4, "an ObjectId has 24 hexadecimal digits"),
        ("{a: ObjectID2('x')}", 4, "`ObjectID2` is not known; `ObjectId` is"),
        (
            "{a: ISODate('soon')}",
            4,
            "`soon` is no date such as `2026-11-23` or `2026-11-23T08:00:00Z`",
        ),
        ("{_id: {$oid: 'x'}}", 6, "`$oid` does not hold such a value"),
        ("{a: 1 /* }", 6, "this comment has no end: `*/` is missing"),
        ("", 0, "expected a value, found the end"),
        ("{a: 'x' + 1}", 8, "expected a number to calculate with, found a text"),
        ("{é: ?}", 5, "expected a value, found `?`"),
    ] {
        let error = parse(text, now()).unwrap_err();
        assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
    }
    let error = parse("{a: 1,\n é: ?}", now()).unwrap_err();
    assert_eq!(error.line_and_column("{a: 1,\n é: ?}"), (2, 5));
    let deep = "[".repeat(100_000);
    assert!(parse(&deep, now()).unwrap_err().message.contains("nested deeper"));
    assert!(parse(&"-".repeat(100_000), now()).is_err());
    assert!(parse(&"(".repeat(100_000), now()).is_err());
}

#[test]
fn filters_and_pipelines_are_documents() {
    assert_eq!(document("  // nothing\n", now()), Ok(Document::new()));
    assert_eq!(
        document("5", now()).unwrap_err().message,
        "expected a document such as `{status: \"paid\"}`, found a number"
    );
    assert_eq!(pipeline("{$match: {}}", now()), Ok(vec![doc! {"$match": {}}]));
    assert!(pipeline("[5]", now()).unwrap_err().message.contains("an array of stages"));
}

#[test]
fn whole_commands_are_taken_apart() {
    let text = "db.getCollection('a b').find({x: 1}, {_id: 0}).sort({y: -1}).limit(5);";
    let command = pasted(text, now()).unwrap().unwrap();
    assert_eq!(command.collection, "a b");
    let names: Vec<&str> = command.calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["find", "sort", "limit"]);
    assert_eq!(command.calls[0].arguments, [bson!({"x": 1}), bson!({"_id": 0})]);
    assert_eq!(pasted("db.a.b.count()", now()).unwrap().unwrap().collection, "a.b");
    assert_eq!(pasted("db['a-b'].find()", now()).unwrap().unwrap().collection, "a-b");
    assert_eq!(pasted("{a: 1}", now()), Ok(None));
    assert!(pasted("db.orders", now()).is_err());
    assert!(pasted("db.orders.find(", now()).is_err());
}

#[test]
fn completion_knows_where_it_is() {
    let fields = ["status".to_owned(), "lines.sku".to_owned()];
    let at_end = |text: &str, in_pipeline| complete(text, text.len(), &fields, in_pipeline);
    assert_eq!(at_end("{sta", false).candidates, ["status"]);
    assert_eq!(at_end("{lin", false).candidates, ["\"lines.sku\""]);
    assert_eq!(
        at_end("{'lines.s", false),
        Completion { start: 2, candidates: vec!["lines.sku".into()] }
    );
    assert_eq!(
        at_end("{a: 1, lines.s", false),
        Completion { start: 7, candidates: vec!["\"lines.sku\"".into()] }
    );
    assert_eq!(at_end("{total: {$gt", false).candidates, ["$gte"]);
    assert!(at_end("{", false).candidates.contains(&"$or".to_owned()));
    assert_eq!(at_end("{a: ISO", false).candidates, ["ISODate(\""]);
    assert_eq!(at_end("[{$gro", true).candidates, ["$group"]);
    assert_eq!(at_end("[{$group: {_id: '$sta", true).candidates, ["$status"]);
}

fn scalar() -> impl Strategy<Value = Bson> {
    prop_oneof![
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        any::<f64>()
            .prop_filter("equal to itself", |number| !number.is_nan())
            .prop_map(Bson::Double),
        any::<bool>().prop_map(Bson::Boolean),
        any::<String>().prop_map(Bson::String),
        any::<[u8; 12]>().prop_map(|bytes| Bson::ObjectId(ObjectId::from_bytes(bytes))),
        any::<i64>().prop_map(date),
        (-70_000_000_000_000_i64..260_000_000_000_000).prop_map(date),
        (any::<u32>(), any::<u32>())
            .prop_map(|(time, increment)| Bson::Timestamp(bson::Timestamp { time, increment })),
        (prop_oneof![any::<u8>(), Just(2)], any::<Vec<u8>>())
            .prop_map(|(subtype, bytes)| Bson::Binary(Binary { subtype: subtype.into(), bytes })),
        any::<[u8; 16]>().prop_map(|bytes| Bson::Binary(bson::Uuid::from_bytes(bytes).into())),
        ("[^\0]*", "[imsx]{0,2}").prop_filter_map("options repeat", |(pattern, options)| {
            super::parser::regex(&pattern, &options).ok()
        }),
        any::<String>().prop_map(Bson::JavaScriptCode),
        any::<String>().prop_map(Bson::Symbol),
        "-?[0-9]{1,30}(\\.[0-9]{1,4})?".prop_map(|text| decimal(&text)),
        Just(Bson::Null),
        Just(Bson::Undefined),
        Just(Bson::MinKey),
        Just(Bson::MaxKey),
    ]
}

fn value() -> impl Strategy<Value = Bson> {
    // Names that begin with `$` may be Extended JSON, which is another value.
    let key =
        prop_oneof!["[a-zA-Z_][a-zA-Z0-9_]{0,8}", "[^\0$][^\0]{0,8}", Just("__proto__".to_owned())];
    scalar().prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Bson::Array),
            proptest::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|fields| Bson::Document(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_back_equal(value in value()) {
        let printed = print(&value);
        prop_assert_eq!(read(&printed), value, "{}", printed);
    }

    #[test]
    fn extended_json_parses_back_equal(value in value()) {
        let canonical = value.clone().into_canonical_extjson().to_string();
        prop_assert_eq!(read(&canonical).into_canonical_extjson().to_string(), canonical);
        // The relaxed form does not tell the types of numbers apart.
        let relaxed = |value: Bson| {
            let raw = bson::RawDocumentBuf::try_from(&doc! {"v": value}).unwrap();
            crate::domain::document::json::document(raw.as_bytes())
        };
        let text = relaxed(value);
        let back = document(&text, now()).unwrap().remove("v").unwrap();
        prop_assert_eq!(relaxed(back), text);
    }

    #[test]
    fn nothing_that_is_typed_panics(text in any::<String>(), cursor in 0_usize..40) {
        for result in [parse(&text, now()).err(), document(&text, now()).err(), pipeline(&text, now()).err(), pasted(&text, now()).err()].into_iter().flatten() {
            prop_assert!(result.at <= text.len() && text.is_char_boundary(result.at));
        }
        complete(&text, cursor, &["a".to_owned()], true);
    }

    #[test]
    fn nothing_like_a_query_panics(text in "[{}\\[\\]():,.'\"`/\\\\$a-zA-Z0-9 +*%\n-]{0,40}", cursor in 0_usize..40) {
        if let Err(error) = parse(&text, now()) {
            prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
            error.line_and_column(&text);
        }
        let _ = pasted(&text, now());
        complete(&text, cursor, &["a".to_owned()], false);
    }
}

#[test]
fn an_aggregation_is_taken_as_it_is_pasted() {
    let now = Timestamp::UNIX_EPOCH;
    let stages = vec![doc! {"$match": {"a": 1}}, doc! {"$limit": 2}];
    for text in [
        "[{$match: {a: 1}}, {$limit: 2}]",
        "db.orders.aggregate([{$match: {a: 1}}, {$limit: 2},]).toArray();",
        "db.getCollection('x_orders').aggregate({$match: {a: 1}}, {$limit: 2}).pretty()",
        "db['orders'].aggregate([\n  {$match: {a: 1}}, // those\n  {$limit: 2}\n])",
    ] {
        assert_eq!(pipeline(text, now).as_ref(), Ok(&stages), "{text}");
    }
    assert_eq!(pipeline("db.orders.aggregate([])", now), Ok(vec![]));
    for (text, at, message) in [
        ("db.orders.find({})", 10, "`find` is no part of an aggregation here"),
        ("db.orders.drop()", 10, "`drop` is no part of an aggregation here"),
        ("db.o.aggregate([]).forEach(1)", 19, "`forEach` is no part of an aggregation here"),
        ("db.o.aggregate([]).aggregate([])", 19, "`aggregate` is no part of an aggregation here"),
        (
            "db.o.aggregate([], {allowDiskUse: true})",
            5,
            "expected stages, and no options beside them",
        ),
        ("db.o.aggregate([{$match: {}}", 28, "expected `,` or `]`, found the end"),
    ] {
        let error = pipeline(text, now).unwrap_err();
        assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
    }
}
