//! `collections`: what one store has, and what it lacks.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use serde::Serialize;

use super::{
    error::ErrorBody,
    look::Look,
    names::Names,
    table::{Cell, Side, Table},
};
use crate::domain::{
    collection::{Collection, Details, Presence, StoreCollections},
    format,
    store::Store,
    text::{SafeText, safe},
};

/// The collections of one store.
#[derive(Debug, Serialize)]
pub struct CollectionList {
    store_id: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    database: String,
    collections: Vec<CollectionRow>,
    /// Names of collections that every store must have and this one lacks.
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CollectionRow {
    name: String,
    #[serde(rename = "type")]
    collection_type: String,
    kind: &'static str,
    documents: Option<u64>,
    bytes: Option<u64>,
    indexes: Option<u32>,
    /// Why a figure is null.
    error: Option<ErrorBody>,
}

impl CollectionList {
    /// The list for `--json`.
    pub fn new(store: &Store, found: &StoreCollections, names: &Names) -> Self {
        let owned = |field: &Option<Box<str>>| field.as_deref().map(ToOwned::to_owned);
        let missing = |collection: &&Collection| collection.presence == Presence::Missing;
        Self {
            store_id: owned(&store.store_id),
            name: owned(&store.name),
            prefix: owned(&store.prefix),
            database: names.of(found.database).to_owned(),
            collections: found.collections.iter().filter_map(CollectionRow::new).collect(),
            missing: found
                .collections
                .iter()
                .filter(missing)
                .map(|collection| collection.name.clone())
                .collect(),
        }
    }

    /// The list for people.
    pub fn text(store: &Store, found: &StoreCollections, names: &Names, look: Look) -> String {
        let parts: Vec<SafeText> = [&store.store_id, &store.name]
            .into_iter()
            .flatten()
            .map(|field| safe(field))
            .chain([safe(names.of(found.database))])
            .collect();
        let mut table = Table::new(&[
            ("COLLECTION", Side::Left),
            ("KIND", Side::Left),
            ("DOCUMENTS", Side::Right),
            ("SIZE", Side::Right),
            ("INDEXES", Side::Right),
        ]);
        let mut failures: Vec<&SafeText> = Vec::new();
        for collection in &found.collections {
            if let Presence::Present(Details { failure: Some(failure), .. }) = &collection.presence
                && !failures.contains(&&failure.message)
            {
                failures.push(&failure.message);
            }
            table.row(row(collection, look));
        }
        let mut text = format!("{}\n\n{}", SafeText::join(&parts, look.dot()), table.render());
        for failure in failures {
            let _ = write!(text, "\n{} {failure}\n", look.cross());
        }
        text
    }
}

impl CollectionRow {
    fn new(collection: &Collection) -> Option<Self> {
        let Presence::Present(details) = &collection.presence else { return None };
        Some(Self {
            name: collection.name.clone(),
            collection_type: collection.collection_type.as_str().to_owned(),
            kind: details.form.name(),
            documents: details.documents,
            bytes: details.bytes,
            indexes: details.indexes,
            error: details.failure.as_ref().map(ErrorBody::new),
        })
    }
}

fn row(collection: &Collection, look: Look) -> Vec<Cell> {
    let name = Cell::plain(safe(&collection.name));
    let figure = |figure: Option<String>| match figure {
        Some(text) => Cell::plain(safe(&text)),
        None => Cell::dim(safe("-")),
    };
    match &collection.presence {
        Presence::Present(details) => vec![
            name,
            Cell::plain(safe(details.form.name())),
            figure(details.documents.map(format::count)),
            figure(details.bytes.map(format::bytes)),
            figure(details.indexes.map(|indexes| format::count(indexes.into()))),
        ],
        Presence::Missing => {
            let word = safe(&format!("{} missing", look.cross()));
            vec![name, Cell::coloured(word, Some(anstyle::AnsiColor::Red))]
        }
        Presence::Absent => vec![name, Cell::dim(safe("absent"))],
    }
}
