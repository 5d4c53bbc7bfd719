//! The rule that picks the shard of a new store.
//!
//! The total that the rules work with is every record of the registry, legacy and malformed
//! ones included, since the backend counts with `countDocuments` and no filter.

use super::{
    database::{Database, DatabaseId, Layout},
    distribution::Occupancy,
    pool::{PoolState, Pools},
};

/// A placement strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Strategy {
    /// The backend's formula, `floor(total / capacity) + 1`, at most N: it fills the shards
    /// one after the other and counts records, not occupancy.
    #[default]
    Documented,
    /// One shard after the other, by the number of stores there are.
    RoundRobin,
    /// The shard with the fewest stores; of several, the lowest number.
    LeastLoaded,
}

impl Strategy {
    /// Every strategy, the default first.
    pub const ALL: [Self; 3] = [Self::Documented, Self::RoundRobin, Self::LeastLoaded];

    /// The stable name in the configuration, on the command line and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::RoundRobin => "round-robin",
            Self::LeastLoaded => "least-loaded",
        }
    }
}

/// Where one strategy puts the next store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The rule.
    pub strategy: Strategy,
    /// The shard that it picks.
    pub shard: DatabaseId,
    /// How it came to that shard, with its numbers.
    pub why: String,
    /// Stores that the shard has now.
    pub target_count: u32,
    /// Whether the shard has its full number of stores already.
    pub full: bool,
}

/// Where the next store goes under each strategy, and what is wrong with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// In the order of [`Strategy::ALL`]; empty for a fleet without shards.
    pub placements: Vec<Placement>,
    /// The shards among the targets that cannot be reached, in order.
    pub down: Vec<DatabaseId>,
}

impl Preview {
    /// Where this strategy puts the next store.
    pub fn under(&self, strategy: Strategy) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.strategy == strategy)
    }

    /// Whether the strategies do not agree.
    pub fn differs(&self) -> bool {
        self.placements.windows(2).any(|pair| pair[0].shard != pair[1].shard)
    }

    /// Whether the shard of this placement cannot be reached.
    pub fn is_down(&self, placement: &Placement) -> bool {
        self.down.contains(&placement.shard)
    }
}

/// Where the next store goes; `None` for a fleet without shards.
pub fn place(strategy: Strategy, occupancy: &Occupancy, layout: &Layout) -> Option<Placement> {
    let (total, highest) = (occupancy.total, layout.database_count);
    let capacity = layout.stores_per_database.max(1);
    let (shard, why) = match strategy {
        Strategy::Documented => {
            let wanted = u64::from(total / capacity) + 1;
            let number = wanted.min(highest.into());
            let why = format!("{total} records: floor({total} / {capacity}) + 1 = {wanted}");
            let capped =
                if wanted > number { format!(", at most {highest}") } else { String::new() };
            (layout.shard(i64::try_from(number).ok()?)?, why + &capped)
        }
        Strategy::RoundRobin => {
            let turn = total.checked_rem(highest)? + 1;
            let why = format!("{total} records: {total} mod {highest} + 1 = {turn}");
            (layout.shard(turn.into())?, why)
        }
        Strategy::LeastLoaded => {
            let shard = layout.shards().min_by_key(|shard| (occupancy.of(*shard), *shard))?;
            let stores = occupancy.of(shard);
            (shard, format!("fewest stores: {stores} of {capacity}"))
        }
    };
    let target_count = occupancy.of(shard);
    Some(Placement { strategy, shard, why, target_count, full: target_count >= capacity })
}

/// Where the next store goes under each strategy.
pub fn preview(occupancy: &Occupancy, layout: &Layout, pools: &Pools) -> Preview {
    let placed = Strategy::ALL.iter().filter_map(|strategy| place(*strategy, occupancy, layout));
    let placements: Vec<Placement> = placed.collect();
    let is_down = |shard: &DatabaseId| {
        pools.get(Database::Shard(*shard)).is_some_and(|pool| pool.state == PoolState::Down)
    };
    let mut down: Vec<DatabaseId> =
        placements.iter().map(|placement| placement.shard).filter(is_down).collect();
    down.sort_unstable();
    down.dedup();
    Preview { placements, down }
}

#[cfg(test)]
mod tests;
