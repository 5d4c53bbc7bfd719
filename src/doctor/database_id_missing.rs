//! `database-id-missing`: the record names no shard, but the collections are in one.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Lodging, Subject, Verdict},
    words,
};
use crate::domain::{
    database::{Database, DatabaseId},
    finding::{Finding, Fix, Repair, Rule},
    store::Store,
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
        let lodging = subject.lodging_with(|verdict| matches!(verdict, Verdict::Unrouted(_)))?;
        let Verdict::Unrouted(shard) = lodging.verdict else { return None };
        Some(found(facts, subject.store, lodging, shard))
    };
    facts.subjects.iter().filter_map(unrouted).collect()
}

fn found(facts: &Facts<'_>, store: &Store, lodging: &Lodging<'_>, shard: DatabaseId) -> Finding {
    let place = Database::Shard(shard);
    let names = lodging.elsewhere.get(&place).map_or(&[][..], Vec::as_slice);
    Finding {
        message: format!(
            "{} has no databaseId, so the backend looks in `{}`, but its data are {} `{}`: {}",
            words::called(store),
            facts.name_of(Database::Main),
            facts.found_in(),
            facts.name_of(place),
            words::summed(facts, place, names)
        ),
        evidence: doc! {
            "home": words::place(facts, Database::Main, []),
            "elsewhere": [words::place(facts, place, names.iter().copied())],
            "database_id": shard.get(),
            "missing": lodging.nowhere(),
        },
        fix: Some(way_out(facts, store, shard)),
        ..facts.about(Rule::DatabaseIdMissing, store)
    }
}

fn way_out(facts: &Facts<'_>, store: &Store, shard: DatabaseId) -> Fix {
    // A database that could not be read may have more of them.
    if !facts.is_whole {
        return Fix {
            summary: "Check again when every database can be read.".into(),
            command: "tilldeck doctor --rule database-id-missing".into(),
            repair: None,
        };
    }
    Fix {
        summary: format!("Set databaseId to {shard}, where all its collections are."),
        command: command::fix_store(Rule::DatabaseIdMissing, store),
        repair: Some(Repair::SetDatabaseId { store: Box::new(store.clone()), to: shard }),
    }
}
