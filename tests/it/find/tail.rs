//! Changes as they happen.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use mongodb::bson::{Bson, DateTime, Document, RawDocumentBuf, doc};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tilldeck::demo::server::{ServerOptions, Shape};

use super::rig::{SHARD, at_work, insert_raw, shop, shop_on};
use crate::{
    doctor::fleet::assert_harmless,
    query::rig::{Faulty, Rig, document, store, wait_for_failure},
    support::{Output, eventually, schema_faults, shared, start},
};

/// `tail` while it runs, and the lines that it has said so far; killed when dropped.
struct Tail {
    child: Child,
    stdout: Arc<Mutex<Vec<String>>>,
    stderr: Arc<Mutex<Vec<String>>>,
}

/// Gathers the lines of a stream as they come.
fn lines_of(stream: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let gathered = lines.clone();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            gathered.lock().unwrap().push(line);
        }
    });
    lines
}

impl Tail {
    /// Starts it, and waits until it follows.
    fn start(rig: &Rig, arguments: &[&str]) -> Self {
        Self::of(&mut rig.home.command([&["tail"], arguments].concat()))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines_of(child.stdout.take().unwrap());
        let stderr = lines_of(child.stderr.take().unwrap());
        let tail = Self { child, stdout, stderr };
        eventually("it follows", || {
            tail.stderr.lock().unwrap().iter().any(|line| line.contains("following")).then_some(())
        });
        tail
    }

    /// The lines, when there are so many.
    #[track_caller]
    fn lines(&self, n_lines: usize) -> Vec<String> {
        let lines = eventually(&format!("there are {n_lines} lines"), || {
            Some(self.stdout.lock().unwrap().clone()).filter(|lines| lines.len() >= n_lines)
        });
        assert_eq!(lines.len(), n_lines, "{lines:#?}");
        lines
    }

    /// The changes, when there are so many; held to their schema.
    #[track_caller]
    fn changes(&self, n_changes: usize) -> Vec<Value> {
        let read = |line: &String| {
            let change: Value = serde_json::from_str(line).unwrap();
            assert_eq!(schema_faults("tail", &change), Vec::<String>::new(), "{change:#}");
            change
        };
        self.lines(n_changes).iter().map(read).collect()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id().try_into().unwrap()).unwrap(), signal).unwrap();
    }

    /// The exit code, when it has ended.
    fn wait(&mut self) -> Option<i32> {
        eventually("it ends", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One write to a collection of the shard.
fn update(rig: &Rig, collection: &str, change: &Document) {
    let one = doc! {"q": {"_id": 1}, "u": change};
    rig.tell(SHARD, doc! {"update": collection, "updates": [one]});
}

fn delete(rig: &Rig, collection: &str) {
    rig.tell(SHARD, doc! {"delete": collection, "deletes": [{"q": {"_id": 1}, "limit": 1}]});
}

#[test]
fn every_change_is_a_line_in_its_order() {
    let rig = shop(vec![]);
    let tail = Tail::start(&rig, &["S-one", "--json"]);
    rig.insert(SHARD, "one_orders", &[doc! {"_id": 1, "n": 1, "old": true}]);
    update(&rig, "one_orders", &doc! {"$set": {"n": 2}, "$unset": {"old": 1}});
    update(&rig, "one_orders", &doc! {"_id": 1, "n": 3});
    rig.insert(SHARD, "one_products", &[doc! {"_id": "p"}]);
    delete(&rig, "one_orders");
    let changes = tail.changes(5);
    let operations: Vec<&Value> = changes.iter().map(|change| &change["operation"]).collect();
    assert_eq!(operations, ["insert", "update", "replace", "insert", "delete"]);
    let collections: Vec<&Value> = changes.iter().map(|change| &change["collection"]).collect();
    let orders = "one_orders";
    assert_eq!(collections, [orders, orders, orders, "one_products", orders]);
    assert_eq!(changes[0]["document"], json!({"_id": 1, "n": 1, "old": true}));
    assert_eq!((&changes[0]["key"], &changes[0]["update"]), (&json!({"_id": 1}), &Value::Null));
    let update = json!({"updatedFields": {"n": 2}, "removedFields": ["old"]});
    assert_eq!(changes[1]["update"], update);
    assert_eq!(changes[2]["document"], json!({"_id": 1, "n": 3}));
    assert_eq!((&changes[4]["key"], &changes[4]["document"]), (&json!({"_id": 1}), &Value::Null));
    for change in &changes {
        let at = change["at"].as_str().unwrap();
        assert!(at.ends_with('Z') && at.starts_with("20"), "{change:#}");
    }
}

#[test]
fn only_what_was_asked_for_is_followed() {
    let rig = Rig::new(vec![store("one", SHARD, vec![]), store("one_b", SHARD, vec![])]);
    let all = Tail::start(&rig, &["S-one", "--json"]);
    let orders = Tail::start(&rig, &["S-one", "orders", "--json"]);
    for collection in ["one_b_orders", "one_xorders", "One_orders", "one_products", "one_orders"] {
        rig.insert(SHARD, collection, &[doc! {"_id": 1}]);
    }
    rig.insert(0, "one_orders", &[doc! {"_id": 1}]);
    update(&rig, "one_orders", &doc! {"$set": {"last": true}});
    let followed = |changes: Vec<Value>| {
        let of = |change: &Value| change["collection"].as_str().unwrap().to_owned();
        changes.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(followed(all.changes(3)), ["one_products", "one_orders", "one_orders"]);
    assert_eq!(followed(orders.changes(2)), ["one_orders", "one_orders"]);
}

#[test]
fn a_signal_ends_it_here_and_on_the_server() {
    let rig = shop(vec![]);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut tail = Tail::start(&rig, &["S-one", "orders"]);
        let ours = || at_work(&shared().uri(), &rig.main);
        eventually("it waits on the server", || (!ours().is_empty()).then_some(()));
        tail.signal(signal);
        assert_eq!(tail.wait(), Some(code));
        eventually("nothing of ours is left", || ours().is_empty().then_some(()));
    }
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let rig = shop(vec![]);
    for form in [&["S-one"][..], &["S-one", "--json"]] {
        let mut child = rig.home.command([&["tail"], form].concat());
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = lines_of(child.stderr.take().unwrap());
        eventually("it follows", || (!said.lock().unwrap().is_empty()).then_some(()));
        drop(child.stdout.take());
        let insert = doc! {"insert": "one_orders", "documents": [{"a": 1}]};
        rig.tell(SHARD, insert);
        let ended = eventually("it ends", || child.try_wait().unwrap());
        assert_eq!(ended.code(), Some(0), "{said:?}");
        let ours = || at_work(&shared().uri(), &rig.main);
        eventually("nothing of ours is left", || ours().is_empty().then_some(()));
    }
}

#[test]
fn a_server_without_change_streams_says_so() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    let rig = shop_on(&server.uri(), vec![]);
    for form in [&["tail", "S-one"][..], &["tail", "S-one", "orders"]] {
        let failed = rig.home.run([form, &["--json"]].concat());
        assert_eq!(failed.code, 1, "{failed:?}");
        let report = failed.held_to("error");
        assert_eq!(report["error"]["kind"], "server", "{report:#}");
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains("no change streams") && message.contains(&rig.name_of(SHARD)));
        assert!(report["error"]["hint"].as_str().unwrap().contains("replica set"), "{report:#}");
        let text = rig.home.run(form);
        assert_eq!((text.code, text.stdout.as_str()), (1, ""), "{text:?}");
    }
}

#[test]
fn a_connection_that_breaks_loses_and_repeats_nothing() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), vec![]);
    let tail = Tail::start(&rig, &["S-one", "orders", "--json"]);
    let of_shard = |how: Document| {
        let mut data = doc! {"namespace": format!("{}.$cmd.aggregate", rig.name_of(SHARD))};
        data.extend(how);
        data
    };
    for n in 0..3 {
        let how = match n {
            0 => doc! {"closeConnection": true},
            1 => doc! {"errorCode": 91, "errorLabels": ["ResumableChangeStreamError"]},
            _ => doc! {"errorCode": 43},
        };
        let n_before = faulty.fail_once(&["getMore"], of_shard(how));
        wait_for_failure(&faulty.uri(), n_before);
        rig.insert(SHARD, "one_orders", &[doc! {"_id": n}]);
    }
    let keys: Vec<Value> =
        tail.changes(3).into_iter().map(|one| one["key"]["_id"].clone()).collect();
    assert_eq!(keys, (0..3).map(Value::from).collect::<Vec<_>>());
}

#[test]
fn a_server_that_dies_is_told() {
    let mut server = start(ServerOptions::default());
    let rig = shop_on(&server.uri(), vec![]);
    let mut tail = Tail::start(&rig, &["S-one", "orders", "--json"]);
    server.kill9();
    assert_eq!(tail.wait(), Some(1));
    let report: Value = serde_json::from_str(&tail.lines(1)[0]).unwrap();
    assert_eq!(schema_faults("error", &report), Vec::<String>::new());
    let kind = report["error"]["kind"].as_str().unwrap();
    assert!(["network", "refused", "no_primary", "timed_out"].contains(&kind), "{report:#}");
}

#[test]
fn values_of_every_kind_are_lines() {
    let rig = shop(vec![]);
    let tail = Tail::start(&rig, &["S-one", "orders", "--json"]);
    let odd = doc! {
        "_id": 1, "before": DateTime::from_millis(-1), "far": DateTime::MAX, "nan": f64::NAN,
        "minus": f64::NEG_INFINITY, "old": Bson::Undefined, "symbol": Bson::Symbol("s".into()),
        "least": Bson::MinKey, "text": "\u{1b}[2J\n\u{202e}",
    };
    rig.insert(SHARD, "one_orders", std::slice::from_ref(&odd));
    // As bytes that no driver would write, and that an old one has written.
    let broken = b"\x1d\0\0\0\x10_id\0\x02\0\0\0\x02t\0\x03\0\0\0\xff\xfe\0\x08b\0\x01\0";
    let mut broken = broken.to_vec();
    broken[0] = u8::try_from(broken.len()).unwrap();
    insert_raw(&rig, &[RawDocumentBuf::from_bytes(broken).unwrap()]);
    rig.insert(SHARD, "one_orders", &[doc! {"_id": 3}]);
    let changes = tail.changes(3);
    let given = document(&changes[0]["document"]);
    let bytes = |of: &Document| mongodb::bson::serialize_to_vec(of).unwrap();
    assert_eq!(bytes(&given), bytes(&odd), "{given} is not {odd}");
    assert_eq!(changes[1]["document"], json!({"_id": 2, "t": "\u{fffd}\u{fffd}", "b": true}));
    assert_eq!(changes[2]["key"], json!({"_id": 3}));
}

#[test]
fn nothing_hostile_is_shown() {
    let rig = shop(vec![]);
    let tail = Tail::start(&rig, &["S-one", "orders"]);
    let evil = "x\u{1b}[2J\u{202e}\u{200b}\r\u{7}";
    rig.insert(SHARD, "one_orders", &[doc! {"_id": evil, evil: evil}]);
    update_of(&rig, evil);
    let lines = tail.lines(2).join("\n");
    assert!(lines.contains("insert") && lines.contains("update"), "{lines}");
    assert_harmless(&Output { code: 0, stdout: lines, stderr: String::new() });
}

fn update_of(rig: &Rig, evil: &str) {
    let one = doc! {"q": {"_id": evil}, "u": {"$set": {"more": evil}}};
    rig.tell(SHARD, doc! {"update": "one_orders", "updates": [one]});
}

#[test]
fn collections_that_come_and_go_are_told() {
    let rig = shop(vec![doc! {"_id": 1}]);
    let tail = Tail::start(&rig, &["S-one", "--json"]);
    rig.tell(SHARD, doc! {"drop": "one_orders"});
    rig.insert(SHARD, "one_orders", &[doc! {"_id": 2}]);
    let changes = tail.changes(2);
    assert_eq!((&changes[0]["operation"], &changes[0]["key"]), (&json!("drop"), &json!({})));
    assert_eq!(changes[1]["key"], json!({"_id": 2}));
}
