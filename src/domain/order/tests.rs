use bson::{Binary, DateTime, RawDocumentBuf, bson, doc, oid::ObjectId, spec::BinarySubtype};
use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().unwrap())
}

#[test]
fn values_are_ordered_as_the_server_orders_them() {
    let ascending = [
        Bson::MinKey,
        Bson::Undefined,
        Bson::Null,
        Bson::Double(f64::NAN),
        Bson::Double(f64::NEG_INFINITY),
        decimal("-1E+6000"),
        Bson::Int64(i64::MIN),
        decimal("-2.5"),
        Bson::Int32(-2),
        Bson::Double(0.0),
        decimal("1E-6000"),
        decimal("0.1"),
        decimal("0.1000000000000000055511151231257827"),
        Bson::Double(0.1),
        decimal("0.1000000000000000055511151231257828"),
        decimal("1.10"),
        Bson::Int32(2),
        Bson::Double(9_007_199_254_740_992.0),
        Bson::Int64(9_007_199_254_740_993),
        Bson::Int64(i64::MAX),
        Bson::Double(9_223_372_036_854_775_808.0),
        decimal("9999999999999999999999999999999999"),
        Bson::Double(f64::INFINITY),
        Bson::String(String::new()),
        Bson::String("Z".into()),
        Bson::String("a".into()),
        Bson::String("ä".into()),
        bson!({}),
        bson!({"a": 1}),
        bson!({"a": 1, "b": 0}),
        bson!({"b": 0}),
        bson!({"a": "text"}),
        bson!([]),
        bson!([1]),
        bson!([1, 0]),
        bson!([2]),
        Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![9] }),
        Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 0] }),
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![0, 0] }),
        // On the wire it is longer by a length of its own.
        Bson::Binary(Binary { subtype: BinarySubtype::BinaryOld, bytes: vec![1] }),
        Bson::ObjectId(ObjectId::from_bytes([1; 12])),
        Bson::Boolean(false),
        Bson::Boolean(true),
        Bson::DateTime(DateTime::from_millis(-1)),
        Bson::DateTime(DateTime::from_millis(1)),
        Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 }),
        Bson::Timestamp(bson::Timestamp { time: 2, increment: 1 }),
        Bson::JavaScriptCode("a".into()),
        Bson::MaxKey,
    ];
    for (index, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            assert_eq!(compare(left, right), index.cmp(&other), "{left} and {right}");
        }
    }
}

#[test]
fn numbers_of_all_types_are_equal_by_value() {
    for (left, right) in [
        (Bson::Int32(2), Bson::Double(2.0)),
        (Bson::Int32(2), decimal("2.00")),
        (Bson::Int64(i64::MAX), decimal("9223372036854775807")),
        (Bson::Double(0.0), Bson::Double(-0.0)),
        (Bson::Double(f64::NAN), decimal("NaN")),
        (decimal("0E+10"), Bson::Int32(0)),
        (decimal("1E+3"), Bson::Int32(1000)),
    ] {
        assert_eq!(compare(&left, &right), Ordering::Equal, "{left} and {right}");
    }
}

#[test]
fn the_key_of_a_document_is_what_the_server_sorts_by() {
    let key = |document: Document, path: &str, ascending| {
        let raw = RawDocumentBuf::try_from(&document).unwrap();
        key_of(&raw, &[SortKey { path: path.into(), ascending }]).remove(0)
    };
    assert_eq!(key(doc! {"a": 5}, "a", true), Bson::Int32(5));
    assert_eq!(key(doc! {}, "a", true), Bson::Null);
    assert_eq!(key(doc! {"a": [3, 1, 2]}, "a", true), Bson::Int32(1));
    assert_eq!(key(doc! {"a": [3, 1, 2]}, "a", false), Bson::Int32(3));
    assert_eq!(key(doc! {"a": []}, "a", true), Bson::Undefined);
    assert_eq!(key(doc! {"a": {"b": 5}}, "a.b", true), Bson::Int32(5));
    assert_eq!(key(doc! {"a": [{"b": 5}, {"b": 2}, {}]}, "a.b", false), Bson::Int32(5));
    assert_eq!(key(doc! {"a": [{"b": 5}, {}]}, "a.b", true), Bson::Null);
    assert_eq!(key(doc! {"a": [{"b": 5}, {"b": 2}]}, "a.1.b", true), Bson::Int32(2));
    assert_eq!(key(doc! {"a": 5}, "a.b", true), Bson::Null);
    assert_eq!(key(doc! {"a": [{"b": 5}, 1]}, "a.b", true), Bson::Null);
    assert_eq!(key(doc! {"a": [[2, 1]]}, "a.0", true), bson!([2, 1]));
    assert_eq!(key(doc! {"a": [[]]}, "a.0", true), Bson::Undefined);
    assert_eq!(key(doc! {"a": [1, [{"b": 5}, {"b": 4}]]}, "a.1.b", true), Bson::Int32(4));
}

fn sum(left: &Bson, right: &Bson) -> Bson {
    let mut total = Total::default();
    total.add(left);
    total.add(right);
    total.value()
}

#[test]
fn sums_are_those_of_the_server() {
    for (left, right, total) in [
        (Bson::Int32(1), Bson::Int32(2), Bson::Int32(3)),
        (Bson::Int32(i32::MAX), Bson::Int32(1), Bson::Int64(i64::from(i32::MAX) + 1)),
        (Bson::Int32(1), Bson::Int64(2), Bson::Int64(3)),
        (Bson::Int64(i64::MAX), Bson::Int32(1), Bson::Double(9_223_372_036_854_775_808.0)),
        (Bson::Int32(1), Bson::Double(0.5), Bson::Double(1.5)),
        (decimal("0.1"), decimal("0.2"), decimal("0.3")),
        (decimal("0.1"), Bson::Double(0.25), decimal("0.35")),
        (decimal("0"), Bson::Double(0.1), decimal("0.1000000000000000055511151231257827")),
        (decimal("1.10"), Bson::Int32(1), decimal("2.10")),
        (
            decimal("9999999999999999999999999999999999"),
            Bson::Int32(1),
            decimal("1.000000000000000000000000000000000E+34"),
        ),
        (decimal("9E+33"), decimal("0.5000001"), decimal("9000000000000000000000000000000001")),
        (decimal("1E+100"), decimal("1"), decimal("1.000000000000000000000000000000000E+100")),
        (decimal("Infinity"), decimal("-Infinity"), decimal("NaN")),
    ] {
        let found = sum(&left, &right);
        assert_eq!(compare(&found, &total), Ordering::Equal, "{left} + {right} = {found}");
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&total));
    }
}

#[test]
fn averages_of_decimals_have_34_digits() {
    let average = |total: &str, count| {
        let mut sum = Total::default();
        sum.add(&decimal(total));
        sum.mean(count).unwrap()
    };
    assert_eq!(average("10.00", 4), decimal("2.50"));
    assert_eq!(average("1", 3), decimal("0.3333333333333333333333333333333333"));
    assert_eq!(average("-2", 3), decimal("-0.6666666666666666666666666666666667"));
}

proptest! {
    #[test]
    fn whole_numbers_and_decimals_agree(left in any::<i64>(), right in any::<i64>(), scale in 0_u32..4) {
        let scaled = |number: i64| decimal(&format!("{}E-{scale}", i128::from(number) * 10_i128.pow(scale)));
        prop_assert_eq!(compare(&scaled(left), &Bson::Int64(right)), left.cmp(&right));
        let total = sum(&scaled(left), &Bson::Int64(right));
        prop_assert_eq!(compare(&total, &decimal(&(i128::from(left) + i128::from(right)).to_string())), Ordering::Equal);
    }
}
