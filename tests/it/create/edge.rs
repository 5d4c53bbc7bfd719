//! What stands in the way of a store, and what the server has to take.

use mongodb::bson::{Document, doc};
use rustix::process::Signal;
use tilldeck::demo::server::ServerOptions;

use super::fleet::Fleet;
use crate::support::{Running, start};

#[test]
fn a_store_for_a_shard_that_is_down_is_planned_with_a_warning_and_not_begun() {
    let fleet = Fleet::with("[shards.2]\nuri = \"mongodb://127.0.0.1:1\"");
    let planned = fleet.create("ST-1", "acme", &["--plan", "--database", "2"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    let report = planned.held_to("create");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("is down, so the store cannot be made now"), "{warnings}");
    let refused = fleet.create("ST-1", "acme", &["--yes", "--database", "2"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert_eq!(refused.held_to("error")["error"]["kind"], "refused", "{refused:?}");
    assert!(fleet.records().is_empty() && fleet.documents("tilldeck_jobs").is_empty());
    // The others are as good as ever.
    assert_eq!(fleet.create("ST-1", "acme", &["--yes"]).code, 0);
}

#[test]
fn full_shards_are_told_of_and_left_while_another_has_room() {
    let fleet = Fleet::new();
    for number in 0..5 {
        let (name, shard) = (format!("old{number}"), [1, 2, 2, 3, 3][number]);
        fleet.insert(&name, &name, shard);
    }
    let spilled = fleet.create("S5", "s5", &["--yes"]);
    let report = spilled.held_to("create");
    assert_eq!(report["store"]["database_id"], 1, "{spilled:?}");
    let warning = format!("{}, which the rule picks, is full", fleet.shard(3));
    assert!(report["warnings"].to_string().contains(&warning), "{report:#}");
    let full = fleet.create("S6", "s6", &["--yes"]);
    let report = full.held_to("create");
    assert_eq!(report["store"]["database_id"], 3, "{full:?}");
    let warning = format!("{} is full: 2 stores, room for 2", fleet.shard(3));
    assert!(report["warnings"].to_string().contains(&warning), "{report:#}");
}

#[test]
fn the_types_of_a_new_store_are_a_setting() {
    let fleet = Fleet::with(
        "[collections]\ncreated = [\"products\", \"orders\", \"categories\", \"brands\", \"users\"]",
    );
    let created = fleet.create("ST-1", "acme", &["--yes"]).held_to("create");
    let brands = created["collections"].as_array().unwrap().iter().any(|one| one == "acme_brands");
    assert!(brands, "{created:#}");
    assert!(fleet.collections(1).contains(&"acme_brands".to_owned()));
}

#[test]
fn leftovers_are_counted_told_and_taken_over_as_they_are() {
    let fleet = Fleet::new();
    fleet.with_client(async |client| {
        let orders = client.database(&fleet.shard(1)).collection::<Document>("acme_orders");
        orders.insert_many([doc! {"n": 1}, doc! {"n": 2}, doc! {"n": 3}]).await.unwrap();
    });
    let told = format!("{} has acme_orders (3 documents) already", fleet.shard(1));
    let planned = fleet.create("ST-1", "acme", &["--plan"]).held_to("create");
    assert!(planned["warnings"].to_string().contains(&told), "{planned:#}");
    let created = fleet.create("ST-1", "acme", &["--yes"]);
    assert_eq!(created.code, 0, "{created:?}");
    let n_orders = fleet.with_client(async |client| {
        let orders = client.database(&fleet.shard(1)).collection::<Document>("acme_orders");
        orders.count_documents(doc! {}).await.unwrap()
    });
    assert_eq!((n_orders, fleet.records().len()), (3, 1));
}

/// Accepted by the check, and odd: every one must be taken by a real server.
#[test]
fn whatever_prefix_passes_is_taken_by_the_server() {
    // The longest names that a namespace of 255 bytes takes, with a prefix of 20.
    let probe = Fleet::new();
    let longest = 255 - probe.shard(1).len() - 1 - 20 - 1;
    let long_type = "t".repeat(longest);
    let types = format!(
        "[collections]\ntypes = [\"products\", \"orders\", \"categories\", \"{long_type}\"]\n\
         created = [\"products\", \"orders\", \"categories\", \"{long_type}\"]"
    );
    let fleet = Fleet::with(&types);
    assert_eq!(fleet.shard(1).len(), probe.shard(1).len(), "names of tests are of one length");
    let prefixes =
        ["a", "0", "9-lives", "a__b", "a-", "con", "null", "0x1f", "local", "admin", "1e5"];
    let rows: Vec<String> = prefixes
        .iter()
        .map(ToString::to_string)
        .chain(["p".repeat(20)])
        .enumerate()
        .map(|(number, prefix)| format!("S{number},Store,{prefix}"))
        .collect();
    let text = format!("store_id,name,prefix\n{}\n", rows.join("\n"));
    std::fs::write(fleet.home.path().join("odd.csv"), text).unwrap();
    let made = fleet.home.run(["create", "--json", "--from", "odd.csv", "--yes"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(made.held_to("create-batch")["created"], rows.len());
    let refused = fleet.create("long", &"p".repeat(21), &["--yes"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stdout.contains("at most 20 fit"), "{refused:?}");
}

/// `create` on a server that takes its time over the end of a transaction, with the signal
/// sent while it does.
fn interrupted(arguments: &[&str], write: impl Fn(&Fleet)) -> (Fleet, i32, String) {
    let server = start(ServerOptions::default());
    let fleet = Fleet::on(&server.uri());
    write(&fleet);
    let n_entered = fleet.with_client(async |client| {
        let slow = doc! {
            "configureFailPoint": "failCommand", "mode": {"times": 1},
            "data": {
                "failCommands": ["commitTransaction"],
                "blockConnection": true, "blockTimeMS": 1_500,
            },
        };
        let set = client.database("admin").run_command(slow).await.unwrap();
        set.get_i32("count").unwrap()
    });
    let mut running = Running::start(&mut fleet.home.command(arguments));
    fleet.with_client(async |client| {
        let entered = doc! {
            "waitForFailPoint": "failCommand", "timesEntered": n_entered + 1, "maxTimeMS": 30_000,
        };
        client.database("admin").run_command(entered).await.unwrap();
    });
    running.signal(Signal::INT);
    let code = running.wait();
    let records = fleet.records();
    let furnished = fleet.furnished(1);
    assert_eq!(records.len(), furnished.len(), "{records:?} {furnished:?}");
    drop(server);
    (fleet, code, furnished.join(" "))
}

#[test]
fn an_interrupted_store_is_made_whole_and_the_code_says_so() {
    let arguments = Fleet::arguments("ST-1", "acme");
    let arguments = [&arguments[..], &["--yes"]].concat();
    let (_, code, made) = interrupted(&arguments, |_| ());
    assert_eq!((code, made.as_str()), (130, "acme"));
}

#[test]
fn an_interrupted_batch_ends_after_the_row_under_way() {
    let arguments = ["create", "--json", "--from", "stores.csv", "--yes"];
    let (_, code, made) = interrupted(&arguments, |fleet| {
        let text = "store_id,name,prefix\nS1,One,one\nS2,Two,two\n";
        std::fs::write(fleet.home.path().join("stores.csv"), text).unwrap();
    });
    assert_eq!((code, made.as_str()), (130, "one"));
}

#[test]
fn a_view_of_the_name_of_a_collection_is_in_the_way() {
    let fleet = Fleet::new();
    fleet.with_client(async |client| {
        let view = doc! {"create": "acme_orders", "viewOn": "other", "pipeline": []};
        client.database(&fleet.shard(1)).run_command(view).await.unwrap();
    });
    let before = fleet.state();
    let refused = fleet.create("ST-1", "acme", &["--yes"]);
    assert_eq!((refused.code, fleet.state()), (2, before), "{refused:?}");
    let words = format!("`acme_orders` is a view in {}", fleet.shard(1));
    assert!(refused.stdout.contains(&words), "{refused:?}");
}
