//! Pages turned forwards, back, and forwards again, in collections of every kind.

use mongodb::bson::{DateTime, Document, doc};
use tilldeck::domain::{
    keyset::Ties,
    page::{From, Page, PageRequest},
    query::Query,
};

use super::rig::{Rig, by, number, numbered};

/// The numbers of the documents on a page.
fn numbers(page: &Page) -> Vec<i32> {
    page.documents.iter().map(|one| number(one)).collect()
}

/// One page after the other from this one, until there are no more.
async fn turned(rig: &Rig, request: &PageRequest, begin: Page, is_next: bool) -> Vec<Page> {
    let mut pages = vec![begin];
    loop {
        let last = pages.last().unwrap();
        let mark = if is_next { last.last.clone() } else { last.first.clone() };
        let Some(mark) = mark else { break };
        let from = if is_next { From::After(mark) } else { From::Before(mark) };
        let order = last.order.clone();
        let page = rig.page(PageRequest { from, order, ..request.clone() }).await.unwrap();
        let has_more = !page.documents.is_empty();
        assert_eq!(last.has_more, has_more, "{request:?} after {last:?}");
        if page.documents.is_empty() {
            break;
        }
        pages.push(page);
        assert!(pages.len() < 500, "{request:?}: it does not end");
    }
    pages
}

/// Nothing is lost and nothing comes twice, whichever way is taken and wherever one turns
/// around; and where `_id` tells all documents apart, the pages are the same ones.
async fn hold_turns(rig: &Rig, name: &str, query: &Query, size: u32, n_documents: i32) {
    let request = rig.request(name, query, size).await;
    for is_next in [true, false] {
        let what = format!("{name} by {size}, next: {is_next}: {query:?}");
        let from = if is_next { From::First } else { From::Last };
        let begin = rig.page(PageRequest { from, ..request.clone() }).await.unwrap();
        let is_fixed = begin.order.as_ref().unwrap().ties == Ties::Id;
        let there = turned(rig, &request, begin, is_next).await;
        assert_eq!(all_on(&there), (0..n_documents).collect::<Vec<_>>(), "{what}");
        for at in [there.len() / 2, there.len() - 1] {
            let mut here = there[at].clone();
            here.has_more = at > 0;
            let mut back = turned(rig, &request, here, !is_next).await;
            assert_eq!(all_on(&back), all_on(&there[..=at]), "{what}, back from {at}");
            let is_same = back.iter().rev().map(numbers).eq(there[..=at].iter().map(numbers));
            assert!(is_same || !is_fixed, "{what}, back from {at}: {there:?}, {back:?}");
            let mut here = back.pop().unwrap();
            here.has_more = there.len() > 1;
            let again = turned(rig, &request, here, is_next).await;
            assert_eq!(all_on(&again), all_on(&there), "{what}, again from {at}");
            let is_same = again.iter().map(numbers).eq(there.iter().map(numbers));
            assert!(is_same || !is_fixed, "{what}, again from {at}: {there:?}, {again:?}");
        }
    }
}

fn all_on(pages: &[Page]) -> Vec<i32> {
    let mut all: Vec<i32> = pages.iter().flat_map(numbers).collect();
    all.sort_unstable();
    all
}

/// So many documents, `v` of which are the same for many.
fn tied(n_documents: i32) -> Vec<Document> {
    let mut documents: Vec<Document> = (0..n_documents)
        .map(|n| doc! {"_id": n * 7, "v": (n / 13) % 3, "w": n % 4, "text": "aAbB"})
        .collect();
    fastrand::Rng::with_seed(3).shuffle(&mut documents);
    documents
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_collection() {
    let rig = Rig::new().await;
    rig.plant("plain", tied(45)).await;
    rig.plant("indexed", tied(45)).await;
    rig.index("indexed", doc! {"v": 1}).await;
    for name in ["plain", "indexed"] {
        for sort in [doc! {}, doc! {"_id": -1}, doc! {"v": 1}, doc! {"v": -1, "w": 1}] {
            for size in [1, 7, 45] {
                hold_turns(&rig, name, &by(sort.clone()), size, 45).await;
            }
        }
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_few_documents() {
    let rig = Rig::new().await;
    rig.tell(doc! {"create": "none"}).await;
    rig.plant("one", tied(1)).await;
    rig.plant("ten", tied(10)).await;
    for sort in [doc! {}, doc! {"v": -1}] {
        for (name, n_documents) in [("none", 0), ("one", 1), ("ten", 10)] {
            for size in [1, 9, 10, 11] {
                hold_turns(&rig, name, &by(sort.clone()), size, n_documents).await;
            }
        }
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_view() {
    let rig = Rig::new().await;
    rig.plant("source", tied(40)).await;
    let odd = doc! {"$match": {"w": {"$gte": 0}}};
    let shape = doc! {"$project": {"n": 1, "v": 1, "w": {"$add": ["$w", 1]}}};
    rig.tell(doc! {"create": "simple", "viewOn": "source", "pipeline": []}).await;
    rig.tell(doc! {"create": "shaped", "viewOn": "source", "pipeline": [odd, shape]}).await;
    let lines = (0..4).map(|id| {
        let lines: Vec<i32> = (id * 10..(id + 1) * 10).collect();
        doc! {"_id": id, "v": id / 2, "lines": lines}
    });
    rig.collection("orders").insert_many(lines).await.unwrap();
    let unwind = [
        doc! {"$unwind": "$lines"},
        doc! {"$project": {"v": 1, "n": "$lines", "w": {"$mod": ["$lines", 4]}}},
    ];
    rig.tell(doc! {"create": "lines", "viewOn": "orders", "pipeline": unwind.to_vec()}).await;
    for name in ["simple", "shaped", "lines"] {
        for sort in [doc! {}, doc! {"_id": -1}, doc! {"v": 1}, doc! {"w": -1, "v": 1}] {
            for size in [3, 7, 40] {
                hold_turns(&rig, name, &by(sort.clone()), size, 40).await;
            }
        }
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_capped_or_clustered_collection() {
    let rig = Rig::new().await;
    rig.tell(doc! {"create": "capped", "capped": true, "size": 1 << 20}).await;
    let clustered = doc! {"key": {"_id": 1}, "unique": true};
    rig.tell(doc! {"create": "clustered", "clusteredIndex": clustered}).await;
    for name in ["capped", "clustered"] {
        rig.plant(name, tied(60)).await;
        for sort in [doc! {}, doc! {"_id": -1}, doc! {"v": 1}] {
            hold_turns(&rig, name, &by(sort.clone()), 7, 60).await;
        }
        rig.index(name, doc! {"v": 1}).await;
        hold_turns(&rig, name, &by(doc! {"v": -1}), 7, 60).await;
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_time_series() {
    let rig = Rig::new().await;
    let form = doc! {"timeField": "at", "metaField": "till"};
    rig.tell(doc! {"create": "events", "timeseries": form}).await;
    let at = |n: i32| DateTime::from_millis(1_700_000_000_000 + i64::from(n / 10) * 1_000);
    let events = (0..40).map(|n| doc! {"at": at(n), "till": n % 3, "v": n % 4});
    rig.collection("events").insert_many(numbered(events)).await.unwrap();
    for sort in [doc! {}, doc! {"at": -1}, doc! {"till": 1}, doc! {"v": 1, "at": -1}] {
        for size in [3, 7, 40] {
            hold_turns(&rig, "events", &by(sort.clone()), size, 40).await;
        }
    }
    rig.end().await;
}

/// Texts that differ in case only, and others.
fn texts(n_documents: i32, has_equal_ids: bool) -> Vec<Document> {
    let one = |n: i32| {
        let text = format!("order {}", n / 2);
        let text = if n % 2 == 0 { text } else { text.to_uppercase() };
        let id = if has_equal_ids { text.clone() } else { format!("{text} {n}") };
        doc! {"_id": id, "v": text}
    };
    (0..n_documents).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_case_makes_no_difference() {
    let rig = Rig::new().await;
    let collation = doc! {"locale": "en", "strength": 2};
    rig.tell(doc! {"create": "all", "collation": &collation}).await;
    rig.plant("all", texts(24, false)).await;
    rig.plant("asked", texts(24, true)).await;
    rig.plant("indexed", texts(24, true)).await;
    let index = doc! {"key": {"v": 1}, "name": "v", "collation": &collation};
    rig.tell(doc! {"createIndexes": "indexed", "indexes": [index]}).await;
    for sort in [doc! {}, doc! {"_id": -1}, doc! {"v": 1}] {
        for size in [1, 3, 24] {
            hold_turns(&rig, "all", &by(sort.clone()), size, 24).await;
            let query = Query { collation: collation.clone(), ..by(sort.clone()) };
            hold_turns(&rig, "asked", &query, size, 24).await;
            hold_turns(&rig, "indexed", &query, size, 24).await;
        }
    }
    rig.end().await;
}
