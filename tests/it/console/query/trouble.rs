//! Questions that not every store answers, and those that are ended.

use std::time::Instant;

use mongodb::bson::doc;
use tilldeck::demo::server::ServerOptions;

use super::{
    super::{
        documents::{operations, wait_for_line, wait_for_no_work, wait_for_work},
        terminal::Terminal,
    },
    DOWN, HELD, board_of,
};
use crate::{
    query::rig::{Faulty, Rig, numbered},
    support::{shared, start},
};

#[test]
fn a_database_that_is_down_is_a_row_with_its_cause() {
    let mut second = start(ServerOptions::default());
    let settings = "[query]\ndeadline = \"4s\"\n";
    let rig = Rig::apart(&shared().uri(), &second.uri(), numbered(23), settings);
    let mut terminal = board_of(&rig);
    second.kill9();
    terminal.press("\r");
    terminal.wait_for("5 stores, not complete");
    wait_for_line(&terminal, &["✖", "S-two", &rig.name_of(2)]);
    for id in ["S-old", "S-one", "S-three", "S-uno"] {
        wait_for_line(&terminal, &[id, "query_t"]);
    }
    terminal.wait_for("19 rows");
    second.restart().unwrap();
    terminal.wait_until("the database is up again", |screen| screen.contains("4/4 up"));
    terminal.press("r");
    terminal.wait_for("5 stores, complete");
    terminal.wait_for("23 rows");
    terminal.quit();
}

/// Every store answers but one, whose first command is held.
fn held(faulty: &Faulty) -> (Rig, Terminal) {
    let rig = Rig::on(&faulty.uri(), numbered(23), "");
    let mut terminal = board_of(&rig);
    let namespace = format!("{}.two_orders", rig.name_of(2));
    let milliseconds = i64::try_from(HELD.as_millis()).unwrap();
    let how = doc! {"namespace": namespace, "blockConnection": true, "blockTimeMS": milliseconds};
    faulty.fail_once(&["find", "aggregate"], how);
    terminal.press("\r");
    // Rows are there before the last store has answered.
    terminal.wait_for("4 of 5 stores have answered");
    terminal.wait_for("19 rows");
    wait_for_work(&rig);
    (rig, terminal)
}

#[test]
fn esc_in_the_middle_ends_what_runs_and_says_that_it_is_not_all() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = held(&faulty);
    let begun = Instant::now();
    terminal.press("\x1b");
    terminal.wait_for("ended here; the servers are told, too");
    terminal.wait_for("4 of 5 stores, not complete");
    wait_for_line(&terminal, &["▲", "ended before every store has answered"]);
    wait_for_no_work(&rig);
    assert!(begun.elapsed() < HELD / 2, "{:?}", begun.elapsed());
    terminal.press("r");
    terminal.wait_for("5 stores, complete");
    terminal.wait_for("23 rows");
    terminal.quit();
}

#[test]
fn another_question_ends_the_one_before() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = held(&faulty);
    terminal.press("/");
    terminal.wait_for("ctrl-r");
    terminal.press(format!("{{n: 4}}{DOWN}\r"));
    terminal.wait_for("5 stores, complete");
    terminal.wait_for("1 row ");
    wait_for_no_work(&rig);
    terminal.quit();
}

#[test]
fn quitting_in_the_middle_ends_what_runs() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = held(&faulty);
    assert!(!operations(&rig, 1).is_empty());
    let begun = Instant::now();
    terminal.quit();
    wait_for_no_work(&rig);
    assert!(begun.elapsed() < HELD / 2, "{:?}", begun.elapsed());
}
