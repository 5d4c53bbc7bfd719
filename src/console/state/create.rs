//! A new store, from the form over the question to the run.
//!
//! The draft and a run outlive the view: whoever leaves the form finds it again, and a run
//! goes on whatever is on the screen.

pub mod form;
pub mod plan;
pub mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use tui_input::Input;

use self::{
    form::{Form, FormField},
    plan::{Names, Planned},
    run::Run,
};
use super::{
    action::Action,
    command::{Command, RequestId},
    geometry::Geometry,
    model::{Model, Top},
    question::{self, Answer, CANCEL, Question},
    stores,
    update::act,
};
use crate::domain::{
    creation::{Plan, Survey},
    failure::Failure,
    registry::{Change, Registry, Source},
    store::RecordId,
    text::safe,
};

/// The answers before a store is made.
pub const ANSWERS: &[Answer] = &[CANCEL, Answer { key: 'y', words: "Make the store" }];

/// Everything about the store that is being made.
#[derive(Debug, Default)]
pub struct Creation {
    /// The fields.
    pub form: Form,
    /// How far it is.
    pub stage: Stage,
    /// What comes of the fields; `None` before it was computed.
    pub planned: Option<Planned>,
    /// What other stores have.
    names: Names,
    /// Whether the question is to be asked as soon as everything for it is known.
    pub is_asked_for: bool,
    /// What is already in the fleet.
    pub looked: Looked,
    /// The run that is under way, or the last one until it is left.
    pub run: Option<Run>,
    /// The new store, to be selected once the registry has it.
    awaited: Option<RecordId>,
    /// The first visible line of the plan or of the steps.
    pub first: usize,
}

impl Creation {
    /// The text field that has the focus.
    pub(super) fn text_field(&mut self) -> Option<&mut Input> {
        let is_filling = matches!(self.stage, Stage::Filling);
        is_filling.then(|| self.form.text_field()).flatten()
    }
}

/// How far the making of a store is.
#[derive(Debug, Default)]
pub enum Stage {
    /// Fields are typed.
    #[default]
    Filling,
    /// The question is asked.
    Asking(Box<Asking>),
    /// It is made, or was; see [`Creation::run`].
    Running,
}

/// What is asked before a store is made.
#[derive(Debug)]
pub struct Asking {
    /// What will be done.
    pub plan: Plan,
    /// The answers.
    pub question: Question,
}

/// What is known of the collections and indexes of the fleet.
#[derive(Debug, Default)]
pub struct Looked {
    /// What was found last.
    pub survey: Option<Arc<Survey>>,
    /// The look that is under way.
    pub looking: Option<RequestId>,
    /// Why the last look failed.
    pub failure: Option<Failure>,
}

/// Opens the form, with what was typed before; or the run that is under way.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    if model.session.read_only {
        model.complain("read-only: no store is made; start tilldeck without `--read-only`");
        return;
    }
    if matches!(model.creation.stage, Stage::Running) {
        model.top = Top::Create;
        return;
    }
    if let Some(obstacle) = obstacle(&model.registry) {
        model.complain(obstacle);
        return;
    }
    if model.creation.form.is_pristine() {
        model.creation.form = Form::new(model.session.placement);
    }
    fill_in(model, commands);
}

/// Shows the form and looks at the fleet anew.
fn fill_in(model: &mut Model, commands: &mut Vec<Command>) {
    model.top = Top::Create;
    let creation = &mut model.creation;
    creation.stage = Stage::Filling;
    creation.is_asked_for = false;
    creation.first = 0;
    look(model, commands);
    plan::replan(model, commands);
}

/// Why no store can be made now, in words.
fn obstacle(registry: &Registry) -> Option<&'static str> {
    match registry.source {
        Source::ChangeStream | Source::Polling => None,
        Source::Loading => Some("the registry is not read yet; no store can be made before"),
        Source::Cache => {
            Some("the main database is out of reach; no store can be made until it is back")
        }
    }
}

/// Looks at the collections and indexes of the fleet.
fn look(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let looked = &mut model.creation.looked;
    looked.looking = Some(request);
    looked.failure = None;
    commands.push(Command::SurveyFleet { request });
}

/// Takes what was found in the fleet.
pub(super) fn surveyed(
    model: &mut Model,
    (request, survey): (RequestId, Result<Arc<Survey>, Failure>),
    commands: &mut Vec<Command>,
) {
    let looked = &mut model.creation.looked;
    if looked.looking != Some(request) {
        return;
    }
    looked.looking = None;
    match survey {
        Ok(survey) => looked.survey = Some(survey),
        Err(failure) => {
            looked.survey = None;
            looked.failure = Some(failure);
        }
    }
    if is_open(model) {
        model.redraw = true;
        plan::replan(model, commands);
    }
}

/// Whether the form, the question or the run is on the screen, or under the help.
pub(super) const fn is_open(model: &Model) -> bool {
    matches!(model.top, Top::Create) || matches!(model.covered, Top::Create)
}

/// Whether keys go to the form or to the question.
pub(super) const fn has_keys(model: &Model) -> bool {
    matches!(model.top, Top::Create) && !matches!(model.creation.stage, Stage::Running)
}

/// Takes a key for the form or the question.
pub(super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    if let Stage::Asking(asking) = &mut model.creation.stage {
        if let Some(answer) = asking.question.press(&key) {
            self::answer(model, answer, commands);
        } else if let Some(action) = command_of(model, &key) {
            act::apply(model, action, commands);
        }
        return;
    }
    model.creation.is_asked_for = false;
    match question::without_shift(&key) {
        KeyCode::Enter => enter(model, commands),
        KeyCode::Esc => act::back(model, commands),
        KeyCode::Tab | KeyCode::Down => model.creation.form.focus_next(),
        KeyCode::BackTab | KeyCode::Up => model.creation.form.focus_previous(),
        KeyCode::PageUp => scroll(model, -PAGE),
        KeyCode::PageDown => scroll(model, PAGE),
        _ => {
            if let Some(action) = command_of(model, &key) {
                act::apply(model, action, commands);
            } else {
                edit(model, &key, commands);
            }
        }
    }
}

/// Lines that a page key scrolls the plan by.
const PAGE: isize = 5;

/// What a key that types nothing means beside the fields.
fn command_of(model: &Model, key: &KeyEvent) -> Option<Action> {
    let types =
        matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL);
    let action = model.keymap.action(key).filter(|_| !types)?;
    let is_for_all =
        matches!(action, Action::Quit | Action::Suspend | Action::Help | Action::Retry);
    is_for_all.then_some(action)
}

/// Scrolls the plan; drawing says how far that can go.
pub(super) fn scroll(model: &mut Model, lines: isize) {
    model.creation.first = model.creation.first.saturating_add_signed(lines);
    keep_visible(model);
}

/// Keeps the plan within what drawing found it to have.
pub(super) fn keep_visible(model: &mut Model) {
    let last = model.geometry.top_len.saturating_sub(model.geometry.top_rows);
    model.creation.first = model.creation.first.min(last);
}

fn edit(model: &mut Model, key: &KeyEvent, commands: &mut Vec<Command>) {
    let suggested = model.creation.planned.as_ref().map(|planned| planned.prefix.clone());
    let layout = &model.session.layout;
    if model.creation.form.press(key, &suggested.unwrap_or_default(), layout) {
        changed(model, commands);
    }
}

/// Something in the fields changed.
pub(super) fn changed(model: &mut Model, commands: &mut Vec<Command>) {
    model.redraw = true;
    model.creation.is_asked_for = false;
    plan::replan(model, commands);
}

/// Focuses a field, as a click does.
pub(super) fn focus(model: &mut Model, field: usize) {
    if matches!(model.creation.stage, Stage::Filling)
        && let Some(field) = FormField::ALL.get(field)
    {
        model.creation.form.focus_on(*field);
    }
}

/// Asks the question, as soon as everything for it is known; or says why it cannot.
fn enter(model: &mut Model, commands: &mut Vec<Command>) {
    if let Some(obstacle) = obstacle(&model.registry) {
        model.complain(obstacle);
        return;
    }
    model.creation.form.leave_all();
    model.creation.is_asked_for = true;
    plan::replan(model, commands);
    if model.creation.is_asked_for {
        model.notify("the fleet is still looked at; the question comes right after");
    }
}

/// Asks, where that was asked for and everything for it is known.
fn ask_if_ready(model: &mut Model) {
    let creation = &mut model.creation;
    if !creation.is_asked_for || !creation.names.are_known() {
        return;
    }
    let Some(planned) = &creation.planned else { return };
    match &planned.outcome {
        Ok(_) if creation.looked.looking.is_some() => return,
        Ok(plan) => {
            let question = Question::new(ANSWERS);
            creation.stage = Stage::Asking(Box::new(Asking { plan: plan.clone(), question }));
            model.notice = None;
        }
        Err(faults) => {
            let Some(fault) = faults.iter().min_by_key(|fault| fault.field) else { return };
            let field = FormField::of(fault.field);
            creation.form.focus_on(field);
            let text = format!("{} {}", field.label(&model.session.layout), fault.reason);
            model.complain(&text);
        }
    }
    model.creation.is_asked_for = false;
    model.redraw = true;
}

/// Takes the answer to the question.
pub(super) fn answer(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    model.redraw = true;
    let stage = std::mem::take(&mut model.creation.stage);
    let Stage::Asking(asking) = stage else {
        model.creation.stage = stage;
        return;
    };
    if answer == 0 {
        model.notify("nothing was written");
    } else {
        run::start(model, asking.plan, commands);
    }
}

/// Leaves what is on top: the question for the form, the form and the run for the panes.
pub(super) fn leave(model: &mut Model, commands: &mut Vec<Command>) {
    match model.creation.stage {
        Stage::Asking(_) => model.creation.stage = Stage::Filling,
        Stage::Filling => {
            model.creation.is_asked_for = false;
            model.creation.names.discard(commands);
            act::close_top(model);
            if !model.creation.form.is_pristine() {
                let key = model.keymap.key_of(Action::NewStore);
                model.notify(&format!("nothing was written; {key} shows the form as you left it"));
            }
        }
        Stage::Running => run::leave(model),
    }
}

/// Does what the action means for the steps of a run.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    match action {
        Action::Enter => run::enter(model, commands),
        Action::Left => leave(model, commands),
        Action::Up => scroll(model, -1),
        Action::Down => scroll(model, 1),
        Action::PageUp => scroll(model, -PAGE),
        Action::PageDown => scroll(model, PAGE),
        _ => {}
    }
}

/// Looks at the fleet again.
pub(super) fn retry(model: &mut Model, commands: &mut Vec<Command>) {
    if matches!(model.creation.stage, Stage::Filling) {
        look(model, commands);
        model.redraw = true;
    }
}

/// The registry has changed: the new store is selected, and the plan follows.
pub(super) fn registry_changed(model: &mut Model, changes: &[Change], commands: &mut Vec<Command>) {
    if let Some(record) = model.creation.awaited.take_if(|it| model.registry.get(it).is_some()) {
        stores::go_to(model, &record, commands);
    }
    if !changes.is_empty() {
        model.creation.names.outdate();
    }
    fleet_changed(model, commands);
}

/// A person goes on by keys: a store that comes in later is not selected any more.
pub(super) fn stop_waiting(model: &mut Model) {
    model.creation.awaited = None;
}

/// The registry or the pools have changed: the plan follows.
pub(super) fn fleet_changed(model: &mut Model, commands: &mut Vec<Command>) {
    if is_open(model) {
        plan::replan(model, commands);
    }
}

/// A database that was out of reach is back: what it holds may not be known.
pub(super) fn recovered(model: &mut Model, commands: &mut Vec<Command>) {
    let is_filling = matches!(model.creation.stage, Stage::Filling);
    if is_open(model) && is_filling && model.creation.looked.looking.is_none() {
        look(model, commands);
    }
}

/// Takes what a frame showed: only a question that was seen can be answered.
pub(super) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    if let (Top::Create, Stage::Asking(asking)) = (&model.top, &mut model.creation.stage) {
        asking.question.note_drawn(geometry);
    }
}

/// How the last run ended, for a ticket.
pub(super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    match model.creation.run.as_ref()?.outcome.as_ref()? {
        Ok(created) => Some((
            created
                .collections
                .iter()
                .map(|name| safe(name))
                .map(String::from)
                .collect::<Vec<_>>()
                .join("\n"),
            "collection names",
        )),
        Err(failure) => Some((format!("{} ({})", failure.message, failure.hint), "error")),
    }
}

/// When the time of the running step reads differently.
pub(super) fn since(model: &Model) -> Option<Timestamp> {
    let run = model.creation.run.as_ref().filter(|run| run.outcome.is_none())?;
    matches!(model.creation.stage, Stage::Running).then_some(run.since)
}
