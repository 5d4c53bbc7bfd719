//! The collections of the selected store.

use std::{collections::VecDeque, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{
    action::Action,
    command::{Command, RequestId},
    documents,
    list::Extent,
    model::{ListCursor, Model, Pane},
};
use crate::domain::{
    collection::{Collection, Presence, StoreCollections},
    database::Database,
    failure::Failure,
    store::Store,
};

/// How long the selection must rest before its collections are read, when they were read a
/// short while ago: longer than the pause between two repeats of a held key, so that holding
/// `j` does not flood the server.
const REST: SignedDuration = SignedDuration::from_millis(80);

/// How long it must rest otherwise: longer than it takes to press many keys at once.
const FIRST_REST: SignedDuration = SignedDuration::from_millis(15);

/// How long a read counts as a short while ago.
const SHORT_WHILE: SignedDuration = SignedDuration::from_millis(400);

/// Stores whose collections are remembered, so that going back to one of them shows them at
/// once, while they are read again.
const REMEMBERED: usize = 32;

/// The collections pane.
#[derive(Debug, Default)]
pub struct CollectionsPane {
    /// Whose collections these are.
    pub store: Option<Arc<Store>>,
    /// What was read; `None` before the first answer.
    pub loaded: Option<Result<StoreCollections, Failure>>,
    /// The read that is under way. What was read before stays on the screen.
    pub loading: Option<RequestId>,
    /// Whether its database has come up during the read, which may not have seen that.
    has_recovered: bool,
    /// When to read, for a selection that is still moving.
    pub load_at: Option<Timestamp>,
    /// The selected collection and the first visible row.
    pub cursor: ListCursor,
    /// What was read of the stores before, the latest last.
    remembered: VecDeque<(Arc<Store>, StoreCollections)>,
    /// When a read was last asked for.
    asked_at: Option<Timestamp>,
}

impl CollectionsPane {
    /// The rows, empty before they are read.
    pub fn rows(&self) -> &[Collection] {
        match &self.loaded {
            Some(Ok(loaded)) => &loaded.collections,
            _ => &[],
        }
    }

    /// The selected collection.
    pub fn selected(&self) -> Option<&Collection> {
        self.rows().get(self.cursor.row)
    }

    /// Where the store's collections live, if the backend could open them.
    pub fn database(&self) -> Option<Database> {
        let store = self.store.as_ref()?;
        store.prefix.as_ref()?;
        store.route.database()
    }

    /// What was read of the selected store before, if its record has not changed since.
    fn recall(&self) -> Option<StoreCollections> {
        let store = self.store.as_ref()?;
        let known = self.remembered.iter().find(|(known, _)| known == store);
        known.map(|(_, collections)| collections.clone())
    }

    fn remember(&mut self, collections: StoreCollections) {
        let Some(store) = self.store.clone() else { return };
        self.remembered.retain(|(known, _)| known.record != store.record);
        if self.remembered.len() == REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back((store, collections));
    }

    /// Reads now what waits for the selection to rest.
    pub(super) fn hurry(&mut self, now: Timestamp) {
        if self.load_at.is_some() {
            self.load_at = Some(now);
        }
    }
}

/// Follows the selection of the store list. Called after each event, so that no way of
/// changing the selection can be forgotten.
pub(super) fn follow_selection(model: &mut Model) {
    let selected = model.stores.selected_store();
    let pane = &model.collections;
    let is_same = match (selected, &pane.store) {
        (Some(selected), Some(shown)) => Arc::ptr_eq(selected, shown) || selected == shown,
        (None, None) => true,
        _ => false,
    };
    if is_same {
        return;
    }
    let selected = selected.cloned();
    let keeps_collections = match (&selected, &pane.store) {
        (Some(selected), Some(shown)) => {
            selected.record == shown.record
                && selected.prefix == shown.prefix
                && selected.route == shown.route
        }
        _ => false,
    };
    model.redraw = true;
    model.collections.store = selected;
    if keeps_collections {
        return;
    }
    let now = model.now;
    let pane = &mut model.collections;
    pane.loaded = pane.recall().map(Ok);
    pane.loading = None;
    pane.cursor = ListCursor::default();
    let is_busy = pane.asked_at.is_some_and(|at| now.duration_since(at) < SHORT_WHILE);
    let rest = if is_busy { REST } else { FIRST_REST };
    pane.load_at = pane.database().map(|_| now + rest);
}

/// Reads what is due.
pub(super) fn load_due(model: &mut Model, commands: &mut Vec<Command>) {
    if model.collections.load_at.is_some_and(|at| at <= model.now) {
        load(model, commands);
    }
}

/// Reads the collections of the selected store.
pub(super) fn load(model: &mut Model, commands: &mut Vec<Command>) {
    model.collections.load_at = None;
    let (Some(store), Some(_)) = (model.collections.store.clone(), model.collections.database())
    else {
        return;
    };
    let request = model.next_request();
    (model.collections.loading, model.collections.has_recovered) = (Some(request), false);
    model.collections.asked_at = Some(model.now);
    model.redraw = true;
    commands.push(Command::LoadCollections { request, store });
}

/// Takes what was read, unless it is about another store by now.
pub(super) fn loaded(
    model: &mut Model,
    request: RequestId,
    collections: Result<StoreCollections, Failure>,
) {
    if model.collections.loading != Some(request) {
        return;
    }
    model.collections.loading = None;
    let name = model.collections.selected().map(|collection| collection.name.clone());
    if let Ok(collections) = &collections {
        model.collections.remember(collections.clone());
    } else if model.collections.has_recovered {
        model.collections.load_at = Some(model.now);
    }
    model.collections.loaded = Some(collections);
    let rows = model.collections.rows();
    if let Some(row) = rows.iter().position(|row| Some(&row.name) == name.as_ref()) {
        model.collections.cursor.row = row;
    }
    let extent = extent(model);
    model.collections.cursor.keep_visible(extent);
    model.redraw = true;
}

/// Reads again when the database can be used again and the last read failed.
pub(super) fn recovered(model: &mut Model, database: Database) {
    let pane = &mut model.collections;
    if pane.database() != Some(database) {
        return;
    }
    if pane.loading.is_some() {
        pane.has_recovered = true;
    } else if matches!(pane.loaded, Some(Err(_))) {
        pane.load_at = Some(model.now);
    }
}

/// The rows of the pane, and how many fit.
pub(super) fn extent(model: &Model) -> Extent {
    let visible = model.geometry.rows_of(Pane::Collections);
    Extent { len: model.collections.rows().len(), visible }
}

/// Does what the action means in the collections pane. Returns whether it means something.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    let extent = extent(model);
    if model.collections.cursor.apply(action, extent) {
        return true;
    }
    match action {
        Action::Enter | Action::Right => open(model, commands),
        Action::Left => model.focus = Pane::Stores,
        _ => return false,
    }
    true
}

fn open(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(collection) = model.collections.selected() else { return };
    match &collection.presence {
        Presence::Present(_) => {}
        Presence::Missing | Presence::Absent => {
            let name = collection.name.clone();
            model.complain(&format!("there is no collection `{name}`"));
            return;
        }
    }
    let Some(database) = model.collections.database() else { return };
    let (name, collection_type) = (collection.name.clone(), collection.collection_type.clone());
    documents::open(model, (database, name, collection_type), commands);
}
