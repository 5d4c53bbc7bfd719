//! The steps of a run, and how it ended.

use std::time::Duration;

use ratatui::{layout::Rect, style::Style};

use super::super::{
    Canvas, paint,
    prose::{Prose, draw_lines},
};
use crate::{
    console::{
        state::{action::Action, create::run::Run},
        theme::Theme,
    },
    domain::{
        creation::Created,
        database::Database,
        failure::Failure,
        format,
        job::{Step, StepState},
        text::{SafeText, safe},
    },
};

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(run) = &model.creation.run else { return };
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let doing = match &run.outcome {
        None => "Making store ",
        Some(Ok(_)) => "Made store ",
        Some(Err(_)) => "Did not make store ",
    };
    let mut title = canvas.title(&frame);
    title.put(doing, style).text(&safe(&run.plan.store_id), style).put(" ", style);
    let (steps, since) = match &run.outcome {
        Some(Ok(created)) => (&created.steps, None),
        _ => (&run.progress.steps, run.outcome.is_none().then_some(run.since)),
    };
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let end = ending(canvas, run).lines(inside.width);
    let below = u16::try_from(end.len()).unwrap_or(u16::MAX).min(inside.height);
    let rows = n_steps_shown(steps, inside.height - below);
    let area = Rect { height: rows, ..inside };
    canvas.note_top_rows(area);
    canvas.geometry.top_len = steps.len();
    let first = model.creation.first.max(current(steps).saturating_sub(usize::from(rows)));
    draw_steps(canvas, area, (steps, first), since);
    draw_lines(canvas, paint::below(inside, rows), &end, 0);
}

/// How many steps there are up to the one that is under way or has failed.
fn current(steps: &[Step]) -> usize {
    let is_current = |step: &Step| matches!(step.state, StepState::Running | StepState::Failed);
    steps.iter().position(is_current).map_or(0, |at| at + 1)
}

/// How many rows the steps take of those there are.
pub(in super::super) fn n_steps_shown(steps: &[Step], room: u16) -> u16 {
    u16::try_from(steps.len()).unwrap_or(u16::MAX).min(room)
}

/// Draws the steps from `first` on: a sign, the name, the state in a word, and how long it
/// took. `since` is when the one under way began.
pub(in super::super) fn draw_steps(
    canvas: &mut Canvas,
    area: Rect,
    (steps, first): (&[Step], usize),
    since: Option<jiff::Timestamp>,
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let first = first.min(steps.len().saturating_sub(area.height.into()));
    for (line, step) in (0..area.height).zip(&steps[first..]) {
        let (glyph, style) = sign(step.state, theme);
        let mut row = canvas.row(area, line);
        row.put(glyph, style).skip_to(3);
        let name = row.left_over().saturating_sub(20);
        row.left(&safe(&step.name), name.min(60), theme.text).gap(1);
        row.left(&safe(step.state.name()), 8, style).gap(1);
        row.right(&took(step, since.map(|since| model.now.duration_since(since))), 8, theme.dim);
    }
}

fn took(step: &Step, under_way: Option<jiff::SignedDuration>) -> SafeText {
    match (step.took_ms, step.state, under_way) {
        (Some(took), ..) => safe(&format::latency(Duration::from_millis(took))),
        (None, StepState::Running, Some(since)) if since.as_secs() > 0 => {
            safe(&format::age(since.unsigned_abs()))
        }
        _ => SafeText::default(),
    }
}

fn sign(state: StepState, theme: &Theme) -> (&'static str, Style) {
    match state {
        StepState::Waiting => (theme.glyphs.pending, theme.dim),
        StepState::Running => (theme.glyphs.arrow, theme.accent),
        StepState::Done => (theme.glyphs.good, theme.good),
        StepState::Skipped => (theme.glyphs.legacy, theme.dim),
        StepState::Failed => (theme.glyphs.bad, theme.bad),
        StepState::Undone => (theme.glyphs.warn, theme.warn),
    }
}

fn ending(canvas: &Canvas, run: &Run) -> Prose {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut prose = Prose::default();
    prose.gap();
    match &run.outcome {
        None => prose.say(&safe("Esc leaves this screen; the run goes on"), theme.dim),
        Some(Ok(created)) => {
            let name = |shard| safe(&model.session.layout.name_of(Database::Shard(shard)));
            success(
                &mut prose,
                (run, created),
                (&name(created.shard), &name(run.plan.shard)),
                theme,
            );
        }
        Some(Err(failure)) => {
            let key = safe(&model.keymap.key_of(Action::Jobs));
            failed(&mut prose, (run, failure), &key, theme);
        }
    }
    prose
}

fn success(
    prose: &mut Prose,
    (run, created): (&Run, &Created),
    (shard, planned): (&SafeText, &SafeText),
    theme: &Theme,
) {
    let took: u64 = created.steps.iter().filter_map(|step| step.took_ms).sum();
    let took = safe(&format::latency(Duration::from_millis(took)));
    let text = safe("the store is there and was verified, in ").followed_by("", shard);
    let text = text.followed_by(" after ", &took);
    prose.say(&safe(theme.glyphs.good).followed_by(" ", &text), theme.good);
    if created.shard != run.plan.shard {
        let text = safe("the plan was for ").followed_by("", planned);
        let text = text.followed_by("; ", &safe("the registry changed, and the rule decided anew"));
        prose.say(&safe(theme.glyphs.warn).followed_by(" ", &text), theme.warn);
    }
    for warning in &created.warnings {
        prose.say(&safe(theme.glyphs.warn).followed_by(" ", &safe(warning)), theme.warn);
    }
    prose.say(&safe("Enter goes to it in the list"), theme.dim);
}

fn failed(prose: &mut Prose, (run, failure): (&Run, &Failure), key: &SafeText, theme: &Theme) {
    prose.say(&safe(theme.glyphs.bad).followed_by(" ", &failure.message), theme.bad);
    prose.say_parts(2, [(failure.hint.clone(), theme.accent)]);
    let left: Vec<SafeText> = run
        .progress
        .steps
        .iter()
        .filter(|step| step.state == StepState::Done && makes_something(step))
        .map(|step| safe(&step.name))
        .collect();
    if left.is_empty() {
        prose.say(&safe("nothing of it is left behind"), theme.text);
    } else {
        let text = safe("left behind: ").followed_by("", &SafeText::join(&left, ", "));
        let text = text.followed_by("; ", key).followed_by(" ", &safe("shows the job"));
        prose.say(&safe(theme.glyphs.warn).followed_by(" ", &text), theme.warn);
    }
    prose.say(&safe("Enter goes back to the fields"), theme.dim);
}

/// Whether the step leaves something in a database.
fn makes_something(step: &Step) -> bool {
    step.name.starts_with("registry record") || step.name.starts_with("collection ")
}
