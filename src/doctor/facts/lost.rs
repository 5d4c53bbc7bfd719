//! Whose unclaimed collections probably are, where a record lost its prefix.
//!
//! The record and its collections are one fault: told with the record, they are no orphans,
//! which somebody might drop.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Facts;
use crate::domain::{database::Database, store::RecordId};

/// The prefixes that a record probably had, each with the places of its collections in the
/// list of unclaimed ones.
pub(super) type Probable<'a> = HashMap<&'a RecordId, BTreeMap<&'a str, Vec<usize>>>;

/// Unclaimed collections that read as those of one store, by place.
type Groups<'a> = BTreeMap<(Database, &'a str), Vec<usize>>;

/// Links records without a prefix to the collections at their home that read like the storeId
/// or the name; else, where one such record and one whole store's collections are left in a
/// database, those two. `taken` are collections that another finding explains.
pub(super) fn probable<'a>(facts: &Facts<'a>, taken: &BTreeSet<usize>) -> Probable<'a> {
    let mut probable = Probable::new();
    if facts.without_prefix.is_empty() {
        return probable;
    }
    let mut groups = groups(facts, taken);
    let mut alike: HashMap<(Database, String), Vec<&str>> = HashMap::new();
    for (database, prefix) in groups.keys() {
        alike.entry((*database, bare(prefix))).or_default().push(prefix);
    }
    let mut left: BTreeMap<Database, Vec<&RecordId>> = BTreeMap::new();
    for store in &facts.without_prefix {
        let Some(home) = facts.home_of(store) else { continue };
        let texts = [&store.store_id, &store.name].into_iter().flatten();
        let prefixes: Vec<&str> =
            texts.filter_map(|text| alike.get(&(home, bare(text)))).flatten().copied().collect();
        if prefixes.is_empty() {
            left.entry(home).or_default().push(&store.record);
        }
        for prefix in prefixes {
            if let Some(members) = groups.remove(&(home, prefix)) {
                probable.entry(&store.record).or_default().insert(prefix, members);
            }
        }
    }
    for (home, records) in left {
        let whole: Vec<_> = groups
            .iter()
            .filter(|((database, _), members)| *database == home && is_whole(facts, members))
            .collect();
        if let ([record], [((_, prefix), members)]) = (records.as_slice(), whole.as_slice()) {
            probable.entry(*record).or_default().insert(prefix, (*members).clone());
        }
    }
    probable
}

fn groups<'a>(facts: &Facts<'a>, taken: &BTreeSet<usize>) -> Groups<'a> {
    let mut groups = Groups::new();
    for (index, unclaimed) in facts.unclaimed.iter().enumerate() {
        if let Some((prefix, _)) = unclaimed.readings.first()
            && !taken.contains(&index)
        {
            groups.entry((unclaimed.database, *prefix)).or_default().push(index);
        }
    }
    groups
}

/// Whether every collection that a store must have is among these.
fn is_whole(facts: &Facts<'_>, members: &[usize]) -> bool {
    let types: BTreeSet<_> = members
        .iter()
        .filter_map(|index| facts.unclaimed.get(*index)?.readings.first())
        .map(|(_, collection_type)| *collection_type)
        .collect();
    facts.layout.required_types.iter().all(|required| types.contains(required))
}

/// The letters and digits of a text, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
