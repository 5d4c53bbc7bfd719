//! Exports and pages that are broken off: nothing half is left, here or on the server.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use rustix::process::Signal;
use tilldeck::demo::server::{Server, ServerOptions};

use super::rig::{SHARD, at_work, files_in, finding, found, let_go, shop_on};
use crate::{
    query::rig::{Faulty, Rig, fail, wait_for_failure},
    support::{Output, Running, eventually, start},
};

/// More orders than one batch holds.
const MANY: i32 = 1_500;

fn orders() -> Vec<Document> {
    (0..MANY).map(|n| doc! {"_id": n, "n": n}).collect()
}

/// How commands on the orders are held up.
fn held(rig: &Rig) -> Document {
    let namespace = format!("{}.one_orders", rig.name_of(SHARD));
    doc! {"namespace": namespace, "blockConnection": true, "blockTimeMS": 60_000}
}

/// The forms that write a file, each with the command in whose midst it is broken off.
const FORMS: [(&str, &[&str]); 4] = [
    ("find", &["--all", "--output", "o.jsonl"]),
    ("getMore", &["--all", "--output", "o.jsonl"]),
    ("getMore", &["--all", "--output", "o.csv", "--sort", "{n: -1}"]),
    ("find", &["--limit", "7", "--format", "csv", "--output", "o.csv"]),
];

/// The forms that write none.
const SHOWN: [(&str, &[&str]); 6] = [
    ("find", &["--json"]),
    ("find", &["--all"]),
    ("getMore", &["--all", "--format", "csv"]),
    ("aggregate", &["--count"]),
    ("explain", &["--explain"]),
    ("explain", &["--sort", "{n: 1}"]),
];

#[test]
fn an_interrupted_command_leaves_nothing_here_and_on_the_server() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), orders());
    for (command, form) in [&FORMS[..], &SHOWN].concat() {
        let n_before = fail(&faulty.uri(), &[command], "alwaysOn", held(&rig));
        let mut running = Running::start(&mut rig.home.command(finding(form)));
        wait_for_failure(&faulty.uri(), n_before);
        let interrupted = Instant::now();
        running.signal(Signal::INT);
        assert_eq!(running.wait(), 130, "{form:?}");
        eventually("nothing of ours runs", || {
            at_work(&faulty.uri(), &rig.main).is_empty().then_some(())
        });
        let took = interrupted.elapsed();
        assert!(took < Duration::from_secs(10), "{form:?}: {took:?}, as long as it is held");
        faulty.heal();
        assert_eq!(files_in(rig.home.path()), Vec::<String>::new(), "{form:?}");
    }
}

#[test]
fn an_export_that_is_ended_before_it_has_begun_leaves_no_file() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), vec![]);
    // The registry is read before the orders are.
    let registry = format!("{}.stores", rig.main);
    let held = doc! {"namespace": registry, "blockConnection": true, "blockTimeMS": 60_000};
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let n_before = fail(&faulty.uri(), &["find", "aggregate"], "alwaysOn", held.clone());
        let form = ["--all", "--output", "o.jsonl"];
        let mut running = Running::start(&mut rig.home.command(finding(&form)));
        wait_for_failure(&faulty.uri(), n_before);
        running.signal(signal);
        assert_eq!(running.wait(), code);
        let_go(&faulty.uri(), &rig.main);
        faulty.heal();
        assert_eq!(files_in(rig.home.path()), Vec::<String>::new(), "{signal:?}");
    }
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_no_part() {
    let mut server: Server = start(ServerOptions::default());
    let rig = shop_on(&server.uri(), orders());
    for (command, form) in [FORMS[1], FORMS[3]] {
        let n_before = fail(&server.uri(), &[command], "alwaysOn", held(&rig));
        let arguments = [finding(form), vec!["--json"]].concat();
        let mut command = rig.home.command(arguments);
        let failed = std::thread::scope(|scope| {
            let asked = scope.spawn(|| Output::of(&mut command));
            wait_for_failure(&server.uri(), n_before);
            server.kill9();
            asked.join().unwrap()
        });
        assert_eq!(failed.code, 1, "{form:?}: {failed:?}");
        let error = failed.held_to("error");
        let kind = error["error"]["kind"].as_str().unwrap();
        assert!(["network", "refused", "no_primary", "timed_out"].contains(&kind), "{error:#}");
        assert_eq!(files_in(rig.home.path()), Vec::<String>::new(), "{form:?}");
        server.restart().unwrap();
    }
    found(&rig, FORMS[0].1);
    assert_eq!(files_in(rig.home.path()), ["o.jsonl"]);
}

#[test]
fn a_cursor_that_is_lost_in_the_middle_is_no_end() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), orders());
    for how in [doc! {"errorCode": 43}, doc! {"errorCode": 237}, doc! {"closeConnection": true}] {
        let mut data = doc! {"namespace": format!("{}.one_orders", rig.name_of(SHARD))};
        data.extend(how.clone());
        faulty.fail(&["getMore"], data);
        for form in
            [&["--all"][..], &["--all", "--output", "o.jsonl"], &["--all", "--format", "csv"]]
        {
            let failed = Output::of(&mut rig.home.command(finding(form)));
            assert_eq!(failed.code, 1, "{how} {form:?}: {failed:?}");
            assert!(failed.stderr.contains("error"), "{how} {form:?}: {}", failed.stderr);
        }
        assert_eq!(files_in(rig.home.path()), Vec::<String>::new(), "{how}");
    }
}
