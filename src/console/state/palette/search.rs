//! What the palette finds, and in which order.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use nucleo_matcher::{Config, Matcher, Utf32Str, pattern::Atom};

use super::{Choice, Entry, Keymap, MOST_ENTRIES, action_entry, database_entry};
use crate::{
    console::state::{action::Action, model::Session, stores::filter::fuzzy},
    domain::{
        database::{CollectionType, Layout},
        registry::Registry,
        store::Store,
        text::safe,
    },
};

/// How many of the best stores offer their collections too.
const STORES_WITH_COLLECTIONS: usize = 20;

/// Searching the stores: pure, so that it can be done on any thread.
#[derive(Debug, Clone)]
pub struct SearchTask {
    registry: Arc<Registry>,
    layout: Arc<Layout>,
    text: String,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    entries: Vec<(Rank, Entry)>,
    /// How many match in all, also those that were not kept.
    pub n_matching: usize,
}

/// The better, the greater: the score first, then the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    score: u32,
    kind: u8,
}

impl Found {
    /// Adds what another search found.
    pub(super) fn extend(&mut self, other: Self) {
        self.n_matching += other.n_matching;
        self.entries.extend(other.entries);
    }

    /// Brings the best to the top; equals stay in their order.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by_key(|(rank, _)| Reverse(*rank));
    }

    /// The entries alone.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries.into_iter().map(|(_, entry)| entry).collect()
    }

    fn push(&mut self, rank: Rank, entry: Entry) {
        self.n_matching += 1;
        self.entries.push((rank, entry));
    }
}

/// Words that must all match fuzzily.
struct Query {
    words: Vec<Atom>,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Query {
    fn new(text: &str) -> Self {
        Self {
            words: text.split_whitespace().map(fuzzy).collect(),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// The sum of the best score of each word over the fields.
    fn score(&mut self, fields: &[&str]) -> Option<u32> {
        let (matcher, buffer) = (&mut self.matcher, &mut self.buffer);
        self.words
            .iter()
            .map(|word| {
                fields
                    .iter()
                    .filter_map(|field| word.score(Utf32Str::new(field, buffer), matcher))
                    .max()
                    .map(u32::from)
            })
            .sum()
    }
}

/// Searches what is few: actions and databases.
pub(super) fn actions_and_databases(keymap: &Keymap, session: &Session, text: &str) -> Found {
    let layout = &session.layout;
    let mut query = Query::new(text);
    let mut found = Found::default();
    for action in Action::ALL.into_iter().filter(|action| is_offered(*action)) {
        if let Some(score) = query.score(&[action.summary(), action.name()]) {
            found.push(Rank { score, kind: 3 }, action_entry(keymap, action));
        }
    }
    for (name, saved) in &session.queries {
        if let Some(score) = query.score(&["query", name]) {
            let of_type = saved.of_type.as_deref().unwrap_or_default();
            let entry = Entry {
                label: safe(&format!("Ask all stores: {name}")),
                detail: safe(of_type),
                choice: Choice::AskSaved(name.clone()),
            };
            found.push(Rank { score, kind: 4 }, entry);
        }
    }
    for database in layout.databases() {
        if let Some(score) = query.score(&[&layout.name_of(database)]) {
            found.push(Rank { score, kind: 2 }, database_entry(layout, database));
        }
    }
    found
}

/// Moving by a row from the palette helps nobody.
fn is_offered(action: Action) -> bool {
    !matches!(
        action,
        Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::PageUp
            | Action::PageDown
            | Action::HalfPageUp
            | Action::HalfPageDown
            | Action::Enter
            | Action::Back
            | Action::Palette
    )
}

impl SearchTask {
    /// A search for a text among all stores and their collections.
    pub fn new(registry: &Arc<Registry>, layout: &Layout, text: &str) -> Self {
        Self {
            registry: Arc::clone(registry),
            layout: Arc::new(layout.clone()),
            text: text.to_owned(),
        }
    }

    /// Does it. Keeps the best stores only, and offers the collections of the very best.
    pub fn run(&self) -> Found {
        let mut found = self.stores(&self.text, &mut Vec::new());
        for (head, collection_type) in self.collection_queries() {
            let mut best = Vec::new();
            let _ = self.stores(head, &mut best);
            best.truncate(STORES_WITH_COLLECTIONS);
            for (score, store) in best {
                if let Some(entry) = self.collection_entry(store, collection_type) {
                    found.push(Rank { score: score + 1, kind: 0 }, entry);
                }
            }
        }
        found
    }

    /// Stores that match, best first in `best`.
    fn stores<'a>(&'a self, text: &str, best: &mut Vec<(u32, &'a Arc<Store>)>) -> Found {
        let mut query = Query::new(text);
        let mut heap = BinaryHeap::with_capacity(MOST_ENTRIES + 1);
        let mut n_matching = 0;
        for (index, store) in self.registry.stores.iter().enumerate() {
            let Some(score) = query.score(&[
                store.store_id.as_deref().unwrap_or_default(),
                store.name.as_deref().unwrap_or_default(),
                store.prefix.as_deref().unwrap_or_default(),
            ]) else {
                continue;
            };
            n_matching += 1;
            heap.push(Reverse((score, Reverse(index))));
            if heap.len() > MOST_ENTRIES {
                heap.pop();
            }
        }
        let mut kept: Vec<_> = heap.into_iter().map(|Reverse(entry)| entry).collect();
        kept.sort_unstable_by_key(|entry| Reverse(*entry));
        best.extend(kept.into_iter().filter_map(|(score, Reverse(index))| {
            self.registry.stores.get(index).map(|store| (score, store))
        }));
        let entries = best
            .iter()
            .map(|(score, store)| (Rank { score: *score, kind: 1 }, self.store_entry(store)))
            .collect();
        Found { entries, n_matching }
    }

    /// Reads `acme_ord` and `acme ord` as a store and the beginning of a collection type.
    fn collection_queries(&self) -> Vec<(&str, &CollectionType)> {
        let text = self.text.trim();
        let Some(cut) = text.rfind(|char: char| char == '_' || char.is_whitespace()) else {
            return Vec::new();
        };
        let (head, tail) = (&text[..cut], text[cut..].trim_start_matches(['_', ' ', '\t']));
        if head.is_empty() || tail.is_empty() {
            return Vec::new();
        }
        let tail = tail.to_lowercase();
        self.layout
            .collection_types
            .iter()
            .filter(|known| known.as_str().to_lowercase().starts_with(&tail))
            .map(|known| (head, known))
            .collect()
    }

    fn store_entry(&self, store: &Store) -> Entry {
        let id = store.store_id.as_deref().unwrap_or("(no storeId)");
        let name = store.name.as_deref().unwrap_or_default();
        let database = store.route.database().map(|database| self.layout.name_of(database));
        Entry {
            label: safe(format!("{id} {name}").trim_end()),
            detail: safe(&database.unwrap_or_default()),
            choice: Choice::GoToStore(store.record.clone()),
        }
    }

    fn collection_entry(&self, store: &Store, collection_type: &CollectionType) -> Option<Entry> {
        let prefix = store.prefix.as_deref()?;
        let database = store.route.database()?;
        Some(Entry {
            label: safe(&format!("{prefix}_{}", collection_type.as_str())),
            detail: safe(&self.layout.name_of(database)),
            choice: Choice::GoToCollection(store.record.clone(), collection_type.clone()),
        })
    }
}
