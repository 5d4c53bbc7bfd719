//! The searchable help, generated from the keymap.

use tui_input::Input;

use super::model::ListCursor;

/// The help on top of the panes.
#[derive(Debug, Default)]
pub struct HelpBox {
    /// The search text.
    pub input: Input,
    /// The matching rows, in order.
    pub rows: Vec<HelpRow>,
    /// The selected row and the first visible one.
    pub cursor: ListCursor,
}

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys, as they are written in the configuration: `ctrl-c`, `q`.
    pub keys: String,
    /// What they do.
    pub summary: &'static str,
    /// The group that the action belongs to.
    pub group: &'static str,
}
