//! The plan: which shard and why, what else would be, and what to know before.

use ratatui::{layout::Rect, style::Style};

use super::{
    super::{
        Canvas,
        prose::{Prose, draw_lines},
    },
    many,
};
use crate::{
    console::{state::model::Model, theme::Theme},
    domain::{
        creation::{Choice, Fault, Plan, PlannedCollection, Warning},
        database::Database,
        format,
        index::IndexSpec,
        placement::{self, Placement},
        text::{SafeText, safe},
    },
};

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    if area.height == 0 {
        return;
    }
    let frame = super::super::paint::Frame { area, is_focused: false };
    let inner = frame.paint(canvas.buffer, theme);
    let style = frame.title_style(theme);
    let inside =
        Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner };
    let lines = prose(model, theme).lines(inside.width);
    let hidden = lines.len().saturating_sub(inside.height.into());
    let mut title = canvas.title(&frame);
    title.put("Plan ", style);
    if hidden > 0 {
        title.put("pgup and pgdn scroll ", theme.dim);
    }
    canvas.note_top_rows(inside);
    canvas.geometry.top_len = lines.len();
    draw_lines(canvas, inside, &lines, model.creation.first.min(hidden));
}

fn prose(model: &Model, theme: &Theme) -> Prose {
    let mut prose = Prose::default();
    let outcome = model.creation.planned.as_ref().map(|planned| &planned.outcome);
    match outcome {
        None => {
            let text = "the names of the stores are gathered";
            say(&mut prose, theme.glyphs.pending, text, theme.dim);
        }
        Some(Ok(plan)) => planned(&mut prose, plan, (model, theme)),
        Some(Err(faults)) => unplanned(&mut prose, faults, (model, theme)),
    }
    prose
}

fn say(prose: &mut Prose, glyph: &'static str, text: &str, style: Style) {
    prose.say(&safe(glyph).followed_by(" ", &safe(text)), style);
}

fn planned(prose: &mut Prose, plan: &Plan, (model, theme): (&Model, &Theme)) {
    target(prose, plan, (model, theme));
    for warning in &plan.warnings {
        let (glyph, style) = sign(warning, theme);
        say(prose, glyph, &warning.to_string(), style);
    }
    look(prose, (model, theme));
    let n_indexes: usize = plan.collections.iter().map(|one| one.indexes.len()).sum();
    let heading = format!(
        "{}, {}",
        many(plan.collections.len(), "collection", "collections"),
        many(n_indexes, "index", "indexes")
    );
    prose.gap();
    prose.say(&safe(&heading), theme.strong);
    for one in &plan.collections {
        prose.say_parts(0, collection(one, theme));
    }
    let others: Vec<&Placement> = plan
        .alternatives
        .iter()
        .filter(|placement| Choice::Strategy(placement.strategy) != plan.choice)
        .collect();
    placements(prose, "other rules would take", &others, (model, theme));
}

/// Where the store will be, how full that is, and why there.
fn target(prose: &mut Prose, plan: &Plan, (model, theme): (&Model, &Theme)) {
    let layout = &model.session.layout;
    let stores = model.distribution.occupancy.of(plan.shard);
    let count = format!(
        "{} of {} stores",
        format::count(stores.into()),
        format::count(layout.stores_per_database.into())
    );
    let parts = [
        (safe(theme.glyphs.arrow), theme.accent),
        (safe(&layout.name_of(Database::Shard(plan.shard))), theme.strong),
        (safe(theme.glyphs.dot), theme.dim),
        (safe(&count), theme.text),
        (safe(&format!("({})", plan.why)), theme.dim),
    ];
    prose.say_parts(0, parts);
}

fn collection(one: &PlannedCollection, theme: &Theme) -> Vec<(SafeText, Style)> {
    let mut parts = if one.is_leftover {
        vec![
            (safe(theme.glyphs.warn), theme.warn),
            (safe(&one.name), theme.strong),
            (safe("is there already"), theme.warn),
        ]
    } else {
        vec![(safe("+"), theme.good), (safe(&one.name), theme.strong)]
    };
    let indexes: Vec<String> = one.indexes.iter().map(index).collect();
    let text = if indexes.is_empty() { "no index besides _id".into() } else { indexes.join(", ") };
    parts.push((safe(theme.glyphs.dot).followed_by(" ", &safe(&text)), theme.dim));
    parts
}

fn index(index: &IndexSpec) -> String {
    let name = match index.name() {
        "" => index.key().to_string(),
        name => name.to_owned(),
    };
    if index.is_unique() { format!("{name} (unique)") } else { name }
}

/// Where other rules would put the store.
fn placements(
    prose: &mut Prose,
    heading: &'static str,
    placements: &[&Placement],
    (model, theme): (&Model, &Theme),
) {
    if placements.is_empty() {
        return;
    }
    let layout = &model.session.layout;
    prose.gap();
    prose.say(&safe(heading), theme.strong);
    for placement in placements {
        let mut parts = vec![
            (safe(placement.strategy.name()), theme.dim),
            (safe(theme.glyphs.arrow), theme.dim),
            (safe(&layout.name_of(Database::Shard(placement.shard))), theme.text),
            (safe(&format!("({})", placement.why)), theme.dim),
        ];
        if placement.full {
            parts.push((safe(theme.glyphs.warn).followed_by(" ", &safe("full")), theme.warn));
        }
        prose.say_parts(2, parts);
    }
}

/// How far the look at the fleet is, which leftovers and indexes come from.
pub(super) fn look(prose: &mut Prose, (model, theme): (&Model, &Theme)) {
    let looked = &model.creation.looked;
    if looked.looking.is_some() {
        let text = "looking for leftover collections and for the indexes that most stores have";
        say(prose, theme.glyphs.pending, text, theme.dim);
    } else if let Some(failure) = &looked.failure {
        let text = safe("leftovers and indexes are not known").followed_by(": ", &failure.message);
        prose.say(&safe(theme.glyphs.warn).followed_by(" ", &text), theme.warn);
        prose.say_parts(2, [(failure.hint.clone(), theme.accent)]);
    }
}

/// What can be said before the fields are right.
fn unplanned(prose: &mut Prose, faults: &[Fault], (model, theme): (&Model, &Theme)) {
    let text = match faults.len() {
        1 => "the plan comes with the one field that is left".to_owned(),
        number => format!("the plan comes with the {number} fields that are left"),
    };
    say(prose, theme.glyphs.pending, &text, theme.dim);
    look(prose, (model, theme));
    let layout = &model.session.layout;
    let preview = placement::preview(&model.distribution.occupancy, layout, &model.pools);
    let all: Vec<&Placement> = preview.placements.iter().collect();
    placements(prose, "where each rule puts the next store", &all, (model, theme));
}

/// The sign and the style of a warning.
pub(super) const fn sign(warning: &Warning, theme: &Theme) -> (&'static str, Style) {
    match warning {
        Warning::Down { .. } => (theme.glyphs.bad, theme.bad),
        _ => (theme.glyphs.warn, theme.warn),
    }
}
