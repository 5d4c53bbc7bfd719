//! What is known of a collection beside its documents, and what is asked before it is read.

use mongodb::bson::doc;
use tilldeck::demo::server::{ServerOptions, Shape};

use super::{numbered, orders_of, rig, wait_for_answer, wait_for_line, wait_for_selected};
use crate::{
    query::rig::{Rig, profile, profiled, store},
    support::{eventually, start},
};

/// Small enough to be asked about.
const ASKS: &str = "[query]\npage = 5\nask_above = 10\n";

#[test]
fn a_query_that_no_index_serves_is_asked_about_and_runs_after_a_yes() {
    let rig = rig(numbered(12), ASKS);
    let mut terminal = orders_of(&rig);
    profile(&rig);
    for no in ["n", "\x1b", "\r"] {
        terminal.press("/\x15{n: {$gte: 3}}\r");
        terminal.wait_for("Run a query that no index serves");
        terminal.wait_for("about 12 documents");
        // In the order of the newest, an index is gone through, and every document read.
        terminal.wait_for("no index serves the filter");
        terminal.press(no);
        terminal.wait_for("nothing was done");
        terminal.wait_until_gone("no index serves");
        // The documents are still those of no query.
        terminal.wait_until_gone("filter");
        wait_for_selected(&terminal, "{_id: 11, n: 11}");
        terminal.wait_for("about 12");
        terminal.press("]");
        wait_for_selected(&terminal, "{_id: 6, n: 6}");
        terminal.press("[");
        wait_for_selected(&terminal, "{_id: 11, n: 11}");
    }
    let has_run = || {
        profiled(&rig, 1).iter().any(|one| {
            let command = one.get_document("command").unwrap();
            command.get_document("filter").is_ok_and(|filter| filter.contains_key("n"))
        })
    };
    assert!(!has_run(), "{:#?}", profiled(&rig, 1));
    terminal.press("/\x1b[A");
    wait_for_line(&terminal, &["▌filter", "{n: {$gte: 3}}"]);
    terminal.press("\r");
    terminal.wait_for("no index serves");
    terminal.press("y");
    wait_for_answer(&terminal, &["filter", "{n: {$gte: 3}}"]);
    terminal.wait_for("1 of 5 on page 1");
    assert!(has_run(), "{:#?}", profiled(&rig, 1));
    // Once is enough for all of its pages.
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 6, n: 6}");
    // A sort is another query.
    terminal.press("/\x1b[B{n: -1}\r");
    terminal.wait_for("no index serves the sort");
    terminal.wait_for("every document of the collection is read");
    terminal.press("y");
    wait_for_answer(&terminal, &["sort", "{n: -1}"]);
    wait_for_selected(&terminal, "{_id: 11, n: 11}");
    terminal.quit();
}

#[test]
fn a_query_that_an_index_serves_is_not_asked_about() {
    let rig = rig(numbered(12), ASKS);
    let index = doc! {"key": {"n": 1}, "name": "by_n"};
    rig.tell(1, doc! {"createIndexes": "one_orders", "indexes": [index]});
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: {$gte: 3}}\x1b[B{n: 1}\r");
    wait_for_selected(&terminal, "{_id: 3, n: 3}");
    terminal.press("i");
    terminal.wait_for("served by by_n");
    wait_for_line(&terminal, &["9 returned, 9 documents and 9 keys read"]);
    wait_for_line(&terminal, &["IXSCAN"]);
    terminal.press("i");
    wait_for_selected(&terminal, "{_id: 3, n: 3}");
    // The same order without the index is one in memory.
    rig.tell(1, doc! {"dropIndexes": "one_orders", "index": "by_n"});
    terminal.press("i");
    terminal.wait_for("no index serves the query");
    terminal.wait_for("COLLSCAN");
    terminal.quit();
}

#[test]
fn indexes_validator_options_and_fields_are_shown() {
    let mut orders = vec![doc! {"_id": 0, "total": "zero", "city": "Bonn"}];
    orders.extend((1..4).map(|n| doc! {"_id": n, "total": n, "city": "Ulm"}));
    let rig = rig(orders, "");
    let index = doc! {"key": {"city": 1, "total": -1}, "name": "by_city", "sparse": true};
    rig.tell(1, doc! {"createIndexes": "one_orders", "indexes": [index]});
    let validator = doc! {"total": {"$exists": true}};
    rig.tell(1, doc! {"collMod": "one_orders", "validator": validator});
    let mut terminal = orders_of(&rig);
    terminal.press("I");
    wait_for_line(&terminal, &["_id_", "{_id: 1}"]);
    wait_for_line(&terminal, &["by_city", "{city: 1, total: -1}", "sparse: true"]);
    wait_for_line(&terminal, &["{total: {$exists: true}}"]);
    wait_for_line(&terminal, &["validationLevel"]);
    terminal.press("F");
    wait_for_line(&terminal, &["total", "100 %", "int | string"]);
    wait_for_line(&terminal, &["city", "100 %", "string", "\"Ulm\""]);
    terminal.wait_for("4 documents looked at");
    // What is new is there when it is read again.
    rig.insert(1, "one_orders", &[doc! {"_id": 9, "total": 1, "late": true}]);
    terminal.press("r");
    wait_for_line(&terminal, &["late", "20 %", "bool"]);
    terminal.press("\x1b");
    wait_for_selected(&terminal, "{_id: 3");
    terminal.quit();
}

#[test]
fn changes_are_told_as_they_happen() {
    let rig = rig(numbered(2), "");
    let mut terminal = orders_of(&rig);
    terminal.press("T");
    terminal.wait_for("nothing has changed since this was opened");
    // A change that comes before the server follows is not told.
    eventually("the change is on the screen", || {
        rig.tell(
            1,
            doc! {"update": "one_orders", "updates": [
                {"q": {"_id": 1}, "u": {"$inc": {"seen": 1}}},
            ]},
        );
        terminal.text().contains("update").then_some(())
    });
    rig.insert(1, "one_orders", &[doc! {"_id": 50, "word": "fresh"}]);
    wait_for_line(&terminal, &["insert", "one_orders", "50", "fresh"]);
    rig.tell(1, doc! {"delete": "one_orders", "deletes": [{"q": {"_id": 0}, "limit": 1}]});
    wait_for_line(&terminal, &["delete", "one_orders", "0"]);
    // Other collections of the store are told of when that is asked for.
    terminal.press("T");
    terminal.wait_for("following every collection of the store");
    eventually("the product is on the screen", || {
        rig.tell(
            1,
            doc! {"update": "one_products", "updates": [
                {"q": {"_id": 1}, "u": {"$inc": {"seen": 1}}, "upsert": true},
            ]},
        );
        terminal.text().contains("one_products  ").then_some(())
    });
    terminal.press("\x1b");
    terminal.wait_for("no longer followed");
    terminal.wait_for("1 of 2");
    terminal.quit();
}

#[test]
fn a_server_without_changes_says_so() {
    let server = start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() });
    let rig = Rig::on(&server.uri(), vec![store("one", 1, numbered(2))], "");
    let mut terminal = orders_of(&rig);
    terminal.press("T");
    terminal.wait_for("replica set");
    terminal.press("\x1b");
    terminal.wait_for("1 of 2");
    terminal.quit();
}

#[test]
fn documents_are_only_read() {
    let rig = rig(numbered(2), "");
    let mut terminal = orders_of(&rig);
    for key in ["e", "x"] {
        terminal.press(key);
        terminal.wait_for("documents are only read here");
        terminal.wait_for("or mongosh");
        wait_for_selected(&terminal, "{_id: 1, n: 1}");
    }
    terminal.quit();
}
