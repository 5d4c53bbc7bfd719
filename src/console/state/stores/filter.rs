//! Which stores a filter keeps.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

use super::StoreFilter;
use crate::domain::{
    database::{Database, Layout},
    store::{Route, Store},
};

/// A filter, ready to be asked about many stores.
pub struct StoreMatcher {
    words: Vec<Word>,
    problems_only: bool,
    /// The main database, then the shards by number.
    database_names: Vec<String>,
    matcher: Matcher,
    buffer: Vec<char>,
}

enum Word {
    /// Must match fuzzily in one of the fields.
    Fuzzy(Atom),
    /// Must be the whole of one of the fields, in lower case.
    Whole(String),
    /// Must not occur in any field, in lower case.
    Not(String),
}

impl StoreMatcher {
    /// Reads the words of a filter.
    pub fn new(filter: &StoreFilter, layout: &Layout) -> Self {
        Self {
            words: filter.text.split_whitespace().filter_map(Word::parse).collect(),
            problems_only: filter.problems_only,
            database_names: layout.databases().map(|database| layout.name_of(database)).collect(),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// Whether the filter keeps the store.
    pub fn keeps(&mut self, store: &Store) -> bool {
        if self.problems_only && !has_problem(store) {
            return false;
        }
        if self.words.is_empty() {
            return true;
        }
        let fields = [
            store.store_id.as_deref().unwrap_or_default(),
            store.name.as_deref().unwrap_or_default(),
            store.prefix.as_deref().unwrap_or_default(),
            database_name(&self.database_names, &store.route),
        ];
        let (matcher, buffer) = (&mut self.matcher, &mut self.buffer);
        self.words.iter().all(|word| match word {
            Word::Fuzzy(atom) => fields
                .iter()
                .any(|field| atom.score(Utf32Str::new(field, buffer), matcher).is_some()),
            Word::Whole(text) => fields.iter().any(|field| field.to_lowercase() == *text),
            Word::Not(text) => !fields.iter().any(|field| field.to_lowercase().contains(text)),
        })
    }
}

impl Word {
    fn parse(word: &str) -> Option<Self> {
        match (word.strip_prefix('!'), word.strip_prefix('=')) {
            (Some(""), _) | (_, Some("")) => None,
            (Some(text), _) => Some(Self::Not(text.to_lowercase())),
            (_, Some(text)) => Some(Self::Whole(text.to_lowercase())),
            (None, None) => Some(Self::Fuzzy(fuzzy(word))),
        }
    }
}

/// A word that is matched fuzzily and without regard to case.
pub fn fuzzy(word: &str) -> Atom {
    Atom::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false)
}

/// Whether something is wrong with the record. A legacy store alone is no problem.
pub fn has_problem(store: &Store) -> bool {
    !store.problems.is_empty() || store.route.database().is_none()
}

fn database_name<'a>(names: &'a [String], route: &Route) -> &'a str {
    let index = match route.database() {
        Some(Database::Main) => Some(0),
        Some(Database::Shard(id)) => usize::try_from(id.get()).ok(),
        None => None,
    };
    index.and_then(|index| names.get(index)).map_or("", String::as_str)
}
