//! The distribution pane: bars against capacity, and where the next store goes.

use super::{command::RequestId, model::ListCursor};
use crate::domain::{collection::Usage, failure::Failure};

/// What the bars count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Registry records.
    #[default]
    Stores,
    /// Documents in the whole database.
    Documents,
    /// Uncompressed bytes in the whole database.
    Bytes,
}

/// The distribution pane.
#[derive(Debug, Default)]
pub struct DistributionPane {
    /// What the bars count.
    pub measure: Measure,
    /// Stores by where their records send them. Kept up to date with each registry change,
    /// so that drawing never counts.
    pub occupancy: crate::domain::distribution::Occupancy,
    /// Documents and bytes, as last read; empty before the first read.
    pub usage: Vec<Result<Usage, Failure>>,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    /// The selected bar and the first visible one.
    pub cursor: ListCursor,
}
