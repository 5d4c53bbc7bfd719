//! Answers from a fleet that is half down, and no password in any of them.

use mongodb::bson::{Document, doc};
use serde_json::Value;
use tilldeck::demo::server::{Login, Server, ServerOptions};

use crate::{
    doctor::fleet::{Fleet, Plant},
    support::{Output, database_name, on_server, shared, start, uri_of},
};

/// A password that breaks URIs, patterns and shells when it is not encoded.
const PASSWORD: &str = "S3cr3t-p@ss:w/rd%?#[]é";
const ENCODED: &str = "S3cr3t-p%40ss%3Aw%2Frd%25%3F%23%5B%5D%C3%A9";

/// Parts that only the password has, in every way of writing it.
const TRACES: [&str; 4] = ["S3cr3t", "ss:w/rd", "ss%3Aw%2Frd", "w/rd%"];

#[track_caller]
fn assert_silent(output: &Output) {
    for trace in TRACES {
        assert!(!output.stdout.contains(trace), "{}", output.stdout);
        assert!(!output.stderr.contains(trace), "{}", output.stderr);
    }
}

/// Every form of the answer, none of which may hold the password; the JSON is given back.
#[track_caller]
fn why(fleet: &Fleet, text: &str) -> (i32, Value) {
    for more in [&[][..], &["--markdown"]] {
        let output = fleet.run(&[&["why", text][..], more].concat());
        assert!(!output.stdout.is_empty(), "{output:?}");
        assert_silent(&output);
    }
    let output = fleet.run(&["why", "--json", text]);
    assert_silent(&output);
    (output.code, output.held_to("why"))
}

/// The doctor is asked as well: its failures come from the same servers.
#[track_caller]
fn assert_doctor_is_silent(fleet: &Fleet) {
    for more in [&[][..], &["--json"]] {
        let output = fleet.run(&[&["doctor"][..], more].concat());
        assert_eq!(output.code, 1, "{output:?}");
        assert_silent(&output);
    }
}

fn guarded() -> Server {
    let login = Login { user: "root".into(), password: PASSWORD.into() };
    start(ServerOptions { login: Some(login), ..ServerOptions::default() })
}

/// A URI with the password in it.
fn uri(server: &Server, user: &str, database: &str) -> String {
    let address = server.addresses()[0];
    format!("mongodb://{user}:{ENCODED}@{address}/{database}?authSource=admin")
}

fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let steps = report["steps"].as_array().unwrap().iter();
    steps.map(|one| (one["name"].as_str().unwrap(), one["outcome"].as_str().unwrap())).collect()
}

#[test]
fn a_store_is_looked_up_in_the_last_known_registry_while_main_is_down() {
    let mut server = guarded();
    let main = database_name("why");
    let shard = uri_of(&shared().uri(), &format!("{main}_2"));
    let settings =
        format!("uri = \"{}\"\n[shards.2]\nuri = \"{shard}\"\n", uri(&server, "root", &main));
    let fleet = Fleet::on(&server.uri(), &main, &settings, Plant::healthy());
    on_server(&shared().uri(), async |client| {
        for kind in ["products", "orders", "categories"] {
            let home = client.database(&format!("{main}_2"));
            home.create_collection(format!("two_{kind}")).await.unwrap();
        }
    });
    assert_eq!(why(&fleet, "S-one").0, 0);
    server.kill9();
    // The store's own shard answers, so the backend can still reach it.
    let (code, report) = why(&fleet, "S-two");
    assert_eq!((code, &report["cause"]), (0, &Value::Null), "{report:#}");
    assert_eq!(report["steps"][0]["outcome"], "warning");
    assert!(report["steps"][0]["detail"].as_str().unwrap().contains("last known registry"));
    let (code, report) = why(&fleet, "S-one");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"refused".into()), "{report:#}");
    let (code, report) = why(&fleet, "S-unknown");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"not_found".into()), "{report:#}");
    assert_doctor_is_silent(&fleet);
    // Without a cache, nobody knows who has what.
    std::fs::remove_dir_all(fleet.home.path().join("cache")).unwrap();
    let (code, report) = why(&fleet, "S-two");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"refused".into()), "{report:#}");
    assert!(report["cause"]["message"].as_str().unwrap().contains("registry cannot be read"));
}

#[test]
fn a_shard_that_is_down_is_the_cause_for_its_stores_alone() {
    let (server, main) = (guarded(), database_name("why"));
    let mut second = guarded();
    let settings = format!(
        "uri = \"{}\"\n[shards.2]\nuri = \"{}\"\n",
        uri(&server, "root", &main),
        uri(&second, "root", &format!("{main}_2"))
    );
    let fleet = Fleet::on(&server.uri(), &main, &settings, Plant::healthy());
    second.kill9();
    let (code, report) = why(&fleet, "S-two");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"refused".into()), "{report:#}");
    assert!(outcomes(&report).contains(&("ping", "failed")), "{report:#}");
    let (code, report) = why(&fleet, "S-one");
    assert_eq!((code, &report["cause"]), (0, &Value::Null), "{report:#}");
    let unread = format!("{main}_2");
    assert!(outcomes(&report).contains(&(&unread, "warning")), "{report:#}");
    assert_doctor_is_silent(&fleet);
}

/// A user that may read and write these databases.
fn user(databases: &[&str]) -> Document {
    let roles: Vec<Document> =
        databases.iter().map(|db| doc! {"role": "readWrite", "db": *db}).collect();
    doc! {"createUser": "app", "pwd": PASSWORD, "roles": roles}
}

#[test]
fn a_shard_that_the_login_may_not_read_is_the_cause_for_its_stores_alone() {
    let server = guarded();
    on_server(&server.uri(), async |client| {
        let user = user(&["limited", "limited_1", "limited_3"]);
        client.database("admin").run_command(user).await.unwrap();
    });
    let settings = format!("uri = \"{}\"\n", uri(&server, "app", "limited"));
    let fleet = Fleet::on(&server.uri(), "limited", &settings, Plant::healthy());
    let (code, report) = why(&fleet, "S-two");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"not_authorised".into()), "{report:#}");
    let (code, report) = why(&fleet, "S-one");
    assert_eq!((code, &report["cause"]), (0, &Value::Null), "{report:#}");
    assert_doctor_is_silent(&fleet);
}

#[test]
fn a_login_that_is_refused_is_the_cause() {
    let server = guarded();
    let settings = format!("uri = \"{}\"\n", uri(&server, "nobody", "limited"));
    let fleet = Fleet::on(&server.uri(), "limited", &settings, Plant::healthy());
    let (code, report) = why(&fleet, "S-two");
    assert_eq!((code, &report["cause"]["kind"]), (1, &"login".into()), "{report:#}");
    assert_doctor_is_silent(&fleet);
}
