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
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
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
    /// Takes every mark away.
    ClearMarks,
    /// Opens the form for a new store.
    NewStore,
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
    /// Opens the jobs of the journal.
    Jobs,
    /// Asks why the selected store, or any text, is not found.
    Why,
    /// Opens the doctor.
    Doctor,
    /// Explains the rule of the selected finding.
    Explain,
    /// Repairs what the selected finding is about.
    Repair,
    /// Goes to the store that is spoken of.
    GoToStore,
    /// Opens one question to all stores.
    Query,
    /// Shows documents as a table, or as trees again.
    ToggleTable,
    /// Reads the next page.
    NextPage,
    /// Reads the page before.
    PreviousPage,
    /// Reads the first page.
    FirstPage,
    /// Reads the last page.
    LastPage,
    /// Counts what a query matches.
    Count,
    /// Shows indexes, validator and options of a collection.
    Indexes,
    /// Shows the fields of a collection.
    Fields,
    /// Follows the changes of a collection.
    Follow,
    /// Writes documents into a file.
    Export,
    /// Searches inside documents.
    Search,
    /// Goes to the next match of the search.
    NextMatch,
    /// Puts the selected value into the query.
    FilterByValue,
    /// Copies what is selected in the syntax of the shell.
    CopyForShell,
    /// Copies the path of what is selected.
    CopyPath,
    /// Lets tilldeck have the mouse, or leaves it to the terminal.
    ToggleMouse,
    /// Goes to the next theme.
    NextTheme,
    /// Stops tilldeck as the shell's Ctrl-Z does.
    Suspend,
    /// Ends the console.
    Quit,
}

/// What the help puts together under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Panes, rows, in and out.
    Moving,
    /// Filter, order and marks of the store list.
    Stores,
    /// What is shown, and how fresh it is.
    Showing,
    /// What is wrong, and the way out.
    Doctor,
    /// Documents of a collection, and questions to all stores.
    Documents,
    /// The program itself.
    Program,
}

impl Group {
    /// The heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moving => "Moving",
            Self::Stores => "Stores",
            Self::Showing => "Showing",
            Self::Doctor => "Doctor",
            Self::Documents => "Documents",
            Self::Program => "Program",
        }
    }
}

impl Action {
    /// Every action, in the order of the help.
    pub const ALL: [Self; 59] = [
        Self::Up,
        Self::Down,
        Self::Left,
        Self::Right,
        Self::First,
        Self::Last,
        Self::PageUp,
        Self::PageDown,
        Self::HalfPageUp,
        Self::HalfPageDown,
        Self::Enter,
        Self::Back,
        Self::NextPane,
        Self::PreviousPane,
        Self::Focus(Pane::Databases),
        Self::Focus(Pane::Distribution),
        Self::Focus(Pane::Stores),
        Self::Focus(Pane::Collections),
        Self::Filter,
        Self::ToggleProblems,
        Self::Sort,
        Self::ReverseSort,
        Self::Mark,
        Self::ClearMarks,
        Self::NewStore,
        Self::Retry,
        Self::Copy,
        Self::NextMeasure,
        Self::Events,
        Self::Jobs,
        Self::Why,
        Self::Doctor,
        Self::Explain,
        Self::Repair,
        Self::GoToStore,
        Self::Query,
        Self::ToggleTable,
        Self::NextPage,
        Self::PreviousPage,
        Self::FirstPage,
        Self::LastPage,
        Self::Count,
        Self::Indexes,
        Self::Fields,
        Self::Follow,
        Self::Export,
        Self::Search,
        Self::NextMatch,
        Self::FilterByValue,
        Self::CopyForShell,
        Self::CopyPath,
        Self::Freeze,
        Self::Zoom,
        Self::Help,
        Self::Palette,
        Self::ToggleMouse,
        Self::NextTheme,
        Self::Suspend,
        Self::Quit,
    ];

    /// The stable name in the configuration.
    pub const fn name(self) -> &'static str {
        self.texts().0
    }

    /// What it does, in one line.
    pub const fn summary(self) -> &'static str {
        self.texts().1
    }

    /// The heading it stands under in the help.
    pub const fn group(self) -> Group {
        match self {
            Self::Filter
            | Self::ToggleProblems
            | Self::Sort
            | Self::ReverseSort
            | Self::Mark
            | Self::ClearMarks
            | Self::NewStore => Group::Stores,
            Self::Retry
            | Self::Copy
            | Self::NextMeasure
            | Self::Events
            | Self::Jobs
            | Self::Freeze
            | Self::Zoom => Group::Showing,
            Self::Why | Self::Doctor | Self::Explain | Self::Repair | Self::GoToStore => {
                Group::Doctor
            }
            Self::Query
            | Self::ToggleTable
            | Self::NextPage
            | Self::PreviousPage
            | Self::FirstPage
            | Self::LastPage
            | Self::Count
            | Self::Indexes
            | Self::Fields
            | Self::Follow
            | Self::Export
            | Self::Search
            | Self::NextMatch
            | Self::FilterByValue
            | Self::CopyForShell
            | Self::CopyPath => Group::Documents,
            Self::Help
            | Self::Palette
            | Self::ToggleMouse
            | Self::NextTheme
            | Self::Suspend
            | Self::Quit => Group::Program,
            _ => Group::Moving,
        }
    }

    /// The keys it is on unless the configuration says otherwise.
    pub const fn default_keys(self) -> &'static [&'static str] {
        match self {
            Self::Up => &["up", "k"],
            Self::Down => &["down", "j"],
            Self::Left => &["left", "h"],
            Self::Right => &["right", "l"],
            Self::First => &["home", "g"],
            Self::Last => &["end", "G"],
            Self::PageUp => &["pgup", "ctrl-b"],
            Self::PageDown => &["pgdn", "ctrl-f"],
            Self::HalfPageUp => &["ctrl-u"],
            Self::HalfPageDown => &["ctrl-d"],
            Self::Enter => &["enter"],
            Self::Back => &["esc"],
            Self::NextPane => &["tab"],
            Self::PreviousPane => &["shift-tab"],
            Self::Focus(Pane::Databases) => &["1"],
            Self::Focus(Pane::Distribution) => &["2"],
            Self::Focus(Pane::Stores) => &["3"],
            Self::Focus(Pane::Collections) => &["4"],
            Self::Filter => &["/"],
            Self::ToggleProblems => &["p", "!"],
            Self::Sort => &["s"],
            Self::ReverseSort => &["S"],
            Self::Mark => &["space"],
            Self::ClearMarks => &["u"],
            Self::NewStore => &["n"],
            Self::Retry => &["r", "f5"],
            Self::Copy => &["y"],
            Self::NextMeasure => &["b"],
            Self::Events => &["e", "5"],
            Self::Jobs => &["J"],
            Self::Why => &["w"],
            Self::Doctor => &["d"],
            Self::Explain => &["i"],
            Self::Repair => &["x"],
            Self::GoToStore => &["o"],
            Self::Query => &["Q"],
            Self::ToggleTable => &["v"],
            Self::NextPage => &["]"],
            Self::PreviousPage => &["["],
            Self::FirstPage => &["{"],
            Self::LastPage => &["}"],
            Self::Count => &["c"],
            Self::Indexes => &["I"],
            Self::Fields => &["F"],
            Self::Follow => &["T"],
            Self::Export => &["E"],
            Self::Search => &["*"],
            Self::NextMatch => &["N"],
            Self::FilterByValue => &["="],
            Self::CopyForShell => &["Y"],
            Self::CopyPath => &["P"],
            Self::Freeze => &["f"],
            Self::Zoom => &["z"],
            Self::Help => &["?", "f1"],
            Self::Palette => &[":"],
            Self::ToggleMouse => &["m"],
            Self::NextTheme => &["t"],
            Self::Suspend => &["ctrl-z"],
            Self::Quit => &["q", "ctrl-c"],
        }
    }

    /// The stable name and the summary.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Up => ("up", "One row up"),
            Self::Down => ("down", "One row down"),
            Self::Left => ("left", "Fold, or go to the parent"),
            Self::Right => ("right", "Unfold, or go into it"),
            Self::First => ("first", "To the first row"),
            Self::Last => ("last", "To the last row"),
            Self::PageUp => ("page-up", "One page up"),
            Self::PageDown => ("page-down", "One page down"),
            Self::HalfPageUp => ("half-page-up", "Half a page up"),
            Self::HalfPageDown => ("half-page-down", "Half a page down"),
            Self::Enter => ("enter", "Go into what is selected, read a value in full"),
            Self::Back => ("back", "Go out: close, clear the filter; never quits"),
            Self::NextPane => ("next-pane", "Focus the next pane; in documents, the next one"),
            Self::PreviousPane => ("previous-pane", "Focus the previous pane or document"),
            Self::Focus(Pane::Databases) => ("focus-databases", "Focus the databases"),
            Self::Focus(Pane::Distribution) => ("focus-distribution", "Focus the distribution"),
            Self::Focus(Pane::Stores) => ("focus-stores", "Focus the stores"),
            Self::Focus(Pane::Collections) => ("focus-collections", "Focus the collections"),
            Self::Filter => ("filter", "Filter the stores, !word leaves out; query documents"),
            Self::ToggleProblems => ("toggle-problems", "Show only stores with problems, or all"),
            Self::Sort => ("sort", "Sort by the next column; documents by the field"),
            Self::ReverseSort => ("reverse-sort", "Turn the order around"),
            Self::Mark => ("mark", "Mark the store, or take the mark away"),
            Self::ClearMarks => ("clear-marks", "Take every mark away"),
            Self::NewStore => ("new-store", "Make a new store"),
            Self::Retry => ("retry", "Try the connection again, or read again what is shown"),
            Self::Copy => ("copy", "Copy what is selected"),
            Self::NextMeasure => ("next-measure", "Count stores, documents or bytes"),
            Self::Events => ("events", "Show what changed, and when"),
            Self::Jobs => ("jobs", "Show unfinished jobs, to finish or undo them"),
            Self::Why => ("why", "Ask why a store is not found"),
            Self::Doctor => ("doctor", "Examine the fleet"),
            Self::Explain => ("explain", "Explain the rule of a finding, or the plan of a query"),
            Self::Repair => ("repair", "Repair what a finding is about, after asking"),
            Self::Query => ("query", "Ask all stores one question"),
            Self::ToggleTable => ("toggle-table", "Show a table, trees, totals or bars"),
            Self::NextPage => ("next-page", "Read the next page"),
            Self::PreviousPage => ("previous-page", "Read the page before"),
            Self::FirstPage => ("first-page", "Read the first page"),
            Self::LastPage => ("last-page", "Read the last page"),
            Self::Count => ("count", "Count what the query matches, one by one"),
            Self::Indexes => ("indexes", "Show indexes with size and use, validator and options"),
            Self::Fields => ("fields", "Show the fields of a sample, to choose columns"),
            Self::Follow => ("follow", "Follow changes as they happen"),
            Self::Export => ("export", "Write documents or rows into a file"),
            Self::Search => ("search", "Search in the documents of the page, folded or not"),
            Self::NextMatch => ("next-match", "Go to the next match of the search"),
            Self::FilterByValue => ("filter-by-value", "Put the selected value into the query"),
            Self::CopyForShell => ("copy-for-shell", "Copy the value in the syntax of mongosh"),
            Self::CopyPath => ("copy-path", "Copy the path of the value"),
            Self::GoToStore => ("go-to-store", "Go to the store of a finding or an answer"),
            Self::Freeze => ("freeze", "Hold the screen still, or let it go on"),
            Self::Zoom => ("zoom", "Give the pane the whole screen, or put it back"),
            Self::Help => ("help", "Show every key"),
            Self::Palette => ("palette", "Find an action, a store, a database or a collection"),
            Self::ToggleMouse => ("toggle-mouse", "Take the mouse, or leave it to the terminal"),
            Self::NextTheme => ("next-theme", "Go to the next theme"),
            Self::Suspend => ("suspend", "Suspend tilldeck; `fg` brings it back"),
            Self::Quit => ("quit", "Quit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        assert!(
            names
                .iter()
                .all(|name| { name.chars().all(|char| char.is_ascii_lowercase() || char == '-') })
        );
    }
}
