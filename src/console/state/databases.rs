//! The databases pane: one row a database.

use super::model::ListCursor;

/// The databases pane. Rows are the pools, in their order: main, then the shards.
#[derive(Debug, Default)]
pub struct DatabasesPane {
    /// The selected database and the first visible row.
    pub cursor: ListCursor,
}
