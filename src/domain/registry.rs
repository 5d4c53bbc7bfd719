//! The registry at one moment: every store, where the list came from and how old it is.

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;

use super::{
    failure::Failure,
    store::{RecordId, Store, StoreState},
};

/// Where a registry snapshot came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// Nothing has been read yet.
    #[default]
    Loading,
    /// Followed by change stream.
    ChangeStream,
    /// Read again at intervals, because the server has no change streams.
    Polling,
    /// The last known registry from disk, while the main database is out of reach.
    Cache,
}

/// Every registry record, ordered by [`RecordId`].
///
/// Records that did not change keep their `Arc` from snapshot to snapshot, so comparing
/// two snapshots costs one pointer comparison a record.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Ordered by record id.
    pub stores: Vec<Arc<Store>>,
    /// Where the list came from.
    pub source: Source,
    /// When the list was last known to be true; `None` before the first load.
    pub as_of: Option<Timestamp>,
    /// Why the list is not live.
    pub failure: Option<Failure>,
}

/// Stores by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Every record.
    pub total: usize,
    /// Records without `databaseId`.
    pub legacy: usize,
    /// Records that the backend cannot use.
    pub malformed: usize,
}

/// How one record differs between two snapshots.
#[derive(Debug, Clone)]
pub enum Change {
    /// Only in the newer one.
    Added(Arc<Store>),
    /// In both, with other contents: before, after.
    Changed(Arc<Store>, Arc<Store>),
    /// Only in the older one.
    Removed(Arc<Store>),
}

impl Registry {
    /// The store with this record id. O(log n).
    pub fn get(&self, record: &RecordId) -> Option<&Arc<Store>> {
        self.position(record).ok().and_then(|index| self.stores.get(index))
    }

    /// Where the record is, or where it would be inserted.
    ///
    /// # Errors
    ///
    /// The index of insertion, when the record is absent.
    pub fn position(&self, record: &RecordId) -> Result<usize, usize> {
        self.stores.binary_search_by(|store| store.record.cmp(record))
    }

    /// Stores by state. O(n).
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { total: self.stores.len(), ..Counts::default() };
        for store in &self.stores {
            match store.state() {
                StoreState::Ok => {}
                StoreState::Legacy => counts.legacy += 1,
                StoreState::Malformed => counts.malformed += 1,
            }
        }
        counts
    }

    /// What changed from `older` to this snapshot, in the order of record ids.
    pub fn changes_since(&self, older: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut before = older.stores.iter().peekable();
        let mut after = self.stores.iter().peekable();
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return changes,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) if Arc::ptr_eq(old, new) => Ordering::Equal,
                (Some(old), Some(new)) => old.record.cmp(&new.record),
            };
            match order {
                Ordering::Less => changes.extend(before.next().cloned().map(Change::Removed)),
                Ordering::Greater => changes.extend(after.next().cloned().map(Change::Added)),
                Ordering::Equal => {
                    if let (Some(old), Some(new)) = (before.next(), after.next())
                        && !Arc::ptr_eq(old, new)
                        && old != new
                    {
                        changes.push(Change::Changed(old.clone(), new.clone()));
                    }
                }
            }
        }
    }
}
