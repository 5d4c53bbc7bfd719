//! What keys and clicks do on one seeded fleet that all of these tests share and none of
//! them changes.

use std::sync::LazyLock;

use mongodb::bson::{Document, doc};

use super::terminal::{Terminal, command};
use crate::support::{Home, database_name, on_server, shared};

const N_STORES: i32 = 60;

struct Fleet {
    main: String,
    uri: String,
}

/// Sixty stores, some with problems, the first with collections and documents.
static FLEET: LazyLock<Fleet> = LazyLock::new(|| {
    let main = database_name("keys");
    let server = shared();
    on_server(&server.uri(), async |client| {
        let stores = client.database(&main).collection::<Document>("stores");
        let record = |number: i32| {
            let (name, prefix) = (format!("Shop {number:02}"), format!("shop{number:02}"));
            let database = if number == 7 { 77 } else { number % 5 + 1 };
            doc! {
                "storeId": format!("id-{number:02}"), "name": name, "prefix": prefix,
                "databaseId": database,
            }
        };
        stores.insert_many((1..=N_STORES).map(record)).await.unwrap();
        let shard = client.database(&format!("{main}_2"));
        for name in ["products", "orders", "categories"] {
            let collection = shard.collection::<Document>(&format!("shop01_{name}"));
            let document = doc! { "_id": 1, "inner": { "deep": "treasure" } };
            collection.insert_one(document).await.unwrap();
        }
    });
    let uri = server.uri_of(&main);
    Fleet { main, uri }
});

fn home() -> Home {
    let home = Home::new();
    home.configure(&format!("database_prefix = \"{}\"\n", FLEET.main));
    home
}

fn opened(arguments: &[&str]) -> (Home, Terminal) {
    let home = home();
    let mut console = command(&home, &FLEET.uri);
    console.args(arguments);
    let terminal = Terminal::start(&mut console, (120, 40));
    terminal.wait_for("6/6 up");
    terminal.wait_for("id-01");
    (home, terminal)
}

/// Waits until the row of the store is the selected one, whichever pane has the focus.
#[track_caller]
fn wait_for_selected(terminal: &Terminal, store: &str) {
    terminal.wait_until(&format!("{store} is selected"), |screen| {
        screen.lines().any(|line| line.contains(&format!("▌ {store}")))
    });
}

#[test]
fn only_stores_with_problems() {
    let (_home, mut terminal) = opened(&[]);
    terminal.press("3p");
    terminal.wait_for("with problems");
    terminal.wait_for("id-07");
    terminal.wait_until_gone("id-02");
    terminal.press("pg");
    terminal.wait_for("id-02");
    terminal.quit();
}

#[test]
fn words_leave_out_and_words_are_whole_fields() {
    let (_home, mut terminal) = opened(&[]);
    terminal.press("/shop !id-01\r");
    terminal.wait_for("59 of 60");
    // A key that follows Esc at once would be taken together with it.
    terminal.press("\x1b");
    terminal.wait_until_gone("of 60");
    terminal.press("/=id-44\r");
    terminal.wait_for("1 of 60");
    wait_for_selected(&terminal, "id-44");
    terminal.press("\x1b");
    terminal.wait_until_gone("of 60");
    terminal.quit();
}

#[test]
fn the_palette_goes_to_databases_and_collections_and_does_actions() {
    let (_home, mut terminal) = opened(&[]);
    let third = format!("{}_3", FLEET.main);
    terminal.press(format!(":{third}"));
    terminal.wait_for("Go to");
    terminal.press("\r");
    terminal.wait_until_gone("Go to");
    terminal.wait_until("the database is selected", |screen| {
        screen.lines().any(|line| line.contains("▌") && line.contains(&third))
    });
    terminal.press(":shop01_orders");
    terminal.wait_for("shop01_orders");
    terminal.press("\r");
    terminal.wait_for("newest first");
    terminal.wait_for("inner");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.press(":what changed");
    terminal.wait_for("Show what changed");
    terminal.press("\r");
    terminal.wait_for("times in UTC");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn documents_unfold_are_copied_and_left() {
    let (_home, mut terminal) = opened(&[]);
    terminal.press(":shop01_products");
    terminal.wait_for("shop01_products");
    terminal.press("\r");
    terminal.wait_for("▸ inner");
    // The last line is the inner document. Its only line leads back to it.
    terminal.press("Gl");
    terminal.wait_for("▾ inner");
    terminal.press("Gh");
    terminal.wait_for("▌  ▾ inner");
    terminal.press("h");
    terminal.wait_for("▸ inner");
    terminal.press("y");
    terminal.wait_for("copied value through the terminal");
    terminal.wait_for_bytes("\x1b]52;c;");
    let bytes = String::from_utf8(terminal.bytes()).unwrap();
    let (_, copied) = bytes.rsplit_once("\x1b]52;c;").unwrap();
    // The first letters of `{"deep"`, whose encoding no other letter takes part in.
    assert!(copied.starts_with("eyJkZWVw") || copied.starts_with("eyAiZGVl"), "{copied:.40}");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn the_list_is_sorted_by_keys_and_by_clicks_on_its_headings() {
    let (_home, mut terminal) = opened(&[]);
    terminal.press("3g");
    wait_for_selected(&terminal, "id-01");
    terminal.press("S");
    terminal.press("g");
    wait_for_selected(&terminal, "id-60");
    terminal.press("S");
    terminal.press("g");
    wait_for_selected(&terminal, "id-01");
    terminal.click("storeId");
    terminal.press("g");
    wait_for_selected(&terminal, "id-60");
    terminal.press("s");
    terminal.wait_for("name ▲");
    terminal.quit();
}

#[test]
fn a_click_selects_what_it_is_on() {
    let (_home, mut terminal) = opened(&[]);
    terminal.click("id-05");
    wait_for_selected(&terminal, "id-05");
    terminal.wait_for("of id-05");
    terminal.quit();
}

#[test]
fn every_key_of_a_burst_counts() {
    let (_home, mut terminal) = opened(&[]);
    terminal.press("3g");
    wait_for_selected(&terminal, "id-01");
    // Five hundred at once, arrows of three bytes among them: 30 down remain.
    let there_and_back = "\x1b[Bjj\x1b[Akk".repeat(78);
    terminal.press(format!("{there_and_back}{}jj", "\x1b[B".repeat(28)));
    wait_for_selected(&terminal, "id-31");
    terminal.quit();
}

#[test]
fn themes_take_turns() {
    let (_home, mut terminal) = opened(&[]);
    for name in ["light", "16", "dark"] {
        terminal.press("t");
        terminal.wait_for(&format!("theme {name}"));
    }
    terminal.quit();
}

#[test]
fn what_must_not_be_forgotten_stands_in_the_title() {
    let (_home, mut terminal) = opened(&["--read-only", "--environment", "production"]);
    for size in [(120, 40), (80, 24)] {
        terminal.resize(size.0, size.1);
        terminal.wait_until("the marks are in the title", |screen| {
            let title = screen.lines().next().unwrap_or_default();
            title.contains("READ-ONLY") && title.contains("production")
        });
    }
    terminal.quit();
}
