use std::sync::Arc;

use bson::{Bson, RawDocumentBuf, doc};

use super::*;
use crate::domain::database::DatabaseId;

fn shard(number: u32) -> Database {
    DatabaseId::new(number).map(Database::Shard).unwrap()
}

fn registry(records: &[Document]) -> Registry {
    let store = |record: &Document| {
        let raw = RawDocumentBuf::try_from(record).unwrap();
        Arc::new(Store::decode(&raw, &Layout::default()))
    };
    Registry { stores: records.iter().map(store).collect(), ..Registry::default() }
}

fn record(id: i32, prefix: &str, database: impl Into<Bson>) -> Document {
    doc! {"_id": id, "storeId": format!("S{id}"), "name": "N", "prefix": prefix, "databaseId": database.into()}
}

fn plan(records: &[Document], selection: &Selection) -> Plan {
    Plan::of(&registry(records), &Layout::default(), &CollectionType::new("orders"), selection)
}

#[test]
fn each_collection_is_asked_once_and_what_cannot_be_asked_is_told() {
    let records = [
        record(1, "a", 1),
        record(2, "a", 1),
        record(3, "a", 2),
        record(4, "b", 9),
        record(5, "c", Bson::Null),
        doc! {"_id": 6, "storeId": "S6", "name": "N", "databaseId": 1},
    ];
    let plan = plan(&records, &Selection::default());
    let asked: Vec<_> =
        plan.targets.iter().map(|target| (target.store_id.as_str(), target.database)).collect();
    assert_eq!(asked, [("S1", shard(1)), ("S3", shard(2)), ("S5", Database::Main)]);
    assert_eq!(plan.targets[0].shared_with, ["S2"]);
    assert_eq!(
        plan.failed.iter().filter_map(|failed| failed.store_id.as_deref()).collect::<Vec<_>>(),
        ["S4", "S6"]
    );
    assert_eq!(
        plan.commands(),
        BTreeMap::from([(Database::Main, 2), (shard(1), 2), (shard(2), 2)])
    );
}

#[test]
fn stores_are_chosen_by_text_database_and_mark() {
    let records = [record(1, "Acme", 1), record(2, "bolt", 2)];
    let chosen = |selection: Selection| plan(&records, &selection).targets.len();
    assert_eq!(chosen(Selection { text: "ACM".into(), ..Selection::default() }), 1);
    assert_eq!(chosen(Selection { database: Some(shard(2)), ..Selection::default() }), 1);
    assert_eq!(chosen(Selection { records: Some(vec![]), ..Selection::default() }), 0);
}

#[test]
fn a_route_that_has_changed_is_told() {
    let plan = plan(&[record(1, "a", 1), record(2, "b", 1)], &Selection::default());
    let now = registry(&[record(1, "a", 2)]);
    let changed = plan.changed(&now, &Layout::default(), &CollectionType::new("orders"));
    assert_eq!(changed.len(), 2);
    assert_eq!(changed[0].now, Some((shard(2), "a_orders".into())));
    assert_eq!(changed[1].now, None);
}

fn merged(pipeline: Vec<Document>, stores: &[(Database, Vec<Document>)]) -> Result<Totals, String> {
    let question = Question {
        of_type: CollectionType::new("orders"),
        query: Query::default(),
        kind: Kind::Aggregate(pipeline),
        limit: None,
    };
    let mut merger = Merger::new(&question);
    for (database, rows) in stores {
        merger.add(*database, rows.clone());
    }
    merger.finish().map(Option::unwrap_or_default)
}

#[test]
fn groups_of_stores_become_groups_of_the_fleet() {
    let pipeline = vec![
        doc! {"$match": {"status": "paid"}},
        doc! {"$group": {"_id": "$k", "n": {"$sum": 1}, "low": {"$min": "$t"}, "high": {"$max": "$t"}, "all": {"$addToSet": "$s"}, "mean": {"$avg": "$t"}}},
        doc! {"$sort": {"n": -1}},
        doc! {"$limit": 1},
    ];
    let row = |id: Bson, n: i32, low: Bson, high: i32, all: Vec<i32>, total: i32, count: i32| {
        doc! {
            "_id": id, "n": n, "low": low, "high": high, "all": all, "mean": 0,
            "__tilldeck_sum_mean": total, "__tilldeck_n_mean": count,
        }
    };
    let stores = [
        (
            shard(1),
            vec![
                row(1.into(), 2, 5.into(), 7, vec![1, 2], 12, 2),
                row(2.into(), 1, 1.into(), 1, vec![], 1, 1),
            ],
        ),
        (shard(2), vec![row(Bson::Double(1.0), 3, Bson::Null, 9, vec![2, 3], 18, 4)]),
    ];
    let totals = merged(pipeline, &stores).unwrap();
    let expected = doc! {"_id": 1, "n": 5, "low": 5, "high": 9, "all": [1, 2, 3], "mean": 5.0};
    assert_eq!(totals.fleet, [expected]);
    assert_eq!(totals.databases.len(), 2);
}

#[test]
fn what_cannot_be_merged_says_why() {
    for (pipeline, reason) in [
        (vec![doc! {"$match": {}}], "no `$group`"),
        (vec![doc! {"$limit": 5}, doc! {"$group": {"_id": 1}}], "`$limit` before the groups"),
        (
            vec![doc! {"$group": {"_id": 1, "x": {"$push": "$a"}}}],
            "`$push` of `x` goes by an order",
        ),
        (
            vec![doc! {"$group": {"_id": 1, "x": {"$stdDevPop": "$a"}}}],
            "`$stdDevPop` of `x` cannot go on",
        ),
        (
            vec![doc! {"$group": {"_id": 1}}, doc! {"$project": {"a": 1}}],
            "`$project` after the groups",
        ),
        (vec![doc! {"$group": {"_id": 1}}, doc! {"$limit": 1}], "`$limit` after the groups"),
        (
            vec![doc! {"$group": {"_id": 1}}, doc! {"$group": {"_id": 1}}],
            "`$group` after the groups",
        ),
    ] {
        let found = merged(pipeline, &[]).unwrap_err();
        assert!(found.contains(reason), "{found}");
    }
}

#[test]
fn counts_are_added_up_and_nothing_counts_as_none() {
    let rows = |n: i32| vec![doc! {"n": n}];
    let totals = merged(
        vec![doc! {"$count": "n"}],
        &[(shard(1), rows(2)), (shard(2), rows(3)), (shard(2), vec![])],
    )
    .unwrap();
    assert_eq!(totals.fleet, [doc! {"n": 5}]);
    assert_eq!(merged(vec![doc! {"$count": "n"}], &[]).unwrap().fleet, [doc! {"n": 0}]);
}
