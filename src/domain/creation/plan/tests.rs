use std::{collections::BTreeMap, sync::Arc};

use bson::doc;

use super::*;
use crate::domain::{
    collection::Form,
    failure::{Failure, FailureKind},
    index::IndexSpec,
};

fn shard(number: u32) -> DatabaseId {
    DatabaseId::new(number).unwrap()
}

fn occupancy(shards: &[u32]) -> Occupancy {
    let counts = (1..).zip(shards.iter().copied());
    Occupancy {
        total: shards.iter().sum(),
        shards: counts.map(|(number, stores)| (shard(number), stores)).collect(),
        ..Occupancy::default()
    }
}

fn chosen(strategy: Strategy, shards: &[u32]) -> (u32, Option<u32>) {
    let choice = Choice::Strategy(strategy);
    let chosen = choose(choice, &occupancy(shards), &Layout::default()).unwrap();
    (chosen.shard.get(), chosen.spilled_from.map(DatabaseId::get))
}

#[test]
fn a_full_shard_is_left_for_the_next_one_with_room() {
    use Strategy::{Documented, LeastLoaded, RoundRobin};
    for (strategy, shards, expected) in [
        (Documented, [19, 0, 0, 0, 0], (1, None)),
        (Documented, [20, 0, 0, 0, 0], (2, None)),
        // 40 stores: the formula says 3, which deletions and a clumsy creator filled.
        (Documented, [0, 20, 20, 0, 0], (4, Some(3))),
        (Documented, [14, 20, 20, 20, 20], (1, Some(5))),
        (Documented, [20, 20, 20, 20, 20], (5, None)),
        (RoundRobin, [20, 1, 1, 1, 2], (2, Some(1))),
        (LeastLoaded, [3, 2, 1, 1, 9], (3, None)),
    ] {
        assert_eq!(chosen(strategy, &shards), expected, "{strategy:?} {shards:?}");
    }
    let by_hand = choose(Choice::Shard(shard(2)), &occupancy(&[0, 20]), &Layout::default());
    assert_eq!(by_hand.unwrap().shard, shard(2));
    assert_eq!(choose(Choice::Shard(shard(6)), &occupancy(&[]), &Layout::default()), None);
}

fn draft() -> Draft {
    Draft {
        store_id: " ST-9 ".into(),
        name: "Bakery".into(),
        prefix: "bakery".into(),
        ..Draft::default()
    }
}

fn survey() -> Survey {
    let named = |name: &str| Named { name: name.into(), form: Form::Collection, indexes: None };
    let sku = IndexSpec::new(&doc! {"key": {"sku": 1}, "name": "sku_1", "unique": true});
    let failure = Failure::new(FailureKind::TimedOut, "no answer", "Wait");
    Survey {
        shards: BTreeMap::from([
            (shard(1), Ok(vec![named("bakery_orders"), named("other_orders")])),
            (shard(2), Err(failure)),
        ]),
        documents: BTreeMap::from([(
            Place { database: Database::Shard(shard(1)), collection: "bakery_orders".into() },
            7,
        )]),
        usual_indexes: BTreeMap::from([(CollectionType::new("products"), vec![sku])]),
        without_unique_index: Ok(vec!["prefix".into()]),
    }
}

fn planned(draft: &Draft, occupancy: &Occupancy, survey: Option<&Survey>) -> Plan {
    let (taken, pools, layout) = (Taken::default(), Pools { pools: Vec::new() }, Layout::default());
    let known = Known { taken: &taken, occupancy, pools: &pools, layout: &layout, survey };
    plan(draft, &known).unwrap()
}

#[test]
fn a_plan_says_where_what_and_what_to_know() {
    let plan = planned(&draft(), &occupancy(&[3]), Some(&survey()));
    assert_eq!((plan.store_id.as_str(), plan.shard.get()), ("ST-9", 1));
    let collections: Vec<_> = plan
        .collections
        .iter()
        .map(|one| (one.name.as_str(), one.indexes.len(), one.is_leftover))
        .collect();
    let expected = [
        ("bakery_products", 1, false),
        ("bakery_orders", 0, true),
        ("bakery_categories", 0, false),
        ("bakery_users", 0, false),
    ];
    assert_eq!(collections, expected);
    let warnings: Vec<String> = plan.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].starts_with("pos_db_1 has bakery_orders (7 documents) already"),
        "{warnings:?}"
    );
    assert!(warnings[1].starts_with("no unique index on prefix"), "{warnings:?}");
    assert_eq!(plan.alternatives.len(), 3);
}

#[test]
fn a_view_in_the_way_is_a_fault_of_the_prefix() {
    let mut survey = survey();
    let view = Named { name: "bakery_orders".into(), form: Form::View, indexes: None };
    survey.shards.insert(shard(1), Ok(vec![view]));
    let (taken, pools, layout) = (Taken::default(), Pools { pools: Vec::new() }, Layout::default());
    let (occupancy, survey) = (occupancy(&[3]), Some(&survey));
    let known =
        Known { taken: &taken, occupancy: &occupancy, pools: &pools, layout: &layout, survey };
    let faults = plan(&draft(), &known).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].field, Field::Prefix);
    assert!(faults[0].reason.starts_with("`bakery_orders` is a view in pos_db_1"), "{faults:?}");
    let elsewhere = Draft { choice: Choice::Shard(shard(3)), ..draft() };
    assert!(plan(&elsewhere, &known).is_ok());
}

#[test]
fn indexes_can_be_left_out_and_the_unknown_is_said() {
    let without = Draft { without_indexes: true, choice: Choice::Shard(shard(2)), ..draft() };
    let plan = planned(&without, &occupancy(&[3, 20]), Some(&survey()));
    assert!(plan.collections.iter().all(|one| one.indexes.is_empty()));
    let full = "pos_db_2 is full: 20 stores, room for 20";
    assert_eq!(plan.warnings[0].to_string(), full);
    assert_eq!(plan.warnings[1].to_string(), "not everything is known: no answer");
}

#[test]
fn a_draft_with_faults_has_no_plan() {
    let (pools, layout) = (Pools { pools: Vec::new() }, Layout::default());
    let mut taken = Taken::default();
    taken.add("st-9", "x");
    let occupancy = Arc::new(occupancy(&[1]));
    let known = Known {
        taken: &taken,
        occupancy: &occupancy,
        pools: &pools,
        layout: &layout,
        survey: None,
    };
    let draft = Draft { choice: Choice::Shard(shard(7)), ..draft() };
    let faults = plan(&draft, &known).unwrap_err();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(fields, [Field::StoreId, Field::Database]);
}
