//! `update`: the only writer of the model.

pub(super) mod act;
mod field;
mod mouse;
mod snapshots;

use super::{
    collections,
    command::Command,
    create, distribution, doctor, documents,
    event::Event,
    jobs,
    list::Extent,
    model::{Model, Top},
    palette, query, stores, why,
};
use crate::domain::text::safe;

/// Folds one event into the model and returns what the outside must do.
///
/// Never blocks, reads a clock or touches the network: time arrives as `TimeReached`, which
/// the loop sends before the events that it has gathered. Sets `model.redraw` where the
/// screen no longer shows the model.
pub fn update(model: &mut Model, event: Event) -> Vec<Command> {
    let mut commands = Vec::new();
    let n_noted = model.events.n_noted;
    fold(model, event, &mut commands);
    hold_history(model, n_noted);
    stores::ask_again(model, &mut commands);
    collections::follow_selection(model);
    collections::load_due(model, &mut commands);
    jobs::load_due(model, &mut commands);
    documents::end_of_closed(model, &mut commands);
    commands
}

fn fold(model: &mut Model, event: Event, commands: &mut Vec<Command>) {
    match event {
        Event::KeyPressed(key) => act::press(model, key, commands),
        Event::Pasted(text) => field::paste(model, &text, commands),
        Event::MouseUsed(mouse) => mouse::used(model, mouse, commands),
        Event::Resized(_) | Event::Resumed => model.redraw = true,
        Event::PoolsChanged(pools) => snapshots::pools_changed(model, pools, commands),
        Event::RegistryChanged(registry) => {
            snapshots::registry_changed(model, registry, commands);
        }
        Event::StoresArranged { request, arrangement } => {
            stores::arranged(model, request, arrangement, commands);
        }
        Event::StoresFound { request, found } => {
            palette::stores_found(model, (request, found), commands);
        }
        Event::CollectionsLoaded { request, collections } => {
            collections::loaded(model, request, collections);
        }
        Event::PageLoaded { request, page } => documents::pages::loaded(model, request, page),
        Event::PageDoubted { request, plan, documents } => {
            documents::pages::doubted(model, request, (plan, documents));
        }
        Event::DocumentsCounted { request, count } => {
            documents::pages::counted(model, request, count);
        }
        Event::LookedAt { request, looked } => documents::panel::looked(model, request, looked),
        Event::DocumentChanged { request, change } => {
            documents::panel::changed(model, request, &change);
        }
        Event::FollowingEnded { request, failure } => {
            documents::panel::unfollowed(model, request, failure);
        }
        Event::ExportAdvanced { request, written } => {
            documents::export::advanced(model, request, written);
        }
        Event::ExportEnded { request, outcome } => {
            if !query::export::ended(model, request, &outcome) {
                documents::export::ended(model, request, outcome);
            }
        }
        Event::StoresTold { request, told } => {
            query::told(model, request, told, commands);
        }
        Event::StoresAsked { request, outcome } => query::asked(model, request, outcome),
        Event::HistoryLoaded(history) => model.history = Some(history),
        Event::UsageLoaded { request, usage } => distribution::loaded(model, request, usage),
        Event::NamesGathered { request, taken } => {
            create::plan::gathered(model, (request, taken), commands);
        }
        Event::FleetSurveyed { request, survey } => {
            create::surveyed(model, (request, survey), commands);
        }
        Event::CreationAdvanced { request, progress } => {
            create::run::advanced(model, request, progress);
        }
        Event::StoreCreated { request, outcome } => {
            create::run::ended(model, (request, outcome), commands);
        }
        Event::FleetExamined { request, examination } => {
            doctor::examined(model, request, examination);
        }
        Event::Repaired { request, message, outcome } => {
            doctor::repair::repaired(model, (request, message, outcome), commands);
        }
        Event::RepairsLost { request, failure } => {
            doctor::repair::lost(model, (request, &failure), commands);
        }
        Event::WhyAnswered { request, trace } => why::answered(model, request, trace),
        Event::JobsLoaded { request, jobs } => jobs::loaded(model, request, jobs),
        Event::JobAdvanced { request, progress } => jobs::advanced(model, request, progress),
        Event::JobEnded { request, outcome } => jobs::ended(model, (request, outcome), commands),
        Event::Copied { outcome } => copied(model, outcome),
        Event::FrameDrawn(geometry) => frame_drawn(model, geometry),
        Event::TimeReached(now) => model.pass_time(now),
        Event::QueueFilled => queue_filled(model),
        Event::TaskFailed(failure) => {
            model.events.note_failure(model.now, &failure);
            model.complain_of(&failure);
        }
    }
}

/// Keeps the selected entry of the history where it is while newer ones come in above it.
/// On the newest one, the selection stays on the newest.
fn hold_history(model: &mut Model, n_noted_before: usize) {
    let n_new = model.events.n_noted.saturating_sub(n_noted_before);
    let extent = Extent { len: model.events.entries.len(), visible: model.geometry.top_rows };
    if let Top::Events(cursor) = &mut model.top
        && cursor.row > 0
        && n_new > 0
    {
        cursor.row += n_new;
        cursor.first += n_new;
        cursor.keep_visible(extent);
    }
}

fn copied(model: &mut Model, outcome: Result<String, crate::domain::failure::Failure>) {
    match outcome {
        Ok(how) => model.set_notice(safe(&format!("copied {how}")), false),
        Err(failure) => model.complain_of(&failure),
    }
}

/// A command was lost: what is only read is not waited for any longer. Whatever writes, or
/// is asked before something is written, gets a failure as its answer as well.
fn queue_filled(model: &mut Model) {
    if model.collections.loading.take().is_some() {
        model.collections.load_at = Some(model.now + stores::SECOND_TRY);
    }
    if model.stores.arranging.is_some() {
        model.stores.ask_at = Some(model.now + stores::SECOND_TRY);
    }
    model.distribution.loading = None;
    match &mut model.top {
        Top::Documents(view) => view.loading = None,
        Top::Palette(palette) => palette.searching = None,
        _ => {}
    }
    model.complain("busy; try again");
}

/// Takes what drawing learned, and brings the cursors back onto the screen.
fn frame_drawn(model: &mut Model, geometry: super::geometry::Geometry) {
    create::note_drawn(model, &geometry);
    jobs::note_drawn(model, &geometry);
    doctor::repair::note_drawn(model, &geometry);
    documents::note_drawn(model, &geometry);
    query::export::note_drawn(model, &geometry);
    if model.geometry == geometry {
        return;
    }
    model.geometry = geometry;
    let before = first_rows(model);
    keep_visible(model);
    model.redraw |= first_rows(model) != before;
}

fn keep_visible(model: &mut Model) {
    let extent = super::databases::extent(model);
    model.databases.cursor.keep_visible(extent);
    let extent = distribution::extent(model);
    model.distribution.cursor.keep_visible(extent);
    let extent = collections::extent(model);
    model.collections.cursor.keep_visible(extent);
    model.stores.keep_visible(model.geometry.rows_of(super::model::Pane::Stores));
    let visible = model.geometry.top_rows;
    match &mut model.top {
        Top::Panes => {}
        Top::Help(help) => help.cursor.keep_visible(help.extent(visible)),
        Top::Palette(palette) => palette.cursor.keep_visible(palette.extent(visible)),
        Top::Documents(view) => {
            let extent = view.shown_extent(visible);
            view.shown_cursor().keep_visible(extent);
        }
        Top::Events(cursor) => {
            cursor.keep_visible(Extent { len: model.events.entries.len(), visible });
        }
        Top::Create => create::keep_visible(model),
        Top::Jobs => model.jobs.cursor.keep_visible(model.jobs.extent(visible)),
        Top::Doctor => model.doctor.cursor.keep_visible(model.doctor.extent(visible)),
        Top::Why => model.why.cursor.keep_visible(model.why.extent(visible)),
        Top::Query => {
            let extent = model.query.extent(visible);
            model.query.cursor.keep_visible(extent);
        }
    }
}

fn first_rows(model: &Model) -> [usize; 5] {
    let top = match &model.top {
        Top::Panes => 0,
        Top::Help(help) => help.cursor.first,
        Top::Palette(palette) => palette.cursor.first,
        Top::Documents(view) => view.cursor.first,
        Top::Events(cursor) => cursor.first,
        Top::Create => model.creation.first,
        Top::Jobs => model.jobs.cursor.first,
        Top::Doctor => model.doctor.cursor.first,
        Top::Why => model.why.cursor.first,
        Top::Query => model.query.cursor.first,
    };
    [
        model.databases.cursor.first,
        model.distribution.cursor.first,
        model.collections.cursor.first,
        model.stores.first,
        top,
    ]
}
