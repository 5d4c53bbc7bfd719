//! The doctor: what is wrong with the fleet, what is new since the last look, and repairs.

mod list;
pub(super) mod repair;

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

pub use self::repair::{Asking, Repairing, is_repairable};
use super::{
    action::Action,
    command::{Command, RequestId},
    list::Extent,
    model::{ListCursor, Model, Top},
    stores,
    update::act,
};
use crate::domain::{
    database::Database,
    failure::Failure,
    finding::{Examination, Finding, Rule},
    text::safe,
};

/// How a finding stands to the look before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// It was there already, or there was no look before.
    Before,
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
}

/// What the doctor found, and how it is looked at.
#[derive(Debug, Default)]
pub struct Doctor {
    /// The last examination.
    pub examination: Option<Arc<Examination>>,
    /// When it was made.
    pub examined: Option<Timestamp>,
    /// Whether each finding was not there the time before; empty after the first look.
    pub is_new: Vec<bool>,
    /// Findings of the time before that are gone.
    pub gone: Vec<Finding>,
    /// The examination that is under way.
    pub loading: Option<RequestId>,
    /// Why the last one could not be made.
    pub failure: Option<Failure>,
    /// The field of the filter.
    pub input: Input,
    /// Whether it is open.
    pub is_typing: bool,
    /// The findings that the filter leaves, by their index, those that are gone after the
    /// others.
    pub rows: Vec<usize>,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
    /// Whether the selected finding has most of the screen.
    pub is_unfolded: bool,
    /// The row whose text was scrolled, and the first visible line of it.
    pub reading: (usize, usize),
    /// Whether the rule is explained instead of the finding.
    pub is_explained: bool,
    /// The question before a repair.
    pub asking: Option<Asking>,
    /// The repairs under way, or the last ones.
    pub repairing: Option<Repairing>,
}

impl Doctor {
    /// The rows, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.rows.len(), visible }
    }

    /// The finding on a row, and how it stands to the look before.
    pub fn finding(&self, row: usize) -> Option<(&Finding, Since)> {
        let index = *self.rows.get(row)?;
        let findings = &self.examination.as_ref()?.findings;
        if let Some(gone) = index.checked_sub(findings.len()) {
            return Some((self.gone.get(gone)?, Since::Gone));
        }
        let is_new = self.is_new.get(index).copied().unwrap_or(false);
        Some((findings.get(index)?, if is_new { Since::New } else { Since::Before }))
    }

    /// The selected finding.
    pub fn selected(&self) -> Option<&Finding> {
        self.finding(self.cursor.row).map(|(finding, _)| finding)
    }

    /// The first visible line of the text about the selected finding.
    pub const fn first_line(&self) -> usize {
        let (row, first) = self.reading;
        if row == self.cursor.row { first } else { 0 }
    }
}

/// Opens the last examination; makes one where there is none.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    model.top = Top::Doctor;
    model.redraw = true;
    if model.doctor.examination.is_none() && model.doctor.loading.is_none() {
        examine(model, commands);
    }
}

/// Examines the fleet anew, unless that is under way: a key that is held down must not
/// load every database many times.
pub(super) fn look_again(model: &mut Model, commands: &mut Vec<Command>) {
    if model.doctor.loading.is_some() {
        return model.notify("the fleet is being examined; wait for it");
    }
    examine(model, commands);
}

/// Examines the fleet anew. What an examination under way finds is too old by then.
pub(super) fn examine(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    model.doctor.loading = Some(request);
    model.redraw |= is_open(model);
    commands.push(Command::ExamineFleet { request });
}

/// Takes an examination, and compares it with the one before.
pub(super) fn examined(
    model: &mut Model,
    request: RequestId,
    outcome: Result<Arc<Examination>, Failure>,
) {
    if model.doctor.loading != Some(request) {
        return;
    }
    model.doctor.loading = None;
    model.redraw |= is_open(model);
    match outcome {
        Ok(examination) => take(model, examination),
        Err(failure) => model.doctor.failure = Some(failure),
    }
}

fn take(model: &mut Model, examination: Arc<Examination>) {
    let selected = model.doctor.selected().map(Finding::identity);
    let doctor = &mut model.doctor;
    doctor.failure = None;
    doctor.reading = (0, 0);
    doctor.examined = Some(model.now);
    (doctor.is_new, doctor.gone) = match &doctor.examination {
        None => (Vec::new(), Vec::new()),
        Some(before) => changes(before, &examination),
    };
    doctor.examination = Some(examination);
    list::filter(doctor, &model.session.layout);
    let row = doctor.rows.iter().position(|index| {
        let findings = doctor.examination.as_ref().map(|one| &one.findings);
        let finding = findings.and_then(|findings| findings.get(*index));
        selected.is_some() && finding.map(Finding::identity) == selected
    });
    doctor.cursor.row = row.unwrap_or(doctor.cursor.row);
    keep_visible(model);
}

/// Which findings are new, and which ones are gone. O(n).
fn changes(before: &Examination, now: &Examination) -> (Vec<bool>, Vec<Finding>) {
    let identities = |examination: &Examination| -> HashSet<String> {
        examination.findings.iter().map(Finding::identity).collect()
    };
    let (were, are) = (identities(before), identities(now));
    let is_new = now.findings.iter().map(|one| !were.contains(&one.identity())).collect();
    let gone = before.findings.iter().filter(|one| !are.contains(&one.identity()));
    (is_new, gone.filter(|finding| was_looked_for(finding, now)).cloned().collect())
}

/// Whether a finding would have been found again: what could not be looked at is not gone.
/// Without main no store is known, and some rules compare several databases.
fn was_looked_for(finding: &Finding, now: &Examination) -> bool {
    let is_unknown = |database| now.incomplete.iter().any(|(unknown, _)| *unknown == database);
    let compares_databases = matches!(
        finding.rule,
        Rule::StoreSplit
            | Rule::StoreWrongDatabase
            | Rule::DatabaseIdMissing
            | Rule::LegacyStore
            | Rule::PrefixCase
            | Rule::IndexDrift
    );
    now.incomplete.is_empty()
        || (!compares_databases
            && !is_unknown(Database::Main)
            && !finding.database.is_some_and(is_unknown))
}

/// Filters the findings by the words in the field.
pub(super) fn refilter(model: &mut Model) {
    list::filter(&mut model.doctor, &model.session.layout);
    model.doctor.cursor = ListCursor::default();
    model.doctor.reading = (0, 0);
    model.redraw = true;
}

/// Does what the action means for the findings.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let extent = model.doctor.extent(model.geometry.top_rows);
    match action {
        Action::Enter => model.doctor.is_unfolded = !model.doctor.is_unfolded,
        Action::Right => model.doctor.is_unfolded = true,
        Action::Explain => {
            model.doctor.is_explained = !model.doctor.is_explained;
            model.doctor.reading = (0, 0);
        }
        Action::GoToStore => go_to_store(model, commands),
        Action::Repair => repair::ask(model),
        Action::Filter => model.doctor.is_typing = true,
        Action::Left if model.doctor.is_unfolded => model.doctor.is_unfolded = false,
        Action::Left | Action::Doctor => act::close_top(model),
        action if model.doctor.is_unfolded && scroll(model, action) => {}
        action => {
            model.doctor.cursor.apply(action, extent);
        }
    }
}

/// Scrolls the text of an unfolded finding by pages. Returns whether the action does that.
fn scroll(model: &mut Model, action: Action) -> bool {
    let text = model.geometry.text;
    let by = match action {
        Action::PageUp | Action::PageDown => text.page(),
        Action::HalfPageUp | Action::HalfPageDown => text.page().div_ceil(2),
        _ => return false,
    };
    let first = model.doctor.first_line();
    let first = if matches!(action, Action::PageUp | Action::HalfPageUp) {
        first.saturating_sub(by)
    } else {
        first + by
    };
    model.doctor.reading = (model.doctor.cursor.row, first.min(text.last_first()));
    true
}

fn go_to_store(model: &mut Model, commands: &mut Vec<Command>) {
    let record = model.doctor.selected().and_then(|finding| finding.record.clone());
    let Some(record) = record else {
        return model.notify("this finding is about no single store");
    };
    model.top = Top::Panes;
    stores::go_to(model, &record, commands);
}

/// Leaves what is on top: the question, the field, the filter, the large finding, the view.
pub(super) fn leave(model: &mut Model) {
    let doctor = &mut model.doctor;
    if doctor.asking.take().is_some() {
    } else if doctor.is_typing {
        doctor.is_typing = false;
        doctor.input = Input::default();
        refilter(model);
    } else if doctor.is_unfolded {
        doctor.is_unfolded = false;
    } else if !doctor.input.value().is_empty() {
        doctor.input = Input::default();
        refilter(model);
    } else {
        act::close_top(model);
    }
}

/// Whether the view is on the screen, or under the help.
pub(super) const fn is_open(model: &Model) -> bool {
    matches!(model.top, Top::Doctor) || matches!(model.covered, Top::Doctor)
}

pub(super) fn keep_visible(model: &mut Model) {
    let extent = model.doctor.extent(model.geometry.top_rows);
    model.doctor.cursor.keep_visible(extent);
}

/// The selected finding for an incident channel: what is wrong, and the way out.
pub(super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    let finding = model.doctor.selected()?;
    let quiet = |text: &str| safe(text).as_str().replace('`', "'");
    let mut lines = vec![format!("**{}** {}", finding.rule.id(), quiet(&finding.message))];
    if let Some(fix) = &finding.fix {
        lines.push(quiet(&fix.summary));
        lines.push(format!("```\n{}\n```", safe(&fix.command).as_str().replace("```", "'''")));
    }
    Some((lines.join("\n") + "\n", "finding as Markdown"))
}

#[cfg(test)]
mod tests;
