//! What is copied from where. Everything that leaves is safe text.

use super::{
    action::Action,
    command::Command,
    create, databases, doctor, documents, jobs,
    model::{Model, Pane, Top},
    query, why,
};
use crate::domain::text::{SafeText, safe};

/// Copies what is selected.
pub(super) fn copy(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let copied = match &model.top {
        Top::Panes => from_pane(model),
        Top::Documents(view) => match action {
            Action::CopyForShell => documents::lines::copied_for_shell(view),
            Action::CopyPath => documents::lines::copied_path(view),
            _ => documents::lines::copied(view),
        },
        Top::Query => query::copied(model),
        Top::Events(cursor) => model.events.row(cursor.row).map(|entry| {
            (format!("{} {}", entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"), entry.text), "event")
        }),
        Top::Create => create::copied(model),
        Top::Jobs => jobs::copied(model),
        Top::Doctor => doctor::copied(model),
        Top::Why => why::copied(model),
        Top::Help(_) | Top::Palette(_) => None,
    };
    match copied {
        Some((text, what)) => commands.push(Command::Copy { text, what }),
        None => model.notify("nothing here to copy"),
    }
}

fn from_pane(model: &Model) -> Option<(String, &'static str)> {
    match model.focus {
        Pane::Databases => from_databases(model),
        Pane::Stores => {
            let store = model.stores.selected_store()?;
            match &store.store_id {
                Some(store_id) => Some((safe(store_id).into(), "storeId")),
                None => Some((safe(store.record.as_str()).into(), "record id")),
            }
        }
        Pane::Collections => {
            let collection = model.collections.selected()?;
            Some((safe(&collection.name).into(), "collection name"))
        }
        Pane::Distribution => Some((distribution_text(model), "distribution")),
    }
}

/// The error with its next step where there is one, for an incident channel.
fn from_databases(model: &Model) -> Option<(String, &'static str)> {
    let pool = databases::selected(model)?;
    Some(match &pool.failure {
        Some(failure) => (
            format!(
                "{} is {} since {}: {} ({})",
                pool.name,
                pool.state.word(),
                pool.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
                failure.message,
                failure.hint
            ),
            "error",
        ),
        None => (SafeText::to_string(&pool.name), "database name"),
    })
}

fn distribution_text(model: &Model) -> String {
    let occupancy = &model.distribution.occupancy;
    let capacity = model.session.layout.stores_per_database;
    let mut lines: Vec<String> = model
        .session
        .layout
        .databases()
        .map(|database| {
            let name = safe(&model.session.layout.name_of(database));
            match database.id() {
                Some(id) => {
                    let stores = occupancy.of(id);
                    format!("{name}\t{stores} of {capacity}")
                }
                None => format!("{name}\t{} legacy", occupancy.legacy),
            }
        })
        .collect();
    if occupancy.out_of_range + occupancy.unreadable > 0 {
        lines.push(format!(
            "no database\t{}",
            occupancy.out_of_range.saturating_add(occupancy.unreadable)
        ));
    }
    lines.join("\n")
}
