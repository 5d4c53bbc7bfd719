//! The databases pane: health side by side, and the cause of what is wrong.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::{
    Canvas,
    paint::{self, Row, below, selection, window},
};
use crate::{
    console::{
        state::model::{Model, Pane},
        theme::Theme,
    },
    domain::{
        database::Database,
        failure::Failure,
        format,
        pool::{Pool, PoolState},
        text::{SafeText, safe},
    },
};

/// Rows that the pane would like to have, frame included.
pub(super) fn wanted_height(model: &Model, width: u16) -> u16 {
    let inner = width.saturating_sub(2);
    let cause = causes(model, inner.saturating_sub(2)).len();
    let header = usize::from(Columns::new(model, inner).has_header());
    u16::try_from(model.pools.pools.len() + header + cause + 2).unwrap_or(u16::MAX)
}

/// Whether there is a cause to be read, which is worth more room than a bar.
pub(super) fn is_in_trouble(model: &Model) -> bool {
    model.pools.pools.iter().any(|pool| pool.failure.is_some())
}

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let (frame, inner) = canvas.pane(Pane::Databases, area);
    let style = frame.title_style(theme);
    canvas.title(&frame).put("1 Databases ", style);
    let causes = causes(model, inner.width.saturating_sub(2));
    let n_pools = u16::try_from(model.pools.pools.len()).unwrap_or(u16::MAX);
    let n_causes = u16::try_from(causes.len()).unwrap_or(u16::MAX);
    let columns = Columns::new(model, inner.width);
    let has_header = columns.has_header() && inner.height > n_pools.saturating_add(n_causes);
    if has_header {
        columns.draw_header(&mut canvas.row(inner, 0), theme);
    }
    let inner = below(inner, has_header.into());
    let n_rows = n_pools.min(inner.height.saturating_sub(n_causes.min(4)).max(3));
    let rows = Rect { height: n_rows.min(inner.height), ..inner };
    canvas.note_rows(Pane::Databases, rows);
    let cursor = model.databases.cursor;
    for (line, index) in window(cursor, model.pools.pools.len(), rows.height.into()).enumerate() {
        let pool = &model.pools.pools[index];
        let (whole, gutter) = selection(theme, index == cursor.row, frame.is_focused);
        let line = u16::try_from(line).unwrap_or(u16::MAX);
        let mut row = canvas.row(rows, line).uniform(whole);
        row.gutter(gutter);
        draw_pool(&mut row, model, pool, &columns, theme);
    }
    let rest = below(inner, rows.height);
    let rest = Rect { x: rest.x + 1.min(rest.width), width: rest.width.saturating_sub(2), ..rest };
    for (line, (text, is_hint)) in (0..rest.height).zip(&causes) {
        let style = if *is_hint { theme.accent } else { theme.bad };
        canvas.row(rest, line).text(text, style);
    }
}

/// Which columns fit.
#[expect(clippy::struct_excessive_bools, reason = "each column fits or does not, by itself")]
struct Columns {
    word: u16,
    name: u16,
    history: u16,
    has_connections: bool,
    has_stores: bool,
    has_since: bool,
    has_server: bool,
    has_hosts: bool,
}

/// Room for the addresses of a database, where there is that much.
const HOSTS: u16 = 28;

impl Columns {
    fn new(model: &Model, width: u16) -> Self {
        let names = model.pools.pools.iter().map(|pool| pool.name.width()).max().unwrap_or(0);
        let name = u16::try_from(names).unwrap_or(u16::MAX).clamp(6, 16);
        let word = if width >= 44 { 10 } else { 5 };
        // Gutter, glyph, word, name, latency, with a space after each.
        let fixed = 1 + 2 + word + 1 + name + 1 + LATENCY + 1;
        let mut rest = width.saturating_sub(fixed);
        let mut take = |wanted: u16, least_left: u16| {
            let fits = rest >= wanted + least_left;
            rest -= if fits { wanted } else { 0 };
            fits
        };
        let has_connections = take(6, 6);
        let has_stores = take(7, 8);
        let has_since = take(7, 8);
        let has_server = take(15, 8);
        let has_hosts = take(HOSTS + 1, 8);
        let history = rest.saturating_sub(1).min(40);
        Self { word, name, history, has_connections, has_stores, has_since, has_server, has_hosts }
    }

    /// Whether a column is shown that does not say by itself what it is.
    const fn has_header(&self) -> bool {
        self.has_connections
    }

    fn draw_header(&self, row: &mut Row, theme: &Theme) {
        let style = theme.dim;
        row.gap(3).left(&safe("database"), self.name, style).gap(1);
        row.left(&safe("state"), self.word, style).gap(1);
        row.figure("answer", LATENCY, style).gap(1);
        row.right(&safe(if self.history >= 7 { "history" } else { "" }), self.history, style)
            .gap(1);
        if self.has_connections {
            row.figure("conns", 5, style).gap(1);
        }
        if self.has_stores {
            row.figure("stores", 6, style).gap(1);
        }
        if self.has_since {
            row.figure("since", 6, style).gap(1);
        }
        if self.has_server {
            row.left(&safe("server"), 14, style).gap(1);
        }
        if self.has_hosts {
            row.left(&safe("hosts"), HOSTS, style);
        }
    }
}

fn draw_pool(row: &mut Row, model: &Model, pool: &Pool, columns: &Columns, theme: &Theme) {
    let (glyph, style) = theme.pool(pool.state);
    row.put(glyph, style).gap(1).left(&pool.name, columns.name, theme.text).gap(1);
    let word = safe(pool.state.word());
    if pool.state == PoolState::Connecting {
        // There is no latency yet, so that the word may have its room.
        row.left(&word, columns.word + LATENCY + 1, style).gap(1);
    } else {
        row.left(&word, columns.word, style).gap(1);
        latency(row, pool, theme);
    }
    history(row, pool, columns.history, theme);
    if columns.has_connections {
        let used = format!("{}/{}", pool.connections.in_use, pool.connections.open);
        row.figure(&used, 5, theme.dim).gap(1);
    }
    if columns.has_stores {
        row.figure(&stores_of(model, pool.database), 6, theme.dim).gap(1);
    }
    if columns.has_since {
        row.figure(&ago(pool.since, model.now), 6, theme.dim).gap(1);
    }
    if columns.has_server {
        row.left(&server(pool, theme), 14, theme.dim).gap(1);
    }
    if columns.has_hosts {
        row.left(&pool.hosts, HOSTS, theme.dim);
    }
}

/// Room for a latency with its unit.
const LATENCY: u16 = 6;

fn latency(row: &mut Row, pool: &Pool, theme: &Theme) {
    match (pool.state, pool.latency) {
        (PoolState::Up | PoolState::Slow, Some(latency)) => {
            let style = if pool.state == PoolState::Slow { theme.warn } else { theme.text };
            row.figure(&format::latency(latency), LATENCY, style);
        }
        _ => {
            row.right(&safe(theme.glyphs.none), LATENCY, theme.dim);
        }
    }
    row.gap(1);
}

/// The latest probes, the newest at the right.
fn history(row: &mut Row, pool: &Pool, width: u16, theme: &Theme) {
    let shown = pool.history.len().min(width.into());
    row.gap(width.saturating_sub(u16::try_from(shown).unwrap_or(u16::MAX)));
    for sample in pool.history.iter().skip(pool.history.len() - shown) {
        let (glyph, style) = theme.sample(*sample);
        row.put(glyph, style);
    }
    row.gap(1);
}

fn stores_of(model: &Model, database: Database) -> String {
    let occupancy = &model.distribution.occupancy;
    let stores = match database {
        Database::Main => occupancy.legacy,
        Database::Shard(id) => occupancy.of(id),
    };
    format::count(stores.into())
}

/// A coarse age. Seconds are left out where nothing is wrong, so that the screen stays still.
fn ago(since: Timestamp, now: Timestamp) -> String {
    let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    if age < Duration::from_secs(60) { "<1 min".to_owned() } else { format::age(age) }
}

fn server(pool: &Pool, theme: &Theme) -> SafeText {
    match &pool.server {
        Some(server) => {
            let topology = match server.topology {
                crate::domain::pool::Topology::Standalone => " alone",
                crate::domain::pool::Topology::ReplicaSet => " set",
                crate::domain::pool::Topology::Sharded => " sharded",
            };
            safe(&format!("{}{topology}", server.version))
        }
        None => safe(theme.glyphs.none),
    }
}

/// Why the selected database is not well, or else the first one that is not: the cause, the
/// next attempt and the next step, in lines.
fn causes(model: &Model, width: u16) -> Vec<(SafeText, bool)> {
    let pools = &model.pools.pools;
    let selected = pools.get(model.databases.cursor.row).filter(|pool| pool.failure.is_some());
    let worst = || pools.iter().find(|pool| pool.failure.is_some());
    let Some(pool) = selected.or_else(worst) else { return Vec::new() };
    let Some(failure) = &pool.failure else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(shared) = model.pools.shared_cause().filter(|_| n_down(model) > 1) {
        lines.extend(lines_of(&safe(&shared), width, false));
    }
    lines.extend(lines_of(&explained(pool, failure, model.now), width, false));
    lines.extend(lines_of(&failure.hint, width, true));
    lines
}

fn n_down(model: &Model) -> usize {
    model.pools.pools.iter().filter(|pool| pool.state == PoolState::Down).count()
}

fn lines_of(text: &SafeText, width: u16, is_hint: bool) -> impl Iterator<Item = (SafeText, bool)> {
    paint::wrapped(text, width.into()).into_iter().map(move |line| (line, is_hint))
}

fn explained(pool: &Pool, failure: &Failure, now: Timestamp) -> SafeText {
    let since = Duration::try_from(now.duration_since(pool.since)).unwrap_or_default();
    let state = pool.state.word();
    let kind = if since < Duration::from_secs(1) {
        safe(&format!("{state} since just now:"))
    } else {
        safe(&format!("{state} for {}:", format::age(since)))
    };
    let text = kind.followed_by(" ", &failure.message);
    match pool.next_retry.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default()) {
        Some(left) if !left.is_zero() => {
            // Rounded up, so that it never says zero while it still waits.
            let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            text.followed_by("; ", &safe(&format!("next try in {seconds} s")))
        }
        Some(_) => text.followed_by("; ", &safe("trying now")),
        None => text,
    }
}
