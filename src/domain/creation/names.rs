//! Which names a new store may have.
//!
//! Stricter than what the server takes and than what exists: a server accepts line feeds and
//! escape sequences in the names of collections.

use std::collections::{BTreeMap, HashMap};

use super::{Draft, Fault, Field};
use crate::domain::{database::Layout, registry::Registry, text::is_safe};

/// Most bytes of `database.collection` on a server.
const NAMESPACE_BYTES: usize = 255;
/// Most characters of a prefix.
const PREFIX_CHARS: usize = 63;
/// Most bytes of a storeId.
const STORE_ID_BYTES: usize = 128;
/// Most bytes of a name.
const NAME_BYTES: usize = 200;
/// What tilldeck's own collections in the main database begin with.
const OWN: &str = "tilldeck_";
/// What the server's own collections begin with.
const SERVERS_OWN: &str = "system";

/// What is taken in a registry, without regard to case. Built once for a registry; each
/// question costs O(log n) then.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The folded storeId, and whose it is: the storeId as stored.
    store_ids: HashMap<String, Box<str>>,
    /// The folded prefix, and whose it is.
    prefixes: BTreeMap<String, Owner>,
}

/// Who has a prefix.
#[derive(Debug, Clone)]
struct Owner {
    prefix: Box<str>,
    store: Box<str>,
}

impl Taken {
    /// What the records of a registry have. O(n log n).
    pub fn of(registry: &Registry) -> Self {
        let mut taken = Self::default();
        for store in &registry.stores {
            let id = store.store_id.as_deref();
            if let Some(id) = id {
                taken.store_ids.entry(folded(id)).or_insert_with(|| id.into());
            }
            if let Some(prefix) = &store.prefix {
                let store = id.unwrap_or(store.record.as_str()).into();
                let owner = Owner { prefix: prefix.clone(), store };
                taken.prefixes.entry(folded(prefix)).or_insert(owner);
            }
        }
        taken
    }

    /// Whether a record has the prefix, in whatever case.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.prefixes.contains_key(&folded(prefix))
    }

    /// Adds a store that is about to be made, so that the next one cannot take its names.
    pub fn add(&mut self, store_id: &str, prefix: &str) {
        self.store_ids.entry(folded(store_id)).or_insert_with(|| store_id.into());
        let owner = Owner { prefix: prefix.into(), store: store_id.into() };
        self.prefixes.entry(folded(prefix)).or_insert(owner);
    }

    /// A prefix that begins with this one and an underscore, or the other way around: a
    /// pattern such as `^a_` takes the collections of `a_b` for those of `a`.
    pub fn ambiguous_with(&self, prefix: &str) -> Option<&str> {
        let beginning = format!("{}_", folded(prefix));
        let mut longer = self.prefixes.range(beginning.clone()..);
        longer
            .next()
            .filter(|(other, _)| other.starts_with(&beginning))
            .map(|(_, owner)| owner.prefix.as_ref())
            .or_else(|| self.beginning_of(prefix))
    }

    /// A prefix that this one begins with, before one of its underscores.
    pub(super) fn beginning_of(&self, prefix: &str) -> Option<&str> {
        let prefix = folded(prefix);
        let owner =
            prefix.match_indices('_').find_map(|(end, _)| self.prefixes.get(&prefix[..end]));
        owner.map(|owner| owner.prefix.as_ref())
    }
}

/// A text without regard to case.
fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// What is wrong with a draft, field by field; at most one fault a field. O(log n).
///
/// Blanks around a value do not count, since the plan takes them away.
pub fn check(draft: &Draft, taken: &Taken, layout: &Layout) -> Vec<Fault> {
    let reasons = [
        (Field::StoreId, store_id_fault(draft.store_id.trim(), taken)),
        (Field::Name, text_fault(draft.name.trim(), NAME_BYTES)),
        (Field::Prefix, prefix_fault(draft.prefix.trim(), taken, layout)),
    ];
    let faults = reasons.into_iter();
    faults.filter_map(|(field, reason)| reason.map(|reason| Fault { field, reason })).collect()
}

fn store_id_fault(store_id: &str, taken: &Taken) -> Option<String> {
    text_fault(store_id, STORE_ID_BYTES).or_else(|| {
        let other = taken.store_ids.get(&folded(store_id))?;
        Some(format!("store `{other}` has it already"))
    })
}

/// What is wrong with a text for people.
fn text_fault(text: &str, most_bytes: usize) -> Option<String> {
    if text.is_empty() {
        Some("is empty".into())
    } else if text.len() > most_bytes {
        Some(format!("has {} bytes, at most {most_bytes} fit", text.len()))
    } else if !is_safe(text) {
        Some("holds a character that is invisible or that a terminal would obey".into())
    } else {
        None
    }
}

fn prefix_fault(prefix: &str, taken: &Taken, layout: &Layout) -> Option<String> {
    if prefix.is_empty() {
        return Some("is empty".into());
    }
    form_fault(prefix).or_else(|| length_fault(prefix, layout)).or_else(|| {
        if let Some(name) = reserved(prefix, layout) {
            return Some(format!("its collection `{name}` has another meaning in this fleet"));
        }
        let owner = taken.prefixes.get(&folded(prefix))?;
        let (theirs, store) = (&owner.prefix, &owner.store);
        Some(if **theirs == *prefix {
            format!("store `{store}` has it already")
        } else {
            format!("store `{store}` has `{theirs}`, which differs only in case")
        })
    })
}

/// What is wrong with the characters of a prefix.
fn form_fault(prefix: &str) -> Option<String> {
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let strange = |char: &char| !(is_plain(*char) || matches!(char, '_' | '-'));
    if let Some(char) = prefix.chars().find(strange) {
        let hint = if char.is_ascii_uppercase() { "lower case" } else { "a-z, 0-9, _ and -" };
        return Some(format!("`{char}` cannot be in it: use {hint}"));
    }
    if !prefix.starts_with(is_plain) {
        return Some("begins with a letter or a digit".into());
    }
    if prefix.ends_with('_') {
        return Some("cannot end in _, which stands before the type".into());
    }
    let first_word = prefix.split(['_', '-']).next();
    (first_word == Some(SERVERS_OWN)).then(|| "begins with the server's own word `system`".into())
}

fn length_fault(prefix: &str, layout: &Layout) -> Option<String> {
    let longest_database =
        layout.databases().map(|database| layout.name_of(database).len()).max().unwrap_or(0);
    let types = layout.collection_types.iter().chain(&layout.created_types);
    let longest_type = types.map(|one| one.as_str().len()).max().unwrap_or(0);
    let around = longest_database + ".".len() + "_".len() + longest_type;
    let most = PREFIX_CHARS.min(NAMESPACE_BYTES.saturating_sub(around));
    let n_chars = prefix.len();
    (n_chars > most).then(|| format!("has {n_chars} characters, at most {most} fit"))
}

/// The collection of this prefix that the registry or tilldeck has for itself.
fn reserved(prefix: &str, layout: &Layout) -> Option<String> {
    let types = layout.collection_types.iter().chain(&layout.created_types);
    let mut names = types.map(|one| format!("{prefix}_{}", one.as_str()));
    names.find(|name| {
        name.starts_with(OWN)
            || [&layout.registry.collection, &layout.registry.users].contains(&name)
    })
}

#[cfg(test)]
mod tests;
