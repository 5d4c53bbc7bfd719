//! What changed, and when: the history of events on the whole screen, the newest first.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{
    Canvas,
    footer::time_of_day,
    paint::{Frame, selection, window, wrapped},
};
use crate::{
    console::state::model::ListCursor,
    domain::{format, text::safe},
};

/// The latest events in a pane of their own, where there is room.
pub(super) fn glance(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let frame = Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    canvas.title(&frame).put("5 Events ", frame.title_style(theme));
    if model.events.entries.is_empty() {
        let text = safe("nothing has changed since the console was opened");
        canvas.say(inner, &[(&text, theme.dim)]);
        return;
    }
    let mut line = 0;
    for entry in model.events.entries.iter().rev() {
        if line >= inner.height {
            break;
        }
        let (glyph, style) = theme.severity(entry.severity);
        let mut row = canvas.row(inner, line);
        row.gap(1).text(&time_of_day(entry.at), theme.dim).gap(1).put(glyph, style).gap(1);
        let indent = inner.width.saturating_sub(row.left_over());
        for words in wrapped(&entry.text, row.left_over().into()) {
            let rest = Rect { x: inner.x + indent, width: inner.width - indent, ..inner };
            if line < inner.height {
                canvas.row(rest, line).text(&words, theme.text);
            }
            line += 1;
        }
    }
}

pub(super) fn draw(canvas: &mut Canvas, area: Rect, cursor: ListCursor) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let len = model.events.entries.len();
    let mut title = canvas.title(&frame);
    title.put("Events ", style).text(&safe(&format!("{} ", format::count(len as u64))), theme.text);
    title.put("newest first, times in UTC ", theme.dim);
    canvas.note_top_rows(inner);
    if len == 0 {
        let text = safe("nothing has changed since the console was opened");
        let hint =
            safe("Databases that go down or come back and changes of the registry stand here");
        canvas.say(inner, &[(&text, theme.text), (&hint, theme.dim)]);
        return;
    }
    for (line, index) in (0..).zip(window(cursor, len, inner.height.into())) {
        let Some(entry) = model.events.entries.iter().rev().nth(index) else { break };
        let (whole, gutter) = selection(theme, index == cursor.row, true);
        let (glyph, style) = theme.severity(entry.severity);
        let age = Duration::try_from(model.now.duration_since(entry.at)).unwrap_or_default();
        let mut row = canvas.row(inner, line).uniform(whole);
        row.gutter(gutter).text(&time_of_day(entry.at), theme.dim).gap(1);
        row.figure(&format::age(age), 7, theme.dim).gap(2).put(glyph, style).gap(1);
        row.text(&entry.text, theme.text);
    }
}
