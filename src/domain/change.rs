//! A change of a document, as a change stream tells it.

use bson::Document;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When the server made it.
    pub at: Option<bson::DateTime>,
    /// `insert`, `update`, `replace`, `delete`, `drop`, …
    pub operation: String,
    /// The collection.
    pub collection: String,
    /// The `_id` of the document, in a document of its own.
    pub key: Document,
    /// The document as it is now; of a deletion nothing.
    pub document: Option<Document>,
    /// What an update changed.
    pub update: Option<Document>,
}
