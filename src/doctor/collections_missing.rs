//! `collections-missing`: a collection that every store must have is not there.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Lodging, Missing, Subject, Verdict},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Repair, Rule},
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a store lacks a collection that every store must have",
    meaning: "Reads of it give nothing, and the first write makes it without indexes. Where all \
              are missing, the store was never set up, or its data are gone.",
    cause: "A creation that stopped half-way: the record is written first and the collections \
            follow. Or a collection was dropped.",
    remedy: "A new store: let tilldeck make the missing collections, with the usual indexes. A \
             store that had data: restore them from a backup first.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let lacking = |subject: &Subject<'_>| {
        let lodging = subject.lodging_with(|verdict| verdict == Verdict::AtHome)?;
        // Of a record that another finding calls into question, nothing is missing as long
        // as nobody ever made anything.
        let is_never_made = lodging.here.is_empty() && facts.is_doubtful(subject.store);
        let is_explained = is_never_made || !lodging.other_case.is_empty();
        (!is_explained && !lodging.missing.is_empty()).then(|| found(facts, subject.store, lodging))
    };
    facts.subjects.iter().filter_map(lacking).collect()
}

fn found(facts: &Facts<'_>, store: &Store, lodging: &Lodging<'_>) -> Finding {
    let home = facts.name_of(lodging.home);
    let missing = || lodging.missing.iter().map(|missing| missing.name.as_str());
    let views: Vec<_> =
        missing().filter(|name| facts.inventory.named(lodging.home, name).is_some()).collect();
    let unread: Vec<_> = unread(facts).collect();
    let mut message =
        format!("{} lacks {} in `{home}`", words::called(store), words::listed(missing()));
    if lodging.here.is_empty() {
        message.push_str(", and has no other collection there");
    }
    if !views.is_empty() {
        message.push_str("; a view stands in its place, as after a move");
    }
    if !unread.is_empty() {
        let unread = words::listed(&unread);
        message = format!("{message}; it may be in {unread}, which could not be read");
    }
    Finding {
        collection: match lodging.missing.as_slice() {
            [one] => Some(one.name.as_str().into()),
            _ => None,
        },
        message,
        evidence: doc! {
            "database": &home,
            "missing": missing().collect::<Vec<_>>(),
            "present": &lodging.here,
            "views": &views,
            "unread_databases": &unread,
        },
        fix: Some(if views.is_empty() && unread.is_empty() {
            repair(facts, store, lodging)
        } else {
            look(store)
        }),
        ..facts.about(Rule::CollectionsMissing, store)
    }
}

/// Databases that could not be read.
fn unread(facts: &Facts<'_>) -> impl Iterator<Item = String> {
    let unread = |database: &Database| facts.inventory.collections(*database).is_none();
    facts.layout.databases().filter(unread).map(|database| facts.name_of(database))
}

fn repair(facts: &Facts<'_>, store: &Store, lodging: &Lodging<'_>) -> Fix {
    let usual = facts.usual_indexes();
    let collection = |missing: &Missing<'_>| {
        let indexes = usual.get(missing.collection_type).cloned().unwrap_or_default();
        (missing.name.as_str().into(), indexes)
    };
    Fix {
        summary: format!(
            "Make {} with the usual indexes; restore a backup instead if the store had data.",
            words::listed(lodging.missing.iter().map(|missing| &missing.name))
        ),
        command: command::fix_store(Rule::CollectionsMissing, store),
        repair: Some(Repair::CreateCollections {
            database: lodging.home,
            store: Box::new(store.clone()),
            collections: lodging.missing.iter().map(collection).collect(),
        }),
    }
}

fn look(store: &Store) -> Fix {
    Fix {
        summary: "Find out where the store's data are before anything is made.".into(),
        command: command::about("why", store)
            .unwrap_or_else(|| "tilldeck doctor --rule collections-missing".into()),
        repair: None,
    }
}
