//! A fleet that is not there: the last known list, and the demo's own server.

use mongodb::bson::{Document, doc};
use rustix::process::Signal;
use tilldeck::demo::server::ServerOptions;

use super::terminal::Terminal;
use crate::support::{Home, eventually, is_running, on_server, start};

#[test]
fn the_last_known_list_is_shown_with_its_age() {
    let mut server = start(ServerOptions::default());
    let uri = server.uri_of("main_db");
    on_server(&uri, async |client| {
        let stores = client.default_database().unwrap().collection::<Document>("stores");
        let record =
            doc! { "storeId": "kept-1", "name": "Kept", "prefix": "kept", "databaseId": 1 };
        stores.insert_one(record).await.unwrap();
    });
    let home = Home::new();
    let mut terminal = Terminal::open(&home, &uri);
    terminal.wait_for("kept-1");
    eventually("the list is saved", || {
        let mut files = std::fs::read_dir(home.path().join("cache/tilldeck")).ok()?;
        files.find_map(|file| file.ok()?.path().extension().map(drop))
    });
    terminal.quit();
    server.kill9();
    let mut terminal = Terminal::open(&home, &uri);
    terminal.wait_for("kept-1");
    terminal.wait_for("last known, ");
    terminal.wait_for("all 6 down");
    terminal.wait_for("nothing listens");
    server.restart().unwrap();
    terminal.wait_until_gone("last known, ");
    terminal.wait_for("6/6 up");
    terminal.wait_for("kept-1");
    terminal.quit();
}

#[test]
fn the_demo_clears_away_its_server_however_the_console_ends() {
    for (signal, code) in [(None, 0), (Some(Signal::TERM), 143), (Some(Signal::HUP), 129)] {
        let home = Home::new();
        let mut demo = home.command(["demo", "--stores", "8", "--quiet"]);
        let mut terminal = Terminal::start(&mut demo, (120, 40));
        terminal.wait_for("6/6 up");
        terminal.wait_for("ST-0001");
        let servers = children(terminal.pid());
        assert!(!servers.is_empty(), "the demo has no server");
        match signal {
            // A key after the end is nobody's: it must not hurry the end along.
            None => terminal.press("qj"),
            Some(signal) => terminal.signal(signal),
        }
        assert_eq!(terminal.wait(), code);
        terminal.is_restored();
        for server in servers {
            eventually("the server is gone", || (!is_running(server)).then_some(()));
        }
        assert_eq!(folders_of(terminal.pid()), 0);
    }
}

#[test]
fn a_demo_that_is_ended_while_it_is_made_leaves_nothing() {
    let home = Home::new();
    let mut demo = home.command(["demo", "--stores", "300"]);
    let mut terminal = Terminal::start(&mut demo, (120, 40));
    let server = eventually("its server runs", || children(terminal.pid()).first().copied());
    eventually("its data are laid out", || (folders_of(terminal.pid()) > 0).then_some(()));
    terminal.signal(Signal::INT);
    assert_eq!(terminal.wait(), 130);
    eventually("the server is gone", || (!is_running(server)).then_some(()));
    assert_eq!(folders_of(terminal.pid()), 0);
}

/// The processes that this one has started.
fn children(pid: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter(|process| parent(*process) == Some(pid))
        .collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which may hold anything, come the state and the parent.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// The demo's folders that this process has made and not cleared away.
fn folders_of(pid: u32) -> usize {
    let prefix = format!("tilldeck-{pid}-");
    let places = [std::path::PathBuf::from("/dev/shm"), std::env::temp_dir()];
    let entries = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(&prefix)).count()
}
