//! The distribution pane: bars against capacity, and where the next store goes.

use ratatui::{layout::Rect, style::Style};

use super::{
    Canvas,
    paint::{Row, below, selection, window},
};
use crate::{
    console::{
        state::{
            distribution::{Measure, bars, database_of, usage_of},
            model::{Model, Pane},
        },
        theme::Theme,
    },
    domain::{
        database::Database,
        distribution::Group,
        failure::Failure,
        format,
        placement::{self, Placement, Preview, Strategy},
        registry::Source,
        text::{SafeText, safe},
    },
};

/// Rows for where the next store goes: a heading and one for each strategy.
const PREVIEW_ROWS: u16 = 4;

/// Rows that the pane would like to have, frame included.
pub(super) fn wanted_height(model: &Model) -> u16 {
    // A frame, and an empty row above the preview.
    u16::try_from(bars(model).len()).unwrap_or(u16::MAX).saturating_add(PREVIEW_ROWS + 3)
}

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.pane(Pane::Distribution, area);
    let style = frame.title_style(theme);
    let pane = &model.distribution;
    let mut title = canvas.title(&frame);
    title.put("2 Distribution ", style).put("by ", theme.dim).put(pane.measure.name(), theme.dim);
    if pane.loading.is_some() {
        title.put(theme.glyphs.ellipsis, theme.dim);
    }
    title.put(" ", theme.dim);
    if model.registry.source == Source::Loading && pane.occupancy.total == 0 {
        let has_failed = model.registry.failure.is_some();
        let text =
            if has_failed { "the registry cannot be read" } else { "the registry is being read" };
        let text = safe(text);
        canvas.say(inner, &[(&text, theme.dim)]);
        return;
    }
    let bars = bars(model);
    let n_bars = u16::try_from(bars.len()).unwrap_or(u16::MAX);
    let n_preview = inner.height.saturating_sub(n_bars).min(PREVIEW_ROWS);
    let rows = Rect { height: n_bars.min(inner.height), ..inner };
    canvas.note_rows(Pane::Distribution, rows);
    let scale = Scale::new(model, &bars, theme);
    for (line, index) in (0..rows.height).zip(window(pane.cursor, bars.len(), rows.height.into())) {
        let (whole, gutter) = selection(theme, index == pane.cursor.row, frame.is_focused);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.gutter(gutter);
        draw_bar(&mut row, model, bars[index], &scale, theme);
    }
    let has_room = inner.height > rows.height + PREVIEW_ROWS;
    let rest = below(inner, rows.height + u16::from(has_room));
    if let Some(failure) = unread(model) {
        let texts = [(&failure.message, theme.warn), (&failure.hint, theme.accent)];
        canvas.say(rest, &texts);
    } else if n_preview >= 2 {
        // The heading and the configured strategy, at least.
        draw_preview(canvas, rest);
    }
}

/// Why a figure that should be shown is not.
fn unread(model: &Model) -> Option<&Failure> {
    let usage = &model.distribution.usage;
    let counts_usage = model.distribution.measure != Measure::Stores;
    usage.iter().filter(|_| counts_usage).find_map(|usage| usage.as_ref().err())
}

/// What a full bar stands for, and how wide the columns are.
struct Scale {
    label: u16,
    figure: u16,
    full: u64,
}

impl Scale {
    fn new(model: &Model, bars: &[Group], theme: &Theme) -> Self {
        let labels = bars.iter().map(|bar| label(model, *bar).width()).max().unwrap_or(0);
        let label = u16::try_from(labels).unwrap_or(u16::MAX).clamp(6, 16);
        let figures = bars.iter().map(|bar| figure(model, *bar, theme).width()).max().unwrap_or(0);
        let figure = u16::try_from(figures).unwrap_or(u16::MAX);
        let most = bars.iter().filter_map(|bar| amount(model, *bar)).max().unwrap_or(0);
        let full = match model.distribution.measure {
            Measure::Stores => u64::from(model.session.layout.stores_per_database),
            Measure::Documents | Measure::Bytes => most,
        };
        Self { label, figure, full: full.max(1) }
    }
}

fn label(model: &Model, bar: Group) -> SafeText {
    let is_legacy = model.distribution.measure == Measure::Stores && bar == Group::Legacy;
    match (database_of(bar), bar) {
        (Some(_), _) if is_legacy => safe("legacy"),
        (Some(database), _) => safe(&model.session.layout.name_of(database)),
        (None, Group::OutOfRange) => safe("no such shard"),
        (None, _) => safe("unreadable"),
    }
}

/// What the bar stands for; `None` where it was not read.
fn amount(model: &Model, bar: Group) -> Option<u64> {
    let occupancy = &model.distribution.occupancy;
    let usage = || usage_of(model, database_of(bar)?);
    match (model.distribution.measure, bar) {
        (Measure::Stores, Group::Shard(id)) => Some(occupancy.of(id).into()),
        (Measure::Stores, Group::Legacy) => Some(occupancy.legacy.into()),
        (Measure::Stores, Group::OutOfRange) => Some(occupancy.out_of_range.into()),
        (Measure::Stores, Group::Unreadable) => Some(occupancy.unreadable.into()),
        (Measure::Documents, _) => usage().map(|usage| usage.documents),
        (Measure::Bytes, _) => usage().map(|usage| usage.bytes),
    }
}

fn draw_bar(row: &mut Row, model: &Model, bar: Group, scale: &Scale, theme: &Theme) {
    row.left(&label(model, bar), scale.label, theme.text).gap(1);
    let amount = amount(model, bar);
    let cells = row.left_over().saturating_sub(scale.figure + 2).min(60);
    let style = style_of(model, bar, amount, theme);
    draw_cells(row, (amount.unwrap_or(0), scale.full), cells, (style, theme));
    let is_over =
        matches!(bar, Group::Shard(_)) && amount.is_some_and(|amount| amount > scale.full);
    row.put(if is_over { theme.glyphs.warn } else { " " }, style);
    row.right(&figure(model, bar, theme), scale.figure, style);
}

/// The bar itself: full cells up to capacity, other ones beyond it.
fn draw_cells(
    row: &mut Row,
    (amount, full): (u64, u64),
    cells: u16,
    (style, theme): (Style, &Theme),
) {
    let [filled, empty, beyond] = theme.glyphs.bar;
    let of_cells = |amount: u64| {
        let cells_for = (u128::from(amount) * u128::from(cells)).div_ceil(u128::from(full));
        u16::try_from(cells_for).unwrap_or(u16::MAX).min(cells)
    };
    let n_filled = of_cells(amount);
    for _ in 0..n_filled {
        row.put(if amount > full { beyond } else { filled }, style);
    }
    for _ in n_filled..cells {
        row.put(empty, theme.dim);
    }
}

fn figure(model: &Model, bar: Group, theme: &Theme) -> SafeText {
    let Some(amount) = amount(model, bar) else { return safe(theme.glyphs.none) };
    match (model.distribution.measure, bar) {
        (Measure::Stores, Group::Shard(_)) => {
            let capacity = model.session.layout.stores_per_database;
            safe(&format!("{}/{}", format::count(amount), format::count(capacity.into())))
        }
        (Measure::Bytes, _) => safe(&format::bytes(amount)),
        _ => safe(&format::count(amount)),
    }
}

fn style_of(model: &Model, bar: Group, amount: Option<u64>, theme: &Theme) -> Style {
    let capacity = u64::from(model.session.layout.stores_per_database);
    match (model.distribution.measure, bar, amount) {
        (_, Group::OutOfRange | Group::Unreadable, Some(1..)) => theme.bad,
        (Measure::Stores, Group::Shard(_), Some(amount)) if amount > capacity => theme.bad,
        (Measure::Stores, Group::Shard(_), Some(amount)) if amount == capacity => theme.warn,
        (_, Group::Shard(_), _) => theme.accent,
        _ => theme.dim,
    }
}

fn draw_preview(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let preview =
        placement::preview(&model.distribution.occupancy, &model.session.layout, &model.pools);
    let mut heading = canvas.row(area, 0);
    heading.gap(1).put("next store goes to", theme.strong);
    let differ = "  (the strategies differ)";
    if preview.differs() && usize::from(heading.left_over()) >= differ.len() {
        heading.put(differ, theme.dim);
    }
    let mut strategies = Strategy::ALL;
    strategies.sort_by_key(|strategy| *strategy != model.session.placement);
    for (line, strategy) in (1..).zip(strategies) {
        let is_chosen = strategy == model.session.placement;
        let mut row = canvas.row(area, line);
        row.put(if is_chosen { theme.glyphs.arrow } else { " " }, theme.accent);
        // The arrow is wider in ASCII.
        row.skip_to(1 + cells_of(theme.glyphs.arrow));
        row.left(&safe(strategy.name()), 13, if is_chosen { theme.text } else { theme.dim });
        if let Some(placement) = preview.under(strategy) {
            draw_placement(&mut row, model, (&preview, placement), theme);
        }
    }
}

fn cells_of(glyph: &'static str) -> u16 {
    u16::try_from(safe(glyph).width()).unwrap_or(u16::MAX)
}

fn draw_placement(
    row: &mut Row,
    model: &Model,
    (preview, placement): (&Preview, &Placement),
    theme: &Theme,
) {
    let name = safe(&model.session.layout.name_of(Database::Shard(placement.shard)));
    row.text(&name, theme.text).gap(1);
    let count = placement.target_count;
    let capacity = model.session.layout.stores_per_database;
    if preview.is_down(placement) {
        row.put(theme.glyphs.bad, theme.bad).put(" down", theme.bad);
    } else if count > capacity {
        row.put(theme.glyphs.warn, theme.bad).put(" over capacity", theme.bad);
    } else if placement.full {
        row.put(theme.glyphs.warn, theme.warn).put(" full", theme.warn);
    }
}
