//! What happened: past tense, plain data, no handles and no callbacks.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use super::{
    command::RequestId,
    documents::panel::Looked,
    geometry::{Geometry, Size},
    palette::Found,
    stores::Arrangement,
};
use crate::domain::{
    change,
    collection::{StoreCollections, Usage},
    creation::{Created, Survey, Taken},
    explain::Plan as ExplainPlan,
    failure::Failure,
    finding::Examination,
    job::{Job, Progress},
    page::Read,
    pool::Pools,
    query::QueryText,
    question::{Outcome, Told},
    registry::Registry,
    why::Trace,
};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key went down.
    KeyPressed(KeyEvent),
    /// Text was pasted; it can never confirm anything.
    Pasted(String),
    /// The mouse did something.
    MouseUsed(MouseEvent),
    /// The terminal has a new size.
    Resized(Size),
    /// The terminal was taken back after a suspension; everything must be drawn again.
    Resumed,
    /// The pools changed visibly.
    PoolsChanged(Arc<Pools>),
    /// The registry changed.
    RegistryChanged(Arc<Registry>),
    /// A large list was sorted and filtered elsewhere.
    StoresArranged {
        /// Which request it answers; an answer to an older one is dropped.
        request: RequestId,
        /// The rows in order.
        arrangement: Arrangement,
    },
    /// The stores were searched for the palette.
    StoresFound {
        /// Which request it answers.
        request: RequestId,
        /// What was found.
        found: Found,
    },
    /// The collections of a store were read.
    CollectionsLoaded {
        /// Which request it answers.
        request: RequestId,
        /// What was read.
        collections: Result<StoreCollections, Failure>,
    },
    /// A page of a collection was read.
    PageLoaded {
        /// Which request it answers.
        request: RequestId,
        /// What was read.
        page: Result<Box<Read>, Failure>,
    },
    /// A page was not read: no index serves the query, and the collection is large.
    PageDoubted {
        /// Which request it answers.
        request: RequestId,
        /// What the server would do.
        plan: Box<ExplainPlan>,
        /// How many documents there are.
        documents: u64,
    },
    /// What a query matches was counted.
    DocumentsCounted {
        /// Which request it answers.
        request: RequestId,
        /// How many.
        count: Result<u64, Failure>,
    },
    /// A collection was looked at from another side.
    LookedAt {
        /// Which request it answers.
        request: RequestId,
        /// What was seen.
        looked: Result<Looked, Failure>,
    },
    /// A document changed.
    DocumentChanged {
        /// Which request it belongs to.
        request: RequestId,
        /// How.
        change: Box<change::Summary>,
    },
    /// Changes are not told any more.
    FollowingEnded {
        /// Which request it answers.
        request: RequestId,
        /// Why, where it was not asked for.
        failure: Option<Failure>,
    },
    /// An export is further than before.
    ExportAdvanced {
        /// Which request it belongs to.
        request: RequestId,
        /// Documents and bytes written.
        written: (u64, u64),
    },
    /// An export is over.
    ExportEnded {
        /// Which request it answers.
        request: RequestId,
        /// Documents and bytes written; after a failure there is no file.
        outcome: Result<(u64, u64), Failure>,
    },
    /// Stores have answered a question.
    StoresTold {
        /// Which request it belongs to.
        request: RequestId,
        /// What they said, in the order in which it came.
        told: Vec<Told>,
    },
    /// A question to stores has ended.
    StoresAsked {
        /// Which request it answers.
        request: RequestId,
        /// How.
        outcome: Result<Box<Outcome>, Failure>,
    },
    /// The queries that were run on this fleet were read, the oldest first.
    HistoryLoaded(Vec<QueryText>),
    /// Documents and bytes of the databases were read.
    UsageLoaded {
        /// Which request it answers.
        request: RequestId,
        /// One result a database that was asked.
        usage: Vec<Result<Usage, Failure>>,
    },
    /// What the stores of a large fleet have was gathered.
    NamesGathered {
        /// Which request it answers.
        request: RequestId,
        /// What they have; `None` where that failed.
        taken: Option<Arc<Taken>>,
    },
    /// The collections and indexes of every database were looked at.
    FleetSurveyed {
        /// Which request it answers.
        request: RequestId,
        /// What was found; each part of it may have failed by itself.
        survey: Result<Arc<Survey>, Failure>,
    },
    /// A store that is being made is further than before.
    CreationAdvanced {
        /// Which request it belongs to.
        request: RequestId,
        /// How far.
        progress: Progress,
    },
    /// A store was made, or nothing of it is left.
    StoreCreated {
        /// Which request it answers.
        request: RequestId,
        /// What was made. A failure says what is left, where something is.
        outcome: Result<Created, Failure>,
    },
    /// The journal of jobs was read.
    JobsLoaded {
        /// Which request it answers.
        request: RequestId,
        /// What was read: unfinished jobs first, then the last ones that ended.
        jobs: Result<Vec<Job>, Failure>,
    },
    /// The ending of a job is further than before.
    JobAdvanced {
        /// Which request it belongs to.
        request: RequestId,
        /// How far.
        progress: Progress,
    },
    /// A job was ended, or not.
    JobEnded {
        /// Which request it answers.
        request: RequestId,
        /// Whether it was.
        outcome: Result<(), Failure>,
    },
    /// The whole fleet was examined.
    FleetExamined {
        /// Which request it answers.
        request: RequestId,
        /// What was found.
        examination: Result<Arc<Examination>, Failure>,
    },
    /// One of the repairs is over.
    Repaired {
        /// Which request it belongs to.
        request: RequestId,
        /// The message of the finding.
        message: String,
        /// Whether it was repaired.
        outcome: Result<(), Failure>,
    },
    /// The repairs that are not over were not applied.
    RepairsLost {
        /// Which request they belong to.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// It was found out why a store is not found.
    WhyAnswered {
        /// Which request it answers.
        request: RequestId,
        /// The answer.
        trace: Result<Box<Trace>, Failure>,
    },
    /// Text was handed to a clipboard.
    Copied {
        /// How, in words: `through the terminal (OSC 52)`; or why not.
        outcome: Result<String, Failure>,
    },
    /// A frame was drawn, and what drawing learned.
    FrameDrawn(Geometry),
    /// It is this late. The loop sends it when the deadline of `Model::next_wake` comes, and
    /// before the keys and snapshots that it has gathered, so that deadlines count from now.
    TimeReached(Timestamp),
    /// A command could not be queued.
    QueueFilled,
    /// A task of the console failed and was restarted or given up.
    TaskFailed(Failure),
}
