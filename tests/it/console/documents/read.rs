//! A value in full, as a part of the query, and the way from one document to the next.

use mongodb::bson::{Document, doc};

use super::super::terminal::Terminal;
use super::{SIZE, orders_of, rig, wait_for_answer, wait_for_line, wait_for_selected};

/// Orders of two kinds, the first with a note of many lines.
fn noted() -> Vec<Document> {
    let words: Vec<String> = (0..200).map(|n| format!("word-{n}")).collect();
    let note = format!("{}\nthe last line", words.join(" "));
    let order = |n: i32| doc! {"_id": n, "kind": if n % 2 == 0 { "even" } else { "odd" }};
    let mut orders: Vec<Document> = (1..=9).map(order).collect();
    orders.push(doc! {"_id": 10, "kind": "even", "note": note});
    orders
}

#[test]
fn a_long_text_is_read_in_full_in_every_size() {
    let rig = rig(noted(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("jjj");
    wait_for_selected(&terminal, "note:");
    assert!(!terminal.text().contains("word-199"));
    terminal.wait_for("enter read");
    terminal.press("\r");
    terminal.wait_for("note in full");
    // A frame of the size before may still be on its way: the title is as wide as its own.
    let is_of = |columns: u16, screen: &str| {
        let title = screen.lines().nth(1).unwrap_or_default();
        title.ends_with('╮') && title.chars().count() == usize::from(columns)
    };
    let wait_until_whole = |terminal: &Terminal, columns| {
        terminal.wait_until(&format!("all of it is there in {columns} columns"), |screen| {
            let are_there = (0..200).all(|n| screen.contains(&format!("word-{n}")));
            is_of(columns, screen) && are_there && screen.contains("the last line")
        });
    };
    wait_until_whole(&terminal, SIZE.0);
    terminal.resize(200, 60);
    wait_until_whole(&terminal, 200);
    // What does not fit is scrolled to.
    terminal.resize(60, 15);
    terminal.wait_until("it is there in a small terminal", |screen| is_of(60, screen));
    terminal.wait_until_gone("the last line");
    terminal.press("G");
    wait_for_selected(&terminal, "the last line");
    terminal.resize(SIZE.0, SIZE.1);
    wait_until_whole(&terminal, SIZE.0);
    wait_for_selected(&terminal, "the last line");
    terminal.press("\x1b");
    wait_for_selected(&terminal, "note:");
    // So is a line of a panel.
    terminal.press("F");
    terminal.wait_for("documents looked at");
    terminal.press("G\x1b[A\x1b[A\r");
    terminal.wait_until_gone("documents looked at");
    wait_for_line(&terminal, &["▌", "note", "10 %", "word-0"]);
    terminal.press("\x1b");
    terminal.wait_for("documents looked at");
    terminal.quit();
}

#[test]
fn the_selected_value_is_asked_for_once_it_is_confirmed() {
    let rig = rig(noted(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("\t\rjj");
    wait_for_selected(&terminal, "kind: \"odd\"");
    terminal.press("=");
    wait_for_line(&terminal, &["filter", "{kind: \"odd\"}"]);
    terminal.wait_for("2 of 10");
    terminal.press("\r");
    wait_for_answer(&terminal, &["1 of 5"]);
    terminal.press("js");
    wait_for_line(&terminal, &["sort", "{_id: 1}"]);
    terminal.press("\r");
    wait_for_answer(&terminal, &["▾ {_id: 1, "]);
    terminal.press("\t\t\t");
    wait_for_selected(&terminal, "▸ {_id: 7, ");
    terminal.press("\x1b[Z");
    wait_for_selected(&terminal, "▸ {_id: 5, ");
    terminal.quit();
}
