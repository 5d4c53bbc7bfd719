//! The palette: what was typed, and the best matches.

use ratatui::layout::Rect;

use super::{
    Canvas,
    help::centred,
    paint::{below, selection, window},
    stores::draw_field,
};
use crate::{
    console::state::palette::PaletteBox,
    domain::{format, text::safe},
};

pub(super) fn draw(canvas: &mut Canvas, area: Rect, palette: &PaletteBox) {
    let theme = canvas.theme;
    let area = centred(area, 76);
    let area = Rect { height: area.height.min(24), ..area };
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("Go to ", style).put("an action, a store, a database or a collection ", theme.dim);
    let mut field = canvas.row(inner, 0);
    field.gap(1).put(":", theme.accent).gap(1);
    draw_field(&mut field, &palette.input, true, theme);
    let count = format!("{} ", format::count(palette.n_matching as u64));
    let width = u16::try_from(count.len()).unwrap_or(0);
    field.keep_last(width).text(&safe(&count), theme.dim);
    let rows = below(inner, 1);
    canvas.note_top_rows(rows);
    if palette.entries.is_empty() {
        let is_searching = palette.searching.is_some();
        let text = safe(if is_searching { "searching" } else { "nothing matches" });
        canvas.say(rows, &[(&text, theme.text)]);
        return;
    }
    for (line, index) in
        (0..).zip(window(palette.cursor, palette.entries.len(), rows.height.into()))
    {
        let entry = &palette.entries[index];
        let (whole, gutter) = selection(theme, index == palette.cursor.row, true);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.gutter(gutter).gap(1);
        let detail = u16::try_from(entry.detail.width()).unwrap_or(u16::MAX).min(24);
        let label = row.left_over().saturating_sub(detail + 2);
        row.left(&entry.label, label, theme.text).gap(1).right(&entry.detail, detail, theme.dim);
    }
}
