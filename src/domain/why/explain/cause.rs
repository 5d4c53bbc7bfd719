//! The texts of each cause, with its one next step.

use std::sync::Arc;

use super::{
    super::{Evidence, MatchedBy, Suggestion},
    place::{Part, Place},
};
use crate::domain::{
    database::{Database, DatabaseId},
    failure::{Failure, FailureKind},
    registry::Source,
    store::{Problem, Store},
};

/// What a store is called in a sentence.
pub(super) fn which(store: &Store) -> &str {
    store.store_id.as_deref().unwrap_or(store.record.as_str())
}

/// What a match was made by, in the registry's words.
pub(super) const fn field_of(by: MatchedBy) -> &'static str {
    match by {
        MatchedBy::StoreId => "storeId",
        MatchedBy::Prefix => "prefix",
        MatchedBy::Name => "name",
        MatchedBy::Collection => "collection",
    }
}

/// Whether a problem of the record is about the shard's number.
pub(super) fn is_about_number(problem: &Problem, evidence: &Evidence<'_>) -> bool {
    let number = evidence.layout.registry.database_id.as_str();
    match problem {
        Problem::OutOfRange { .. } | Problem::DriftedType { .. } => true,
        Problem::Missing { field }
        | Problem::Null { field }
        | Problem::Empty { field }
        | Problem::WrongType { field, .. } => &**field == number,
        Problem::Unreadable => false,
    }
}

pub(super) fn malformed(store: &Store, problems: &str) -> Failure {
    Failure::new(
        FailureKind::Malformed,
        &format!("the record of store `{}` cannot be used: {problems}", which(store)),
        "Look at it with `tilldeck doctor --rule record-malformed`, and set the field",
    )
}

pub(super) fn no_record(
    text: &str,
    is_orphan: bool,
    suggestions: &[Suggestion],
    evidence: &Evidence<'_>,
) -> Failure {
    let registry = &evidence.registry;
    if registry.source == Source::Loading {
        let cause = registry.failure.as_ref().map_or("no answer yet", |one| one.message.as_str());
        return Failure {
            kind: registry.failure.as_ref().map_or(FailureKind::Busy, |one| one.kind),
            ..Failure::new(
                FailureKind::Busy,
                &format!("the registry cannot be read: {cause}"),
                "Look at `tilldeck status`",
            )
        };
    }
    let cached =
        if registry.source == Source::Cache { "the last known registry" } else { "the registry" };
    let message = format!("{cached} has no storeId, name or prefix `{text}`");
    let hint = if is_orphan {
        "Restore the record that was probably deleted: `tilldeck doctor --rule orphan-collections` shows what is left of the store".to_owned()
    } else if let Some(name) = suggestions.first().and_then(name_of) {
        format!("Ask for `{name}`, which is called nearly so")
    } else {
        "Check the spelling, and look through `tilldeck stores`".to_owned()
    };
    Failure::new(FailureKind::NotFound, &message, &hint)
}

fn name_of(suggestion: &Suggestion) -> Option<&str> {
    let Suggestion { store_id, prefix, name, .. } = suggestion;
    [store_id, prefix, name].into_iter().flatten().next().map(AsRef::as_ref)
}

pub(super) fn several(text: &str, stores: &[Arc<Store>], by: MatchedBy) -> Failure {
    let (n, field) = (stores.len(), field_of(by));
    if by == MatchedBy::Name {
        return Failure::new(
            FailureKind::NotFound,
            &format!("{n} stores are called `{text}`"),
            "Ask for one of them by its storeId or prefix",
        );
    }
    let rule = if by == MatchedBy::StoreId { "duplicate-store-id" } else { "duplicate-prefix" };
    Failure::new(
        FailureKind::Duplicate,
        &format!(
            "{n} records have the {field} `{text}`, and the backend takes whichever comes first"
        ),
        &format!("Look at both with `tilldeck doctor --rule {rule}`, and make one different"),
    )
}

pub(super) fn number_missing(store: &Store, shard: DatabaseId, evidence: &Evidence<'_>) -> Failure {
    let layout = evidence.layout;
    let (field, main) = (&layout.registry.database_id, &layout.main_database);
    let shard = layout.name_of(Database::Shard(shard));
    Failure::new(
        FailureKind::DatabaseId,
        &format!(
            "`{field}` of store `{}` is missing, so the backend looks in `{main}`, but its collections are in `{shard}`",
            which(store)
        ),
        "Set it with `tilldeck doctor --rule database-id-missing --fix`",
    )
}

pub(super) fn number_unusable(store: &Store, place: &Place, evidence: &Evidence<'_>) -> Failure {
    let problem = store.problems.iter().find(|one| is_about_number(one, evidence));
    let problem = problem.map_or_else(|| "the number is unusable".into(), ToString::to_string);
    let field = &evidence.layout.registry.database_id;
    let hint = match place.only_shard() {
        Some(shard) => format!("Set `{field}` to {shard}, where all of its collections are"),
        None => format!("Find out where the store belongs, and set `{field}` to that shard"),
    };
    let message = format!("the record of store `{}` leads to no database: {problem}", which(store));
    Failure::new(FailureKind::DatabaseId, &message, &hint)
}

pub(super) fn connecting(name: &str) -> Failure {
    let message = format!("`{name}` has not answered yet");
    Failure::new(FailureKind::Busy, &message, "Wait a moment and ask again")
}

/// What is wrong with one collection of the store.
pub(super) fn of_part(
    store: &Store,
    part: &Part,
    home: Database,
    place: &Place,
    evidence: &Evidence<'_>,
) -> Option<Failure> {
    let layout = evidence.layout;
    let at_home = layout.name_of(home);
    if part.is_view_at(home)
        && let Some(tombstone) = evidence.tombstone
    {
        return Some(Failure::new(
            FailureKind::Moved,
            &format!("the store was moved out of `{at_home}`: {tombstone}"),
            "Restart the backend processes that still go there; if the record itself is stale, set its database",
        ));
    }
    let strays: Vec<String> = part
        .elsewhere(home)
        .filter(|database| !place.homes_of_others.contains(database))
        .map(|database| format!("`{}`", layout.name_of(database)))
        .collect();
    let strays = strays.join(" and ");
    let name = &part.name;
    match (part.is_at(home), strays.is_empty()) {
        (true, false) => Some(Failure::new(
            FailureKind::Misplaced,
            &format!(
                "`{name}` is in `{at_home}` and in {strays} as well: the store's data are split"
            ),
            "Read `tilldeck doctor --rule store-split`, and stop who writes to the wrong place",
        )),
        (false, false) => Some(Failure::new(
            FailureKind::Misplaced,
            &format!(
                "`{name}` is not in `{at_home}`, where the record of `{}` leads, but in {strays}",
                which(store)
            ),
            "Read `tilldeck doctor --rule store-wrong-database`, and correct the record",
        )),
        (false, true) if part.is_required => Some(missing(part, &at_home, evidence)),
        (_, true) => None,
    }
}

fn missing(part: &Part, at_home: &str, evidence: &Evidence<'_>) -> Failure {
    let name = &part.name;
    if let Some((database, other)) = part.other_case.first() {
        let place = evidence.layout.name_of(*database);
        return Failure::new(
            FailureKind::Misplaced,
            &format!(
                "`{name}` does not exist, but `{other}` does, in `{place}`: the prefix has another case"
            ),
            "Correct the prefix in the record: `tilldeck doctor --rule prefix-case`",
        );
    }
    Failure::new(
        FailureKind::Missing,
        &format!("`{name}` does not exist in `{at_home}`, nor in another database"),
        "Make it with `tilldeck doctor --rule collections-missing --fix`, or restore a backup",
    )
}
