//! How much is asked at once.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    time::{Duration, Instant},
};

use mongodb::bson::doc;

use super::rig::{Faulty, Operation, Rig, numbered, operations, store};
use crate::support::{eventually, on_server};

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
    let forms = [
        &["orders", "--count"][..],
        &["orders", "--sort", "{n: 1}", "--limit", "0"],
        &["orders", "--limit", "0"],
    ];
    for (per_database, forms) in [(1, &forms[..1]), (2, &forms)] {
        let settings = format!("[query]\nper_database = {per_database}\n");
        let rig = Rig::on(&faulty.uri(), stores(), &settings);
        faulty.fail(&["find", "aggregate"], held.clone());
        for form in forms {
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

#[test]
fn whoever_reads_slowly_takes_no_time_from_the_stores() {
    let deadline = Duration::from_secs(1);
    let rig = Rig::with(numbered(6_000), "[query]\ndeadline = \"1s\"\n");
    for sort in [&[][..], &["--sort", "{n: 1}"]] {
        let form = [&["orders", "--limit", "0", "--format", "jsonl"], sort].concat();
        let mut command = rig.command(&form);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = command.spawn().unwrap();
        let mut output = BufReader::new(running.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        // A pipe holds less than all of it, and nobody empties it for twice the deadline.
        let begun = Instant::now();
        eventually("the deadline is over", || (begun.elapsed() > 2 * deadline).then_some(()));
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(0), "{sort:?}");
        assert_eq!(rest.lines().count() + 1, 6_000, "{sort:?}");
    }
}

#[test]
fn a_pipe_that_closes_ends_the_query() {
    let faulty = Faulty::take();
    let rig = Rig::on(&faulty.uri(), numbered(6_000), "");
    for sort in [&[][..], &["--sort", "{n: 1}"]] {
        let form = [&["orders", "--limit", "0", "--format", "jsonl"], sort].concat();
        let mut command = rig.command(&form);
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(running.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = running.wait_with_output().unwrap();
        assert!(!String::from_utf8(output.stderr).unwrap().contains("panicked"), "{sort:?}");
        eventually("nothing of ours is left", || {
            let left =
                on_server(&faulty.uri(), async |client| operations(&client, &rig.main).await);
            left.is_empty().then_some(())
        });
    }
}
