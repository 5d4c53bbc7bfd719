//! `orphan-collections`: collections that no record owns.

use std::collections::BTreeMap;

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Unclaimed},
    words,
};
use crate::domain::{
    database::{Database, Layout},
    finding::{Finding, Fix, Rule},
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "collections that no registry record owns",
    meaning: "No store uses them. They take space, they can be the data of a store whose record \
              was deleted, and a new store with their prefix would take them over.",
    cause: "A record was deleted and its collections stayed; a creation failed after the \
            collections; a stale backend wrote to a store that is gone.",
    remedy: "Look at what they hold. If a store is missing, give it a record again. Else take a \
             dump and drop them by their exact names, never by a pattern. Where a shard has a URI \
             of its own, use that one (`tilldeck uris`).",
};

/// What the names of tilldeck's own collections begin with.
const OURS: &str = "tilldeck_";

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    // Without the true list of stores, every store that is not in it would look like one.
    if !facts.is_live {
        return Vec::new();
    }
    let mut groups: BTreeMap<(Database, Group<'_>), Vec<&str>> = BTreeMap::new();
    for unclaimed in facts.unclaimed.iter().filter(|unclaimed| !unclaimed.is_explained) {
        groups.entry((unclaimed.database, group(unclaimed))).or_default().push(unclaimed.name);
    }
    let is_orphan = |((database, group), names): &((Database, Group<'_>), Vec<&str>)| {
        *database != Database::Main || is_of_a_store(facts.layout, group, names)
    };
    let orphans = groups.into_iter().filter(is_orphan);
    orphans.map(|((database, group), names)| found(facts, database, &group, &names)).collect()
}

/// What belongs together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group<'a> {
    /// Collections that read as those of one store.
    Prefix(&'a str),
    /// A collection of no known type.
    Single(&'a str),
}

fn group<'a>(unclaimed: &Unclaimed<'a>) -> Group<'a> {
    match unclaimed.readings.first() {
        Some((prefix, _)) => Group::Prefix(prefix),
        None => Group::Single(unclaimed.name),
    }
}

/// Whether a group in the main database can be a store's: that database has collections of
/// its own, and only one that a store must have gives a store away.
fn is_of_a_store(layout: &Layout, group: &Group<'_>, names: &[&str]) -> bool {
    let Group::Prefix(prefix) = group else { return false };
    let is_ours = |name: &&str| {
        **name == *layout.registry.collection
            || **name == *layout.registry.users
            || name.starts_with(OURS)
    };
    let is_required = |name: &str| {
        let kind = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
        layout.required_types.iter().any(|required| Some(required.as_str()) == kind)
    };
    names.iter().filter(|name| !is_ours(name)).any(|name| is_required(name))
}

fn found(facts: &Facts<'_>, database: Database, group: &Group<'_>, names: &[&str]) -> Finding {
    let place = facts.name_of(database);
    let lost = records_without_prefix(facts, database);
    let mut message = match group {
        Group::Prefix(prefix) => format!(
            "no record has the prefix `{prefix}`, but `{place}` has {}",
            words::contents(facts, database, names.iter().copied())
        ),
        Group::Single(name) => {
            let known = words::contents(facts, database, [*name]);
            format!("{known} in `{place}` is no store's collection")
        }
    };
    if lost > 0 {
        let records = words::counted(lost, "record");
        message = format!("{message}; {records} of this database lost the prefix");
    }
    let empty = names.iter().all(|name| facts.inventory.documents_in(database, name) == Some(0));
    let mut evidence = words::place(facts, database, names.iter().copied());
    evidence.insert("records_without_prefix", words::number(lost));
    Finding {
        prefix: match group {
            Group::Prefix(prefix) => Some((*prefix).into()),
            Group::Single(_) => None,
        },
        database: Some(database),
        collection: match names {
            [one] => Some((*one).into()),
            _ => None,
        },
        message,
        evidence: doc! {"place": evidence},
        fix: Some(way_out(facts.layout, database, names, empty && lost == 0)),
        ..Facts::finding(Rule::OrphanCollections)
    }
}

/// Records without a prefix whose collections would be in this database, and are not known.
fn records_without_prefix(facts: &Facts<'_>, database: Database) -> usize {
    let is_here = |store: &&&Store| {
        facts.home_of(store) == Some(database) && facts.probable_prefixes(store).is_empty()
    };
    facts.without_prefix.iter().filter(is_here).count()
}

fn way_out(layout: &Layout, database: Database, names: &[&str], is_empty: bool) -> Fix {
    if is_empty {
        return Fix {
            summary: "Drop them: they are empty.".into(),
            command: command::drop_empty(layout, database, names.iter().copied()),
            repair: None,
        };
    }
    Fix {
        summary: "Look at what they hold: give the store a record again, or drop them by name \
                  after a dump."
            .into(),
        command: command::compare(layout, [(database, names.to_vec())]),
        repair: None,
    }
}
