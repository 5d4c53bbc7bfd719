//! `stores`: the registry, filtered and in order.

use std::{cmp::Ordering, sync::Arc};

use serde::Serialize;

use super::{
    look::Look,
    names::Names,
    status::{age_ms, source_name},
    table::{Cell, Side, Table},
};
use crate::domain::{
    database::Database,
    format,
    registry::Registry,
    store::{Route, Store, StoreState},
    text::{SafeText, safe},
};

/// What the list is ordered by. Ties are broken by storeId, then by record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreOrder {
    /// `storeId`; records without one come last.
    #[default]
    StoreId,
    /// `name`.
    Name,
    /// `prefix`.
    Prefix,
    /// Main first, then the shards by number, then records that lead nowhere.
    Database,
    /// Ok, legacy, malformed.
    State,
}

/// Which stores are listed, and in which order.
#[derive(Debug, Clone, Default)]
pub struct StoreQuery {
    /// Words that storeId, name or prefix must hold, in any case; a word after `!` must not occur.
    pub filter: String,
    /// Only stores with problems.
    pub problems_only: bool,
    /// Only stores that lead to this database.
    pub database: Option<Database>,
    /// What the list is ordered by.
    pub order: StoreOrder,
    /// Whether the order is turned around.
    pub reverse: bool,
}

/// The stores that a query finds.
#[derive(Debug, Serialize)]
pub struct StoreList {
    /// How many stores the query found: the length of the list.
    total: usize,
    source: &'static str,
    age_ms: Option<f64>,
    stores: Vec<StoreRow>,
}

#[derive(Debug, Serialize)]
struct StoreRow {
    store_id: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    database_id: Option<serde_json::Number>,
    database: Option<String>,
    state: &'static str,
    problems: Vec<String>,
}

impl StoreQuery {
    /// The stores of the registry that the query asks for, in its order.
    pub fn run<'a>(&self, registry: &'a Registry) -> Vec<&'a Arc<Store>> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let mut stores: Vec<_> = registry
            .stores
            .iter()
            .filter(|store| !self.problems_only || !store.problems.is_empty())
            .filter(|store| self.database.is_none() || store.route.database() == self.database)
            .filter(|store| words.is_empty() || holds(store, &words))
            .collect();
        stores.sort_by(|one, other| self.order.compare(one, other));
        if self.reverse {
            stores.reverse();
        }
        stores
    }
}

/// Whether storeId, name or prefix hold every word, and none of those after `!`.
fn holds(store: &Store, words: &[String]) -> bool {
    let fields: Vec<String> = [&store.store_id, &store.name, &store.prefix]
        .into_iter()
        .flatten()
        .map(|field| field.to_lowercase())
        .collect();
    words.iter().all(|word| match word.strip_prefix('!') {
        Some(unwanted) if !unwanted.is_empty() => {
            !fields.iter().any(|field| field.contains(unwanted))
        }
        _ => fields.iter().any(|field| field.contains(word.as_str())),
    })
}

impl StoreOrder {
    fn compare(self, one: &Store, other: &Store) -> Ordering {
        let first = match self {
            Self::StoreId => Ordering::Equal,
            Self::Name => last(one.name.as_deref()).cmp(&last(other.name.as_deref())),
            Self::Prefix => last(one.prefix.as_deref()).cmp(&last(other.prefix.as_deref())),
            Self::Database => last(one.route.database()).cmp(&last(other.route.database())),
            Self::State => one.state().cmp(&other.state()),
        };
        first
            .then_with(|| last(one.store_id.as_deref()).cmp(&last(other.store_id.as_deref())))
            .then_with(|| one.record.cmp(&other.record))
    }
}

/// Orders what is absent after everything that is there.
const fn last<T: Copy>(value: Option<T>) -> (bool, Option<T>) {
    (value.is_none(), value)
}

impl StoreList {
    /// The list for `--json`.
    pub fn new(stores: &[&Arc<Store>], registry: &Registry, names: &Names, look: Look) -> Self {
        Self {
            total: stores.len(),
            source: source_name(registry.source),
            age_ms: age_ms(registry, look),
            stores: stores.iter().map(|store| StoreRow::new(store, names)).collect(),
        }
    }

    /// The list for people.
    pub fn text(stores: &[&Arc<Store>], registry: &Registry, names: &Names, look: Look) -> String {
        if stores.is_empty() && registry.stores.is_empty() {
            return "the registry is empty\n".to_owned();
        }
        if stores.is_empty() {
            let all = format::count(u64::try_from(registry.stores.len()).unwrap_or(u64::MAX));
            return format!("none of the {all} stores matches\n");
        }
        let mut table = Table::new(&[
            ("STORE", Side::Left),
            ("NAME", Side::Left),
            ("PREFIX", Side::Left),
            ("DATABASE", Side::Left),
            ("STATE", Side::Left),
            ("PROBLEMS", Side::Left),
        ]);
        for store in stores {
            table.row(row(store, names, look));
        }
        table.render()
    }
}

impl StoreRow {
    fn new(store: &Store, names: &Names) -> Self {
        let owned = |field: &Option<Box<str>>| field.as_deref().map(ToOwned::to_owned);
        Self {
            store_id: owned(&store.store_id),
            name: owned(&store.name),
            prefix: owned(&store.prefix),
            database_id: database_id(&store.route),
            database: store.route.database().map(|database| names.of(database).to_owned()),
            state: store.state().word(),
            problems: store.problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The number as the registry has it: also one that is no shard. Whole numbers stay whole.
pub(super) fn database_id(route: &Route) -> Option<serde_json::Number> {
    match route {
        Route::Legacy | Route::Unreadable => None,
        Route::Shard(id) => Some(id.get().into()),
        Route::OutOfRange(number) => {
            let whole = format!("{number}").parse::<i64>().ok();
            whole.map(Into::into).or_else(|| serde_json::Number::from_f64(*number))
        }
    }
}

fn row(store: &Store, names: &Names, look: Look) -> Vec<Cell> {
    let field = |field: &Option<Box<str>>| match field {
        Some(text) => Cell::plain(safe(text)),
        None => Cell::dim(safe("-")),
    };
    let (state, colour) = look.store(store.state());
    let colour = (store.state() != StoreState::Ok).then_some(colour);
    let problems: Vec<SafeText> =
        store.problems.iter().map(|problem| safe(&problem.to_string())).collect();
    vec![
        field(&store.store_id),
        field(&store.name),
        field(&store.prefix),
        match store.route.database() {
            Some(database) => Cell::plain(safe(names.of(database))),
            None => Cell::dim(safe("-")),
        },
        Cell::coloured(state, colour),
        Cell::plain(SafeText::join(&problems, "; ")),
    ]
}
