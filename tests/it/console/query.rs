//! One question to many stores by keys alone.

mod trouble;

use std::time::Duration;

use mongodb::bson::doc;

use super::{
    documents::{SIZE, files, open, paste, wait_for_line},
    terminal::Terminal,
};
use crate::query::rig::{Rig, Store, dealt, lines_of, numbered, profile, profiled};

const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const RIGHT: &str = "\x1b[C";

/// The board, with nothing asked.
fn board_of(rig: &Rig) -> Terminal {
    let mut terminal = open(rig, SIZE);
    terminal.wait_for("S-two");
    terminal.press("Q");
    terminal.wait_for("nothing is sent before");
    terminal
}

/// Chooses what is asked for, so many steps after documents, and goes back to the filter.
fn ask_for(terminal: &mut Terminal, steps: usize, name: &str) {
    terminal.press(format!("{UP}{UP}{}", RIGHT.repeat(steps)));
    wait_for_line(terminal, &["ask for", name]);
    terminal.press(format!("{DOWN}{DOWN}"));
}

#[test]
fn what_will_be_sent_is_known_before_it_is() {
    let rig = Rig::new(numbered(23));
    let mut terminal = board_of(&rig);
    profile(&rig);
    let told = |place| {
        let commands = profiled(&rig, place).into_iter().filter(|one| {
            let command = one.get_document("command").unwrap();
            command.get_str("comment").is_ok_and(|comment| comment.starts_with("tilldeck query"))
        });
        commands.count()
    };
    let shards = [(0, 1), (1, 2), (2, 1), (3, 1)];
    for (place, n_stores) in shards {
        wait_for_line(
            &terminal,
            &["5 stores, commands:", &format!("{} {}", rig.name_of(place), n_stores + 1)],
        );
        assert_eq!(told(place), 0, "{place}");
    }
    terminal.press("{n: {$gte: 0}}\r");
    terminal.wait_for("5 stores, complete");
    for (place, n_stores) in shards {
        assert!((n_stores..=n_stores + 1).contains(&told(place)), "{place}: {}", told(place));
    }
    terminal.quit();
}

#[test]
fn rows_say_where_they_are_from_and_are_in_one_order() {
    let rig = Rig::new(numbered(23));
    let mut terminal = board_of(&rig);
    terminal.press(format!("{{n: {{$lt: 20}}}}{DOWN}{{n: -1}}\r"));
    terminal.wait_for("5 stores, complete");
    terminal.wait_for("20 rows");
    wait_for_line(&terminal, &["store", "database", "n"]);
    let screen = terminal.text();
    let rows: Vec<&str> = screen.lines().filter(|line| line.contains(" query_t")).collect();
    assert_eq!(rows.len(), 20, "{screen}");
    for (row, n) in rows.iter().zip((0..20).rev()) {
        let words: Vec<&str> = row.split(['│', ' ', '▌']).filter(|word| !word.is_empty()).collect();
        let store = rig.stores.iter().find(|one| one.id() == words[0]).unwrap();
        assert_eq!(words[1], rig.database_of(&store.id()), "{row}");
        assert_eq!(words[2], n.to_string(), "{row}");
    }
    // The whole document of the selected row, and its store.
    terminal.press("jj");
    wait_for_line(&terminal, &["▌", " 17 "]);
    wait_for_line(&terminal, &["_id: 17", "int"]);
    // From a row to its store.
    terminal.press("o");
    terminal.wait_for("1 Databases");
    wait_for_line(&terminal, &["▌ S-uno"]);
    // What was asked is still there.
    terminal.press("Q");
    terminal.wait_for("20 rows");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn counts_values_and_groups_are_added_up() {
    let kinds = ["ash", "oak", "elm"];
    let orders =
        (0..23).map(|n: i32| doc! {"_id": n, "kind": kinds[usize::try_from(n % 3).unwrap()]});
    let rig = Rig::new(dealt(orders));
    let mut terminal = board_of(&rig);
    ask_for(&mut terminal, 1, "count");
    terminal.press("{kind: 'oak'}\r");
    terminal.wait_for("the fleet");
    wait_for_line(&terminal, &["{count: 8}"]);
    terminal.press("/");
    terminal.wait_for("ctrl-r");
    ask_for(&mut terminal, 1, "distinct");
    terminal.press(format!("\x15{DOWN}kind\r"));
    terminal.wait_for("the fleet");
    for kind in kinds {
        wait_for_line(&terminal, &[&format!("\"{kind}\"")]);
    }
    terminal.press("/");
    terminal.wait_for("ctrl-r");
    // The field of the values had the focus.
    terminal.press(UP);
    ask_for(&mut terminal, 1, "aggregate");
    paste(&mut terminal, "[{$group: {_id: '$kind',\n n: {$sum: 1}}}]");
    terminal.press("\r");
    wait_for_line(&terminal, &["{_id: \"oak\", n: 8}"]);
    wait_for_line(&terminal, &["{_id: \"elm\", n: 7}"]);
    // Bars of the groups, then the rows of the stores.
    terminal.press("b");
    wait_for_line(&terminal, &["oak", "█", " 8"]);
    wait_for_line(&terminal, &["elm", "█", " 7"]);
    terminal.press("b");
    wait_for_line(&terminal, &["S-old", "\"ash\""]);
    terminal.quit();
}

#[test]
fn a_row_is_opened_in_its_store_and_esc_leads_back_to_it() {
    let rig = Rig::new(numbered(23));
    let mut terminal = board_of(&rig);
    terminal.press(format!("{{n: {{$gte: 20}}}}{DOWN}{{n: 1}}\r"));
    terminal.wait_for("3 rows");
    terminal.press("j");
    wait_for_line(&terminal, &["▌S-", " 21 "]);
    let screen = terminal.text();
    let row = screen.lines().find(|line| line.contains('▌')).unwrap().to_owned();
    let store = rig.stores.iter().find(|store| row.contains(&store.id())).unwrap();
    terminal.wait_for("enter open");
    terminal.press("\r");
    wait_for_line(&terminal, &[&format!(".{}_orders", store.prefix()), "1 of 1"]);
    wait_for_line(&terminal, &["filter", "{_id: "]);
    wait_for_line(&terminal, &["n: 21", "int"]);
    terminal.press("\x1b");
    wait_for_line(&terminal, &["▌", row.split('▌').nth(1).unwrap().trim_end_matches([' ', '│'])]);
    terminal.quit();
}

#[test]
fn what_would_write_is_refused_in_words_and_never_sent() {
    let rig = Rig::new(numbered(5));
    let mut terminal = board_of(&rig);
    profile(&rig);
    ask_for(&mut terminal, 3, "aggregate");
    for stage in ["$out", "$merge"] {
        terminal.press(format!("\x15[{{{stage}: 'stolen'}}]\r"));
        wait_for_line(&terminal, &["✖", stage]);
    }
    for place in 0..=3 {
        let told = format!("{:?}", profiled(&rig, place));
        assert!(!told.contains("stolen"), "{told}");
    }
    terminal.quit_from_top();
}

#[test]
fn a_mistake_is_shown_at_its_character_and_nothing_is_sent() {
    let rig = Rig::new(numbered(5));
    let mut terminal = board_of(&rig);
    terminal.press("{n: }\r");
    wait_for_line(&terminal, &["filter", "{n: ▏}"]);
    terminal.wait_for("nothing is sent before");
    terminal.press("3\r");
    terminal.wait_for("5 stores, complete");
    wait_for_line(&terminal, &["filter {n: 3}"]);
    // A form that is left without asking leaves no trace over the answers.
    terminal.press("/9");
    terminal.wait_for("{n: 39");
    terminal.press("\x1b");
    wait_for_line(&terminal, &["filter {n: 3}"]);
    terminal.press("r");
    terminal.wait_for("1 row ");
    terminal.quit();
}

#[test]
fn only_marked_stores_are_asked() {
    let rig = Rig::new(numbered(23));
    let mut terminal = open(&rig, SIZE);
    terminal.wait_for("S-two");
    // Sorted by their ids: old, one, three, two, uno.
    terminal.press("3g j ");
    terminal.press("Q");
    wait_for_line(&terminal, &["stores", "that are marked"]);
    terminal.wait_for("2 stores, commands:");
    terminal.press("\r");
    terminal.wait_for("2 stores, complete");
    let marked: Vec<String> = rig
        .stores
        .iter()
        .map(Store::id)
        .filter(|id| terminal.text().contains(id.as_str()))
        .collect();
    assert_eq!(marked.len(), 2, "{}", terminal.text());
    terminal.quit();
}

#[test]
fn a_saved_question_is_asked_from_the_palette() {
    let settings = "[queries.large-ones]\ntype = \"orders\"\nfilter = \"{n: {$gte: 20}}\"\n\
                    sort = \"{n: 1}\"\n";
    let rig = Rig::with(numbered(23), settings);
    let mut terminal = open(&rig, SIZE);
    terminal.press(":large-ones");
    wait_for_line(&terminal, &["▌", "large-ones"]);
    terminal.press("\r");
    terminal.wait_for("5 stores, complete");
    terminal.wait_for("3 rows");
    wait_for_line(&terminal, &["{n: {$gte: 20}}", "{n: 1}"]);
    terminal.quit();
}

#[test]
fn rows_are_written_with_their_stores_and_replace_no_file_without_a_yes() {
    let rig = Rig::new(numbered(5));
    let mut terminal = board_of(&rig);
    terminal.press(format!("{DOWN}{{n: 1}}\r"));
    terminal.wait_for("5 stores, complete");
    terminal.press("E\r");
    terminal.wait_for("5 rows are in orders.jsonl");
    let lines = lines_of(rig.home.path(), "orders.jsonl");
    assert_eq!(lines.len(), 5);
    let first = format!("\"database\":\"{}\"", rig.main);
    assert!(lines[0].contains("\"S-old\"") && lines[0].contains(&first), "{lines:?}");
    std::fs::write(rig.home.path().join("orders.jsonl"), "mine\n").unwrap();
    terminal.press("E\r");
    terminal.wait_for("exists");
    terminal.press("n");
    terminal.wait_until_gone("exists");
    assert_eq!(lines_of(rig.home.path(), "orders.jsonl"), ["mine"]);
    terminal.press("\x1b");
    terminal.wait_until_gone("into ");
    terminal.press(format!("E{DOWN}{DOWN}\r"));
    terminal.wait_for("5 rows are in orders.csv");
    assert_eq!(lines_of(rig.home.path(), "orders.csv").len(), 6);
    assert_eq!(files(&rig), ["orders.csv", "orders.jsonl"]);
    terminal.quit();
}

#[test]
fn the_board_says_what_to_press_in_every_size() {
    let rig = Rig::new(numbered(40));
    let mut terminal = board_of(&rig);
    let sizes = [(60, 15), (200, 60), (80, 24), (12, 4), (80, 24)];
    for (keys, hints) in [
        ("", &["enter ask"][..]),
        ("\r", &["question", "enter open", "esc back"]),
        ("b", &["question"]),
        ("E", &["enter write"]),
    ] {
        terminal.press(keys);
        for (columns, rows) in sizes {
            terminal.resize(columns, rows);
            if rows < 15 {
                continue;
            }
            terminal.wait_until(&format!("{hints:?} are on the last line"), |screen| {
                let last = screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
                hints.iter().all(|hint| last.contains(hint)) && screen.contains("Ask many stores")
            });
        }
    }
    terminal.quit_from_top();
}

/// Longer than anything here may take.
const HELD: Duration = Duration::from_secs(60);
