//! The documents of a collection by keys alone: pages, queries, exports, and what is known
//! of the collection.

mod bar;
mod copy;
mod export;
mod pages;
mod panels;
mod read;
mod sizes;
mod tree;
mod trouble;

use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};

use super::terminal::Terminal;
use crate::{
    query::rig::{Rig, store},
    support::eventually,
};

/// What most tests look at.
pub(super) const SIZE: (u16, u16) = (120, 40);

/// So many orders of one store, numbered from 0 in `_id` and `n`.
fn numbered(n_orders: i32) -> Vec<Document> {
    (0..n_orders).map(|n| doc! {"_id": n, "n": n}).collect()
}

/// A fleet of one store with these orders.
fn rig(orders: Vec<Document>, settings: &str) -> Rig {
    Rig::with(vec![store("one", 1, orders)], settings)
}

/// The console on a fleet whose databases are all up, and its list of stores.
pub(super) fn open(rig: &Rig, size: (u16, u16)) -> Terminal {
    let mut console = rig.home.command::<&str>([]);
    let terminal = Terminal::start(console.env("COLORTERM", "truecolor"), size);
    terminal.wait_for("4/4 up");
    terminal.wait_for("S-");
    terminal
}

/// The console on the orders of the first store, whose first page is there.
fn orders_of(rig: &Rig) -> Terminal {
    let mut terminal = open(rig, SIZE);
    go_to_orders(&mut terminal);
    terminal
}

/// From the panes to the orders of the first store.
fn go_to_orders(terminal: &mut Terminal) {
    terminal.press("3g\r");
    // The second collection of every store, once they are known.
    wait_for_line(terminal, &["_orders", "collection"]);
    terminal.press("gj\r");
    terminal.wait_until("the first page is there", |screen| {
        screen.contains("about ") && !screen.contains("reading")
    });
}

/// Waits until one line of the screen holds all of these.
#[track_caller]
pub(super) fn wait_for_line(terminal: &Terminal, parts: &[&str]) {
    terminal.wait_until(&format!("a line holds {parts:?}"), |screen| {
        screen.lines().any(|line| parts.iter().all(|part| line.contains(part)))
    });
}

/// Waits until a query with these parts has been read and is shown.
#[track_caller]
fn wait_for_answer(terminal: &Terminal, parts: &[&str]) {
    terminal.wait_until(&format!("{parts:?} is answered"), |screen| {
        let is_open =
            ["enter run", "Run a query", "reading"].iter().any(|one| screen.contains(one));
        !is_open && screen.lines().any(|line| parts.iter().all(|part| line.contains(part)))
    });
}

/// Waits until the selected line holds this.
#[track_caller]
pub(super) fn wait_for_selected(terminal: &Terminal, text: &str) {
    wait_for_line(terminal, &["▌", text]);
}

/// Pastes, as a terminal does.
pub(super) fn paste(terminal: &mut Terminal, text: &str) {
    terminal.press(format!("\x1b[200~{text}\x1b[201~"));
}

/// What runs or waits on the server of a place, of what a person asked the console for.
pub(super) fn operations(rig: &Rig, place: u32) -> Vec<Document> {
    // Every one of them has a number behind what it does.
    let comment = doc! {"$regex": "^tilldeck [a-z]+ [0-9a-f]{8}$"};
    let pipeline = [
        doc! {"$currentOp": {"allUsers": true, "idleCursors": true}},
        doc! {"$match": {"ns": {"$regex": format!("^{}[._]", rig.main)}}},
        doc! {"$match": {"$or": [
            {"command.comment": comment.clone()},
            {"cursor.originatingCommand.comment": comment},
        ]}},
    ];
    rig.at(place, async |client| {
        let found = client.database("admin").aggregate(pipeline).await.unwrap();
        found.try_collect().await.unwrap()
    })
}

/// Waits until the server works on something that was asked for.
#[track_caller]
pub(super) fn wait_for_work(rig: &Rig) {
    eventually("the server works on it", || {
        let found = operations(rig, 1);
        found.iter().any(|one| one.get_bool("active").unwrap_or_default()).then_some(())
    });
}

/// Waits until nothing is left of it on the server.
#[track_caller]
pub(super) fn wait_for_no_work(rig: &Rig) {
    eventually("nothing is left on the server", || operations(rig, 1).is_empty().then_some(()));
}

/// The names of files in the home that begin or end like this, temporary ones included.
pub(super) fn files(rig: &Rig) -> Vec<String> {
    let entries = std::fs::read_dir(rig.home.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_one =
        |name: &String| [".jsonl", ".csv", ".part"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<String> = names.filter(is_one).collect();
    names.sort();
    names
}
