//! `demo --headless`: ready in one line, true to it, and gone without a trace.

use std::path::Path;

use bson::{Document, doc};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Home, Running, eventually, is_running, on_server};

fn demo(home: &Home, arguments: &[&str]) -> (Running, Value) {
    let mut command = home.command(["demo", "--headless"].iter().chain(arguments));
    let mut running = Running::start(&mut command);
    let line = running.first_line();
    let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
    (running, ready)
}

fn folders_of(pid: u32) -> usize {
    let prefix = format!("tilldeck-{pid}-");
    let places = [Path::new("/dev/shm").to_owned(), std::env::temp_dir()];
    let entries = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .count()
}

fn number(ready: &Value, key: &str) -> u32 {
    ready[key].as_u64().unwrap().try_into().unwrap()
}

#[test]
fn a_seeded_fleet_is_there_and_goes_on_sigterm() {
    let home = Home::new();
    let (mut running, ready) = demo(&home, &[]);
    assert_eq!(number(&ready, "pid"), running.pid());
    assert_eq!(number(&ready, "stores"), 100);
    let uri = ready["uri"].as_str().unwrap();
    on_server(uri, async |client| {
        let main = client.default_database().unwrap();
        let stores = main.collection::<Document>("stores");
        assert_eq!(stores.count_documents(doc! {}).await.unwrap(), 100);
        let legacy = doc! { "databaseId": { "$exists": false } };
        assert_eq!(stores.count_documents(legacy).await.unwrap(), 6);
        let fifth = stores.count_documents(doc! { "databaseId": 5 }).await.unwrap();
        assert_eq!(fifth, 20);
        let system = doc! { "storeId": null };
        let users = main.collection::<Document>("users");
        assert_eq!(users.count_documents(system).await.unwrap(), 3);
        let shard = client.database("pos_db_5").list_collection_names().await.unwrap();
        assert_eq!(shard.len(), 100);
        let orders = client.database("pos_db_5").collection::<Document>("tokyo_kuramae_orders");
        assert!(orders.count_documents(doc! {}).await.unwrap() >= 30);
    });
    running.signal(Signal::TERM);
    assert_eq!(running.wait(), 143);
    assert!(!is_running(number(&ready, "mongod_pid")));
    assert_eq!(folders_of(running.pid()), 0);
}

#[test]
fn orders_trickle_in_unless_it_is_quiet() {
    let home = Home::new();
    let (mut running, ready) = demo(&home, &["--stores", "3"]);
    let uri = ready["uri"].as_str().unwrap();
    let n_orders = || {
        on_server(uri, async |client| {
            let mut total = 0;
            for database in ["main_db", "pos_db_1"] {
                let database = client.database(database);
                for name in database.list_collection_names().await.unwrap() {
                    if name.ends_with("_orders") {
                        let orders = database.collection::<Document>(&name);
                        total += orders.count_documents(doc! {}).await.unwrap();
                    }
                }
            }
            total
        })
    };
    eventually("an order comes in", || (n_orders() > 90).then_some(()));
    running.signal(Signal::INT);
    assert_eq!(running.wait(), 130);
}

#[test]
fn nothing_survives_a_kill() {
    let home = Home::new();
    let (mut running, ready) = demo(&home, &["--stores", "2", "--quiet"]);
    let (pid, mongod) = (running.pid(), number(&ready, "mongod_pid"));
    assert!(is_running(mongod));
    running.signal(Signal::KILL);
    assert_eq!(running.wait(), 137);
    eventually("the server is gone", || (!is_running(mongod)).then_some(()));
    // The next demo removes what the killed one could not.
    let (mut next, _) = demo(&home, &["--stores", "2", "--quiet"]);
    assert_eq!(folders_of(pid), 0);
    next.signal(Signal::TERM);
    assert_eq!(next.wait(), 143);
}

#[test]
fn a_kept_demo_opens_again() {
    let home = Home::new();
    let kept = home.path().join("kept");
    let keep = ["--stores", "5", "--quiet", "--keep", kept.to_str().unwrap()];
    let (mut first, ready) = demo(&home, &keep);
    on_server(ready["uri"].as_str().unwrap(), async |client| {
        let marks = client.database("main_db").collection("marks");
        marks.insert_one(doc! { "_id": 1 }).await.unwrap();
        let categories =
            client.database("pos_db_1").collection::<Document>("lausanne_flon_categories");
        assert_eq!(categories.delete_many(doc! {}).await.unwrap().deleted_count, 6);
    });
    let busy = home.run(["demo", "--headless", "--json"].iter().chain(&keep));
    assert_eq!(busy.json()["error"]["kind"], "busy");
    first.signal(Signal::TERM);
    assert_eq!(first.wait(), 143);
    assert!(!is_running(number(&ready, "mongod_pid")));
    // Another count does not change what was kept.
    let (mut second, ready) = demo(&home, &[&["--stores", "7"], &keep[2..]].concat());
    assert_eq!(number(&ready, "stores"), 5);
    on_server(ready["uri"].as_str().unwrap(), async |client| {
        let main = client.database("main_db");
        let marks = main.collection::<Document>("marks").count_documents(doc! {}).await;
        assert_eq!(marks.unwrap(), 1);
        let stores = main.collection::<Document>("stores").count_documents(doc! {}).await;
        assert_eq!(stores.unwrap(), 5);
        let categories =
            client.database("pos_db_1").collection::<Document>("lausanne_flon_categories");
        assert_eq!(categories.count_documents(doc! {}).await.unwrap(), 0);
    });
    second.signal(Signal::TERM);
    assert_eq!(second.wait(), 143);
}

#[test]
fn a_large_registry_has_collections_for_the_first_stores_only() {
    let home = Home::new();
    let (mut running, ready) = demo(&home, &["--stores", "1000", "--quiet"]);
    on_server(ready["uri"].as_str().unwrap(), async |client| {
        let stores = client.database("main_db").collection::<Document>("stores");
        assert_eq!(stores.count_documents(doc! {}).await.unwrap(), 1_000);
    });
    running.signal(Signal::TERM);
    assert_eq!(running.wait(), 143);
}
