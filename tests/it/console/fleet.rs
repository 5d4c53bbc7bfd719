//! The console on a real server: panes, filter, palette, documents, faults.

use mongodb::bson::{Document, doc};
use tilldeck::demo::server::{Server, ServerOptions};

use super::terminal::{Terminal, command};
use crate::support::{Home, database_name, on_server, shared, start};

/// A fleet of its own on the server: a home that is configured for it, and its URI.
fn seeded(server: &Server) -> (Home, String) {
    let main = database_name("console");
    on_server(&server.uri(), async |client| {
        let stores = client.database(&main).collection::<Document>("stores");
        let record = |number: i32| {
            doc! {
                "storeId": format!("st-{number:03}"),
                "name": format!("Bakery {number}"),
                "prefix": format!("bakery{number}"),
                "databaseId": number % 5 + 1,
            }
        };
        stores.insert_many((1..=40).map(record)).await.unwrap();
        let legacy = doc! { "storeId": "old-1", "name": "Old Inn", "prefix": "oldinn" };
        stores.insert_one(legacy).await.unwrap();
        let shard = client.database(&format!("{main}_2"));
        for name in ["products", "orders", "categories"] {
            let collection = shard.collection::<Document>(&format!("bakery1_{name}"));
            let document = |number: i32| doc! { "_id": number, "croissant": number };
            collection.insert_many((1..=3).map(document)).await.unwrap();
        }
    });
    let home = Home::new();
    home.configure(&format!("database_prefix = \"{main}\"\n"));
    (home, server.uri_of(&main))
}

fn opened(server: &Server) -> (Home, Terminal) {
    let (home, uri) = seeded(server);
    let terminal = Terminal::open(&home, &uri);
    terminal.wait_for("6/6 up");
    terminal.wait_for("st-001");
    (home, terminal)
}

#[test]
fn the_panes_tell_of_the_fleet() {
    let (_home, mut terminal) = opened(shared());
    for text in ["Databases", "Distribution", "Stores", "Collections", "_5", "old-1", "Bakery 1"] {
        terminal.wait_for(text);
    }
    terminal.press("2z");
    terminal.wait_until_gone("1 Databases");
    terminal.press("z");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn a_filter_narrows_the_stores_and_escape_clears_it() {
    let (_home, mut terminal) = opened(shared());
    terminal.press("/st-003\r");
    terminal.wait_until_gone("st-001");
    terminal.wait_for("st-003");
    terminal.press("\x1b");
    terminal.wait_for("st-004");
    terminal.press("g");
    terminal.wait_for("st-001");
    terminal.press("/!bakery\r");
    terminal.wait_until_gone("st-001");
    terminal.wait_for("old-1");
    terminal.press("\x1b");
    terminal.wait_for("st-001");
    terminal.quit();
}

#[test]
fn the_palette_jumps_to_a_store() {
    let (_home, mut terminal) = opened(shared());
    terminal.press(":st-033");
    terminal.wait_for("Bakery 33");
    terminal.press("\r");
    terminal.wait_for("bakery33");
    terminal.press("y");
    terminal.wait_for("OSC 52");
    terminal.wait_for_bytes("\x1b]52;c;c3QtMDMz");
    terminal.quit();
}

#[test]
fn a_copy_goes_through_tmux_in_its_wrapping() {
    let (home, uri) = seeded(shared());
    let mut inside = command(&home, &uri);
    inside.env("TMUX", "/nowhere,1,0").env("SSH_TTY", "/dev/pts/9");
    let mut terminal = Terminal::start(&mut inside, (120, 40));
    terminal.wait_for("st-001");
    terminal.press("3y");
    terminal.wait_for("through tmux");
    terminal.wait_for_bytes("\x1bPtmux;\x1b\x1b]52;c;");
    terminal.quit();
}

#[test]
fn from_a_store_to_its_documents_and_back() {
    let (_home, mut terminal) = opened(shared());
    terminal.press("/st-001\r");
    terminal.wait_for("bakery1_products");
    terminal.press("\r");
    terminal.press("\r");
    terminal.wait_for("croissant");
    terminal.press("\x1b");
    terminal.wait_until_gone("croissant");
    terminal.wait_for("Databases");
    terminal.quit();
}

#[test]
fn the_help_is_searched() {
    let (_home, mut terminal) = opened(shared());
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.press("freeze");
    terminal.wait_until_gone("half a page");
    terminal.press("\x1b");
    terminal.wait_until_gone("Help");
    terminal.quit();
}

#[test]
fn a_change_from_outside_shows_unless_the_screen_is_frozen() {
    let (home, uri) = seeded(shared());
    let mut terminal = Terminal::open(&home, &uri);
    terminal.wait_for("6/6 up");
    terminal.wait_for("st-001");
    let insert = |id: &'static str| {
        on_server(&uri, async |client| {
            let stores = client.default_database().unwrap().collection::<Document>("stores");
            let record = doc! { "storeId": id, "name": id, "prefix": id, "databaseId": 1 };
            stores.insert_one(record).await.unwrap();
        });
    };
    insert("a-live-one");
    terminal.wait_for("a-live-one");
    terminal.press("f");
    terminal.wait_for("FROZEN");
    insert("a-held-one");
    terminal.wait_until("the change is held", |screen| screen.contains("1 held"));
    assert!(!terminal.text().contains("a-held-one"));
    terminal.press("f");
    terminal.wait_for("a-held-one");
    terminal.quit();
}

#[test]
fn a_server_that_is_killed_shows_and_heals() {
    let mut server = start(ServerOptions::default());
    let (_home, mut terminal) = opened(&server);
    server.kill9();
    terminal.wait_for("all 6 down");
    terminal.press("jjk");
    server.restart().unwrap();
    terminal.wait_for("6/6 up");
    terminal.quit();
}

#[test]
fn a_server_that_is_frozen_shows_and_heals() {
    let mut server = start(ServerOptions::default());
    let (_home, mut terminal) = opened(&server);
    server.stop();
    terminal.wait_for("all 6 down");
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.press("\x1b");
    terminal.wait_until_gone("Help");
    server.cont();
    terminal.wait_for("6/6 up");
    terminal.quit();
}

#[test]
fn a_panic_of_an_effect_is_shown_and_the_screen_goes_on() {
    let (home, uri) = seeded(shared());
    let mut failing = command(&home, &uri);
    failing.env("TILLDECK_PANIC_IN", "effect");
    let mut terminal = Terminal::start(&mut failing, (120, 40));
    terminal.wait_for("a part of tilldeck failed");
    // The pane that asked gets its answer: it does not wait for ever.
    terminal.wait_until_gone("the collections are being read");
    terminal.wait_for("the log has the details");
    terminal.press("?");
    terminal.wait_for("Help");
    assert!(terminal.with_screen(vt100::Screen::alternate_screen));
    terminal.press("\x1b");
    terminal.wait_until_gone("Help");
    terminal.quit();
}
