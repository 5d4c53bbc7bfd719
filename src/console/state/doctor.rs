//! The doctor: what is wrong with the fleet, what is new since the last look, and repairs.

mod list;
pub(super) mod repair;

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

pub use self::repair::{Asking, Repairing};
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
    finding::{Examination, Finding},
    text::safe,
};

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
    /// The findings that the filter leaves, by their index.
    pub rows: Vec<usize>,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
    /// Whether the selected finding has most of the screen.
    pub is_unfolded: bool,
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

    /// The finding on a row, and whether it is new.
    pub fn finding(&self, row: usize) -> Option<(&Finding, bool)> {
        let index = *self.rows.get(row)?;
        let finding = self.examination.as_ref()?.findings.get(index)?;
        Some((finding, self.is_new.get(index).copied().unwrap_or(false)))
    }

    /// The selected finding.
    pub fn selected(&self) -> Option<&Finding> {
        self.finding(self.cursor.row).map(|(finding, _)| finding)
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

/// Examines the fleet anew.
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
    // What could not be looked at this time is not gone.
    let is_known = |finding: &&Finding| {
        now.incomplete.iter().all(|(database, _)| Some(*database) != finding.database)
    };
    let gone = before.findings.iter().filter(|one| !are.contains(&one.identity()));
    (is_new, gone.filter(is_known).cloned().collect())
}

/// Filters the findings by the words in the field.
pub(super) fn refilter(model: &mut Model) {
    list::filter(&mut model.doctor, &model.session.layout);
    model.doctor.cursor = ListCursor::default();
    model.redraw = true;
}

/// Does what the action means for the findings.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let extent = model.doctor.extent(model.geometry.top_rows);
    match action {
        Action::Enter => model.doctor.is_unfolded = !model.doctor.is_unfolded,
        Action::Right => model.doctor.is_unfolded = true,
        Action::Explain => model.doctor.is_explained = !model.doctor.is_explained,
        Action::GoToStore => go_to_store(model, commands),
        Action::Repair => repair::ask(model),
        Action::Filter => model.doctor.is_typing = true,
        Action::Left if model.doctor.is_unfolded => model.doctor.is_unfolded = false,
        Action::Left | Action::Doctor => act::close_top(model),
        action => {
            model.doctor.cursor.apply(action, extent);
        }
    }
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
