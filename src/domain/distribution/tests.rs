use std::sync::Arc;

use bson::{Bson, RawDocumentBuf, doc};

use super::*;
use crate::domain::store::Store;

fn store(id: i32, database_id: impl Into<Bson>) -> Arc<Store> {
    let record = doc! {
        "_id": id, "storeId": "a", "name": "n", "prefix": "p", "databaseId": database_id.into(),
    };
    Arc::new(Store::decode(&RawDocumentBuf::try_from(&record).unwrap(), &Layout::default()))
}

fn registry(stores: &[Arc<Store>]) -> Registry {
    Registry { stores: stores.to_vec(), ..Registry::default() }
}

#[test]
fn changes_lead_to_the_same_counts_as_counting_again() {
    let before =
        registry(&[store(1, 1), store(2, 1), store(3, Bson::Null), store(4, 9), store(5, true)]);
    let after =
        registry(&[store(1, 2), store(3, 3), store(4, Bson::Null), store(5, 7), store(6, "2")]);
    let mut followed = Occupancy::count(&before);
    assert_eq!((followed.total, followed.legacy), (5, 1));
    assert_eq!((followed.out_of_range, followed.unreadable), (1, 1));
    for change in after.changes_since(&before) {
        followed.apply(&change);
    }
    assert_eq!(followed, Occupancy::count(&after));
}

#[test]
fn bars_outside_of_the_shards_appear_when_they_have_stores() {
    let layout = Layout { stores_per_database: 1, ..Layout::default() };
    let bars = Occupancy::count(&registry(&[store(1, 2), store(2, 9)])).bars(&layout);
    let told: Vec<_> = bars.iter().map(|bar| (bar.group, bar.stores, bar.is_full())).collect();
    let shard =
        |number, stores, full| (Group::Shard(DatabaseId::new(number).unwrap()), stores, full);
    let shards = [1, 2, 3, 4, 5].map(|number| shard(number, u32::from(number == 2), number == 2));
    assert_eq!(told[..5], shards);
    assert_eq!(told[5..], [(Group::OutOfRange, 1, false)]);
}
