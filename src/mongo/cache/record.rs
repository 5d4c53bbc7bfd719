//! One store as it is saved.

use serde::{Deserialize, Serialize};

use crate::domain::{
    database::Layout,
    document::raw,
    store::{Problem, RecordId, Route, Store},
};

/// A store, in short names: there may be 100 000 of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedStore {
    #[serde(rename = "r")]
    record: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    store_id: Option<Box<str>>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<Box<str>>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    prefix: Option<Box<str>>,
    #[serde(rename = "d")]
    route: SavedRoute,
    #[serde(rename = "x", default, skip_serializing_if = "Vec::is_empty")]
    problems: Vec<SavedProblem>,
}

#[derive(Debug, Serialize, Deserialize)]
enum SavedRoute {
    #[serde(rename = "l")]
    Legacy,
    /// A shard or a number that is none: which one, the layout says when it is read again.
    #[serde(rename = "n")]
    Number(f64),
    #[serde(rename = "u")]
    Unreadable,
}

#[derive(Debug, Serialize, Deserialize)]
enum SavedProblem {
    Missing(Box<str>),
    Null(Box<str>),
    Empty(Box<str>),
    WrongType(Box<str>, String),
    DriftedType(Box<str>, String),
    Unreadable,
}

impl SavedStore {
    pub(super) fn new(store: &Store) -> Self {
        Self {
            record: store.record.as_str().to_owned(),
            store_id: store.store_id.clone(),
            name: store.name.clone(),
            prefix: store.prefix.clone(),
            route: match store.route {
                Route::Legacy => SavedRoute::Legacy,
                Route::Shard(id) => SavedRoute::Number(id.get().into()),
                Route::OutOfRange(number) => SavedRoute::Number(number),
                Route::Unreadable => SavedRoute::Unreadable,
            },
            problems: store.problems.iter().filter_map(saved).collect(),
        }
    }

    /// The store, in a fleet of this layout.
    pub(super) fn restore(self, layout: &Layout) -> Store {
        let mut problems: Vec<Problem> = self.problems.into_iter().map(restored).collect();
        let route = match self.route {
            SavedRoute::Legacy => Route::Legacy,
            SavedRoute::Unreadable => Route::Unreadable,
            SavedRoute::Number(number) => Route::of_number(number, layout, &mut problems),
        };
        problems.sort_by_key(|problem| !problem.is_fatal());
        let record = RecordId::new(&self.record);
        let Self { store_id, name, prefix, .. } = self;
        Store { record, store_id, name, prefix, route, problems }
    }
}

/// `OutOfRange` is left out: it follows from the number and the layout.
fn saved(problem: &Problem) -> Option<SavedProblem> {
    Some(match problem {
        Problem::Missing { field } => SavedProblem::Missing(field.clone()),
        Problem::Null { field } => SavedProblem::Null(field.clone()),
        Problem::Empty { field } => SavedProblem::Empty(field.clone()),
        Problem::WrongType { field, found } => {
            SavedProblem::WrongType(field.clone(), (*found).to_owned())
        }
        Problem::DriftedType { field, found } => {
            SavedProblem::DriftedType(field.clone(), (*found).to_owned())
        }
        Problem::Unreadable => SavedProblem::Unreadable,
        Problem::OutOfRange { .. } => return None,
    })
}

fn restored(problem: SavedProblem) -> Problem {
    match problem {
        SavedProblem::Missing(field) => Problem::Missing { field },
        SavedProblem::Null(field) => Problem::Null { field },
        SavedProblem::Empty(field) => Problem::Empty { field },
        SavedProblem::WrongType(field, found) => {
            Problem::WrongType { field, found: raw::known_type_name(&found) }
        }
        SavedProblem::DriftedType(field, found) => {
            Problem::DriftedType { field, found: raw::known_type_name(&found) }
        }
        SavedProblem::Unreadable => Problem::Unreadable,
    }
}
