//! What `tilldeck status --json` says of the same faults, as the binary that people start.

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use tilldeck::demo::server::{Login, Server, ServerOptions, Shape};

use crate::support::{Authority, Home, Output, eventually, on_server, start};

/// The answer and the exit code.
fn status(uri: &str) -> (Value, i32) {
    status_in(uri, &[])
}

fn status_in(uri: &str, environment: &[(&str, &str)]) -> (Value, i32) {
    let home = Home::new();
    let mut command = home.command(["status", "--json"]);
    command.env("MONGODB_URI", uri).envs(environment.iter().copied());
    let output = Output::of(&mut command);
    (output.json(), output.code)
}

/// The cause of each database, or its state where there is none: main first.
fn causes(status: &Value) -> Vec<&str> {
    let databases = status["databases"].as_array().unwrap().iter();
    databases
        .map(|database| database["error"]["kind"].as_str().or(database["state"].as_str()).unwrap())
        .collect()
}

fn standalone(login: Option<Login>) -> Server {
    start(ServerOptions { shape: Shape::Standalone, login, ..ServerOptions::default() })
}

#[test]
fn a_healthy_fleet_then_a_frozen_one_then_nothing() {
    let mut server = standalone(None);
    let uri = server.uri_of("main_db");
    let (healthy, code) = status(&uri);
    assert_eq!(causes(&healthy), ["up"; 6], "{healthy:#}");
    assert_eq!(code, 0);
    assert_eq!(healthy["summary"]["state"], "up");
    assert_eq!(healthy["databases"][0]["server"]["version"], "6.0.5");
    assert_eq!(healthy["databases"][0]["server"]["topology"], "standalone");
    assert!(healthy["connections_total"].as_u64().unwrap() >= 6, "{healthy:#}");
    assert_eq!(healthy["stores"]["source"], "live", "{healthy:#}");

    server.stop();
    let (frozen, code) = status(&uri);
    assert_eq!(causes(&frozen), ["timed_out"; 6], "{frozen:#}");
    assert_eq!(code, 1);
    server.cont();

    server.kill9();
    let (gone, code) = status(&uri);
    assert_eq!(causes(&gone), ["refused"; 6], "{gone:#}");
    assert_eq!(code, 1);
    assert_eq!(gone["summary"]["state"], "down");
    let shared = gone["summary"]["shared_cause"].as_str().unwrap();
    assert!(shared.starts_with("6 of 6 down"), "{shared}");
}

#[test]
fn logins_are_judged_afresh() {
    let root = Login { user: "root".to_owned(), password: "root".to_owned() };
    let server = standalone(Some(root));
    let as_root = |database: &str, command: Document| {
        on_server(&server.uri(), async |client| {
            client.database(database).run_command(command).await.unwrap()
        })
    };
    let roles: Vec<_> = ["main_db", "pos_db_1", "pos_db_2", "pos_db_4", "pos_db_5"]
        .map(|database| doc! {"role": "readWrite", "db": database})
        .into();
    as_root("main_db", doc! {"createUser": "app", "pwd": "secret", "roles": roles});
    let uri = format!("mongodb://app:secret@{}/main_db", server.addresses()[0]);
    let (partial, code) = status(&uri);
    assert_eq!(causes(&partial), ["up", "up", "up", "not_authorised", "up", "up"], "{partial:#}");
    assert_eq!((partial["summary"]["state"].as_str().unwrap(), code), ("degraded", 1));

    as_root("main_db", doc! {"updateUser": "app", "pwd": "rotated"});
    let (refused, code) = status(&uri);
    assert_eq!(causes(&refused), ["login"; 6], "{refused:#}");
    assert_eq!(code, 1);
    assert!(!refused.to_string().contains("secret"));

    let nobody = format!("mongodb://{}/main_db", server.addresses()[0]);
    assert_eq!(causes(&status(&nobody).0), ["login"; 6]);
}

#[test]
fn a_certificate_from_a_stranger_is_named() {
    let (signer, trusted) = (Authority::new(), Authority::new());
    let tls = Some(signer.certificate_for(&["127.0.0.1"]));
    let server = start(ServerOptions { shape: Shape::Standalone, tls, ..ServerOptions::default() });
    let uri = |authority: &Authority| {
        let file = authority.path();
        let address = server.addresses()[0];
        format!("mongodb://{address}/main_db?tls=true&tlsCAFile={}", file.display())
    };
    assert_eq!(causes(&status(&uri(&trusted)).0), ["tls"; 6]);
    assert_eq!(causes(&status(&uri(&signer)).0), ["up"; 6]);
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let (lost, code) = status("mongodb://tilldeck.invalid/main_db");
    assert_eq!(causes(&lost), ["dns"; 6], "{lost:#}");
    assert_eq!(code, 1);
}

#[test]
fn a_set_without_its_majority_has_no_primary() {
    let shape = Shape::ReplicaSet { members: 3 };
    let mut server = start(ServerOptions { shape, ..ServerOptions::default() });
    let uri = server.uri_of("main_db");
    server.kill9_member(1);
    server.kill9_member(2);
    // The last member knows after an election timeout at the latest.
    eventually("the last member steps down", || {
        let address = server.addresses()[0];
        let hello = on_server(&format!("mongodb://{address}/?directConnection=true"), {
            async |client| client.database("admin").run_command(doc! {"hello": 1}).await
        });
        hello.ok().filter(|hello| !hello.get_bool("isWritablePrimary").unwrap())
    });
    let (headless, code) = status(&uri);
    assert_eq!(causes(&headless), ["no_primary"; 6], "{headless:#}");
    assert_eq!(code, 1);
}

#[test]
fn a_monitor_that_panics_is_a_failure_of_ours_and_of_nobody_else() {
    let server = standalone(None);
    let hook = [("TILLDECK_PANIC_IN", "monitor:pos_db_2")];
    let (broken, code) = status_in(&server.uri_of("main_db"), &hook);
    assert_eq!(causes(&broken), ["up", "up", "internal", "up", "up", "up"], "{broken:#}");
    assert_eq!(code, 1);
    assert_eq!(broken["summary"]["up"], json!(5));
}
