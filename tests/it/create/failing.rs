//! Runs that fail, and runs that were killed, as the next person sees them.

use mongodb::bson::doc;
use tilldeck::demo::server::{Server, ServerOptions, Shape};

use super::fleet::Fleet;
use crate::support::{Output, start};

/// A fleet on a server that refuses commands with the error of a full disk, so many times.
fn refusing(shape: Shape, command: &str, times: i32) -> (Server, Fleet) {
    let server = start(ServerOptions { shape, ..ServerOptions::default() });
    let fleet = Fleet::on(&server.uri());
    fleet.with_client(async |client| {
        let fails = doc! {
            "configureFailPoint": "failCommand", "mode": {"times": times},
            "data": {"failCommands": [command], "errorCode": 14031},
        };
        client.database("admin").run_command(fails).await.unwrap();
    });
    (server, fleet)
}

#[test]
fn a_failed_run_shows_its_steps_and_leaves_nothing() {
    let (_server, fleet) = refusing(Shape::Standalone, "create", 1);
    let arguments = Fleet::arguments("ST-1", "acme");
    let arguments: Vec<_> = arguments.into_iter().filter(|one| *one != "--json").collect();
    let failed = fleet.home.run([&arguments[..], &["--yes"]].concat());
    assert_eq!(failed.code, 1, "{failed:?}");
    for words in ["collection acme_products", "failed", "error: "] {
        assert!(failed.stderr.contains(words), "{words} is not in {failed:?}");
    }
    assert!(fleet.records().is_empty() && fleet.furnished(1).is_empty());
    // What was undone is nobody's unfinished job.
    assert!(!failed.stderr.contains("unfinished job"), "{failed:?}");
    assert_eq!(fleet.create("ST-1", "acme", &["--yes"]).code, 0);
}

#[test]
fn a_failed_row_does_not_keep_the_others() {
    let (_server, fleet) = refusing(Shape::Standalone, "create", 1);
    let text = "store_id,name,prefix\nS1,One,one\nS2,Two,two\n";
    std::fs::write(fleet.home.path().join("stores.csv"), text).unwrap();
    let arguments = ["create", "--json", "--from", "stores.csv", "--yes"];
    let first = fleet.home.run(arguments);
    assert_eq!(first.code, 1, "{first:?}");
    let report = first.held_to("create-batch");
    let rows = &report["rows"];
    assert_eq!(
        (&rows[0]["outcome"], &rows[1]["outcome"]),
        (&"failed".into(), &"created".into()),
        "{report:#}"
    );
    assert!(rows[0]["error"]["message"].is_string());
    assert_eq!((&report["failed"], &report["created"]), (&1.into(), &1.into()));
    let again = fleet.home.run(arguments).held_to("create-batch");
    assert_eq!((&again["skipped"], &again["created"]), (&1.into(), &1.into()), "{again:#}");
}

#[test]
fn whoever_comes_after_a_killed_run_is_told_of_its_job() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    let fleet = Fleet::on(&server.uri());
    let arguments = Fleet::arguments("ST-1", "acme");
    let mut command = fleet.home.command([&arguments[..], &["--yes"]].concat());
    let killed = Output::of(command.env("TILLDECK_DIE_AT", "verification"));
    assert_eq!(killed.code, 128 + 9, "{killed:?}");
    let job = fleet.documents("tilldeck_jobs")[0].get_object_id("_id").unwrap().to_hex();
    let refused = fleet.create("ST-1", "acme", &["--yes"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains(&format!("job `{job}`")), "{refused:?}");
    assert!(refused.stderr.contains("create store ST-1"), "{refused:?}");
}
