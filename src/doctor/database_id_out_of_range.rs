//! `database-id-out-of-range`: the shard's number is no shard of this fleet.

use bson::{Bson, doc};

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
    store::{Problem, Route, Store},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "databaseId is no shard of this fleet",
    meaning: "The backend has no connection for this number: every request of the store fails, \
              or goes to a database that nobody knows of.",
    cause: "A number that was typed wrong, a fleet that was made smaller, or a value such as an \
            empty text that is no number.",
    remedy: "Find out where the store's collections are and set databaseId to that shard. If the \
             fleet has more shards than tilldeck knows, correct `database_count` in the \
             configuration.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let stores = facts.subjects.iter().map(|subject| subject.store);
    let lost =
        stores.filter(|store| matches!(store.route, Route::OutOfRange(_) | Route::Unreadable));
    lost.map(|store| found(facts, store)).collect()
}

fn found(facts: &Facts<'_>, store: &Store) -> Finding {
    let field = &facts.layout.registry.database_id;
    let is_about_it = |problem: &&Problem| match problem {
        Problem::OutOfRange { .. } => true,
        Problem::WrongType { field: about, .. } | Problem::Empty { field: about } => {
            **about == **field
        }
        _ => false,
    };
    let reason = store.problems.iter().find(is_about_it).map(ToString::to_string);
    let reason = reason.unwrap_or_else(|| format!("{field} cannot be read"));
    let value = match store.route {
        Route::OutOfRange(number) => Bson::Double(number),
        _ => Bson::Null,
    };
    let places = store.prefix.as_deref().map(|prefix| facts.with_prefix(prefix));
    let places = places.unwrap_or_default();
    let names: Vec<_> = places.keys().map(|place| facts.name_of(*place)).collect();
    let whereabouts = match names.as_slice() {
        _ if store.prefix.is_none() => "its prefix is not known".to_owned(),
        [] if facts.is_whole => "its collections are in no database".to_owned(),
        [] => "its collections were not found".to_owned(),
        names => format!("its collections are in {}", words::listed(names)),
    };
    let place =
        |(at, names): (&Database, &Vec<&str>)| words::place(facts, *at, names.iter().copied());
    Finding {
        message: format!("{}: {reason}; {whereabouts}", words::called(store)),
        evidence: doc! {
            "field": field,
            "value": value,
            "reason": &reason,
            "lowest": 1,
            "highest": facts.layout.database_count,
            "places": places.iter().map(place).collect::<Vec<_>>(),
        },
        fix: Some(way_out(facts, store, &places.keys().copied().collect::<Vec<_>>())),
        ..facts.about(Rule::DatabaseIdOutOfRange, store)
    }
}

fn way_out(facts: &Facts<'_>, store: &Store, places: &[Database]) -> Fix {
    let sharing = store.prefix.as_deref().and_then(|prefix| facts.prefixes.get(prefix));
    let is_shared = sharing.is_some_and(|stores| stores.len() > 1);
    if let ([place], true) = (places, facts.is_whole && !is_shared)
        && let Some(command) = command::route(facts.layout, store, place.id())
    {
        let name = facts.name_of(*place);
        let summary = format!(
            "Point the record at `{name}`, which alone has its collections, and restart the backend."
        );
        return Fix { summary, command, repair: None };
    }
    Fix {
        summary: "Find out where the store's data are, and set databaseId to that shard.".into(),
        command: command::show_record(facts.layout, store),
        repair: None,
    }
}
