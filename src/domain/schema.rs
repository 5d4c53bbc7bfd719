//! What documents look like, from a sample: fields, types, presence, a few values.

use std::collections::BTreeMap;

use bson::RawDocument;

use super::{
    document::{
        raw::{self, Element, elements},
        value_on_a_line,
    },
    text::SafeText,
};
use bson::spec::ElementType;

/// Most paths that are kept; documents with keys made of data have more than anyone can read.
const MOST_FIELDS: usize = 2_000;
/// Deepest nesting that is followed.
const DEEPEST: usize = 12;
/// Elements of an array that are looked at.
const ELEMENTS: usize = 20;
/// Values that are kept of each field.
const VALUES: usize = 3;
/// Fields and elements of one document that are looked at: a document of 16 MB may have a
/// million.
const MOST_ELEMENTS: usize = 5_000;
/// Columns that a value of the sample may take.
const VALUE_WIDTH: usize = 40;

/// What a sample has shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Documents in the sample.
    pub n_documents: u64,
    /// Every field by its dotted path, in the order in which they were first seen.
    pub fields: Vec<Field>,
    /// Whether there were more fields than are kept.
    pub is_cut: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The dotted path, as stored; through arrays without an index.
    pub path: String,
    /// Documents that have it.
    pub n_documents: u64,
    /// Types, by the names of `$type`, with the number of values; the most frequent first.
    pub types: Vec<(&'static str, u64)>,
    /// A few different values, on a line each.
    pub values: Vec<SafeText>,
}

/// Gathers a sample.
#[derive(Debug, Default)]
pub struct Gatherer {
    schema: Schema,
    places: BTreeMap<String, usize>,
    /// The document in which each field was last counted.
    counted: Vec<u64>,
    /// Fields that the document under way may still have.
    left: usize,
}

impl Gatherer {
    /// Takes one more document.
    pub fn add(&mut self, document: &RawDocument) {
        self.schema.n_documents += 1;
        self.left = MOST_ELEMENTS;
        self.document(document.as_bytes(), "", 0);
    }

    fn document(&mut self, bytes: &[u8], prefix: &str, depth: usize) {
        for element in elements(bytes, 0).map_while(Result::ok) {
            let Some(left) = self.left.checked_sub(1) else {
                self.schema.is_cut = true;
                return;
            };
            self.left = left;
            let key = String::from_utf8_lossy(element.key);
            let path = if prefix.is_empty() { key.into_owned() } else { format!("{prefix}.{key}") };
            self.value(&element, &path, depth);
        }
    }

    fn value(&mut self, element: &Element<'_>, path: &str, depth: usize) {
        self.count(element, path);
        match element.kind {
            _ if depth >= DEEPEST => {}
            ElementType::EmbeddedDocument => self.document(element.value, path, depth + 1),
            ElementType::Array => {
                for item in elements(element.value, 0).map_while(Result::ok).take(ELEMENTS) {
                    if item.kind == ElementType::EmbeddedDocument {
                        self.document(item.value, path, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, element: &Element<'_>, path: &str) {
        let index = match self.places.get(path) {
            Some(index) => *index,
            None if self.schema.fields.len() >= MOST_FIELDS => {
                self.schema.is_cut = true;
                return;
            }
            None => {
                let index = self.schema.fields.len();
                self.places.insert(path.to_owned(), index);
                let field =
                    Field { path: path.to_owned(), n_documents: 0, types: vec![], values: vec![] };
                self.schema.fields.push(field);
                self.counted.push(0);
                index
            }
        };
        let n_documents = self.schema.n_documents;
        let (Some(field), Some(counted)) =
            (self.schema.fields.get_mut(index), self.counted.get_mut(index))
        else {
            return;
        };
        if *counted != n_documents {
            *counted = n_documents;
            field.n_documents += 1;
        }
        let name = raw::type_name(element.kind);
        match field.types.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => field.types.push((name, 1)),
        }
        let is_container =
            matches!(element.kind, ElementType::EmbeddedDocument | ElementType::Array);
        if field.values.len() < VALUES && !is_container {
            let value = value_on_a_line(element).cut(VALUE_WIDTH, "...");
            if !field.values.contains(&value) {
                field.values.push(value);
            }
        }
    }

    /// What was seen: the fields in the order in which they appeared, children after parents.
    pub fn finish(mut self) -> Schema {
        for field in &mut self.schema.fields {
            field.types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
        self.schema
    }
}

impl Schema {
    /// The schema of these documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a RawDocument>) -> Self {
        let mut gatherer = Gatherer::default();
        documents.into_iter().for_each(|document| gatherer.add(document));
        gatherer.finish()
    }

    /// The dotted paths, for completion.
    pub fn paths(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.path.clone()).collect()
    }

    /// Fields that make good columns: `_id`, then those that hold single values, the ones that
    /// most documents have first, at most `n`.
    pub fn columns(&self, n: usize) -> Vec<String> {
        let holds_values = |field: &&Field| {
            field.types.iter().any(|(name, _)| !matches!(*name, "object" | "array"))
        };
        let mut fields: Vec<&Field> = self.fields.iter().filter(holds_values).collect();
        let rank = |field: &&Field| {
            let depth = field.path.matches('.').count();
            (field.path != "_id", depth, std::cmp::Reverse(field.n_documents))
        };
        fields.sort_by_key(rank);
        fields.into_iter().take(n).map(|field| field.path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    #[test]
    fn fields_types_presence_and_values_are_counted() {
        let documents = [
            rawdoc! {"_id": 1, "status": "paid", "lines": [{"sku": "a"}, {"sku": "b", "n": 2}]},
            rawdoc! {"_id": 2, "status": 5, "address": {"city": "Bonn"}},
        ];
        let schema = Schema::of(documents.iter().map(std::convert::AsRef::as_ref));
        let field = |path: &str| schema.fields.iter().find(|field| field.path == path).unwrap();
        assert_eq!(schema.n_documents, 2);
        assert_eq!(field("status").types, [("string", 1), ("int", 1)]);
        assert_eq!(
            (field("lines.sku").n_documents, field("lines.sku").types[0]),
            (1, ("string", 2))
        );
        assert_eq!(field("address.city").n_documents, 1);
        assert_eq!(field("_id").values.len(), 2);
        assert_eq!(schema.columns(3), ["_id", "status", "lines.sku"]);
    }

    #[test]
    fn keys_made_of_data_do_not_fill_the_memory() {
        let mut gatherer = Gatherer::default();
        for index in 0..3_000 {
            let mut document = bson::Document::new();
            document.insert(format!("k{index}"), 1);
            gatherer.add(&bson::RawDocumentBuf::try_from(&document).unwrap());
        }
        let schema = gatherer.finish();
        assert!(schema.is_cut && schema.fields.len() == MOST_FIELDS);
    }
}
