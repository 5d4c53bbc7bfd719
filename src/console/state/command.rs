//! What the outside must do: imperative, and the only way out of `update`.

use std::sync::Arc;

use super::{
    palette::SearchTask,
    stores::{Arrangement, arrange::ArrangeTask},
};
use crate::domain::{
    creation::{Plan, Taken},
    database::{CollectionType, Database},
    finding::Finding,
    job::{Ending, JobId},
    registry::Registry,
    store::Store,
};

/// Numbers a request, so that a late answer never overwrites a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

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
    /// Read the newest documents of a collection.
    LoadPage {
        /// Comes back with the answer.
        request: RequestId,
        /// Where.
        database: Database,
        /// The full collection name, as stored.
        collection: String,
        /// What it holds, for the title.
        collection_type: CollectionType,
    },
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
