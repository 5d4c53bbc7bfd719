//! One question to many stores at once.
//!
//! Each store is asked by a command of its own; a few run at the same time on each database,
//! and each database has a deadline. Rows come as they arrive, or, for a sorted question, in
//! one global order: every store gives its rows sorted, and the lowest of all is taken, so
//! that memory holds one batch a store and no more. What a store could not answer is told,
//! never left out in silence.

mod merge;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bson::{Bson, Document, RawDocumentBuf, Utf8Lossy, doc};
use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, timeout_at},
};

use super::{
    fleet::{Fleet, Handle},
    inventory,
    read::{Ask, Batch, Operation, Stream, open},
};
use crate::{
    config::QueryConfig,
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        format,
        question::{Failed, Kind, Merger, Outcome, Plan, Question, Row, Target, Told},
        registry::Source,
    },
};

/// Rows that wait to be taken; then the stores wait.
const QUEUE: usize = 64;

impl Fleet {
    /// Asks every target of the plan and tells of each row, then how it ended.
    ///
    /// Dropping the future ends every command on the servers. When the receiver of `tell` is
    /// gone, nothing more is asked.
    ///
    /// # Errors
    ///
    /// `usage` for what is never sent. Nothing has been sent then.
    pub async fn ask_stores(
        &self,
        question: &Question,
        plan: &Plan,
        tell: &mpsc::Sender<Told>,
    ) -> Result<Outcome, Failure> {
        question.check()?;
        let mut round = Round::new(self, question, plan, tell);
        for failed in &plan.failed {
            round.fail(failed.clone()).await;
        }
        round.look_which_exist().await;
        if question.kind == Kind::Find && !question.query.sort.is_empty() {
            round.merge().await;
        } else {
            round.each().await;
        }
        round.look_again().await;
        let (totals, totals_refused) = match round.merger.finish() {
            Ok(totals) => (totals, None),
            Err(reason) => (None, Some(reason)),
        };
        Ok(Outcome { totals, totals_refused, ..round.outcome })
    }
}

/// One question while it is asked.
struct Round<'a> {
    fleet: &'a Fleet,
    config: &'a QueryConfig,
    question: &'a Question,
    plan: &'a Plan,
    tell: &'a mpsc::Sender<Told>,
    handles: BTreeMap<Database, Result<Handle, Failure>>,
    permits: HashMap<Database, Arc<Semaphore>>,
    deadline: Instant,
    /// Targets that are asked: those whose collection exists.
    asked: Vec<usize>,
    rows_left: Option<u64>,
    merger: Merger,
    outcome: Outcome,
}

/// What came of waiting for a store.
struct Step {
    target: usize,
    /// Held until the store has answered.
    permit: Option<OwnedSemaphorePermit>,
    came: Came,
}

enum Came {
    /// The whole answer of a store that gives few rows.
    Whole(Vec<RawDocumentBuf>),
    /// Some rows, and where more come from.
    Some(Box<Stream>, Batch),
    /// Nothing, until the deadline.
    Nothing(Box<Stream>),
    /// There are no more.
    End,
    Failed(Failure),
}

impl Step {
    /// Waits for the next rows of a stream.
    async fn of(
        target: usize,
        permit: Option<OwnedSemaphorePermit>,
        mut stream: Box<Stream>,
        deadline: Instant,
    ) -> Self {
        let came = match timeout_at(deadline, stream.next()).await {
            Err(_) => Came::Nothing(stream),
            Ok(Ok(Some(batch))) => Came::Some(stream, batch),
            Ok(Ok(None)) => Came::End,
            Ok(Err(failure)) => Came::Failed(failure),
        };
        Self { target, permit, came }
    }
}

impl<'a> Round<'a> {
    fn new(
        fleet: &'a Fleet,
        question: &'a Question,
        plan: &'a Plan,
        tell: &'a mpsc::Sender<Told>,
    ) -> Self {
        let config = fleet.query_config();
        let databases: BTreeSet<Database> =
            plan.targets.iter().map(|target| target.database).collect();
        let permits = |database: &Database| {
            (*database, Arc::new(Semaphore::new(config.per_database as usize)))
        };
        Self {
            fleet,
            config,
            question,
            plan,
            tell,
            permits: databases.iter().map(permits).collect(),
            handles: databases
                .iter()
                .map(|database| (*database, fleet.handle(*database)))
                .collect(),
            deadline: Instant::now() + config.deadline,
            asked: Vec::new(),
            rows_left: question.limit,
            merger: Merger::new(question),
            outcome: Outcome::default(),
        }
    }

    async fn fail(&mut self, failed: Failed) {
        self.outcome.failed.push(failed.clone());
        // Nobody looks any more: what is told is kept all the same.
        let _ = self.tell.send(Told::Failed(failed)).await;
    }

    async fn fail_target(&mut self, target: usize, failure: Failure) {
        self.outcome.missing.retain(|missing| *missing != target);
        if let Some(of) = self.plan.targets.get(target) {
            let (store_id, database) = (Some(of.store_id.clone()), Some(of.database));
            self.fail(Failed { store_id, database, failure }).await;
        }
    }

    /// Lists the collections by name: one that is missing answers like an empty one, which a
    /// person has to know, since the data of the store may be elsewhere.
    async fn look_which_exist(&mut self) {
        let (plan, limit) = (self.plan, self.config.max_time.min(self.config.deadline));
        let looks = self.handles.iter().map(|(database, handle)| {
            let names: Vec<&str> = plan
                .targets
                .iter()
                .filter(|target| target.database == *database)
                .map(|target| target.collection.as_str())
                .collect();
            async move {
                let found = match handle {
                    Ok(handle) => existing(handle, &names, limit).await,
                    Err(failure) => Err(failure.clone()),
                };
                (*database, found)
            }
        });
        let found: BTreeMap<Database, Result<BTreeSet<String>, Failure>> =
            futures_util::future::join_all(looks).await.into_iter().collect();
        let is_required = self.fleet.layout().required_types.contains(&self.question.of_type);
        for (index, target) in self.plan.targets.iter().enumerate() {
            match found.get(&target.database) {
                // One that is not listed may be there and not for this login: the server says.
                Some(Ok(names)) => {
                    if is_required && !names.contains(&target.collection) {
                        self.outcome.missing.push(index);
                    }
                    self.asked.push(index);
                }
                None => {}
                Some(Err(failure)) => self.fail_target(index, failure.clone()).await,
            }
        }
    }

    async fn answered(&self, target: usize) {
        let _ = self.tell.send(Told::Answered { target }).await;
    }

    /// Sends one row. False when no more are wanted.
    async fn row(&mut self, target: usize, document: RawDocumentBuf) -> bool {
        if let Some(left) = &mut self.rows_left {
            if *left == 0 {
                self.outcome.limited = true;
                return false;
            }
            *left -= 1;
        }
        let begun = Instant::now();
        let is_taken = self.tell.send(Told::Row(Row { target, document })).await.is_ok();
        // Whoever takes the rows may take time: that is not the stores'.
        self.deadline += begun.elapsed();
        is_taken
    }

    /// The command for one target.
    fn ask_of(&self, target: &Target) -> Ask {
        let query = &self.question.query;
        let mut ask = Ask {
            collection: target.collection.clone(),
            verb: "query",
            filter: query.filter.clone(),
            sort: query.sort.clone(),
            projection: query.projection.clone(),
            collation: query.collation.clone(),
            // One more than is wanted says whether there are more.
            limit: self.question.limit.map(|limit| limit.saturating_add(1)),
            max_time: self.config.max_time,
            ..Ask::default()
        };
        match &self.question.kind {
            Kind::Find => {}
            Kind::Count => {
                let count = doc! {"$group": {"_id": Bson::Null, "count": {"$sum": 1}}};
                ask.pipeline = Some(vec![doc! {"$match": &query.filter}, count]);
            }
            Kind::Distinct(field) => ask.pipeline = Some(distinct(&query.filter, field)),
            Kind::Aggregate(stages) => {
                ask.pipeline = Some(self.merger.stages().unwrap_or(stages).to_vec());
            }
        }
        ask
    }

    /// Asks the stores side by side; rows come as they arrive, and a store that is silent keeps
    /// no other one waiting.
    async fn each(&mut self) {
        let mut waiting: FuturesUnordered<BoxFuture<'static, Step>> =
            self.asked.iter().filter_map(|index| self.start(*index)).collect();
        while let Some(Step { target, permit, came }) = waiting.next().await {
            let goes_on = match came {
                Came::Whole(rows) => {
                    self.whole(target, rows).await;
                    true
                }
                Came::Some(stream, batch) => {
                    let goes_on = self.rows_of(target, &batch).await;
                    waiting.push(Box::pin(Step::of(target, permit, stream, self.deadline)));
                    goes_on
                }
                Came::Nothing(stream) if Instant::now() < self.deadline => {
                    waiting.push(Box::pin(Step::of(target, permit, stream, self.deadline)));
                    true
                }
                Came::Nothing(_) => {
                    self.fail_target(target, self.late(target)).await;
                    true
                }
                Came::End => {
                    self.answered(target).await;
                    true
                }
                Came::Failed(failure) => {
                    self.fail_target(target, failure).await;
                    true
                }
            };
            if !goes_on || self.tell.is_closed() {
                break;
            }
        }
    }

    /// Begins with one target as soon as its database has a place free.
    fn start(&self, index: usize) -> Option<BoxFuture<'static, Step>> {
        let target = self.plan.targets.get(index)?;
        let permits = self.permits.get(&target.database)?.clone();
        let handle = self.handles.get(&target.database)?.clone();
        let (ask, deadline) = (self.ask_of(target), self.deadline);
        let late = self.late(index);
        let is_streamed = self.question.kind == Kind::Find;
        Some(Box::pin(async move {
            // A place becomes free when its store has answered, or at the deadline.
            let permit = permits.acquire_owned().await.ok();
            let opened = handle.and_then(|handle| open(&handle, ask));
            let came = match opened {
                Err(failure) => Came::Failed(failure),
                Ok(stream) if is_streamed => {
                    return Step::of(index, permit, Box::new(stream), deadline).await;
                }
                Ok(stream) => match timeout_at(deadline, whole_answer(stream)).await {
                    Err(_) => Came::Failed(late),
                    Ok(Ok(rows)) => Came::Whole(rows),
                    Ok(Err(failure)) => Came::Failed(failure),
                },
            };
            Step { target: index, permit, came }
        }))
    }

    /// Takes the rows of a store that gives few, and what they add to the totals.
    async fn whole(&mut self, index: usize, rows: Vec<RawDocumentBuf>) {
        let Some(database) = self.plan.targets.get(index).map(|target| target.database) else {
            return;
        };
        let Some(mut rows) = self.decoded(&rows) else {
            return self.fail_target(index, unreadable()).await;
        };
        if self.question.kind == Kind::Count {
            for row in &mut rows {
                row.remove("_id");
            }
            if rows.is_empty() {
                rows.push(doc! {"count": 0});
            }
        }
        let rows = self.merger.add(database, rows);
        for row in rows {
            if let Ok(row) = RawDocumentBuf::try_from(&row)
                && !self.row(index, row).await
            {
                // The totals still want every answer.
                break;
            }
        }
        self.answered(index).await;
    }

    /// Rows as documents. A text that is no UTF-8 is shown as well as it can be, but is no key
    /// to tell groups apart by. `None` where a row is no document at all.
    fn decoded(&mut self, rows: &[RawDocumentBuf]) -> Option<Vec<Document>> {
        let mut documents = Vec::with_capacity(rows.len());
        for row in rows {
            if let Ok(document) = Document::try_from(row.as_ref()) {
                documents.push(document);
                continue;
            }
            self.merger.refuse("a text in the answers is no UTF-8, and cannot be told from others");
            documents.push(Utf8Lossy::<Document>::try_from(row.as_ref()).ok()?.0);
        }
        Some(documents)
    }

    /// Takes some rows of a store. False when no more are wanted.
    async fn rows_of(&mut self, index: usize, batch: &Batch) -> bool {
        for document in batch.documents() {
            if !self.row(index, document.to_owned()).await {
                return false;
            }
        }
        true
    }

    fn late(&self, index: usize) -> Failure {
        let name = self.plan.targets.get(index).map_or("", |target| &target.collection);
        too_late(name, self.config.deadline)
    }

    /// Reads the registry once more: a store that has moved meanwhile was asked at the wrong
    /// place, or twice.
    async fn look_again(&mut self) {
        let now = inventory::registry(self.fleet, self.fleet.read_timeout()).await;
        if matches!(now.source, Source::Cache | Source::Loading) {
            let failure = now.failure.clone().unwrap_or_else(|| {
                Failure::new(
                    FailureKind::NotFound,
                    "the registry could not be read again, so that a store may have moved meanwhile",
                    "Ask again when the main database answers",
                )
            });
            self.fail(Failed { store_id: None, database: Some(Database::Main), failure }).await;
            return;
        }
        self.outcome.changed = self.plan.changed(&now, self.fleet.layout(), &self.question.of_type);
    }
}

/// The different values of a field, elements of arrays on their own, as `distinct` gives them:
/// null where it is there, and nothing where the field is missing or an array is empty.
fn distinct(filter: &Document, field: &str) -> Vec<Document> {
    let mut stages = vec![doc! {"$match": filter}];
    // A path may lead through arrays at any of its parts.
    let parts: Vec<&str> = field.split('.').collect();
    for end in 1..=parts.len() {
        let path = parts.get(..end).unwrap_or_default().join(".");
        stages.push(
            doc! {"$unwind": {"path": format!("${path}"), "preserveNullAndEmptyArrays": true}},
        );
    }
    stages.push(doc! {"$match": {field: {"$exists": true}}});
    stages.push(doc! {"$group": {"_id": format!("${field}")}});
    stages.push(doc! {"$sort": {"_id": 1}});
    stages.push(doc! {"$project": {"_id": 0, "value": "$_id"}});
    stages
}

async fn whole_answer(mut stream: Stream) -> Result<Vec<RawDocumentBuf>, Failure> {
    let mut rows = Vec::new();
    while let Some(batch) = stream.next().await? {
        rows.extend(batch.documents().map(ToOwned::to_owned));
    }
    Ok(rows)
}

/// Which of these collections exist.
async fn existing(
    handle: &Handle,
    names: &[&str],
    limit: Duration,
) -> Result<BTreeSet<String>, Failure> {
    let listing = doc! {
        "listCollections": 1, "nameOnly": true, "authorizedCollections": true,
        "filter": {"name": {"$in": names}}, "cursor": {"batchSize": 100_000},
    };
    let operation = Operation::new(handle, "query");
    let answer = operation.command(listing, limit, "list its collections").await?;
    let batch = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let listed = batch.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Bson::as_document);
    Ok(listed.filter_map(|one| one.get_str("name").ok().map(ToOwned::to_owned)).collect())
}

fn unreadable() -> Failure {
    Failure::new(
        FailureKind::Malformed,
        "an answer of the server cannot be read",
        "Look at the documents with `tilldeck find`",
    )
}

fn too_late(collection: &str, limit: Duration) -> Failure {
    Failure::new(
        FailureKind::TimedOut,
        &format!(
            "`{collection}` was not read to its end within {}, the time for one question",
            format::setting(limit)
        ),
        "Ask fewer stores, filter by an indexed field, or raise `deadline` in [query] of the configuration",
    )
}

/// How many rows can wait for whoever takes them.
pub const fn queue() -> usize {
    QUEUE
}
