//! The store list: only the visible rows are made.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{
    Canvas,
    paint::{Row, below, selection, window},
};
use crate::{
    console::{
        state::{
            action::Action,
            model::{ListCursor, Model, Pane},
            stores::StoreColumn,
        },
        theme::Theme,
    },
    domain::{
        format,
        registry::Source,
        store::{Route, Store, StoreState},
        text::{SafeText, safe},
    },
};

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.pane(Pane::Stores, area);
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("3 Stores ", style);
    draw_counts(&mut title, model, theme);
    let has_filter = model.stores.is_typing || !model.stores.filter.text.is_empty();
    if has_filter {
        draw_filter(&mut canvas.row(inner, 0), model, theme);
    }
    let list = below(inner, has_filter.into());
    let columns = Columns::new(model, list.width);
    draw_header(canvas, list, &columns);
    let rows = below(list, 1);
    canvas.note_rows(Pane::Stores, rows);
    let pane = &model.stores;
    if pane.rows().is_empty() {
        draw_nothing(canvas, rows);
        return;
    }
    let cursor = ListCursor { row: pane.row.unwrap_or(0), first: pane.first };
    let is_old = model.registry.source == Source::Cache;
    for (line, index) in (0..).zip(window(cursor, pane.rows().len(), rows.height.into())) {
        let store = &pane.rows()[index];
        let (whole, gutter) = selection(theme, pane.row == Some(index), frame.is_focused);
        let mut row = canvas.row(rows, line).uniform(whole.or(is_old.then_some(theme.dim)));
        row.gutter(gutter);
        draw_store(&mut row, model, store, &columns, theme);
    }
}

/// How many there are, how many are shown, and why not all of them.
fn draw_counts(title: &mut Row, model: &Model, theme: &Theme) {
    let pane = &model.stores;
    if model.registry.source == Source::Loading && model.registry.stores.is_empty() {
        // Nothing is known yet, which is not the same as none.
        return;
    }
    let total = format::count(model.registry.stores.len() as u64);
    let counts = if pane.filter.is_empty() {
        total
    } else {
        format!("{} of {total}", format::count(pane.rows().len() as u64))
    };
    title.text(&safe(&counts), theme.text).put(" ", theme.text);
    if pane.filter.problems_only {
        title.put("with problems ", theme.warn);
    }
    if !pane.marked.is_empty() {
        title.text(&safe(&format!("{} marked ", pane.marked.len())), theme.accent);
    }
    if pane.arranging.is_some() {
        title.put("arranging ", theme.dim);
    }
    match model.registry.source {
        Source::Cache => {
            let age = model.registry.as_of.map(|at| model.now.duration_since(at));
            let age = age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default();
            let words = safe(&format!("last known, {} old ", format::age(age)));
            title.put(theme.glyphs.warn, theme.warn).put(" ", theme.warn).text(&words, theme.warn);
        }
        Source::Polling => {
            title.put("polled ", theme.dim);
        }
        Source::Loading | Source::ChangeStream => {}
    }
}

fn draw_filter(row: &mut Row, model: &Model, theme: &Theme) {
    row.gap(1).put("/", theme.accent).gap(1);
    draw_field(row, &model.stores.input, model.stores.is_typing, theme);
}

/// A text field with its cursor, scrolled so that the cursor is on the screen.
pub(super) fn draw_field(row: &mut Row, input: &tui_input::Input, is_typing: bool, theme: &Theme) {
    let before: String = input.value().chars().take(input.cursor()).collect();
    let after: String = input.value().chars().skip(input.cursor()).collect();
    let room = usize::from(row.left_over()).saturating_sub(2);
    let mut before = safe(&before);
    while before.width() > room {
        before = before.without_first();
    }
    row.text(&before, theme.strong);
    if is_typing {
        row.put(theme.glyphs.cursor, theme.accent);
    }
    row.text(&safe(&after), theme.strong);
}

/// Which columns fit, and how wide they are.
struct Columns {
    store_id: u16,
    name: u16,
    prefix: u16,
    database: u16,
    state: u16,
    problems: u16,
}

/// The glyph, and the longest word for a state.
const STATE: u16 = 11;

/// What is left of a state where there is little room: the glyph, and where its word begins.
const SHORT_STATE: u16 = 6;

impl Columns {
    fn new(model: &Model, width: u16) -> Self {
        let longest = model.pools.pools.iter().map(|pool| pool.name.width()).max().unwrap_or(0);
        let database = u16::try_from(longest).unwrap_or(u16::MAX).clamp(8, 14);
        let store_id = if width >= 70 { 12 } else { 10 };
        // Gutter and mark, then each column with a space after it, but not after the last.
        let fixed = 2 + store_id + 1 + database + 1;
        let state = width.saturating_sub(fixed).clamp(SHORT_STATE, STATE);
        let mut rest = width.saturating_sub(fixed + state + 1);
        // A name of a few letters says less than none.
        rest = if rest < 6 { 0 } else { rest };
        let prefix = if rest >= 24 { (rest / 3).clamp(10, 18) } else { 0 };
        rest = rest.saturating_sub(if prefix > 0 { prefix + 1 } else { 0 });
        let problems = if rest >= 54 { rest - 30 } else { 0 };
        let name = rest.saturating_sub(if problems > 0 { problems + 1 } else { 0 });
        Self { store_id, name, prefix, database, state, problems }
    }

    /// Each column that can be sorted by, with its width and its heading.
    fn sortable(&self) -> [(StoreColumn, u16, &'static str); 5] {
        [
            (StoreColumn::StoreId, self.store_id, "storeId"),
            (StoreColumn::Name, self.name, "name"),
            (StoreColumn::Prefix, self.prefix, "prefix"),
            (StoreColumn::Database, self.database, "database"),
            (StoreColumn::State, self.state, "state"),
        ]
    }
}

fn draw_header(canvas: &mut Canvas, area: Rect, columns: &Columns) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut x = area.x + 2.min(area.width);
    for (index, (column, width, heading)) in columns.sortable().into_iter().enumerate() {
        if width == 0 {
            continue;
        }
        let cell = Rect { x, width, height: 1.min(area.height), ..area }.intersection(area);
        let mut row = canvas.row(cell, 0);
        let is_order = model.stores.order.column == column;
        row.put(heading, if is_order { theme.accent } else { theme.dim });
        if is_order {
            let arrow = theme.glyphs.orders[usize::from(model.stores.order.descending)];
            row.gap(1).put(arrow, theme.accent);
        }
        canvas.note_column(cell, index);
        x = x.saturating_add(width + 1);
    }
    if columns.problems > 0 {
        let cell = Rect { x, width: columns.problems, ..area }.intersection(area);
        canvas.row(cell, 0).put("problems", theme.dim);
    }
}

fn draw_store(row: &mut Row, model: &Model, store: &Store, columns: &Columns, theme: &Theme) {
    let is_marked = model.stores.marked.contains(&store.record);
    row.gutter(if is_marked { theme.glyphs.mark } else { " " });
    let mut field = |value: &Option<Box<str>>, width: u16| {
        if width == 0 {
            return;
        }
        match value {
            Some(value) => row.left(&safe(value), width, theme.text),
            None => row.left(&safe("?"), width, theme.bad),
        };
        row.gap(1);
    };
    field(&store.store_id, columns.store_id);
    field(&store.name, columns.name);
    field(&store.prefix, columns.prefix);
    row.left(&database(model, store), columns.database, theme.text).gap(1);
    let state = store.state();
    let (glyph, style) = theme.store(state, !store.problems.is_empty());
    let word = match state {
        StoreState::Ok if !store.problems.is_empty() => "drifted",
        state => state.word(),
    };
    row.put(glyph, style).put(" ", style).left(&safe(word), columns.state - 2, style).gap(1);
    if columns.problems > 0 {
        row.left(&problems(store), columns.problems, style);
    }
}

fn database(model: &Model, store: &Store) -> SafeText {
    match &store.route {
        Route::OutOfRange(number) => safe(&format!("{number}?")),
        Route::Unreadable => safe("?"),
        route => match route.database() {
            Some(database) => safe(&model.session.layout.name_of(database)),
            None => safe("?"),
        },
    }
}

fn problems(store: &Store) -> SafeText {
    let texts: Vec<String> = store.problems.iter().map(ToString::to_string).collect();
    safe(&texts.join("; "))
}

/// Why there is no row, and what to press.
fn draw_nothing(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let key = |action| model.keymap.key_of(action);
    let is_loading = model.registry.source == Source::Loading;
    let (text, hint) = match &model.registry.failure {
        Some(failure) if model.registry.stores.is_empty() && is_loading => {
            let text = safe("the registry cannot be read: ").followed_by("", &failure.message);
            (text, failure.hint.clone())
        }
        _ if is_loading => (
            safe("the registry is being read"),
            safe(&format!("Press {} to see every key meanwhile", key(Action::Help))),
        ),
        _ if model.registry.stores.is_empty() => {
            let names = &model.session.layout;
            let text = format!(
                "the registry is empty: `{}.{}` has no records",
                names.main_database, names.registry.collection
            );
            (safe(&text), safe("Check the database in the URI and the name of the registry"))
        }
        _ => (
            safe("no store matches"),
            safe(&format!(
                "Press {}{} to ask why, {} to show all of them again",
                // While a filter is typed, the key alone would be a letter of it.
                if model.stores.is_typing { "enter, then " } else { "" },
                key(Action::Why),
                key(Action::Back)
            )),
        ),
    };
    canvas.say(area, &[(&text, theme.text), (&hint, theme.dim)]);
}
