//! One question to many stores: the form above, the answers below.

use bson::RawDocument;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::{
    Canvas, completion,
    documents::{ask_to_replace, draw_line},
    paint::{self, Row, selection, window},
    stores::draw_field,
};
use crate::{
    console::{
        state::query::{Asked, BoardLine, FormPart, QueryBoard, Scope, Shown},
        theme::Theme,
    },
    domain::{
        chart::eighths,
        database::Database,
        document::cell,
        format,
        schema::Schema,
        text::{SafeText, safe, safe_shell},
    },
};

/// Columns of the names of the fields.
const LABEL: u16 = 13;
/// Columns of fields, and how wide each may be.
const COLUMNS: usize = 8;
const WIDEST: usize = 30;
/// Rows of the selected document.
const DETAILS: u16 = 9;
/// Fewest rows that the answers keep beside it.
const LEAST_ROWS: u16 = 6;

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let board = &canvas.model.query;
    let (frame, inner) = canvas.top(area);
    let theme = canvas.theme;
    let style = frame.title_style(theme);
    let mut title = canvas.title(&frame);
    title.put("Ask many stores ", style);
    for text in progress(board) {
        title.text(&safe(&text), theme.dim).put("  ", theme.dim);
    }
    let inner = if board.is_editing { draw_form(canvas, inner) } else { draw_asked(canvas, inner) };
    let inner = draw_export(canvas, inner);
    draw_answers(canvas, inner);
    if board.is_editing {
        draw_candidates(canvas, area);
    }
    if let Some(export) = &board.export
        && let Some(question) = &export.asking
    {
        ask_to_replace(canvas, area, export.input.value(), question);
    }
}

/// How far the answers are.
fn progress(board: &QueryBoard) -> Vec<String> {
    let mut parts = Vec::new();
    let n = board.plan.targets.len();
    if board.running.is_some() {
        parts.push(format!("{} of {n} stores have answered", board.n_answered));
    } else if let Some(outcome) = &board.outcome {
        let complete = if outcome.is_complete() { "complete" } else { "not complete" };
        parts.push(format!("{}, {complete}", stores(n)));
    } else if board.failure.is_some() {
        parts.push(format!("{} of {}, not complete", board.n_answered, stores(n)));
    }
    if board.question.is_some() {
        let more = if board.outcome.as_ref().is_some_and(|outcome| outcome.limited) {
            ", and more"
        } else {
            ""
        };
        let n = board.rows.len() as u64;
        let noun = if n == 1 { "row" } else { "rows" };
        parts.push(format!("{} {noun}{more}", format::count(n)));
    }
    parts
}

fn stores(n: usize) -> String {
    let noun = if n == 1 { "store" } else { "stores" };
    format!("{} {noun}", format::count(n as u64))
}

fn draw_form(canvas: &mut Canvas, area: Rect) -> Rect {
    let (model, theme) = (canvas.model, canvas.theme);
    let board = &model.query;
    let mut line = 0;
    for (number, part) in board.parts().into_iter().enumerate() {
        let is_focused = part == board.focus;
        canvas.note_field(paint::line(area, line), number);
        let mut row = canvas.row(area, line);
        row.gutter(if is_focused { theme.glyphs.gutter } else { " " });
        let style = if is_focused { theme.accent } else { theme.dim };
        row.left(&safe(board.label(part)), LABEL, style);
        match board.input(part) {
            Some(input) if input.value().is_empty() && !is_focused => {
                row.put(example(board, part), theme.dim);
            }
            Some(input) => draw_field(&mut row, input, is_focused, theme),
            None => {
                let (before, after) = if is_focused { ("< ", " >") } else { ("", "") };
                row.put(before, theme.accent).text(&chosen(model, part), theme.strong);
                row.put(after, theme.accent);
            }
        }
        line += 1;
        if let Some(mistake) = board.mistake.as_ref().filter(|_| is_focused) {
            let mut row = canvas.row(area, line);
            row.gap(LABEL + 1).put(theme.glyphs.bad, theme.bad).gap(1);
            row.text(&safe_shell(&mistake.error.message), theme.bad);
            line += 1;
        }
    }
    // It is whole in any width: nothing is sent that was not told of.
    for text in plan_line(model).wrapped(usize::from(area.width.saturating_sub(2)).max(1)) {
        canvas.row(area, line).gap(1).text(&text, theme.dim);
        line += 1;
    }
    paint::below(area, (line + 1).min(area.height))
}

/// What will be sent where, before it is.
fn plan_line(model: &crate::console::state::model::Model) -> SafeText {
    let plan = &model.query.preview;
    let commands = plan.commands();
    let parts: Vec<String> = commands
        .iter()
        .map(|(database, n)| format!("{} {n}", model.session.layout.name_of(*database)))
        .collect();
    let lost = match plan.failed.len() {
        0 => String::new(),
        n => format!("; {n} cannot be asked"),
    };
    let n = stores(plan.targets.len());
    safe(&format!("{n}, commands: {}{lost}", parts.join(", ")))
}

fn chosen(model: &crate::console::state::model::Model, part: FormPart) -> SafeText {
    let board = &model.query;
    match part {
        FormPart::Type => {
            let types = &model.session.layout.collection_types;
            safe(types.get(board.of_type).map_or("", |of_type| of_type.as_str()))
        }
        FormPart::Asked => safe(board.asked.name()),
        _ => safe(&match board.scope {
            Scope::All => "all".to_owned(),
            Scope::Marked => format!("the {} that are marked", model.stores.marked.len()),
            Scope::Shown => format!("the {} that the list shows", model.stores.rows().len()),
            Scope::Database => {
                let store = model.stores.selected_store();
                let database = store.and_then(|store| store.route.database());
                database.map_or_else(
                    || "those of the selected store's database".to_owned(),
                    |database| format!("those of {}", model.session.layout.name_of(database)),
                )
            }
            Scope::Saved => saved(model),
        }),
    }
}

/// The stores that the saved query names.
fn saved(model: &crate::console::state::model::Model) -> String {
    let Some(selection) = &model.query.saved else { return "all".to_owned() };
    let mut parts = Vec::new();
    if let Some(database) = selection.database {
        parts.push(format!("those of {}", model.session.layout.name_of(database)));
    }
    if !selection.text.is_empty() {
        parts.push(format!("those that hold `{}`", selection.text));
    }
    parts.join(", ")
}

const fn example(board: &QueryBoard, part: FormPart) -> &'static str {
    match (part, board.asked) {
        (FormPart::Filter, Asked::Aggregate) => "[{$group: {_id: '$status', n: {$sum: 1}}}]",
        (FormPart::Filter, _) => "{status: 'pending'}; without one, every document",
        (FormPart::Second, Asked::Distinct) => "payment.method",
        (FormPart::Second, _) => "{total: -1}; without one, as they come",
        (FormPart::Projection, _) => "{total: 1, status: 1}; without one, all fields",
        _ => "",
    }
}

/// The question, on one line.
fn draw_asked(canvas: &mut Canvas, area: Rect) -> Rect {
    let (model, theme) = (canvas.model, canvas.theme);
    let board = &model.query;
    let mut row = canvas.row(area, 0);
    row.gap(1).text(&safe(board.asked.name()), theme.accent).gap(1);
    row.text(&chosen(model, FormPart::Type), theme.strong);
    for part in board.parts() {
        let Some(input) = board.input(part).filter(|input| !input.value().is_empty()) else {
            continue;
        };
        row.gap(2).put(board.label(part), theme.dim).gap(1);
        row.text(&safe_shell(input.value()), theme.text);
    }
    paint::below(area, 2.min(area.height))
}

fn draw_export(canvas: &mut Canvas, area: Rect) -> Rect {
    let theme = canvas.theme;
    let Some(export) = &canvas.model.query.export else { return area };
    let mut row = canvas.row(area, 0);
    row.gap(1).put("export the rows as ", theme.accent).put(export.format().1, theme.text);
    if export.running.is_some() {
        row.put("  writing", theme.dim);
        return paint::below(area, 1);
    }
    let mut row = canvas.row(area, 1);
    row.gap(1).put("into ", theme.accent);
    draw_field(&mut row, &export.input, true, theme);
    paint::below(area, 2)
}

fn draw_candidates(canvas: &mut Canvas, area: Rect) {
    let Some(completing) = &canvas.model.query.completion else { return };
    completion::draw(canvas, area, (area.x + LABEL + 2, area.y + 5), completing);
}

fn draw_answers(canvas: &mut Canvas, area: Rect) {
    let theme = canvas.theme;
    let board = &canvas.model.query;
    let details = match board.shown {
        Shown::Rows
            if !board.is_editing
                && board.selected().is_some()
                && area.height >= DETAILS + LEAST_ROWS =>
        {
            DETAILS
        }
        _ => 0,
    };
    let rows = Rect { height: area.height - details, ..area };
    canvas.note_top_rows(rows);
    if let Some(failure) =
        board.failure.as_ref().filter(|_| board.rows.is_empty() && board.failed.is_empty())
    {
        return canvas.say(rows, &[(&failure.message, theme.bad), (&failure.hint, theme.accent)]);
    }
    match board.shown {
        Shown::Rows => draw_rows(canvas, rows),
        Shown::Totals => draw_totals(canvas, rows),
        Shown::Chart => draw_chart(canvas, rows),
    }
    if details > 0 {
        draw_details(canvas, paint::below(area, rows.height));
    }
}

fn draw_rows(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let board = &model.query;
    let lines = board.lines();
    if lines.is_empty() {
        let text = match (board.running, &board.outcome, &board.question) {
            (Some(_), _, _) => "the stores are being asked; esc ends it",
            (None, Some(_), _) => "no document matches in any store",
            (None, None, Some(_)) => "not asked to the end",
            (None, None, None) => "enter asks; nothing is sent before",
        };
        return canvas.say(area, &[(&safe(text), theme.dim)]);
    }
    let name = |database: Database| safe(&model.session.layout.name_of(database));
    let zone = model.session.zone.clone().unwrap_or(TimeZone::UTC);
    let ids = board.plan.targets.iter().map(|target| safe(&target.store_id).width()).max();
    let ids = u16::try_from(ids.unwrap_or(0)).unwrap_or(u16::MAX).clamp(5, 20);
    // Shards differ by the end of their names.
    let names = board.plan.targets.iter().map(|target| name(target.database).width()).max();
    let names = u16::try_from(names.unwrap_or(0)).unwrap_or(u16::MAX).clamp(8, 24);
    let rows = paint::below(area, u16::from(!board.rows.is_empty()));
    canvas.note_top_rows(rows);
    let visible = window(board.cursor, lines.len(), rows.height.into());
    let columns = Columns::of(board, lines.get(visible.clone()).unwrap_or_default(), zone);
    if !board.rows.is_empty() {
        let mut head = canvas.row(area, 0);
        head.gap(1).left(&safe("store"), ids, theme.accent).gap(2);
        head.left(&safe("database"), names, theme.accent).gap(2);
        columns.head(&mut head, theme);
    }
    let area = rows;
    for (line, index) in (0..).zip(visible) {
        let Some(shown) = lines.get(index) else { break };
        let (whole, gutter) =
            selection(theme, index == board.cursor.row && !board.is_editing, true);
        let mut row = canvas.row(area, line).uniform(whole);
        row.gutter(gutter);
        match shown {
            BoardLine::Failed(failed, more) => {
                row.put(theme.glyphs.bad, theme.bad).gap(1);
                if let Some(store_id) = &failed.store_id {
                    row.text(&safe(store_id), theme.strong);
                    if *more > 0 {
                        row.text(&safe(&format!(" and {more} more")), theme.strong);
                    }
                    row.gap(2);
                }
                if let Some(database) = failed.database {
                    row.text(&name(database), theme.bad).gap(2);
                }
                row.text(&failed.failure.message, theme.bad);
            }
            BoardLine::Note(note, _) => {
                row.put(theme.glyphs.warn, theme.warn).gap(1).text(&safe(note), theme.warn);
            }
            BoardLine::Row(shown) => {
                let Some(target) = board.plan.targets.get(shown.target) else { continue };
                row.left(&safe(&target.store_id), ids, theme.strong).gap(2);
                row.left(&name(target.database), names, theme.dim).gap(2);
                columns.draw(&mut row, &shown.document, theme);
            }
        }
    }
}

/// The fields that rows are shown by.
struct Columns {
    /// Path, width, and whether it holds numbers.
    columns: Vec<(String, u16, bool)>,
    zone: TimeZone,
}

impl Columns {
    /// What was sorted by comes first, then what most rows have.
    fn of(board: &QueryBoard, lines: &[BoardLine<'_>], zone: TimeZone) -> Self {
        let documents: Vec<&RawDocument> = lines
            .iter()
            .filter_map(|line| match line {
                BoardLine::Row(row) => Some(row.document.as_ref()),
                _ => None,
            })
            .collect();
        let sorted = board.question.iter().flat_map(|question| question.query.sort.keys());
        let mut paths: Vec<String> = sorted.cloned().collect();
        for path in Schema::of(documents.iter().copied()).columns(COLUMNS) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let column = |path: String| {
            let cells: Vec<(SafeText, bool)> =
                documents.iter().filter_map(|document| cell(document, &path, &zone)).collect();
            let widest = cells.iter().map(|(text, _)| text.width()).max().unwrap_or(0);
            let width = widest.max(safe(&path).width()).min(WIDEST);
            let is_number = cells.iter().any(|(_, is_number)| *is_number);
            (path, u16::try_from(width).unwrap_or(u16::MAX), is_number)
        };
        let columns = paths.into_iter().map(column).collect();
        Self { columns, zone }
    }

    fn head(&self, row: &mut Row, theme: &Theme) {
        for (path, width, is_number) in &self.columns {
            let name = safe(path);
            if *is_number {
                row.right(&name, *width, theme.accent).gap(2);
            } else {
                row.left(&name, *width, theme.accent).gap(2);
            }
        }
    }

    fn draw(&self, row: &mut Row, document: &RawDocument, theme: &Theme) {
        for (path, width, _) in &self.columns {
            match cell(document, path, &self.zone) {
                Some((text, true)) => row.right(&text, *width, theme.text),
                Some((text, false)) => row.left(&text, *width, theme.text),
                None => row.left(&safe("-"), *width, theme.dim),
            };
            row.gap(2);
        }
    }
}

fn draw_totals(canvas: &mut Canvas, area: Rect) {
    let theme = canvas.theme;
    let board = &canvas.model.query;
    let lines = board.totals();
    for (line, index) in (0..).zip(window(board.cursor, lines.len(), area.height.into())) {
        let Some(text) = lines.get(index) else { break };
        let (whole, gutter) = selection(theme, index == board.cursor.row, true);
        let style = if text.as_str().starts_with(' ') { theme.text } else { theme.accent };
        canvas.row(area, line).uniform(whole).gutter(gutter).text(text, style);
    }
}

fn draw_chart(canvas: &mut Canvas, area: Rect) {
    let theme = canvas.theme;
    let board = &canvas.model.query;
    let bars = board.bars();
    if bars.is_empty() {
        return canvas.say(
            area,
            &[(
                &safe("there is no number to draw: ask for a count, or a `$group` with a `$sum`"),
                theme.dim,
            )],
        );
    }
    let label = bars.iter().map(|bar| bar.label.width()).max().unwrap_or(0).min(24);
    let figure = bars.iter().map(|bar| bar.figure.width()).max().unwrap_or(0).min(20);
    let room = usize::from(area.width).saturating_sub(label + figure + 6);
    for (line, index) in (0..).zip(window(board.cursor, bars.len(), area.height.into())) {
        let Some(bar) = bars.get(index) else { break };
        let (whole, gutter) = selection(theme, index == board.cursor.row, true);
        let mut row = canvas.row(area, line).uniform(whole);
        let cells = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        row.gutter(gutter).left(&bar.label, cells(label), theme.text).gap(1);
        let drawn = drawn(eighths(bar, &bars, room), theme);
        row.left(&safe(&drawn), cells(room), theme.accent).gap(1);
        row.right(&bar.figure, cells(figure), theme.strong);
    }
}

fn drawn(eighths: usize, theme: &Theme) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if theme.ascii {
        return "#".repeat(eighths.div_ceil(8));
    }
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

/// The selected document in full.
fn draw_details(canvas: &mut Canvas, area: Rect) {
    let theme = canvas.theme;
    let board = &canvas.model.query;
    let frame = paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    let Some(row) = board.selected() else { return };
    let store =
        board.plan.targets.get(row.target).map(|target| safe(&target.store_id)).unwrap_or_default();
    canvas.title(&frame).text(&store, style).put(" ", style);
    let Some(tree) = board.tree() else { return };
    let zone = canvas.model.session.zone.clone().unwrap_or(TimeZone::UTC);
    for line in 0..inner.height {
        let Some(shown) = tree.line_in(usize::from(line) + 1, &zone) else { break };
        let mut row = canvas.row(inner, line);
        draw_line(&mut row, &shown, theme);
    }
}
