//! Jobs: journaled writes that can be finished or undone after a crash, as data.

use jiff::Timestamp;

use super::{database::Database, failure::Failure};

/// Names a job, on every machine: 24 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(Box<str>);

impl JobId {
    /// The job with this id.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as the journal, the screens and the command line have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Makes a store.
    Create,
    /// Applies a repair of the doctor.
    Repair,
}

impl JobKind {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Repair => "repair",
        }
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// Somebody works on it: its lease is held.
    Running,
    /// Nobody works on it, and it is neither done nor undone.
    Interrupted,
    /// It did what it was to do.
    Done,
    /// What it did is undone.
    Undone,
}

impl JobState {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }
}

/// A job as the journal has it. Texts are as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Which one.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// How far it is.
    pub state: JobState,
    /// What it is about, in words: `create store ST-0101 (prefix bakery) in pos_db_3`.
    pub summary: String,
    /// The store's id, where it is about one.
    pub store_id: Option<Box<str>>,
    /// Where it writes, besides the registry.
    pub database: Option<Database>,
    /// Who started it, as `user@host`.
    pub by: String,
    /// When it was started, by the server's clock.
    pub started: Timestamp,
    /// The steps that were begun.
    pub steps: Vec<String>,
}

/// How an interrupted job is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What is missing is done.
    Finish,
    /// What it did is taken back.
    Undo,
}

/// One step of a run, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does: `registry record`, `collection acme_orders`.
    pub name: String,
    /// How far it is.
    pub state: StepState,
    /// How long it took, in milliseconds, once it has ended.
    pub took_ms: Option<u64>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Not needed: what it makes was there.
    Skipped,
    /// It failed.
    Failed,
    /// It was done, and is undone because a later one failed.
    Undone,
}

impl StepState {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }
}

/// A run as it goes: all of its steps, and how it ended once it has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// In order.
    pub steps: Vec<Step>,
    /// Why it failed, once it has. What it made is undone then, unless the failure says so.
    pub failure: Option<Failure>,
}
