//! What must stay quick with 100 000 stores and with a document of 16 MB.

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use bson::{RawDocumentBuf, doc};
use criterion::{Criterion, criterion_group, criterion_main};
use tilldeck::{
    doctor::examine,
    domain::{
        collection::Form,
        database::{Database, Layout},
        distribution::Occupancy,
        document::Tree,
        index::IndexSpec,
        inventory::{Inventory, Listing, Named},
        ownership::{Owners, collection_name},
        placement::{Strategy, place},
        registry::{Registry, Source},
        store::Store,
    },
};

const N_STORES: i32 = 100_000;

fn records(n_stores: i32) -> Vec<RawDocumentBuf> {
    let record = |number: i32| {
        let prefix = format!("store{number}");
        let record = doc! {
            "_id": number, "storeId": &prefix, "name": "Corner shop", "prefix": &prefix,
            "databaseId": number % 5 + 1,
        };
        RawDocumentBuf::try_from(&record).unwrap_or_default()
    };
    (0..n_stores).map(record).collect()
}

fn registry(n_stores: i32, layout: &Layout) -> Registry {
    let decoded = records(n_stores).into_iter().map(|raw| Arc::new(Store::decode(&raw, layout)));
    let mut stores: Vec<_> = decoded.collect();
    stores.sort_by(|a, b| a.record.cmp(&b.record));
    Registry { stores, ..Registry::default() }
}

fn stores(criterion: &mut Criterion) {
    let layout = Layout::default();
    let records = records(N_STORES);
    criterion.bench_function("decode 100 000 records", |bencher| {
        bencher.iter(|| {
            records
                .iter()
                .map(|raw| Store::decode(raw, &layout))
                .filter(|s| s.problems.is_empty())
                .count()
        });
    });
    let before = registry(N_STORES, &layout);
    let mut after = before.clone();
    if let Some(store) = after.stores.get_mut(50_000) {
        *store = Arc::new(Store { name: None, ..(**store).clone() });
    }
    criterion.bench_function("one change in 100 000", |bencher| {
        bencher.iter(|| black_box(&after).changes_since(black_box(&before)).len());
    });
    let owners = Owners::new(&before, &layout);
    criterion.bench_function("owner of a collection", |bencher| {
        bencher.iter(|| owners.of(black_box("store4711_orders")).len());
    });
    let occupancy = Occupancy::count(&before);
    criterion.bench_function("least-loaded placement", |bencher| {
        bencher.iter(|| place(Strategy::LeastLoaded, black_box(&occupancy), &layout));
    });
}

/// Stores with five collections each; the orders of every hundredth are in every shard.
fn inventory(n_stores: i32) -> Inventory {
    let layout = Layout { stores_per_database: 2_000, ..Layout::default() };
    let registry = Registry { source: Source::ChangeStream, ..registry(n_stores, &layout) };
    let indexes: Arc<[IndexSpec]> = [
        IndexSpec::new(&doc! {"key": {"_id": 1}, "name": "_id_"}),
        IndexSpec::new(&doc! {"key": {"createdAt": -1}, "name": "createdAt_-1"}),
    ]
    .into();
    let named = |name: String| Named {
        name: name.into(),
        form: Form::Collection,
        indexes: Some(indexes.clone()),
    };
    let collections = |database: Database| {
        let mut collections = Vec::new();
        for (number, store) in registry.stores.iter().enumerate() {
            let prefix = store.prefix.as_deref().unwrap_or_default();
            let is_home = store.route.database() == Some(database);
            for (kind, collection_type) in layout.collection_types.iter().enumerate() {
                let is_stray = number % 100 == 0 && kind == 1 && database != Database::Main;
                if is_home || is_stray {
                    collections.push(named(collection_name(prefix, collection_type)));
                }
            }
        }
        collections.sort_by(|a, b| a.name.cmp(&b.name));
        Listing { database, collections: Ok(collections) }
    };
    Inventory {
        listings: layout.databases().map(collections).collect(),
        registry: Arc::new(registry.clone()),
        registry_indexes: Ok(Vec::new()),
        users: Ok(Vec::new()),
        documents: BTreeMap::default(),
        layout,
    }
}

fn doctor(criterion: &mut Criterion) {
    let inventory = inventory(10_000);
    criterion.bench_function("examine 10 000 stores", |bencher| {
        bencher.iter(|| examine(black_box(&inventory)).findings.len());
    });
}

fn documents(criterion: &mut Criterion) {
    let numbers = doc! {"n": (0..1_000_000).collect::<Vec<i32>>()};
    let raw = Arc::new(RawDocumentBuf::try_from(&numbers).unwrap_or_default());
    criterion.bench_function("open a document of 12 MB", |bencher| {
        bencher.iter(|| {
            let mut tree = Tree::new(raw.clone());
            tree.unfold(0);
            tree.line(1)
        });
    });
    criterion.bench_function("unfold a million elements", |bencher| {
        bencher.iter(|| {
            let mut tree = Tree::new(raw.clone());
            tree.unfold(0);
            tree.unfold(1);
            tree.line(999_999)
        });
    });
}

criterion_group!(benches, stores, doctor, documents);
criterion_main!(benches);
