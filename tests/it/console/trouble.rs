//! What on-call people come for: why a store is not found, and what is wrong with the fleet,
//! found by the keys that the screen names.

use mongodb::bson::{Document, doc};

use super::terminal::{Terminal, command};
use crate::support::{Home, database_name, eventually, on_server, shared};

/// A fleet of its own with one sound store, one that strayed, and one of an old driver.
struct Fleet {
    main: String,
    home: Home,
}

impl Fleet {
    fn new() -> Self {
        let main = database_name("trouble");
        let home = Home::new();
        home.configure(&format!("database_prefix = \"{main}\"\ndatabase_count = 3\n"));
        let fleet = Self { main, home };
        on_server(&shared().uri(), async |client| {
            let stores = client.database(&fleet.main).collection::<Document>("stores");
            let record = |id: &str, prefix: &str, number: mongodb::bson::Bson| {
                doc! {"storeId": id, "name": format!("Shop {id}"), "prefix": prefix, "databaseId": number}
            };
            let records = [
                record("S-1", "acme", 1.into()),
                record("S-2", "bolt", 2.into()),
                record("S-3", "corn", "1".into()),
            ];
            stores.insert_many(records).await.unwrap();
            for (number, prefix) in [(1, "acme"), (3, "bolt"), (1, "corn")] {
                let shard = client.database(&format!("{}_{number}", fleet.main));
                for of_type in ["products", "orders", "categories"] {
                    let collection = shard.collection::<Document>(&format!("{prefix}_{of_type}"));
                    collection.insert_one(doc! {"n": 1}).await.unwrap();
                }
            }
        });
        fleet
    }

    fn open(&self, size: (u16, u16), arguments: &[&str]) -> Terminal {
        let uri = shared().uri_of(&self.main);
        let terminal = Terminal::start(command(&self.home, &uri).args(arguments), size);
        terminal.wait_for("4/4 up");
        terminal.wait_for("S-1");
        terminal
    }

    fn number_of(&self, store_id: &str) -> mongodb::bson::Bson {
        on_server(&shared().uri(), async |client| {
            let stores = client.database(&self.main).collection::<Document>("stores");
            let record = stores.find_one(doc! {"storeId": store_id}).await.unwrap().unwrap();
            record.get("databaseId").unwrap().clone()
        })
    }
}

#[test]
fn a_store_that_is_not_found_is_explained_by_the_screens_own_hints() {
    let fleet = Fleet::new();
    let mut terminal = fleet.open((80, 24), &[]);
    // Nobody is called so; the empty list says which key asks why.
    terminal.press("/s_2");
    terminal.wait_for("enter, then w to ask why");
    terminal.press("\r");
    terminal.wait_for("Press w to ask why");
    terminal.press("w");
    terminal.wait_for("did you mean");
    terminal.wait_for("enter asks for it");
    terminal.press("\r");
    terminal.wait_for("Why is S-2 not found");
    let place = format!("`{}_3`", fleet.main);
    terminal.wait_for("bolt_products");
    terminal.wait_until("the cause names the place", |screen| {
        let words: String = screen.split_whitespace().collect();
        words.contains(&format!("butin{place}"))
    });
    terminal.press("y");
    terminal.wait_for("copied");
    terminal.press("o");
    terminal.wait_for("Stores");
    terminal.quit();
}

#[test]
fn the_doctor_finds_explains_and_repairs_and_says_what_is_gone() {
    let fleet = Fleet::new();
    let mut terminal = fleet.open((120, 40), &[]);
    terminal.press("d");
    terminal.wait_for("store-wrong-database");
    terminal.wait_for("looked at 4 databases, 3 stores");
    terminal.press("i");
    terminal.wait_for("How it comes about:");
    terminal.press("i/database-id-type\r");
    terminal.wait_until_gone("store-wrong-database");
    terminal.press("x");
    terminal.wait_for("Cancel (n)");
    assert_eq!(fleet.number_of("S-3"), "1".into());
    // Enter gives the default, which does nothing.
    terminal.press("\r");
    terminal.wait_for("nothing was written");
    terminal.press("x");
    terminal.wait_for("Cancel (n)");
    terminal.press("y");
    terminal.wait_for("1 gone");
    terminal.wait_for("● gone");
    eventually("the number is an int", || (fleet.number_of("S-3") == 1.into()).then_some(()));
    terminal.quit_from_top();
}

#[test]
fn read_only_shows_everything_and_repairs_nothing() {
    let fleet = Fleet::new();
    let mut terminal = fleet.open((120, 40), &["--read-only"]);
    terminal.press("d");
    terminal.wait_for("database-id-type");
    terminal.press("/database-id-type\rx");
    terminal.wait_for("read-only: nothing is repaired");
    assert_eq!(fleet.number_of("S-3"), "1".into());
    terminal.quit_from_top();
}

#[test]
fn a_database_that_is_down_makes_the_examination_incomplete_and_is_named() {
    let fleet = Fleet::new();
    let main = &fleet.main;
    // The shard where the strayed store's collections are.
    fleet.home.configure(&format!(
        "database_prefix = \"{main}\"\ndatabase_count = 3\n\
         [shards.3]\nuri = \"mongodb://127.0.0.1:1\"\n"
    ));
    let uri = shared().uri_of(main);
    let mut terminal = Terminal::start(&mut command(&fleet.home, &uri), (120, 40));
    terminal.wait_for("3/4 up");
    terminal.press("d");
    terminal.wait_for(&format!("not looked at: {main}_3"));
    terminal.wait_for("looked at 3 databases, 3 stores");
    terminal.wait_until("nothing is called sound", |screen| !screen.contains("nothing is wrong"));
    // The rest was looked at all the same.
    terminal.wait_for("database-id-type");
    terminal.quit();
}
