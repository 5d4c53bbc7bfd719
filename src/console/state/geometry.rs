//! What drawing learned: where things are on the screen, and how many rows each list shows.

use super::{list::Extent, model::Pane};

/// A terminal's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// The leftmost column.
    pub x: u16,
    /// The topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether the cell lies in the rectangle.
    pub const fn contains(self, column: u16, row: u16) -> bool {
        column >= self.x
            && row >= self.y
            && column - self.x < self.width
            && row - self.y < self.height
    }
}

/// Something on the screen that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A pane; a click focuses it.
    Pane(Pane),
    /// The rows of a pane's list: the first visible row is the topmost cell row.
    Rows(Pane),
    /// A heading of the stores or of a table of documents, by column number; a click sorts.
    Column(usize),
    /// The rows of what is on top: palette, help, documents, event history.
    TopRows,
    /// A field of the form on top, by its number; a click focuses it.
    Field(usize),
    /// An answer of the question that is asked, by its number.
    Answer(usize),
}

/// What one frame looked like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Geometry {
    /// The size that was drawn.
    pub size: Size,
    /// Rows that the list of each pane has room for; 0 for a pane that is not shown.
    pub rows: Vec<(Pane, usize)>,
    /// Rows that the list on top has room for.
    pub top_rows: usize,
    /// Rows that the text on top has in all, where only drawing knows.
    pub top_len: usize,
    /// Lines of the text beside the list on top, or of the question that is asked.
    pub text: Extent,
    /// What can be clicked, the topmost last.
    pub targets: Vec<(Area, Target)>,
}

impl Geometry {
    /// Rows that the pane's list has room for.
    pub fn rows_of(&self, pane: Pane) -> usize {
        self.rows.iter().find(|(shown, _)| *shown == pane).map_or(0, |(_, rows)| *rows)
    }
}
