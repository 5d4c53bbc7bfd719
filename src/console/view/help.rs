//! The help: every key, searchable, by group.

use ratatui::layout::Rect;

use super::{
    Canvas,
    paint::{below, selection, window},
    stores::draw_field,
};
use crate::{console::state::help::HelpBox, domain::text::safe};

pub(super) fn draw(canvas: &mut Canvas, area: Rect, help: &HelpBox) {
    let theme = canvas.theme;
    let area = centred(area, 94);
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    canvas.title(&frame).put("Help ", style).put("type to search, Esc closes ", theme.dim);
    let mut field = canvas.row(inner, 0);
    field.gap(1).put("?", theme.accent).gap(1);
    draw_field(&mut field, &help.input, true, theme);
    let rows = below(inner, 1);
    canvas.note_top_rows(rows);
    if help.rows.is_empty() {
        let text = safe("no key does that");
        let hint = safe("Search for another word");
        canvas.say(rows, &[(&text, theme.text), (&hint, theme.dim)]);
        return;
    }
    let visible = window(help.cursor, help.rows.len(), rows.height.into());
    let first = visible.start;
    for (line, index) in (0..).zip(visible) {
        let shown = &help.rows[index];
        let is_first = index == first || help.rows[index - 1].group != shown.group;
        let (whole, gutter) = selection(theme, index == help.cursor.row, true);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.gutter(gutter);
        row.left(&safe(if is_first { shown.group } else { "" }), 9, theme.dim).gap(1);
        row.left(&safe(&shown.keys), 18, theme.accent).gap(1);
        row.text(&safe(shown.summary), theme.text);
    }
}

/// A box of at most `width` columns in the middle, with the whole height.
pub(super) fn centred(area: Rect, width: u16) -> Rect {
    let width = width.min(area.width);
    Rect { x: area.x + (area.width - width) / 2, width, ..area }
}
