//! The backend's path, step by step, up to the first cause.

mod cause;
mod place;

use std::sync::Arc;

use self::place::Place;
use super::{Evidence, Matched, MatchedBy, Outcome, Step, Suggestion, Trace};
use crate::domain::{
    database::Database,
    failure::{Failure, FailureKind},
    format,
    ownership::Owners,
    pool::PoolState,
    registry::Source,
    store::{Problem, Route, Store},
    suggest::similar,
};

/// Why the store that a text means is, or is not, found by the backend.
pub fn explain(text: &str, evidence: &Evidence<'_>) -> Trace {
    let mut path = Path { evidence, steps: Vec::new(), cause: None };
    let (store, by) = match found(text, evidence) {
        Found::One(store, by) => (store, by),
        Found::None => return path.unknown(text),
        Found::Several(stores, by) => return path.several(text, &stores, by),
    };
    path.walk(&store);
    let matched = Matched {
        by,
        record: store.record.clone(),
        store_id: store.store_id.clone(),
        name: store.name.clone(),
        prefix: store.prefix.clone(),
        route: store.route.clone(),
    };
    path.ended(text, Some(matched), Vec::new())
}

enum Found {
    None,
    One(Arc<Store>, MatchedBy),
    Several(Vec<Arc<Store>>, MatchedBy),
}

/// Which stores have the text as storeId, else as prefix, else as name, else own the
/// collection of that name.
fn found(text: &str, evidence: &Evidence<'_>) -> Found {
    type Field = fn(&Store) -> Option<&str>;
    let ways: [(MatchedBy, Field); 3] = [
        (MatchedBy::StoreId, |store| store.store_id.as_deref()),
        (MatchedBy::Prefix, |store| store.prefix.as_deref()),
        (MatchedBy::Name, |store| store.name.as_deref()),
    ];
    for (by, field) in ways {
        let stores: Vec<Arc<Store>> = evidence
            .registry
            .stores
            .iter()
            .filter(|store| field(store) == Some(text))
            .cloned()
            .collect();
        match &stores[..] {
            [] => {}
            [one] => return Found::One(one.clone(), by),
            _ => return Found::Several(stores, by),
        }
    }
    let claims = Owners::new(evidence.registry, evidence.layout).of(text);
    match claims.first() {
        Some(claim) => Found::One(claim.store.clone(), MatchedBy::Collection),
        None => Found::None,
    }
}

/// The path as far as it was walked.
struct Path<'a> {
    evidence: &'a Evidence<'a>,
    steps: Vec<Step>,
    cause: Option<Failure>,
}

impl Path<'_> {
    /// Notes a step. What comes after the cause is skipped.
    fn step(&mut self, name: &str, outcome: Outcome, detail: String) {
        let (outcome, detail) = if self.cause.is_some() {
            (Outcome::Skipped, String::new())
        } else {
            (outcome, detail)
        };
        self.steps.push(Step { name: name.into(), outcome, detail });
    }

    /// Notes a step that fails, and why.
    fn fail(&mut self, name: &str, failure: Failure) {
        self.step(name, Outcome::Failed, failure.message.as_str().into());
        self.cause.get_or_insert(failure);
    }

    fn ended(self, query: &str, matched: Option<Matched>, suggestions: Vec<Suggestion>) -> Trace {
        let Self { steps, cause, .. } = self;
        Trace { query: query.into(), matched, steps, cause, suggestions }
    }

    fn walk(&mut self, store: &Store) {
        self.record(store);
        let place = Place::of(store, self.evidence);
        self.number(store, &place);
        let Some(home) = store.route.database() else {
            for name in ["database", "login", "ping", "collections"] {
                self.step(name, Outcome::Skipped, String::new());
            }
            return;
        };
        self.database(home);
        self.pool(home);
        self.collections(store, home, &place);
    }

    fn record(&mut self, store: &Store) {
        const NAME: &str = "registry record";
        let is_about_number = |problem: &&Problem| cause::is_about_number(problem, self.evidence);
        let others: Vec<String> = store
            .problems
            .iter()
            .filter(|problem| !is_about_number(problem))
            .map(ToString::to_string)
            .collect();
        if store.prefix.is_none() || store.store_id.is_none() {
            let failure = cause::malformed(store, &others.join("; "));
            return self.fail(NAME, failure);
        }
        let (id, prefix) = (cause::which(store), store.prefix.as_deref().unwrap_or_default());
        let found = format!("storeId {id}, prefix {prefix}");
        match (&self.evidence.registry.source, others.is_empty()) {
            (Source::Cache, _) => {
                let said = "from the last known registry, since the main database is out of reach";
                self.step(NAME, Outcome::Warning, format!("{found}; {said}"));
            }
            (_, false) => {
                self.step(NAME, Outcome::Warning, format!("{found}; {}", others.join("; ")));
            }
            _ => self.step(NAME, Outcome::Ok, found),
        }
    }

    fn number(&mut self, store: &Store, place: &Place) {
        let field = &self.evidence.layout.registry.database_id.clone();
        let drifted = store.problems.iter().find(|one| matches!(one, Problem::DriftedType { .. }));
        match &store.route {
            Route::Legacy => self.no_number(store, place),
            Route::Shard(shard) => match drifted {
                Some(problem) => self.step(field, Outcome::Warning, format!("{shard}; {problem}")),
                None => self.step(field, Outcome::Ok, shard.to_string()),
            },
            Route::OutOfRange(_) | Route::Unreadable => {
                self.fail(field, cause::number_unusable(store, place, self.evidence));
            }
        }
    }

    /// No number: a legacy store, unless its collections say otherwise.
    fn no_number(&mut self, store: &Store, place: &Place) {
        let layout = self.evidence.layout;
        let field = &layout.registry.database_id;
        if let Some(shard) = place.only_shard() {
            return self.fail(field, cause::number_missing(store, shard, self.evidence));
        }
        let main = &layout.main_database;
        self.step(field, Outcome::Ok, format!("not set: a legacy store, in {main}"));
    }

    fn database(&mut self, home: Database) {
        let uri = self.evidence.uris.get(&home).map_or("", |uri| uri.as_str());
        let name = self.evidence.layout.name_of(home);
        self.step("database", Outcome::Ok, format!("{name} at {uri}"));
    }

    fn pool(&mut self, home: Database) {
        let pool = self.evidence.pools.get(home);
        match pool.map(|pool| (pool.state, &pool.failure, pool)) {
            Some((PoolState::Up | PoolState::Slow, _, pool)) => {
                self.step("login", Outcome::Ok, "accepted".into());
                let slow = pool.state == PoolState::Slow;
                let outcome = if slow { Outcome::Warning } else { Outcome::Ok };
                let took = pool.latency.map_or_else(String::new, format::latency);
                self.step("ping", outcome, format!("{}, {took}", pool.state.word()));
            }
            Some((PoolState::Down, Some(failure), _)) => {
                let is_login =
                    matches!(failure.kind, FailureKind::Login | FailureKind::NotAuthorised);
                if is_login {
                    self.fail("login", failure.clone());
                    self.step("ping", Outcome::Skipped, String::new());
                } else {
                    self.step("login", Outcome::Skipped, String::new());
                    self.fail("ping", failure.clone());
                }
            }
            _ => {
                self.step("login", Outcome::Skipped, String::new());
                let name = self.evidence.layout.name_of(home);
                self.fail("ping", cause::connecting(&name));
            }
        }
    }

    fn collections(&mut self, store: &Store, home: Database, place: &Place) {
        if let Some(failure) = place::unknown_at(home, self.evidence) {
            return self.fail("collections", failure);
        }
        for one in &place.parts {
            if let Some(failure) = cause::of_part(store, one, home, place, self.evidence) {
                self.fail(&one.name, failure);
            } else if one.is_at(home) {
                self.step(&one.name, Outcome::Ok, one.kind_at(home).into());
            } else {
                self.step(&one.name, Outcome::Ok, "absent, and may be".into());
            }
        }
        for (database, failure) in place::unread(self.evidence) {
            let name = self.evidence.layout.name_of(database);
            let said = format!("not searched for stray collections: {failure}");
            self.step(&name, Outcome::Warning, said);
        }
    }

    /// Nobody is called so.
    fn unknown(mut self, text: &str) -> Trace {
        let mut suggestions = place::orphans(text, self.evidence);
        let is_orphan = !suggestions.is_empty();
        suggestions.extend(similar(self.evidence.registry, text));
        let failure = cause::no_record(text, is_orphan, &suggestions, self.evidence);
        self.fail("registry record", failure);
        self.ended(text, None, suggestions)
    }

    /// Several records have what must be unique, or a name that need not be.
    fn several(mut self, text: &str, stores: &[Arc<Store>], by: MatchedBy) -> Trace {
        let suggestion = |store: &Arc<Store>| Suggestion {
            record: Some(store.record.clone()),
            store_id: store.store_id.clone(),
            name: store.name.clone(),
            prefix: store.prefix.clone(),
            shard: store.route.database().and_then(Database::id),
            reason: format!("has this {}", cause::field_of(by)),
        };
        let suggestions: Vec<Suggestion> = stores.iter().take(5).map(suggestion).collect();
        self.fail("registry record", cause::several(text, stores, by));
        self.ended(text, None, suggestions)
    }
}

#[cfg(test)]
mod tests;
