//! Repairs from the console: shown, asked for, applied one after the other.

use crossterm::event::KeyEvent;

use super::{super::question::without_shift, Since, examine};
use crate::{
    console::state::{
        action::Action,
        command::{Command, RequestId},
        eventlog::Severity,
        geometry::Geometry,
        model::{Model, Top},
        question::{Answer, CANCEL, Question},
    },
    domain::{
        failure::Failure,
        finding::Finding,
        text::{SafeText, safe},
    },
};

/// The answers where one finding can be repaired.
const ONE: &[Answer] = &[CANCEL, Answer { key: 'y', words: "Repair it" }];
/// The answers where others of the same rule can be repaired, too.
const MANY: &[Answer] = &[
    CANCEL,
    Answer { key: 'y', words: "Repair it" },
    Answer { key: 'a', words: "All of this rule" },
];

/// What is asked before something is repaired.
#[derive(Debug)]
pub struct Asking {
    /// The selected finding, and then the others of its rule that are on the list.
    pub findings: Vec<Finding>,
    /// The answers.
    pub question: Question,
}

/// Repairs that this console applies.
#[derive(Debug)]
pub struct Repairing {
    request: RequestId,
    /// How many there are.
    pub total: usize,
    /// What came of those that are over: the finding's message, and how it ended.
    pub done: Vec<(String, Result<(), Failure>)>,
}

impl Repairing {
    /// Whether some are still to be applied.
    pub const fn is_under_way(&self) -> bool {
        self.done.len() < self.total
    }
}

/// Whether tilldeck can repair it by itself.
pub fn is_repairable(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.repair.is_some())
}

/// Asks whether to repair the selected finding, or says why it cannot be.
pub(super) fn ask(model: &mut Model) {
    let doctor = &model.doctor;
    let Some((selected, since)) = doctor.finding(doctor.cursor.row) else { return };
    let selected = selected.clone();
    if since == Since::Gone {
        return model.notify("this is gone since the last look; there is nothing to repair");
    }
    if !is_repairable(&selected) {
        let key = model.keymap.key_of(Action::Copy);
        return model.notify(&format!("a person must decide here; {key} copies the command"));
    }
    if model.session.read_only {
        let text = "read-only: nothing is repaired; start tilldeck without `--read-only`";
        return model.complain(text);
    }
    if model.doctor.repairing.as_ref().is_some_and(Repairing::is_under_way) {
        return model.notify("repairs are under way; wait for them");
    }
    let listed = (0..model.doctor.rows.len()).filter_map(|row| model.doctor.finding(row));
    let others = listed
        .filter(|(_, since)| *since != Since::Gone)
        .map(|(finding, _)| finding)
        .filter(|one| one.rule == selected.rule && is_repairable(one) && **one != selected);
    let findings: Vec<Finding> = std::iter::once(selected.clone()).chain(others.cloned()).collect();
    let answers = if findings.len() > 1 { MANY } else { ONE };
    model.doctor.asking = Some(Asking { findings, question: Question::new(answers) });
}

/// Whether keys go to the question.
pub(in crate::console::state) const fn has_keys(model: &Model) -> bool {
    matches!(model.top, Top::Doctor) && model.doctor.asking.is_some()
}

/// Takes a key for the question.
pub(in crate::console::state) fn take_key(
    model: &mut Model,
    key: &KeyEvent,
    commands: &mut Vec<Command>,
) {
    model.redraw = true;
    let key = KeyEvent { code: without_shift(key), ..*key };
    let Some(asking) = &mut model.doctor.asking else { return };
    if let Some(given) = asking.question.press(&key) {
        answer(model, given, commands);
    }
}

/// Takes a click on an answer. Where the last frame showed another question, it was not
/// meant for this one.
pub(in crate::console::state) fn clicked(
    model: &mut Model,
    given: usize,
    commands: &mut Vec<Command>,
) {
    if model.doctor.asking.as_ref().is_some_and(|asking| asking.question.is_seen()) {
        answer(model, given, commands);
    }
}

/// Takes the answer to the question.
fn answer(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Some(Asking { mut findings, .. }) = model.doctor.asking.take() else { return };
    match answer {
        0 => return model.notify("nothing was written"),
        1 => findings.truncate(1),
        _ => {}
    }
    let request = model.next_request();
    let total = findings.len();
    model.doctor.repairing = Some(Repairing { request, total, done: Vec::new() });
    commands.push(Command::Repair { request, findings });
}

/// Takes what came of one repair; after the last one, the fleet is examined again.
pub(in crate::console::state) fn repaired(
    model: &mut Model,
    (request, message, outcome): (RequestId, String, Result<(), Failure>),
    commands: &mut Vec<Command>,
) {
    let repairing = model.doctor.repairing.as_mut().filter(|one| one.request == request);
    let Some(repairing) = repairing else { return };
    let text = safe(&message);
    repairing.done.push((message, outcome.clone()));
    let is_over = !repairing.is_under_way();
    model.redraw |= super::is_open(model);
    let (text, severity) = match &outcome {
        Ok(()) => (safe("repaired: ").followed_by("", &text), Severity::Info),
        Err(failure) => {
            let text = safe("not repaired: ").followed_by("", &text);
            (text.followed_by("; ", &failure.message), Severity::Error)
        }
    };
    model.events.note(model.now, severity, text.clone());
    model.set_notice(text, severity == Severity::Error);
    if is_over {
        examine(model, commands);
    }
}

/// The repairs that are not over fail: nothing will come of them.
pub(in crate::console::state) fn lost(
    model: &mut Model,
    (request, failure): (RequestId, &Failure),
    commands: &mut Vec<Command>,
) {
    let repairing = model.doctor.repairing.as_ref().filter(|one| one.request == request);
    let n_left = repairing.map_or(0, |one| one.total.saturating_sub(one.done.len()));
    for _ in 0..n_left {
        let lost = (request, "a repair was not applied".to_owned(), Err(failure.clone()));
        repaired(model, lost, commands);
    }
}

/// Takes what a frame showed: only a question that was seen can be answered.
pub(in crate::console::state) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    if let (Top::Doctor, Some(asking)) = (&model.top, &mut model.doctor.asking) {
        asking.question.note_drawn(geometry);
    }
}

/// What is being repaired, in words.
pub(in crate::console::state) fn under_way(model: &Model) -> Option<SafeText> {
    let repairing = model.doctor.repairing.as_ref().filter(|one| one.is_under_way())?;
    let (done, total) = (repairing.done.len(), repairing.total);
    Some(safe(&format!("{done} of {total} repairs are done")))
}
