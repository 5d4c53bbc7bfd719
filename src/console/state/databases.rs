//! The databases pane: one row a database.

use super::{
    action::Action,
    command::Command,
    list::Extent,
    model::{ListCursor, Model, Pane},
    stores,
};
use crate::domain::{database::Database, pool::Pool};

/// The databases pane. Rows are the pools, in their order: main, then the shards.
#[derive(Debug, Default)]
pub struct DatabasesPane {
    /// The selected database and the first visible row.
    pub cursor: ListCursor,
}

/// The pool of the selected database.
pub fn selected(model: &Model) -> Option<&Pool> {
    model.pools.pools.get(model.databases.cursor.row)
}

/// Does what the action means in the databases pane. Returns whether it means something.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    let extent = extent(model);
    if model.databases.cursor.apply(action, extent) {
        return true;
    }
    match action {
        Action::Enter | Action::Right => show_stores(model, commands),
        _ => return false,
    }
    true
}

/// Selects a database.
pub(super) fn go_to(model: &mut Model, database: Database) {
    model.focus = Pane::Databases;
    let row = model.pools.pools.iter().position(|pool| pool.database == database);
    model.databases.cursor.row = row.unwrap_or(0);
    let extent = extent(model);
    model.databases.cursor.keep_visible(extent);
}

/// The rows of the pane, and how many fit.
pub(super) fn extent(model: &Model) -> Extent {
    Extent { len: model.pools.pools.len(), visible: model.geometry.rows_of(Pane::Databases) }
}

fn show_stores(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(database) = selected(model).map(|pool| pool.database) else { return };
    model.focus = Pane::Stores;
    stores::show_only(model, database, commands);
}
