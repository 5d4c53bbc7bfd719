//! What changed, and when: the history of events on the whole screen, the newest first.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{
    Canvas,
    footer::time_of_day,
    paint::{selection, window},
};
use crate::{
    console::state::model::ListCursor,
    domain::{format, text::safe},
};

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
        row.put(gutter, theme.accent).text(&time_of_day(entry.at), theme.dim).gap(1);
        row.figure(&format::age(age), 7, theme.dim).gap(2).put(glyph, style).gap(1);
        row.text(&entry.text, theme.text);
    }
}
