//! The collections of the selected store.

use std::sync::Arc;

use super::{command::RequestId, model::ListCursor};
use crate::domain::{collection::StoreCollections, failure::Failure, store::Store};

/// The collections pane.
#[derive(Debug, Default)]
pub struct CollectionsPane {
    /// Whose collections these are.
    pub store: Option<Arc<Store>>,
    /// What was read; `None` before the first answer.
    pub loaded: Option<Result<StoreCollections, Failure>>,
    /// The read that is under way. What was read before stays on the screen.
    pub loading: Option<RequestId>,
    /// When to read, for a selection that is still moving.
    pub load_at: Option<jiff::Timestamp>,
    /// The selected collection and the first visible row.
    pub cursor: ListCursor,
}
