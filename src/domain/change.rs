//! A change of a document, as a change stream tells it.

use bson::RawDocumentBuf;

use super::{
    document::raw::elements,
    shell::{raw_document, raw_value},
};

/// Most characters of an `_id`, and of what was changed, that a summary keeps.
const KEPT: usize = 1_000;

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

/// What a list of changes keeps of one: some kilobytes, however large the document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// When the server made it.
    pub at: Option<bson::DateTime>,
    /// As [`Change::operation`].
    pub operation: String,
    /// The collection.
    pub collection: String,
    /// The beginning of [`Change::id`].
    pub id: String,
    /// The beginning of [`Change::what`].
    pub what: String,
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

    /// What a list of changes keeps of it.
    pub fn summary(&self) -> Summary {
        Summary {
            at: self.at,
            operation: self.operation.clone(),
            collection: self.collection.clone(),
            id: beginning(&self.id()),
            what: beginning(&self.what()),
        }
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(KEPT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn the_summary_of_a_large_change_is_small_and_that_of_a_small_one_whole() {
        let change = |text: &str| Change {
            at: None,
            operation: "insert".into(),
            collection: "s1_orders".into(),
            key: rawdoc! {"_id": text},
            document: Some(rawdoc! {"_id": text, "total": 5}),
            update: None,
        };
        let small = change("a").summary();
        assert_eq!((small.id.as_str(), small.what.as_str()), ("\"a\"", "{_id: \"a\", total: 5}"));
        let large = change(&"🧾".repeat(1_000_000)).summary();
        assert_eq!(large.id.chars().count(), KEPT + 3);
        assert!(large.id.ends_with("🧾...") && large.what.ends_with("🧾..."));
        assert!(large.id.capacity() + large.what.capacity() < 20 * KEPT);
    }
}
