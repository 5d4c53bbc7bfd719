//! The first line: what this is, how it is doing, and what must not be forgotten.

use ratatui::layout::Rect;

use super::{Canvas, paint::Row};
use crate::{
    console::{
        state::{action::Action, model::Model},
        theme::Theme,
    },
    domain::{format, pool::FleetState, text::safe},
};

/// Environments that are named in the colour of alarm.
const PRODUCTION: [&str; 4] = ["production", "prod", "live", "prd"];

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let login_width = u16::try_from(model.session.login.width()).unwrap_or(u16::MAX);
    let mut row = canvas.row(area, 0);
    row.put(" tilldeck ", theme.strong);
    if let Some(environment) = &model.session.environment {
        let name = environment.as_str().to_lowercase();
        let is_production = PRODUCTION.iter().any(|known| name.contains(known));
        let style = if is_production { theme.alarm } else { theme.badge };
        row.put(" ", style).text(environment, style).put(" ", style).gap(1);
    }
    if model.session.read_only {
        row.put(" READ-ONLY ", theme.badge).gap(1);
    }
    if let Some(held) = &model.held {
        let n_held = format!(" FROZEN, {} held ", held.n_held);
        row.text(&safe(&n_held), theme.alarm).gap(1);
    }
    fleet(&mut row, model, theme);
    unfinished(&mut row, model, theme);
    let n_connections = model.pools.n_connections();
    for warning in &model.session.warnings {
        row.gap(1).put(theme.glyphs.warn, theme.warn).gap(1).text(warning, theme.warn);
    }
    let noun = if n_connections == 1 { "connection" } else { "connections" };
    let connections = safe(&format!("{} {noun}", format::count(n_connections.into())));
    if is_known(model) && usize::from(row.left_over()) >= connections.width() + 2 {
        row.gap(2).text(&connections, theme.dim);
    }
    if row.left_over() > login_width.saturating_add(2) {
        row.keep_last(login_width.saturating_add(1)).text(&model.session.login, theme.dim);
    }
}

fn fleet(row: &mut Row, model: &Model, theme: &Theme) {
    let pools = &model.pools;
    if !is_known(model) {
        row.gap(1).put(theme.glyphs.pending, theme.dim).put(" connecting", theme.dim);
        return;
    }
    let state = pools.fleet_state();
    let (glyph, style) = theme.fleet(state);
    let words = match state {
        FleetState::Up => format!(" {}/{} up", pools.n_usable(), pools.pools.len()),
        FleetState::Degraded => {
            format!(" {}/{} up, degraded", pools.n_usable(), pools.pools.len())
        }
        FleetState::Down => format!(" all {} down", pools.pools.len()),
    };
    row.gap(1).put(glyph, style).text(&safe(&words), style);
}

/// Jobs that nobody works on, and the key that shows them.
fn unfinished(row: &mut Row, model: &Model, theme: &Theme) {
    let n_interrupted = model.jobs.n_interrupted();
    if n_interrupted == 0 {
        return;
    }
    let noun = if n_interrupted == 1 { "job" } else { "jobs" };
    let key = model.keymap.key_of(Action::Jobs);
    let text = safe(&format!("{n_interrupted} unfinished {noun}: {key}"));
    row.gap(2).put(theme.glyphs.warn, theme.warn).gap(1).text(&text, theme.warn);
}

/// Whether it can be said how the fleet is doing: a database answers, or all were tried.
fn is_known(model: &Model) -> bool {
    let pools = &model.pools.pools;
    pools.iter().any(|pool| pool.state.is_usable())
        || pools.iter().all(|pool| pool.failure.is_some())
}
