//! What `inspect` says of a collection.

use mongodb::bson::{Bson, DateTime, Document, doc};
use serde_json::{Value, json};

use super::rig::{SHARD, shop, shop_on};
use crate::{
    doctor::fleet::assert_harmless,
    query::rig::{Faulty, Ground, Rig, store},
    support::{database_name, on_server, start},
};
use tilldeck::demo::server::{Login, ServerOptions};

/// What `inspect` says of the orders; held to its schema.
#[track_caller]
fn inspect(rig: &Rig) -> Value {
    let output = rig.home.run(["inspect", "S-one", "orders", "--json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let report = output.held_to("inspect");
    assert_eq!(report["collection"], "one_orders");
    assert_eq!(report["database"], rig.name_of(SHARD));
    report
}

#[track_caller]
fn index<'a>(report: &'a Value, name: &str) -> &'a Value {
    let indexes = report["indexes"].as_array().unwrap();
    indexes
        .iter()
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

/// Makes the orders anew as this says.
fn make(rig: &Rig, options: Document) {
    rig.tell(SHARD, doc! {"drop": "one_orders"});
    let mut create = doc! {"create": "one_orders"};
    create.extend(options);
    rig.tell(SHARD, create);
}

#[test]
fn indexes_have_their_keys_options_size_and_use() {
    let rig = shop((0..100).map(|n| doc! {"_id": n, "total": n, "at": DateTime::now()}).collect());
    let indexes = [
        doc! {"key": {"total": -1, "by.name": 1}, "name": "by total"},
        doc! {"key": {"total": 1}, "name": "few", "partialFilterExpression": {"total": {"$gt": 5}}},
        doc! {"key": {"at": 1}, "name": "old", "expireAfterSeconds": 86_400},
        doc! {"key": {"n": 1}, "name": "one", "unique": true, "sparse": true, "hidden": true},
        doc! {"key": {"text": "text"}, "name": "words", "default_language": "german"},
        doc! {"key": {"who": 1}, "name": "case", "collation": {"locale": "en", "strength": 2}},
    ];
    rig.tell(SHARD, doc! {"createIndexes": "one_orders", "indexes": indexes.to_vec()});
    let fresh = inspect(&rig);
    assert_eq!((&fresh["kind"], &fresh["documents"]), (&json!("collection"), &json!(100)));
    assert_eq!((&fresh["errors"], &fresh["validator"]), (&json!([]), &Value::Null));
    let names: Vec<&Value> =
        fresh["indexes"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["_id_", "by total", "few", "old", "one", "words", "case"]);
    for one in fresh["indexes"].as_array().unwrap() {
        assert!(one["bytes"].as_u64().unwrap() > 0, "{one:#}");
        let since = one["since"].as_str().unwrap();
        assert!(since.ends_with('Z') && since.starts_with("20"), "{one:#}");
    }
    assert_eq!(index(&fresh, "by total")["uses"], 0, "{fresh:#}");
    let keys: Vec<&String> = index(&fresh, "by total")["key"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["total", "by.name"], "in their order");
    assert_eq!(index(&fresh, "by total")["options"], json!({}));
    let few = json!({"partialFilterExpression": {"total": {"$gt": 5}}});
    assert_eq!(index(&fresh, "few")["options"], few);
    assert_eq!(index(&fresh, "old")["options"], json!({"expireAfterSeconds": 86_400}));
    let one = json!({"unique": true, "sparse": true, "hidden": true});
    assert_eq!(index(&fresh, "one")["options"], one);
    assert_eq!(index(&fresh, "words")["options"]["default_language"], "german");
    assert_eq!(index(&fresh, "case")["options"]["collation"]["strength"], 2);
    // Who uses one is seen.
    for _ in 0..3 {
        rig.store_gives(
            "one",
            &[doc! {"$match": {"total": 5}}, doc! {"$sort": {"total": -1, "by.name": 1}}],
        );
    }
    let used = inspect(&rig);
    assert_eq!(index(&used, "by total")["uses"], 3, "{used:#}");
    assert_eq!(index(&used, "case")["uses"], 0, "{used:#}");
    let text = rig.home.run(["inspect", "S-one", "orders"]);
    assert_eq!(text.code, 0, "{text:?}");
    for word in ["one_orders", "by total", "{total: -1, \"by.name\": 1}", "unique: true", "none"] {
        assert!(text.stdout.contains(word), "`{word}` is not in {}", text.stdout);
    }
}

#[test]
fn the_validator_and_the_options_are_shown() {
    let rig = shop(vec![]);
    let validator = doc! {"$jsonSchema": {"required": ["total"]}, "total": {"$gt": 0}};
    make(
        &rig,
        doc! {
            "validator": validator, "validationLevel": "moderate", "validationAction": "warn",
            "collation": {"locale": "de", "strength": 1},
        },
    );
    let report = inspect(&rig);
    let validator = json!({"$jsonSchema": {"required": ["total"]}, "total": {"$gt": 0}});
    assert_eq!(report["validator"], validator);
    assert_eq!(report["options"]["validationLevel"], "moderate");
    assert_eq!(report["options"]["validationAction"], "warn");
    assert_eq!(report["options"]["collation"]["locale"], "de");
    assert_eq!(report["documents"], 0);
    let text = rig.home.run(["inspect", "S-one", "orders"]);
    for word in ["$jsonSchema", "validationAction: \"warn\"", "locale: \"de\""] {
        assert!(text.stdout.contains(word), "`{word}` is not in {}", text.stdout);
    }
}

#[test]
fn every_form_of_collection_is_told() {
    let rig = shop(vec![]);
    make(&rig, doc! {"capped": true, "size": 4_096, "max": 10});
    let capped = inspect(&rig);
    let options = json!({"capped": true, "size": 4_096, "max": 10});
    assert_eq!((&capped["kind"], &capped["options"]), (&json!("collection"), &options));

    make(&rig, doc! {"clusteredIndex": {"key": {"_id": 1}, "unique": true, "name": "clustered"}});
    let clustered = inspect(&rig);
    assert_eq!(clustered["options"]["clusteredIndex"]["name"], "clustered");
    assert_eq!(index(&clustered, "clustered")["key"], json!({"_id": 1}));
    assert_eq!(clustered["errors"], json!([]));

    let pipeline = vec![doc! {"$match": {"a": 1}}];
    make(&rig, doc! {"viewOn": "one_products", "pipeline": pipeline});
    let view = inspect(&rig);
    assert_eq!((&view["kind"], &view["documents"]), (&json!("view"), &Value::Null));
    assert_eq!(view["options"]["viewOn"], "one_products");
    assert_eq!(view["options"]["pipeline"], json!([{"$match": {"a": 1}}]));
    assert_eq!((&view["indexes"], &view["errors"]), (&json!([]), &json!([])));

    let series = doc! {"timeField": "at", "metaField": "till", "granularity": "minutes"};
    make(&rig, doc! {"timeseries": series, "expireAfterSeconds": 3_600});
    rig.insert(SHARD, "one_orders", &[doc! {"at": DateTime::now(), "till": 1}]);
    let index_of_till = doc! {"key": {"till": 1, "at": 1}, "name": "till"};
    rig.tell(SHARD, doc! {"createIndexes": "one_orders", "indexes": [index_of_till]});
    let series = inspect(&rig);
    assert_eq!((&series["kind"], &series["documents"]), (&json!("timeseries"), &Value::Null));
    assert_eq!(series["options"]["timeseries"]["metaField"], "till");
    assert_eq!(series["options"]["expireAfterSeconds"], 3_600);
    assert_eq!(index(&series, "till")["key"], json!({"till": 1, "at": 1}));
    assert_eq!(series["errors"], json!([]));
    assert!(index(&series, "till")["bytes"].as_u64().unwrap() > 0, "{series:#}");
}

#[test]
fn figures_that_may_not_be_read_are_told_and_the_rest_is_there() {
    let login = Login { user: "root".into(), password: "r00t-pass".into() };
    let server = start(ServerOptions { login: Some(login), ..ServerOptions::default() });
    let main = database_name("inspect");
    let shard = format!("{main}_1");
    let actions = ["find", "listIndexes", "listCollections"];
    let privilege =
        doc! {"resource": {"db": &shard, "collection": ""}, "actions": actions.to_vec()};
    let admin = |command: Document| {
        on_server(&server.uri(), async |client| {
            client.database("admin").run_command(command).await.unwrap();
        });
    };
    admin(doc! {"createRole": "few", "privileges": [privilege], "roles": []});
    let roles = vec![Bson::from(doc! {"role": "read", "db": &main}), "few".into()];
    admin(doc! {"createUser": "app", "pwd": "S3cr3t-p", "roles": roles});
    let address = server.addresses()[0];
    let settings = format!("uri = \"mongodb://app:S3cr3t-p@{address}/{main}?authSource=admin\"\n");
    let root = server.uri();
    let ground = Ground { main, root: &root, second: None, settings };
    let rig = Rig::planted(ground, vec![store("one", 1, vec![doc! {"_id": 1}])]);
    let report = inspect(&rig);
    let id = index(&report, "_id_");
    assert_eq!(
        (&id["key"], &id["uses"], &id["bytes"]),
        (&json!({"_id": 1}), &Value::Null, &Value::Null)
    );
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{report:#}");
    assert!(errors.iter().all(|error| error["kind"] == "not_authorised"), "{report:#}");
    let text = rig.home.run(["inspect", "S-one", "orders"]);
    assert!(text.code == 0 && text.stdout.contains("_id_"), "{text:?}");
    assert!(text.stdout.contains("may not"), "{text:?}");
}

#[test]
fn a_listing_that_fails_is_no_collection_without_indexes() {
    let faulty = Faulty::take();
    let rig = shop_on(&faulty.uri(), vec![doc! {"_id": 1}]);
    faulty.fail(&["listIndexes"], doc! {"errorCode": 8_000});
    let output = rig.home.run(["inspect", "S-one", "orders", "--json"]);
    assert_eq!(output.code, 1, "{output:?}");
    output.held_to("error");
}

#[test]
fn nothing_hostile_is_shown() {
    let evil = "x\u{1b}[2J\u{202e}\u{200b}\u{7}";
    let rig = shop(vec![]);
    make(&rig, doc! {"validator": {evil: evil}});
    let indexes = [doc! {"key": {evil: 1}, "name": evil}];
    rig.tell(SHARD, doc! {"createIndexes": "one_orders", "indexes": indexes.to_vec()});
    let output = rig.home.run(["inspect", "S-one", "orders"]);
    assert!(output.code == 0 && output.stdout.contains("validator"), "{output:?}");
    assert_harmless(&output);
    assert_eq!(index(&inspect(&rig), evil)["key"], json!({evil: 1}));
}
