//! Why a store is not found: the steps, what may have been meant, and the cause below.

use ratatui::{layout::Rect, style::Style};

use super::{
    Canvas,
    paint::{self, selection, window},
    prose::{Prose, draw_lines},
    stores::draw_field,
};
use crate::{
    console::{
        state::{action::Action, why::Why},
        theme::Theme,
    },
    domain::{
        text::{SafeText, safe},
        why::{Outcome, Step, Trace},
    },
};

/// Most rows of the cause and of what is selected.
const DETAILS: u16 = 11;
/// Rows that the steps keep beside a long cause, with their frame.
const LEAST_STEPS: u16 = 5;

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let model = canvas.model;
    let why = &model.why;
    let details = why.trace.as_ref().map_or(0, |trace| details_height(area, trace, canvas.theme));
    let upper = Rect { height: area.height - details, ..area };
    let inner = draw_frame(canvas, upper, why);
    let inner = draw_failure(canvas, inner, why);
    let rows = if why.is_typing {
        let theme = canvas.theme;
        let mut field = canvas.row(inner, 0);
        field.gap(1).put("why", theme.accent).gap(1);
        draw_field(&mut field, &why.input, true, theme);
        paint::below(inner, 1)
    } else {
        inner
    };
    canvas.note_top_rows(rows);
    let Some(trace) = &why.trace else {
        return draw_nothing(canvas, rows, why);
    };
    let len = trace.steps.len() + trace.suggestions.len();
    for (line, index) in (0..).zip(window(why.cursor, len, rows.height.into())) {
        draw_row(canvas, Rect { y: rows.y + line, height: 1, ..rows }, (trace, index));
    }
    draw_details(canvas, paint::below(area, upper.height), (trace, why));
}

/// Rows for the cause, which is always whole with its next step, and for what is selected.
fn details_height(area: Rect, trace: &Trace, theme: &Theme) -> u16 {
    let lines = cause(trace, theme).lines(area.width.saturating_sub(4)).len();
    let whole = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    whole.max(DETAILS.min(area.height / 2)).min(area.height.saturating_sub(LEAST_STEPS))
}

/// Says that the answer on the screen could not be renewed.
fn draw_failure(canvas: &mut Canvas, area: Rect, why: &Why) -> Rect {
    let (Some(failure), true) = (&why.failure, why.trace.is_some()) else { return area };
    let theme = canvas.theme;
    let mut row = canvas.row(area, 0);
    row.gap(1).put(theme.glyphs.bad, theme.bad).put(" not asked again: ", theme.bad);
    row.text(&failure.message, theme.text);
    paint::below(area, 1)
}

fn draw_frame(canvas: &mut Canvas, area: Rect, why: &Why) -> Rect {
    let theme = canvas.theme;
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("Why is ", style);
    if why.asked.is_empty() {
        title.put("a store not found? ", style);
    } else {
        title.text(&safe(&why.asked), theme.strong).put(" not found? ", style);
    }
    if why.loading.is_some() {
        title.put("looking ", theme.dim);
    } else if let Some(matched) = why.trace.as_ref().and_then(|trace| trace.matched.as_ref()) {
        let by = matched.by.name().replace('_', " ");
        title.text(&safe(&format!("found by {by} ")), theme.dim);
    }
    inner
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, why: &Why) {
    let theme = canvas.theme;
    if let Some(failure) = &why.failure {
        return canvas.say(area, &[(&failure.message, theme.bad), (&failure.hint, theme.accent)]);
    }
    let (text, hint) = if why.loading.is_some() {
        ("looking at the registry and every database", "")
    } else {
        (
            "type a storeId, a prefix, a name, or the name of a collection",
            "Enter asks; the answer is the backend's own path, step by step",
        )
    };
    canvas.say(area, &[(&safe(text), theme.text), (&safe(hint), theme.dim)]);
}

fn draw_row(canvas: &mut Canvas, area: Rect, (trace, index): (&Trace, usize)) {
    let theme = canvas.theme;
    let (whole, gutter) = selection(theme, index == canvas.model.why.cursor.row, true);
    let mut row = canvas.row(area, 0).uniform(whole);
    row.gutter(gutter);
    if let Some(step) = trace.steps.get(index) {
        let (glyph, style) = sign(step.outcome, theme);
        row.figure(&(index + 1).to_string(), 2, theme.dim).gap(1);
        row.put(glyph, style).gap(1).left(&safe(step.outcome.name()), 8, style);
        row.left(&safe(&step.name), name_width(area.width, trace), theme.text).gap(1);
        row.text(&safe(&step.detail), theme.dim);
    } else if let Some(one) = trace.suggestions.get(index - trace.steps.len()) {
        let fields = [&one.store_id, &one.name, &one.prefix];
        let fields: Vec<SafeText> = fields.into_iter().flatten().map(|text| safe(text)).collect();
        row.gap(3).put("did you mean ", theme.accent);
        row.text(&SafeText::join(&fields, ", "), theme.strong).gap(1);
        row.text(&safe(&one.reason), theme.dim);
    }
}

/// Columns of the names of the steps.
fn name_width(columns: u16, trace: &Trace) -> u16 {
    let widest = trace.steps.iter().map(|step: &Step| safe(&step.name).width()).max();
    u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX).min(columns / 3)
}

/// The cause with its one next step.
fn cause(trace: &Trace, theme: &Theme) -> Prose {
    let mut prose = Prose::default();
    if let Some(cause) = &trace.cause {
        prose.say(&safe(theme.glyphs.bad).followed_by(" ", &cause.message), theme.bad);
        prose.say(&safe(theme.glyphs.arrow).followed_by(" ", &cause.hint), theme.accent);
    } else {
        let good = safe(&format!("{} the backend can reach it", theme.glyphs.good));
        prose.say(&good, theme.good);
    }
    prose
}

fn sign(outcome: Outcome, theme: &Theme) -> (&'static str, Style) {
    match outcome {
        Outcome::Ok => (theme.glyphs.good, theme.good),
        Outcome::Warning => (theme.glyphs.warn, theme.warn),
        Outcome::Failed => (theme.glyphs.bad, theme.bad),
        Outcome::Skipped => (theme.glyphs.pending, theme.dim),
    }
}

/// The cause with its next step; below it, the selected row in full.
fn draw_details(canvas: &mut Canvas, area: Rect, (trace, why): (&Trace, &Why)) {
    let theme = canvas.theme;
    let frame = paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    canvas.title(&frame).put(if trace.cause.is_some() { "Cause " } else { "Answer " }, style);
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let mut prose = cause(trace, theme);
    let is_more = |step: &&Step| {
        let said = trace.cause.as_ref().map(|cause| cause.message.as_str());
        !step.detail.is_empty() && said != Some(safe(&step.detail).as_str())
    };
    if let Some(step) = trace.steps.get(why.cursor.row).filter(is_more) {
        prose.gap();
        let name = safe(&step.name);
        prose.say_parts(0, [(name, theme.strong), (safe(&step.detail), theme.text)]);
    } else if let Some(one) = why.suggestion(why.cursor.row) {
        prose.gap();
        prose.say(&safe(&one.reason), theme.text);
        let keys = &canvas.model.keymap;
        let (enter, go) = (keys.key_of(Action::Enter), keys.key_of(Action::GoToStore));
        let text = format!("{enter} asks for it; {go} goes to it in the list");
        prose.say(&safe(&text), theme.dim);
    }
    draw_lines(canvas, inside, &prose.lines(inside.width), 0);
}
