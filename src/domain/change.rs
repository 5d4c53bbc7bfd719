//! A change of a document, as a change stream tells it.

use bson::RawDocumentBuf;

use super::{
    document::raw::elements,
    shell::{raw_document, raw_value},
};

/// One change. Documents stay bytes: one that cannot be decoded is a change all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When the server made it.
    pub at: Option<bson::DateTime>,
    /// `insert`, `update`, `replace`, `delete`, `drop`, …
    pub operation: String,
    /// The collection.
    pub collection: String,
    /// The `_id` of the document, in a document of its own.
    pub key: RawDocumentBuf,
    /// The document as it is now; of a deletion nothing.
    pub document: Option<RawDocumentBuf>,
    /// What an update changed.
    pub update: Option<RawDocumentBuf>,
}

impl Change {
    /// The `_id` on a line, in the syntax of the shell.
    pub fn id(&self) -> String {
        let mut fields = elements(self.key.as_bytes(), 0).map_while(Result::ok);
        let id = fields.find(|field| field.key == b"_id");
        id.map(|id| raw_value(&id)).unwrap_or_default()
    }

    /// What an update changed, else the document, on a line.
    pub fn what(&self) -> String {
        let what = self.update.as_ref().or(self.document.as_ref());
        what.map(|document| raw_document(document.as_bytes())).unwrap_or_default()
    }
}
