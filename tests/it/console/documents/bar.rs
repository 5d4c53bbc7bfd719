//! Queries: typed, pasted, completed, found again, and wrong.

use mongodb::bson::doc;

use super::{super::terminal::Terminal, wait_for_selected};
use super::{SIZE, go_to_orders, numbered, open, orders_of, paste, rig, wait_for_line};

/// The first fields of the documents on the screen, from the top.
#[track_caller]
fn wait_for_ids(terminal: &Terminal, ids: &[i32]) {
    terminal.wait_until(&format!("the documents are {ids:?}"), |screen| {
        let heads = screen.lines().filter_map(|line| line.split_once("{_id: ")?.1.split_once(','));
        heads.map(|(id, _)| id.to_owned()).eq(ids.iter().map(ToString::to_string))
    });
}

#[test]
fn a_typed_query_has_a_filter_a_sort_and_fields() {
    let rig = rig(numbered(6), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: {$gte: 2}}");
    // Nothing runs before Enter.
    wait_for_line(&terminal, &["filter", "{n: {$gte: 2}}"]);
    terminal.wait_for("about 6");
    terminal.press("\x1b[B{n: 1}\x1b[B{n: 1}\r");
    wait_for_ids(&terminal, &[2, 3, 4, 5]);
    terminal.wait_for("1 of 4");
    for (part, text) in [("filter", "{n: {$gte: 2}}"), ("sort", "{n: 1}"), ("fields", "{n: 1}")] {
        wait_for_line(&terminal, &[part, text]);
    }
    // Of what is no filter at all, every document is shown again.
    terminal.press("/\x15\r");
    wait_for_ids(&terminal, &[0, 1, 2, 3, 4, 5]);
    terminal.quit();
}

#[test]
fn a_query_is_taken_as_it_is_pasted_from_the_shell() {
    let rig = rig(numbered(9), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/");
    terminal.wait_for("without one, the newest first");
    paste(&mut terminal, "db.orders.find({\n  n: {$lt: NumberInt(5)},\n}).sort({n: 1})\n");
    wait_for_line(&terminal, &["filter", "db.orders.find({", "}).sort({n: 1})"]);
    // The line end that came with it has run nothing.
    terminal.wait_for("about 9");
    terminal.press("\r");
    wait_for_ids(&terminal, &[0, 1, 2, 3, 4]);
    terminal.quit();
}

#[test]
fn a_paste_outside_of_a_field_does_nothing() {
    let rig = rig(numbered(2), "");
    let mut terminal = orders_of(&rig);
    paste(&mut terminal, "q/{n: 1}\r");
    terminal.wait_for("there is no text field here");
    wait_for_ids(&terminal, &[1, 0]);
    terminal.quit();
}

#[test]
fn a_mistake_is_shown_at_its_character_and_the_text_stays() {
    let rig = rig(numbered(3), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: 1, m: }\r");
    // The cursor stands where it went wrong.
    wait_for_line(&terminal, &["filter", "{n: 1, m: ▏}"]);
    terminal.wait_for("✖");
    terminal.press("2");
    terminal.wait_until_gone("✖");
    terminal.press("\r");
    terminal.wait_for("no document matches");
    // In another field than the one with the cursor.
    terminal.press("/\x15{n: 1}\x1b[B{n: \x1b[A\r");
    wait_for_line(&terminal, &["▌sort", "{n: "]);
    wait_for_line(&terminal, &["filter", "{n: 1}"]);
    terminal.wait_for("✖");
    terminal.press("-1}\r");
    wait_for_ids(&terminal, &[1]);
    terminal.quit();
}

#[test]
fn what_the_server_refuses_is_said_in_its_words() {
    let rig = rig(numbered(3), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: {$nope: 1}}\r");
    terminal.wait_for("unknown operator: $nope");
    wait_for_line(&terminal, &["filter", "{n: {$nope: 1}}"]);
    terminal.press("/\x15{$where: 'true'}\r");
    // Refused here, with the text still open.
    terminal.wait_for("$where");
    wait_for_line(&terminal, &["▌filter", "{$where: 'true'}"]);
    terminal.press("\x15{n: 2}\r");
    wait_for_ids(&terminal, &[2]);
    terminal.quit();
}

#[test]
fn a_query_without_an_answer_says_which_key_changes_it() {
    let rig = rig(numbered(3), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n: 77}\r");
    terminal.wait_for("no document matches");
    terminal.wait_for("Press / to change the query");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn esc_goes_one_step_out_at_a_time() {
    let rig = rig(numbered(3), "");
    let mut terminal = orders_of(&rig);
    terminal.press("/{n");
    terminal.wait_for("{n▏");
    terminal.press("\x1b");
    terminal.wait_until_gone("{n▏");
    wait_for_ids(&terminal, &[2, 1, 0]);
    terminal.press("v");
    terminal.wait_for("table");
    terminal.press("\x1b");
    wait_for_ids(&terminal, &[2, 1, 0]);
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.press("\x1b\x1b\x1b");
    terminal.press("4");
    terminal.wait_for("1 Databases");
    terminal.quit();
}

#[test]
fn tab_completes_fields_operators_and_what_they_are_made_with() {
    let rig = rig(
        vec![doc! {"_id": 1, "address": {"street": "Long", "storey": 3}, "addressee": "Ann"}],
        "",
    );
    let mut terminal = orders_of(&rig);
    terminal.press("/{address.st\t");
    // The first of the candidates, and the others to choose from.
    wait_for_line(&terminal, &["filter", "{\"address.st"]);
    wait_for_line(&terminal, &["│", "address.street"]);
    wait_for_line(&terminal, &["│", "address.storey"]);
    terminal.press("\x1b");
    wait_for_line(&terminal, &["filter", "{address.st▏"]);
    terminal.press("\x15{n: {$exi\t");
    wait_for_line(&terminal, &["filter", "{n: {$exists"]);
    terminal.press(": true}}\r");
    terminal.wait_for("no document matches");
    terminal.quit();
}

#[test]
fn queries_are_found_again_also_by_the_next_console() {
    let rig = rig(numbered(5), "");
    let mut terminal = orders_of(&rig);
    for filter in ["{n: 1}", "{n: {$gt: 2}}", "{_id: 0}"] {
        terminal.press(format!("/\x15{filter}\r"));
        wait_for_line(&terminal, &["filter", filter]);
        terminal.wait_until_gone("history");
    }
    let recalled = |terminal: &mut Terminal| {
        terminal.press("/\x15\x1b[A");
        wait_for_line(terminal, &["▌filter", "{_id: 0}"]);
        terminal.press("\x1b[A");
        wait_for_line(terminal, &["▌filter", "{n: {$gt: 2}}"]);
        terminal.press("\x1b[A");
        wait_for_line(terminal, &["▌filter", "{n: 1}"]);
        terminal.press("\x1b[A");
        terminal.wait_for("there is no older query");
        terminal.press("\x1b[B");
        wait_for_line(terminal, &["▌filter", "{n: {$gt: 2}}"]);
        terminal.press("\r");
        wait_for_ids(terminal, &[4, 3]);
    };
    recalled(&mut terminal);
    terminal.quit();
    let mut terminal = open(&rig, SIZE);
    go_to_orders(&mut terminal);
    // The one that was run again is the latest now.
    terminal.press("/\x1b[A");
    wait_for_line(&terminal, &["▌filter", "{n: {$gt: 2}}"]);
    terminal.press("\x1b");
    terminal.wait_until_gone("history");
    // Only those that hold what was typed.
    terminal.press("/_id\x1b[A");
    wait_for_line(&terminal, &["▌filter", "{_id: 0}"]);
    terminal.press("\r");
    wait_for_selected(&terminal, "{_id: 0, n: 0}");
    terminal.quit();
}

#[test]
fn headings_and_fields_are_clicked_on() {
    let orders = [(1, 30), (2, 10), (3, 20)].map(|(n, total)| doc! {"_id": n, "total": total});
    let rig = rig(orders.to_vec(), "");
    let mut terminal = orders_of(&rig);
    terminal.press("v");
    terminal.wait_for("table 1 of 3");
    terminal.click("total");
    wait_for_line(&terminal, &["▌", "sort", "{total: 1}"]);
    terminal.click("{status: 'paid'");
    terminal.press("{total: {$lt: 30}}\rv");
    wait_for_ids(&terminal, &[2, 3]);
    terminal.click("sort");
    wait_for_line(&terminal, &["▌", "sort", "{total: 1}"]);
    terminal.press("\x1b");
    terminal.wait_for("enter fold");
    terminal.press("\x1b");
    terminal.wait_for("Stores");
    terminal.press("Q");
    terminal.wait_for("Ask many stores");
    terminal.click("sort");
    wait_for_line(&terminal, &["▌", "sort"]);
    terminal.press("{total: -1}\r");
    terminal.wait_for("3 rows");
    terminal.quit();
}
