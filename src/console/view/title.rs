//! The first line: what this is, how it is doing, and what must not be forgotten.

use ratatui::layout::Rect;

use super::{Canvas, paint::Row};
use crate::{
    console::theme::Theme,
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
    for warning in &model.session.warnings {
        row.gap(1).put(theme.glyphs.warn, theme.warn).gap(1).text(warning, theme.warn);
    }
    if row.left_over() > login_width.saturating_add(2) {
        row.keep_last(login_width.saturating_add(1)).text(&model.session.login, theme.dim);
    }
}

fn fleet(row: &mut Row, model: &crate::console::state::model::Model, theme: &Theme) {
    let pools = &model.pools;
    let is_connecting = pools.pools.iter().all(|pool| !pool.state.is_usable())
        && pools.pools.iter().any(|pool| pool.failure.is_none());
    if is_connecting {
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
    let connections = format::count(u64::from(pools.n_connections()));
    let noun = if pools.n_connections() == 1 { "connection" } else { "connections" };
    row.gap(2).text(&safe(&format!("{connections} {noun}")), theme.dim);
}
