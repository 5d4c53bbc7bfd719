use bson::doc;

use super::*;

#[test]
fn a_scan_and_a_sort_in_memory_are_warned_of() {
    let plan = Plan::read(&doc! {
        "queryPlanner": {"winningPlan": {
            "stage": "SORT", "sortPattern": {"total": -1}, "memLimit": 1, "limitAmount": 21,
            "inputStage": {"stage": "COLLSCAN", "filter": {"status": {"$eq": "paid"}}, "direction": "forward"},
        }},
        "executionStats": {"nReturned": 21, "totalDocsExamined": 5000, "totalKeysExamined": 0, "executionTimeMillis": 4},
    });
    let lines: Vec<(usize, &str, &str)> = plan
        .stages
        .iter()
        .map(|stage| (stage.depth, stage.name.as_str(), stage.detail.as_str()))
        .collect();
    assert_eq!(
        lines,
        [(0, "SORT", "by {total: -1}  21"), (1, "COLLSCAN", "filter {status: {$eq: \"paid\"}}")]
    );
    assert_eq!(plan.warnings().len(), 3);
    assert!(plan.warnings()[0].starts_with("no index serves the query"));
    assert!(plan.warnings()[2].contains("5,000 documents were read to give 21"));
}

#[test]
fn an_index_is_named_and_nothing_is_warned_of() {
    let plan = Plan::read(&doc! {
        "queryPlanner": {"winningPlan": {"queryPlan": {
            "stage": "FETCH",
            "inputStage": {"stage": "IXSCAN", "indexName": "total_1", "indexBounds": {"total": ["[5, inf]"]}, "direction": "backward"},
        }, "slotBasedPlan": {"stages": "…"}}},
        "executionStats": {"nReturned": 5000, "totalDocsExamined": 5000, "totalKeysExamined": 5000, "executionTimeMillis": 4},
    });
    assert_eq!(plan.indexes, ["total_1"]);
    assert_eq!(plan.stages[1].detail, "total_1  backward  bounds {total: [\"[5, inf]\"]}");
    assert_eq!(plan.warnings(), Vec::<String>::new());
}

#[test]
fn a_walk_through_a_whole_index_is_warned_of_where_it_looks_for_something() {
    let plan = |filter: Document, bounds: &str| {
        Plan::read(&doc! {"queryPlanner": {"winningPlan": {"stage": "LIMIT", "inputStage": {
            "stage": "FETCH", "filter": filter, "inputStage": {
                "stage": "IXSCAN", "indexName": "_id_", "indexBounds": {"_id": [bounds]},
            },
        }}}})
    };
    let walk = plan(doc! {"n": {"$eq": 3}}, "[MaxKey, MinKey]");
    assert!(walk.is_costly() && !walk.scans_collection);
    assert_eq!(walk.walked.as_deref(), Some("_id_"));
    assert!(walk.warnings()[0].starts_with("no index serves the filter"));
    assert!(!plan(doc! {}, "[MaxKey, MinKey]").is_costly());
    assert!(!plan(doc! {"n": {"$eq": 3}}, "[5, inf]").is_costly());
}

#[test]
fn aggregations_and_sharded_clusters_are_read_too() {
    let scan = doc! {"queryPlanner": {"winningPlan": {"stage": "COLLSCAN"}}, "executionStats": {"nReturned": 3, "totalDocsExamined": 3}};
    let plan = Plan::read(&doc! {"stages": [{"$cursor": scan.clone()}, {"$group": {"_id": "$a"}}]});
    assert_eq!(
        plan.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(),
        ["$group", "COLLSCAN"]
    );
    assert!(plan.scans_collection && plan.run.is_some());
    assert_eq!(plan.warnings(), ["there is no filter: every document of the collection is read"]);
    let sharded =
        Plan::read(&doc! {"queryPlanner": {"winningPlan": {"stage": "SHARD_MERGE", "shards": [
            {"shardName": "a", "winningPlan": {"stage": "COLLSCAN"}},
        ]}}});
    assert_eq!(sharded.stages.len(), 2);
    assert_eq!(Plan::read(&doc! {}), Plan::default());
}

#[test]
fn no_array_is_known_of_only_where_every_index_says_so_of_its_paths() {
    let scan = |paths: Document| {
        let mut scan = doc! {"stage": "IXSCAN", "indexName": "v_1", "isMultiKey": false};
        scan.extend(paths);
        scan
    };
    let none: [&str; 0] = [];
    let free = scan(doc! {"multiKeyPaths": {"v": none}});
    let held = scan(doc! {"multiKeyPaths": {"v": ["v"]}, "isMultiKey": true});
    let old = scan(doc! {});
    for (scans, expected) in [
        (vec![], None),
        (vec![free.clone()], Some(true)),
        (vec![held.clone()], Some(false)),
        (vec![old], Some(false)),
        (vec![free.clone(), free.clone()], Some(true)),
        (vec![held, free], Some(false)),
    ] {
        let merged = doc! {"stage": "SORT_MERGE", "inputStages": scans};
        let plan = Plan::read(&doc! {"queryPlanner": {"winningPlan": merged.clone()}});
        assert_eq!(plan.holds_no_array, expected, "{merged}");
    }
}
