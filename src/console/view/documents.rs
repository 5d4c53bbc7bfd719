//! The newest documents of a collection, as folding trees on the whole screen.

use ratatui::layout::Rect;

use super::{
    Canvas,
    paint::{Row, selection, window},
};
use crate::{
    console::{
        state::{action::Action, documents::DocumentsView},
        theme::Theme,
    },
    domain::{document::Line, format, text::safe},
};

/// The deepest nesting that is still indented step by step.
const DEEPEST_INDENT: usize = 20;

pub(super) fn draw(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.top(area);
    let database = safe(&model.session.layout.name_of(view.database));
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title
        .text(&database, style)
        .put(".", style)
        .text(&safe(&view.collection), style)
        .put(" ", style);
    if !view.trees.is_empty() {
        let at = view.locate(view.cursor.row).map_or(0, |(tree, _)| tree) + 1;
        let page = if view.has_more { "the newest " } else { "" };
        let count = format!("document {at} of {page}{}, newest first ", view.trees.len());
        title.text(&safe(&count), theme.dim);
    }
    if view.loading.is_some() {
        title.put("reading ", theme.dim);
    }
    canvas.note_top_rows(inner);
    if let Some(failure) = &view.failure {
        let texts = [(&failure.message, theme.bad), (&failure.hint, theme.accent)];
        canvas.say(inner, &texts);
        return;
    }
    if view.trees.is_empty() {
        draw_nothing(canvas, inner, view);
        return;
    }
    let len = view.extent(0).len;
    for (line, index) in (0..).zip(window(view.cursor, len, inner.height.into())) {
        let Some((tree, at)) = view.locate(index) else { break };
        let Some(shown) = view.trees.get(tree).and_then(|tree| tree.line(at)) else { break };
        let (whole, gutter) = selection(theme, index == view.cursor.row, true);
        let mut row = canvas.row(inner, line).uniform(whole);
        row.gutter(gutter);
        draw_line(&mut row, &shown, theme);
    }
}

fn draw_line(row: &mut Row, line: &Line, theme: &Theme) {
    let indent = 2 * line.depth.min(DEEPEST_INDENT);
    row.gap(u16::try_from(indent).unwrap_or(0));
    if line.depth > DEEPEST_INDENT {
        row.text(&safe(&format!("({}) ", line.depth)), theme.dim);
    }
    let fold = match (line.foldable, line.folded) {
        (true, true) => theme.glyphs.folds[0],
        (true, false) => theme.glyphs.folds[1],
        (false, _) => " ",
    };
    row.put(fold, theme.dim).gap(1);
    if line.depth > 0 {
        row.text(&line.key, theme.accent).put(": ", theme.dim);
    }
    let kind = safe(line.type_name);
    let size = if line.foldable { format::bytes(line.size as u64) } else { String::new() };
    let tail = u16::try_from(kind.width() + size.len() + 3).unwrap_or(u16::MAX);
    let room = row.left_over().saturating_sub(tail);
    let value_style = if line.foldable { theme.dim } else { theme.text };
    row.left(&line.value, room, value_style);
    row.gap(1).right(&safe(&size), u16::try_from(size.len()).unwrap_or(0), theme.dim);
    row.gap(1).text(&kind, if line.type_name == "corrupt" { theme.bad } else { theme.dim });
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (text, hint) = if view.loading.is_some() {
        (safe("the newest documents are being read"), safe(""))
    } else {
        let key = model.keymap.key_of(Action::Retry);
        (safe("the collection is empty"), safe(&format!("Press {key} to read it again")))
    };
    canvas.say(area, &[(&text, theme.text), (&hint, theme.dim)]);
}
