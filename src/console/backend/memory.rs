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
    /// Which cells are second halves, also of a character whose first half is written over
    /// by now, as long as nobody has told of them.
    halves: Vec<bool>,
}

impl Memory {
    /// An empty screen.
    pub(super) fn of(size: Size) -> Self {
        let n_cells = usize::from(size.width) * usize::from(size.height);
        Self {
            width: size.width,
            cells: vec![Some((' ', Look::PLAIN)); n_cells],
            pairs: vec![false; n_cells],
            halves: vec![false; n_cells],
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
        if let Some(half) = self.halves.get_mut(index) {
            *half = false;
        }
        if let Some(half) = self.halves.get_mut(index + 1).filter(|_| is_wide) {
            *half = true;
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

    /// How many cells from this one to the right are as good as erased. A first half is none
    /// of them where the second one is not: some terminals keep that when it is erased, and
    /// show the rest of the row beside its place.
    pub(super) fn blanks_from(&self, at: Position) -> u16 {
        let is_blank = |x: &u16| {
            self.shown(*x, at.y).is_some_and(|(char, look)| char == ' ' && look.is_erasable())
        };
        let n_blanks = (at.x..self.width).take_while(is_blank).count();
        let n_blanks = u16::try_from(n_blanks).unwrap_or(u16::MAX);
        let end = Position { x: at.x.saturating_add(n_blanks), ..at };
        let is_torn = end.x < self.width && self.halves.get(self.index(end)) == Some(&true);
        n_blanks.saturating_sub(u16::from(is_torn))
    }
}
