//! What is drawn, in which size and with which characters, and what keys do to it.

use super::terminal::{NOWHERE, Terminal, command, contains};
use crate::support::Home;

#[test]
fn every_size_is_survived_and_the_useful_ones_are_used() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    for (columns, rows) in [(80, 24), (1, 1), (59, 14), (300, 90), (2, 60), (200, 1), (80, 24)] {
        terminal.resize(columns, rows);
        terminal.press("j");
        if columns >= 60 && rows >= 15 {
            terminal.wait_for("Databases");
            terminal.wait_for("Stores");
        } else if columns > 50 {
            terminal.wait_until_gone("Databases");
        }
    }
    terminal.quit();
}

#[test]
fn a_terminal_that_is_small_for_a_moment_is_painted_anew() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    terminal.wait_for("all 6 down");
    for _ in 0..20 {
        // What does not fit is gone, also where nobody has looked at the size meanwhile.
        terminal.resize(12, 4);
        terminal.resize(120, 40);
        terminal.wait_for("? help");
        terminal.wait_for("Databases");
    }
    terminal.quit();
}

#[test]
fn a_flood_of_keys_is_taken_in_order() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    let word: String = ('a'..='z').cycle().take(200).collect();
    terminal.press(format!("/{word}END"));
    terminal.wait_for(&format!("{}END", &word[word.len() - 8..]));
    terminal.press("\x1b");
    terminal.wait_until_gone("END");
    // More than one read takes, and the last one tells that all were taken.
    terminal.press(format!("{}?", "\t".repeat(9999)));
    terminal.wait_for("Help");
    terminal.quit_from_top();
}

#[test]
fn a_paste_does_nothing_but_fill_a_field() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    terminal.press("\x1b[200~q\r\x03:\x1b[201~/");
    terminal.press("\x1b[200~pasted\rword\x1b[201~");
    terminal.wait_for("pasted");
    terminal.press("\x1b");
    terminal.wait_until_gone("pasted");
    terminal.quit();
}

#[test]
fn without_colours_there_are_none() {
    let home = Home::new();
    let mut plain = command(&home, NOWHERE);
    plain.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(&mut plain, (120, 40));
    terminal.wait_for("all 6 down");
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.press("\x1b");
    terminal.wait_for("1 Databases");
    terminal.press("1jj:");
    terminal.quit_from_top();
    for codes in styles(&terminal.bytes()) {
        let is_colour =
            |code: &str| code.parse::<u8>().is_ok_and(|code| matches!(code, 30..=49 | 90..=107));
        assert!(!codes.split(';').any(is_colour), "a colour: {codes}");
    }
}

#[test]
fn ascii_means_ascii() {
    let home = Home::new();
    let mut plain = command(&home, NOWHERE);
    plain.args(["--ascii=true", "--environment", "Küche 中"]);
    let mut terminal = Terminal::start(&mut plain, (120, 40));
    terminal.wait_for("all 6 down");
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.quit_from_top();
    let bytes = terminal.bytes();
    let drawn: Vec<u8> = without_titles(&bytes);
    assert!(drawn.is_ascii(), "{}", String::from_utf8_lossy(&drawn));
}

#[test]
fn the_mouse_is_taken_and_left() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    assert!(terminal.wrote("\x1b[?1000h"));
    terminal.press("m");
    terminal.wait_for("the terminal has the mouse");
    terminal.wait_until("the mouse is left", |_| {
        terminal.with_screen(vt100::Screen::mouse_protocol_mode) == vt100::MouseProtocolMode::None
    });
    terminal.press("m");
    terminal.wait_for("tilldeck has the mouse");
    terminal.quit();

    let mut without = command(&home, NOWHERE);
    without.arg("--no-mouse");
    let mut terminal = Terminal::start(&mut without, (120, 40));
    terminal.wait_for("Databases");
    assert!(!terminal.wrote("\x1b[?1000h"));
    terminal.quit();
}

#[test]
fn a_still_screen_costs_nothing_and_the_title_tells_nothing() {
    let home = Home::new();
    let mut plain = command(&home, NOWHERE);
    plain.args(["--environment", "kitchen"]);
    let mut terminal = Terminal::start(&mut plain, (120, 40));
    terminal.wait_for("kitchen");
    terminal.quit();
    let bytes = terminal.bytes();
    assert!(contains(&bytes, b"\x1b]2;tilldeck kitchen\x07"));
    assert!(contains(&bytes, b"\x1b[22;0t") && contains(&bytes, b"\x1b[23;0t"));
}

/// What stands in each `ESC [ … m`.
fn styles(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1);
    sequences
        .filter_map(|rest| {
            let end = rest.find(|char: char| !char.is_ascii_digit() && char != ';')?;
            rest[end..].starts_with('m').then(|| rest[..end].to_owned())
        })
        .collect()
}

/// The bytes without titles of the window, which are no part of the screen.
fn without_titles(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut pieces = text.split("\x1b]2;");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push_str(piece.split_once('\x07').map_or("", |(_, rest)| rest));
    }
    kept.into_bytes()
}
