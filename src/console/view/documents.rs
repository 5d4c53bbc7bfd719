//! The documents of a collection on the whole screen: as trees or as a table, the query
//! above them, and what else is known of the collection.

use jiff::tz::TimeZone;
use ratatui::{layout::Rect, style::Style};

use super::{
    Canvas, completion,
    paint::{self, Row, selection, window},
    prose::{self, Prose},
    stores::draw_field,
};
use crate::{
    console::{
        state::{
            action::Action,
            documents::{
                About, Asking, DocumentsView,
                bar::{Bar, PARTS},
                panel::{Panel, Tone, lines, plan_text},
            },
            question::Question,
        },
        theme::Theme,
    },
    domain::{
        document::{Line, cell},
        format,
        query::Part,
        text::{SafeText, safe, safe_shell},
    },
};

/// The deepest nesting that is still indented step by step.
const DEEPEST_INDENT: usize = 20;
/// The widest column of a table.
const WIDEST: usize = 32;
/// Columns of the names of the query's parts.
const LABEL: u16 = 10;

pub(super) fn draw(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let inner = draw_frame(canvas, area, view);
    let inner = draw_query(canvas, inner, view);
    let inner = draw_export(canvas, inner, view);
    let inner = draw_search(canvas, inner, view);
    let failure = match view.panel {
        Panel::Value => &None,
        panel if panel.has_lines() => &view.look_failure,
        _ => &view.failure,
    };
    if let Some(failure) = failure {
        let theme = canvas.theme;
        canvas.note_top_rows(inner);
        let texts = [(&failure.message, theme.bad), (&failure.hint, theme.accent)];
        canvas.say(inner, &texts);
    } else if view.panel.has_lines() {
        draw_lines(canvas, inner, view);
    } else if view.trees.is_empty() {
        canvas.note_top_rows(inner);
        draw_nothing(canvas, inner, view);
    } else if view.panel == Panel::Table {
        draw_table(canvas, inner, view);
    } else {
        draw_trees(canvas, inner, view);
    }
    if let Some(bar) = &view.bar {
        draw_candidates(canvas, area, bar);
    }
    if let Some(asking) = &view.asking {
        draw_question(canvas, area, (view, asking));
    }
}

fn draw_frame(canvas: &mut Canvas, area: Rect, view: &DocumentsView) -> Rect {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    let name = safe(&model.session.layout.name_of(view.database));
    let mut title = canvas.title(&frame);
    title.text(&name, style).put(".", style).text(&safe(&view.collection), style).put(" ", style);
    if let Some(path) = view.read_path().filter(|path| path.width() > 0) {
        title.text(path, theme.strong).put(" ", style);
    }
    if view.panel != Panel::Tree {
        title.put(view.panel.name(), theme.accent).put(" ", style);
    }
    let work = if view.loading.is_some() {
        "reading "
    } else if view.looking.is_some() {
        "looking "
    } else if view.counting.is_some() {
        "counting "
    } else {
        ""
    };
    title.put(work, theme.accent);
    // What does not fit is left out, the last first: half a word would say something else.
    let mut texts = facts(view);
    texts.push("read-only".to_owned());
    for (index, text) in texts.iter().map(|text| safe(text)).enumerate() {
        if usize::from(title.left_over()) < text.width() + 2 {
            break;
        }
        title.put(if index == 0 { "" } else { " " }, theme.dim);
        title.text(&text, theme.dim).put(" ", theme.dim);
    }
    inner
}

/// How much there is, and where the page lies in it.
fn facts(view: &DocumentsView) -> Vec<String> {
    let mut parts = Vec::new();
    if !view.trees.is_empty() && !view.panel.has_lines() && view.failure.is_none() {
        let at = view.locate(view.cursor.row).map_or(0, |(tree, _)| tree) + 1;
        let page = match view.number {
            Some(1) if !view.has_next => String::new(),
            Some(number) => format!(" on page {number}"),
            None if !view.has_next => " on the last page".to_owned(),
            None => " on this page".to_owned(),
        };
        parts.push(format!("{at} of {}{page}", view.trees.len()));
    }
    match (&view.exact, view.facts.as_ref().and_then(|facts| facts.estimated)) {
        (Some(Ok(exact)), _) => parts.push(format!("{} exactly", format::count(*exact))),
        (Some(Err(failure)), _) => parts.push(format!("not counted: {}", failure.kind.word())),
        (None, Some(estimated)) if view.text.is_empty() => {
            parts.push(format!("about {}", format::count(estimated)));
        }
        _ => {}
    }
    if let Some(took) = view.took.filter(|_| view.loading.is_none()) {
        parts.push(format::latency(took.try_into().unwrap_or_default()));
    }
    if view.text.sort.is_empty() && !view.panel.has_lines() && view.bar.is_none() {
        parts.push("newest first".to_owned());
    }
    parts
}

/// The query that is shown, or the fields that another one is typed into.
fn draw_query(canvas: &mut Canvas, area: Rect, view: &DocumentsView) -> Rect {
    let theme = canvas.theme;
    let Some(bar) = &view.bar else {
        let text = &view.text;
        let parts = [&text.filter, &text.sort, &text.projection, &text.collation];
        let mut line = 0;
        let texts = PARTS.iter().zip(parts).enumerate();
        for (index, (part, text)) in texts.filter(|(_, (_, text))| !text.trim().is_empty()) {
            canvas.note_field(paint::line(area, line), index);
            let mut row = canvas.row(area, line);
            row.gap(1).left(&safe(part_name(*part)), LABEL, theme.accent);
            row.text(&safe_shell(text), theme.text);
            line += 1;
        }
        return paint::below(area, line.min(area.height));
    };
    let mut line = 0;
    for (index, (part, input)) in PARTS.iter().zip(&bar.inputs).enumerate() {
        let is_focused = index == bar.focus;
        canvas.note_field(paint::line(area, line), index);
        let mut row = canvas.row(area, line);
        row.gutter(if is_focused { theme.glyphs.gutter } else { " " });
        let style = if is_focused { theme.accent } else { theme.dim };
        row.left(&safe(part_name(*part)), LABEL, style);
        if input.value().is_empty() && !is_focused {
            row.put(example(*part), theme.dim);
        } else {
            draw_field(&mut row, input, is_focused, theme);
        }
        line += 1;
        if let Some(mistake) = bar.mistake.as_ref().filter(|mistake| mistake.part == *part) {
            let mut row = canvas.row(area, line);
            row.gap(LABEL + 1).put(theme.glyphs.bad, theme.bad).gap(1);
            row.text(&safe_shell(&mistake.error.message), theme.bad);
            line += 1;
        }
    }
    paint::below(area, line.min(area.height))
}

const fn part_name(part: Part) -> &'static str {
    match part {
        Part::Filter => "filter",
        Part::Sort => "sort",
        Part::Projection => "fields",
        Part::Collation => "collation",
        Part::Pipeline => "stages",
    }
}

/// What can stand in an empty field.
const fn example(part: Part) -> &'static str {
    match part {
        Part::Filter => "{status: 'paid', total: {$gt: 5}}, or a whole db.x.find(…)",
        Part::Sort => "{total: -1}; without one, the newest first",
        Part::Projection => "{total: 1, status: 1}; without one, all fields",
        Part::Collation => "{locale: 'en', strength: 2}",
        Part::Pipeline => "[{$match: {}}]",
    }
}

fn draw_candidates(canvas: &mut Canvas, area: Rect, bar: &Bar) {
    let Some(completing) = &bar.completion else { return };
    let below = area.y + 2 + u16::try_from(bar.focus).unwrap_or(0);
    completion::draw(canvas, area, (area.x + LABEL + 2, below), completing);
}

fn draw_export(canvas: &mut Canvas, area: Rect, view: &DocumentsView) -> Rect {
    let (theme, now) = (canvas.theme, canvas.model.now);
    let Some(export) = &view.export else { return area };
    let (_, _, words) = export.chosen();
    let mut row = canvas.row(area, 0);
    row.gap(1).put("export ", theme.accent).put(words, theme.text);
    if let Some((_, documents, bytes)) = export.running {
        let elapsed = now.duration_since(export.began).as_millis().max(1);
        let rate = u128::from(documents) * 1000 / elapsed.unsigned_abs();
        let text = format!(
            "  {} documents, {}, {} a second; esc ends it",
            format::count(documents),
            format::bytes(bytes),
            format::count(u64::try_from(rate).unwrap_or(0))
        );
        row.text(&safe(&text), theme.strong);
        return paint::below(area, 1);
    }
    let mut row = canvas.row(area, 1);
    row.gap(1).put("into   ", theme.accent);
    draw_field(&mut row, &export.input, true, theme);
    paint::below(area, 2)
}

fn draw_search(canvas: &mut Canvas, area: Rect, view: &DocumentsView) -> Rect {
    let theme = canvas.theme;
    if !view.search.is_typing {
        return area;
    }
    let mut row = canvas.row(area, 0);
    row.gap(1).put("search ", theme.accent);
    draw_field(&mut row, &view.search.input, true, theme);
    paint::below(area, 1)
}

fn draw_trees(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let theme = canvas.theme;
    let zone = zone(canvas);
    canvas.note_top_rows(area);
    let len = view.extent(0).len;
    for (line, index) in (0..).zip(window(view.cursor, len, area.height.into())) {
        let Some((tree, at)) = view.locate(index) else { break };
        let shown = view.trees.get(tree).and_then(|tree| tree.line_in(at, &zone));
        let Some(shown) = shown else { break };
        let (whole, gutter) = selection(theme, index == view.cursor.row, true);
        let mut row = canvas.row(area, line).uniform(whole);
        row.gutter(gutter);
        draw_line(&mut row, &shown, theme);
    }
}

fn zone(canvas: &Canvas) -> TimeZone {
    canvas.model.session.zone.clone().unwrap_or(TimeZone::UTC)
}

pub(super) fn draw_line(row: &mut Row, line: &Line, theme: &Theme) {
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

/// The visible cells of a column, and whether each is a number.
type Column = Vec<Option<(SafeText, bool)>>;

/// A row a document; only what is visible is read.
fn draw_table(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let theme = canvas.theme;
    let zone = zone(canvas);
    let body = paint::below(area, 1);
    canvas.note_top_rows(body);
    let visible = window(view.cursor, view.trees.len(), body.height.into());
    let columns = view.columns.get(view.first_column..).unwrap_or_default();
    let mut cells: Vec<(SafeText, Column, usize)> = Vec::new();
    let mut used = 1;
    for path in columns {
        if used >= usize::from(area.width) {
            break;
        }
        let name = safe(path);
        let values: Column = visible
            .clone()
            .map(|index| cell(view.trees.get(index)?.raw().as_ref(), path, &zone))
            .collect();
        let widest = values.iter().flatten().map(|(text, _)| text.width()).max().unwrap_or(0);
        let width = widest.max(name.width()).min(WIDEST);
        used += width + 2;
        cells.push((name, values, width));
    }
    let mut x = area.x + 1.min(area.width);
    for (column, (.., width)) in (view.first_column..).zip(&cells) {
        let width = u16::try_from(*width).unwrap_or(u16::MAX);
        let heading = Rect { x, width, ..paint::line(area, 0) }.intersection(area);
        canvas.note_column(heading, column);
        x = x.saturating_add(width).saturating_add(2);
    }
    let mut head = canvas.row(area, 0);
    head.gap(1);
    for (name, values, width) in &cells {
        let width = u16::try_from(*width).unwrap_or(u16::MAX);
        if values.iter().flatten().any(|(_, is_number)| *is_number) {
            head.right(name, width, theme.accent).gap(2);
        } else {
            head.left(name, width, theme.accent).gap(2);
        }
    }
    for (line, index) in (0..).zip(visible) {
        let (whole, gutter) = selection(theme, index == view.cursor.row, true);
        let mut row = canvas.row(body, line).uniform(whole);
        row.gutter(gutter);
        for (_, values, width) in &cells {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            match values.get(usize::from(line)).and_then(Option::as_ref) {
                Some((text, true)) => row.right(text, width, theme.text),
                Some((text, false)) => row.left(text, width, theme.text),
                None => row.left(&safe("-"), width, theme.dim),
            };
            row.gap(2);
        }
    }
}

fn tone(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Head => theme.accent,
        Tone::Plain => theme.text,
        Tone::Dim => theme.dim,
        Tone::Warning => theme.warn,
        Tone::Bad => theme.bad,
    }
}

fn draw_lines(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let theme = canvas.theme;
    canvas.note_top_rows(area);
    let lines = lines(view);
    if lines.is_empty() {
        let text = match (view.panel, view.looking) {
            (Panel::Changes, _) if view.following.is_some() => {
                "nothing has changed since this was opened"
            }
            (Panel::Changes, _) => "changes are not followed any more",
            (_, Some(_)) => "looking; esc ends it",
            _ => "nothing is known",
        };
        return canvas.say(area, &[(&safe(text), theme.dim)]);
    }
    for (line, index) in (0..).zip(window(view.panel_cursor, lines.len(), area.height.into())) {
        let Some(shown) = lines.get(index) else { break };
        let (whole, gutter) = selection(theme, index == view.panel_cursor.row, true);
        let mut row = canvas.row(area, line).uniform(whole);
        row.gutter(gutter);
        if shown.tone == Tone::Warning && view.panel == Panel::Plan {
            row.put(theme.glyphs.warn, theme.warn).gap(1);
        }
        row.text(&shown.text, tone(shown.tone, theme));
    }
}

fn draw_question(canvas: &mut Canvas, area: Rect, (view, asking): (&DocumentsView, &Asking)) {
    let theme = canvas.theme;
    match &asking.about {
        About::Scan { plan, documents } => {
            let mut prose = Prose::default();
            let text = format!("The collection has about {} documents.", format::count(*documents));
            prose.say(&safe(&text), theme.strong);
            for line in plan_text(plan).iter().take_while(|line| !line.text.as_str().is_empty()) {
                prose.say(&line.text, tone(line.tone, theme));
            }
            prose.gap();
            prose.say(&safe("Esc ends it on the server at any time."), theme.dim);
            let title = safe("Run a query that no index serves");
            prose::ask(canvas, area, (&title, &prose), &asking.question);
        }
        About::Overwrite => {
            let path = view.export.as_ref().map_or("", |export| export.input.value());
            ask_to_replace(canvas, area, path, &asking.question);
        }
    }
}

/// Asks whether the file that is there may be replaced.
pub(super) fn ask_to_replace(canvas: &mut Canvas, area: Rect, path: &str, question: &Question) {
    let theme = canvas.theme;
    let mut prose = Prose::default();
    prose.say(&safe(&format!("{path} exists.")), theme.strong);
    prose.say(&safe("It is replaced when the export is complete."), theme.text);
    prose::ask(canvas, area, (&safe("Replace the file"), &prose), question);
}

fn draw_nothing(canvas: &mut Canvas, area: Rect, view: &DocumentsView) {
    let (model, theme) = (canvas.model, canvas.theme);
    let key = |action| model.keymap.key_of(action);
    let (text, hint) = if view.loading.is_some() {
        (
            safe("the documents are being read"),
            safe(&format!("{} ends it, on the server too", key(Action::Back))),
        )
    } else if view.text.is_empty() {
        (
            safe("the collection is empty"),
            safe(&format!("Press {} to read it again", key(Action::Retry))),
        )
    } else {
        (
            safe("no document matches"),
            safe(&format!("Press {} to change the query", key(Action::Filter))),
        )
    };
    canvas.say(area, &[(&text, theme.text), (&hint, theme.dim)]);
}
