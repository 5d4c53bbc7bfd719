//! Snapshots of the fleet: what came, what changed, what is held back while frozen.

use std::sync::Arc;

use super::super::{
    collections,
    command::Command,
    create, distribution, jobs,
    model::Model,
    stores::{self, Arrangement},
};
use crate::domain::{
    database::Database,
    pool::{Pool, Pools},
    registry::{Registry, Source},
};

/// Takes the latest pools, or holds them back.
pub(super) fn pools_changed(model: &mut Model, pools: Arc<Pools>, commands: &mut Vec<Command>) {
    if let Some(held) = &mut model.held {
        held.pools = Some(pools);
        held.n_held += 1;
        model.redraw = true;
        return;
    }
    let before = std::mem::replace(&mut model.pools, pools);
    let after = Arc::clone(&model.pools);
    model.redraw |= !looks_like(&before, &after);
    model.redraw |= model.events.note_pools(model.now, &before, &after);
    for pool in &after.pools {
        let was_usable = before.get(pool.database).is_some_and(|pool| pool.state.is_usable());
        if pool.state.is_usable() && !was_usable {
            collections::recovered(model, pool.database);
            create::recovered(model, commands);
            if pool.database == Database::Main {
                jobs::load(model, commands);
            }
        }
    }
    let extent = super::super::databases::extent(model);
    model.databases.cursor.keep_visible(extent);
    create::fleet_changed(model, commands);
}

/// Takes the latest registry, or holds it back.
pub(super) fn registry_changed(
    model: &mut Model,
    registry: Arc<Registry>,
    commands: &mut Vec<Command>,
) {
    if let Some(held) = &mut model.held {
        let older = held.registry.replace(registry);
        held.n_held += 1;
        model.redraw = true;
        stores::discard(older.unwrap_or_default(), Arrangement::default(), commands);
        return;
    }
    let before = std::mem::replace(&mut model.registry, registry);
    let after = Arc::clone(&model.registry);
    let changes = after.changes_since(&before);
    model.redraw |= !changes.is_empty() || !has_same_head(&before, &after);
    model.redraw |= model.events.note_registry(model.now, (&before, &after), &changes);
    for change in &changes {
        model.distribution.occupancy.apply(change);
    }
    let extent = distribution::extent(model);
    model.distribution.cursor.keep_visible(extent);
    stores::follow(model, &changes, commands);
    create::registry_changed(model, &changes, commands);
    stores::discard(before, Arrangement::default(), commands);
}

/// Whether a screen shows the same of both. When a healthy database last answered is not
/// shown.
fn looks_like(before: &Pools, after: &Pools) -> bool {
    let same = |(before, after): (&Pool, &Pool)| {
        before == after
            || (after.state.is_usable()
                && *after == Pool { last_answer: after.last_answer, ..before.clone() })
    };
    before.pools.len() == after.pools.len() && before.pools.iter().zip(&after.pools).all(same)
}

/// Whether what is said above the list is the same. The age is only shown for a cache.
fn has_same_head(before: &Registry, after: &Registry) -> bool {
    before.source == after.source
        && before.failure == after.failure
        && (after.source != Source::Cache || before.as_of == after.as_of)
}
