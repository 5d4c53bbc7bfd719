//! The jobs of the journal: what was begun and not ended, by whom, and how to end it.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use jiff::{SignedDuration, Timestamp};

use super::{
    action::Action,
    command::{Command, RequestId},
    eventlog::Severity,
    geometry::Geometry,
    list::Extent,
    model::{ListCursor, Model, Top},
    question::{Answer, CANCEL, Question},
    update::act,
};
use crate::domain::{
    failure::Failure,
    job::{Ending, Job, JobId, JobState, Progress},
    text::{SafeText, safe},
};

/// The answers before a job is ended.
pub const ANSWERS: &[Answer] =
    &[CANCEL, Answer { key: 'f', words: "Finish it" }, Answer { key: 'u', words: "Undo it" }];

/// How long after one look the next one comes while somebody works on a job: a job whose
/// worker died can be told from one that is worked on only when its lease has expired.
const NEXT_LOOK: SignedDuration = SignedDuration::from_secs(20);

/// The jobs of the journal.
#[derive(Debug, Default)]
pub struct Jobs {
    /// As last read: the unfinished ones first, and the last ones that ended.
    pub list: Vec<Job>,
    /// Whether they were ever read.
    pub is_known: bool,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
    /// The question about the selected job.
    pub asking: Option<Asking>,
    /// The job that is ended by this console, or was last.
    pub ending: Option<EndingJob>,
    /// When to look again.
    pub(super) look_at: Option<Timestamp>,
    /// Interrupted jobs that were told of.
    told: BTreeSet<JobId>,
}

/// What is asked before a job is ended.
#[derive(Debug)]
pub struct Asking {
    /// Which one.
    pub job: Job,
    /// The answers.
    pub question: Question,
}

/// A job that is ended by this console.
#[derive(Debug)]
pub struct EndingJob {
    request: RequestId,
    /// Which one.
    pub job: Job,
    /// How it is ended.
    pub ending: Ending,
    /// How far that is.
    pub progress: Progress,
    /// How it came out, once it has.
    pub outcome: Option<Result<(), Failure>>,
}

impl Jobs {
    /// How many jobs nobody works on, and that are neither done nor undone.
    pub fn n_interrupted(&self) -> usize {
        self.list.iter().filter(|job| job.state == JobState::Interrupted).count()
    }

    /// The rows, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.list.len(), visible }
    }

    /// The selected job.
    pub fn selected(&self) -> Option<&Job> {
        self.list.get(self.cursor.row)
    }
}

/// Opens the list, and reads it anew.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    model.top = Top::Jobs;
    model.jobs.asking = None;
    load(model, commands);
}

/// Reads the journal.
pub(super) fn load(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    model.jobs.loading = Some(request);
    model.jobs.look_at = None;
    model.redraw |= is_open(model);
    commands.push(Command::LoadJobs { request });
}

/// Reads the journal again when it is time to.
pub(super) fn load_due(model: &mut Model, commands: &mut Vec<Command>) {
    if model.jobs.look_at.is_some_and(|at| at <= model.now) {
        load(model, commands);
    }
}

/// Takes what was read, and tells of jobs that were interrupted.
pub(super) fn loaded(model: &mut Model, request: RequestId, list: Result<Vec<Job>, Failure>) {
    if model.jobs.loading != Some(request) {
        return;
    }
    model.jobs.loading = None;
    model.jobs.is_known = true;
    model.redraw |= is_open(model);
    match list {
        Ok(list) => take(model, list),
        Err(failure) => model.jobs.failure = Some(failure),
    }
}

fn take(model: &mut Model, list: Vec<Job>) {
    let selected = model.jobs.selected().map(|job| job.id.clone());
    let n_before = model.jobs.n_interrupted();
    model.jobs.failure = None;
    model.jobs.list = list;
    let row = model.jobs.list.iter().position(|job| Some(&job.id) == selected.as_ref());
    model.jobs.cursor.row = row.unwrap_or(model.jobs.cursor.row);
    let extent = model.jobs.extent(model.geometry.top_rows);
    model.jobs.cursor.keep_visible(extent);
    let is_worked_on = model.jobs.list.iter().any(|job| job.state == JobState::Running);
    model.jobs.look_at = is_worked_on.then(|| model.now + NEXT_LOOK);
    model.redraw |= model.jobs.n_interrupted() != n_before;
    tell(model);
}

/// Tells once of each job that was interrupted.
fn tell(model: &mut Model) {
    let interrupted = model.jobs.list.iter().filter(|job| job.state == JobState::Interrupted);
    let news: Vec<Job> =
        interrupted.filter(|job| !model.jobs.told.contains(&job.id)).cloned().collect();
    let Some(latest) = news.last() else { return };
    let key = model.keymap.key_of(Action::Jobs);
    let text = safe("unfinished job: ").followed_by("", &safe(&latest.summary));
    let text =
        if news.len() == 1 { text } else { safe(&format!("{} unfinished jobs", news.len())) };
    model.set_notice(text.followed_by("; ", &safe(&format!("{key} shows it"))), true);
    for job in news {
        let text = safe("unfinished job: ").followed_by("", &safe(&job.summary));
        let text = text.followed_by(", begun by ", &safe(&job.by));
        model.events.note(model.now, Severity::Warning, text);
        model.jobs.told.insert(job.id);
    }
}

/// Whether the list is on the screen, or under the help.
pub(super) const fn is_open(model: &Model) -> bool {
    matches!(model.top, Top::Jobs) || matches!(model.covered, Top::Jobs)
}

/// Whether keys go to the question.
pub(super) const fn has_keys(model: &Model) -> bool {
    matches!(model.top, Top::Jobs) && model.jobs.asking.is_some()
}

/// Takes a key for the question.
pub(super) fn take_key(model: &mut Model, key: &KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Some(asking) = &mut model.jobs.asking else { return };
    if let Some(answer) = asking.question.press(key) {
        self::answer(model, answer, commands);
    }
}

/// Takes the answer to the question.
pub(super) fn answer(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Some(Asking { job, .. }) = model.jobs.asking.take() else { return };
    let ending = match answer {
        1 => Ending::Finish,
        2 => Ending::Undo,
        _ => {
            model.notify("nothing was written");
            return;
        }
    };
    let request = model.next_request();
    commands.push(Command::EndJob { request, job: job.id.clone(), ending });
    let progress = Progress::default();
    model.jobs.ending = Some(EndingJob { request, job, ending, progress, outcome: None });
}

/// Does what the action means for the list.
pub(super) fn apply(model: &mut Model, action: Action) {
    let extent = model.jobs.extent(model.geometry.top_rows);
    match action {
        Action::Enter | Action::Right => ask(model),
        Action::Jobs | Action::Left => act::close_top(model),
        action => {
            model.jobs.cursor.apply(action, extent);
        }
    }
}

/// Asks what to do with the selected job, or says why nothing can be done.
fn ask(model: &mut Model) {
    let Some(job) = model.jobs.selected().cloned() else { return };
    let is_ending = model.jobs.ending.as_ref().is_some_and(|ending| ending.outcome.is_none());
    match job.state {
        JobState::Done | JobState::Undone => {
            model.notify(&format!("the job is {}; there is nothing to do", job.state.name()));
        }
        JobState::Running => {
            model.notify("somebody works on it; it can be ended once nobody does");
        }
        JobState::Interrupted if model.session.read_only => {
            model.complain("read-only: no job is ended; start tilldeck without `--read-only`");
        }
        JobState::Interrupted if is_ending => {
            model.notify("another job is being ended; wait for it");
        }
        JobState::Interrupted => {
            model.jobs.asking = Some(Asking { job, question: Question::new(ANSWERS) });
        }
    }
}

/// Leaves what is on top: the question for the list, the list for the panes.
pub(super) fn leave(model: &mut Model) {
    if model.jobs.asking.take().is_none() {
        act::close_top(model);
    }
}

/// Takes how far the ending of a job is.
pub(super) fn advanced(model: &mut Model, request: RequestId, progress: Progress) {
    let is_shown = is_open(model);
    if let Some(ending) = model.jobs.ending.as_mut().filter(|ending| ending.request == request) {
        ending.progress = progress;
        model.redraw |= is_shown;
    }
}

/// Takes how the ending of a job came out.
pub(super) fn ended(
    model: &mut Model,
    (request, outcome): (RequestId, Result<(), Failure>),
    commands: &mut Vec<Command>,
) {
    let Some(ending) = model.jobs.ending.as_mut().filter(|ending| ending.request == request) else {
        return;
    };
    ending.outcome = Some(outcome.clone());
    let summary = safe(&ending.job.summary);
    let done = match ending.ending {
        Ending::Finish => "finished: ",
        Ending::Undo => "undone: ",
    };
    match outcome {
        Ok(()) => tell_of_end(model, safe(done).followed_by("", &summary), Severity::Info),
        Err(failure) => {
            let text = safe("not ").followed_by("", &safe(done)).followed_by("", &summary);
            tell_of_end(model, text.followed_by("; ", &failure.message), Severity::Error);
        }
    }
    load(model, commands);
}

fn tell_of_end(model: &mut Model, text: SafeText, severity: Severity) {
    model.events.note(model.now, severity, text.clone());
    model.set_notice(text, severity == Severity::Error);
}

/// Takes what a frame showed: only a question that was seen can be answered.
pub(super) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    if let (Top::Jobs, Some(asking)) = (&model.top, &mut model.jobs.asking) {
        asking.question.note_drawn(geometry);
    }
}

/// The job that is being ended, in words.
pub(super) fn under_way(model: &Model) -> Option<SafeText> {
    let ending = model.jobs.ending.as_ref().filter(|ending| ending.outcome.is_none())?;
    let doing = match ending.ending {
        Ending::Finish => "finished",
        Ending::Undo => "undone",
    };
    Some(safe(&format!("a job is being {doing}: {}", ending.job.summary)))
}

/// The selected job's id, to name it on the command line.
pub(super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    model.jobs.selected().map(|job| (safe(job.id.as_str()).into(), "job id"))
}
