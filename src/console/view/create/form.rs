//! The fields, and what is wrong with them.

use ratatui::{layout::Rect, style::Style};

use super::super::{
    Canvas,
    paint::{self, selection},
    prose::{Prose, draw_lines},
    stores::draw_field,
};
use crate::{
    console::state::{create::form::FormField, model::Model},
    domain::{
        creation::{Choice, choose},
        database::Database,
        text::{SafeText, safe},
    },
};

/// Rows of the form where each field has one line: the frame, the fields, and two lines on
/// the field that has the focus.
pub(super) const LOW: u16 = 9;

/// Columns of the labels.
const LABEL: u16 = 12;

/// What stands beside a field: a sign, words, and their style.
type Remark = (&'static str, SafeText, Style);

/// One line a field, with the reason beside it.
pub(super) fn draw_low(canvas: &mut Canvas, area: Rect) {
    let inner = frame(canvas, area);
    let value = (inner.width.saturating_sub(LABEL) * 2 / 5).max(24);
    for (line, field) in (0..).zip(FormField::ALL) {
        let row = paint::line(inner, line);
        canvas.note_field(row, line.into());
        draw_value(canvas, Rect { width: LABEL + value, ..row }, field);
        let beside = Rect {
            x: (row.x + LABEL + value + 1).min(row.right()),
            width: row.width.saturating_sub(LABEL + value + 1),
            ..row
        };
        if let Some((glyph, words, style)) = remark(canvas, field) {
            canvas.row(beside, 0).put(glyph, style).gap(1).text(&words, style);
        }
    }
    draw_help(canvas, paint::below(inner, 5));
}

/// Each field with its reason below it, and what the field is for at the end.
pub(super) fn draw_wide(canvas: &mut Canvas, area: Rect) {
    let inner = frame(canvas, area);
    let mut top = 1;
    for (number, field) in FormField::ALL.into_iter().enumerate() {
        let rows = paint::below(inner, top);
        draw_value(canvas, paint::line(rows, 0), field);
        let mut height = 2;
        if let Some((glyph, words, style)) = remark(canvas, field) {
            let mut prose = Prose::default();
            prose.say_parts(LABEL + 1, [(safe(glyph), style), (words, style)]);
            let lines = prose.lines(inner.width.saturating_sub(1));
            height += u16::try_from(lines.len()).unwrap_or(1).min(3);
            let below = paint::below(rows, 1);
            draw_lines(canvas, Rect { height: below.height.min(3), ..below }, &lines, 0);
        } else {
            height += 1;
        }
        canvas.note_field(Rect { height: rows.height.min(height - 1), ..rows }, number);
        top += height;
    }
    draw_help(canvas, paint::below(inner, top));
}

fn frame(canvas: &mut Canvas, area: Rect) -> Rect {
    let theme = canvas.theme;
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    canvas
        .title(&frame)
        .put("New store ", style)
        .put("nothing is written before a question ", theme.dim);
    inner
}

/// What the field that has the focus is for, or its whole reason where it is long.
fn draw_help(canvas: &mut Canvas, area: Rect) {
    let theme = canvas.theme;
    let focus = canvas.model.creation.form.focus;
    let mut prose = Prose::default();
    match remark(canvas, focus) {
        Some((glyph, words, style)) if glyph == theme.glyphs.bad => {
            prose.say_parts(1, [(safe(glyph), style), (words, style)]);
        }
        _ => prose.say_parts(1, [(safe(focus.help()), theme.dim)]),
    }
    let lines = prose.lines(area.width.saturating_sub(1));
    draw_lines(canvas, area, &lines, 0);
}

fn draw_value(canvas: &mut Canvas, area: Rect, field: FormField) {
    let (model, theme) = (canvas.model, canvas.theme);
    let form = &model.creation.form;
    let is_focused = form.focus == field;
    let (_, gutter) = selection(theme, is_focused, true);
    let mut row = canvas.row(area, 0);
    let label_style = if is_focused { theme.accent } else { theme.dim };
    row.gutter(gutter)
        .left(&safe(&field.label(&model.session.layout)), LABEL - 2, label_style)
        .gap(1);
    let input = match field {
        FormField::StoreId => &form.store_id,
        FormField::Name => &form.name,
        FormField::Prefix if form.has_own_prefix() => &form.prefix,
        FormField::Prefix => {
            if is_focused {
                row.put(theme.glyphs.cursor, theme.accent);
            }
            row.text(&suggestion(model), theme.dim);
            return;
        }
        FormField::Database | FormField::Indexes => {
            let style = if is_focused { theme.accent } else { theme.dim };
            row.put("< ", style).text(&chosen(model, field), theme.strong).put(" >", style);
            return;
        }
    };
    if !is_focused && input.value().is_empty() {
        row.put(theme.glyphs.none, theme.dim);
    } else {
        draw_field(&mut row, input, is_focused, theme);
    }
}

fn suggestion(model: &Model) -> SafeText {
    safe(model.creation.planned.as_ref().map_or("", |planned| planned.prefix.as_str()))
}

fn chosen(model: &Model, field: FormField) -> SafeText {
    match (field, model.creation.form.choice) {
        (FormField::Database, Choice::Strategy(strategy)) => safe(strategy.name()),
        (FormField::Database, Choice::Shard(shard)) => {
            safe(&model.session.layout.name_of(Database::Shard(shard)))
        }
        _ if model.creation.form.without_indexes => safe("none besides _id"),
        _ => safe("as most stores have"),
    }
}

/// What stands beside a field.
fn remark(canvas: &Canvas, field: FormField) -> Option<Remark> {
    let (model, theme) = (canvas.model, canvas.theme);
    let planned = model.creation.planned.as_ref()?;
    let faults = planned.outcome.as_ref().err();
    let fault =
        faults.and_then(|faults| faults.iter().find(|fault| Some(fault.field) == field.field()));
    if let Some(fault) = fault {
        return Some(if is_to_be_filled(model, field) {
            (theme.glyphs.pending, safe("to be filled"), theme.dim)
        } else {
            (theme.glyphs.bad, safe(&fault.reason), theme.bad)
        });
    }
    let good = |words| Some((theme.glyphs.good, safe(words), theme.good));
    match field {
        FormField::StoreId => good("free"),
        FormField::Name => good("ok"),
        FormField::Prefix if model.creation.form.has_own_prefix() => good("free"),
        FormField::Prefix => good("free; suggested from the name"),
        FormField::Database => {
            let layout = &model.session.layout;
            let occupancy = &model.distribution.occupancy;
            let chosen = choose(model.creation.form.choice, occupancy, layout)?;
            let name = safe(&layout.name_of(Database::Shard(chosen.shard)));
            Some((theme.glyphs.arrow, name, theme.text))
        }
        FormField::Indexes => None,
    }
}

/// Whether the field is empty and nobody was there yet, which is no mistake.
fn is_to_be_filled(model: &Model, field: FormField) -> bool {
    let form = &model.creation.form;
    let is_empty = match field {
        FormField::StoreId => form.store_id.value().is_empty(),
        FormField::Name => form.name.value().is_empty(),
        FormField::Prefix => suggestion(model).as_str().is_empty(),
        FormField::Database | FormField::Indexes => false,
    };
    is_empty && !form.was_left(field)
}
