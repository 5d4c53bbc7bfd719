//! Documents, lazily over raw BSON: a folding tree that never decodes what is folded.

use std::sync::Arc;

/// One page of documents.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Newest first, as raw BSON.
    pub documents: Vec<Arc<bson::RawDocumentBuf>>,
    /// Whether the collection has more documents than the page.
    pub has_more: bool,
}

/// One document as a folding tree.
#[derive(Debug, Clone)]
pub struct Tree {}
