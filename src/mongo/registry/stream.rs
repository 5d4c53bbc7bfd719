//! The registry's change stream, in a task of its own.
//!
//! The driver's futures must not be dropped half-way, so the task alone awaits them, and
//! looks between two of them whether anybody still listens.

use std::{sync::Arc, time::Duration};

use bson::{RawDocumentBuf, doc};
use mongodb::{
    change_stream::ChangeStream,
    error::{Error, ErrorKind},
    options::FullDocumentType,
};
use tokio::sync::mpsc;

use super::{
    ledger::{RecordEvent, decode},
    reader::{collection, projection},
};
use crate::{
    config::Timing,
    domain::{
        database::Layout,
        failure::{Failure, FailureKind},
    },
    mongo::{
        call::{CallError, within},
        probe::Handle,
    },
};

/// How long the server holds an answer back while nothing happens. The task notices within
/// that time that nobody listens any more.
const AWAIT: Duration = Duration::from_secs(1);
/// Events that wait to be taken.
const QUEUE: usize = 256;

/// `$changeStream` on a server that is no replica set.
const NO_CHANGE_STREAMS: i32 = 40573;
const UNAUTHORISED: i32 = 13;

/// What opening led to.
pub(super) enum Opened {
    /// Changes are gathered from now on.
    Stream(Stream),
    /// This server, or this login, has no change streams, for this reason.
    Impossible(Failure),
}

/// Why a stream ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// What was followed is not there any more: open and read again.
    Again,
    /// The failure of the stream.
    Failed(Failure),
}

/// The receiving end. Dropping it ends the task.
pub(super) struct Stream {
    events: mpsc::Receiver<Result<RecordEvent, Ending>>,
    ending: Option<Ending>,
}

impl Stream {
    /// The next event. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<RecordEvent, Ending> {
        match self.ending.take() {
            Some(ending) => Err(ending),
            None => self.events.recv().await.unwrap_or(Err(Ending::Again)),
        }
    }

    /// An event that is there already. An ending is kept for [`Self::next`].
    pub(super) fn try_next(&mut self) -> Option<RecordEvent> {
        match self.events.try_recv() {
            Ok(Ok(event)) if self.ending.is_none() => Some(event),
            Ok(Err(ending)) => {
                self.ending = Some(ending);
                None
            }
            _ => None,
        }
    }
}

/// Opens the change stream of the registry.
///
/// # Errors
///
/// The classified failure, where it is not that there are no change streams.
pub(super) async fn open(
    handle: &Handle,
    layout: &Arc<Layout>,
    timing: &Timing,
) -> Result<Opened, Failure> {
    let limit = timing.read_timeout;
    let registry = collection(handle, layout, true);
    let mut fields = doc! {"operationType": 1, "documentKey": 1, "fullDocument._id": 1};
    fields.extend(
        projection(layout)
            .into_iter()
            .map(|(field, _)| (format!("fullDocument.{field}"), 1.into())),
    );
    let opening = async move {
        // No comment: the driver would put it into the stage, where servers refuse it.
        registry
            .watch()
            .pipeline([doc! {"$project": fields}])
            .full_document(FullDocumentType::UpdateLookup)
            .max_await_time(AWAIT)
            .await
    };
    let context = handle.context(limit, "follow the registry by change stream");
    match within(limit, opening).await {
        Ok(stream) => {
            let (sender, events) = mpsc::channel(QUEUE);
            let follower =
                Follower { handle: handle.clone(), layout: layout.clone(), limit, sender };
            tokio::spawn(follower.run(stream.with_type()));
            Ok(Opened::Stream(Stream { events, ending: None }))
        }
        Err(error) => match impossible(&error) {
            Some(NO_CHANGE_STREAMS) => Ok(Opened::Impossible(Failure::new(
                FailureKind::Server,
                &format!("`{}` has no change streams: it is no replica set", handle.name),
                "Run the server as a replica set of one to see changes at once",
            ))),
            Some(_) => Ok(Opened::Impossible(error.failure(None, &context))),
            None => Err(error.failure(None, &context)),
        },
    }
}

/// The code that says that there will never be a change stream here.
fn impossible(error: &CallError) -> Option<i32> {
    let CallError::Driver(error) = error else { return None };
    let ErrorKind::Command(command) = error.kind.as_ref() else { return None };
    [NO_CHANGE_STREAMS, UNAUTHORISED].into_iter().find(|code| *code == command.code)
}

/// The task that alone awaits the driver.
struct Follower {
    handle: Handle,
    layout: Arc<Layout>,
    limit: Duration,
    sender: mpsc::Sender<Result<RecordEvent, Ending>>,
}

impl Follower {
    async fn run(self, mut stream: ChangeStream<RawDocumentBuf>) {
        while !self.sender.is_closed() {
            let told = match stream.next_if_any().await {
                Ok(Some(event)) => match decode(&event, &self.layout) {
                    Ok(Some(event)) => Ok(event),
                    Ok(None) => continue,
                    Err(_) => Err(Ending::Again),
                },
                Ok(None) if stream.is_alive() => continue,
                Ok(None) => Err(Ending::Again),
                Err(error) => Err(self.ending(&error)),
            };
            let is_end = told.is_err();
            // A full queue holds the stream back; an error says that nobody listens any more.
            if self.sender.send(told).await.is_err() || is_end {
                return;
            }
        }
    }

    /// The driver has resumed by itself where that was possible.
    fn ending(&self, error: &Error) -> Ending {
        if is_history_lost(error) {
            return Ending::Again;
        }
        let context = self.handle.context(self.limit, "follow the registry by change stream");
        Ending::Failed(crate::mongo::error::classify(error, &context))
    }
}

/// Whether the place in the oplog is gone, so that only a fresh read helps: the codes of
/// `ChangeStreamFatalError` and `ChangeStreamHistoryLost`.
fn is_history_lost(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(command) if [280, 286].contains(&command.code))
}
