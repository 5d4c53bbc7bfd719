//! One store, with its plan, its question and its refusals.

use std::io::{Read as _, Write as _};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::fleet::Fleet;
use crate::support::Output;

fn error(output: &Output) -> (i32, String, String) {
    let error = &output.held_to("error")["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (output.code, text("kind"), text("message"))
}

#[test]
fn a_plan_changes_nothing_and_yes_makes_the_store() {
    let fleet = Fleet::new();
    fleet.insert("first", "first", 1);
    let before = fleet.state();
    let planned = fleet.create("ST-1", "acme", &["--plan"]);
    assert_eq!((planned.code, &fleet.state()), (0, &before), "{planned:?}");
    let plan = planned.held_to("create");
    assert_eq!((&plan["plan_only"], &plan["store"]["database_id"]), (&true.into(), &1.into()));
    assert_eq!(plan["steps"][1]["outcome"], "planned");

    let created = fleet.create("ST-1", "acme", &["--yes"]);
    assert_eq!(created.code, 0, "{created:?}");
    let report = created.held_to("create");
    assert_eq!(report["database"], fleet.shard(1));
    assert_eq!(report["collections"].as_array().unwrap().len(), 4);
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["outcome"] == "done"), "{report:#}");
    assert_eq!((fleet.records().len(), fleet.furnished(1)), (2, vec!["acme".to_owned()]));
}

#[test]
fn without_a_terminal_nothing_is_done_unless_told_so() {
    let fleet = Fleet::new();
    let before = fleet.state();
    let (code, kind, message) = error(&fleet.create("ST-1", "acme", &[]));
    assert_eq!((code, kind.as_str()), (2, "usage"));
    assert!(message.starts_with("nothing was done"), "{message}");
    assert_eq!(fleet.state(), before);
}

#[test]
fn read_only_is_refused_in_words_but_may_plan() {
    let fleet = Fleet::new();
    let before = fleet.state();
    let (code, kind, message) = error(&fleet.create("ST-1", "acme", &["--yes", "--read-only"]));
    assert_eq!((code, kind.as_str()), (1, "read_only"), "{message}");
    assert_eq!(fleet.create("ST-1", "acme", &["--plan", "--read-only"]).code, 0);
    assert_eq!(fleet.state(), before);
}

#[test]
fn names_that_cannot_be_used_are_refused_with_the_reason() {
    let fleet = Fleet::new();
    fleet.insert("ST-1", "Acme", 1);
    for (id, prefix, reason) in [
        ("st-1", "other", "--store-id: store `ST-1` has it already"),
        ("ST-2", "acme", "--prefix: store `ST-1` has `Acme`, which differs only in case"),
        ("ST-2", "a.b", "--prefix: `.` cannot be in it"),
        ("ST-2", "tilldeck", "another meaning"),
        ("a\u{202e}", "other", "invisible"),
    ] {
        let (code, kind, message) = error(&fleet.create(id, prefix, &["--yes"]));
        assert_eq!((code, kind.as_str()), (2, "usage"), "{message}");
        assert!(message.contains(reason), "{message}");
    }
    let (code, _, message) = error(&fleet.create("ST-2", "other", &["--yes", "--database", "9"]));
    assert_eq!((code, message.as_str()), (2, "`9` is no shard of this fleet"));
    assert_eq!(fleet.records().len(), 1);
}

#[test]
fn each_placement_and_a_shard_by_hand_are_followed() {
    let fleet = Fleet::new();
    for (number, (arguments, shard)) in [
        (&["--placement", "documented"][..], 1),
        (&["--placement", "round-robin"], 2),
        (&["--placement", "least-loaded"], 3),
        (&["--database", "2"], 2),
        // Full by now, and taken all the same because a person says so.
        (&["--database", "2"], 2),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, prefix) = (format!("S{number}"), format!("p{number}"));
        let created = fleet.create(&id, &prefix, &[&["--yes"][..], arguments].concat());
        assert_eq!(created.json()["store"]["database_id"], shard, "{created:?}");
        let is_full = created.stdout.contains("is full: 2 stores, room for 2");
        assert_eq!(is_full, number == 4, "{created:?}");
    }
}

#[test]
fn the_question_is_answered_on_a_terminal() {
    let fleet = Fleet::new();
    for (answer, code, n_records) in [("\r", 1, 0), ("n\r", 1, 0), ("\x03", 130, 0), ("y\r", 0, 1)]
    {
        let pty = native_pty_system()
            .openpty(PtySize { rows: 40, cols: 120, ..PtySize::default() })
            .unwrap();
        let mut command = CommandBuilder::new(assert_cmd::cargo::cargo_bin!("tilldeck"));
        command.args(Fleet::arguments("ST-1", "acme").iter().filter(|one| **one != "--json"));
        command.env_clear();
        command.env("HOME", fleet.home.path());
        command.env("XDG_CONFIG_HOME", fleet.home.path().join("config"));
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let (mut reader, mut writer) =
            (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
        let (mut seen, mut buffer) = (String::new(), [0; 4096]);
        while !seen.contains("[y/N]") {
            let n_read = reader.read(&mut buffer).unwrap();
            assert!(n_read > 0, "{seen}");
            seen += &String::from_utf8_lossy(&buffer[..n_read]);
        }
        assert!(seen.contains("acme_products") && seen.contains("would take"), "{seen}");
        writer.write_all(answer.as_bytes()).unwrap();
        // The output must be taken, or the program waits to be rid of it.
        std::thread::spawn(move || while reader.read(&mut buffer).is_ok_and(|n| n > 0) {});
        assert_eq!(child.wait().unwrap().exit_code(), code, "{answer:?}");
        assert_eq!(fleet.records().len(), n_records, "{answer:?}");
    }
}
