//! What the outside must do: imperative, and the only way out of `update`.

use std::sync::Arc;

use super::{
    palette::SearchTask,
    stores::{Arrangement, arrange::ArrangeTask},
};
use crate::domain::{
    database::{CollectionType, Database},
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
