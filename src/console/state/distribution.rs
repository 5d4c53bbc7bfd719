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
    database::Database,
    distribution::{Group, Occupancy},
    failure::Failure,
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

/// The bars in the order of the screen: those of the stores, or one for each database.
pub fn bars(model: &Model) -> Vec<Group> {
    let layout = &model.session.layout;
    match model.distribution.measure {
        Measure::Stores => {
            let bars = model.distribution.occupancy.bars(layout);
            bars.into_iter().map(|bar| bar.group).collect()
        }
        Measure::Documents | Measure::Bytes => {
            layout.shards().map(Group::Shard).chain([Group::Legacy]).collect()
        }
    }
}

/// The database of a bar; `None` for stores that have none.
pub const fn database_of(group: Group) -> Option<Database> {
    match group {
        Group::Shard(id) => Some(Database::Shard(id)),
        Group::Legacy => Some(Database::Main),
        Group::OutOfRange | Group::Unreadable => None,
    }
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

fn show_stores(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(group) = bars(model).get(model.distribution.cursor.row).copied() else { return };
    model.focus = Pane::Stores;
    if let Some(database) = database_of(group) {
        stores::show_only(model, database, commands);
    } else if !model.stores.filter.problems_only {
        stores::toggle_problems(model, commands);
    }
}
