//! A new store: the form with its plan, the question, and the steps of the run.

mod form;
mod plan;
mod steps;

use ratatui::layout::Rect;

pub(super) use self::steps::{draw_steps, n_steps_shown};
use super::{
    Canvas, paint,
    prose::{Prose, ask},
};
use crate::{
    console::state::create::{Asking, Stage},
    domain::{creation::Plan, database::Database, format, text::safe},
};

/// The narrowest screen with the plan beside the form; on a narrower one it is below.
const WIDE: u16 = 110;

pub(super) fn draw(canvas: &mut Canvas, area: Rect) {
    let model = canvas.model;
    match &model.creation.stage {
        Stage::Filling => form(canvas, area),
        Stage::Asking(asking) => {
            form(canvas, area);
            question(canvas, area, asking);
        }
        Stage::Running => steps::draw(canvas, area),
    }
}

fn form(canvas: &mut Canvas, area: Rect) {
    if area.width >= WIDE {
        let width = (area.width * 9 / 20).min(80);
        form::draw_wide(canvas, Rect { width, ..area });
        plan::draw(canvas, Rect { x: area.x + width, width: area.width - width, ..area });
    } else {
        let height = form::LOW.min(area.height);
        form::draw_low(canvas, Rect { height, ..area });
        plan::draw(canvas, paint::below(area, height));
    }
}

/// The question with its numbers, in the middle.
fn question(canvas: &mut Canvas, area: Rect, asking: &Asking) {
    let theme = canvas.theme;
    let mut prose = Prose::default();
    prose.say(&safe(&numbers(canvas, &asking.plan)), theme.text);
    for warning in &asking.plan.warnings {
        prose.gap();
        let (glyph, style) = plan::sign(warning, theme);
        prose.say(&safe(glyph).followed_by(" ", &safe(&warning.to_string())), style);
    }
    plan::look(&mut prose, (canvas.model, theme));
    let title = safe("Make store ").followed_by("", &safe(&asking.plan.store_id));
    ask(canvas, area, (&title, &prose), &asking.question);
}

/// What will be written, in numbers.
fn numbers(canvas: &Canvas, plan: &Plan) -> String {
    let layout = &canvas.model.session.layout;
    let database = layout.name_of(Database::Shard(plan.shard));
    let n_leftovers = plan.collections.iter().filter(|one| one.is_leftover).count();
    let n_indexes = plan.collections.iter().map(|one| one.indexes.len()).sum();
    let stores = canvas.model.distribution.occupancy.of(plan.shard);
    let adopted = match n_leftovers {
        0 => String::new(),
        number => format!(" and takes over {}", many(number, "collection", "collections")),
    };
    format!(
        "This writes 1 record to {}.{}, makes {} with {}{adopted} in {database}, where {} of {} \
         stores are.",
        layout.main_database,
        layout.registry.collection,
        many(plan.collections.len() - n_leftovers, "collection", "collections"),
        many(n_indexes, "index", "indexes"),
        format::count(stores.into()),
        format::count(layout.stores_per_database.into()),
    )
}

fn many(number: usize, one: &str, several: &str) -> String {
    format!("{} {}", format::count(number as u64), if number == 1 { one } else { several })
}
