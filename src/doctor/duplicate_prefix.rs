//! `duplicate-prefix`: several records, one prefix.

use std::collections::HashSet;

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "two records have one prefix",
    meaning: "In one database both stores share their collections: each sees the products and \
              orders of the other. In two databases they do not share yet, but a move of one \
              would mix them.",
    cause: "Two creators at once, or a prefix that was typed twice: without a unique index \
            nothing stops it.",
    remedy: "Where one record has no use, delete it. Else give one store a prefix that is free, \
             and bring its documents into collections of that name while it is closed. Then make \
             the unique index: `tilldeck indexes ensure`.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let shared = facts.prefixes.iter().filter(|(_, stores)| stores.len() > 1);
    shared.map(|(prefix, stores)| found(facts, prefix, stores)).collect()
}

fn found(facts: &Facts<'_>, prefix: &str, stores: &[&Store]) -> Finding {
    let mut homes = HashSet::new();
    let mut routed = stores.iter().filter_map(|store| facts.home_of(store));
    let shares_database = routed.any(|home| !homes.insert(home));
    let name =
        |store: &&Store| format!("{} {}", words::called_apart(store), words::at_home(facts, store));
    let mut message = format!(
        "{} have the prefix `{prefix}`: {}",
        words::counted(stores.len(), "record"),
        words::told(stores.iter().map(name).collect())
    );
    if shares_database {
        message.push_str("; they share its collections");
    }
    Finding {
        record: stores.first().map(|store| store.record.clone()),
        prefix: Some(prefix.into()),
        database: shared_home(facts, stores),
        message,
        evidence: doc! {
            "field": &facts.layout.registry.prefix,
            "shared_collections": shares_database,
            "records": words::records(facts, stores),
        },
        fix: Some(Fix {
            summary: "See which record the store uses, and give the other one a prefix of its \
                      own, or delete it if it has no use."
                .into(),
            command: command::show_records(facts.layout, &facts.layout.registry.prefix, prefix),
            repair: None,
        }),
        ..Facts::finding(Rule::DuplicatePrefix)
    }
}

/// The database where all of them live, if it is one.
fn shared_home(facts: &Facts<'_>, stores: &[&Store]) -> Option<Database> {
    let first = facts.home_of(stores.first()?)?;
    stores.iter().all(|store| facts.home_of(store) == Some(first)).then_some(first)
}
