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
    let n_problems = draw_problems(canvas, inner);
    let inner = below(inner, n_problems);
    let rows = below(inner, 1);
    canvas.note_rows(Pane::Collections, rows);
    if pane.rows().is_empty() {
        draw_nothing(canvas, inner);
        return;
    }
    let columns = Columns::new(pane.rows(), inner.width);
    draw_header(&mut canvas.row(inner, 0), &columns, theme);
    for (line, index) in (0..).zip(window(pane.cursor, pane.rows().len(), rows.height.into())) {
        let (whole, gutter) = selection(theme, index == pane.cursor.row, frame.is_focused);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.put(gutter, theme.accent).gap(1);
        draw_collection(&mut row, &pane.rows()[index], &columns, theme);
    }
}

/// What is wrong with the store's record, a line each. Returns how many lines it took.
fn draw_problems(canvas: &mut Canvas, area: Rect) -> u16 {
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(store) = &model.collections.store else { return 0 };
    let most = area.height.saturating_sub(4);
    let mut line = 0;
    for problem in store.problems.iter().take(most.into()) {
        let (glyph, style) = if problem.is_fatal() {
            (theme.glyphs.bad, theme.bad)
        } else {
            (theme.glyphs.warn, theme.warn)
        };
        let mut row = canvas.row(area, line);
        row.gap(2).put(glyph, style).gap(1).text(&safe(&problem.to_string()), style);
        line += 1;
    }
    line
}

struct Columns {
    name: u16,
    form: u16,
    bytes: u16,
    indexes: u16,
}

impl Columns {
    fn new(rows: &[Collection], width: u16) -> Self {
        let form = if width >= 56 { 11 } else { 0 };
        let bytes = if width >= 36 { 8 } else { 0 };
        let indexes = if width >= 44 { 8 } else { 0 };
        let fixed = 2 + 1 + form + 10 + 1 + bytes + 1 + indexes;
        let longest = rows.iter().map(|row| safe(&row.name).width()).max().unwrap_or(0);
        let longest = u16::try_from(longest).unwrap_or(u16::MAX);
        Self { name: longest.clamp(10, width.saturating_sub(fixed).max(10)), form, bytes, indexes }
    }
}

fn draw_header(row: &mut Row, columns: &Columns, theme: &Theme) {
    row.gap(2).left(&safe("collection"), columns.name, theme.dim).gap(1);
    if columns.form > 0 {
        row.left(&safe("kind"), columns.form, theme.dim);
    }
    row.figure("documents", 10, theme.dim).gap(1).figure("size", columns.bytes, theme.dim);
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
            row.put("none, which is allowed", theme.dim);
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
    row.figure(&known(details.documents.map(format::count)), 10, theme.text).gap(1);
    row.figure(&known(details.bytes.map(format::bytes)), columns.bytes, theme.text);
    if columns.indexes > 0 {
        let indexes = details.indexes.map(|indexes| format::count(indexes.into()));
        row.gap(1).figure(&known(indexes), columns.indexes, theme.text);
    }
    if let Some(failure) = &details.failure {
        row.gap(1).put(theme.glyphs.warn, theme.warn).gap(1).text(&failure.message, theme.warn);
    }
}

fn draw_nothing(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let pane = &model.collections;
    let retry = model.keymap.key_of(Action::Retry);
    let (text, hint) = match (&pane.store, &pane.loaded) {
        (None, _) => (safe("no store is selected"), safe("Choose one in the list of stores")),
        (Some(_), Some(Err(failure))) => (failure.message.clone(), failure.hint.clone()),
        (Some(_), _) if pane.loading.is_some() || pane.load_at.is_some() => {
            (safe("the collections are being read"), safe(""))
        }
        (Some(store), _) if pane.database().is_none() => {
            let problems: Vec<String> = store.problems.iter().map(ToString::to_string).collect();
            let text = format!("nobody can open this store: {}", problems.join("; "));
            (safe(&text), safe("Correct the record in the registry"))
        }
        _ => (safe("nothing was read yet"), safe(&format!("Press {retry} to read it"))),
    };
    let is_bad = matches!(pane.loaded, Some(Err(_))) || pane.database().is_none();
    let style = if is_bad && pane.store.is_some() { theme.bad } else { theme.text };
    canvas.say(area, &[(&text, style), (&hint, theme.dim)]);
}
