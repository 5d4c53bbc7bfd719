//! Servers start in every shape, and go away with their owner.

use std::time::Duration;

use bson::doc;
use mongodb::options::WriteConcern;
use tilldeck::demo::server::{Login, Server, ServerOptions, Shape};

use crate::support::{Authority, Mode, Proxy, is_running, mongod, on_server, shared, start};

#[test]
fn a_server_takes_writes_and_is_gone_when_dropped() {
    let server = start(ServerOptions::default());
    let (pid, uri) = (server.pid(), server.uri_of("x"));
    on_server(&uri, async |client| {
        let x = client.database("x").collection("c");
        x.insert_one(doc! { "a": 1 }).await.unwrap();
    });
    assert!(is_running(pid));
    drop(server);
    assert!(!is_running(pid));
}

#[test]
fn a_killed_server_comes_back_with_its_data_on_its_port() {
    let mut server = start(ServerOptions::default());
    let (pid, port) = (server.pid(), server.port());
    on_server(&server.uri(), async |client| {
        client.database("x").collection("c").insert_one(doc! { "a": 1 }).await.unwrap();
    });
    server.kill9();
    assert!(!is_running(pid));
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    on_server(&server.uri(), async |client| {
        let found = client.database("x").collection::<bson::Document>("c").find_one(doc! {}).await;
        assert!(found.unwrap().is_some());
    });
}

/// What a server does to its first clients, when it is slow to find out about its set.
#[test]
fn a_server_that_turns_its_first_clients_away_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let fails = |commands: &str, how: &str| {
        let data = format!(r#"{{"failCommands": [{commands}], {how}}}"#);
        vec![format!(r#"failpoint.failCommand={{"mode": {{"times": 2}}, "data": {data}}}"#)]
    };
    let closes = fails(r#""replSetInitiate""#, r#""closeConnection": true"#);
    // NotYetInitialized.
    let loads = fails(r#""replSetGetConfig", "replSetReconfig""#, r#""errorCode": 94"#);
    // InterruptedDueToReplStateChange.
    let steps_up = fails(r#""createUser""#, r#""errorCode": 11602"#);
    for (folder, parameters) in [("kept", closes), ("kept", loads), ("other", steps_up)] {
        let login = Some(Login { user: "me".into(), password: "secret".into() });
        let keep = Some(home.path().join(folder));
        let server = start(ServerOptions { login, keep, parameters, ..ServerOptions::default() });
        on_server(&server.uri(), async |client| {
            client.database("x").collection("c").insert_one(doc! { "a": 1 }).await.unwrap();
        });
    }
}

#[test]
fn a_login_is_asked_for() {
    let login = Login { user: "me@home".into(), password: "p@ss:w/rd%".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    on_server(&server.uri(), async |client| {
        client.list_database_names().await.unwrap();
    });
    let open = format!("mongodb://127.0.0.1:{}/?directConnection=true", server.port());
    on_server(&open, async |client| {
        client.list_database_names().await.unwrap_err();
    });
}

#[test]
fn three_members_elect_another_primary() {
    let mut server = start(ServerOptions {
        shape: Shape::ReplicaSet { members: 3 },
        ..ServerOptions::default()
    });
    server.kill9_member(0);
    on_server(&server.uri(), async |client| {
        let collection = client.database("x").collection("c");
        let written = collection.insert_one(doc! { "a": 1 });
        // The primary's word is what an election is about. The other one may still be on its
        // way back to following, on a loaded machine for long.
        written.write_concern(WriteConcern::nodes(1)).await.unwrap();
    });
    server.restart_member(0).unwrap();
}

#[test]
fn a_standalone_server_can_speak_tls() {
    let authority = Authority::new();
    let tls = Some(authority.certificate_for(&["localhost", "127.0.0.1"]));
    let server = start(ServerOptions { shape: Shape::Standalone, tls, ..ServerOptions::default() });
    on_server(&server.uri(), async |client| {
        client.list_database_names().await.unwrap();
    });
}

#[test]
fn a_taken_port_is_named() {
    let port = Some(shared().port());
    let options = ServerOptions { binary: Some(mongod()), port, ..ServerOptions::default() };
    let failure = Server::start(options).unwrap_err();
    assert!(failure.message.as_str().contains("is taken"), "{failure}");
}

#[test]
fn the_proxy_breaks_and_heals() {
    let proxy = Proxy::before(shared().addresses()[0]);
    let uri = format!("{}&serverSelectionTimeoutMS=300", proxy.uri_of("x"));
    let answers = || on_server(&uri, async |client| client.list_database_names().await.is_ok());
    assert!(answers());
    proxy.set(Mode::Delay(Duration::from_millis(5)));
    assert!(answers(), "late answers are answers");
    for mode in [Mode::Blackhole, Mode::HalfOpen, Mode::Reset, Mode::Refuse] {
        proxy.set(mode);
        assert!(!answers(), "{mode:?}");
        proxy.heal();
        assert!(answers(), "after {mode:?}");
    }
}
