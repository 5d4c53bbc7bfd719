//! `config`, and what comes before what.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use super::harness::Home;

fn main_uri(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> String {
    let args: Vec<_> = ["uris", "--json"].iter().chain(args).copied().collect();
    let ran = home.run_with(&args, variables);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json("uris")["databases"][0]["uri"].as_str().unwrap().to_owned()
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let home = Home::new();
    fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
    fs::write(home.config_file(), "uri = \"mongodb://file/main\"\n").unwrap();
    let variable = ("MONGODB_URI", "mongodb://variable/main");
    assert_eq!(main_uri(&home, &[], &[]), "mongodb://file/main");
    assert_eq!(main_uri(&home, &[], &[variable]), "mongodb://variable/main");
    let flag = ["--uri", "mongodb://flag/main"];
    assert_eq!(main_uri(&home, &flag, &[variable]), "mongodb://flag/main");
    let named = ("OTHER", "mongodb://named/main");
    assert_eq!(main_uri(&home, &["--uri", "env:OTHER"], &[named]), "mongodb://named/main");
}

#[test]
fn the_written_configuration_is_private_accepted_and_never_overwritten() {
    let home = Home::new();
    let ran = home.run(&["config", "init"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = home.config_file();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.clone()), 0o600);
    assert_eq!(mode(file.parent().unwrap().to_owned()), 0o700);
    assert_eq!(home.run(&["config", "check"]).code, Some(0));
    fs::write(&file, "read_only = true\n").unwrap();
    let again = home.run(&["config", "init", "--json"]);
    assert_eq!(again.code, Some(1));
    assert_eq!(again.json("error")["error"]["kind"], "io");
    assert_eq!(fs::read_to_string(&file).unwrap(), "read_only = true\n");
}

#[test]
fn a_check_prints_every_fault_with_its_place() {
    let home = Home::new();
    let file = home.path().join("broken.toml");
    fs::write(
        &file,
        "databse_count = 4\n[timing]\nprobe_interval = \"0s\"\n[keys]\nquitt = \"x\"\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let ran = home.run(&["config", "check", "--config", file]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    for line in [
        format!("{file}:1:1: unknown key `databse_count`, did you mean `database_count`?"),
        format!("{file}:3:18: `probe_interval` must be longer than 0"),
        format!("{file}:5:1: there is no action `quitt`; did you mean `quit`?"),
    ] {
        assert!(ran.stdout.lines().any(|said| said == line), "{line}\n{}", ran.stdout);
    }
    let json: Value =
        serde_json::from_str(&home.run(&["config", "check", "--config", file, "--json"]).stdout)
            .unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["faults"][1]["line"], 3);
    // Other commands refuse to run with it, and say why.
    let ran = home.run(&["status", "--config", file, "--json"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.json("error")["error"]["message"].as_str().unwrap().contains("databse_count"));
}

#[test]
fn paths_follow_the_xdg_variables() {
    let home = Home::new();
    let ran = home.run_with(&["config", "paths", "--json"], &[("XDG_CACHE_HOME", "/var/tmp/c")]);
    let paths: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(paths["cache"], "/var/tmp/c/tilldeck");
    assert_eq!(paths["config"], home.config_file().to_str().unwrap());
    assert!(!home.path().join(".cache").exists() && !home.path().join(".local").exists());
}

#[test]
fn a_check_reads_the_uris_too_and_never_repeats_them() {
    let home = Home::new();
    let file = home.path().join("uris.toml");
    fs::write(&file, "uri = \"mongodb://h/main\"\n[shards.2]\nuri = \"mongodb://u:S3cr3t@@h\"\n")
        .unwrap();
    let ran = home.run(&["config", "check", "--json", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["ok"], false);
    let message = found["faults"][0]["message"].as_str().unwrap();
    assert!(message.contains("percent-encoded") && !message.contains("S3cr3t"), "{message}");
}
