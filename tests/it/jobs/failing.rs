//! Every command of a creation fails once, and from then on: the store is whole or not
//! there, and where even the undoing was made to fail, the journal knows it.

use std::time::Duration;

use mongodb::{
    Client,
    bson::{Bson, DateTime, Document, doc, oid::ObjectId},
};
use tilldeck::{
    demo::server::{ServerOptions, Shape},
    domain::{
        creation::Created,
        failure::Failure,
        job::{JobId, Progress},
    },
    jobs,
    mongo::gate::Gate,
};
use tokio::sync::watch;

use super::rig::{Rig, four};
use crate::support::{eventually_async, start};

/// How long a command that fails is held: enough to turn the failing off before the next.
const HELD: Duration = Duration::from_millis(100);
/// Commands that fail together: each that makes a store by itself, then those whose failing
/// keeps it from being undone as well.
const COMMANDS: [&[&str]; 11] = [
    &["findAndModify"],
    &["aggregate"],
    &["listCollections"],
    &["listIndexes"],
    &["insert"],
    &["create"],
    &["createIndexes"],
    &["commitTransaction"],
    &["listIndexes", "drop"],
    &["commitTransaction", "insert"],
    &[
        "findAndModify",
        "aggregate",
        "listCollections",
        "listIndexes",
        "insert",
        "create",
        "createIndexes",
        "commitTransaction",
        "abortTransaction",
        "drop",
    ],
];

/// How many of each of [`COMMANDS`] are sent at least where one transaction makes a store.
const SENT_IN_TRANSACTION: [i32; 11] = [4, 5, 2, 1, 2, 4, 1, 1, 1, 3, 20];
/// The same where the journal is kept.
const SENT_WITH_JOURNAL: [i32; 11] = [11, 5, 2, 1, 1, 4, 1, 0, 1, 1, 25];

/// How a command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The server refuses, with this code, and does nothing.
    Refusal(i32),
    /// The server closes the connection, and does nothing.
    Cut,
    /// The server does it, and says that the majority may not have it.
    Unconfirmed,
}

/// How many commands fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Once,
    FromThenOn,
}

/// One way to fail: which command, after how many that pass.
#[derive(Debug, Clone, Copy)]
struct Case {
    commands: &'static [&'static str],
    passed: i32,
    fault: Fault,
    extent: Extent,
}

/// What came of a run with a case.
struct Outcome {
    created: Result<Created, Failure>,
    n_failed: i64,
}

impl Case {
    fn data(self) -> Document {
        let mut data = doc! {"failCommands": self.commands.to_vec(), "appName": "tilldeck"};
        match self.fault {
            Fault::Refusal(code) => data.insert("errorCode", code),
            Fault::Cut => data.insert("closeConnection", true),
            Fault::Unconfirmed => data.insert(
                "writeConcernError",
                doc! {"code": 64, "errmsg": "waiting for replication timed out"},
            ),
        };
        if self.extent == Extent::Once {
            let held = i32::try_from(HELD.as_millis()).unwrap();
            data.extend(doc! {"blockConnection": true, "blockTimeMS": held});
        }
        data
    }

    /// Makes a store while the case fails its commands.
    async fn run(self, rig: &Rig) -> Outcome {
        let plan = rig.plan("acme", Some(1));
        let n_before = self.set(&rig.client, true).await;
        let mut n_after = None;
        let created = {
            let off_again = async {
                wait_for_failures(&rig.client, n_before + 1).await;
                n_after = Some(self.set(&rig.client, false).await);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                (created, _) = rig.create(&plan) => created,
                () = off_again, if self.extent == Extent::Once => unreachable!("it never ends"),
            }
        };
        let n_after = match n_after {
            Some(n_after) => n_after,
            None => self.set(&rig.client, false).await,
        };
        Outcome { created, n_failed: n_after - n_before }
    }

    /// Switches the failing on or off; how many commands have failed on this server so far.
    async fn set(self, client: &Client, is_on: bool) -> i64 {
        let mode: Bson = if is_on { doc! {"skip": self.passed}.into() } else { "off".into() };
        let command = doc! {
            "configureFailPoint": "failCommand", "mode": mode, "data": self.data(),
        };
        let answer = client.database("admin").run_command(command).await.unwrap();
        answer.get_i64("count").or_else(|_| answer.get_i32("count").map(i64::from)).unwrap()
    }
}

/// Waits until so many commands have failed on this server.
async fn wait_for_failures(client: &Client, n_failed: i64) {
    let admin = client.database("admin");
    let get = || async {
        let asked = doc! {"getParameter": 1, "failpoint.failCommand": 1};
        let answer = admin.run_command(asked).await.unwrap();
        let state = answer.get_document("failpoint.failCommand").unwrap();
        let entered = state.get("timesEntered").unwrap();
        let entered = entered.as_i64().or_else(|| entered.as_i32().map(i64::from)).unwrap();
        (entered >= n_failed).then_some(())
    };
    eventually_async("the command fails", get).await;
}

/// What is wrong with what is left of the store that a case was to make.
async fn wrong(rig: &Rig, case: Case, outcome: &Outcome) -> Option<String> {
    let (records, collections) = (rig.records().await.len(), rig.collections(1).await);
    let jobs = rig.jobs().await;
    let is_open = |job: &&Document| job.get_str("state").unwrap() == "running";
    let is_gone = records == 0 && collections.is_empty();
    let is_whole = records == 1 && collections == four("acme");
    let is_right = match (jobs.iter().find(is_open), &outcome.created) {
        // With one failure alone, nothing keeps it from being undone.
        (Some(open), Err(failure)) => {
            let id = open.get_object_id("_id").unwrap().to_hex();
            undo(rig, &id).await;
            outcome.n_failed > 1
                && failure.hint.to_string().contains(&id)
                && rig.records().await.is_empty()
                && rig.collections(1).await.is_empty()
        }
        (None, Ok(_)) => is_whole && jobs[0].get_str("state").unwrap() == "done",
        // A commit is all or nothing; where asking for its outcome failed too, that is told.
        (None, Err(failure)) => {
            let is_unknown = failure.message.to_string().contains("is not known");
            is_gone || (is_whole && is_unknown && outcome.n_failed > 1)
        }
        (Some(_), Ok(_)) => false,
    };
    let wrong = format!(
        "{case:?}, {} failed: {:?}; {records} records, {collections:?}, {jobs:?}",
        outcome.n_failed, outcome.created
    );
    (!is_right).then_some(wrong)
}

/// Undoes the job that could not be undone when it failed, once its time is over.
async fn undo(rig: &Rig, id: &str) {
    let past = doc! {"$set": {"until": DateTime::from_millis(0)}};
    let jobs = rig.client.database(&rig.main).collection::<Document>("tilldeck_jobs");
    jobs.update_one(doc! {"_id": ObjectId::parse_str(id).unwrap()}, past).await.unwrap();
    let (id, (progress, _)) = (JobId::new(id), watch::channel(Progress::default()));
    // A pool that lost its connections comes back by itself.
    let undone = || async { jobs::undo(&rig.fleet, Gate::new(false), &id, &progress).await.ok() };
    eventually_async("the job is undone", undone).await;
}

/// Whether the lease keeps others out although giving it back is not what failed, or for
/// longer than it may hold.
async fn is_blocked(rig: &Rig, case: Case) -> bool {
    let leases = rig.client.database(&rig.main).collection::<Document>("tilldeck_leases");
    let held = doc! {"$expr": {"$gt": ["$until", "$$NOW"]}};
    let held_long = doc! {"$expr": {"$gt": ["$until", {"$add": ["$$NOW", 15_000]}]}};
    let is_held = leases.count_documents(held).await.unwrap() > 0;
    let is_held_long = leases.count_documents(held_long).await.unwrap() > 0;
    is_held_long || (is_held && !case.commands.contains(&"findAndModify"))
}

/// Takes away what a case has left, for the next one.
async fn clean(rig: &Rig) {
    let main = rig.client.database(&rig.main);
    for name in ["stores", "tilldeck_jobs", "tilldeck_leases"] {
        main.collection::<Document>(name).delete_many(doc! {}).await.unwrap();
    }
    for name in rig.collections(1).await {
        rig.database(1).collection::<Document>(&name).drop().await.unwrap();
    }
}

/// Fails each command after so many of its kind that pass, until none is left to fail.
/// How often each of [`COMMANDS`] could be made to fail.
async fn every_command(uri: &str, fault: Fault, extent: Extent) -> Vec<i32> {
    let (mut n_cases, mut faults) = (vec![0; COMMANDS.len()], Vec::new());
    let rig = Rig::quiet(uri).await;
    for (number, commands) in COMMANDS.into_iter().enumerate() {
        for passed in 0..60 {
            let case = Case { commands, passed, fault, extent };
            rig.recover().await;
            let outcome = case.run(&rig).await;
            faults.extend(wrong(&rig, case, &outcome).await);
            faults.extend(is_blocked(&rig, case).await.then(|| format!("{case:?} keeps the turn")));
            clean(&rig).await;
            if outcome.n_failed == 0 {
                break;
            }
            n_cases[number] += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    n_cases
}

/// Fails them all, and looks whether none was missed.
async fn all(shape: Shape, extent: Extent, faults: &[Fault]) {
    let server = start(ServerOptions { shape, ..ServerOptions::default() });
    let sent = if shape == Shape::Standalone { SENT_WITH_JOURNAL } else { SENT_IN_TRANSACTION };
    for fault in faults {
        let n_cases = every_command(&server.uri(), *fault, extent).await;
        // Reads cannot be unconfirmed, so there are fewer of those.
        let is_enough = *fault == Fault::Unconfirmed
            || n_cases.iter().zip(sent).all(|(n_cases, sent)| *n_cases >= sent);
        assert!(is_enough && n_cases[0] >= sent[0], "{fault:?}: {n_cases:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_fails_in_a_transaction() {
    all(Shape::default(), Extent::Once, &[Fault::Refusal(8000), Fault::Cut]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_fails_with_the_journal() {
    all(Shape::Standalone, Extent::Once, &[Fault::Refusal(8000), Fault::Cut]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_keep_failing_in_a_transaction() {
    let faults = [Fault::Refusal(11601), Fault::Unconfirmed];
    all(Shape::default(), Extent::FromThenOn, &faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_keep_failing_with_the_journal() {
    let faults = [Fault::Refusal(11601), Fault::Unconfirmed];
    all(Shape::Standalone, Extent::FromThenOn, &faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_is_lost_while_the_record_is_written_leaves_no_record_and_a_named_job() {
    let (server, second) = (start(ServerOptions::default()), start(ServerOptions::default()));
    let rig = Rig::with_second(&server.uri(), &second.uri()).await;
    let plan = rig.plan("acme", Some(2));
    let held = doc! {
        "configureFailPoint": "failCommand",
        "mode": {"times": 1},
        "data": {
            "failCommands": ["insert"], "appName": "tilldeck",
            "blockConnection": true, "blockTimeMS": 2_000,
        },
    };
    rig.client.database("admin").run_command(held).await.unwrap();
    let lose_the_shard = async {
        wait_for_failures(&rig.client, 1).await;
        drop(second);
        rig.fleet.retry(None);
        rig.wait_for_loss(2).await;
    };
    let ((created, _), ()) = tokio::join!(rig.create(&plan), lose_the_shard);
    let failure = created.unwrap_err();
    let jobs = rig.jobs().await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].get_str("state").unwrap(), "running");
    let id = jobs[0].get_object_id("_id").unwrap().to_hex();
    assert!(failure.hint.to_string().contains(&format!("jobs undo {id}")), "{failure:?}");
    assert!(rig.records().await.is_empty(), "{failure:?}");
}
