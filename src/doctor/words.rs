//! The words that messages and evidence of several rules share.

use std::fmt::Display;

use bson::{Bson, Document, doc};

use super::facts::Facts;
use crate::domain::{database::Database, format, store::Store};

/// How many names a message lists; the evidence has all of them.
const MOST_NAMES: usize = 4;

/// A text in back-ticks.
pub(super) fn ticked(text: impl Display) -> String {
    format!("`{text}`")
}

/// A store by its storeId, else its prefix, else its record.
pub(super) fn called(store: &Store) -> String {
    match (&store.store_id, &store.prefix) {
        (Some(store_id), _) => format!("store `{store_id}`"),
        (None, Some(prefix)) => format!("the store with prefix `{prefix}`"),
        (None, None) => format!("record `{}`", store.record.as_str()),
    }
}

/// A store where its prefix is known already: by its storeId, else by its record.
pub(super) fn called_apart(store: &Store) -> String {
    match &store.store_id {
        Some(store_id) => format!("store `{store_id}`"),
        None => format!("record `{}`", store.record.as_str()),
    }
}

/// Where a record points, to tell it from others.
pub(super) fn at_home(facts: &Facts<'_>, store: &Store) -> String {
    match facts.home_of(store) {
        Some(home) if facts.is_bare(store) => {
            format!("in `{}`, which has none of its collections", facts.name_of(home))
        }
        Some(home) => format!("in `{}`", facts.name_of(home)),
        None => "in no database".into(),
    }
}

/// `1 store`, `12 stores`; for nouns that take an `s`.
pub(super) fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {noun}{}", format::count(number), if number == 1 { "" } else { "s" })
}

/// Names in back-ticks: `a`, `b` and 3 more.
pub(super) fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    told(names.into_iter().map(|name| ticked(name.as_ref())).collect())
}

/// Parts of a sentence with commas between them; only the first few of many.
pub(super) fn told(mut parts: Vec<String>) -> String {
    // "and 1 more" would be as long as the name itself.
    if parts.len() > MOST_NAMES + 1 {
        let more = parts.len() - MOST_NAMES;
        parts.truncate(MOST_NAMES);
        return format!("{} and {more} more", parts.join(", "));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Collections with their counts of documents, where those are known.
pub(super) fn contents<'n>(
    facts: &Facts<'_>,
    database: Database,
    names: impl IntoIterator<Item = &'n str>,
) -> String {
    let one = |name: &str| match facts.inventory.documents_in(database, name) {
        None => ticked(name),
        Some(0) => format!("`{name}` without documents"),
        Some(count) => format!("`{name}` with {}", counted(count, "document")),
    };
    told(names.into_iter().map(one).collect())
}

/// `5 collections`, with the sum of their documents where each count is known.
pub(super) fn summed(facts: &Facts<'_>, database: Database, names: &[&str]) -> String {
    let counts = names.iter().map(|name| facts.inventory.documents_in(database, name));
    let collections = counted(names.len(), "collection");
    match counts.sum::<Option<u64>>() {
        Some(documents) => format!("{collections} with {}", counted(documents, "document")),
        None => collections,
    }
}

/// A place for a script: `{database, collections: [{name, documents}]}`.
pub(super) fn place<'n>(
    facts: &Facts<'_>,
    database: Database,
    names: impl IntoIterator<Item = &'n str>,
) -> Document {
    let one = |name: &str| {
        let documents = facts.inventory.documents_in(database, name);
        doc! {"name": name, "documents": documents.map_or(Bson::Null, number)}
    };
    let collections: Vec<_> = names.into_iter().map(one).collect();
    doc! {"database": facts.name_of(database), "collections": collections}
}

/// A count as BSON has them.
pub(super) fn number(count: impl TryInto<i64>) -> Bson {
    Bson::Int64(count.try_into().unwrap_or(i64::MAX))
}

/// A text that may be absent.
pub(super) fn text(text: Option<&str>) -> Bson {
    text.map_or(Bson::Null, Bson::from)
}

/// Records for a script, each with how many of its collections are at its home.
pub(super) fn records(facts: &Facts<'_>, stores: &[&Store]) -> Vec<Document> {
    let record = |store: &&Store| {
        let home = facts.home_of(store);
        let collections = || {
            let found = facts.with_prefix(store.prefix.as_deref()?);
            Some(found.get(&home?).map_or(0, Vec::len))
        };
        doc! {
            "record": store.record.as_str(),
            "store_id": text(store.store_id.as_deref()),
            "name": text(store.name.as_deref()),
            "prefix": text(store.prefix.as_deref()),
            "database": text(home.map(|home| facts.name_of(home)).as_deref()),
            "collections": collections().map_or(Bson::Null, number),
        }
    };
    stores.iter().map(record).collect()
}
