//! What text fields have in common: keys, pastes, and completion.

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler as _};

use crate::domain::shell::{Completion, complete};

/// Takes a key; no character beyond `longest`. Returns whether the text has changed.
pub(super) fn press(input: &mut Input, key: KeyEvent, longest: usize) -> bool {
    if matches!(key.code, KeyCode::Char(_)) && input.value().chars().count() >= longest {
        return false;
    }
    input.handle_event(&TerminalEvent::Key(key)).is_some_and(|changes| changes.value)
}

/// Pastes as one line, at most to `longest` characters in all.
pub(super) fn paste(input: &mut Input, text: &str, longest: usize) {
    let room = longest.saturating_sub(input.value().chars().count());
    let line = text.trim().chars().map(|char| if char.is_control() { ' ' } else { char });
    for char in line.take(room) {
        input.handle(InputRequest::InsertChar(char));
    }
}

/// Puts the cursor on a byte of the text.
pub(super) fn point_at(input: &mut Input, byte: usize) {
    let at = input.value().get(..byte).map_or(0, |before| before.chars().count());
    *input = input.clone().with_cursor(at);
}

/// A completion that is being chosen.
#[derive(Debug, Clone)]
pub struct Completing {
    /// The candidates, at least one.
    pub of: Completion,
    /// The chosen one.
    pub chosen: usize,
    /// The text and the cursor before it, in characters.
    before: (String, usize),
}

impl Completing {
    /// Completes the piece before the cursor; again, with the next candidate. `None` where
    /// nothing fits, and the text stays as it is.
    pub(super) fn next(
        earlier: Option<Self>,
        input: &mut Input,
        (fields, is_pipeline): (&[String], bool),
    ) -> Option<Self> {
        let completing = if let Some(mut earlier) = earlier {
            earlier.chosen = (earlier.chosen + 1) % earlier.of.candidates.len().max(1);
            earlier
        } else {
            let (text, cursor) = (input.value().to_owned(), input.cursor());
            let of = complete(&text, byte_of(&text, cursor), fields, is_pipeline);
            Self { of, chosen: 0, before: (text, cursor) }
        };
        let candidate = completing.of.candidates.get(completing.chosen)?;
        let (text, cursor) = &completing.before;
        let head = text.get(..completing.of.start).unwrap_or_default();
        let tail = text.get(byte_of(text, *cursor)..).unwrap_or_default();
        let at = head.chars().count() + candidate.chars().count();
        *input = Input::new(format!("{head}{candidate}{tail}")).with_cursor(at);
        Some(completing)
    }

    /// Puts back what was typed.
    pub(super) fn undo(self, input: &mut Input) {
        let (text, cursor) = self.before;
        *input = Input::new(text).with_cursor(cursor);
    }
}

/// The byte at which a character begins.
fn byte_of(text: &str, cursor: usize) -> usize {
    text.char_indices().nth(cursor).map_or(text.len(), |(at, _)| at)
}
