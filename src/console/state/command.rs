//! What the outside must do: imperative, and the only way out of `update`.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::{
    palette::SearchTask,
    stores::{Arrangement, arrange::ArrangeTask},
};
use crate::domain::{
    collection::Facts,
    creation::{Plan, Taken},
    database::Database,
    export::Format,
    finding::Finding,
    job::{Ending, JobId},
    keyset::Order,
    page::From,
    query::{Query, QueryText},
    question::{Plan as QuestionPlan, Question},
    registry::Registry,
    store::Store,
};

/// Numbers a request, so that a late answer never overwrites a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// Which page of a collection.
#[derive(Debug, Clone)]
pub struct PageWanted {
    /// What the collection is, where it is known.
    pub facts: Option<Arc<Facts>>,
    /// The query; without a sort, the newest documents come first.
    pub query: Query,
    /// The order that its first page found.
    pub order: Option<Order>,
    /// Where the page begins.
    pub from: From,
    /// Whether a query that no index serves is meant.
    pub is_sure: bool,
}

/// From which side a collection is looked at.
#[derive(Debug, Clone)]
pub enum Look {
    /// Indexes, validator and options.
    Indexes,
    /// The fields of a sample.
    Fields,
    /// The plan of a query, which is run for it.
    Plan(Box<Query>),
}

/// Which documents are exported.
#[derive(Debug, Clone)]
pub enum Exported {
    /// These.
    Documents(Vec<Arc<RawDocumentBuf>>),
    /// What a query matches.
    Query(Box<Query>),
}

/// Something the outside must do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Try these databases again now, or all of them.
    Retry(Option<Database>),
    /// Sort and filter the registry away from the screen's thread.
    ArrangeStores {
        /// Comes back with the answer.
        request: RequestId,
        /// What to do: `task.run()`, on a thread that may block.
        task: ArrangeTask,
    },
    /// Search the stores for the palette away from the screen's thread.
    SearchStores {
        /// Comes back with the answer.
        request: RequestId,
        /// What to do: `task.run()`, on a thread that may block.
        task: SearchTask,
    },
    /// Free a large arrangement or registry elsewhere: freeing 100 000 rows takes longer than a frame.
    Discard(Arc<Registry>, Arrangement),
    /// Read the collections of a store.
    LoadCollections {
        /// Comes back with the answer.
        request: RequestId,
        /// Whose.
        store: Arc<Store>,
    },
    /// Read a page of a collection.
    LoadPage {
        /// Comes back with the answer.
        request: RequestId,
        /// Where.
        database: Database,
        /// The full collection name, as stored.
        collection: String,
        /// Which page.
        wanted: Box<PageWanted>,
    },
    /// Count what a query matches, one by one.
    CountDocuments {
        /// Comes back with the answer.
        request: RequestId,
        /// Where.
        database: Database,
        /// The full collection name, as stored.
        collection: String,
        /// What is counted.
        query: Box<Query>,
    },
    /// Look at a collection from another side.
    LookAt {
        /// Comes back with the answer.
        request: RequestId,
        /// Where.
        database: Database,
        /// The full collection name, as stored.
        collection: String,
        /// From which side.
        look: Look,
    },
    /// Tell of each change of these collections.
    FollowChanges {
        /// Comes back with each change, and with the end.
        request: RequestId,
        /// Where.
        database: Database,
        /// Their full names, as stored.
        collections: Vec<String>,
    },
    /// Write documents into a file.
    ExportDocuments {
        /// Comes back with the progress, and with the end.
        request: RequestId,
        /// Where.
        database: Database,
        /// The full collection name, as stored.
        collection: String,
        /// Which documents.
        what: Exported,
        /// As what.
        format: Format,
        /// The name of the file.
        path: String,
        /// Whether an existing file is replaced.
        overwrite: bool,
    },
    /// Ask many stores one question.
    AskStores {
        /// Comes back with rows, and with the end.
        request: RequestId,
        /// What.
        question: Box<Question>,
        /// Whom.
        plan: Arc<QuestionPlan>,
    },
    /// Write the rows of an answer into a file.
    ExportRows {
        /// Comes back with the end.
        request: RequestId,
        /// The rows: storeId, database, document.
        rows: Vec<(String, String, Arc<RawDocumentBuf>)>,
        /// As what.
        format: Format,
        /// The name of the file.
        path: String,
        /// Whether an existing file is replaced.
        overwrite: bool,
    },
    /// End what was asked for, on the servers too. No answer comes.
    EndWork {
        /// What.
        request: RequestId,
    },
    /// Read the queries that were run on this fleet.
    LoadHistory,
    /// Add a query to the history.
    Remember(Box<QueryText>),
    /// Read documents and bytes of every database.
    LoadUsage {
        /// Comes back with the answer.
        request: RequestId,
    },
    /// Gather what the stores of a large fleet have, for the checks of a new one.
    GatherNames {
        /// Comes back with the answer.
        request: RequestId,
        /// Of what: `Taken::of`, on a thread that may block.
        registry: Arc<Registry>,
    },
    /// Free what was gathered elsewhere: it may be large.
    DiscardNames(Arc<Taken>),
    /// Look at the collections and indexes of every database.
    SurveyFleet {
        /// Comes back with the answer.
        request: RequestId,
    },
    /// Make a store.
    CreateStore {
        /// Comes back with each step and with the answer.
        request: RequestId,
        /// What to do.
        plan: Box<Plan>,
    },
    /// Read the journal of jobs.
    LoadJobs {
        /// Comes back with the answer.
        request: RequestId,
    },
    /// Finish or undo an interrupted job.
    EndJob {
        /// Comes back with each step and with the answer.
        request: RequestId,
        /// Which one.
        job: JobId,
        /// How.
        ending: Ending,
    },
    /// Examine the whole fleet.
    ExamineFleet {
        /// Comes back with the answer.
        request: RequestId,
    },
    /// Apply the repairs of findings, one after the other.
    Repair {
        /// Comes back with the outcome of each.
        request: RequestId,
        /// Which ones.
        findings: Vec<Finding>,
    },
    /// Find out why a store is not found.
    AskWhy {
        /// Comes back with the answer.
        request: RequestId,
        /// A storeId, a prefix, a name, or the name of a collection.
        text: String,
    },
    /// Hand text to a clipboard.
    Copy {
        /// The text, already safe.
        text: String,
        /// What it is, for the notice: `storeId`.
        what: &'static str,
    },
    /// Take the mouse or leave it to the terminal.
    CaptureMouse {
        /// Whether tilldeck takes it.
        captured: bool,
    },
    /// Suspend the process as the shell's job control does.
    Suspend,
    /// End the console.
    Quit,
}
