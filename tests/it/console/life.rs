//! From the first frame to the last: quitting, signals, stops, panics, a vanished terminal.

use rustix::process::Signal;

use super::terminal::{NOWHERE, Terminal, command};
use crate::support::{Home, Output, eventually};

#[test]
fn it_opens_with_nothing_reachable_and_gives_everything_back() {
    let home = Home::new();
    let mut terminal = Terminal::start(&mut command(&home, NOWHERE), (120, 40));
    terminal.wait_for("Databases");
    terminal.wait_for("all 6 down");
    terminal.wait_for("nothing listens");
    assert!(terminal.with_screen(vt100::Screen::alternate_screen));
    assert!(terminal.with_screen(vt100::Screen::bracketed_paste));
    assert!(!terminal.settings().contains("ICANON"));
    terminal.quit();
    assert!(!terminal.with_screen(vt100::Screen::alternate_screen));
    assert!(!terminal.wrote("S3cr3tPw"), "the password is on the screen");
}

#[test]
fn the_terminals_settings_are_the_same_before_and_after() {
    let home = Home::new();
    let mut stty = std::process::Command::new("stty");
    stty.arg("-a").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut untouched = Terminal::start(&mut stty, (120, 40));
    assert_eq!(untouched.wait(), 0);
    let mut terminal = Terminal::open(&home, NOWHERE);
    assert_ne!(terminal.settings(), untouched.settings());
    terminal.quit();
    assert_eq!(terminal.settings(), untouched.settings());
}

#[test]
fn control_c_quits_and_escape_does_not() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    terminal.press("\x1b");
    terminal.wait_for("q quits");
    terminal.press("\x03");
    assert_eq!(terminal.wait(), 0);
    terminal.is_restored();
}

#[test]
fn signals_end_it_in_good_order() {
    let home = Home::new();
    for (signal, code) in
        [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)]
    {
        let mut terminal = Terminal::open(&home, NOWHERE);
        terminal.signal(signal);
        assert_eq!(terminal.wait(), code, "{signal:?}");
        terminal.is_restored();
    }
}

#[test]
fn it_ends_when_the_terminal_vanishes() {
    let home = Home::new();
    let terminal = Terminal::open(&home, NOWHERE);
    assert_eq!(terminal.vanish(), 129);
}

/// `nohup` makes it deaf to the hang-up; it must see for itself that the terminal is gone.
#[test]
fn it_ends_when_the_terminal_vanishes_without_a_signal() {
    let home = Home::new();
    let mut plain = command(&home, NOWHERE);
    let program = plain.get_program().to_owned();
    plain.env("PROGRAM", program);
    let mut deaf = std::process::Command::new("/bin/sh");
    deaf.args(["-c", "trap '' HUP; exec setsid -w \"$PROGRAM\""]);
    for (name, value) in plain.get_envs() {
        deaf.env(name, value.unwrap_or_default());
    }
    let terminal = Terminal::start(&mut deaf, (120, 40));
    terminal.wait_for("Databases");
    assert_eq!(terminal.vanish(), 129);
}

#[test]
fn control_z_stops_it_and_it_goes_on_as_it_was() {
    let home = Home::new();
    let mut terminal = Terminal::open(&home, NOWHERE);
    terminal.press("\x1a");
    is_stopped(&terminal);
    terminal.is_restored();
    terminal.resize(100, 30);
    terminal.signal(Signal::CONT);
    terminal.wait_until("it draws again", |screen| screen.contains("Databases"));
    eventually("it has the terminal again", || {
        terminal.with_screen(vt100::Screen::alternate_screen).then_some(())
    });
    assert!(!terminal.settings().contains("ICANON"));
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.quit_from_top();
}

#[test]
fn a_stop_from_outside_is_survived() {
    let home = Home::new();
    for signal in [Signal::TSTP, Signal::STOP] {
        let mut terminal = Terminal::open(&home, NOWHERE);
        terminal.signal(signal);
        is_stopped(&terminal);
        let before = terminal.bytes().len();
        terminal.signal(Signal::CONT);
        eventually("everything is drawn again", || {
            let bytes = terminal.bytes();
            let again = String::from_utf8_lossy(&bytes[before..]).into_owned();
            (again.contains("\x1b[?1049h") && again.contains("Databases")).then_some(())
        });
        terminal.quit();
    }
}

#[test]
fn a_panic_of_the_console_leaves_a_readable_message() {
    let home = Home::new();
    let mut command = command(&home, NOWHERE);
    command.env("TILLDECK_PANIC_IN", "console");
    let mut terminal = Terminal::start(&mut command, (120, 40));
    terminal.wait_for("Databases");
    terminal.press("j");
    assert_eq!(terminal.wait(), 101);
    terminal.is_restored();
    terminal.wait_for("tilldeck failed: asked to fail");
    let bytes = terminal.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let (restored, message) = (text.find("\x1b[?1049l"), text.find("tilldeck failed"));
    assert!(restored < message, "the message came before the terminal was given back");
}

#[test]
fn a_panic_of_a_task_is_shown_and_the_screen_goes_on() {
    let home = Home::new();
    let mut command = command(&home, NOWHERE);
    command.env("TILLDECK_PANIC_IN", "monitor:pos_db_2");
    let mut terminal = Terminal::start(&mut command, (120, 40));
    terminal.wait_for("Databases");
    terminal.press("e");
    terminal.wait_for("failed");
    assert!(terminal.with_screen(vt100::Screen::alternate_screen), "the screen was torn down");
    terminal.quit_from_top();
}

#[test]
fn there_is_no_console_without_a_terminal_or_a_uri() {
    let home = Home::new();
    let refused = Output::of(&mut command(&home, NOWHERE));
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("not a terminal"), "{refused:?}");
    assert!(refused.stdout.is_empty(), "{refused:?}");

    let mut without = home.command::<&str>([]);
    let mut terminal = Terminal::start(&mut without, (120, 40));
    assert_eq!(terminal.wait(), 2);
    for word in ["MONGODB_URI", "tilldeck demo"] {
        terminal.wait_for(word);
    }

    let mut malformed = command(&home, "mongodb://ops:S3cr3t?Pw@host:nine/main_db");
    let mut terminal = Terminal::start(&mut malformed, (120, 40));
    assert_ne!(terminal.wait(), 0);
    terminal.wait_for("error:");
    assert!(!terminal.wrote("S3cr3t"), "{}", terminal.text());
}

#[track_caller]
fn is_stopped(terminal: &Terminal) {
    eventually("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", terminal.pid())).ok()?;
        stat.rsplit(')').next()?.trim_start().starts_with('T').then_some(())
    });
}
