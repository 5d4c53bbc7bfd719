//! `database-id-missing`: the record names no shard, but the collections are in one.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Subject, Verdict},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Repair, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "databaseId is missing, and the collections are in a shard",
    meaning: "The backend takes the store for a legacy one and looks in the main database, where \
              it has nothing: the store is not found, or starts again empty.",
    cause: "A record that was written without databaseId, or whose databaseId was removed, \
            though its collections were made in a shard.",
    remedy: "Set databaseId to the shard that has the collections. tilldeck does it where all of \
             them are in exactly one shard. Restart the backend afterwards.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let unrouted = |subject: &Subject<'_>| {
        let lodging = subject.lodging_with(|v| matches!(v, Verdict::Unrouted(_)))?;
        let Verdict::Unrouted(shard) = lodging.verdict else { return None };
        let place = Database::Shard(shard);
        let names = lodging.elsewhere.get(&place)?;
        let there = facts.name_of(place);
        // A database that could not be read may have more of them.
        let fix = if facts.is_whole {
            Fix {
                summary: format!("Set databaseId to {shard}, where all its collections are."),
                command: command::fix(Rule::DatabaseIdMissing),
                repair: Some(Repair::SetDatabaseId {
                    store: Box::new(subject.store.clone()),
                    to: shard,
                }),
            }
        } else {
            Fix {
                summary: "Check again when every database can be read.".into(),
                command: "tilldeck doctor --rule database-id-missing".into(),
                repair: None,
            }
        };
        Some(Finding {
            message: format!(
                "{} has no databaseId, so the backend looks in `{}`, but its data are {} \
                 `{there}`: {}",
                words::called(subject.store),
                facts.name_of(Database::Main),
                facts.found_in(),
                words::summed(facts, place, names)
            ),
            evidence: doc! {
                "home": words::place(facts, Database::Main, []),
                "elsewhere": [words::place(facts, place, names.iter().copied())],
                "database_id": shard.get(),
                "missing": lodging.nowhere(),
            },
            fix: Some(fix),
            ..facts.about(Rule::DatabaseIdMissing, subject.store)
        })
    };
    facts.subjects.iter().filter_map(unrouted).collect()
}
