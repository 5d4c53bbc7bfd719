//! Counts, values and groups of a whole fleet: what the server says when all documents are in
//! one collection, or the reason why nothing can be said.

use mongodb::bson::{Bson, Decimal128, Document, doc};
use serde_json::{Value, json};

use super::rig::{Answer, Rig, dealt, document, heap, json as relaxed, number, numbered, store};

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse::<Decimal128>().unwrap())
}

/// The pipeline as it is typed: canonical, so that it says the types of its numbers.
fn typed(pipeline: &[Document]) -> String {
    let stages = pipeline.iter().cloned().map(Bson::Document).collect();
    Bson::Array(stages).into_canonical_extjson().to_string()
}

/// Lists in the order of their text: the members of a set have none of their own.
fn sets_sorted(value: Value) -> Value {
    match value {
        Value::Array(members) => {
            let mut members: Vec<Value> = members.into_iter().map(sets_sorted).collect();
            members.sort_by_key(ToString::to_string);
            Value::Array(members)
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, one)| (key, sets_sorted(one))).collect())
        }
        other => other,
    }
}

/// Groups to be compared: in the order that they are in, or in one of their own.
fn groups(documents: &[Document], is_sorted: bool) -> Vec<String> {
    let text = |one: &Document| sets_sorted(relaxed(&one.clone().into())).to_string();
    let mut groups: Vec<String> = documents.iter().map(text).collect();
    if !is_sorted {
        groups.sort();
    }
    groups
}

/// The groups of the whole fleet.
#[track_caller]
fn fleet_groups(answer: &Answer) -> Vec<Document> {
    documents_of(&answer.report["totals"]["fleet"])
}

/// A list of groups, or the one document of a `$count` beside the name of its database.
#[track_caller]
fn documents_of(part: &Value) -> Vec<Document> {
    if let Some(groups) = part["groups"].as_array() {
        return groups.iter().map(document).collect();
    }
    let mut one = document(part);
    one.remove("database");
    vec![one]
}

/// The part of the totals that is one database's.
#[track_caller]
fn of_database<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    let databases = answer.report["totals"]["databases"].as_array().unwrap();
    let mut named = databases.iter().filter(|one| one["database"] == name);
    let (found, more) = (named.next(), named.next());
    assert!(more.is_none(), "{answer:#?}");
    found.unwrap_or_else(|| panic!("no totals of {name} in {answer:#?}"))
}

/// The rows are what each store gives.
#[track_caller]
fn assert_rows(rig: &Rig, answer: &Answer, pipeline: &[Document]) {
    for one in &rig.stores {
        let given: Vec<Document> = answer
            .rows()
            .into_iter()
            .filter(|(id, ..)| *id == one.id())
            .map(|(_, database, row)| {
                assert_eq!(database, rig.database_of(&one.id()));
                row
            })
            .collect();
        let right = rig.store_gives(one.prefix(), pipeline);
        assert_eq!(groups(&given, false), groups(&right, false), "of {}", one.id());
    }
}

/// Rows and totals of a pipeline are right, per database and of the fleet.
#[track_caller]
fn assert_totals(rig: &Rig, pipeline: &[Document]) {
    let answer = rig.whole(&["orders", "--limit", "0", "--aggregate", &typed(pipeline)]);
    assert_eq!(answer.report["totals_refused"], Value::Null, "{answer:#?}");
    assert_rows(rig, &answer, pipeline);
    let is_sorted = pipeline.iter().rev().any(|stage| stage.contains_key("$sort"));
    let right = rig.together(None).gives(pipeline, None);
    assert!(!right.is_empty(), "the test shows nothing");
    let given = fleet_groups(&answer);
    assert_eq!(groups(&given, is_sorted), groups(&right, is_sorted), "{}", typed(pipeline));
    for place in 0..=3 {
        let right = rig.together(Some(place)).gives(pipeline, None);
        if right.is_empty() {
            continue;
        }
        let given = documents_of(of_database(&answer, &rig.name_of(place)));
        assert_eq!(groups(&given, is_sorted), groups(&right, is_sorted), "of {place}");
    }
}

/// The rows are right, and there are no totals but a reason that has these words.
#[track_caller]
fn assert_refused(rig: &Rig, pipeline: &[Document], words: &str) {
    let answer = rig.whole(&["orders", "--limit", "0", "--aggregate", &typed(pipeline)]);
    assert_rows(rig, &answer, pipeline);
    assert_eq!(answer.report["totals"], Value::Null, "{}: {answer:#?}", typed(pipeline));
    let reason = answer.report["totals_refused"].as_str().unwrap_or_else(|| panic!("{answer:#?}"));
    assert!(reason.contains(words), "{words} is not in: {reason}");
    // Text says it as well, so that nobody adds the rows up and takes that for right.
    let shown = rig.run(&["orders", "--limit", "0", "--aggregate", &typed(pipeline)]);
    let shown = format!("{}{}", shown.stdout, shown.stderr);
    assert!(shown.contains(words), "{words} is not in: {shown}");
}

#[test]
fn the_count_is_the_sum_of_what_the_stores_have() {
    let mut stores = numbered(23);
    stores.push(store("none", 3, vec![]));
    let rig = Rig::new(stores);
    for (filter, n_in) in [
        (&[][..], &(|_: i32| true) as &dyn Fn(i32) -> bool),
        (&["--filter", "{n: {$gt: 10}}"], &|n| n > 10),
        (&["--filter", "{n: {$in: [4, 9, 400]}}"], &|n| n == 4 || n == 9),
        (&["--filter", "{n: -1}"], &|_| false),
    ] {
        let answer = rig.whole(&[&["orders", "--count"], filter].concat());
        let count = |orders: &[Document]| {
            orders.iter().filter(|one| n_in(one.get_i32("n").unwrap())).count()
        };
        let rows = answer.rows();
        assert_eq!(rows.len(), rig.stores.len(), "{answer:#?}");
        for (id, database, row) in rows {
            let home = rig.stores.iter().find(|one| one.id() == id).unwrap();
            let right = count(&rig.store_gives(home.prefix(), &[]));
            assert_eq!(number(row.get("count").unwrap()), i64::try_from(right).unwrap(), "{id}");
            assert_eq!(database, rig.database_of(&id));
        }
        let right = count(&rig.together(None).gives(&[], None));
        assert_eq!(answer.report["totals"]["fleet"], json!({"count": right}), "{answer:#?}");
        for place in 0..=3 {
            let right = count(&rig.together(Some(place)).gives(&[], None));
            let name = rig.name_of(place);
            assert_eq!(of_database(&answer, &name)["count"], right, "{answer:#?}");
        }
    }
}

#[test]
fn a_count_is_not_cut_off_by_the_limit_of_rows() {
    let stores = (0..12).map(|n| store(&format!("s{n}"), 1 + n % 3, vec![doc! {"_id": n}; 1]));
    let rig = Rig::new(stores.collect());
    let answer = rig.whole(&["orders", "--count", "--limit", "5"]);
    assert_eq!(answer.report["totals"]["fleet"]["count"], 12, "{answer:#?}");
    let text = rig.run(&["orders", "--count"]);
    assert!(text.code == 0 && text.stdout.contains("12"), "{text:?}");
}

#[test]
fn distinct_values_are_those_of_all_stores_together() {
    let values: Vec<Bson> = vec![
        1.into(),
        "a".into(),
        1.0.into(),
        decimal("1"),
        1_i64.into(),
        "a".into(),
        Bson::Null,
        2.5.into(),
        decimal("2.5"),
        Bson::Array(vec!["x".into(), "a".into()]),
        doc! {"k": 1}.into(),
        doc! {"k": 1.0}.into(),
        "A".into(),
        true.into(),
    ];
    let orders = values.into_iter().enumerate().map(|(at, value)| {
        doc! {"_id": i32::try_from(at).unwrap(), "v": value, "w": {"x": i32::try_from(at % 3).unwrap()}}
    });
    let rig = Rig::new(dealt(orders.chain([doc! {"_id": "none"}])));
    let answer = rig.whole(&["orders", "--distinct", "v", "--limit", "0"]);
    // A value and the same number in another type are one.
    let key = |value: &Value| match value {
        Value::Object(map) if map.contains_key("$numberDecimal") => {
            let number: f64 = map["$numberDecimal"].as_str().unwrap().parse().unwrap();
            number.to_string()
        }
        Value::Number(number) => number.as_f64().unwrap().to_string(),
        Value::Object(map) => format!("k {}", map["k"].as_f64().unwrap()),
        other => other.to_string(),
    };
    let keys = |values: &Value| {
        let mut keys: Vec<String> = values.as_array().unwrap().iter().map(key).collect();
        keys.sort();
        keys
    };
    let fleet = keys(&answer.report["totals"]["fleet"]["values"]);
    let right = ["\"A\"", "\"a\"", "\"x\"", "1", "2.5", "k 1", "null", "true"];
    assert_eq!(fleet, right, "{answer:#?}");
    for one in &rig.stores {
        let rows = answer.rows().into_iter().filter(|(id, ..)| *id == one.id());
        let given: Vec<Value> = rows.map(|(.., row)| relaxed(row.get("value").unwrap())).collect();
        let name = format!("{}_orders", one.prefix());
        let place = (0..=3).find(|&at| rig.name_of(at) == rig.database_of(&one.id())).unwrap();
        let told = rig.tell(place, doc! {"distinct": name, "key": "v"});
        let right = relaxed(told.get("values").unwrap());
        assert_eq!(keys(&given.into()), keys(&right), "{}", one.id());
    }
    let shard = of_database(&answer, &rig.name_of(1));
    assert!(keys(&shard["values"]).len() < fleet.len(), "{answer:#?}");
    let nested = rig.whole(&["orders", "--distinct", "w.x", "--filter", "{'w.x': {$lt: 2}}"]);
    assert_eq!(keys(&nested.report["totals"]["fleet"]["values"]), ["0", "1"], "{nested:#?}");
    let none = rig.whole(&["orders", "--distinct", "v", "--filter", "{v: 'no such value'}"]);
    assert_eq!(none.report["totals"]["fleet"], serde_json::json!({"values": []}), "{none:#?}");
    // Not every field of this name is a distinct value.
    let counted = rig.whole(&["orders", "--aggregate", "[{$count: 'value'}]"]);
    assert_eq!(counted.report["totals"]["fleet"], serde_json::json!({"value": 15}), "{counted:#?}");
}

/// Sales of stores of very different sizes.
fn sales() -> Rig {
    let mut number = 0;
    let mut some = |n_orders: i32, of: &dyn Fn(i32) -> Document| {
        (0..n_orders)
            .map(|n| {
                number += 1;
                let mut order = doc! {"_id": number, "n": n};
                order.extend(of(n));
                order
            })
            .collect::<Vec<_>>()
    };
    let old = some(2, &|n| doc! {"kind": "tea", "day": 1, "sum": i32::MAX - n, "price": 0.5});
    let one = some(31, &|n| {
        let kind = ["tea", "cake"][usize::from(n % 3 == 0)];
        doc! {"kind": kind, "day": n % 2, "sum": 2_000_000_000, "price": f64::from(n) / 8.0}
    });
    let uno = some(1, &|_| doc! {"kind": "cake", "day": 0, "sum": 1, "price": 1e15, "tags": ["x"]});
    let two = some(7, &|n| {
        let tags = vec![["x", "y", "z"][usize::try_from(n % 3).unwrap()]];
        doc! {"kind": "tea", "day": 1_i64, "sum": 3_i64, "price": 1, "tags": tags}
    });
    let three = some(4, &|n| match n {
        0 => doc! {"kind": Bson::Null, "day": 1.0, "sum": "text"},
        1 => doc! {"day": 2, "sum": Bson::Null, "price": f64::from(n)},
        2 => doc! {"kind": "rum", "day": 2, "sum": 5, "price": 100},
        _ => doc! {"kind": "tea", "day": 1, "sum": 0, "price": -2, "tags": ["x", "w"]},
    });
    Rig::new(vec![
        store("old", 0, old),
        store("one", 1, one),
        store("uno", 1, uno),
        store("two", 2, two),
        store("three", 3, three),
        store("none", 3, vec![]),
    ])
}

#[test]
fn groups_are_those_of_all_documents_in_one_collection() {
    let rig = sales();
    assert_totals(
        &rig,
        &[doc! {"$group": {
            "_id": "$kind", "sum": {"$sum": "$sum"}, "price": {"$sum": "$price"}, "n": {"$sum": 1},
            "count": {"$count": {}}, "least": {"$min": "$price"}, "most": {"$max": "$price"},
            "mean": {"$avg": "$price"}, "sums": {"$avg": "$sum"}, "days": {"$addToSet": "$n"},
            "lists": {"$addToSet": "$tags"}, "nothing": {"$max": "$nowhere"},
            "no_mean": {"$avg": "$nowhere"}, "no_sum": {"$sum": "$nowhere"},
            "no_set": {"$addToSet": "$nowhere"},
        }}],
    );
    // All of it, with stages before the group that look at one document at a time.
    assert_totals(
        &rig,
        &[
            doc! {"$match": {"kind": {"$ne": "rum"}}},
            doc! {"$unwind": "$tags"},
            doc! {"$addFields": {"twice": {"$multiply": ["$price", 2]}}},
            doc! {"$group": {
                "_id": "$tags", "n": {"$sum": 1}, "twice": {"$sum": "$twice"},
                "both": {"$avg": {"$add": ["$twice", 1]}}, "doubled": {"$sum": {"$sum": ["$n", 1]}},
            }},
        ],
    );
    assert_totals(
        &rig,
        &[doc! {"$group": {
            "_id": Bson::Null, "least": {"$min": "$kind"}, "most": {"$max": "$sum"},
            "low": {"$min": "$sum"}, "mixed": {"$max": "$tags"},
        }}],
    );
}

#[test]
fn the_mean_of_a_fleet_is_not_the_mean_of_means() {
    let rig = Rig::new(vec![
        store("one", 1, (0..9).map(|n| doc! {"_id": n, "v": 10}).collect()),
        store("two", 2, vec![doc! {"_id": 21, "v": 110}, doc! {"_id": 22, "v": "text"}]),
        store("three", 3, vec![doc! {"_id": 31, "v": Bson::Null}]),
    ]);
    let mean = [doc! {"$group": {"_id": Bson::Null, "mean": {"$avg": "$v"}}}];
    assert_totals(&rig, &mean);
    let answer = rig.whole(&["orders", "--aggregate", &typed(&mean)]);
    assert_eq!(fleet_groups(&answer), [doc! {"_id": Bson::Null, "mean": 20.0}]);
    let fields: Vec<Vec<String>> =
        answer.documents().iter().map(|row| row.keys().cloned().collect()).collect();
    assert_eq!(fields, vec![vec!["_id".to_owned(), "mean".to_owned()]; 3], "{answer:#?}");
}

#[test]
fn sums_grow_out_of_their_types_as_on_the_server() {
    let sums = |values: [Vec<Bson>; 3]| {
        let stores = ["one", "two", "three"].into_iter().zip(values).zip(1..);
        let stores = stores.map(|((prefix, values), place)| {
            let orders = values.into_iter().map(|value| doc! {"v": value}).collect();
            store(prefix, place, orders)
        });
        assert_totals(
            &Rig::new(stores.collect()),
            &[doc! {"$group": {
                "_id": Bson::Null, "sum": {"$sum": "$v"}, "mean": {"$avg": "$v"},
            }}],
        );
    };
    let (int, long) = (Bson::Int32(i32::MAX), Bson::Int64(i64::MAX));
    // An int, a long, and what no long can hold.
    sums([vec![1.into()], vec![2.into()], vec![3.into()]]);
    sums([vec![int.clone()], vec![int.clone()], vec![int.clone()]]);
    sums([vec![long.clone()], vec![long.clone()], vec![1.into()]]);
    sums([vec![long], vec![i64::MIN.into()], vec![int]]);
    sums([vec![f64::INFINITY.into()], vec![1.into()], vec![2.into()]]);
    sums([vec![f64::INFINITY.into()], vec![f64::NEG_INFINITY.into()], vec![2.into()]]);
}

#[test]
fn what_is_small_is_not_lost_beside_what_is_large() {
    let (large, one): (Bson, Bson) = (1e16.into(), 1.0.into());
    for values in [
        [large.clone(), one.clone(), (-1e16).into()],
        [one.clone(), large.clone(), (-1e16).into()],
        [large, (-1e16).into(), one],
    ] {
        let stores = ["one", "two", "three"].into_iter().zip(values).zip(1..);
        let stores =
            stores.map(|((prefix, value), place)| store(prefix, place, vec![doc! {"v": value}]));
        let rig = Rig::new(stores.collect());
        let group = doc! {"_id": Bson::Null, "sum": {"$sum": "$v"}, "mean": {"$avg": "$v"}};
        let answer = rig.whole(&["orders", "--aggregate", &typed(&[doc! {"$group": group}])]);
        let right = doc! {"_id": Bson::Null, "sum": 1.0, "mean": 1.0 / 3.0};
        assert_eq!(fleet_groups(&answer), [right], "{answer:#?}");
    }
}

#[test]
fn decimals_are_added_up_exactly() {
    let sums = |values: [Vec<Bson>; 3]| {
        let stores = ["one", "two", "three"].into_iter().zip(values).zip(1..);
        let stores = stores.map(|((prefix, values), place)| {
            let orders = values.into_iter().map(|value| doc! {"v": value}).collect();
            store(prefix, place, orders)
        });
        let rig = Rig::new(stores.collect());
        let pipeline = [doc! {"$group": {
            "_id": Bson::Null, "sum": {"$sum": "$v"}, "mean": {"$avg": "$v"},
            "least": {"$min": "$v"}, "most": {"$max": "$v"},
        }}];
        assert_totals(&rig, &pipeline);
    };
    sums([vec![decimal("0.1")], vec![decimal("0.2")], vec![decimal("0.3")]]);
    sums([vec![decimal("19.90")], vec![decimal("5.1"), 3.into()], vec![decimal("1E+3")]]);
    let long = "123456789012345678901234567890123";
    sums([vec![decimal(long)], vec![decimal("0.5")], vec![decimal(&format!("-{long}"))]]);
    sums([vec![decimal("0.01")], vec![2.into()], vec![i64::MAX.into()]]);
    sums([vec![decimal("Infinity")], vec![decimal("1")], vec![decimal("2")]]);
    sums([vec![decimal("0.1")], vec![0.25.into()], vec![decimal("-7")]]);
}

#[test]
fn doubles_that_no_binary_fraction_holds_add_up_to_the_last_digits() {
    let orders = (1..=100).map(|n| doc! {"_id": n, "v": 0.1 * f64::from(n)});
    let rig = Rig::new(dealt(orders));
    let pipeline = [doc! {"$group": {
        "_id": Bson::Null, "sum": {"$sum": "$v"}, "mean": {"$avg": "$v"},
    }}];
    let right = rig.together(None).gives(&pipeline, None);
    let answer = rig.whole(&["orders", "--aggregate", &typed(&pipeline)]);
    for field in ["sum", "mean"] {
        let (given, right) =
            (fleet_groups(&answer)[0].get_f64(field).unwrap(), right[0].get_f64(field).unwrap());
        let apart = ((given - right) / right).abs();
        assert!(apart <= 2.0 * f64::EPSILON, "{field}: {given} and not {right}");
    }
}

#[test]
fn groups_of_compound_ids_come_together_by_value() {
    let rig = sales();
    let sum = doc! {"$sum": "$price"};
    for id in [
        Bson::from(doc! {"day": "$day", "kind": "$kind"}),
        doc! {"kind": {"$ifNull": ["$kind", "none"]}, "of": {"tags": "$tags"}}.into(),
        "$tags".into(),
        doc! {"$gt": ["$price", 1]}.into(),
        doc! {}.into(),
    ] {
        let answer = rig.whole(&[
            "orders",
            "--limit",
            "0",
            "--aggregate",
            &typed(&[doc! {"$group": {"_id": id.clone(), "sum": sum.clone()}}]),
        ]);
        // Which of 1, 1.0 and Long(1) stands for all of them is nobody's to say.
        let alike = |documents: &[Document]| {
            let mut texts: Vec<String> = heap(documents)
                .into_iter()
                .map(|text| text.replace("\"day\":1.0", "\"day\":1"))
                .collect();
            texts.sort();
            texts
        };
        let right = rig
            .together(None)
            .gives(&[doc! {"$group": {"_id": id.clone(), "sum": sum.clone()}}], None);
        assert_eq!(alike(&fleet_groups(&answer)), alike(&right), "{id}");
    }
}

#[test]
fn groups_of_texts_come_together_by_the_collation() {
    let word = |at: usize, text: &str| doc! {"_id": i32::try_from(at).unwrap(), "v": text};
    let words = ["tea", "Tea", "TEA", "cake", "Cake", "têa", "tea"];
    let rig = Rig::new(dealt(words.into_iter().enumerate().map(|(at, text)| word(at, text))));
    let pipeline = [doc! {"$group": {
        "_id": "$v", "n": {"$sum": 1}, "least": {"$min": "$_id"},
    }}];
    let collation = r#"{"locale": "en", "strength": 1}"#;
    let answer = rig.whole(&["orders", "--aggregate", &typed(&pipeline), "--collation", collation]);
    if answer.report["totals"].is_null() {
        // To merge by a collation is much to ask; what must not be is a wrong total.
        let reason = answer.report["totals_refused"].as_str().unwrap();
        assert!(reason.contains("collation"), "{reason}");
        return;
    }
    let sizes = |documents: &[Document]| {
        let mut sizes: Vec<i64> =
            documents.iter().map(|one| number(one.get("n").unwrap())).collect();
        sizes.sort_unstable();
        sizes
    };
    let right = rig.together(None).gives(&pipeline, Some(collation));
    assert_eq!(sizes(&fleet_groups(&answer)), sizes(&right), "{answer:#?}");
}

#[test]
fn the_first_groups_are_those_of_the_fleet_and_not_of_the_stores() {
    // "steady" is second in every store and first in the fleet.
    let kinds = |tops: &str| {
        let many = |kind: &str, n: usize| vec![doc! {"kind": kind}; n];
        [many(tops, 5), many("steady", 4), many("rare", 1)].concat()
    };
    let rig = Rig::new(vec![
        store("old", 0, kinds("a")),
        store("one", 1, kinds("b")),
        store("two", 2, kinds("c")),
    ]);
    let group = doc! {"$group": {"_id": "$kind", "n": {"$sum": 1}}};
    let sort = doc! {"$sort": {"n": -1, "_id": 1}};
    assert_totals(&rig, &[group.clone(), sort.clone(), doc! {"$limit": 1}]);
    assert_totals(&rig, &[group.clone(), sort.clone(), doc! {"$limit": 2}]);
    assert_totals(&rig, &[group.clone(), sort.clone()]);
    assert_totals(&rig, &[group.clone(), doc! {"$sort": {"_id": -1}}, doc! {"$limit": 3}]);
    // A limit of rows is no limit of what is added up.
    let answer = rig.whole(&["orders", "--limit", "1", "--aggregate", &typed(&[group, sort])]);
    assert_eq!(answer.rows().len(), 1, "{answer:#?}");
    assert!(answer.is_limited());
    let first = &fleet_groups(&answer)[0];
    let n = number(first.get("n").unwrap());
    assert_eq!((first.get_str("_id").unwrap(), n), ("steady", 12), "{answer:#?}");
}

#[test]
fn what_cannot_be_merged_has_a_reason_and_right_rows() {
    let rig = sales();
    let by = |name: &str, how: Document| doc! {"$group": {"_id": "$kind", name: how}};
    let n = || by("n", doc! {"$sum": 1});
    let sort = || doc! {"$sort": {"_id": 1}};
    for (pipeline, words) in [
        (vec![sort(), by("x", doc! {"$push": "$price"})], "$push"),
        (vec![sort(), by("x", doc! {"$first": "$price"})], "$first"),
        (vec![sort(), by("x", doc! {"$last": "$price"})], "$last"),
        (vec![by("x", doc! {"$stdDevPop": {"$literal": 1}})], "$stdDevPop"),
        (vec![by("x", doc! {"$stdDevSamp": {"$literal": 1}})], "$stdDevSamp"),
        (vec![by("x", doc! {"$mergeObjects": {"a": 1}})], "$mergeObjects"),
        (vec![n(), doc! {"$project": {"twice": {"$multiply": ["$n", 2]}}}], "$project"),
        (vec![n(), doc! {"$match": {"n": {"$gt": 1}}}], "$match"),
        (vec![n(), doc! {"$group": {"_id": Bson::Null, "kinds": {"$sum": 1}}}], "$group"),
        (vec![n(), sort(), doc! {"$limit": 2}, sort()], "$sort"),
        (vec![n(), sort(), doc! {"$skip": 1}], "$skip"),
        (vec![doc! {"$limit": 3}, n()], "$limit"),
        (vec![sort(), doc! {"$limit": 3}, n()], "$limit"),
        (vec![sort(), doc! {"$skip": 1}, n()], "$skip"),
        (vec![doc! {"$match": {"kind": "tea"}}, doc! {"$project": {"n": 1}}], "$group"),
    ] {
        assert_refused(&rig, &pipeline, words);
    }
}

#[test]
fn a_pipeline_that_looks_at_more_than_one_document_has_no_wrong_totals() {
    let rig = sales();
    let n = || doc! {"$group": {"_id": Bson::Null, "n": {"$sum": 1}, "sum": {"$sum": "$rank"}}};
    let window = doc! {"$setWindowFields": {
        "sortBy": {"price": 1}, "output": {"rank": {"$rank": {}}},
    }};
    for pipeline in [
        vec![doc! {"$count": "n"}],
        vec![doc! {"$sortByCount": "$kind"}],
        vec![doc! {"$bucket": {"groupBy": "$n", "boundaries": [0, 5, 50]}}],
        vec![doc! {"$bucketAuto": {"groupBy": "$n", "buckets": 2}}],
        vec![window, n()],
        vec![doc! {"$group": {"_id": "$kind"}}, n()],
        vec![doc! {"$facet": {"all": [{"$count": "n"}]}}, n()],
        vec![doc! {"$group": {"_id": "$kind"}}],
        vec![doc! {"$group": {"_id": "$kind", "n": {"$sum": 1}}}, doc! {"$limit": 100}],
        vec![doc! {"$sort": {"price": 1}}, doc! {"$limit": 2}, doc! {"$group": {"_id": "$kind"}}],
        vec![doc! {"$unionWith": {"coll": "uno_orders"}}, n()],
        vec![doc! {"$densify": {"field": "n", "range": {"step": 1, "bounds": "full"}}}, n()],
        vec![doc! {"$sample": {"size": 1}}, n()],
    ] {
        let answer = rig.whole(&["orders", "--limit", "0", "--aggregate", &typed(&pipeline)]);
        assert_rows(&rig, &answer, &pipeline);
        if answer.report["totals"].is_null() {
            let reason = answer.report["totals_refused"].as_str();
            assert!(reason.is_some_and(|reason| !reason.is_empty()), "{answer:#?}");
        } else {
            let right = rig.together(None).gives(&pipeline, None);
            let given = fleet_groups(&answer);
            assert_eq!(groups(&given, false), groups(&right, false), "{}", typed(&pipeline));
        }
    }
}
