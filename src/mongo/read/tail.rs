//! Changes as they happen, by change stream, in a task of its own.

use std::time::Duration;

use bson::{Bson, RawDocument, RawDocumentBuf, doc, spec::ElementType};
use mongodb::{
    change_stream::ChangeStream,
    error::{Error, ErrorKind},
    options::FullDocumentType,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::failure::silent;
use crate::{
    domain::{
        change::Change,
        document::raw::without,
        failure::{Failure, FailureKind},
        text::safe,
    },
    mongo::{
        call::{CallError, within},
        error::classify,
        probe::Handle,
    },
};

/// How long the server holds an answer back while nothing happens. The task notices within
/// that time that nobody listens any more.
const AWAIT: Duration = Duration::from_secs(1);
/// Changes that wait to be taken, each of up to 16 MB; then the stream waits.
const QUEUE: usize = 16;
/// `$changeStream` on a server that is no replica set.
const NO_CHANGE_STREAMS: i32 = 40_573;

/// The changes of some collections. Dropping it ends the change stream.
#[derive(Debug)]
pub struct Tail {
    changes: mpsc::Receiver<Result<Change, Failure>>,
    task: JoinHandle<()>,
}

impl Tail {
    /// The next change; `None` after an invalidation or an error. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Why the stream ended.
    pub async fn next(&mut self) -> Result<Option<Change>, Failure> {
        self.changes.recv().await.transpose()
    }

    /// Ends the change stream, and returns when it is ended: a program that is gone before
    /// leaves it on the server for ten minutes.
    pub async fn end(mut self) {
        self.changes.close();
        let _ = timeout(AWAIT * 3, self.task).await;
    }
}

/// Follows the collections with these names, from now on.
///
/// # Errors
///
/// `not_found` in kind `server` on a server without change streams, which says so in words;
/// the failure of the stream.
pub(super) async fn tail(
    handle: &Handle,
    collections: &[String],
    limit: Duration,
) -> Result<Tail, Failure> {
    let names: Vec<Bson> = collections.iter().map(|name| Bson::String(name.clone())).collect();
    let db = handle.db.clone();
    let opening = async move {
        // No comment: the driver would put it into the stage, where servers refuse it.
        db.watch()
            .pipeline([doc! {"$match": {"ns.coll": {"$in": names}}}])
            .full_document(FullDocumentType::UpdateLookup)
            .max_await_time(AWAIT)
            .await
            .map(ChangeStream::with_type::<RawDocumentBuf>)
    };
    let doing = "follow changes";
    let opened = within(limit, opening).await.map_err(|error| match &error {
        CallError::Driver(error) => told(error, handle, limit, doing),
        CallError::Deadline => silent(&handle.name, limit),
        CallError::Panicked(_) => error.failure(None, &handle.context(limit, doing)),
    })?;
    let (sender, changes) = mpsc::channel(QUEUE);
    let handle = handle.clone();
    let task = tokio::spawn(async move {
        let mut stream = opened;
        while !sender.is_closed() && stream.is_alive() {
            let change = match stream.next_if_any().await {
                Ok(None) => continue,
                Ok(Some(event)) => Ok(change(&event)),
                Err(error) => Err(told(&error, &handle, limit, doing)),
            };
            let is_last = change.is_err();
            if sender.send(change).await.is_err() || is_last {
                return;
            }
        }
    });
    Ok(Tail { changes, task })
}

fn told(error: &Error, handle: &Handle, limit: Duration, doing: &str) -> Failure {
    match &*error.kind {
        ErrorKind::Command(command) if command.code == NO_CHANGE_STREAMS => Failure::new(
            FailureKind::Server,
            &format!(
                "the server of `{}` has no change streams: it is no replica set",
                safe(&handle.name)
            ),
            "Read the page again to see what has changed, or make the server a replica set of one",
        ),
        _ => classify(error, &handle.context(limit, doing)),
    }
}

fn change(event: &RawDocument) -> Change {
    let part = |name: &str| event.get_document(name).ok();
    let update = part("updateDescription").map(|update| {
        // What an update did not do is not worth a word.
        ["removedFields", "truncatedArrays"].into_iter().fold(update.to_owned(), |rest, name| {
            match without(&rest, name) {
                (less, Some(field))
                    if field.kind == ElementType::Array && field.value.len() == 5 =>
                {
                    less
                }
                _ => rest,
            }
        })
    });
    let at = event.get_datetime("wallTime").ok().or_else(|| {
        let clock = event.get_timestamp("clusterTime").ok()?;
        Some(bson::DateTime::from_millis(i64::from(clock.time) * 1000))
    });
    Change {
        at,
        operation: event.get_str("operationType").unwrap_or_default().to_owned(),
        collection: part("ns")
            .and_then(|ns| ns.get_str("coll").ok().map(ToOwned::to_owned))
            .unwrap_or_default(),
        key: part("documentKey").map(ToOwned::to_owned).unwrap_or_default(),
        document: part("fullDocument").map(ToOwned::to_owned),
        update,
    }
}
