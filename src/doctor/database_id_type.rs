//! `database-id-type`: the shard's number is stored as another type that still works.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    finding::{Finding, Fix, Repair, Rule},
    store::{Problem, Route, Store},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "databaseId is stored as another type than a whole number",
    meaning: "The backend still takes it. A query for the number does not find a text, counts by \
              database miss the store, and a stricter driver would refuse it.",
    cause: "A script or an import that wrote the number as a text or as a double.",
    remedy: "Let tilldeck store the same number as an Int32. Its value does not change.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let finding = |store: &Store| {
        let Store { route: Route::Shard(shard), problems, .. } = store else { return None };
        let (field, found) = problems.iter().find_map(|problem| match problem {
            Problem::DriftedType { field, found } => Some((field, *found)),
            _ => None,
        })?;
        Some(Finding {
            message: format!(
                "{}: {field} {shard} is stored as {found}, not as int",
                words::called(store)
            ),
            evidence: doc! {
                "field": field.as_ref(),
                "found_type": found,
                "wanted_type": "int",
                "value": shard.get(),
            },
            fix: Some(Fix {
                summary: format!("Store the number {shard} as an Int32."),
                command: command::fix_store(Rule::DatabaseIdType, store),
                repair: Some(Repair::SetDatabaseIdType {
                    store: Box::new(store.clone()),
                    to: *shard,
                }),
            }),
            ..facts.about(Rule::DatabaseIdType, store)
        })
    };
    facts.subjects.iter().filter_map(|subject| finding(subject.store)).collect()
}
