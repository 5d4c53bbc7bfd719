//! Creators that are killed at every point of a journaled creation: what they leave can be
//! finished or undone in one run, and nothing else is touched.

use std::{collections::BTreeSet, thread};

use mongodb::bson::{DateTime, Document, doc};
use tilldeck::demo::server::{Server, ServerOptions, Shape};

use crate::support::{Home, Output, database_name, eventually, on_server, start};

/// Where a creation can die, in the order in which it gets there.
const POINTS: [&str; 13] = [
    "journal",
    "registry record: begun",
    "registry record: done",
    "collection acme_products: begun",
    "collection acme_products: done",
    "collection acme_orders: begun",
    "collection acme_orders: done",
    "collection acme_categories: begun",
    "collection acme_categories: done",
    "collection acme_users: begun",
    "collection acme_users: done",
    "verification",
    "closing",
];

/// A fleet with a neighbour, and a leftover of the store that is made in it.
struct Fleet {
    home: Home,
    main: String,
    uri: String,
}

impl Fleet {
    fn on(server: &Server) -> Self {
        let main = database_name("killed");
        let (uri, home) = (server.uri_of(&main), Home::new());
        home.configure(&format!(
            "uri = \"{uri}\"\ndatabase_prefix = \"{main}\"\ndatabase_count = 1\nstores_per_database = 5\n"
        ));
        let fleet = Self { home, main, uri };
        let neighbour = doc! {"storeId": "NEXT", "name": "Next", "prefix": "next", "databaseId": 1};
        on_server(&fleet.uri, async |client| {
            client.database(&fleet.main).collection("stores").insert_one(neighbour).await.unwrap();
            let shard = client.database(&format!("{}_1", fleet.main));
            shard.create_collection("next_orders").await.unwrap();
            shard.collection("acme_users").insert_one(doc! {"name": "left"}).await.unwrap();
        });
        fleet
    }

    /// Kills a creator of `acme` at this point, and looks whether the journal has its job.
    fn dies_at(&self, point: &str) -> String {
        let arguments = ["create", "--store-id", "ACME", "--name", "Acme", "--prefix", "acme"];
        let mut command = self.home.command([&arguments[..], &["--yes"]].concat());
        let output = Output::of(command.env("TILLDECK_DIE_AT", point));
        assert_eq!(output.code, 137, "{point}: {output:?}");
        let jobs = self.documents("tilldeck_jobs");
        let [job] = &jobs[..] else { panic!("{point}: {jobs:?}") };
        assert_eq!(job.get_str("state").unwrap(), "running", "{point}");
        job.get_object_id("_id").unwrap().to_hex()
    }

    /// Ends the job, in one run, as soon as the dead creator's time is over.
    fn end(&self, id: &str, how: &str) {
        eventually("the dead creator's time is over", || {
            let jobs = self.documents("tilldeck_jobs");
            (*jobs[0].get_datetime("until").unwrap() < DateTime::now()).then_some(())
        });
        let output = self.home.run(["jobs", how, id, "--yes"]);
        assert_eq!(output.code, 0, "{output:?}");
    }

    fn documents(&self, collection: &str) -> Vec<Document> {
        on_server(&self.uri, async |client| {
            let collection = client.database(&self.main).collection::<Document>(collection);
            let mut found = collection.find(doc! {}).await.unwrap();
            let mut documents = Vec::new();
            while found.advance().await.unwrap() {
                documents.push(found.deserialize_current().unwrap());
            }
            documents
        })
    }

    /// The prefixes that are registered, the collections, and what the leftover holds.
    fn state(&self) -> (BTreeSet<String>, BTreeSet<String>, u64) {
        let records = self.documents("stores");
        let prefixes = records.iter().map(|one| one.get_str("prefix").unwrap().to_owned());
        let (collections, n_left) = on_server(&self.uri, async |client| {
            let shard = client.database(&format!("{}_1", self.main));
            let left = shard.collection::<Document>("acme_users");
            let n_left = left.count_documents(doc! {}).await.unwrap();
            (shard.list_collection_names().await.unwrap(), n_left)
        });
        (prefixes.collect(), collections.into_iter().collect(), n_left)
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn finished_or_undone(server: &Server, point: &str, how: &str) {
    let fleet = Fleet::on(server);
    let id = fleet.dies_at(point);
    fleet.end(&id, how);
    let expected = if how == "finish" {
        let names =
            ["acme_categories", "acme_orders", "acme_products", "acme_users", "next_orders"];
        (set(&["acme", "next"]), set(&names), 1)
    } else {
        (set(&["next"]), set(&["acme_users", "next_orders"]), 1)
    };
    assert_eq!(fleet.state(), expected, "{point}, {how}");
    let state = if how == "finish" { "done" } else { "undone" };
    assert_eq!(fleet.documents("tilldeck_jobs")[0].get_str("state").unwrap(), state, "{point}");
}

#[test]
fn at_every_point_a_killed_creation_is_finished_or_undone_in_one_run() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    thread::scope(|scope| {
        for point in POINTS {
            for how in ["finish", "undo"] {
                let server = &server;
                scope.spawn(move || finished_or_undone(server, point, how));
            }
        }
    });
}

#[test]
fn a_creator_that_is_killed_in_its_turn_lets_the_next_one_go_on() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    let fleet = Fleet::on(&server);
    fleet.dies_at("journal");
    // The turn is still the dead one's, so this waits until it is over.
    let next = ["create", "--store-id", "B", "--name", "B", "--prefix", "other", "--yes"];
    let output = fleet.home.run(next);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(fleet.state().0, set(&["next", "other"]));
}
