//! The list of stores with changes applied to it. Pure.

use std::sync::Arc;

use bson::RawDocument;

use crate::domain::{
    database::Layout,
    document::{json, raw},
    store::{RecordId, Store},
};

/// What happened to one record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RecordEvent {
    /// It was inserted, replaced or updated, and is now this.
    Put(Box<Store>),
    /// It is gone.
    Gone(RecordId),
}

/// Every known record, ordered by id.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    stores: Vec<Arc<Store>>,
    is_changed: bool,
}

impl Ledger {
    /// A list that is known from elsewhere; ordered by record id.
    pub(super) fn new(stores: Vec<Arc<Store>>) -> Self {
        Self { stores, is_changed: false }
    }

    /// The records, ordered by id.
    pub(super) fn stores(&self) -> &[Arc<Store>] {
        &self.stores
    }

    /// Whether the list differs from what was published last.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether the list differs from what was published last; it counts as published now.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Takes a full read. Records that did not change keep their `Arc`.
    pub(super) fn replace_all(&mut self, mut stores: Vec<Store>) {
        stores.sort_by(|a, b| a.record.cmp(&b.record));
        stores.dedup_by(|later, kept| later.record == kept.record);
        let mut known = std::mem::take(&mut self.stores).into_iter().peekable();
        let mut n_kept = 0;
        let n_known = known.len();
        let merge = |store: Store| {
            while known.next_if(|old| old.record < store.record).is_some() {}
            match known.next_if(|old| **old == store) {
                Some(old) => {
                    n_kept += 1;
                    old
                }
                None => Arc::new(store),
            }
        };
        self.stores = stores.into_iter().map(merge).collect();
        self.is_changed |= n_kept != n_known || n_kept != self.stores.len();
    }

    /// Applies one change. An event that tells nothing new changes nothing, which is what
    /// makes events harmless that the full read has seen already.
    pub(super) fn apply(&mut self, event: RecordEvent) {
        match event {
            RecordEvent::Put(store) => match self.position(&store.record) {
                Ok(index) if *self.stores[index] == *store => {}
                Ok(index) => {
                    self.stores[index] = Arc::from(store);
                    self.is_changed = true;
                }
                Err(index) => {
                    self.stores.insert(index, Arc::from(store));
                    self.is_changed = true;
                }
            },
            RecordEvent::Gone(record) => {
                if let Ok(index) = self.position(&record) {
                    self.stores.remove(index);
                    self.is_changed = true;
                }
            }
        }
    }

    fn position(&self, record: &RecordId) -> Result<usize, usize> {
        self.stores.binary_search_by(|store| store.record.cmp(record))
    }
}

/// What one event of the change stream says; `None` for one that concerns no record.
///
/// Everything that ends the collection as it was (a drop, a rename, an invalidation) is an
/// [`Unfollowable`]: the stream is opened and the list read again.
pub(super) fn decode(
    event: &RawDocument,
    layout: &Layout,
) -> Result<Option<RecordEvent>, Unfollowable> {
    let fields: Vec<_> = raw::elements(event.as_bytes(), 0).map_while(Result::ok).collect();
    let field = |name: &str| fields.iter().find(|field| field.key == name.as_bytes());
    let operation = field("operationType").map(|field| raw::text(field.value)).unwrap_or_default();
    let key = || {
        let key = field("documentKey")?;
        let mut parts = raw::elements(key.value, 0).map_while(Result::ok);
        parts.find(|part| part.key == b"_id").map(|id| RecordId::new(&json::value(&id)))
    };
    match operation {
        b"insert" | b"replace" | b"update" => {
            let document = field("fullDocument")
                .and_then(|full| RawDocument::from_bytes(full.value).ok())
                .map(|full| RecordEvent::Put(Box::new(Store::decode(full, layout))));
            // An update whose document is gone by now: it was deleted, and the event follows.
            Ok(document.or_else(|| key().map(RecordEvent::Gone)))
        }
        b"delete" => key().map(|key| Some(RecordEvent::Gone(key))).ok_or(Unfollowable),
        b"drop" | b"rename" | b"dropDatabase" | b"invalidate" | b"" => Err(Unfollowable),
        _ => Ok(None),
    }
}

/// The stream cannot be followed past this event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfollowable;

#[cfg(test)]
mod tests;
