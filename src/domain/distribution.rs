//! How the stores are spread over the databases.

use std::collections::BTreeMap;

use super::database::DatabaseId;

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
