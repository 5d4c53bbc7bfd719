//! What must stay quick with 100 000 stores and with a document of 16 MB.

use std::{hint::black_box, sync::Arc};

use bson::{RawDocumentBuf, doc};
use criterion::{Criterion, criterion_group, criterion_main};
use tilldeck::domain::{
    database::Layout,
    distribution::Occupancy,
    document::Tree,
    ownership::Owners,
    placement::{Strategy, place},
    registry::Registry,
    store::Store,
};

const N_STORES: i32 = 100_000;

fn records() -> Vec<RawDocumentBuf> {
    let record = |number: i32| {
        let prefix = format!("store{number}");
        let record = doc! {
            "_id": number, "storeId": &prefix, "name": "Corner shop", "prefix": &prefix,
            "databaseId": number % 5 + 1,
        };
        RawDocumentBuf::try_from(&record).unwrap_or_default()
    };
    (0..N_STORES).map(record).collect()
}

fn registry(layout: &Layout) -> Registry {
    let decoded = records().into_iter().map(|raw| Arc::new(Store::decode(&raw, layout)));
    let mut stores: Vec<_> = decoded.collect();
    stores.sort_by(|a, b| a.record.cmp(&b.record));
    Registry { stores, ..Registry::default() }
}

fn stores(criterion: &mut Criterion) {
    let layout = Layout::default();
    let records = records();
    criterion.bench_function("decode 100 000 records", |bencher| {
        bencher.iter(|| {
            records
                .iter()
                .map(|raw| Store::decode(raw, &layout))
                .filter(|s| s.problems.is_empty())
                .count()
        });
    });
    let before = registry(&layout);
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

criterion_group!(benches, stores, documents);
criterion_main!(benches);
