//! Many creators at the same time, each a process of its own.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use tilldeck::demo::server::{ServerOptions, Shape};

use super::fleet::Fleet;
use crate::support::{Output, start};

/// Creators that run at the same time.
const CREATORS: usize = 40;

/// Starts all of them at once and waits for the last one. One crowd at a time: forty
/// processes are as many as a small machine serves within their deadlines.
fn crowd(fleet: &Fleet, names: impl Fn(usize) -> (String, String) + Sync) -> Vec<Output> {
    static ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..CREATORS)
            .map(|number| {
                let names = &names;
                scope.spawn(move || {
                    let (id, prefix) = names(number);
                    fleet.create(&id, &prefix, &["--yes"])
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// What must hold whoever wins: truthful exit codes, nothing twice, nothing half made.
fn assert_sound(fleet: &Fleet, outputs: &[Output], n_before: usize) {
    let records = fleet.records();
    let n_made = outputs.iter().filter(|output| output.code == 0).count();
    assert_eq!(records.len(), n_before + n_made, "{outputs:?}");
    for field in ["storeId", "prefix"] {
        let folded: BTreeSet<String> =
            records.iter().map(|record| record.get_str(field).unwrap().to_lowercase()).collect();
        assert_eq!(folded.len(), records.len(), "{field}");
    }
    for output in outputs {
        let report = output.json();
        if output.code == 0 {
            let id = report["store"]["store_id"].as_str().unwrap();
            let record =
                records.iter().find(|one| one.get_str("storeId").ok() == Some(id)).unwrap();
            assert_eq!(report["store"]["database_id"], record.get_i32("databaseId").unwrap());
        } else {
            assert!(report["error"]["message"].is_string(), "{report}");
        }
    }
    for number in 1..=3 {
        let mut expected: Vec<String> = records
            .iter()
            .filter(|record| record.get_i32("databaseId").ok() == i32::try_from(number).ok())
            .filter(|record| record.get_str("name").ok() == Some("Some Store"))
            .map(|record| record.get_str("prefix").unwrap().to_owned())
            .collect();
        expected.sort();
        assert_eq!(fleet.furnished(number), expected);
    }
    let open = fleet.documents("tilldeck_jobs");
    assert!(open.iter().all(|job| job.get_str("state").unwrap() != "running"), "{open:?}");
}

fn at_the_edge(fleet: &Fleet) {
    // One free place in the first shard, two in the third; the second one is full.
    for (number, shard) in [(0, 1), (1, 2), (2, 2)] {
        fleet.insert(&format!("old{number}"), &format!("old{number}"), shard);
    }
    // Every name twice, in different case.
    let outputs = crowd(fleet, |number| {
        let which = number / 2;
        let id = if number % 2 == 0 { format!("Store-{which}") } else { format!("STORE-{which}") };
        (id, format!("p{which}"))
    });
    assert_sound(fleet, &outputs, 3);
    let n_made = outputs.iter().filter(|output| output.code == 0).count();
    assert_eq!(n_made, CREATORS / 2, "each pair makes one");
    let refused = outputs.iter().filter(|output| output.code != 0);
    for output in refused {
        assert!(output.stdout.contains("store"), "{output:?}");
    }
    // Full shards gave way as long as one had room; then the rule's own took the rest.
    let spread = fleet.spread();
    assert_eq!((spread[&1], spread[&2]), (2, 2), "{spread:?}");
}

#[test]
fn forty_creators_on_a_replica_set() {
    at_the_edge(&Fleet::new());
}

#[test]
fn forty_creators_on_a_standalone() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    at_the_edge(&Fleet::on(&server.uri()));
}

#[test]
fn forty_creators_of_one_name_make_one_store() {
    let fleet = Fleet::new();
    let outputs = crowd(&fleet, |number| (format!("S{number}"), "acme".to_owned()));
    assert_sound(&fleet, &outputs, 0);
    assert_eq!(fleet.records().len(), 1);
}
