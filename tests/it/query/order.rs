//! One order over all stores: exactly that of all their documents in one collection.

use std::collections::HashMap;

use mongodb::bson::{
    Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, RawDocumentBuf, Regex,
    Timestamp, doc, oid::ObjectId, spec::BinarySubtype,
};
use tilldeck::domain::order::{SortKey, compare_keys, key_of};

use super::rig::{Answer, Rig, Together, dealt, heap, json, number, numbered, store};

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse::<Decimal128>().unwrap())
}

fn binary(subtype: BinarySubtype, bytes: &[u8]) -> Bson {
    Bson::Binary(Binary { subtype, bytes: bytes.to_vec() })
}

fn regex(pattern: &str, options: &str) -> Bson {
    Bson::RegularExpression(Regex {
        pattern: pattern.try_into().unwrap(),
        options: options.try_into().unwrap(),
    })
}

/// Numbers that only look alike in one of the types.
fn numbers() -> Vec<Bson> {
    let large = 9_007_199_254_740_992_i64;
    vec![
        f64::NAN.into(),
        decimal("NaN"),
        f64::NEG_INFINITY.into(),
        decimal("-Infinity"),
        decimal("-1E+400"),
        (-1e300).into(),
        i64::MIN.into(),
        (-9_223_372_036_854_775_808_f64).into(),
        i64::MAX.into(),
        9_223_372_036_854_775_807_f64.into(),
        decimal("9223372036854775807"),
        decimal("9223372036854775807.5"),
        large.into(),
        (large + 1).into(),
        9_007_199_254_740_992_f64.into(),
        decimal("9007199254740992.5"),
        decimal("9007199254740993"),
        0.into(),
        (-0.0).into(),
        decimal("-0"),
        decimal("0E+10"),
        0.1.into(),
        decimal("0.1"),
        decimal("0.1000000000000000055511151231257827"),
        decimal("0.1000000000000000055511151231257828"),
        decimal("0.10000000000000001"),
        0.3.into(),
        decimal("0.3"),
        1.into(),
        1_i64.into(),
        1.0.into(),
        decimal("1.000"),
        f64::MIN_POSITIVE.into(),
        decimal("1E-400"),
        i32::MAX.into(),
        2_147_483_647.5.into(),
        f64::MAX.into(),
        decimal("1E+309"),
        f64::INFINITY.into(),
        decimal("Infinity"),
    ]
}

/// Values of every type.
fn values() -> Vec<Bson> {
    let id = |byte: u8| Bson::ObjectId(ObjectId::from_bytes([byte; 12]));
    let date = |millis: i64| Bson::DateTime(DateTime::from_millis(millis));
    let stamp = |time, increment| Bson::Timestamp(Timestamp { time, increment });
    let scope = |code: &str, scope: Document| {
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: code.into(), scope })
    };
    let others = vec![
        Bson::MaxKey,
        Bson::MinKey,
        Bson::Null,
        Bson::Undefined,
        "".into(),
        "a".into(),
        "B".into(),
        "b".into(),
        "ä".into(),
        "a\0b".into(),
        "\u{1f600}".into(),
        "\u{ffff}".into(),
        "10".into(),
        "9".into(),
        Bson::Symbol("aa".into()),
        doc! {}.into(),
        doc! {"a": 1}.into(),
        doc! {"a": 1.5}.into(),
        doc! {"a": "x"}.into(),
        doc! {"b": 0}.into(),
        doc! {"a": 1, "b": 1}.into(),
        doc! {"b": 1, "a": 1}.into(),
        doc! {"a": decimal("1"), "b": 0}.into(),
        binary(BinarySubtype::Generic, b"zz"),
        binary(BinarySubtype::Generic, b"aaa"),
        binary(BinarySubtype::Generic, b"aab"),
        binary(BinarySubtype::UserDefined(0x80), b"aaa"),
        binary(BinarySubtype::Generic, b""),
        id(1),
        id(0xff),
        false.into(),
        true.into(),
        date(-1),
        date(0),
        date(i64::MIN),
        date(1_700_000_000_000),
        stamp(0, 1),
        stamp(1, 0),
        stamp(u32::MAX, u32::MAX),
        regex("a", ""),
        regex("a", "i"),
        regex("b", ""),
        Bson::JavaScriptCode("f()".into()),
        Bson::JavaScriptCode("g()".into()),
        scope("f()", doc! {"x": 1}),
        scope("f()", doc! {"x": 2}),
    ];
    numbers().into_iter().chain(others).collect()
}

/// Lists, which count by their least value upwards and by their greatest downwards.
fn lists() -> Vec<Bson> {
    let list = |values: Vec<Bson>| Bson::Array(values);
    vec![
        list(vec![]),
        list(vec![Bson::Null]),
        list(vec![1.into(), 100.into()]),
        list(vec![50.into()]),
        list(vec![0.5.into(), "text".into()]),
        list(vec![list(vec![1.into(), 2.into()])]),
        list(vec![list(vec![])]),
        list(vec![decimal("0.1"), 0.1.into()]),
        list(vec![doc! {"a": 3}.into(), doc! {"a": -3}.into(), doc! {"b": 1}.into()]),
        list(vec![doc! {"a": [7, 8]}.into(), 2.into()]),
        list(vec![Bson::MinKey, Bson::MaxKey]),
        list(vec![Bson::Undefined]),
        list(vec![list(vec![7.into(), 3.into(), 9.into()])]),
        list(vec![list(vec![list(vec![1.into()])])]),
        list(vec![list(vec![doc! {"a": 5}.into(), doc! {"a": 4}.into()])]),
        list(vec![1.into(), list(vec![doc! {"a": 5}.into(), doc! {"a": 4}.into()])]),
        list(vec![1.into(), doc! {"a": [5, 4]}.into()]),
        doc! {"0": [3, 4]}.into(),
        doc! {"0": 8}.into(),
        49.into(),
        doc! {"a": -2}.into(),
        doc! {"a": [1, 9]}.into(),
    ]
}

/// Orders with these values in `v`, one without any, and few different ones in `w`.
fn orders(values: Vec<Bson>) -> Vec<Document> {
    let with_value = |(at, value): (usize, Bson)| {
        let at = i32::try_from(at).unwrap();
        // Scattered, so that no store has a stretch of the order for itself.
        doc! {"_id": (at * 37) % 211, "v": value, "w": at % 4}
    };
    let mut orders: Vec<Document> = values.into_iter().enumerate().map(with_value).collect();
    orders.push(doc! {"_id": 1000, "w": 2});
    orders.push(doc! {"_id": 1001, "w": 1});
    orders
}

/// What stands for an order: its `_id`.
fn id_of(order: &Document) -> String {
    json(order.get("_id").unwrap()).to_string()
}

/// A number for each order that grows along the server's order and is the same for orders
/// that it holds for equal: the sum of its places with `_id` upwards and downwards behind.
fn classes(
    together: &Together,
    sort: &Document,
    collation: Option<&str>,
) -> HashMap<String, usize> {
    let mut classes = HashMap::new();
    for direction in [1, -1] {
        let mut sort = sort.clone();
        sort.insert("_id", direction);
        for (at, order) in together.gives(&[doc! {"$sort": sort}], collation).iter().enumerate() {
            *classes.entry(id_of(order)).or_default() += at;
        }
    }
    classes
}

/// The sort as it is typed.
fn typed(sort: &Document) -> String {
    json(&sort.clone().into()).to_string()
}

/// All of the orders are there once, in an order that the server could have given them.
#[track_caller]
fn assert_sorted(answer: &Answer, classes: &HashMap<String, usize>) {
    let ids: Vec<String> = answer.documents().iter().map(id_of).collect();
    let mut heap = ids.clone();
    heap.sort();
    heap.dedup();
    assert_eq!((heap.len(), ids.len()), (classes.len(), classes.len()), "{ids:?}");
    let along: Vec<usize> = ids.iter().map(|id| classes[id]).collect();
    let mut right = along.clone();
    right.sort_unstable();
    let wrong = along.iter().zip(&right).position(|(is, should)| is != should);
    assert_eq!(wrong, None, "at {:?} in {ids:?}", wrong.map(|at| &ids[at]));
}

/// With and without `_id` behind it, upwards and downwards.
#[track_caller]
fn assert_order(rig: &Rig, sort: &Document, more: &[&str]) {
    let collation = more.iter().position(|&one| one == "--collation").map(|at| more[at + 1]);
    let together = rig.together(None);
    let ask = |sort: &Document| {
        let text = typed(sort);
        rig.whole(&[&["orders", "--limit", "0", "--sort", &text], more].concat())
    };
    let answer = ask(sort);
    rig.assert_rows_are_at_home(&answer);
    assert!(!answer.is_limited(), "{answer:#?}");
    assert_sorted(&answer, &classes(&together, sort, collation));
    let mut total = sort.clone();
    total.insert("_id", -1);
    let right = together.gives(&[doc! {"$sort": total.clone()}], collation);
    let right: Vec<String> = right.iter().map(id_of).collect();
    let given: Vec<String> = ask(&total).documents().iter().map(id_of).collect();
    assert_eq!(given, right, "{total}");
}

#[test]
fn values_of_every_type_are_in_the_order_of_the_server() {
    let rig = Rig::with(dealt(orders(values())), "[query]\npage = 4\n");
    assert_order(&rig, &doc! {"v": 1}, &[]);
    assert_order(&rig, &doc! {"v": -1}, &[]);
}

#[test]
fn lists_count_by_their_least_or_their_greatest() {
    let rig = Rig::new(dealt(orders([lists(), values()].concat())));
    assert_order(&rig, &doc! {"v": 1}, &[]);
    assert_order(&rig, &doc! {"v": -1}, &[]);
    assert_order(&rig, &doc! {"v.a": 1}, &[]);
    assert_order(&rig, &doc! {"v.a": -1}, &[]);
}

#[test]
fn two_keys_in_two_directions() {
    let rig = Rig::new(dealt(orders(values())));
    assert_order(&rig, &doc! {"w": -1, "v": 1}, &[]);
    assert_order(&rig, &doc! {"w": 1, "v": -1}, &[]);
    assert_order(&rig, &doc! {"missing": 1, "w": 1}, &[]);
}

#[test]
fn texts_are_in_the_order_of_the_collation() {
    let words = [
        "a",
        "A",
        "ä",
        "Ä",
        "b",
        "B",
        "z",
        "ø",
        "aa",
        "a-a",
        "item 2",
        "item 10",
        "Item 3",
        "",
        "é",
        "e",
        "E",
        "ß",
        "ss",
        "\u{1f600}",
    ];
    let values = words.into_iter().map(Bson::from).chain([Bson::Null, 3.into(), 2.5.into()]);
    let lists = [Bson::Array(vec!["Z".into(), "a".into()]), doc! {"k": "Ä"}.into()];
    let rig = Rig::new(dealt(orders(values.chain(lists).collect())));
    for collation in [
        r#"{"locale": "de"}"#,
        r#"{"locale": "en", "strength": 1}"#,
        r#"{"locale": "en", "numericOrdering": true, "caseFirst": "upper"}"#,
    ] {
        assert_order(&rig, &doc! {"v": 1}, &["--collation", collation]);
        assert_order(&rig, &doc! {"w": 1, "v": -1}, &["--collation", collation]);
    }
    // What a filter finds is the collation's to say as well.
    let strength = ["--collation", r#"{locale: "en", strength: 1}"#];
    let found = rig.whole(&[&["orders", "--filter", "{v: 'A'}"][..], &strength].concat());
    assert_eq!(found.documents().len(), 5, "{found:#?}");
}

#[test]
fn a_projection_takes_nothing_from_the_order() {
    let rig = Rig::new(dealt(orders(values())));
    assert_order(&rig, &doc! {"v": 1}, &["--project", "{_id: 1}"]);
    assert_order(&rig, &doc! {"w": 1, "v": -1}, &["--project", "{v: 0, w: false}"]);
    let answer = rig.whole(&[
        "orders",
        "--limit",
        "0",
        "--sort",
        "{w: 1, _id: 1}",
        "--project",
        "{_id: 0, w: 1}",
    ]);
    let right = [doc! {"$sort": {"w": 1, "_id": 1}}, doc! {"$project": {"_id": 0, "w": 1}}];
    assert_eq!(answer.documents(), rig.together(None).gives(&right, None));
    let made = rig.whole(&[
        "orders",
        "--limit",
        "2",
        "--sort",
        "{_id: 1}",
        "--project",
        "{w: 1, x: {$literal: 'x'}}",
    ]);
    let right = [
        doc! {"$sort": {"_id": 1}},
        doc! {"$limit": 2},
        doc! {"$project": {"w": 1, "x": {"$literal": "x"}}},
    ];
    assert_eq!(made.documents(), rig.together(None).gives(&right, None));
}

#[test]
fn every_row_says_where_it_is_from() {
    let rig = Rig::new(numbered(23));
    let answer = rig.whole(&["orders"]);
    rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 2, 3]));
    assert_eq!(answer.rows().len(), 23, "{answer:#?}");
    let right = rig.together(None).gives(&[], None);
    assert_eq!(heap(&answer.documents()), heap(&right));
    let filtered = rig.whole(&["orders", "--filter", "{n: {$gte: 20}}"]);
    assert_eq!(filtered.rows().len(), 3, "{filtered:#?}");
    let nothing = rig.whole(&["orders", "--filter", "{n: -1}"]);
    assert!(nothing.rows().is_empty() && !nothing.is_limited(), "{nothing:#?}");
}

#[test]
fn the_limit_is_one_of_all_rows_and_says_whether_there_are_more() {
    let rig = Rig::with(numbered(23), "[query]\npage = 3\n");
    for (limit, n_rows, is_limited) in
        [("1", 1, true), ("7", 7, true), ("22", 22, true), ("23", 23, false), ("24", 23, false)]
    {
        for sort in [&[][..], &["--sort", "{n: 1}"], &["--sort", "{n: -1}"]] {
            let answer = rig.whole(&[&["orders", "--limit", limit], sort].concat());
            rig.assert_rows_are_at_home(&answer);
            let documents = answer.documents();
            assert_eq!(heap(&documents).len(), n_rows, "{limit} {sort:?}: {answer:#?}");
            assert_eq!(answer.is_limited(), is_limited, "{limit} {sort:?}: {answer:#?}");
            let order: Vec<i32> = documents.iter().map(|one| one.get_i32("n").unwrap()).collect();
            let n_rows = i32::try_from(n_rows).unwrap();
            match sort {
                [_, "{n: 1}"] => assert_eq!(order, (0..n_rows).collect::<Vec<_>>()),
                [_, _] => assert_eq!(order, (23 - n_rows..23).rev().collect::<Vec<_>>()),
                _ => assert_eq!(heap(&documents), {
                    let mut once = heap(&documents);
                    once.dedup();
                    once
                }),
            }
        }
    }
}

#[test]
fn a_hundred_rows_where_no_limit_is_asked_for() {
    let many = |first: i32, n: i32| (first..first + n).map(|n| doc! {"_id": n, "n": n}).collect();
    // One store has more than a page, and the last rows of the hundred.
    let stores = vec![store("old", 0, many(500, 5)), store("one", 1, many(0, 90))];
    let rig = Rig::new([stores, vec![store("two", 2, many(95, 60))]].concat());
    let answer = rig.whole(&["orders", "--sort", "{n: 1}"]);
    let right = rig.together(None).gives(&[doc! {"$sort": {"n": 1}}, doc! {"$limit": 100}], None);
    assert_eq!(answer.documents(), right);
    assert!(answer.is_limited());
    let answer = rig.whole(&["orders"]);
    assert_eq!((answer.rows().len(), answer.is_limited()), (100, true));
    let answer = rig.whole(&["orders", "--limit", "0"]);
    assert_eq!((answer.rows().len(), answer.is_limited()), (155, false));
    rig.assert_all_of(&answer, &rig.ids_in(&[0, 1, 2]));
}

/// Every two orders that the program takes for unlike, or for alike, against the server.
#[track_caller]
fn assert_compared(together: &Together, sort: &Document) {
    let classes = classes(together, sort, None);
    let direction = |value: &Bson| number(value) == 1;
    let keys: Vec<SortKey> = sort
        .iter()
        .map(|(path, value)| SortKey { path: path.clone(), ascending: direction(value) })
        .collect();
    let orders = together.gives(&[], None);
    let keyed: Vec<_> = orders
        .iter()
        .map(|order| {
            let raw = RawDocumentBuf::try_from(order).unwrap();
            (classes[&id_of(order)], key_of(&raw, &keys), order)
        })
        .collect();
    for (class, key, order) in &keyed {
        for (other_class, other_key, other) in &keyed {
            let compared = compare_keys(&keys, key, other_key);
            assert_eq!(compared, class.cmp(other_class), "{sort}: {order} and {other}");
        }
    }
}

#[test]
fn values_and_lists_are_compared_as_the_server_compares_them() {
    let rig = Rig::new(dealt(orders([lists(), values()].concat())));
    let together = rig.together(None);
    for sort in [
        doc! {"v": 1},
        doc! {"v": -1},
        doc! {"v.a": 1},
        doc! {"v.a": -1},
        doc! {"v.0": 1},
        doc! {"v.0": -1},
        doc! {"v.1.a": 1},
        doc! {"v.0.a": -1},
        doc! {"v.0.0": 1},
        doc! {"w": -1, "v": 1},
    ] {
        assert_compared(&together, &sort);
    }
}
