//! Pages by keys: forwards, backwards, and from the end.

use mongodb::bson::doc;

use super::{numbered, orders_of, rig, wait_for_selected};

#[test]
fn pages_are_turned_in_both_directions_and_from_both_ends() {
    let rig = rig(numbered(17), "[query]\npage = 5\n");
    let mut terminal = orders_of(&rig);
    terminal.wait_for("1 of 5 on page 1");
    terminal.wait_for("about 17");
    wait_for_selected(&terminal, "{_id: 16, n: 16}");
    for (key, first, place) in [
        ("]", "{_id: 11, n: 11}", "1 of 5 on page 2"),
        ("]", "{_id: 6, n: 6}", "1 of 5 on page 3"),
        ("]", "{_id: 1, n: 1}", "1 of 2 on page 4"),
        ("[", "{_id: 6, n: 6}", "1 of 5 on page 3"),
        ("}", "{_id: 4, n: 4}", "1 of 5 on the last page"),
        ("[", "{_id: 9, n: 9}", "1 of 5 on this page"),
        ("{", "{_id: 16, n: 16}", "1 of 5 on page 1"),
        ("}", "{_id: 4, n: 4}", "1 of 5 on the last page"),
    ] {
        terminal.press(key);
        wait_for_selected(&terminal, first);
        terminal.wait_for(place);
    }
    terminal.press("]");
    terminal.wait_for("this is the last page");
    terminal.press("{");
    terminal.wait_for("on page 1");
    terminal.press("[");
    terminal.wait_for("this is the first page");
    terminal.quit();
}

#[test]
fn the_end_of_a_page_says_which_key_goes_on() {
    let rig = rig(numbered(7), "[query]\npage = 5\n");
    let mut terminal = orders_of(&rig);
    terminal.press("Gj");
    terminal.wait_for("the end of the page; ] goes on");
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 1, n: 1}");
    terminal.press("k");
    terminal.wait_for("the beginning of the page; [ goes back");
    terminal.quit();
}

#[test]
fn pages_follow_a_sort_and_what_is_new_is_read_again_by_key() {
    let rig = rig(numbered(6), "[query]\npage = 5\n");
    let mut terminal = orders_of(&rig);
    // An empty field is left by Tab.
    terminal.press("/\t{n: 1}\r");
    wait_for_selected(&terminal, "{_id: 0, n: 0}");
    terminal.press("]");
    wait_for_selected(&terminal, "{_id: 5, n: 5}");
    terminal.wait_for("1 of 1 on page 2");
    rig.insert(1, "one_orders", &[doc! {"_id": 6, "n": 6}]);
    terminal.press("r");
    terminal.wait_for("1 of 2 on page 2");
    wait_for_selected(&terminal, "{_id: 5, n: 5}");
    terminal.press("c");
    terminal.wait_for("7 exactly");
    terminal.quit();
}
