//! What cannot be looked at is named, and never passes for clean.

use mongodb::bson::doc;
use tilldeck::demo::server::{Login, ServerOptions};

use super::fleet::{Fleet, Plant};
use crate::support::{database_name, on_server, shared, start, uri_of};

fn settings(main: &str, shard: &str) -> String {
    format!("uri = \"{main}\"\n[shards.2]\nuri = \"{shard}\"\n")
}

#[test]
fn a_database_that_the_login_may_not_read_is_named() {
    let login = Login { user: "root".into(), password: "root".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let role = |db: &str| doc! {"role": "readWrite", "db": db};
    let roles = vec![role("limited"), role("limited_1"), role("limited_3")];
    on_server(&server.uri(), async |client| {
        let user = doc! {"createUser": "app", "pwd": "p", "roles": roles};
        client.database("limited").run_command(user).await.unwrap();
    });
    let uri = format!("uri = \"mongodb://app:p@{}/limited\"\n", server.addresses()[0]);
    let fleet = Fleet::on(&server.uri(), "limited", &uri, Plant::healthy());
    let (code, report) = fleet.doctor(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(fleet.lines(&report), Vec::<String>::new());
    assert_eq!(Fleet::gaps(&report), [("limited_2".to_owned(), "not_authorised".to_owned())]);
    let text = fleet.run(&["doctor"]);
    assert_eq!(text.code, 1);
    assert!(text.stdout.contains("not looked at: limited_2"), "{text:?}");
    assert!(text.stdout.contains("INCOMPLETE"), "{text:?}");
}

#[test]
fn a_shard_that_is_down_is_named() {
    let mut second = start(ServerOptions::default());
    let main = database_name("planted");
    let uris = settings(&uri_of(&shared().uri(), &main), &second.uri_of(&format!("{main}_2")));
    let fleet = Fleet::on(&shared().uri(), &main, &uris, Plant::empty().store("one", 1));
    assert_eq!(fleet.doctor(&[]).0, 0);
    second.kill9();
    let (code, report) = fleet.doctor(&[]);
    assert_eq!((code, fleet.lines(&report).len()), (1, 0), "{report:#}");
    assert_eq!(Fleet::gaps(&report), [(format!("{main}_2"), "refused".to_owned())]);
    // Asking for one rule must not hide that something was not looked at.
    assert_eq!(fleet.doctor(&["--rule", "name-unsafe", "--store", "S-one"]).0, 1);
}

#[test]
fn a_main_database_that_is_down_is_named() {
    let mut server = start(ServerOptions::default());
    let main = database_name("planted");
    let uris = settings(&server.uri_of(&main), &uri_of(&shared().uri(), &format!("{main}_2")));
    let fleet = Fleet::on(&server.uri(), &main, &uris, Plant::healthy());
    on_server(&shared().uri(), async |client| {
        client.database(&format!("{main}_2")).create_collection("ghost_orders").await.unwrap();
    });
    server.kill9();
    let (code, report) = fleet.doctor(&[]);
    assert_eq!(code, 1, "{report:#}");
    let gaps = Fleet::gaps(&report);
    let names: Vec<&str> = gaps.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&main.as_str()), "{gaps:?}");
    assert!(!names.contains(&format!("{main}_2").as_str()), "{gaps:?}");
    // Without the list of stores, nobody knows what is an orphan.
    assert_eq!(fleet.lines(&report), Vec::<String>::new());
}
