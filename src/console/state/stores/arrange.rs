//! Sorting and filtering the registry, all at once or change by change.

use std::sync::Arc;

use super::{Arrangement, Order, StoreFilter, filter::StoreMatcher, order};
use crate::domain::{
    database::Layout,
    registry::{Change, Registry},
    store::Store,
};

/// Sorting and filtering a whole registry: pure, so that it can be done on any thread.
#[derive(Debug, Clone)]
pub struct ArrangeTask {
    /// The list to arrange.
    pub registry: Arc<Registry>,
    /// The names of the databases, which filters can match.
    pub layout: Arc<Layout>,
    /// Which rows to keep.
    pub filter: StoreFilter,
    /// In which order.
    pub order: Order,
}

impl ArrangeTask {
    /// Does it. Tens of milliseconds for 100 000 records.
    pub fn run(&self) -> Arrangement {
        let mut matcher = StoreMatcher::new(&self.filter, &self.layout);
        let kept =
            self.registry.stores.iter().filter(|store| matcher.keeps(store)).cloned().collect();
        Arrangement { rows: Arc::new(order::sort(kept, self.order)) }
    }
}

/// What one change did to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Where a row went away, counted before.
    pub removed: Option<usize>,
    /// Where a row came in, counted after the removal.
    pub inserted: Option<usize>,
}

/// Rows that follow the changes of a registry one by one, without being sorted again.
pub struct Follower<'a> {
    matcher: StoreMatcher,
    order: Order,
    rows: &'a mut Vec<Arc<Store>>,
}

impl<'a> Follower<'a> {
    /// Follows with rows that were arranged by this filter and order.
    pub fn new(
        rows: &'a mut Vec<Arc<Store>>,
        layout: &Layout,
        filter: &StoreFilter,
        order: Order,
    ) -> Self {
        Self { matcher: StoreMatcher::new(filter, layout), order, rows }
    }

    /// Puts one change into the rows.
    pub fn follow(&mut self, change: &Change) -> Moved {
        match change {
            Change::Added(store) => Moved { removed: None, inserted: self.insert(store) },
            Change::Removed(store) => Moved { removed: self.remove(store), inserted: None },
            Change::Changed(before, after) => {
                Moved { removed: self.remove(before), inserted: self.insert(after) }
            }
        }
    }

    fn insert(&mut self, store: &Arc<Store>) -> Option<usize> {
        if !self.matcher.keeps(store) {
            return None;
        }
        let index = order::position(self.rows, store, self.order).unwrap_or_else(|index| index);
        self.rows.insert(index, Arc::clone(store));
        Some(index)
    }

    fn remove(&mut self, store: &Arc<Store>) -> Option<usize> {
        let index = order::position(self.rows, store, self.order).ok()?;
        self.rows.remove(index);
        Some(index)
    }
}
