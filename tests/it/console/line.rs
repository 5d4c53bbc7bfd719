//! A line that has stopped, a terminal that is torn away early, and a console that is
//! started where there is no terminal.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::terminal::{NOWHERE, Terminal, command};
use crate::support::{Home, Output, eventually};

/// Opens the console, stops to read what it writes, and lets it write until it must wait.
fn stopped(home: &Home) -> Terminal {
    let mut terminal = Terminal::open(home, NOWHERE);
    terminal.wait_for("all 6 down");
    terminal.stop_reading();
    // Each of these is a whole frame; the terminal takes some of them.
    let mut columns = (100..120).cycle();
    eventually("the writer waits", || {
        terminal.resize(columns.next().unwrap(), 40);
        is_writer_waiting(terminal.pid()).then_some(())
    });
    terminal
}

/// Whether the thread that writes frames sleeps in the terminal's write.
fn is_writer_waiting(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.filter_map(Result::ok).any(|task| {
        let read = |name| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        // The number of the call that it sleeps in, its file, and so on: a write to stdout.
        let call = read("syscall");
        let is_write = call.starts_with("1 0x1 ") || call.starts_with("64 0x1 ");
        read("comm").starts_with("tilldeck-screen") && is_write
    })
}

#[test]
fn a_line_that_has_stopped_holds_up_no_end() {
    let home = Home::new();
    let mut quit = stopped(&home);
    quit.press("\x03");
    assert_eq!(quit.wait(), 0);
    assert!(quit.settings().contains("ICANON"), "raw mode is left behind");

    let mut ended = stopped(&home);
    ended.signal(Signal::TERM);
    assert_eq!(ended.wait(), 143);
    assert!(ended.settings().contains("ICANON"), "raw mode is left behind");
}

#[test]
fn a_signal_right_at_the_start_leaves_no_mess() {
    let home = Home::new();
    for _ in 0..5 {
        let mut terminal = Terminal::start(&mut command(&home, NOWHERE), (120, 40));
        // The very first bytes that take the terminal.
        terminal.wait_for_bytes("\x1b[?1049h");
        terminal.signal(Signal::TERM);
        assert_eq!(terminal.wait(), 143);
        terminal.is_restored();
    }
}

#[test]
fn without_a_terminal_there_are_no_escape_sequences_and_no_server_is_started() {
    let home = Home::new();
    for arguments in [&[][..], &["demo"]] {
        let mut console = home.command(arguments);
        let refused = Output::of(console.env("MONGODB_URI", NOWHERE));
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains("the console needs a terminal"), "{refused:?}");
        assert!(!format!("{}{}", refused.stdout, refused.stderr).contains('\x1b'), "{refused:?}");
    }
    let mut dumb = command(&home, NOWHERE);
    dumb.env("TERM", "dumb");
    let mut terminal = Terminal::start(&mut dumb, (120, 40));
    assert_eq!(terminal.wait(), 2);
    terminal.wait_for("dumb");
    assert!(!terminal.wrote("\x1b[?1049h"));
}

/// Standard input from elsewhere is not read as if it were keys.
#[test]
fn input_from_a_file_is_refused() {
    let home = Home::new();
    let plain = command(&home, NOWHERE);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$PROGRAM\" < /dev/null"]).env("PROGRAM", plain.get_program());
    for (name, value) in plain.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let mut terminal = Terminal::start(shell.stdin(Stdio::null()), (120, 40));
    assert_eq!(terminal.wait(), 2);
    terminal.wait_for("the input is not a terminal");
    assert!(!terminal.wrote("\x1b[?1049h"));
}
