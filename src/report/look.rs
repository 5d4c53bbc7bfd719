//! How reports look to people: glyphs, colours and the moment that ages are counted from.

use std::time::Duration;

use anstyle::AnsiColor;
use jiff::Timestamp;

use crate::domain::{
    format,
    pool::PoolState,
    store::StoreState,
    text::{SafeText, safe},
};

/// How a report is written for people.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether only ASCII characters are written.
    pub ascii: bool,
    /// The moment that ages are counted from.
    pub now: Timestamp,
}

impl Look {
    /// The glyph, word and colour of a pool's state.
    pub(super) fn pool(self, state: PoolState) -> (SafeText, AnsiColor) {
        let (glyph, ascii, colour) = match state {
            PoolState::Connecting => ("○", "o", AnsiColor::Blue),
            PoolState::Up => ("●", "+", AnsiColor::Green),
            PoolState::Slow => ("◐", "~", AnsiColor::Yellow),
            PoolState::Down => ("✖", "x", AnsiColor::Red),
        };
        (self.marked(glyph, ascii, state.word()), colour)
    }

    /// The glyph, word and colour of a store's state.
    pub(super) fn store(self, state: StoreState) -> (SafeText, AnsiColor) {
        let (glyph, ascii, colour) = match state {
            StoreState::Ok => ("●", "+", AnsiColor::Green),
            StoreState::Legacy => ("◆", "=", AnsiColor::Cyan),
            StoreState::Malformed => ("✖", "x", AnsiColor::Red),
        };
        (self.marked(glyph, ascii, state.word()), colour)
    }

    /// The mark of what is missing or wrong.
    pub(super) const fn cross(self) -> &'static str {
        if self.ascii { "x" } else { "✖" }
    }

    /// The mark of what a person should know.
    pub(super) const fn warning(self) -> &'static str {
        if self.ascii { "!" } else { "▲" }
    }

    /// What stands before the way out.
    pub(super) const fn arrow(self) -> &'static str {
        if self.ascii { "-> " } else { "→ " }
    }

    /// What stands between parts of a line.
    pub(super) const fn dot(self) -> &'static str {
        if self.ascii { " - " } else { " · " }
    }

    /// How long ago `then` was, such as `3 min`.
    pub(super) fn age(self, then: Timestamp) -> SafeText {
        safe(&format::age(self.since(then)))
    }

    /// How long ago `then` was; zero where it lies ahead.
    pub fn since(self, then: Timestamp) -> Duration {
        Duration::try_from(self.now.duration_since(then)).unwrap_or_default()
    }

    fn marked(self, glyph: &str, ascii: &str, word: &str) -> SafeText {
        safe(&format!("{} {word}", if self.ascii { ascii } else { glyph }))
    }
}

/// Milliseconds of a duration, with fractions.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
