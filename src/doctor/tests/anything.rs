//! Whatever a fleet holds, the examination ends, and tells the same each time.

use std::collections::HashSet;

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{super::*, fixture::inventory};

/// Few words, so that records and collections meet.
fn word() -> impl Strategy<Value = Value> {
    let words = ["a", "A", "a_b", "a_order", "", "\u{202e}", "'\"\\`$", "ß", "SS", "_", "-x"];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!({"$oid": "65f000000000000000000001"})),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (-1..8).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!("2")),
        1 => Just(json!({"$numberDouble": "NaN"})),
        1 => Just(json!({"$numberDouble": "2.5"})),
    ]
}

fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..9).prop_map(Value::from),
        word(),
        Just(json!({"$numberLong": "9007199254740993"})),
        Just(json!({"a": "'\n\\"})),
    ]
}

fn record() -> impl Strategy<Value = Value> {
    (id(), word(), word(), word(), number()).prop_map(|(id, store_id, name, prefix, number)| {
        json!({
            "_id": id, "storeId": store_id, "name": name, "prefix": prefix, "databaseId": number,
        })
    })
}

fn collection() -> impl Strategy<Value = Value> {
    let kinds = ["products", "orders", "categories", "users", "order_items", "items", "", "x"];
    let form = prop::sample::select(vec![None, Some("view"), Some("timeseries")]);
    let indexes = prop::sample::select(vec![
        json!(null),
        json!("unknown"),
        json!([{"key": {"sku": 1}, "name": "sku_1"}]),
        json!([{"key": {"sku": 1}, "name": "sku_1", "unique": true}]),
    ]);
    (word(), prop::sample::select(kinds.to_vec()), form, indexes).prop_map(
        |(prefix, kind, form, indexes)| {
            let name = format!("{}_{kind}", prefix.as_str().unwrap_or("none"));
            json!({"name": name, "form": form, "indexes": indexes})
        },
    )
}

fn database() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => vec(collection(), 0..12).prop_map(|mut collections| {
            collections.sort_by_key(|one| one["name"].to_string());
            collections.dedup_by_key(|one| one["name"].to_string());
            Value::Array(collections)
        }),
        1 => Just(json!("not authorised")),
    ]
}

fn fleet() -> impl Strategy<Value = Value> {
    let databases = (database(), database(), database());
    let users = vec((word(), 1..5_u64), 0..4);
    let source = prop::sample::select(vec![None, Some("cache"), Some("loading")]);
    let layout = prop::sample::select(vec![
        json!({"stores_per_database": 2}),
        json!({"main_database": "pos_db_1", "database_count": 2}),
        json!({"collection_types": ["products", "orders", "items", "order_items"]}),
        json!({"database_count": 0}),
        json!({"stores_per_database": 0, "collection_types": [], "required_types": []}),
    ]);
    (vec(record(), 0..14), databases, users, source, layout).prop_map(
        |(mut records, (main, one, two), mut users, source, layout)| {
            let mut seen = HashSet::new();
            records.retain(|record| seen.insert(record["_id"].to_string()));
            seen.clear();
            users.retain(|(store_id, _)| seen.insert(store_id.to_string()));
            let group =
                |(store_id, count): (Value, u64)| json!({"store_id": store_id, "count": count});
            json!({
                "records": records, "layout": layout, "registry": source,
                "databases": {"main": main, "1": one, "2": two},
                "users": users.into_iter().map(group).collect::<Value>(),
                "documents": {"main/a_orders": 0, "1/a_orders": 3, "2/a_users": 1},
            })
        },
    )
}

proptest! {
    #[test]
    fn every_examination_ends_and_tells_the_same_again(fleet in fleet(), turn in 0..14_usize) {
        let known = inventory(&fleet);
        let examination = examine(&known);
        prop_assert_eq!(&examination, &examine(&known));
        let order: Vec<_> = examination.findings.iter().map(place).collect();
        prop_assert!(order.is_sorted());
        for finding in &examination.findings {
            let command = &finding.fix.as_ref().unwrap().command;
            let shown = crate::domain::text::safe(command);
            prop_assert_eq!(shown.as_str(), command);
            prop_assert!(command.matches('\'').count() % 2 == 0, "{}", command);
        }
        // The order in which the records and users were read says nothing.
        let mut turned = fleet.clone();
        for key in ["records", "users"] {
            let list = turned[key].as_array_mut().unwrap();
            let by = turn % list.len().max(1);
            list.rotate_left(by);
        }
        prop_assert_eq!(&examination, &examine(&inventory(&turned)));
        let survey = survey(&known);
        prop_assert_eq!(survey.usual_indexes, usual_indexes(&known));
    }
}
