//! Commands against a fleet with sound, old, broken and hostile records.

use mongodb::bson::{Document, doc};
use tilldeck::demo::server::{Server, ServerOptions};

use super::harness::{Home, Ran};
use crate::support::{database_name, on_server, shared, start};

fn records() -> Vec<Document> {
    vec![
        doc! {"storeId": "s1", "name": "Acme", "prefix": "acme", "databaseId": 1},
        doc! {"storeId": "s2", "name": "Bolt", "prefix": "bolt", "databaseId": "2"},
        doc! {"storeId": "s3", "name": "Old", "prefix": "old"},
        doc! {"storeId": "s4", "name": "Far", "prefix": "far", "databaseId": 9},
        doc! {"storeId": "s5", "name": "\u{1b}]0;x\u{7}\u{202e}", "prefix": "evil", "databaseId": 1},
        doc! {"storeId": "s6", "name": "No prefix", "databaseId": 1},
    ]
}

/// Seeds a fleet of its own on the server and gives a home that is configured for it.
fn seeded(server: &Server) -> Home {
    let main = database_name("cli");
    on_server(&server.uri(), async |client| {
        client.database(&main).collection("stores").insert_many(records()).await.unwrap();
        let shard = client.database(&format!("{main}_1"));
        for name in ["acme_products", "acme_orders"] {
            shard.collection(name).insert_one(doc! {"a": 1}).await.unwrap();
        }
    });
    let home = Home::new();
    let file = home.config_file();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = format!("database_prefix = \"{main}\"\nuri = \"{}\"\n", server.uri_of(&main));
    std::fs::write(file, text).unwrap();
    home
}

fn ids(ran: &Ran) -> Vec<String> {
    let list = ran.json("stores");
    let rows = list["stores"].as_array().unwrap();
    assert_eq!(list["total"].as_u64().unwrap(), rows.len() as u64);
    rows.iter().map(|row| row["store_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_live_fleet_is_reported_as_it_is() {
    let home = seeded(shared());
    let ran = home.run(&["status", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let status = ran.json("status");
    assert_eq!(status["summary"]["state"], "up");
    assert_eq!(status["stores"]["total"], 6);
    assert_eq!(status["stores"]["source"], "live");
    assert_eq!(status["databases"][0]["capacity"], serde_json::Value::Null);
    assert_eq!(status["databases"][1]["server"]["topology"], "replica_set");
    for (args, expected) in [
        (&["--filter", "AC"][..], &["s1"][..]),
        (&["--database", "main"], &["s3"]),
        (&["--database", "2"], &["s2"]),
        (&["--filter", "!old !far", "--database", "1", "--sort", "prefix"], &["s1", "s5", "s6"]),
        (&["--database", "main", "--sort", "database_id"], &["s3"]),
        (&["--reverse"], &["s6", "s5", "s4", "s3", "s2", "s1"]),
        (&["--problems"], &["s2", "s4", "s6"]),
    ] {
        let args: Vec<_> = ["stores", "--json"].iter().chain(args).copied().collect();
        assert_eq!(ids(&home.run(&args)), expected, "{args:?}");
    }
    let rows = home.run(&["stores", "--json"]).json("stores")["stores"].clone();
    assert_eq!(rows[3]["database_id"], 9);
    assert_eq!(rows[3]["state"], "malformed");
    assert_eq!(rows[2]["state"], "legacy");
    assert!(rows[5]["prefix"].is_null());
    let text = home.run(&["stores"]);
    text.assert_harmless();
    assert!(text.stdout.contains("\\u{1b}]0;x\\u{7}\\u{202e}"), "{}", text.stdout);
    let wrong = home.run(&["stores", "--database", "77", "--json"]);
    assert_eq!(wrong.code, Some(2));
    assert_eq!(wrong.json("error")["error"]["kind"], "usage");
}

#[test]
fn a_store_is_found_by_any_of_its_names() {
    let home = seeded(shared());
    for name in ["s1", "acme", "Acme"] {
        let ran = home.run(&["collections", name, "--json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let list = ran.json("collections");
        assert_eq!(list["store_id"], "s1");
        assert_eq!(list["collections"].as_array().unwrap().len(), 2);
        assert_eq!(list["collections"][1]["type"], "orders");
        assert_eq!(list["collections"][1]["documents"], 1);
        assert_eq!(list["missing"], serde_json::json!(["acme_categories"]));
    }
    let unknown = home.run(&["collections", "acne", "--json"]);
    assert_eq!(unknown.code, Some(1));
    let error = unknown.json("error");
    assert_eq!(error["error"]["kind"], "not_found");
    assert!(error["error"]["hint"].as_str().unwrap().contains("acme"), "{error}");
}

#[test]
fn the_registry_outlives_the_main_database() {
    let server = start(ServerOptions::default());
    let home = seeded(&server);
    assert_eq!(ids(&home.run(&["stores", "--json"])).len(), 6);
    drop(server);
    let ran = home.run(&["stores", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json("stores")["source"], "cache");
    assert!(ran.stderr.contains("out of reach"), "{}", ran.stderr);
    let status = home.run(&["status", "--json"]);
    assert_eq!(status.code, Some(1));
    assert_eq!(status.json("status")["stores"]["source"], "cache");
}
