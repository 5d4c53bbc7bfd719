//! Documents on terminals of every size.

use super::{go_to_orders, numbered, open, rig, wait_for_selected};

#[test]
fn the_keys_are_shown_in_every_size_and_nothing_is_lost_between_them() {
    let rig = rig(numbered(30), "[query]\npage = 20\n");
    let mut terminal = open(&rig, (120, 40));
    go_to_orders(&mut terminal);
    for (keys, hints) in [
        ("", &["? help", "/ query", "] next page"][..]),
        ("v", &["? help", "/ query", "v trees"]),
        ("/", &["enter run", "esc leave"]),
        ("\x1b", &["? help"]),
        ("I", &["? help", "esc documents"]),
        ("E", &["enter write", "esc leave"]),
    ] {
        terminal.press(keys);
        for (columns, rows) in [(60, 15), (200, 60), (80, 24), (61, 16), (20, 5), (80, 24)] {
            terminal.resize(columns, rows);
            if rows < 15 {
                continue;
            }
            terminal.wait_until(&format!("{hints:?} are on the last line"), |screen| {
                let last = screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
                hints.iter().all(|hint| last.contains(hint))
                    && screen.contains("one_orders")
                    && screen.lines().count() <= usize::from(rows)
            });
        }
    }
    terminal.press("\x1b");
    terminal.wait_until_gone("enter write");
    terminal.press("I");
    wait_for_selected(&terminal, "29");
    terminal.quit();
}
