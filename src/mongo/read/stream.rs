//! One cursor, read in a task of its own: the driver's futures are never dropped half-way,
//! a reader that is slow holds the server back, and memory holds two batches at most.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::{
    error::Result as DriverResult,
    options::Collation,
    raw_batch_cursor::{RawBatch, RawBatchCursor},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;

use super::failure::{failure, silent};
use crate::{
    domain::{
        document::raw::elements,
        failure::{Failure, FailureKind},
        query::refuse,
        text::safe,
    },
    mongo::{
        call::{CallError, within},
        probe::{Handle, run},
    },
};

/// How long the server's answer may take beyond its own deadline.
const GRACE: Duration = Duration::from_secs(2);
/// How often a command is looked for on the server to be ended, and for how long.
const KILL_EVERY: Duration = Duration::from_millis(50);
const KILL_TRIES: u32 = 100;
/// Deadline of one such look.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// What is read.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The collection.
    pub collection: String,
    /// What it is done for: part of the comment that a DBA sees.
    pub verb: &'static str,
    /// Which documents, unless there is a pipeline.
    pub filter: Document,
    /// In which order.
    pub sort: Document,
    /// Which fields.
    pub projection: Document,
    /// How texts are compared; empty for the collection's own way.
    pub collation: Document,
    /// Most documents.
    pub limit: Option<u64>,
    /// The stages of an aggregation, instead of all that.
    pub pipeline: Option<Vec<Document>>,
    /// Documents in a batch; the server's own choice where it is `None`.
    pub batch: Option<u32>,
    /// Longest time that the server may work on it.
    pub max_time: Duration,
    /// Whether the next batch is fetched only when it is asked for, not while the last one is
    /// worked on.
    pub is_lazy: bool,
}

/// A command that is under way, and how to end it.
#[derive(Debug, Clone)]
pub struct Operation {
    handle: Handle,
    comment: String,
    /// Whether the server works on it at the moment.
    is_busy: Arc<AtomicBool>,
}

/// Some documents, still as they came, and when they did.
#[derive(Debug)]
pub struct Batch(RawBatch, Instant);

/// The documents of one query, batch by batch. Dropping it ends the query on the server.
#[derive(Debug)]
pub struct Stream {
    batches: mpsc::Receiver<Result<Batch, Failure>>,
    operation: Operation,
    /// Asks for the next batch, of a lazy stream.
    wanted: Option<mpsc::Sender<()>>,
    limit: Duration,
    /// Whether the last batch was taken.
    is_over: bool,
}

impl Batch {
    /// When the server had answered, whoever looked when.
    pub(in crate::mongo) const fn arrived(&self) -> Instant {
        self.1
    }

    /// The documents, as raw BSON.
    pub fn documents(&self) -> impl Iterator<Item = &RawDocument> {
        let bytes = self.0.doc_slices().map(bson::RawArray::as_bytes).unwrap_or_default();
        elements(bytes, 0)
            .map_while(Result::ok)
            .filter_map(|element| RawDocument::from_bytes(element.value).ok())
    }
}

/// Sends the command. Its first batch is waited for by [`Stream::next`].
///
/// # Errors
///
/// `usage` for what writes or runs JavaScript on the server, and for a wrong collation.
/// Nothing has been sent then.
pub(crate) fn open(handle: &Handle, ask: Ask) -> Result<Stream, Failure> {
    [&ask.filter, &ask.sort, &ask.projection].into_iter().try_for_each(refuse)?;
    ask.pipeline.iter().flatten().try_for_each(refuse)?;
    let collation = collation(&ask.collation)?;
    let operation = Operation::new(handle, ask.verb);
    let (sender, batches) = mpsc::channel(1);
    let (wanted, mut wishes) = mpsc::channel(1);
    let (limit, is_lazy) = (ask.max_time, ask.is_lazy);
    let (doing, of_task) = (format!("read `{}`", safe(&ask.collection)), operation.clone());
    // Before the task runs: a stream may be dropped earlier than that.
    operation.is_busy.store(true, Ordering::SeqCst);
    tokio::spawn(async move {
        let told = |error| failure(&error, &of_task.handle, limit, &doing);
        if sender.is_closed() {
            of_task.is_busy.store(false, Ordering::SeqCst);
            return;
        }
        let opened = send(&of_task, ask, collation).await;
        of_task.is_busy.store(false, Ordering::SeqCst);
        let mut cursor = match opened {
            Ok(cursor) => cursor,
            Err(error) => return drop(sender.send(Err(told(error))).await),
        };
        loop {
            if is_lazy && wishes.recv().await.is_none() {
                return;
            }
            // Before it is read: a batch that waited for its place would be a third one. Where
            // nobody reads on, dropping the cursor ends it on the server.
            let Ok(place) = sender.reserve().await else { return };
            of_task.is_busy.store(true, Ordering::SeqCst);
            let batch = cursor.try_next().await;
            of_task.is_busy.store(false, Ordering::SeqCst);
            let batch = match batch {
                Ok(None) => return,
                Ok(Some(batch)) => Ok(Batch(batch, Instant::now())),
                Err(error) => Err(told(error)),
            };
            let is_last = batch.is_err();
            place.send(batch);
            if is_last {
                return;
            }
        }
    });
    let wanted = is_lazy.then_some(wanted);
    Ok(Stream { batches, operation, wanted, limit: limit + GRACE, is_over: false })
}

fn collation(wanted: &Document) -> Result<Option<Collation>, Failure> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let read = bson::deserialize_from_document(wanted.clone());
    read.map(Some).map_err(|_| {
        Failure::new(
            FailureKind::Usage,
            "the collation is no collation",
            "Write it as `{locale: \"en\", strength: 2}`",
        )
    })
}

async fn send(
    operation: &Operation,
    ask: Ask,
    collation: Option<Collation>,
) -> DriverResult<RawBatchCursor> {
    let collection = operation.handle.db.collection::<RawDocumentBuf>(&ask.collection);
    let comment = Bson::String(operation.comment.clone());
    if let Some(pipeline) = ask.pipeline {
        let mut aggregate = collection
            .aggregate(pipeline)
            .allow_disk_use(true)
            .max_time(ask.max_time)
            .comment(comment);
        if let Some(collation) = collation {
            aggregate = aggregate.collation(collation);
        }
        if let Some(batch) = ask.batch {
            aggregate = aggregate.batch_size(batch);
        }
        return aggregate.batch().await;
    }
    let mut find =
        collection.find(ask.filter).allow_disk_use(true).max_time(ask.max_time).comment(comment);
    if !ask.sort.is_empty() {
        find = find.sort(ask.sort);
    }
    if !ask.projection.is_empty() {
        find = find.projection(ask.projection);
    }
    if let Some(collation) = collation {
        find = find.collation(collation);
    }
    if let Some(limit) = ask.limit {
        find = find.limit(i64::try_from(limit).unwrap_or(i64::MAX));
    }
    if let Some(batch) = ask.batch {
        find = find.batch_size(batch);
    }
    find.batch().await
}

impl Stream {
    /// The next batch; `None` after the last one. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Why there are no more, although there should be. Nothing comes after it.
    pub async fn next(&mut self) -> Result<Option<Batch>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        if let Some(wanted) = &self.wanted {
            // A wish that still waits is the same wish.
            let _ = wanted.try_send(());
        }
        match timeout(self.limit, self.batches.recv()).await {
            Ok(Some(Ok(batch))) => Ok(Some(batch)),
            Ok(None) => {
                self.is_over = true;
                Ok(None)
            }
            Ok(Some(Err(failure))) => {
                self.is_over = true;
                Err(failure)
            }
            Err(_) => Err(silent(&self.operation.handle.name, self.limit)),
        }
    }

    /// The command under way, to end it.
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }
}

/// Commands that are being ended on the server, so that a program that ends can wait for it.
static ENDINGS: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until every command that nobody waits for any more is ended on the server, at most
/// for `limit`.
pub(in crate::mongo) async fn ended(limit: Duration) {
    ENDINGS.close();
    let _ = timeout(limit, ENDINGS.wait()).await;
}

impl Drop for Stream {
    fn drop(&mut self) {
        let operation = self.operation.clone();
        if !self.is_over
            && operation.is_busy()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            ENDINGS.spawn_on(async move { operation.kill().await }, &runtime);
        }
    }
}

impl Operation {
    pub(in crate::mongo) fn new(handle: &Handle, verb: &str) -> Self {
        let comment = format!("tilldeck {verb} {:08x}", fastrand::u32(..));
        Self { handle: handle.clone(), comment, is_busy: Arc::default() }
    }

    /// The comment that finds it on the server.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Runs a command of ours under this name.
    pub(in crate::mongo) async fn command(
        &self,
        mut command: Document,
        limit: Duration,
        doing: &str,
    ) -> Result<Document, Failure> {
        command.insert("comment", &self.comment);
        command.insert("maxTimeMS", i64::try_from(limit.as_millis()).unwrap_or(i64::MAX));
        let db = self.handle.db.clone();
        self.is_busy.store(true, Ordering::SeqCst);
        // A caller that gives up ends the command on the server.
        let guard = Guard(self.clone());
        let is_busy = self.is_busy.clone();
        let asked = within(limit + GRACE, async move {
            let answer = run(&db, command).await;
            // Here, since whoever gave up is not there any more.
            is_busy.store(false, Ordering::SeqCst);
            answer
        })
        .await;
        drop(guard);
        asked.map_err(|error| match &error {
            CallError::Driver(error) => failure(error, &self.handle, limit, doing),
            CallError::Deadline => silent(&self.handle.name, limit),
            CallError::Panicked(_) => error.failure(None, &self.handle.context(limit, doing)),
        })
    }

    /// Whether the server works on it at the moment.
    pub fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::SeqCst)
    }

    /// Ends it on the server, where it still runs. A user may always end operations of its own.
    ///
    /// Returns when the server has let go, or after five seconds.
    pub async fn kill(&self) {
        for _ in 0..KILL_TRIES {
            if !self.is_busy() {
                return;
            }
            for id in self.on_server().await {
                self.admin(doc! {"killOp": 1, "op": id}).await;
            }
            sleep(KILL_EVERY).await;
        }
    }

    /// What the server calls it.
    async fn on_server(&self) -> Vec<Bson> {
        let look = doc! {
            "aggregate": 1,
            "pipeline": [
                {"$currentOp": {"allUsers": false}},
                {"$match": {"$or": [
                    {"command.comment": &self.comment},
                    {"cursor.originatingCommand.comment": &self.comment},
                ]}},
                {"$project": {"opid": 1}},
            ],
            "cursor": {},
            "comment": "tilldeck kill",
        };
        let answer = self.admin(look).await.unwrap_or_default();
        let cursor =
            answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
        let found = cursor.map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|one| one.as_document()?.get("opid").cloned()).collect()
    }

    async fn admin(&self, command: Document) -> Option<Document> {
        let admin = self.handle.db.client().database("admin");
        within(KILL_LIMIT, async move { run(&admin, command).await }).await.ok()
    }
}

/// Ends the command on the server when whoever waits for it goes away.
struct Guard(Operation);

impl Drop for Guard {
    fn drop(&mut self) {
        let operation = self.0.clone();
        if operation.is_busy()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            ENDINGS.spawn_on(async move { operation.kill().await }, &runtime);
        }
    }
}
