//! Arguments, streams and exit codes.

use std::{
    ffi::{OsStr, OsString},
    io::Read as _,
    net::TcpListener,
    os::unix::ffi::OsStringExt as _,
    process::Stdio,
};

use super::harness::{Home, ended};
use crate::support::eventually;

#[test]
fn a_wrong_argument_is_told_on_stderr_and_ends_with_2() {
    let ran = Home::new().run(&["status", "--fliter"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("unexpected argument '--fliter'"), "{ran:?}");
}

#[test]
fn a_failure_under_json_is_one_document_on_stdout() {
    for args in [
        &["--json", "status", "--fliter"][..],
        &["stores", "--sort", "colour", "--json"],
        &["collections", "--json"],
        &["no-such-command", "--json"],
        &["status", "--json"],
        &["stores", "--json", "--config", "/nonexistent.toml"],
    ] {
        let ran = Home::new().run(args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        let error = ran.json("error");
        assert_eq!(error["error"]["kind"], "usage", "{args:?}");
    }
}

#[test]
fn without_a_uri_it_says_what_to_set() {
    for command in ["status", "stores", "uris"] {
        let ran = Home::new().run(&[command]);
        assert_eq!(ran.code, Some(2));
        assert_eq!(
            ran.stderr,
            "error: no connection string is set\n\
             hint: Set `MONGODB_URI`, or try tilldeck on a fleet of its own with `tilldeck demo`\n"
        );
    }
    let variables = [
        "TILLDECK_THEME",
        "TILLDECK_READ_ONLY",
        "TILLDECK_LOG",
        "TILLDECK_CONFIG",
        "TILLDECK_MOUSE",
    ];
    let empty = variables.map(|variable| (variable, ""));
    let ran = Home::new().run_with(&["config", "check"], &empty);
    assert_eq!(ran.code, Some(0), "empty variables are none: {ran:?}");
    let empty = Home::new().run_with(&["status"], &[("MONGODB_URI", "")]);
    assert_eq!(empty.code, Some(2), "an empty variable is no URI");
}

#[test]
fn help_and_version_are_data() {
    let home = Home::new();
    for args in [["--help"], ["--version"]] {
        let ran = home.run(&args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(ran.stdout.contains("tilldeck"));
    }
    let secret = ("MONGODB_URI", "mongodb://ops:S3cr3t@db1/main");
    assert!(!home.run_with(&["--help"], &[secret]).stdout.contains("S3cr3t"));
}

#[test]
fn hostile_arguments_are_made_harmless() {
    let home = Home::new();
    let hostile: [OsString; 4] = [
        "\u{1b}]0;title\u{7}".into(),
        "a\u{202e}b\u{200b}\u{9b}2J".into(),
        OsString::from_vec(b"\xff\x1b[2J".to_vec()),
        "line\u{2028}\r".into(),
    ];
    for argument in &hostile {
        for json in [false, true] {
            let mut args: Vec<&OsStr> = vec![argument];
            if json {
                args.push("--json".as_ref());
            }
            let ran = home.run(&args);
            assert_eq!(ran.code, Some(2), "{argument:?}");
            ran.assert_harmless();
        }
        let ran = home.run(&["--theme".as_ref(), argument.as_os_str(), "status".as_ref()]);
        assert_eq!(ran.code, Some(2));
        ran.assert_harmless();
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    let mut child =
        home.command(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = child.stderr.take().unwrap();
    assert_eq!(ended(&mut child), Some(0));
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let home = Home::new();
    let uri = ("MONGODB_URI", "mongodb://127.0.0.1:1/main");
    let plain = home.run_with(&["status"], &[uri]);
    assert_eq!(plain.code, Some(1));
    plain.assert_harmless();
    let forced = home.run_with(&["status"], &[uri, ("CLICOLOR_FORCE", "1")]);
    assert!(forced.stdout.contains("\u{1b}["), "{forced:?}");
    let refused = [uri, ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    home.run_with(&["status"], &refused).assert_harmless();
    let ascii = home.run_with(&["status", "--ascii"], &[uri]);
    assert!(ascii.stdout.is_ascii() && ascii.stdout.contains("x down"), "{ascii:?}");
}

#[test]
fn a_fleet_that_is_down_is_one_report_and_exit_code_1() {
    let ran = Home::new().run(&["status", "--json", "--uri", "mongodb://127.0.0.1:1/main_db"]);
    assert_eq!(ran.code, Some(1));
    let status = ran.json("status");
    assert_eq!(status["summary"]["state"], "down");
    assert_eq!(status["summary"]["total"], 6);
    assert_eq!(status["databases"][3]["name"], "pos_db_3");
    assert_eq!(status["databases"][3]["error"]["kind"], "refused");
    assert!(status["stores"]["total"].is_null(), "nothing is known of the stores");
    assert_eq!(status["stores"]["source"], "cache", "which is empty");
    let malformed = Home::new().run(&["status", "--json", "--uri", "mongodb://h:99999/main_db"]);
    assert_eq!(malformed.code, Some(2));
    assert_eq!(malformed.json("error")["error"]["kind"], "wrong_options");
}

#[test]
fn an_interrupt_ends_it_with_130() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        // Connections are taken by the system and never answered.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("mongodb://{}/main", silent.local_addr().unwrap());
        let mut child = Home::new()
            .command(&["stores", "--uri", &uri])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It is connecting once it is here, so its handlers are set.
        silent.set_nonblocking(true).unwrap();
        let _held = eventually("a connection", || silent.accept().ok());
        let kill = std::process::Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(ended(&mut child), Some(code), "{signal}");
    }
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let home = Home::new();
    let commands = ["status", "stores", "uris", "collections", "config", "completions", "man"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0));
        for command in commands {
            assert!(ran.stdout.contains(command), "{shell} does not know {command}");
        }
    }
    let page = home.run(&["man"]);
    assert_eq!(page.code, Some(0));
    for command in commands {
        assert!(page.stdout.contains(&format!(".SS \"tilldeck {command}\"")), "{command}");
    }
    assert!(page.stdout.contains("One of store_id, name, prefix"), "{}", page.stdout);
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(
            page.stdout.contains(&format!(".SH \"{section}\""))
                || page.stdout.contains(&format!(".SH {section}")),
            "{section}"
        );
    }
}
