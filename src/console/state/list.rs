//! Moving through a list: clamped, by row and by page, always keeping the row visible.

use super::{action::Action, model::ListCursor};

/// A list as a movement sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// How many rows there are.
    pub len: usize,
    /// How many fit on the screen; 0 before the first frame, and for a list that is not shown.
    pub visible: usize,
}

impl Extent {
    /// The first visible row when the last one is on the screen.
    pub const fn last_first(self) -> usize {
        self.len.saturating_sub(self.visible)
    }

    /// Rows that a page key moves by: one row of context stays.
    pub const fn page(self) -> usize {
        if self.visible > 1 { self.visible - 1 } else { 1 }
    }
}

impl ListCursor {
    /// Moves as the action says. Returns whether the action is a movement.
    pub fn apply(&mut self, action: Action, extent: Extent) -> bool {
        let Some(row) = destination(action, self.row, extent) else {
            return false;
        };
        self.row = row;
        self.keep_visible(extent);
        true
    }

    /// Moves by rows, for the wheel.
    pub fn shift(&mut self, rows: isize, extent: Extent) {
        self.row = self.row.saturating_add_signed(rows);
        self.keep_visible(extent);
    }

    /// Brings the row into the list, and the visible rows to it.
    pub fn keep_visible(&mut self, extent: Extent) {
        self.row = self.row.min(extent.len.saturating_sub(1));
        self.first = first_visible(self.first, self.row, extent);
    }
}

/// Where a movement leads, or `None` for an action that is none.
pub fn destination(action: Action, row: usize, extent: Extent) -> Option<usize> {
    let page = extent.page();
    let half = (extent.visible / 2).max(1);
    let row = match action {
        Action::Up => row.saturating_sub(1),
        Action::Down => row.saturating_add(1),
        Action::First => 0,
        Action::Last => usize::MAX,
        Action::PageUp => row.saturating_sub(page),
        Action::PageDown => row.saturating_add(page),
        Action::HalfPageUp => row.saturating_sub(half),
        Action::HalfPageDown => row.saturating_add(half),
        _ => return None,
    };
    Some(row.min(extent.len.saturating_sub(1)))
}

/// The first visible row that is near to `first` and shows `row`, without empty room below
/// the last row.
///
/// A row that left the screen by a step or two brings a quarter of a page along: moving
/// every row costs a slow line two kilobytes, so it does not happen at every step.
pub fn first_visible(first: usize, row: usize, extent: Extent) -> usize {
    if extent.visible == 0 {
        return first.min(row);
    }
    let ahead = extent.visible / 4;
    let lowest = row.saturating_sub(extent.visible - 1);
    let first = if first < lowest && lowest - first <= ahead {
        lowest + ahead
    } else if first > row && first - row <= ahead {
        row.saturating_sub(ahead)
    } else {
        first.clamp(lowest, row)
    };
    first.min(extent.last_first())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOVES: [Action; 8] = [
        Action::Up,
        Action::Down,
        Action::First,
        Action::Last,
        Action::PageUp,
        Action::PageDown,
        Action::HalfPageUp,
        Action::HalfPageDown,
    ];

    #[test]
    fn a_page_keeps_one_row_of_context() {
        let mut cursor = ListCursor::default();
        let extent = Extent { len: 100, visible: 10 };
        assert!(cursor.apply(Action::PageDown, extent));
        assert_eq!(cursor, ListCursor { row: 9, first: 0 });
        cursor.apply(Action::PageDown, extent);
        assert_eq!(cursor, ListCursor { row: 18, first: 9 });
        cursor.apply(Action::Last, extent);
        assert_eq!(cursor, ListCursor { row: 99, first: 90 });
        assert!(!cursor.apply(Action::Quit, extent));
    }

    #[test]
    fn a_step_off_the_screen_brings_a_quarter_of_a_page_along() {
        let extent = Extent { len: 100, visible: 20 };
        let mut cursor = ListCursor { row: 19, first: 0 };
        cursor.apply(Action::Down, extent);
        assert_eq!(cursor, ListCursor { row: 20, first: 6 });
        cursor.apply(Action::Down, extent);
        assert_eq!(cursor, ListCursor { row: 21, first: 6 });
        let mut cursor = ListCursor { row: 50, first: 50 };
        cursor.apply(Action::Up, extent);
        assert_eq!(cursor, ListCursor { row: 49, first: 44 });
    }

    proptest! {
        #[test]
        fn the_row_is_in_the_list_and_on_the_screen(
            moves in prop::collection::vec((0..MOVES.len(), 0_usize..30, 0_usize..12), 0..40)
        ) {
            let mut cursor = ListCursor::default();
            for (index, len, visible) in moves {
                let extent = Extent { len, visible };
                cursor.apply(MOVES[index], extent);
                prop_assert!(cursor.row < len.max(1));
                prop_assert!(cursor.first <= cursor.row);
                prop_assert!(visible == 0 || cursor.row - cursor.first < visible);
            }
        }
    }
}
