//! Why is my store not found: the question, the answer, and where it leads.

use tui_input::Input;

use super::{
    action::Action,
    command::{Command, RequestId},
    list::Extent,
    model::{ListCursor, Model, Top},
    stores,
    update::act,
};
use crate::domain::{
    failure::Failure,
    text::SafeText,
    why::{Outcome, Suggestion, Trace},
};

/// The question and its answer.
#[derive(Debug, Default)]
pub struct Why {
    /// The field that a question is typed into.
    pub input: Input,
    /// Whether it is open.
    pub is_typing: bool,
    /// What was asked last.
    pub asked: String,
    /// The answer that is awaited.
    pub loading: Option<RequestId>,
    /// Why there is no answer.
    pub failure: Option<Failure>,
    /// The last answer.
    pub trace: Option<Trace>,
    /// The selected row: the steps, and then the suggestions.
    pub cursor: ListCursor,
}

impl Why {
    /// The rows, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        let rows = |trace: &Trace| trace.steps.len() + trace.suggestions.len();
        Extent { len: self.trace.as_ref().map_or(0, rows), visible }
    }

    /// The suggestion on a row, where it is one.
    pub fn suggestion(&self, row: usize) -> Option<&Suggestion> {
        let trace = self.trace.as_ref()?;
        trace.suggestions.get(row.checked_sub(trace.steps.len())?)
    }
}

/// Asks why for the selected store, or for what the filter looked for in vain; without
/// either, opens the field.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    let selected = model.stores.selected_store().map(|store| {
        let named = [&store.store_id, &store.prefix, &store.name].into_iter().flatten().next();
        named.map_or_else(|| store.record.as_str().to_owned(), ToString::to_string)
    });
    let in_vain = model.stores.input.value().trim().to_owned();
    model.top = Top::Why;
    model.stores.is_typing = false;
    match selected {
        Some(text) => ask(model, &text, commands),
        None if !in_vain.is_empty() => ask(model, &in_vain, commands),
        None => type_anew(model),
    }
}

/// Opens the field for a question.
pub(super) fn type_anew(model: &mut Model) {
    model.why.is_typing = true;
    model.why.input = Input::default();
    model.redraw = true;
}

/// Asks what stands in the field.
pub(super) fn submit(model: &mut Model, commands: &mut Vec<Command>) {
    let text = model.why.input.value().trim().to_owned();
    if text.is_empty() {
        leave(model);
    } else {
        ask(model, &text, commands);
    }
}

fn ask(model: &mut Model, text: &str, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let why = &mut model.why;
    if why.asked != text {
        why.trace = None;
        why.cursor = ListCursor::default();
    }
    text.clone_into(&mut why.asked);
    (why.is_typing, why.loading, why.failure) = (false, Some(request), None);
    model.redraw = true;
    commands.push(Command::AskWhy { request, text: text.to_owned() });
}

/// Asks the same again.
pub(super) fn ask_again(model: &mut Model, commands: &mut Vec<Command>) {
    let text = model.why.asked.clone();
    if text.is_empty() {
        type_anew(model);
    } else if model.why.loading.is_some() {
        model.notify("the answer is under way; wait for it");
    } else {
        ask(model, &text, commands);
    }
}

/// Takes the answer, unless something else was asked since.
pub(super) fn answered(model: &mut Model, request: RequestId, trace: Result<Box<Trace>, Failure>) {
    if model.why.loading != Some(request) {
        return;
    }
    model.why.loading = None;
    model.redraw |= matches!(model.top, Top::Why) || matches!(model.covered, Top::Why);
    match trace {
        Ok(trace) => {
            model.why.cursor.row = first_choice(&trace);
            model.why.trace = Some(*trace);
        }
        Err(failure) => model.why.failure = Some(failure),
    }
    let extent = model.why.extent(model.geometry.top_rows);
    model.why.cursor.keep_visible(extent);
}

/// The row that a person looks at first: what can be followed, else where it fails.
fn first_choice(trace: &Trace) -> usize {
    let failed = trace.steps.iter().position(|step| step.outcome == Outcome::Failed);
    if trace.suggestions.is_empty() { failed.unwrap_or(0) } else { trace.steps.len() }
}

/// Does what the action means for the answer.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let extent = model.why.extent(model.geometry.top_rows);
    match action {
        Action::Enter | Action::Right => follow(model, commands),
        Action::GoToStore => go_to_store(model, commands),
        Action::Filter | Action::Why => type_anew(model),
        Action::Left => act::close_top(model),
        action => {
            model.why.cursor.apply(action, extent);
        }
    }
}

/// Asks for the suggested store.
fn follow(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(suggestion) = model.why.suggestion(model.why.cursor.row) else { return };
    let named = [&suggestion.store_id, &suggestion.prefix, &suggestion.name];
    let named = named.into_iter().flatten().next().map(ToString::to_string);
    match named {
        Some(text) if suggestion.record.is_some() => ask(model, &text, commands),
        _ => model.notify("these collections have no record to ask for"),
    }
}

fn go_to_store(model: &mut Model, commands: &mut Vec<Command>) {
    let why = &model.why;
    let suggested = why.suggestion(why.cursor.row).and_then(|one| one.record.clone());
    let matched = why.trace.as_ref().and_then(|trace| Some(trace.matched.as_ref()?.record.clone()));
    let Some(record) = suggested.or(matched) else {
        return model.notify("there is no store to go to");
    };
    model.top = Top::Panes;
    stores::go_to(model, &record, commands);
}

/// Closes the field, or the view.
pub(super) fn leave(model: &mut Model) {
    let has_answer = model.why.trace.is_some() || model.why.loading.is_some();
    if model.why.is_typing && has_answer {
        model.why.is_typing = false;
    } else {
        model.why.is_typing = false;
        act::close_top(model);
    }
}

/// The answer as Markdown, for an incident channel.
pub(super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    let environment = model.session.environment.as_ref().map(SafeText::as_str);
    let trace = model.why.trace.as_ref()?;
    Some((trace.markdown(environment), "trace as Markdown"))
}

#[cfg(test)]
mod tests;
