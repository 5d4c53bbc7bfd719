//! Exports by keys: every form of them, never over a file by accident, and never a part.

use mongodb::bson::doc;

use super::{
    super::terminal::Terminal, files, numbered, orders_of, rig, wait_for_answer, wait_for_line,
    wait_for_no_work, wait_for_work,
};
use crate::{
    query::rig::{Faulty, Rig, lines_of, store},
    support::eventually,
};

/// Opens the field and chooses what stands so many lines down.
#[track_caller]
fn choose(terminal: &mut Terminal, down: usize, words: &str) {
    terminal.press("E");
    terminal.wait_for("into");
    terminal.press("\x1b[B".repeat(down));
    wait_for_line(terminal, &["export", words]);
}

#[test]
fn a_page_a_query_and_a_collection_are_written_as_lines_and_as_tables() {
    let rig = rig(numbered(12), "[query]\npage = 5\n");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: {$gte: 4}}\r");
    wait_for_answer(&terminal, &["filter", "{n: {$gte: 4}}"]);
    let newest_first = |from: i32, n: i32| (0..n).map(move |at| from - at);
    for (down, words, expected) in [
        (0, "what the query matches, as JSON Lines", 4..12),
        (3, "this page, as JSON Lines", 7..12),
        (6, "the whole collection, as JSON Lines", 0..12),
    ] {
        let n = expected.len();
        choose(&mut terminal, down, words);
        terminal.press("\r");
        wait_for_line(&terminal, &[&format!("{n} documents, "), "are in one_orders.jsonl"]);
        assert_eq!(files(&rig), ["one_orders.jsonl"], "{words}");
        let mut lines = lines_of(rig.home.path(), "one_orders.jsonl");
        if down != 3 {
            // A whole collection comes as the server has it.
            lines.reverse();
            lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
        }
        let right: Vec<String> = newest_first(11, i32::try_from(n).unwrap())
            .map(|n| format!("{{\"_id\":{n},\"n\":{n}}}"))
            .collect();
        assert_eq!(lines, right, "{words}");
        std::fs::remove_file(rig.home.path().join("one_orders.jsonl")).unwrap();
    }
    for (down, words, n) in [
        (5, "this page, as CSV", 5),
        (2, "what the query matches, as CSV", 8),
        (8, "the whole collection, as CSV", 12),
    ] {
        choose(&mut terminal, down, words);
        terminal.press("\r");
        wait_for_line(&terminal, &[&format!("{n} documents, "), "are in one_orders.csv"]);
        assert_eq!(files(&rig), ["one_orders.csv"], "{words}");
        let lines = lines_of(rig.home.path(), "one_orders.csv");
        assert_eq!((lines[0].as_str(), lines.len()), ("_id,n,(other)", n + 1), "{words}");
        assert!(lines[1..].iter().any(|line| line == "11,11,"), "{words}: {lines:?}");
        std::fs::remove_file(rig.home.path().join("one_orders.csv")).unwrap();
    }
    choose(&mut terminal, 4, "this page, as canonical JSON Lines");
    terminal.press("\r");
    wait_for_line(&terminal, &["5 documents, ", "are in one_orders.jsonl"]);
    let lines = lines_of(rig.home.path(), "one_orders.jsonl");
    assert_eq!(lines[0], r#"{"_id":{"$numberInt":"11"},"n":{"$numberInt":"11"}}"#);
    terminal.quit();
}

#[test]
fn a_file_that_exists_is_replaced_after_a_yes_only() {
    let rig = rig(numbered(3), "");
    let path = rig.home.path().join("kept.jsonl");
    std::fs::write(&path, "mine\n").unwrap();
    let mut terminal = orders_of(&rig);
    for no in ["n", "\x1b", "\r"] {
        terminal.press("E\x15kept.jsonl\r");
        terminal.wait_for("Replace the file");
        terminal.wait_for("kept.jsonl exists.");
        terminal.press(no);
        terminal.wait_until_gone("Replace the file");
        terminal.wait_for("nothing was done");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine\n", "{no:?}");
        assert_eq!(files(&rig), ["kept.jsonl"]);
        terminal.press("\x1b");
        terminal.wait_until_gone("into");
    }
    terminal.press("E\x15kept.jsonl\r");
    terminal.wait_for("Replace the file");
    terminal.press("y");
    wait_for_line(&terminal, &["3 documents, ", "are in kept.jsonl"]);
    assert_eq!(lines_of(rig.home.path(), "kept.jsonl").len(), 3);
    assert_eq!(files(&rig), ["kept.jsonl"]);
    terminal.quit();
}

#[test]
fn a_file_that_cannot_be_written_keeps_its_name_to_be_changed() {
    let rig = rig(numbered(3), "");
    let mut terminal = orders_of(&rig);
    terminal.press("E\x15nowhere/a.jsonl\r");
    terminal.wait_for("Make the folder first");
    wait_for_line(&terminal, &["into", "nowhere/a.jsonl"]);
    std::fs::create_dir(rig.home.path().join("nowhere")).unwrap();
    terminal.press("\r");
    terminal.wait_for("are in nowhere/a.jsonl");
    assert_eq!(lines_of(rig.home.path(), "nowhere/a.jsonl").len(), 3);
    terminal.quit();
}

/// A store with more orders than come at once, whose second batch is held.
fn held(faulty: &Faulty) -> (Rig, Terminal) {
    let rig = Rig::on(&faulty.uri(), vec![store("one", 1, numbered(20_000))], "");
    let terminal = orders_of(&rig);
    let namespace = format!("{}.one_orders", rig.name_of(1));
    let how = doc! {"namespace": namespace, "blockConnection": true, "blockTimeMS": 60_000};
    faulty.fail(&["getMore"], how);
    (rig, terminal)
}

#[track_caller]
fn wait_for_part(rig: &Rig) {
    eventually("the export is under way", || {
        files(rig).iter().any(|name| name.contains(".part")).then_some(())
    });
}

#[test]
fn esc_in_the_middle_leaves_no_file_and_nothing_on_the_server() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = held(&faulty);
    terminal.press("E\r");
    terminal.wait_for("esc ends it");
    wait_for_part(&rig);
    wait_for_work(&rig);
    terminal.press("\x1b");
    terminal.wait_for("the export is ended; no file is left");
    eventually("no file is left", || files(&rig).is_empty().then_some(()));
    wait_for_no_work(&rig);
    // The documents are still there, and so is the next export.
    faulty.heal();
    terminal.press("E\r");
    wait_for_line(&terminal, &["20,000 documents, ", "are in one_orders.jsonl"]);
    assert_eq!(lines_of(rig.home.path(), "one_orders.jsonl").len(), 20_000);
    assert_eq!(files(&rig), ["one_orders.jsonl"]);
    terminal.quit();
}

#[test]
fn the_old_file_stays_when_what_should_replace_it_is_ended() {
    let faulty = Faulty::take();
    let (rig, mut terminal) = held(&faulty);
    let path = rig.home.path().join("one_orders.jsonl");
    std::fs::write(&path, "mine\n").unwrap();
    terminal.press("E\r");
    terminal.wait_for("Replace the file");
    terminal.press("y");
    wait_for_work(&rig);
    // Leaving in another way ends it, too.
    terminal.press(":events");
    terminal.wait_for("Show what changed");
    terminal.press("\r");
    terminal.wait_for("the export is ended, since its collection was left");
    eventually("no part is left", || (files(&rig) == ["one_orders.jsonl"]).then_some(()));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine\n");
    wait_for_no_work(&rig);
    terminal.quit();
}

#[test]
fn quitting_in_the_middle_leaves_no_file_and_nothing_on_the_server() {
    let faulty = Faulty::take();
    for key in ["q", "\x03"] {
        let (rig, mut terminal) = held(&faulty);
        terminal.press("E\r");
        wait_for_part(&rig);
        wait_for_work(&rig);
        terminal.press(key);
        assert_eq!(terminal.wait(), 0, "{key:?}");
        terminal.is_restored();
        assert_eq!(files(&rig), Vec::<String>::new(), "{key:?}");
        wait_for_no_work(&rig);
        faulty.heal();
    }
}
