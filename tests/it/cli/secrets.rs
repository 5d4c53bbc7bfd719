//! A password never leaves: not on a stream, not in the log.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use tilldeck::demo::server::{Login, ServerOptions};

use super::harness::{Home, Ran};
use crate::support::start;

/// A password that breaks URIs, patterns and shells when it is not encoded.
const CANARY: &str = "S3cr3t-p@ss:w/rd%?#[]é";
const ENCODED: &str = "S3cr3t-p%40ss%3Aw%2Frd%25%3F%23%5B%5D%C3%A9";

/// Parts that only the password has, in every way of writing it.
const TRACES: [&str; 4] = ["S3cr3t", "ss:w/rd", "ss%3Aw%2Frd", "w/rd%"];

fn assert_silent(home: &Home, ran: &Ran, what: &str) {
    for (place, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr), ("log", &home.log())] {
        for trace in TRACES {
            assert!(!text.contains(trace), "{what}: `{trace}` is on {place}:\n{text}");
        }
    }
}

#[test]
fn no_failure_repeats_the_password() {
    let uris = [
        ("host unknown", format!("mongodb://ops:{ENCODED}@no-such-host.invalid/main")),
        ("nothing listens", format!("mongodb://ops:{ENCODED}@127.0.0.1:1/main")),
        ("not encoded", format!("mongodb://ops:{CANARY}@127.0.0.1:1/main")),
        ("no at sign", format!("mongodb://ops:{ENCODED}127.0.0.1:1/main")),
        ("scheme", format!("mongo://ops:{ENCODED}@127.0.0.1:1/main")),
        ("option", format!("mongodb://127.0.0.1:1/main?authMechanism={ENCODED}")),
        ("port", format!("mongodb://ops:{ENCODED}@127.0.0.1:port/main")),
        ("question mark", "mongodb://ops:S3cr3t-p?x@127.0.0.1:1/main".to_owned()),
    ];
    for (what, uri) in &uris {
        for command in
            [&["status"][..], &["status", "--json"], &["stores"], &["uris"], &["uris", "--json"]]
        {
            let home = Home::new();
            let variables = [("MONGODB_URI", uri.as_str()), ("TILLDECK_LOG", "trace")];
            let ran = home.run_with(command, &variables);
            assert!(!ran.stdout.is_empty() || !ran.stderr.is_empty());
            assert_silent(&home, &ran, what);
        }
    }
}

#[test]
fn a_uri_in_the_wrong_place_is_not_repeated() {
    let home = Home::new();
    for uri in
        [format!("mongodb://ops:{ENCODED}@db1/main"), format!("mongodb://ops:{CANARY}@db1/main")]
    {
        for args in [
            vec![uri.clone()],
            vec!["status".to_owned(), uri.clone()],
            vec![format!("--urii={uri}"), "--json".to_owned()],
            vec!["--theme".to_owned(), uri.clone(), "--json".to_owned()],
            vec!["stores".to_owned(), "--sort".to_owned(), uri.clone()],
        ] {
            let ran = home.run(&args);
            assert_eq!(ran.code, Some(2), "{args:?}");
            assert_silent(&home, &ran, "wrong place");
        }
    }
}

#[test]
fn a_broken_configuration_does_not_quote_its_uri() {
    let home = Home::new();
    let file = home.path().join("config.toml");
    for text in [
        format!("uri = mongodb://ops:{CANARY}@db1/main\n"),
        format!("uri = \"mongodb://ops:{CANARY}@db1/main\nread_only = 3\n"),
        format!("uri = [\"mongodb://ops:{ENCODED}@db1/main\"]\n"),
        format!("[shards.1]\nuri = \"mongodb://ops:{CANARY}@db1/main\"\nx = 1\n"),
    ] {
        std::fs::write(&file, &text).unwrap();
        for args in
            [&["config", "check"][..], &["config", "check", "--json"], &["status", "--json"]]
        {
            let args: Vec<_> =
                args.iter().copied().chain(["--config", file.to_str().unwrap()]).collect();
            let ran = home.run(&args);
            assert_ne!(ran.code, Some(0), "{text}");
            assert_silent(&home, &ran, &text);
        }
    }
}

#[test]
fn secrets_are_shown_to_those_who_ask() {
    let home = Home::new();
    let uri = format!("mongodb://ops:{ENCODED}@db1/main?authSource=admin");
    let asked = home.run_with(&["uris", "--json", "--show-secrets"], &[("MONGODB_URI", &uri)]);
    let shown = asked.json("uris");
    assert!(shown["databases"][2]["uri"].as_str().unwrap().contains(ENCODED));
    let ran = home.run_with(&["uris", "--json"], &[("MONGODB_URI", &uri)]);
    assert_silent(&home, &ran, "redacted");
    assert_eq!(ran.json("uris")["databases"][2]["auth_source"], "admin");
}

#[test]
fn a_password_among_the_arguments_is_warned_of_once() {
    let home = Home::new();
    let uri = format!("mongodb://ops:{ENCODED}@127.0.0.1:1/main");
    let warnings = |ran: &Ran| ran.stderr.matches("other users of this host").count();
    let ran = home.run(&["uris", "--uri", &uri]);
    assert_eq!((ran.code, warnings(&ran)), (Some(0), 1), "{ran:?}");
    assert_silent(&home, &ran, "warned");
    let ran = home.run_with(&["uris"], &[("MONGODB_URI", &uri)]);
    assert_eq!(warnings(&ran), 0);
    let ran = home.run_with(&["uris", "--uri", "env:FLEET"], &[("FLEET", &uri)]);
    assert_eq!(warnings(&ran), 0);
    let ran = home.run(&["uris", "--uri", "mongodb://127.0.0.1:1/main"]);
    assert_eq!(warnings(&ran), 0);
}

#[test]
fn a_server_that_repeats_what_it_was_sent_tells_nobody() {
    // The driver's error quotes the answer, which quotes what it was sent.
    let echo = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = echo.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in echo.incoming() {
            let mut stream = stream.unwrap();
            let mut sent = [0; 4096];
            let n_sent = stream.read(&mut sent).unwrap_or(0);
            let _ = stream.write_all(&sent[..n_sent]);
            let _ = stream.write_all(CANARY.as_bytes());
        }
    });
    let home = Home::new();
    let uri = format!("mongodb://ops:{ENCODED}@{address}/main");
    let variables = [("MONGODB_URI", uri.as_str()), ("TILLDECK_LOG", "trace")];
    let ran = home.run_with(&["status", "--json"], &variables);
    assert_eq!(ran.code, Some(1));
    assert_silent(&home, &ran, "echo");
}

#[test]
fn a_refused_login_does_not_repeat_the_password() {
    let login = Login { user: "ops".to_owned(), password: "another".to_owned() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let uri = format!("mongodb://ops:{ENCODED}@127.0.0.1:{}/main?authSource=admin", server.port());
    for command in [&["status", "--json"][..], &["stores"], &["collections", "acme"]] {
        let home = Home::new();
        let variables = [("MONGODB_URI", uri.as_str()), ("TILLDECK_LOG", "trace")];
        let ran = home.run_with(command, &variables);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_silent(&home, &ran, "refused");
        assert!(!home.log().is_empty(), "nothing was logged, so nothing was tested");
        if command.contains(&"--json") {
            assert_eq!(ran.json("status")["databases"][0]["error"]["kind"], "login");
        }
    }
}
