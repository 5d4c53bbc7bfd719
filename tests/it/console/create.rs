//! A store made by keys alone on a real server, and all that can come in between.

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tilldeck::demo::server::{Server, ServerOptions};

use super::terminal::{Terminal, command};
use crate::support::{Home, database_name, on_server, shared, start};

/// A fleet of its own on a server.
struct Fleet<'a> {
    server: &'a Server,
    main: String,
    home: Home,
}

impl<'a> Fleet<'a> {
    /// Three stores in the first shard, all of them indexed alike. The next one goes there too.
    fn on(server: &'a Server) -> Self {
        let main = database_name("create");
        let home = Home::new();
        home.configure(&format!("database_prefix = \"{main}\"\n"));
        let fleet = Self { server, main, home };
        fleet.with(async |client| {
            let record = |number: i32| {
                doc! {
                    "storeId": format!("kiosk-{number}"), "name": format!("Kiosk {number}"),
                    "prefix": format!("kiosk{number}"), "databaseId": 1,
                }
            };
            let stores = client.database(&fleet.main).collection::<Document>("stores");
            stores.insert_many((1..=3).map(record)).await.unwrap();
            let shard = client.database(&fleet.shard(1));
            for number in 1..=3 {
                for name in ["products", "orders", "categories"] {
                    let index = doc! {
                        "createIndexes": format!("kiosk{number}_{name}"),
                        "indexes": [{ "key": { "status": 1 }, "name": "status_1" }],
                    };
                    shard.run_command(index).await.unwrap();
                }
            }
        });
        fleet
    }

    fn shard(&self, number: u32) -> String {
        format!("{}_{number}", self.main)
    }

    fn with<T>(&self, work: impl AsyncFnOnce(Client) -> T) -> T {
        on_server(&self.server.uri(), work)
    }

    /// The console on it, every database up.
    fn open(&self, arguments: &[&str]) -> Terminal {
        let mut console = command(&self.home, &self.server.uri_of(&self.main));
        console.args(arguments);
        let terminal = Terminal::start(&mut console, (120, 40));
        terminal.wait_for("6/6 up");
        terminal.wait_for("kiosk-1");
        terminal
    }

    /// The record with this storeId.
    fn record(&self, store_id: &str) -> Option<Document> {
        self.with(async |client| {
            let stores = client.database(&self.main).collection::<Document>("stores");
            stores.find_one(doc! {"storeId": store_id}).await.unwrap()
        })
    }

    /// The collections of the first shard that begin with this.
    fn collections(&self, beginning: &str) -> Vec<String> {
        let names = self.with(async |client| {
            client.database(&self.shard(1)).list_collection_names().await.unwrap()
        });
        let mut names: Vec<String> =
            names.into_iter().filter(|name| name.starts_with(beginning)).collect();
        names.sort();
        names
    }
}

/// Opens the form and types a store into it, up to the question.
fn ask_for(terminal: &mut Terminal, store_id: &str, name: &str) {
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.press(format!("{store_id}\t{name}"));
    terminal.wait_for("4 collections");
    terminal.press("\r");
    terminal.wait_for(&format!("Make store {store_id}?"));
    terminal.wait_for("Cancel (n)");
}

#[test]
fn a_store_is_made_by_keys_alone_and_selected() {
    let fleet = Fleet::on(shared());
    let mut terminal = fleet.open(&[]);
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.wait_for("to be filled");
    terminal.press("kiosk-9\tKiosk Süd");
    // The prefix that is suggested, where the store goes, and the indexes of the others.
    terminal.wait_for("kiosk_sued_orders");
    terminal.wait_for("status_1");
    terminal.wait_for(&fleet.shard(1));
    terminal.wait_for("3 of 20 stores");
    terminal.press("\r");
    terminal.wait_for("Make store kiosk-9?");
    terminal.wait_for("makes 4 collections with 3");
    terminal.press("\t\r");
    terminal.wait_for("the store is there and was verified");
    terminal.press("\r");
    terminal.wait_until("the new store is selected", |screen| {
        screen.lines().any(|line| line.contains("▌ kiosk-9"))
    });
    terminal.quit();
    let record = fleet.record("kiosk-9").unwrap();
    assert_eq!(record.get_i32("databaseId").unwrap(), 1);
    assert_eq!(record.get_str("prefix").unwrap(), "kiosk_sued");
    let types = ["categories", "orders", "products", "users"];
    assert_eq!(fleet.collections("kiosk_sued_"), types.map(|name| format!("kiosk_sued_{name}")));
}

#[test]
fn a_shard_is_chosen_by_hand_and_the_form_left_and_found_again() {
    let fleet = Fleet::on(shared());
    let mut terminal = fleet.open(&[]);
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.press("kiosk-9\tKiosk\t\t\x1b[D\x1b[D");
    terminal.wait_for(&format!("< {} >", fleet.shard(4)));
    terminal.press("\x1b");
    terminal.wait_for("shows the form as you left it");
    terminal.press("n");
    terminal.wait_for(&format!("< {} >", fleet.shard(4)));
    terminal.wait_for("chosen by hand");
    terminal.press("\r");
    terminal.wait_for("Make store kiosk-9?");
    terminal.press("y");
    terminal.wait_for("the store is there and was verified");
    terminal.quit();
    assert_eq!(fleet.record("kiosk-9").unwrap().get_i32("databaseId").unwrap(), 4);
}

#[test]
fn a_duplicate_is_refused_beside_its_field() {
    let fleet = Fleet::on(shared());
    let mut terminal = fleet.open(&[]);
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.press("KIOSK-2\tAnother\r");
    terminal.wait_for("store `kiosk-2` has it already");
    assert!(!terminal.text().contains("Cancel (n)"));
    // Somebody else makes the store that is asked about.
    terminal.press("\x15kiosk-5\r");
    terminal.wait_for("Make store kiosk-5?");
    fleet.with(async |client| {
        let record =
            doc! {"storeId": "Kiosk-5", "name": "x", "prefix": "elsewhere", "databaseId": 2};
        client.database(&fleet.main).collection("stores").insert_one(record).await.unwrap();
    });
    terminal.wait_for("store `Kiosk-5` has it already");
    assert!(!terminal.text().contains("Cancel (n)"));
    terminal.quit_from_top();
    assert!(fleet.record("kiosk-5").is_none());
    assert!(fleet.collections("another_").is_empty());
}

#[test]
fn nothing_but_a_clear_yes_writes() {
    let fleet = Fleet::on(shared());
    let mut terminal = fleet.open(&[]);
    ask_for(&mut terminal, "kiosk-9", "Kiosk Nord");
    // A paste with a yes and an Enter in it, and Enter alone.
    terminal.press("\x1b[200~y\ry\r\x1b[201~");
    terminal.wait_for("a paste chooses and confirms nothing");
    terminal.press("\r");
    terminal.wait_for("nothing was written");
    terminal.wait_until_gone("Cancel (n)");
    // Keys that were typed before the question was on the screen.
    terminal.press("\ry\x1b[C\r");
    terminal.wait_for("Cancel (n)");
    terminal.press("n");
    terminal.wait_until_gone("Cancel (n)");
    terminal.quit_from_top();
    assert!(fleet.record("kiosk-9").is_none());
    assert!(fleet.collections("kiosk_nord").is_empty());
}

#[test]
fn read_only_mode_says_why_there_is_no_form() {
    let fleet = Fleet::on(shared());
    let mut terminal = fleet.open(&["--read-only"]);
    terminal.press("n");
    terminal.wait_for("read-only: no store is made");
    assert!(!terminal.text().contains("New store"));
    terminal.quit();
}

#[test]
fn leftovers_are_shown_before_they_are_taken_over() {
    let fleet = Fleet::on(shared());
    fleet.with(async |client| {
        client.database(&fleet.shard(1)).create_collection("corner_orders").await.unwrap();
    });
    let mut terminal = fleet.open(&[]);
    ask_for(&mut terminal, "kiosk-9", "Corner");
    terminal.wait_for("has corner_orders (0 documents)");
    terminal.press("y");
    terminal.wait_for("the store is there and was verified");
    terminal.quit();
}

#[test]
fn a_run_that_fails_says_why_and_leaves_nothing() {
    let server = start(ServerOptions::default());
    let fleet = Fleet::on(&server);
    let mut terminal = fleet.open(&[]);
    ask_for(&mut terminal, "kiosk-9", "Kiosk Ost");
    fleet.with(async |client| {
        let fails = doc! {
            "configureFailPoint": "failCommand", "mode": "alwaysOn",
            "data": { "failCommands": ["create", "createIndexes"], "errorCode": 14031 },
        };
        client.database("admin").run_command(fails).await.unwrap();
    });
    terminal.press("y");
    terminal.wait_for("Did not make store kiosk-9");
    terminal.wait_for("nothing of it is left behind");
    terminal.press("\r");
    terminal.wait_for("New store");
    terminal.wait_for("kiosk-9");
    terminal.quit_from_top();
    assert!(fleet.record("kiosk-9").is_none());
    assert!(fleet.collections("kiosk_ost").is_empty());
}

/// A console that quits while it makes a store on a server that takes its time.
fn quitting(server: &Server, milliseconds: i32) -> (Fleet<'_>, Terminal) {
    let fleet = Fleet::on(server);
    let mut terminal = fleet.open(&[]);
    ask_for(&mut terminal, "kiosk-9", "Kiosk West");
    fleet.with(async |client| {
        let slow = doc! {
            "configureFailPoint": "failCommand", "mode": "alwaysOn",
            "data": {
                "failCommands": ["create", "commitTransaction", "createIndexes"],
                "blockConnection": true, "blockTimeMS": milliseconds,
            },
        };
        client.database("admin").run_command(slow).await.unwrap();
    });
    terminal.press("y");
    terminal.wait_for("Making store kiosk-9");
    terminal.press("q");
    terminal.wait_for("store kiosk-9 is being made; waiting for its end");
    (fleet, terminal)
}

#[test]
fn whoever_does_not_want_to_wait_for_the_end_leaves_with_control_c() {
    let server = start(ServerOptions::default());
    let (_fleet, mut terminal) = quitting(&server, 9_000);
    terminal.press("\x03");
    assert_eq!(terminal.wait(), 130);
    assert!(!terminal.wrote("made store kiosk-9"));
    terminal.is_restored();
}

#[test]
fn who_quits_while_a_store_is_made_is_told_how_it_came_out() {
    let server = start(ServerOptions::default());
    let (fleet, mut terminal) = quitting(&server, 300);
    terminal.wait_for("made store kiosk-9");
    assert_eq!(terminal.wait(), 0);
    terminal.is_restored();
    assert!(fleet.record("kiosk-9").is_some());
}

#[test]
fn while_main_is_out_of_reach_no_store_is_made_and_the_draft_is_kept() {
    let mut server = start(ServerOptions::default());
    let uri = server.uri_of("main_db");
    on_server(&uri, async |client| {
        let record = doc! {"storeId": "kiosk-1", "name": "K", "prefix": "kiosk1", "databaseId": 1};
        client.default_database().unwrap().collection("stores").insert_one(record).await.unwrap();
    });
    let home = Home::new();
    let mut terminal = Terminal::open(&home, &uri);
    terminal.wait_for("6/6 up");
    terminal.wait_for("kiosk-1");
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.press("kiosk-2\tKiosk Zwei");
    terminal.wait_for("4 collections");
    server.kill9();
    terminal.wait_for("all 6 down");
    terminal.press("\r");
    terminal.wait_for("no store can be made until it is back");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.press("n");
    terminal.wait_for("the main database is out of reach");
    assert!(!terminal.text().contains("New store"));
    server.restart().unwrap();
    terminal.wait_for("6/6 up");
    terminal.wait_until_gone("last known, ");
    terminal.press("n");
    terminal.wait_for("New store");
    terminal.wait_for("4 collections");
    terminal.press("\r");
    terminal.wait_for("Make store kiosk-2?");
    terminal.press("y");
    terminal.wait_for("the store is there and was verified");
    terminal.quit();
}
