//! What changed in the fleet, and when: the event line and the event history.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::domain::text::SafeText;

/// Most entries kept; the oldest is dropped first.
pub const CAPACITY: usize = 1000;

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something got better, or is only worth knowing.
    Info,
    /// Something to look at.
    Warning,
    /// Something does not work.
    Error,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was noticed.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// What changed: `pos_db_3 is down: refused, …`.
    pub text: SafeText,
}

/// The history of events, oldest first.
#[derive(Debug, Default)]
pub struct EventLog {
    /// At most [`CAPACITY`] entries, oldest first.
    pub entries: VecDeque<Entry>,
}
