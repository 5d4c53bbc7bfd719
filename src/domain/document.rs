//! Documents, lazily over raw BSON: a folding tree that never decodes what is folded.

use std::sync::Arc;

pub(crate) mod json;
pub(crate) mod raw;
mod summary;
#[cfg(test)]
mod tests;
mod tree;

pub use self::json::JsonForm;
pub(crate) use self::summary::value as value_on_a_line;
pub use self::tree::{Line, Tree};

/// One page of documents.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Newest first, as raw BSON.
    pub documents: Vec<Arc<bson::RawDocumentBuf>>,
    /// Whether the collection has more documents than the page.
    pub has_more: bool,
}

impl Page {
    /// Every document as a folded tree, in the order of the page.
    pub fn trees(&self) -> Vec<Tree> {
        self.documents.iter().cloned().map(Tree::new).collect()
    }
}
