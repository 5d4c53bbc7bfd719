//! Jobs that were interrupted: told at the start, and ended by keys.

use mongodb::{
    Client,
    bson::{DateTime, Document, doc},
};

use super::terminal::{Terminal, command};
use crate::support::{Home, database_name, eventually, on_server, shared};

fn with<T>(work: impl AsyncFnOnce(Client) -> T) -> T {
    on_server(&shared().uri(), work)
}

/// A fleet of its own, in which a console dies while it makes a store.
struct Fleet {
    main: String,
    home: Home,
}

impl Fleet {
    /// Dies right after the point of the job that `point` names.
    fn with_a_death_at(point: &str) -> Self {
        let main = database_name("jobs");
        let home = Home::new();
        home.configure(&format!("database_prefix = \"{main}\"\n"));
        let fleet = Self { main, home };
        with(async |client| {
            let record =
                doc! {"storeId": "kiosk-1", "name": "Kiosk", "prefix": "kiosk1", "databaseId": 1};
            client.database(&fleet.main).collection("stores").insert_one(record).await.unwrap();
            // A leftover, which cannot be taken over within a transaction.
            client.database(&fleet.shard()).create_collection("corner_orders").await.unwrap();
        });
        let mut dying = command(&fleet.home, &shared().uri_of(&fleet.main));
        dying.env("TILLDECK_DIE_AT", point);
        let mut terminal = Terminal::start(&mut dying, (120, 40));
        terminal.wait_for("6/6 up");
        terminal.wait_for("kiosk-1");
        terminal.press("n");
        terminal.wait_for("New store");
        terminal.press("corner-1\tCorner\r");
        terminal.wait_for("Cancel (n)");
        terminal.press("y");
        terminal.wait();
        fleet
    }

    fn shard(&self) -> String {
        format!("{}_1", self.main)
    }

    fn open(&self) -> Terminal {
        let uri = shared().uri_of(&self.main);
        let terminal = Terminal::start(&mut command(&self.home, &uri), (120, 40));
        terminal.wait_for("6/6 up");
        terminal
    }

    /// Lets the time that the dead process held the job for be over.
    fn let_the_lease_run_out(&self) {
        with(async |client| {
            let jobs = client.database(&self.main).collection::<Document>("tilldeck_jobs");
            let past = doc! {"$set": {"until": DateTime::from_millis(0)}};
            let changed = jobs.update_one(doc! {"storeId": "corner-1"}, past).await.unwrap();
            assert_eq!(changed.matched_count, 1);
        });
    }

    fn has_record(&self) -> bool {
        with(async |client| {
            let stores = client.database(&self.main).collection::<Document>("stores");
            stores.find_one(doc! {"storeId": "corner-1"}).await.unwrap().is_some()
        })
    }

    fn collections(&self) -> Vec<String> {
        let mut names = with(async |client| {
            client.database(&self.shard()).list_collection_names().await.unwrap()
        });
        names.sort();
        names
    }
}

#[test]
fn an_interrupted_job_is_told_at_the_start_and_undone_by_keys() {
    let fleet = Fleet::with_a_death_at("collection corner_products: done");
    assert!(fleet.has_record());
    fleet.let_the_lease_run_out();
    let mut terminal = fleet.open();
    terminal.wait_for("unfinished job: create store corner-1");
    terminal.wait_for("1 unfinished job: J");
    terminal.press("J");
    terminal.wait_for("interrupted");
    terminal.press("\r");
    terminal.wait_for("Undo it (u)");
    // Enter alone cancels.
    terminal.press("\r");
    terminal.wait_until_gone("Undo it (u)");
    assert!(fleet.has_record());
    terminal.press("\r");
    terminal.wait_for("Undo it (u)");
    terminal.press("u");
    terminal.wait_for("undone: create store corner-1");
    terminal.wait_until_gone("1 unfinished job");
    terminal.quit();
    assert!(!fleet.has_record());
    assert_eq!(fleet.collections(), ["corner_orders"]);
}

#[test]
fn an_interrupted_job_is_finished_by_keys() {
    let fleet = Fleet::with_a_death_at("registry record: done");
    fleet.let_the_lease_run_out();
    let mut terminal = fleet.open();
    terminal.wait_for("1 unfinished job: J");
    terminal.press("J");
    terminal.wait_for("interrupted");
    terminal.press("\r");
    terminal.wait_for("Finish it (f)");
    terminal.press("\x1b[C\r");
    terminal.wait_for("finished: create store corner-1");
    terminal.wait_until_gone("1 unfinished job");
    terminal.quit();
    assert!(fleet.has_record());
    let types = ["categories", "orders", "products", "users"];
    assert_eq!(fleet.collections(), types.map(|name| format!("corner_{name}")));
}

#[test]
fn a_job_that_is_worked_on_is_left_alone_and_found_once_nobody_does() {
    let fleet = Fleet::with_a_death_at("registry record: done");
    let mut terminal = fleet.open();
    terminal.press("J");
    // Until its time is over, nobody can know that its process is dead.
    terminal.wait_for("create store corner-1");
    if terminal.text().contains("running") {
        terminal.press("\r");
        terminal.wait_for("somebody works on it");
    }
    terminal.wait_for("1 unfinished job: J");
    eventually("the list shows it", || terminal.text().contains("interrupted").then_some(()));
    terminal.quit();
}
