//! How much is asked at once.

use mongodb::bson::doc;

use super::rig::{Faulty, Operation, Rig, operations, store};
use crate::support::on_server;

/// The most operations that run at once in each of the databases 1 and 2 while a query runs.
fn most_at_once(faulty: &Faulty, rig: &Rig, arguments: &[&str]) -> [usize; 2] {
    let mut most = [0; 2];
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| rig.whole(arguments));
        on_server(&faulty.uri(), async |client| {
            while !asked.is_finished() {
                let found = operations(&client, &rig.main).await;
                for (at, most) in most.iter_mut().enumerate() {
                    let database = rig.name_of(u32::try_from(at).unwrap() + 1);
                    let is_there = |one: &&Operation| one.is_active && one.database == database;
                    *most = (*most).max(found.iter().filter(is_there).count());
                }
            }
        });
        asked.join().unwrap();
    });
    most
}

#[test]
fn a_database_is_never_asked_more_at_once_than_configured() {
    let faulty = Faulty::take();
    let stores = || {
        let homes = (0..7).map(|n| (n, 1)).chain((7..13).map(|n| (n, 2)));
        let orders = |n: i32| (0..3).map(|at| doc! {"_id": 10 * n + at, "n": at}).collect();
        homes.map(|(n, place)| store(&format!("s{n}"), place, orders(n))).collect::<Vec<_>>()
    };
    let held = doc! {"blockConnection": true, "blockTimeMS": 150};
    for per_database in [1, 2] {
        let settings = format!("[query]\nper_database = {per_database}\n");
        let rig = Rig::on(&faulty.uri(), stores(), &settings);
        faulty.fail(&["find", "aggregate", "count", "distinct"], held.clone());
        for form in [
            &["orders", "--count"][..],
            &["orders", "--sort", "{n: 1}", "--limit", "0"],
            &["orders", "--distinct", "n"],
        ] {
            // Several at once where that is allowed, and databases do not wait for each other.
            let most = most_at_once(&faulty, &rig, form);
            assert_eq!(most, [per_database; 2], "{form:?}");
        }
        faulty.heal();
    }
}

#[test]
fn a_thousand_rows_come_page_by_page_and_whole() {
    let orders = |place: i32| {
        let order =
            |n: i32| doc! {"_id": 4 * n + place, "n": (n * 7919) % 1000, "pad": "x".repeat(500)};
        (0..300).map(order).collect()
    };
    let stores = (0..4).map(|at| store(&format!("s{at}"), u32::try_from(at).unwrap(), orders(at)));
    let rig = Rig::with(stores.collect(), "[query]\npage = 7\nper_database = 1\n");
    let answer = rig.whole(&["orders", "--sort", "{n: 1, _id: 1}", "--limit", "1000"]);
    let right = rig
        .together(None)
        .gives(&[doc! {"$sort": {"n": 1, "_id": 1}}, doc! {"$limit": 1000}], None);
    assert_eq!(answer.documents(), right);
    assert!(answer.is_limited());
    assert_eq!(rig.whole(&["orders", "--limit", "0"]).rows().len(), rig.n_orders());
}
