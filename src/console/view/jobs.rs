//! The jobs of the journal, on the whole screen, and the selected one below.

use std::time::Duration;

use ratatui::{layout::Rect, style::Style};

use super::{
    Canvas,
    create::{draw_steps, n_steps_shown},
    paint::{self, selection, window},
    prose::{Prose, ask, draw_lines},
};
use crate::{
    console::{
        state::{
            action::Action,
            jobs::{Asking, EndingJob, Jobs},
        },
        theme::Theme,
    },
    domain::{
        format,
        job::{Ending, Job, JobState},
        text::{SafeText, safe},
    },
};

/// Most rows of what is said about the selected job.
const DETAILS: u16 = 14;

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let jobs = &model.jobs;
    let details = if jobs.list.is_empty() { 0 } else { DETAILS.min(area.height / 2) };
    let upper = Rect { height: area.height - details, ..area };
    let (frame, inner) = canvas.top(upper);
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("Jobs ", style);
    match jobs.n_interrupted() {
        0 => title.put("unfinished ones and the last that ended ", theme.dim),
        number => title.text(&safe(&format!("{number} unfinished ")), theme.warn),
    };
    if jobs.loading.is_some() {
        title.put("reading ", theme.dim);
    }
    canvas.note_top_rows(inner);
    if jobs.list.is_empty() {
        draw_nothing(canvas, inner, jobs);
        return;
    }
    for (line, index) in (0..).zip(window(jobs.cursor, jobs.list.len(), inner.height.into())) {
        draw_row(canvas, Rect { y: inner.y + line, height: 1, ..inner }, index);
    }
    draw_details(canvas, paint::below(area, upper.height), jobs);
    if let Some(asking) = &jobs.asking {
        question(canvas, area, asking);
    }
}

fn draw_row(canvas: &mut Canvas, area: Rect, index: usize) {
    let (model, theme) = (canvas.model, canvas.theme);
    let job = &model.jobs.list[index];
    let (whole, gutter) = selection(theme, index == model.jobs.cursor.row, true);
    let (glyph, style) = sign(job.state, theme);
    let age = Duration::try_from(model.now.duration_since(job.started)).unwrap_or_default();
    let mut row = canvas.row(area, 0).uniform(whole);
    row.gutter(gutter).put(glyph, style).skip_to(4);
    row.left(&safe(job.state.name()), 11, style).gap(1);
    row.figure(&format::age(age), 6, theme.dim).gap(2);
    if area.width >= 100 {
        row.left(&safe(&job.by), 20, theme.dim).gap(1);
    }
    row.text(&safe(&job.summary), theme.text);
}

fn sign(state: JobState, theme: &Theme) -> (&'static str, Style) {
    match state {
        JobState::Running => (theme.glyphs.arrow, theme.accent),
        JobState::Interrupted => (theme.glyphs.warn, theme.warn),
        JobState::Done => (theme.glyphs.good, theme.good),
        JobState::Undone => (theme.glyphs.legacy, theme.dim),
    }
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, jobs: &Jobs) {
    let theme = canvas.theme;
    if let Some(failure) = &jobs.failure {
        canvas.say(area, &[(&failure.message, theme.bad), (&failure.hint, theme.accent)]);
        return;
    }
    let (text, hint) = if jobs.is_known {
        let key = canvas.model.keymap.key_of(Action::Retry);
        let hint = format!("What tilldeck writes is noted here; {key} reads it again");
        (safe("no job was ever begun"), safe(&hint))
    } else {
        (safe("the journal is being read"), SafeText::default())
    };
    canvas.say(area, &[(&text, theme.text), (&hint, theme.dim)]);
}

/// Everything about the selected job.
fn draw_details(canvas: &mut Canvas, area: Rect, jobs: &Jobs) {
    let theme = canvas.theme;
    let Some(job) = jobs.selected() else { return };
    let frame = paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    canvas
        .title(&frame)
        .put("Job ", style)
        .text(&safe(job.id.as_str()), theme.text)
        .put(" ", style);
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let lines = about(job, jobs, theme).lines(inside.width);
    draw_lines(canvas, inside, &lines, 0);
    let used = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    if let Some(ending) = jobs.ending.as_ref().filter(|ending| ending.job.id == job.id) {
        draw_ending(canvas, paint::below(inside, used), ending);
    }
}

fn about(job: &Job, jobs: &Jobs, theme: &Theme) -> Prose {
    let mut prose = Prose::default();
    if let Some(failure) = &jobs.failure {
        let text = safe("not read again").followed_by(": ", &failure.message);
        prose.say(&safe(theme.glyphs.bad).followed_by(" ", &text), theme.bad);
    }
    prose.say(&safe(&job.summary), theme.strong);
    let began = job.started.strftime("%Y-%m-%d %H:%M:%SZ");
    prose.say(&safe(&format!("begun {began} by {}", job.by)), theme.text);
    let steps = if job.steps.is_empty() { "none".to_owned() } else { job.steps.join(", ") };
    prose.say(&safe(&format!("steps begun: {steps}")), theme.text);
    let next = match job.state {
        JobState::Interrupted => "nobody works on it; Enter finishes or undoes it",
        JobState::Running => "somebody works on it",
        JobState::Done => "done",
        JobState::Undone => "undone; nothing of it is left",
    };
    prose.say(&safe(next), theme.dim);
    prose
}

/// How far this console is with ending the job.
fn draw_ending(canvas: &mut Canvas, area: Rect, ending: &EndingJob) {
    let theme = canvas.theme;
    let steps = &ending.progress.steps;
    let rows = n_steps_shown(steps, area.height.saturating_sub(1));
    draw_steps(canvas, Rect { height: rows, ..area }, (steps, usize::MAX), None);
    let mut prose = Prose::default();
    match &ending.outcome {
        None if ending.ending == Ending::Finish => prose.say(&safe("being finished"), theme.accent),
        None => prose.say(&safe("being undone"), theme.accent),
        Some(Ok(())) => {}
        Some(Err(failure)) => {
            prose.say(&safe(theme.glyphs.bad).followed_by(" ", &failure.message), theme.bad);
            prose.say_parts(2, [(failure.hint.clone(), theme.accent)]);
        }
    }
    let area = paint::below(area, rows);
    draw_lines(canvas, area, &prose.lines(area.width), 0);
}

fn question(canvas: &mut Canvas, area: Rect, asking: &Asking) {
    let theme = canvas.theme;
    let job = &asking.job;
    let mut prose = Prose::default();
    prose.say(&safe(&job.summary), theme.strong);
    let n_steps = job.steps.len();
    let noun = if n_steps == 1 { "step was" } else { "steps were" };
    prose.say(&safe(&format!("{n_steps} {noun} begun; nobody works on it")), theme.text);
    prose.gap();
    prose.say(&safe("Finish: does what is missing, and verifies all of it"), theme.text);
    prose.say(&safe("Undo: takes back what this job made, and nothing else"), theme.text);
    ask(canvas, area, (&safe("End the job"), &prose), &asking.question);
}
