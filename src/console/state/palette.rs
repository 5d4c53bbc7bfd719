//! The palette: every action, and a jump to every store, database and collection.

use tui_input::Input;

use super::{action::Action, model::ListCursor};
use crate::domain::{
    database::{CollectionType, Database},
    store::RecordId,
    text::SafeText,
};

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
    /// Selects a store.
    GoToStore(RecordId),
    /// Selects a database.
    GoToDatabase(Database),
    /// Selects a store and opens one of its collections.
    GoToCollection(RecordId, CollectionType),
}
