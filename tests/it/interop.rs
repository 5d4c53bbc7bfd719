//! tilldeck and a mongoose application on one fleet, in both directions.

use std::collections::BTreeMap;

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::support::{Backend, Home, Output, on_server};

/// A home that is configured for the application's fleet.
fn home(backend: &Backend) -> Home {
    let home = Home::new();
    home.configure(&backend.configuration());
    home
}

/// Three stores of the application: what a store usually has is then known.
fn grown(what: &str) -> Option<(Backend, Home)> {
    let backend = Backend::on_fresh_fleet(what)?;
    let stores =
        [["s-1", "First", "first"], ["s-2", "Second", "second"], ["s-3", "Third", "third"]];
    backend.run(&[&["create"][..], &stores.concat()[..]].concat());
    let home = home(&backend);
    Some((backend, home))
}

fn create(home: &Home, number: usize) -> Output {
    let (id, name, prefix) =
        (format!("T-{number}"), format!("Till {number}"), format!("till{number}"));
    home.run(["create", "--store-id", &id, "--name", &name, "--prefix", &prefix, "--yes", "--json"])
}

#[test]
fn a_store_of_tilldeck_is_used_through_mongoose() {
    let Some((backend, home)) = grown("of_tilldeck") else { return };
    let created = create(&home, 1);
    assert_eq!(created.code, 0, "{created:?}");
    assert_eq!(created.json()["database"], backend.shard(1));

    let used = backend.run(&["use", "T-1"]);
    let expected = json!({
        "types": {"createdAt": true, "updatedAt": true, "databaseId": "number", "version": 0},
        // The unique index was cloned from what the application's own stores have.
        "twice": 11000,
        "databaseId": 1,
        "database": backend.shard(1),
        "products": 1,
        "orders": 2,
        "name": "Till 1 (seen)",
    });
    assert_eq!(used, expected);
}

#[test]
fn a_store_of_mongoose_is_seen_by_tilldeck() {
    let Some((backend, home)) = grown("of_mongoose") else { return };
    let why = home.run(["why", "second", "--json"]);
    assert_eq!((why.code, &why.json()["matched"]["by"]), (0, &json!("prefix")), "{why:?}");

    let used = backend.run(&["use", "s-2"]);
    assert_eq!(used["twice"], 11000);
    let collections = home.run(["collections", "s-2", "--json"]).json();
    let rows = collections["collections"].as_array().unwrap();
    let documents = |of: &str| {
        let row = rows.iter().find(|row| row["type"] == of).unwrap();
        row["documents"].as_u64().unwrap()
    };
    for collection_type in ["products", "orders", "categories", "brands", "users"] {
        assert_eq!(documents(collection_type), 1, "{collection_type}");
    }
    let doctor = home.run(["doctor", "--json"]);
    let found: Vec<_> = rules(&doctor).into_keys().collect();
    assert_eq!((doctor.code, found), (0, vec!["unique-index-missing".to_owned()]), "{doctor:?}");
}

/// How many findings there are of each rule.
fn rules(doctor: &Output) -> BTreeMap<String, usize> {
    let mut rules = BTreeMap::new();
    for finding in doctor.json()["findings"].as_array().unwrap() {
        *rules.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    rules
}

#[test]
fn each_fault_that_the_application_makes_is_found_once() {
    let Some(backend) = Backend::on_fresh_fleet("spoiled") else { return };
    let stores: Vec<[String; 3]> = (0..16)
        .map(|number| {
            [format!("s-{number:02}"), format!("Shop {number}"), format!("shop{number:02}")]
        })
        .collect();
    let fields: Vec<&str> = stores.iter().flatten().map(String::as_str).collect();
    backend.run(&[&["create"][..], &fields].concat());
    let planted = backend.run(&["spoil"]);

    let doctor = home(&backend).run(["doctor", "--json"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    let mut found = rules(&doctor);
    // Nothing is unique in a fleet of the application; its formula fills one shard first.
    assert_eq!(found.remove("unique-index-missing"), Some(2));
    assert_eq!(found.remove("distribution-skew"), Some(1));
    let planted: BTreeMap<String, usize> = planted
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (rule.as_str().unwrap().to_owned(), 1))
        .collect();
    assert_eq!(found, planted, "{:#}", doctor.json()["findings"]);
}

#[test]
fn what_a_creator_beside_does_is_noticed_and_nothing_is_made_twice() {
    let Some((backend, home)) = grown("beside") else { return };
    // Both sides want the same prefixes: `till0` and so on.
    let beside = std::thread::scope(|scope| {
        let beside = scope.spawn(|| backend.run(&["race", "12", "till"]));
        let ours: Vec<_> = (0..12)
            .map(|number| {
                scope.spawn({
                    let home = &home;
                    move || create(home, number)
                })
            })
            .collect();
        let ours: Vec<Output> = ours.into_iter().map(|one| one.join().unwrap()).collect();
        (beside.join().unwrap(), ours)
    });
    let (theirs, ours) = beside;
    assert!(theirs.as_array().unwrap().iter().all(|status| *status == "fulfilled"), "{theirs}");

    let records = on_server(&backend.uri(), async |client| {
        let stores = client.database(backend.main_database()).collection::<Document>("stores");
        let mut found = stores.find(doc! {}).await.unwrap();
        let mut records = Vec::new();
        while found.advance().await.unwrap() {
            records.push(found.deserialize_current().unwrap());
        }
        records
    });
    for (number, output) in ours.iter().enumerate() {
        let prefix = format!("till{number}");
        let of_prefix: Vec<&str> = records
            .iter()
            .filter(|record| record.get_str("prefix").ok() == Some(&prefix))
            .map(|record| record.get_str("storeId").unwrap())
            .collect();
        let id = format!("T-{number}");
        assert_eq!(output.code == 0, of_prefix.contains(&id.as_str()), "{of_prefix:?} {output:?}");
        // The application looks at nothing, so its own records are all there; where it came
        // after our last look, the doctor names the pair.
        assert!(of_prefix.contains(&format!("till-{number}").as_str()), "{of_prefix:?}");
        if output.code != 0 {
            let error: Value = output.json();
            assert!(error["error"]["message"].as_str().unwrap().contains(&prefix), "{error}");
        }
    }
    let twice = ours.iter().filter(|output| output.code == 0).count();
    let doctor = home.run(["doctor", "--rule", "duplicate-prefix", "--json"]);
    assert_eq!(rules(&doctor).get("duplicate-prefix").copied().unwrap_or(0), twice);
    let jobs = home.run(["jobs", "--json"]).json();
    assert_eq!(jobs["jobs"], json!([]), "an unfinished job was left");
}
