//! Documents that take their time or do not come: what is ended is ended on the server, and
//! what is on the screen is what was read.

use std::time::{Duration, Instant};

use mongodb::bson::doc;
use tilldeck::demo::server::ServerOptions;

use super::{
    super::terminal::Terminal, numbered, operations, orders_of, wait_for_answer, wait_for_line,
    wait_for_no_work, wait_for_selected, wait_for_work,
};
use crate::{
    query::rig::{Faulty, Rig, numbered as dealt, store},
    support::{eventually, shared, start},
};

/// Longer than anything here may take.
const HELD: Duration = Duration::from_secs(60);

/// The first page of a store on a server that is going to hold commands.
fn opened(faulty: &Faulty) -> (Rig, Terminal) {
    let settings = "[query]\npage = 5\n";
    let rig = Rig::on(&faulty.uri(), vec![store("one", 1, numbered(12))], settings);
    let terminal = orders_of(&rig);
    (rig, terminal)
}

/// The store's commands of these names wait from now on.
fn hold(faulty: &Faulty, rig: &Rig, commands: &[&str]) {
    let namespace = format!("{}.one_orders", rig.name_of(1));
    let held = i64::try_from(HELD.as_millis()).unwrap();
    let how = doc! {"namespace": namespace, "blockConnection": true, "blockTimeMS": held};
    faulty.fail(commands, how);
}

/// Presses Esc, and holds the end of what is under way to all that it must be.
#[track_caller]
fn end(rig: &Rig, terminal: &mut Terminal) {
    wait_for_work(rig);
    let begun = Instant::now();
    terminal.press("\x1b");
    terminal.wait_for("ended here; the server is told, too");
    wait_for_no_work(rig);
    assert!(begun.elapsed() < HELD / 2, "{:?}", begun.elapsed());
}

#[test]
fn esc_ends_a_query_and_the_one_before_it_is_shown() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = opened(&faulty);
    terminal.press("/{n: {$gte: 3}}\r");
    wait_for_answer(&terminal, &["filter", "{n: {$gte: 3}}"]);
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 6, n: 6}");
    hold(&faulty, &rig, &["find"]);
    terminal.press("/\x15{n: 1}\r");
    terminal.wait_for("reading");
    end(&rig, &mut terminal);
    // The documents are those of this query, and nobody takes them for the other one's.
    wait_for_line(&terminal, &["filter", "{n: {$gte: 3}}"]);
    terminal.wait_for("1 of 4 on page 2");
    wait_for_selected(&terminal, "{_id: 6, n: 6}");
    faulty.heal();
    terminal.press("[");
    wait_for_selected(&terminal, "{_id: 11, n: 11}");
    terminal.wait_for("on page 1");
    // What was typed is not lost.
    terminal.press("/\x15\x1b[A");
    wait_for_line(&terminal, &["▌filter", "{n: 1}"]);
    terminal.press("\r");
    wait_for_selected(&terminal, "{_id: 1, n: 1}");
    terminal.quit();
}

#[test]
fn esc_ends_a_turn_and_the_page_keeps_its_number() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = opened(&faulty);
    for key in ["]", "}"] {
        hold(&faulty, &rig, &["find"]);
        terminal.press(key);
        end(&rig, &mut terminal);
        terminal.wait_for("1 of 5 on page 1");
        wait_for_selected(&terminal, "{_id: 11, n: 11}");
        faulty.heal();
    }
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 6, n: 6}");
    terminal.wait_for("on page 2");
    terminal.quit();
}

#[test]
fn esc_ends_a_count_a_sample_and_a_plan() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = opened(&faulty);
    hold(&faulty, &rig, &["aggregate", "count", "explain"]);
    for (key, words) in [("c", "counting"), ("F", "looking"), ("i", "looking")] {
        terminal.press(key);
        terminal.wait_for(words);
        end(&rig, &mut terminal);
        terminal.wait_until_gone(words);
    }
    faulty.heal();
    terminal.press("\x1b");
    wait_for_selected(&terminal, "{_id: 11, n: 11}");
    terminal.press("c");
    terminal.wait_for("12 exactly");
    terminal.quit();
}

#[test]
fn a_first_page_that_does_not_come_is_left_by_esc() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = opened(&faulty);
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    hold(&faulty, &rig, &["find"]);
    terminal.press("\r");
    terminal.wait_for("esc ends it, on the server too");
    wait_for_work(&rig);
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    wait_for_no_work(&rig);
    terminal.quit();
}

#[test]
fn quitting_ends_what_is_read() {
    let faulty = Faulty::take();
    for key in ["q", "\x03"] {
        let (rig, mut terminal) = opened(&faulty);
        hold(&faulty, &rig, &["find", "aggregate", "count"]);
        terminal.press("c");
        terminal.wait_for("counting");
        terminal.press("]");
        eventually("both are under way", || (operations(&rig, 1).len() == 2).then_some(()));
        let begun = Instant::now();
        terminal.press(key);
        assert_eq!(terminal.wait(), 0, "{key:?}");
        terminal.is_restored();
        wait_for_no_work(&rig);
        assert!(begun.elapsed() < HELD / 2, "{:?}", begun.elapsed());
        faulty.heal();
    }
}

#[test]
fn a_deadline_that_passes_is_said_and_the_query_can_be_asked_again() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = opened(&faulty);
    let namespace = format!("{}.one_orders", rig.name_of(1));
    faulty.fail(&["find"], doc! {"namespace": namespace, "errorCode": 50});
    terminal.press("]");
    terminal.wait_for("ended the query after 30s");
    faulty.heal();
    terminal.press("r");
    wait_for_selected(&terminal, "{_id: 6, n: 6}");
    terminal.wait_for("on page 2");
    terminal.quit();
}

#[test]
fn a_server_that_dies_under_a_page_is_named_and_read_again_when_it_is_back() {
    let mut second = start(ServerOptions::default());
    let settings = "[timing]\nprobe_interval = \"500ms\"\nretry_at_most = \"1s\"\n\
                    [query]\npage = 2\n";
    let rig = Rig::apart(&shared().uri(), &second.uri(), dealt(23), settings);
    let mut terminal = super::open(&rig, super::SIZE);
    terminal.press(":two_orders");
    wait_for_line(&terminal, &["two_orders"]);
    terminal.press("\r");
    terminal.wait_for("newest first");
    terminal.wait_for("on page 1");
    second.kill9();
    terminal.press("]");
    // Broken while it was asked, or not asked any more.
    terminal.wait_until("the cause is on the screen", |screen| {
        ["` broke when asked", "nothing listens on"].iter().any(|cause| screen.contains(cause))
            && !screen.contains("reading")
    });
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.wait_for("3/4 up");
    // The other databases go on.
    terminal.press(":three_orders");
    wait_for_line(&terminal, &["three_orders"]);
    terminal.press("\r");
    terminal.wait_for("newest first");
    wait_for_selected(&terminal, "{_id: 19, n: 19}");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    second.restart().unwrap();
    terminal.wait_for("4/4 up");
    terminal.press(":two_orders");
    wait_for_line(&terminal, &["two_orders"]);
    terminal.press("\r");
    terminal.wait_for("newest first");
    wait_for_selected(&terminal, "{_id: 18, n: 18}");
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 8, n: 8}");
    terminal.quit();
}

#[test]
fn a_collection_that_is_dropped_is_said_to_be_missing() {
    let rig = super::rig(numbered(7), "[query]\npage = 5\n");
    let mut terminal = orders_of(&rig);
    rig.tell(1, doc! {"drop": "one_orders"});
    terminal.press("]");
    terminal.wait_until("it is told", |screen| {
        screen.contains("no document matches") || screen.contains("the collection is empty")
    });
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.quit();
}
