//! Values of every type, many of them next to each other in the server's order.

use mongodb::bson::{
    Binary, Bson, DateTime, Decimal128, JavaScriptCodeWithScope, Regex, Timestamp, bson, doc,
    oid::ObjectId, spec::BinarySubtype,
};
use serde_json::json;

pub(super) fn decimal(text: &str) -> Bson {
    text.parse::<Decimal128>().unwrap().into()
}

fn binary(subtype: u8, bytes: &[u8]) -> Bson {
    Binary { subtype: BinarySubtype::from(subtype), bytes: bytes.to_vec() }.into()
}

fn pointer(collection: &str, n: u8) -> Bson {
    let id = ObjectId::from_bytes([n; 12]).to_hex();
    json!({"$dbPointer": {"$ref": collection, "$id": {"$oid": id}}}).try_into().unwrap()
}

fn regex(pattern: &str, options: &str) -> Bson {
    Bson::RegularExpression(Regex {
        pattern: pattern.try_into().unwrap(),
        options: options.try_into().unwrap(),
    })
}

/// Values that may be an `_id`, no two of which are equal.
pub(super) fn ids() -> Vec<Bson> {
    let mut ids = vec![
        Bson::MinKey,
        Bson::MaxKey,
        Bson::Null,
        f64::NAN.into(),
        f64::INFINITY.into(),
        f64::NEG_INFINITY.into(),
        0.into(),
        (-1).into(),
        1_i64.into(),
        1.5.into(),
        decimal("1.1"),
        1.1.into(),
        decimal("1E+400"),
        decimal("-1E+400"),
        i64::MAX.into(),
        i64::MIN.into(),
        // The next one is no double.
        9_007_199_254_740_992_f64.into(),
        9_007_199_254_740_993_i64.into(),
        f64::MIN_POSITIVE.into(),
        "".into(),
        "a".into(),
        "A".into(),
        "a\0b".into(),
        "é".into(),
        "e\u{301}".into(),
        "\u{1f600}".into(),
        "5".into(),
        Bson::Symbol("b".into()),
        Bson::Symbol("".repeat(2) + "zz"),
        doc! {}.into(),
        doc! {"a": 1}.into(),
        doc! {"a": 1, "b": [1, {"c": Bson::Null}]}.into(),
        doc! {"b": 0}.into(),
        doc! {"a": "x"}.into(),
        doc! {"a": f64::NAN}.into(),
        binary(0, b""),
        binary(0, b"abc"),
        binary(2, b"abc"),
        binary(2, b"a"),
        binary(0x80, b"abc"),
        binary(0, b"zbcdefgh"),
        binary(3, &[7; 16]),
        binary(4, &[7; 16]),
        binary(5, &[0; 16]),
        ObjectId::from_bytes([0; 12]).into(),
        ObjectId::from_bytes([255; 12]).into(),
        ObjectId::from_bytes([7; 12]).into(),
        false.into(),
        true.into(),
        DateTime::from_millis(0).into(),
        DateTime::from_millis(-1).into(),
        DateTime::from_millis(i64::MIN).into(),
        DateTime::from_millis(1_700_000_000_000).into(),
        Timestamp { time: 0, increment: 1 }.into(),
        Timestamp { time: 1, increment: 0 }.into(),
        Timestamp { time: u32::MAX, increment: u32::MAX }.into(),
        Bson::JavaScriptCode("a()".into()),
        Bson::JavaScriptCode("b()".into()),
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope {
            code: "a()".into(),
            scope: doc! {"x": 1},
        }),
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope {
            code: "a()".into(),
            scope: doc! {"x": 2},
        }),
        pointer("a", 1),
        pointer("a", 2),
        pointer("bb", 0),
    ];
    // The order of insertion is to say nothing.
    fastrand::Rng::with_seed(5).shuffle(&mut ids);
    ids
}

/// Values that are no arrays; some are equal to others.
pub(super) fn scalars() -> Vec<Bson> {
    let mut values = ids();
    values.extend([
        Bson::Undefined,
        decimal("NaN"),
        decimal("Infinity"),
        decimal("-0"),
        (-0.0).into(),
        1.into(),
        1.0.into(),
        decimal("1.0"),
        Bson::Symbol("a".into()),
        regex("a", ""),
        regex("a", "i"),
        regex("b", ""),
        doc! {"a": 1.0}.into(),
    ]);
    values
}

/// Arrays: the lowest or the greatest element counts.
pub(super) fn arrays() -> Vec<Bson> {
    vec![
        bson!([]),
        bson!([1, 2]),
        bson!([5, -3]),
        bson!([1, 1.5, "a"]),
        bson!([null]),
        bson!([null, 3]),
        bson!([[1, 2]]),
        bson!([[1, 2], 7]),
        bson!([[]]),
        bson!([f64::NAN, 2]),
        bson!([2, decimal("NaN")]),
        bson!([{"a": 1}, 0]),
        bson!([(Bson::MinKey), (Bson::MaxKey)]),
        bson!([true, "z"]),
        bson!([(regex("a", "")), 1]),
        bson!([(DateTime::from_millis(-5)), false]),
        bson!([(Bson::Undefined), 1]),
    ]
}
