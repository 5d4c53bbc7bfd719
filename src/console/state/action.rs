//! What a key can mean. Help, palette and keymap all come from this one enum.

use super::model::Pane;

/// Something a person can ask for, whatever key it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Opens the searchable help.
    Help,
    /// Opens the palette of every action and jump.
    Palette,
    /// Starts typing a filter for the list that has the focus.
    Filter,
    /// Shows only stores with problems, or all again.
    ToggleProblems,
    /// Focuses the next pane.
    NextPane,
    /// Focuses the previous pane.
    PreviousPane,
    /// Focuses a pane by its number.
    Focus(Pane),
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Folds a node, or scrolls left.
    Left,
    /// Unfolds a node, or scrolls right.
    Right,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Goes into what is selected.
    Enter,
    /// Goes out: closes what is on top, clears the filter; never quits.
    Back,
    /// Copies what is selected.
    Copy,
    /// Sorts by the next column.
    Sort,
    /// Turns the order of the sort around.
    ReverseSort,
    /// Marks the selected store, or takes the mark away.
    Mark,
    /// Holds the screen still, or lets it go on.
    Freeze,
    /// Gives the focused pane the whole screen, or puts it back.
    Zoom,
    /// Tries the connections again now, or reads again what is shown.
    Retry,
    /// Goes through what the distribution counts: stores, documents, bytes.
    NextMeasure,
    /// Opens the history of events.
    Events,
    /// Lets tilldeck have the mouse, or leaves it to the terminal.
    ToggleMouse,
    /// Goes to the next theme.
    NextTheme,
    /// Stops tilldeck as the shell's Ctrl-Z does.
    Suspend,
    /// Ends the console.
    Quit,
}
