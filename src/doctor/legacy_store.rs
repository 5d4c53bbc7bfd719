//! `legacy-store`: databaseId is missing, and the collections are in main.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Subject, Verdict},
    words,
};
use crate::domain::{
    finding::{Finding, Fix, Rule},
    store::Route,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a store from before there were shards",
    meaning: "It works: the backend looks in the main database when databaseId is missing. It \
              shares that database with the registry and everything else in it.",
    cause: "The store is older than the shards and was not moved.",
    remedy: "Nothing has to be done. Do not set databaseId by hand: without its collections in \
             the shard, the store would start again empty.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let legacy = facts.subjects.iter().filter(|subject| subject.store.route == Route::Legacy);
    let finding = |subject: &Subject<'_>| {
        let lodging = subject.lodging_with(|verdict| verdict == Verdict::AtHome)?;
        if lodging.here.is_empty() {
            return None;
        }
        let home = facts.name_of(lodging.home);
        Some(Finding {
            message: format!(
                "{} has no databaseId, and its {} in `{home}`",
                words::called(subject.store),
                match lodging.here.len() {
                    1 => "collection is".to_owned(),
                    n => format!("{n} collections are"),
                }
            ),
            evidence: doc! {
                "place": words::place(facts, lodging.home, lodging.here.iter().copied()),
            },
            fix: Some(Fix {
                summary: "Nothing has to be done; this shows its collections.".into(),
                command: command::about("collections", subject.store)
                    .unwrap_or_else(|| "tilldeck stores --database main".into()),
                repair: None,
            }),
            ..facts.about(Rule::LegacyStore, subject.store)
        })
    };
    legacy.filter_map(finding).collect()
}
