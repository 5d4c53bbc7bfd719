//! What reads documents: each can be ended at any time, and ends on the servers, too.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bson::{Document, doc};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    console::state::{
        command::{Command, Exported, Look, PageWanted, RequestId},
        documents::panel::Looked,
        event::Event,
    },
    domain::{
        collection::{Facts, Form},
        database::Database,
        export::Format,
        failure::Failure,
        page::{Page, PageRequest, Read},
        query::Query,
        question::{Plan, Question, Told},
    },
    export::{Destination, Progress, Writer, export},
    mongo::{fanout::queue, fleet::Fleet, read::Ask},
};

/// Rows that are told at once.
const TOLD: usize = 256;

/// Reads, and tells the loop of what comes.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) fleet: Fleet,
    pub(super) replies: mpsc::Sender<Event>,
    /// What is under way, to be ended.
    under_way: Arc<Mutex<HashMap<RequestId, CancellationToken>>>,
}

/// The request of a command that can be ended.
pub(super) const fn request_of(command: &Command) -> Option<RequestId> {
    match command {
        Command::LoadPage { request, .. }
        | Command::CountDocuments { request, .. }
        | Command::LookAt { request, .. }
        | Command::FollowChanges { request, .. }
        | Command::ExportDocuments { request, .. }
        | Command::ExportRows { request, .. }
        | Command::AskStores { request, .. } => Some(*request),
        _ => None,
    }
}

impl Reader {
    pub(super) fn new(fleet: Fleet, replies: mpsc::Sender<Event>) -> Self {
        Self { fleet, replies, under_way: Arc::default() }
    }

    /// Notes that a request is under way.
    pub(super) fn begin(&self, request: RequestId) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().insert(request, token.clone());
        token
    }

    /// Ends a request, wherever it is.
    pub(super) fn end(&self, request: RequestId) {
        if let Some(token) = self.lock().remove(&request) {
            token.cancel();
        }
    }

    /// Ends every request.
    pub(super) fn end_all(&self) {
        for (_, token) in self.lock().drain() {
            token.cancel();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, CancellationToken>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what the command asks for. No answer where it was ended.
    pub(super) async fn run(
        &self,
        request: RequestId,
        command: Command,
        token: CancellationToken,
    ) -> Option<Event> {
        let answer = tokio::select! {
            // Dropping the work ends its commands on the servers.
            () = token.cancelled() => None,
            answer = self.answer(request, command) => Some(answer),
        };
        self.lock().remove(&request);
        answer
    }

    async fn answer(&self, request: RequestId, command: Command) -> Event {
        let fleet = &self.fleet;
        match command {
            Command::LoadPage { database, collection, wanted, .. } => {
                self.page(request, (database, collection), *wanted).await
            }
            Command::CountDocuments { database, collection, query, .. } => {
                let count = fleet.count(database, &collection, &query).await;
                Event::DocumentsCounted { request, count }
            }
            Command::LookAt { database, collection, look, .. } => {
                let looked = self.look(database, &collection, look).await;
                Event::LookedAt { request, looked }
            }
            Command::FollowChanges { database, collections, .. } => {
                let failure = self.follow(request, database, &collections).await.err();
                Event::FollowingEnded { request, failure }
            }
            Command::ExportDocuments {
                database,
                collection,
                what,
                format,
                path,
                overwrite,
                ..
            } => {
                let destination = Destination::File { path: home(&path), overwrite };
                let written =
                    self.export(request, (database, collection), (what, format, destination)).await;
                Event::ExportEnded {
                    request,
                    outcome: written.map(|done| (done.documents, done.bytes)),
                }
            }
            Command::ExportRows { rows, format, path, overwrite, .. } => {
                let destination = Destination::File { path: home(&path), overwrite };
                let outcome = export_rows(&rows, format, &destination);
                Event::ExportEnded {
                    request,
                    outcome: outcome.map(|done| (done.documents, done.bytes)),
                }
            }
            Command::AskStores { question, plan, .. } => {
                let outcome = self.ask(request, &question, &plan).await.map(Box::new);
                Event::StoresAsked { request, outcome }
            }
            // Only commands with a request of this kind come here.
            _ => Event::QueueFilled,
        }
    }

    async fn page(
        &self,
        request: RequestId,
        (database, collection): (Database, String),
        wanted: PageWanted,
    ) -> Event {
        match self.read_page(database, collection, wanted).await {
            Ok(Answered::Page(read)) => Event::PageLoaded { request, page: Ok(read) },
            Ok(Answered::Doubt(plan, documents)) => Event::PageDoubted { request, plan, documents },
            Err(failure) => Event::PageLoaded { request, page: Err(failure) },
        }
    }

    async fn read_page(
        &self,
        database: Database,
        collection: String,
        wanted: PageWanted,
    ) -> Result<Answered, Failure> {
        let facts = match wanted.facts {
            Some(facts) => facts,
            None => Arc::new(self.fleet.facts(database, &collection).await?),
        };
        let is_plain = wanted.query == Query::default();
        let config = self.fleet.query_config();
        let mut query = wanted.query;
        if query.sort.is_empty() && wanted.order.is_none() {
            query.sort = newest_first(&facts);
        }
        let documents = facts.estimated.unwrap_or(0);
        if !wanted.is_sure
            && !is_plain
            && wanted.order.is_none()
            && documents > config.ask_above.into()
        {
            let plan = self.fleet.plan(database, &collection, &query).await?;
            if plan.is_costly() {
                return Ok(Answered::Doubt(Box::new(plan), documents));
            }
        }
        let page: Page = self
            .fleet
            .page(
                database,
                PageRequest {
                    collection,
                    facts: facts.clone(),
                    query,
                    order: wanted.order,
                    from: wanted.from,
                    size: config.page,
                },
            )
            .await?;
        Ok(Answered::Page(Box::new(Read { facts, page })))
    }

    async fn look(
        &self,
        database: Database,
        collection: &str,
        look: Look,
    ) -> Result<Looked, Failure> {
        let fleet = &self.fleet;
        Ok(match look {
            Look::Indexes => Looked::Indexes(Box::new(fleet.inspect(database, collection).await?)),
            Look::Fields => Looked::Fields(
                fleet.sample(database, collection, fleet.query_config().sample).await?,
            ),
            Look::Plan(query) => {
                Looked::Plan(Box::new(fleet.explain(database, collection, &query).await?))
            }
        })
    }

    async fn follow(
        &self,
        request: RequestId,
        database: Database,
        collections: &[String],
    ) -> Result<(), Failure> {
        let mut changes = self.fleet.tail(database, collections).await?;
        while let Some(change) = changes.next().await? {
            let told = Event::DocumentChanged { request, change: Box::new(change.summary()) };
            if self.replies.send(told).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn export(
        &self,
        request: RequestId,
        (database, collection): (Database, String),
        (what, format, destination): (Exported, Format, Destination),
    ) -> Result<Progress, Failure> {
        let mut writer = Writer::open(&destination, format, vec![])?;
        let query = match what {
            Exported::Documents(documents) => {
                for document in documents {
                    writer.write(&[], &document)?;
                }
                return writer.finish();
            }
            Exported::Query(query) => *query,
        };
        let ask = Ask {
            collection,
            verb: "export",
            filter: query.filter,
            sort: query.sort,
            projection: query.projection,
            collation: query.collation,
            max_time: self.fleet.query_config().export_time,
            ..Ask::default()
        };
        let stream = self.fleet.stream(database, ask)?;
        let (progress, mut seen) = watch::channel(Progress::default());
        let tell = async {
            while seen.changed().await.is_ok() {
                let done = *seen.borrow_and_update();
                let event =
                    Event::ExportAdvanced { request, written: (done.documents, done.bytes) };
                if self.replies.send(event).await.is_err() {
                    break;
                }
            }
        };
        let run = async move {
            let done = export(stream, writer, &progress).await;
            drop(progress);
            done
        };
        tokio::join!(run, tell).0
    }

    async fn ask(
        &self,
        request: RequestId,
        question: &Question,
        plan: &Plan,
    ) -> Result<crate::domain::question::Outcome, Failure> {
        let (tell, mut told) = mpsc::channel(queue());
        let tell_on = async {
            let mut waiting: Vec<Told> = Vec::new();
            while told.recv_many(&mut waiting, TOLD).await > 0 {
                let event = Event::StoresTold { request, told: std::mem::take(&mut waiting) };
                if self.replies.send(event).await.is_err() {
                    break;
                }
            }
        };
        let ask = async move { self.fleet.ask_stores(question, plan, &tell).await };
        tokio::join!(ask, tell_on).0
    }
}

enum Answered {
    Page(Box<Read>),
    Doubt(Box<crate::domain::explain::Plan>, u64),
}

/// What most people open a collection for.
fn newest_first(facts: &Facts) -> Document {
    if let (Form::TimeSeries, Some(field)) = (&facts.form, &facts.time_field) {
        doc! {field: -1}
    } else {
        doc! {"_id": -1}
    }
}

fn export_rows(
    rows: &[(String, String, Arc<bson::RawDocumentBuf>)],
    format: Format,
    destination: &Destination,
) -> Result<Progress, Failure> {
    let mut writer = Writer::open(destination, format, vec!["store_id", "database"])?;
    for (store_id, database, document) in rows {
        writer.write(&[store_id, database], document)?;
    }
    writer.finish()
}

/// The path, with `~` as the shell has it.
fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}
