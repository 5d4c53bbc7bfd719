//! Exports: whole and in order or not at all, and never more in memory than a part.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use mongodb::bson::{Document, doc};
use serde_json::Value;

use super::rig::{SHARD, at_work, files_in, find, finding, found, shop, shop_on};
use crate::{
    query::rig::{Faulty, Rig, lines_of, wait_for_failure},
    support::{Output, Running, eventually, is_running, shared},
};

/// So many orders, with `n` against the order in which they are stored.
fn numbered(n_orders: i32) -> Vec<Document> {
    (0..n_orders).map(|n| doc! {"_id": n, "n": n_orders - n, "text": "x".repeat(50)}).collect()
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

#[test]
fn every_document_is_in_the_file_once_and_in_order() {
    let n_orders = 50_000;
    let rig = shop(numbered(n_orders));
    let done = found(&rig, &["--all", "--output", "orders.jsonl"]);
    assert_eq!(done.stdout, "", "{done:?}");
    assert!(done.stderr.contains("50,000 documents"), "{done:?}");
    let lines = lines_of(rig.home.path(), "orders.jsonl");
    let ids: BTreeSet<i64> = lines.iter().map(|line| read(line)["_id"].as_i64().unwrap()).collect();
    assert_eq!((lines.len(), ids.len()), (50_000, 50_000));
    found(&rig, &["--all", "--format", "csv", "--sort", "{n: 1}", "--output", "orders"]);
    let mut table = csv::Reader::from_path(rig.home.path().join("orders")).unwrap();
    assert_eq!(
        table.headers().unwrap(),
        &csv::StringRecord::from(vec!["_id", "n", "text", "(other)"])
    );
    let numbers: Vec<i32> = table.records().map(|row| row.unwrap()[1].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=n_orders).collect::<Vec<_>>());
    assert_eq!(files_in(rig.home.path()), ["orders", "orders.jsonl"]);
    let few = found(&rig, &["--format", "jsonl", "--limit", "3", "--filter", "{n: {$lt: 10}}"]);
    let ids: Vec<_> = few.stdout.lines().map(|line| read(line)["_id"].clone()).collect();
    assert_eq!(ids, [49_991, 49_992, 49_993], "in the order of `_id`, unless it is said");
}

#[test]
fn all_documents_are_one_json_document_where_it_is_asked_for() {
    let rig = shop(numbered(3_000));
    let report = found(&rig, &["--all", "--json", "--sort", "{n: 1}"]).held_to("find");
    assert_eq!((&report["collection"], &report["next"]), (&"one_orders".into(), &Value::Null));
    assert_eq!(report["database"], rig.name_of(SHARD));
    let numbers =
        report["documents"].as_array().unwrap().iter().map(|one| one["n"].as_i64().unwrap());
    assert!(numbers.eq(1..=3_000), "in their order");
    let none = found(&rig, &["--all", "--json", "--filter", "{n: 'none'}"]).held_to("find");
    assert_eq!(none["documents"], Value::Array(vec![]));
    // Lines stay lines.
    let lines = found(&rig, &["--format", "jsonl", "--json", "--limit", "2"]).stdout;
    assert_eq!(lines.lines().map(read).count(), 2);
}

#[test]
fn a_file_has_its_name_when_it_is_complete() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), numbered(1_500));
    let held = doc! {"namespace": format!("{}.one_orders", rig.name_of(SHARD)), "blockConnection": true, "blockTimeMS": 2_000};
    faulty.fail_once(&["getMore"], held);
    let mut running =
        Running::start(&mut rig.home.command(finding(&["--all", "--output", "o.jsonl"])));
    let before = eventually("it is being written", || {
        Some(files_in(rig.home.path())).filter(|files| !files.is_empty())
    });
    assert!(!before.contains(&"o.jsonl".to_owned()), "{before:?}");
    assert_eq!(running.wait(), 0);
    assert_eq!(files_in(rig.home.path()), ["o.jsonl"]);
    assert_eq!(lines_of(rig.home.path(), "o.jsonl").len(), 1_500);
}

#[test]
fn what_is_there_is_not_written_over_unless_it_is_said() {
    let rig = shop(numbered(3));
    let path = rig.home.path().join("mine.csv");
    fs::write(&path, "mine").unwrap();
    for arguments in [&["--all"][..], &["--format", "jsonl"], &["--all", "--format", "csv"]] {
        let refused = find(&rig, &[arguments, &["--output", "mine.csv", "--json"]].concat());
        assert_eq!(refused.code, 2, "{refused:?}");
        assert_eq!(refused.held_to("error")["error"]["kind"], "usage");
        assert!(refused.stderr.contains("mine.csv"), "{refused:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
    // What fails leaves it as it is, even then.
    let arguments = ["--all", "--output", "mine.csv", "--overwrite"];
    let failed = find(&rig, &[&arguments[..], &["--filter", "{n: {$nope: 1}}"]].concat());
    assert_eq!(failed.code, 2, "{failed:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    found(&rig, &arguments);
    assert_eq!(lines_of(rig.home.path(), "mine.csv").len(), 4);
    assert_eq!(files_in(rig.home.path()), ["mine.csv"]);
}

#[test]
fn only_a_file_is_replaced() {
    let rig = shop(numbered(3));
    let folder = rig.home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let pipe = rig.home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["folder", "pipe"] {
        let refused = find(&rig, &["--all", "--output", name, "--overwrite", "--json"]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert_eq!(refused.held_to("error")["error"]["kind"], "usage");
    }
    assert!(folder.is_dir() && !pipe.is_file());
    assert_eq!(files_in(rig.home.path()), ["folder", "pipe"]);
}

#[test]
fn a_file_that_appears_meanwhile_is_left_alone() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), numbered(1_500));
    let held = doc! {"namespace": format!("{}.one_orders", rig.name_of(SHARD)), "blockConnection": true, "blockTimeMS": 2_000};
    let n_before = faulty.fail_once(&["getMore"], held);
    let mut command = rig.home.command(finding(&["--all", "--output", "o.jsonl"]));
    let refused = std::thread::scope(|scope| {
        let asked = scope.spawn(|| Output::of(&mut command));
        wait_for_failure(&faulty.uri(), n_before);
        fs::write(rig.home.path().join("o.jsonl"), "mine").unwrap();
        asked.join().unwrap()
    });
    assert!(refused.code == 2 && refused.stderr.contains("exists"), "{refused:?}");
    assert_eq!(fs::read_to_string(rig.home.path().join("o.jsonl")).unwrap(), "mine");
    assert_eq!(files_in(rig.home.path()), ["o.jsonl"]);
}

#[test]
fn a_place_that_cannot_be_written_to_is_told() {
    let rig = shop(numbered(3));
    let closed = rig.home.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    fs::write(rig.home.path().join("file"), "mine").unwrap();
    let mut places = vec!["no/such/folder/o.csv", "file/o.csv"];
    // Nothing is closed to root.
    if fs::write(closed.join("probe"), "").is_err() {
        places.push("closed/o.csv");
    }
    for place in places {
        let refused = find(&rig, &["--all", "--output", place, "--json"]);
        assert_eq!(refused.code, 1, "{place}: {refused:?}");
        assert_eq!(refused.held_to("error")["error"]["kind"], "io", "{place}");
        assert!(refused.stderr.contains(place), "{refused:?}");
    }
}

/// The program where no file may become larger than 32 KB; that ends no program by a signal.
fn on_a_small_disk(rig: &Rig, arguments: &[&str]) -> Output {
    let binary = rig.home.command(finding(arguments));
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    command.arg(binary.get_program()).args(binary.get_args()).env_clear();
    command.envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Output::of(command.current_dir(rig.home.path()).stdin(Stdio::null()))
}

#[test]
fn a_disk_that_is_full_leaves_no_part() {
    let rig = shop(numbered(5_000));
    for format in ["jsonl", "csv"] {
        let failed =
            on_a_small_disk(&rig, &["--all", "--format", format, "--output", "o", "--json"]);
        assert_eq!(failed.code, 1, "{failed:?}");
        assert_eq!(failed.held_to("error")["error"]["kind"], "io");
        assert_eq!(files_in(rig.home.path()), Vec::<String>::new());
    }
    // What is small enough is none of its business.
    let few = on_a_small_disk(&rig, &["--limit", "10", "--output", "o.jsonl"]);
    assert_eq!((few.code, files_in(rig.home.path()).len()), (0, 1), "{few:?}");
}

#[test]
fn an_output_that_takes_no_more_is_told() {
    let rig = shop(numbered(5_000));
    for arguments in [&["--all"][..], &["--all", "--format", "csv"], &["--json"], &[]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = rig.home.command(finding(arguments));
        let output = command.stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot be written"), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_here_and_on_the_server() {
    let rig = shop(numbered(20_000));
    for form in [&["--all"][..], &["--all", "--format", "csv"], &["--all", "--sort", "{n: 1}"]] {
        let mut running = Running::start(&mut rig.home.command(finding(form)));
        let line = running.first_line();
        assert!(line.contains("_id"), "{line}");
        assert_eq!(running.wait(), 0, "{form:?}");
        eventually("nothing of ours is left on the server", || {
            at_work(&shared().uri(), &rig.main).is_empty().then_some(())
        });
    }
}

/// The most memory that a process has had at once, in MB.
fn peak_of(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes >> 10)
}

#[test]
fn an_export_holds_a_part_in_memory_and_never_all() {
    let rig = shop(vec![doc! {"text": "x".repeat(3 << 20)}]);
    // The server makes a hundred of it faster than they could be sent.
    let numbers = doc! {"$set": {"_id": {"$range": [0, 100]}}};
    rig.store_gives("one", &[numbers, doc! {"$unwind": "$_id"}, doc! {"$out": "one_orders"}]);
    for (format, limit) in [("jsonl", 100), ("csv", 60)] {
        let most = limit.to_string();
        let arguments = ["--limit", &most, "--format", format, "--output", format];
        let mut running = Running::start(&mut rig.home.command(finding(&arguments)));
        let mut peak = 0;
        eventually("it ends", || {
            peak = peak_of(running.pid()).unwrap_or(0).max(peak);
            (!is_running(running.pid())).then_some(())
        });
        assert_eq!(running.wait(), 0);
        let written = fs::metadata(rig.home.path().join(format)).unwrap().len() >> 20;
        assert!(written >= 3 * limit, "{format}: {written} MB are not all of it");
        // A batch is 16 MB: some copies of one or two, and what the allocator keeps.
        assert!((5..200).contains(&peak), "{format}: {peak} MB at once");
        fs::remove_file(rig.home.path().join(format)).unwrap();
    }
}
