//! What indexes are good for: none makes a page lose a document, and a fitting one makes it
//! cost what is on it.

use futures_util::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};
use tilldeck::domain::{
    page::{From, PageRequest},
    query::Query,
};

use super::rig::{BOTH, Rig, Walk, by};

/// Documents with and without a value, many values twice.
fn spotty() -> Vec<Document> {
    let one = |n: i32| match n % 5 {
        0 => doc! {"w": n % 3},
        1 => doc! {"v": Bson::Null, "w": n % 3},
        _ => doc! {"v": n / 4, "w": n % 3},
    };
    (0..60).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_does_not_hold_all_loses_nothing() {
    let rig = Rig::new().await;
    let options = [
        ("plain", doc! {"v": 1}, doc! {}),
        ("descending", doc! {"v": -1}, doc! {}),
        ("hidden", doc! {"v": 1}, doc! {"hidden": true}),
        ("partial", doc! {"v": 1}, doc! {"partialFilterExpression": {"v": {"$gt": 5}}}),
        ("sparse", doc! {"v": 1}, doc! {"sparse": true}),
        ("sparse_with_id", doc! {"v": 1, "_id": 1}, doc! {"sparse": true}),
        ("compound", doc! {"v": 1, "w": -1}, doc! {}),
        ("compound_sparse", doc! {"v": 1, "w": 1}, doc! {"sparse": true}),
        ("hashed", doc! {"v": "hashed"}, doc! {}),
        ("wild", doc! {"$**": 1}, doc! {}),
    ];
    for (name, key, options) in options {
        rig.plant(name, spotty()).await;
        let mut index = doc! {"key": key, "name": "of_the_test"};
        index.extend(options);
        rig.tell(doc! {"createIndexes": name, "indexes": [index]}).await;
        for walk in BOTH {
            for sort in [doc! {"v": 1}, doc! {"v": -1}, doc! {"v": 1, "w": -1}] {
                rig.check(name, &by(sort.clone()), 7, walk).await;
                // A partial index serves this one.
                let query = Query { filter: doc! {"v": {"$gt": 6}}, ..by(sort) };
                rig.check(name, &query, 4, walk).await;
            }
        }
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_array_among_the_keys_of_an_index_is_not_lost() {
    let rig = Rig::new().await;
    let one = |n: i32| doc! {"v": n, "a": {"b": n}};
    let none: Vec<Bson> = vec![];
    for (number, array) in [
        doc! {"v": none.clone()},
        doc! {"v": [3]},
        doc! {"v": [[3]]},
        doc! {"v": [none.clone()]},
        doc! {"a": none.clone()},
        doc! {"a": [3]},
        doc! {"a": [{"b": 3}]},
        doc! {"a": {"b": none}},
        doc! {"a": {"b": [[3]]}},
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("n{number}");
        let path = if array.contains_key("v") { "v" } else { "a.b" };
        rig.plant(&name, (0..12).map(one).chain([array])).await;
        rig.index(&name, doc! {path: 1}).await;
        for walk in BOTH {
            rig.check(&name, &by(doc! {path: 1}), 4, walk).await;
            rig.check(&name, &by(doc! {path: -1}), 4, walk).await;
        }
    }
    rig.end().await;
}

/// What the program told the shard since it was asked to write it down.
async fn told(rig: &Rig) -> Vec<Document> {
    let written = rig.collection("system.profile");
    let ours = written.find(doc! {"appName": "tilldeck"}).await.unwrap();
    ours.try_collect().await.unwrap()
}

fn examined(entries: &[Document]) -> i64 {
    let of = |one: &Document| one.get("docsExamined").map_or(0, crate::query::rig::number);
    entries.iter().map(of).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_page_by_an_index_costs_what_is_on_it() {
    let rig = Rig::new().await;
    let size = 10;
    for (name, key, sort) in [
        ("by_id", None, doc! {"_id": 1}),
        ("by_id_down", None, doc! {"_id": -1}),
        ("one", Some(doc! {"v": 1}), doc! {"v": 1}),
        ("down", Some(doc! {"v": -1}), doc! {"v": 1}),
        ("with_id", Some(doc! {"v": 1, "_id": 1}), doc! {"v": -1}),
        ("leading", Some(doc! {"v": 1, "w": 1}), doc! {"v": 1}),
    ] {
        let one = |n: i32| doc! {"v": n * 7 % 600, "w": n % 5};
        rig.plant(name, (0..600).map(one)).await;
        if let Some(key) = key {
            rig.index(name, key).await;
        }
        for walk in BOTH {
            let mut n_pages = 0;
            let mut costs = Vec::new();
            rig.tell(doc! {"profile": 2}).await;
            let query = by(sort.clone());
            rig.walk_while(name, &query, (size, walk), async |_| {
                let entries = told(&rig).await;
                n_pages += 1;
                costs.push(examined(&entries) - costs.iter().sum::<i64>());
            })
            .await;
            rig.tell(doc! {"profile": 0}).await;
            rig.collection("system.profile").drop().await.unwrap();
            assert_eq!(n_pages, 60);
            let most = costs.iter().max().unwrap();
            assert!(*most <= i64::from(size) + 5, "{name} {walk:?}: {costs:?}");
            assert!(costs.iter().sum::<i64>() >= 590, "nothing was written down: {costs:?}");
        }
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_says_who_asks_and_none_skips() {
    let rig = Rig::new().await;
    rig.plant("orders", (0..40).map(|n| doc! {"v": n / 20, "w": n % 3})).await;
    rig.index("orders", doc! {"v": 1}).await;
    rig.tell(doc! {"create": "view", "viewOn": "orders", "pipeline": []}).await;
    rig.tell(doc! {"profile": 2}).await;
    for name in ["orders", "view"] {
        for walk in BOTH {
            for sort in [doc! {}, doc! {"v": 1}, doc! {"w": -1}] {
                let (found, _) = rig.walk_while(name, &by(sort), (7, walk), async |_| ()).await;
                assert_eq!(found.len(), 40);
            }
        }
    }
    let projected = Query { projection: doc! {"w": 1, "n": 1}, ..by(doc! {"v": 1}) };
    rig.walk_while("orders", &projected, (7, Walk::Forwards), async |_| ()).await;
    let mut request = rig.request("orders", &by(doc! {"$natural": 1}), 7).await;
    request.from = From::First;
    rig.page(PageRequest { size: 3, ..request }).await.unwrap();
    let entries = told(&rig).await;
    rig.tell(doc! {"profile": 0}).await;
    assert!(entries.len() > 100, "{}", entries.len());
    for entry in entries {
        let command =
            entry.get_document("originatingCommand").or_else(|_| entry.get_document("command"));
        let command = command.unwrap();
        if command.keys().next().is_some_and(|name| name == "explain") {
            continue;
        }
        let comment = command.get_str("comment").unwrap_or_else(|_| panic!("{entry}"));
        assert!(comment.starts_with("tilldeck "), "{entry}");
        let max_time = command.get("maxTimeMS").unwrap_or_else(|| panic!("{entry}"));
        assert!((1..=30_000).contains(&crate::query::rig::number(max_time)), "{entry}");
        assert!(!entry.to_string().contains("\"skip\""), "{entry}");
        assert!(!entry.to_string().contains("\"$skip\""), "{entry}");
    }
    rig.end().await;
}
