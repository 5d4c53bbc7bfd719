//! The run that makes a store, and how it ended.

use jiff::Timestamp;

use super::{
    super::{
        action::Action,
        command::{Command, RequestId},
        eventlog::Severity,
        jobs,
        model::{Model, Pane},
        stores,
        update::act,
    },
    Form, Stage, fill_in, is_open,
};
use crate::domain::{
    creation::{Created, Plan},
    database::Database,
    failure::Failure,
    job::Progress,
    text::{SafeText, safe},
};

/// A run that makes a store.
#[derive(Debug)]
pub struct Run {
    /// Which request it answers.
    request: RequestId,
    /// What is to be done.
    pub plan: Plan,
    /// How far it is.
    pub progress: Progress,
    /// Since when it is that far.
    pub since: Timestamp,
    /// How it ended, once it has.
    pub outcome: Option<Result<Created, Failure>>,
}

/// Starts to make the store.
pub(super) fn start(model: &mut Model, plan: Plan, commands: &mut Vec<Command>) {
    let request = model.next_request();
    commands.push(Command::CreateStore { request, plan: Box::new(plan.clone()) });
    let (progress, since) = (Progress::default(), model.now);
    model.creation.run = Some(Run { request, plan, progress, since, outcome: None });
    model.creation.stage = Stage::Running;
    model.creation.first = 0;
    model.creation.names.discard(commands);
}

/// Takes how far the run is.
pub(in super::super) fn advanced(model: &mut Model, request: RequestId, progress: Progress) {
    let is_shown = is_open(model);
    let Some(run) = model.creation.run.as_mut().filter(|run| run.request == request) else {
        return;
    };
    if run.outcome.is_none() {
        run.progress = progress;
        run.since = model.now;
        model.redraw |= is_shown;
    }
}

/// Takes how the run ended.
pub(in super::super) fn ended(
    model: &mut Model,
    (request, outcome): (RequestId, Result<Created, Failure>),
    commands: &mut Vec<Command>,
) {
    let Some(run) = model.creation.run.as_mut().filter(|run| run.request == request) else {
        return;
    };
    run.outcome = Some(outcome.clone());
    let store_id = safe(&run.plan.store_id);
    match outcome {
        Ok(created) => succeeded(model, &store_id, &created, commands),
        Err(failure) => failed(model, &store_id, &failure, commands),
    }
}

fn succeeded(
    model: &mut Model,
    store_id: &SafeText,
    created: &Created,
    commands: &mut Vec<Command>,
) {
    let database = safe(&model.session.layout.name_of(Database::Shard(created.shard)));
    let text = safe("made store").followed_by(" ", store_id).followed_by(" in ", &database);
    model.events.note(model.now, Severity::Info, text.clone());
    model.set_notice(text, false);
    model.creation.form = Form::new(model.session.placement);
    model.creation.planned = None;
    if !is_open(model) {
        // Whoever looks at something else is not torn away from it.
        forget(model);
    } else if model.registry.get(&created.record).is_some() {
        stores::go_to(model, &created.record, commands);
    } else {
        model.creation.awaited = Some(created.record.clone());
    }
}

fn failed(model: &mut Model, store_id: &SafeText, failure: &Failure, commands: &mut Vec<Command>) {
    let text =
        safe("store").followed_by(" ", store_id).followed_by(" was not made: ", &failure.message);
    model.events.note(model.now, Severity::Error, text.clone());
    let key = safe(&model.keymap.key_of(Action::NewStore));
    let text = if is_open(model) {
        text
    } else {
        text.followed_by("; ", &key).followed_by(" ", &safe("shows more"))
    };
    model.set_notice(text, true);
    // What could not be undone is in the journal.
    jobs::load(model, commands);
}

/// The store that is being made, in words.
pub(in super::super) fn under_way(model: &Model) -> Option<SafeText> {
    let run = model.creation.run.as_ref().filter(|run| run.outcome.is_none())?;
    Some(safe(&format!("store {} is being made", run.plan.store_id)))
}

/// Leaves the steps. A run that is under way goes on.
pub(super) fn leave(model: &mut Model) {
    act::close_top(model);
    match model.creation.run.as_ref().map(|run| run.outcome.is_some()) {
        Some(false) => {
            let key = model.keymap.key_of(Action::NewStore);
            model.notify(&format!("the run goes on; {key} shows it"));
        }
        Some(true) | None => forget(model),
    }
}

/// Goes on from the steps: to the new store, or back to the fields of one that failed.
pub(super) fn enter(model: &mut Model, commands: &mut Vec<Command>) {
    match model.creation.run.as_ref().and_then(|run| run.outcome.as_ref()) {
        None => {}
        Some(Ok(_)) => {
            leave(model);
            model.focus = Pane::Stores;
        }
        Some(Err(_)) => {
            forget(model);
            fill_in(model, commands);
        }
    }
}

fn forget(model: &mut Model) {
    model.creation.run = None;
    model.creation.stage = Stage::Filling;
}
