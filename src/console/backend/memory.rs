//! What the terminal shows, as far as it helps to save bytes.

use ratatui::layout::{Position, Size};
use unicode_width::UnicodeWidthStr as _;

use super::Look;

/// The cells of the screen.
#[derive(Debug)]
pub(super) struct Memory {
    width: u16,
    /// Row by row. `None` where a character stands that cannot be written over piece by
    /// piece: it is no ASCII, or the second half of a wide one.
    cells: Vec<Option<(char, Look)>>,
    /// Which cells begin a character that is put together from several and takes two cells.
    /// Some terminals write such a thing into two cells that know nothing of each other.
    pairs: Vec<bool>,
}

impl Memory {
    /// An empty screen.
    pub(super) fn of(size: Size) -> Self {
        let n_cells = usize::from(size.width) * usize::from(size.height);
        Self {
            width: size.width,
            cells: vec![Some((' ', Look::PLAIN)); n_cells],
            pairs: vec![false; n_cells],
        }
    }

    fn index(&self, at: Position) -> usize {
        usize::from(at.y) * usize::from(self.width) + usize::from(at.x)
    }

    /// Notes what is written into a cell. Returns whether that leaves the second half of a pair
    /// standing, which nobody else takes away.
    pub(super) fn note(&mut self, at: Position, symbol: &str, look: Look) -> bool {
        let index = self.index(at);
        let mut chars = symbol.chars();
        let noted = match (chars.next(), chars.next()) {
            (Some(char @ ' '..='~'), None) => Some((char, look)),
            _ => None,
        };
        let is_wide = symbol.width() > 1 && at.x + 1 < self.width;
        if let Some(cell) = self.cells.get_mut(index) {
            *cell = noted;
        }
        let is_pair = is_wide && symbol.chars().nth(1).is_some();
        let was_pair =
            self.pairs.get_mut(index).is_some_and(|pair| std::mem::replace(pair, is_pair));
        if let Some(second) = self.cells.get_mut(index + 1) {
            if is_wide {
                *second = None;
            } else if was_pair {
                // Not told of, it is as it was made when the pair was: blank.
                *second = Some((' ', Look::PLAIN));
            }
        }
        was_pair && !is_wide
    }

    /// The plain character in a cell.
    pub(super) fn shown(&self, x: u16, y: u16) -> Option<(char, Look)> {
        *self.cells.get(self.index(Position { x, y }))?
    }

    /// How many cells from this one to the right are as good as erased.
    pub(super) fn blanks_from(&self, at: Position) -> u16 {
        let is_blank = |x: &u16| {
            self.shown(*x, at.y).is_some_and(|(char, look)| char == ' ' && look.is_erasable())
        };
        let n_blanks = (at.x..self.width).take_while(is_blank).count();
        u16::try_from(n_blanks).unwrap_or(u16::MAX)
    }
}
