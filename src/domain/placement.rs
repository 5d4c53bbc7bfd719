//! The rule that picks the shard of a new store.

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
