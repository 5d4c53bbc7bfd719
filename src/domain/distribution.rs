//! How the stores are spread over the databases.

use std::collections::BTreeMap;

use super::{
    database::{DatabaseId, Layout},
    registry::{Change, Registry},
    store::Route,
};

/// Stores by where their records send them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Occupancy {
    /// Every record.
    pub total: u32,
    /// Stores in the main database, because `databaseId` is missing.
    pub legacy: u32,
    /// Stores of each shard; a shard without stores may be absent.
    pub shards: BTreeMap<DatabaseId, u32>,
    /// Stores whose `databaseId` is a number that is no shard.
    pub out_of_range: u32,
    /// Stores whose `databaseId` cannot be read.
    pub unreadable: u32,
}

impl Occupancy {
    /// Counts every record of a registry. O(n).
    pub fn count(registry: &Registry) -> Self {
        let mut occupancy = Self::default();
        for store in &registry.stores {
            occupancy.add(&store.route);
        }
        occupancy
    }

    /// Counts routes that were counted elsewhere, each with how many records have it.
    pub fn of_routes(routes: impl IntoIterator<Item = (Route, u32)>) -> Self {
        let mut occupancy = Self::default();
        for (route, stores) in routes {
            occupancy.total += stores;
            *occupancy.slot(&route) += stores;
        }
        occupancy
    }

    /// Counts one more store in a shard, for a plan of several.
    pub fn add_store(&mut self, shard: DatabaseId) {
        self.add(&Route::Shard(shard));
    }

    /// Follows one change, so that a changed record does not cost a count of all.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Added(store) => self.add(&store.route),
            Change::Removed(store) => self.remove(&store.route),
            Change::Changed(before, after) => {
                self.remove(&before.route);
                self.add(&after.route);
            }
        }
    }

    /// Stores of one shard.
    pub fn of(&self, shard: DatabaseId) -> u32 {
        self.shards.get(&shard).copied().unwrap_or(0)
    }

    /// One bar for each shard in order, then one for each group outside of the shards that
    /// has stores.
    pub fn bars(&self, layout: &Layout) -> Vec<Bar> {
        let shards = layout.shards().map(|shard| Bar {
            group: Group::Shard(shard),
            stores: self.of(shard),
            capacity: Some(layout.stores_per_database),
        });
        let others = [
            (Group::Legacy, self.legacy),
            (Group::OutOfRange, self.out_of_range),
            (Group::Unreadable, self.unreadable),
        ];
        let others = others.into_iter().filter(|(_, stores)| *stores > 0);
        shards.chain(others.map(|(group, stores)| Bar { group, stores, capacity: None })).collect()
    }

    fn add(&mut self, route: &Route) {
        self.total += 1;
        *self.slot(route) += 1;
    }

    fn remove(&mut self, route: &Route) {
        self.total = self.total.saturating_sub(1);
        let slot = self.slot(route);
        *slot = slot.saturating_sub(1);
        if let Route::Shard(shard) = route
            && self.of(*shard) == 0
        {
            self.shards.remove(shard);
        }
    }

    fn slot(&mut self, route: &Route) -> &mut u32 {
        match route {
            Route::Legacy => &mut self.legacy,
            Route::Shard(shard) => self.shards.entry(*shard).or_default(),
            Route::OutOfRange(_) => &mut self.out_of_range,
            Route::Unreadable => &mut self.unreadable,
        }
    }
}

/// Stores that stand together in the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Those of one shard.
    Shard(DatabaseId),
    /// Those in the main database.
    Legacy,
    /// Those whose `databaseId` is no shard.
    OutOfRange,
    /// Those whose `databaseId` cannot be read.
    Unreadable,
}

/// One bar of the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Whose bar it is.
    pub group: Group,
    /// How many stores there are.
    pub stores: u32,
    /// How many fit; `None` where no limit is set.
    pub capacity: Option<u32>,
}

impl Bar {
    /// Whether no store more fits.
    pub fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.stores >= capacity)
    }
}

#[cfg(test)]
mod tests;
