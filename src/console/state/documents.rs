//! The newest documents of one collection, as folding trees.

use super::{command::RequestId, model::ListCursor};
use crate::domain::{database::Database, document::Tree, failure::Failure};

/// The documents view.
#[derive(Debug)]
pub struct DocumentsView {
    /// Where the collection is.
    pub database: Database,
    /// The full collection name, as stored.
    pub collection: String,
    /// What it holds.
    pub collection_type: crate::domain::database::CollectionType,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// Whether the collection has more documents than the page.
    pub has_more: bool,
    /// One tree a document; its visible lines are computed when they are drawn.
    pub trees: Vec<Tree>,
    /// The selected line and the first visible one, counted over all trees.
    pub cursor: ListCursor,
}
