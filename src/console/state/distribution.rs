//! The distribution pane: bars against capacity, and where the next store goes.

use super::{
    action::Action,
    command::{Command, RequestId},
    list::Extent,
    model::{ListCursor, Model, Pane},
    stores,
};
use crate::domain::{
    collection::Usage,
    database::{Database, DatabaseId},
    distribution::Occupancy,
    failure::Failure,
    registry::{Change, Registry},
    store::Route,
};

/// What the bars count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Registry records.
    #[default]
    Stores,
    /// Documents in the whole database.
    Documents,
    /// Uncompressed bytes in the whole database.
    Bytes,
}

impl Measure {
    /// What a title calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stores => "stores",
            Self::Documents => "documents",
            Self::Bytes => "bytes",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Stores => Self::Documents,
            Self::Documents => Self::Bytes,
            Self::Bytes => Self::Stores,
        }
    }
}

/// The distribution pane.
#[derive(Debug, Default)]
pub struct DistributionPane {
    /// What the bars count.
    pub measure: Measure,
    /// Stores by where their records send them. Kept up to date with each registry change,
    /// so that drawing never counts.
    pub occupancy: Occupancy,
    /// Documents and bytes, as last read; empty before the first read.
    pub usage: Vec<Result<Usage, Failure>>,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    /// The selected bar and the first visible one.
    pub cursor: ListCursor,
}

/// What one bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// A shard, against its capacity.
    Shard(DatabaseId),
    /// The main database: its legacy stores, or all its documents and bytes.
    Main,
    /// Stores whose `databaseId` is no shard. Only where there are some.
    OutOfRange,
    /// Stores whose `databaseId` cannot be read. Only where there are some.
    Unreadable,
}

/// The bars, in the order of the screen.
pub fn bars(model: &Model) -> Vec<Bar> {
    let mut bars: Vec<Bar> = model.session.layout.shards().map(Bar::Shard).collect();
    bars.push(Bar::Main);
    if model.distribution.measure == Measure::Stores {
        if model.distribution.occupancy.out_of_range > 0 {
            bars.push(Bar::OutOfRange);
        }
        if model.distribution.occupancy.unreadable > 0 {
            bars.push(Bar::Unreadable);
        }
    }
    bars
}

/// Documents and bytes of a database, as last read.
pub fn usage_of(model: &Model, database: Database) -> Option<Usage> {
    model.distribution.usage.iter().flatten().find(|usage| usage.database == database).copied()
}

/// Does what the action means in the distribution pane. Returns whether it means something.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    let extent = extent(model);
    if model.distribution.cursor.apply(action, extent) {
        return true;
    }
    match action {
        Action::Enter | Action::Right => show_stores(model, commands),
        _ => return false,
    }
    true
}

/// The rows of the pane, and how many fit.
pub(super) fn extent(model: &Model) -> Extent {
    Extent { len: bars(model).len(), visible: model.geometry.rows_of(Pane::Distribution) }
}

/// Goes on to the next measure, and reads what it needs.
pub(super) fn next_measure(model: &mut Model, commands: &mut Vec<Command>) {
    let measure = model.distribution.measure.next();
    model.distribution.measure = measure;
    let extent = extent(model);
    model.distribution.cursor.keep_visible(extent);
    if measure != Measure::Stores && model.distribution.usage.is_empty() {
        load(model, commands);
    }
}

/// Reads documents and bytes again, where the bars show them.
pub(super) fn load(model: &mut Model, commands: &mut Vec<Command>) {
    if model.distribution.loading.is_none() {
        let request = model.next_request();
        model.distribution.loading = Some(request);
        commands.push(Command::LoadUsage { request });
    }
}

/// Takes what was read.
pub(super) fn loaded(model: &mut Model, request: RequestId, usage: Vec<Result<Usage, Failure>>) {
    if model.distribution.loading == Some(request) {
        model.distribution.loading = None;
        model.distribution.usage = usage;
        model.redraw = true;
    }
}

/// Counts again what a registry change moved.
pub(super) fn follow(occupancy: &mut Occupancy, registry: &Registry, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Added(store) => *slot(occupancy, &store.route) += 1,
            Change::Removed(store) => take_one(occupancy, &store.route),
            Change::Changed(before, after) => {
                take_one(occupancy, &before.route);
                *slot(occupancy, &after.route) += 1;
            }
        }
    }
    occupancy.total = u32::try_from(registry.stores.len()).unwrap_or(u32::MAX);
}

fn take_one(occupancy: &mut Occupancy, route: &Route) {
    let count = slot(occupancy, route);
    *count = count.saturating_sub(1);
}

fn slot<'a>(occupancy: &'a mut Occupancy, route: &Route) -> &'a mut u32 {
    match route {
        Route::Legacy => &mut occupancy.legacy,
        Route::Shard(id) => occupancy.shards.entry(*id).or_default(),
        Route::OutOfRange(_) => &mut occupancy.out_of_range,
        Route::Unreadable => &mut occupancy.unreadable,
    }
}

fn show_stores(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(bar) = bars(model).get(model.distribution.cursor.row).copied() else { return };
    model.focus = Pane::Stores;
    let database = match bar {
        Bar::Shard(id) => Database::Shard(id),
        Bar::Main => Database::Main,
        Bar::OutOfRange | Bar::Unreadable => {
            if !model.stores.filter.problems_only {
                stores::toggle_problems(model, commands);
            }
            return;
        }
    };
    let name = model.session.layout.name_of(database);
    stores::set_filter(model, &name, commands);
}
