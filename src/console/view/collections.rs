//! The collections of the selected store. Missing ones are shown as missing.

use ratatui::layout::Rect;

use super::{
    Canvas,
    paint::{Row, below, selection, window},
};
use crate::{
    console::{
        state::{
            action::Action,
            collections::CollectionsPane,
            model::{Model, Pane},
        },
        theme::Theme,
    },
    domain::{
        collection::{Collection, Details, Form, Presence},
        format,
        text::safe,
    },
};

/// Rows that the pane would like to have, frame and heading included.
pub(super) fn wanted_height(model: &Model) -> u16 {
    let n_types = model.session.layout.collection_types.len();
    u16::try_from(n_types).unwrap_or(u16::MAX).saturating_add(4)
}

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.pane(Pane::Collections, area);
    let style = frame.title_style(theme);
    let pane = &model.collections;
    let mut title = canvas.title(&frame);
    title.put("4 Collections ", style);
    if let Some(store) = &pane.store {
        let name = store.store_id.as_deref().or(store.prefix.as_deref()).unwrap_or("?");
        title.put("of ", theme.dim).text(&safe(name), theme.text).put(" ", theme.text);
    }
    if let Some(database) = pane.database() {
        let name = safe(&model.session.layout.name_of(database));
        title.put("in ", theme.dim).text(&name, theme.text).put(" ", theme.text);
    }
    let n_rows = u16::try_from(pane.rows().len()).unwrap_or(u16::MAX);
    let n_problems = n_problems(model, inner);
    if let Some(prefix) = prefix_being_read(pane) {
        canvas.note_rows(Pane::Collections, below(inner, 1));
        draw_reading(canvas, inner, prefix);
        return;
    }
    if n_rows == 0 {
        canvas.note_rows(Pane::Collections, below(inner, 1));
        draw_problems(canvas, Rect { height: n_problems, ..inner });
        draw_nothing(canvas, below(inner, n_problems), n_problems);
        return;
    }
    // Below the rows, so that these stay where they are from store to store.
    let list = Rect { height: inner.height - n_problems, ..inner };
    let problems = below(inner, list.height.min(n_rows.saturating_add(1)));
    draw_problems(canvas, Rect { height: n_problems, ..problems });
    canvas.note_rows(Pane::Collections, below(list, 1));
    draw_rows(canvas, list, frame.is_focused);
}

/// The prefix of the store whose collections are read for the first time.
fn prefix_being_read(pane: &CollectionsPane) -> Option<&str> {
    let is_reading = pane.loading.is_some() || pane.load_at.is_some();
    let store = pane.store.as_ref().filter(|_| is_reading && pane.loaded.is_none())?;
    store.prefix.as_deref()
}

fn draw_rows(canvas: &mut Canvas, list: Rect, is_focused: bool) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (pane, rows) = (&model.collections, below(list, 1));
    let names = pane.rows().iter().map(|row| safe(&row.name));
    let columns = Columns::new(names.map(|name| name.width()).max(), list.width);
    draw_header(&mut canvas.row(list, 0), &columns, theme);
    for (line, index) in (0..).zip(window(pane.cursor, pane.rows().len(), rows.height.into())) {
        let (whole, gutter) = selection(theme, index == pane.cursor.row, is_focused);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.gutter(gutter).gap(1);
        draw_collection(&mut row, &pane.rows()[index], &columns, theme);
    }
}

/// Lines for what is wrong with the store's record: few where there is little room.
fn n_problems(model: &Model, area: Rect) -> u16 {
    let store = model.collections.store.as_ref();
    let n_problems = store.map_or(0, |store| store.problems.len());
    u16::try_from(n_problems).unwrap_or(u16::MAX).min(area.height.saturating_sub(4))
}

/// What is wrong with the store's record, a line each.
fn draw_problems(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(store) = &model.collections.store else { return };
    for (line, problem) in (0..area.height).zip(&store.problems) {
        let (glyph, style) = if problem.is_fatal() {
            (theme.glyphs.bad, theme.bad)
        } else {
            (theme.glyphs.warn, theme.warn)
        };
        let mut row = canvas.row(area, line);
        row.gap(2).put(glyph, style).gap(1).text(&safe(&problem.to_string()), style);
    }
}

struct Columns {
    name: u16,
    form: u16,
    bytes: u16,
    indexes: u16,
}

impl Columns {
    /// From the width of the longest name, if there are names.
    fn new(longest: Option<usize>, width: u16) -> Self {
        let form = if width >= 56 { 11 } else { 0 };
        // A figure that is cut off is wrong, so a column is shown whole or not at all.
        let bytes = if width >= 36 { 8 } else { 0 };
        let indexes = if width >= 44 { 8 } else { 0 };
        let fixed = 2 + 1 + form + 10 + 1 + bytes + 1 + indexes;
        let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX);
        Self { name: longest.clamp(10, width.saturating_sub(fixed).max(10)), form, bytes, indexes }
    }
}

fn draw_header(row: &mut Row, columns: &Columns, theme: &Theme) {
    row.gap(2).left(&safe("collection"), columns.name, theme.dim).gap(1);
    if columns.form > 0 {
        row.left(&safe("kind"), columns.form, theme.dim);
    }
    row.figure("documents", 10, theme.dim);
    if columns.bytes > 0 {
        row.gap(1).figure("size", columns.bytes, theme.dim);
    }
    if columns.indexes > 0 {
        row.gap(1).figure("indexes", columns.indexes, theme.dim);
    }
}

fn draw_collection(row: &mut Row, collection: &Collection, columns: &Columns, theme: &Theme) {
    let name_style = match collection.presence {
        Presence::Present(_) => theme.text,
        Presence::Missing => theme.bad,
        Presence::Absent => theme.dim,
    };
    row.tail(&safe(&collection.name), columns.name, name_style).gap(1);
    match &collection.presence {
        Presence::Present(details) => draw_details(row, details, columns, theme),
        Presence::Missing => {
            row.put(theme.glyphs.bad, theme.bad).put(" missing", theme.bad);
        }
        Presence::Absent => {
            row.put("none, allowed", theme.dim);
        }
    }
}

fn draw_details(row: &mut Row, details: &Details, columns: &Columns, theme: &Theme) {
    if columns.form > 0 {
        let words = match details.form {
            Form::Collection => "collection",
            Form::View => "view",
            Form::TimeSeries => "time-series",
        };
        row.left(&safe(words), columns.form, theme.dim);
    }
    if let (Some(failure), None, None) = (&details.failure, details.documents, details.bytes) {
        row.gap(1).put(theme.glyphs.warn, theme.warn).gap(1).text(&failure.message, theme.warn);
        return;
    }
    let known = |figure: Option<String>| figure.unwrap_or_else(|| theme.glyphs.none.to_owned());
    row.figure(&known(details.documents.map(format::count)), 10, theme.text);
    if columns.bytes > 0 {
        let bytes = details.bytes.map(format::bytes);
        row.gap(1).figure(&known(bytes), columns.bytes, theme.text);
    }
    if columns.indexes > 0 {
        let indexes = details.indexes.map(|indexes| format::count(indexes.into()));
        row.gap(1).figure(&known(indexes), columns.indexes, theme.text);
    }
    if let Some(failure) = &details.failure {
        row.gap(1).put(theme.glyphs.warn, theme.warn).gap(1).text(&failure.message, theme.warn);
    }
}

/// Keeps the heading where it will be, so that walking through the list of stores repaints
/// little. Shows no name before it is read: a name on the screen can be entered.
fn draw_reading(canvas: &mut Canvas, area: Rect, prefix: &str) {
    let (model, theme) = (canvas.model, canvas.theme);
    let types = model.session.layout.collection_types.iter();
    let widths = types.map(|kind| safe(&format!("{prefix}_{}", kind.as_str())).width());
    let columns = Columns::new(widths.max(), area.width);
    draw_header(&mut canvas.row(area, 0), &columns, theme);
    canvas.row(area, 1).gap(2).put("being read", theme.text);
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, n_problems: u16) {
    let (model, theme) = (canvas.model, canvas.theme);
    let pane = &model.collections;
    let retry = model.keymap.key_of(Action::Retry);
    let (text, hint) = match (&pane.store, &pane.loaded) {
        (None, _) => (safe("no store is selected"), safe("Choose one in the list of stores")),
        (Some(_), Some(Err(failure))) => (failure.message.clone(), failure.hint.clone()),
        (Some(store), _) if pane.database().is_none() => {
            let untold = store.problems.iter().skip(n_problems.into());
            let untold: Vec<String> = untold.map(ToString::to_string).collect();
            let text = if untold.is_empty() {
                safe("nobody can open this store")
            } else {
                safe(&format!("nobody can open this store: {}", untold.join("; ")))
            };
            (text, safe("Correct the record in the registry"))
        }
        _ => (safe("nothing was read yet"), safe(&format!("Press {retry} to read it"))),
    };
    let is_bad = matches!(pane.loaded, Some(Err(_))) || pane.database().is_none();
    let style = if is_bad && pane.store.is_some() { theme.bad } else { theme.text };
    canvas.say(area, &[(&text, style), (&hint, theme.dim)]);
}
