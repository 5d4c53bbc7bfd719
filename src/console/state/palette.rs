//! The palette: every action, and a jump to every store, database and collection.

mod search;

use tui_input::Input;

pub use self::search::{Found, SearchTask};
use super::{
    action::Action,
    command::{Command, RequestId},
    documents,
    keymap::Keymap,
    list::Extent,
    model::{ListCursor, Model, Top},
    stores,
};
use crate::domain::{
    database::{CollectionType, Database, Layout},
    store::RecordId,
    text::{SafeText, safe},
};

/// Most entries kept; nobody scrolls further, they type another letter.
pub const MOST_ENTRIES: usize = 200;

/// The palette on top of the panes.
#[derive(Debug, Default)]
pub struct PaletteBox {
    /// What was typed.
    pub input: Input,
    /// The best matches, best first.
    pub entries: Vec<Entry>,
    /// How many match in all.
    pub n_matching: usize,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
    /// The search of the stores that is under way elsewhere.
    pub searching: Option<RequestId>,
    /// What is searched for elsewhere. Letters typed since then are searched for afterwards.
    searched: String,
}

/// One line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it reads: `Sort by the next column`, `store-042 Bäckerei Süß`.
    pub label: SafeText,
    /// What stands beside it: the keys of an action, the database of a store.
    pub detail: SafeText,
    /// What it does.
    pub choice: Choice,
}

/// What choosing a line of the palette does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Does what the action's key does.
    Act(Action),
    /// Asks a saved query.
    AskSaved(String),
    /// Selects a store.
    GoToStore(RecordId),
    /// Selects a database.
    GoToDatabase(Database),
    /// Selects a store and opens one of its collections.
    GoToCollection(RecordId, CollectionType),
}

impl PaletteBox {
    /// The rows, and how many fit.
    pub(super) fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.entries.len(), visible }
    }

    /// The selected line.
    pub fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.cursor.row)
    }

    fn show(&mut self, mut found: Found) {
        self.n_matching = found.n_matching;
        found.sort();
        self.entries = found.into_entries();
        self.entries.truncate(MOST_ENTRIES);
    }
}

/// Opens the palette.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    model.top = Top::Palette(PaletteBox::default());
    search(model, commands);
}

/// Searches anew for what was typed: the stores of a large fleet elsewhere, the rest here.
pub(super) fn search(model: &mut Model, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Top::Palette(palette) = &model.top else { return };
    let text = palette.input.value().to_owned();
    let mut found = search::actions_and_databases(&model.keymap, &model.session, &text);
    let task = SearchTask::new(&model.registry, &model.session.layout, &text);
    let is_large = model.registry.stores.len() > stores::LARGE;
    let is_free = palette.searching.is_none();
    let request = (is_large && is_free && !text.trim().is_empty()).then(|| model.next_request());
    if !is_large {
        found.extend(task.run());
    }
    if let Top::Palette(palette) = &mut model.top {
        if request.is_some() {
            palette.searching = request;
            palette.searched = text;
        }
        palette.cursor = ListCursor::default();
        palette.show(found);
    }
    if let Some(request) = request {
        commands.push(Command::SearchStores { request, task });
    }
}

/// Takes the stores that were found elsewhere, unless something else was typed since.
pub(super) fn stores_found(
    model: &mut Model,
    (request, stores): (RequestId, Found),
    commands: &mut Vec<Command>,
) {
    let visible = model.geometry.top_rows;
    let Top::Palette(palette) = &mut model.top else { return };
    if palette.searching != Some(request) {
        return;
    }
    palette.searching = None;
    let text = palette.input.value().to_owned();
    if text != palette.searched {
        search(model, commands);
        return;
    }
    let chosen = palette.selected().map(|entry| entry.choice.clone());
    let mut found = search::actions_and_databases(&model.keymap, &model.session, &text);
    found.extend(stores);
    palette.show(found);
    // Whoever moved already keeps the line; otherwise the best match is on top.
    if palette.cursor.row > 0 {
        let row = palette.entries.iter().position(|entry| Some(&entry.choice) == chosen.as_ref());
        palette.cursor.row = row.unwrap_or(0);
    }
    palette.cursor.keep_visible(palette.extent(visible));
    model.redraw = true;
}

/// Selects a store and opens one of its collections.
pub(super) fn go_to_collection(
    model: &mut Model,
    (record, collection_type): (&RecordId, CollectionType),
    commands: &mut Vec<Command>,
) {
    stores::go_to(model, record, commands);
    let Some(store) = model.registry.get(record).cloned() else { return };
    let (Some(prefix), Some(database)) = (&store.prefix, store.route.database()) else { return };
    let name = format!("{prefix}_{}", collection_type.as_str());
    documents::open(model, (database, name, collection_type), commands);
}

fn action_entry(keymap: &Keymap, action: Action) -> Entry {
    let keys: Vec<String> = keymap.keys_of(action).collect();
    Entry {
        label: safe(action.summary()),
        detail: safe(&keys.join(", ")),
        choice: Choice::Act(action),
    }
}

fn database_entry(layout: &Layout, database: Database) -> Entry {
    Entry {
        label: safe(&layout.name_of(database)),
        detail: safe(match database {
            Database::Main => "main database",
            Database::Shard(_) => "shard",
        }),
        choice: Choice::GoToDatabase(database),
    }
}
