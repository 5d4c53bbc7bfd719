//! Others write while somebody turns pages: what they leave alone is seen once, in its place.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mongodb::{
    Collection,
    bson::{Document, doc},
};
use tilldeck::domain::page::Page;

use super::rig::{BOTH, Rig, Walk, by, number};

/// Documents that stay as they are, numbered from 0.
const KEPT: i32 = 60;
/// The number of the first document that is written to.
const MOVING: i32 = 1_000;

fn kept() -> Vec<Document> {
    (0..KEPT).map(|n| doc! {"_id": n * 37 % KEPT * 2, "n": n, "v": n % 6, "w": n % 5}).collect()
}

/// Somebody who writes at random, and never to what is kept.
struct Writer {
    rng: fastrand::Rng,
    orders: Collection<Document>,
}

impl Writer {
    /// A document with these values, between those that are there by `_id`.
    async fn insert(&mut self, v: i32, w: i32) {
        let (id, n) = (self.rng.i32(-5..KEPT + 5) * 2 + 1, MOVING + self.rng.i32(0..40));
        let document = doc! {"_id": id, "n": n, "v": v, "w": w};
        // Its `_id` may be taken.
        let _ = self.orders.insert_one(document).await;
    }

    fn place(&mut self) -> (i32, i32) {
        (self.rng.i32(-1..7), self.rng.i32(-1..6))
    }

    async fn write(&mut self) {
        let (v, w) = self.place();
        let one = doc! {"n": MOVING + self.rng.i32(0..40)};
        match self.rng.u8(0..4) {
            0 => drop(self.orders.delete_one(one).await.unwrap()),
            1 => self.move_it(one).await,
            _ => self.insert(v, w).await,
        }
    }

    async fn move_it(&mut self, one: Document) {
        let (v, w) = self.place();
        self.orders.update_one(one, doc! {"$set": {"v": v, "w": w}}).await.unwrap();
    }

    /// Writes where the next page goes on: takes away or moves the very document, and puts
    /// others of the same values beside it.
    async fn write_at_the_mark(&mut self, page: &Page, walk: Walk) {
        let edge = match walk {
            Walk::Forwards => page.documents.last(),
            Walk::Backwards => page.documents.first(),
        };
        let Some(edge) = edge else { return };
        let (v, w) = (edge.get_i32("v").unwrap(), edge.get_i32("w").unwrap());
        self.insert(v, w).await;
        self.insert(v, w + 1).await;
        if number(edge) >= MOVING {
            let one = doc! {"_id": edge.get_i32("_id").unwrap()};
            match self.rng.u8(0..3) {
                0 => drop(self.orders.delete_one(one).await.unwrap()),
                1 => self.move_it(one).await,
                _ => {}
            }
        }
    }
}

/// Turns the pages while two others write: one all the time, and one after each page.
async fn walk_among_writers(sort: Document, index: Option<Document>, seed: u64) {
    let rig = Rig::new().await;
    let orders = rig.collection("orders");
    orders.insert_many(kept()).await.unwrap();
    if let Some(index) = index {
        rig.index("orders", index).await;
    }
    let writer = |seed| Writer { rng: fastrand::Rng::with_seed(seed), orders: orders.clone() };
    let mut beside = writer(seed);
    for _ in 0..40 {
        beside.write().await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let (mut always, told) = (writer(seed + 1_000), is_over.clone());
    let always = tokio::spawn(async move {
        while !told.load(Ordering::Relaxed) {
            always.write().await;
        }
    });
    let mut right = kept();
    right.sort_by_key(|one| {
        let value = |(path, way): (&String, i32)| way * one.get_i32(path).unwrap();
        let last = sort.values().last().unwrap().as_i32().unwrap();
        let keys = sort.iter().map(|(path, way)| value((path, way.as_i32().unwrap())));
        keys.chain([last * one.get_i32("_id").unwrap()]).collect::<Vec<_>>()
    });
    let key = |one: &Document| -> Vec<i32> {
        sort.keys().map(|path| one.get_i32(path).unwrap()).collect()
    };
    for walk in BOTH {
        let size = beside.rng.u32(1..6);
        let query = by(sort.clone());
        let turned = rig.walk_while("orders", &query, (size, walk), async |page| {
            beside.write_at_the_mark(page, walk).await;
            beside.write().await;
        });
        let (found, ties) = turned.await;
        let what = format!("{sort} {walk:?} by {size}, {ties:?}, seed {seed}");
        let found = found.iter().filter(|one| number(one) < MOVING);
        let found: Vec<Document> = found.map(|one| Document::try_from(&***one).unwrap()).collect();
        let keys = |all: &[Document]| all.iter().map(key).collect::<Vec<_>>();
        assert_eq!(keys(&found), keys(&right), "{what}");
        if ties == tilldeck::domain::keyset::Ties::Id {
            assert_eq!(found, right, "{what}");
        }
        let mut ns: Vec<i32> = found.iter().map(|one| one.get_i32("n").unwrap()).collect();
        ns.sort_unstable();
        assert_eq!(ns, (0..KEPT).collect::<Vec<_>>(), "{what}");
    }
    is_over.store(true, Ordering::Relaxed);
    always.await.unwrap();
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_id_nothing_is_lost_among_writers() {
    for seed in 0..3 {
        walk_among_writers(doc! {"_id": 1}, None, seed).await;
        walk_among_writers(doc! {"_id": -1}, None, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_an_index_nothing_is_lost_among_writers() {
    for seed in 10..13 {
        walk_among_writers(doc! {"v": 1}, Some(doc! {"v": 1}), seed).await;
        walk_among_writers(doc! {"v": -1}, Some(doc! {"v": 1}), seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_index_nothing_is_lost_among_writers() {
    for seed in 20..23 {
        walk_among_writers(doc! {"v": 1}, None, seed).await;
        walk_among_writers(doc! {"v": -1}, None, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_two_fields_nothing_is_lost_among_writers() {
    for seed in 30..33 {
        walk_among_writers(doc! {"v": -1, "w": 1}, None, seed).await;
        walk_among_writers(doc! {"v": 1, "w": -1}, Some(doc! {"v": -1, "w": 1}), seed).await;
    }
}
