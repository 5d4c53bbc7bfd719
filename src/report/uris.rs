//! `uris`: the effective URI of each database.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use serde::Serialize;

use super::{
    error::ErrorBody,
    look::Look,
    table::{Cell, Side, Table},
};
use crate::domain::{
    database::DatabaseId,
    failure::Failure,
    text::{SafeText, safe},
    uri::Effective,
};

/// The URIs of every database, main first.
#[derive(Debug, Serialize)]
pub struct UriList {
    databases: Vec<UriRow>,
}

#[derive(Debug, Serialize)]
struct UriRow {
    role: &'static str,
    id: Option<u32>,
    name: String,
    uri: String,
    auth_source: Option<String>,
    overridden: bool,
    ignored_options: Vec<String>,
    insecure: Vec<String>,
    error: Option<ErrorBody>,
}

impl UriList {
    /// The list for `--json`.
    pub fn new(facts: &[Effective]) -> Self {
        Self { databases: facts.iter().map(UriRow::new).collect() }
    }

    /// The list for people.
    pub fn text(facts: &[Effective], look: Look) -> String {
        let mut table = Table::new(&[
            ("DATABASE", Side::Left),
            ("AUTH SOURCE", Side::Left),
            ("URI", Side::Left),
        ]);
        for fact in facts {
            table.row(vec![
                Cell::plain(safe(&fact.name)),
                match &fact.auth_source {
                    Some(source) => Cell::plain(safe(source)),
                    None => Cell::dim(safe("-")),
                },
                Cell::plain(SafeText::join([&safe(&fact.uri), &own_mark(fact)], "")),
            ]);
        }
        let mut text = table.render();
        for (what, field) in NOTES {
            note(facts, what, field, &mut text);
        }
        let mut said: Vec<&Failure> = Vec::new();
        for failure in facts.iter().filter_map(|fact| fact.failure.as_ref()) {
            if !said.contains(&failure) {
                let _ = writeln!(text, "\n{} {failure}\n  {}", look.cross(), failure.hint);
                said.push(failure);
            }
        }
        text
    }
}

/// Reads the words that a database adds to a note.
type Words = fn(&Effective) -> &[String];

/// What is said below the table, once for all databases that it is true of.
const NOTES: [(&str, Words); 2] =
    [("set aside", |fact| &fact.ignored_options), ("insecure", |fact| &fact.insecure)];

fn note(facts: &[Effective], what: &str, field: Words, text: &mut String) {
    let mut said: Vec<SafeText> = Vec::new();
    for word in facts.iter().flat_map(field).map(|word| safe(word)) {
        if !said.contains(&word) {
            said.push(word);
        }
    }
    if !said.is_empty() {
        let _ = writeln!(text, "\n{what}: {}", SafeText::join(&said, ", "));
    }
}

fn own_mark(fact: &Effective) -> SafeText {
    safe(if fact.overridden { "  (its own)" } else { "" })
}

impl UriRow {
    fn new(fact: &Effective) -> Self {
        Self {
            role: fact.database.role(),
            id: fact.database.id().map(DatabaseId::get),
            name: fact.name.clone(),
            uri: fact.uri.clone(),
            auth_source: fact.auth_source.clone(),
            overridden: fact.overridden,
            ignored_options: fact.ignored_options.clone(),
            insecure: fact.insecure.clone(),
            error: fact.failure.as_ref().map(ErrorBody::new),
        }
    }
}
