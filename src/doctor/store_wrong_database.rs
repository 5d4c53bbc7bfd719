//! `store-wrong-database`: the collections are only in a database that the record does not name.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Lodging, Subject, Verdict},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a store's collections are not where its record says",
    meaning: "The backend finds the store empty. Its next write makes new collections in the \
              named database without an error, and the data are split from then on.",
    cause: "The databaseId was changed without moving the collections, or the collections were \
            moved without changing the databaseId.",
    remedy: "Act before the store writes. Make sure that the data are complete where they are, \
             set databaseId to that database, and restart the backend, which may keep the old \
             value.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let misplaced = |subject: &Subject<'_>| {
        let is_elsewhere = |verdict| matches!(verdict, Verdict::Elsewhere(_));
        let lodging = subject.lodging_with(is_elsewhere)?;
        let (place, names) = lodging.elsewhere.first_key_value()?;
        Some(found(facts, subject, lodging, (*place, names)))
    };
    facts.subjects.iter().filter_map(misplaced).collect()
}

fn found(
    facts: &Facts<'_>,
    subject: &Subject<'_>,
    lodging: &Lodging<'_>,
    (place, names): (Database, &[&str]),
) -> Finding {
    let (home, there) = (facts.name_of(lodging.home), facts.name_of(place));
    let fix = match (facts.is_whole, command::route(facts.layout, subject.store, place.id())) {
        (true, Some(command)) => Fix {
            summary: format!(
                "Point the record at `{there}`, where the data are, and restart the backend."
            ),
            command,
            repair: None,
        },
        _ => Fix {
            summary: format!("Look at the data in `{there}` before the record is changed."),
            command: command::compare(facts.layout, [(place, names.to_vec())]),
            repair: None,
        },
    };
    Finding {
        message: format!(
            "{} points at `{home}`, but its data are {} `{there}`: {}",
            words::called(subject.store),
            facts.found_in(),
            words::summed(facts, place, names)
        ),
        evidence: doc! {
            "home": words::place(facts, lodging.home, []),
            "elsewhere": [words::place(facts, place, names.iter().copied())],
            "missing": lodging.nowhere(),
        },
        fix: Some(fix),
        ..facts.about(Rule::StoreWrongDatabase, subject.store)
    }
}
