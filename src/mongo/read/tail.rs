//! Changes as they happen, by change stream, in a task of its own.

use std::time::Duration;

use bson::{Bson, Document, doc};
use mongodb::{
    change_stream::ChangeStream,
    error::{Error, ErrorKind},
    options::FullDocumentType,
};
use tokio::sync::mpsc;

use super::failure::silent;
use crate::{
    domain::{
        change::Change,
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
/// Changes that wait to be taken; then the stream waits.
const QUEUE: usize = 256;
/// `$changeStream` on a server that is no replica set.
const NO_CHANGE_STREAMS: i32 = 40_573;

/// The changes of some collections. Dropping it ends the change stream.
#[derive(Debug)]
pub struct Tail {
    changes: mpsc::Receiver<Result<Change, Failure>>,
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
            .map(ChangeStream::with_type::<Document>)
    };
    let doing = "follow changes";
    let opened = within(limit, opening).await.map_err(|error| match &error {
        CallError::Driver(error) => told(error, handle, limit, doing),
        CallError::Deadline => silent(&handle.name, limit),
        CallError::Panicked(_) => error.failure(None, &handle.context(limit, doing)),
    })?;
    let (sender, changes) = mpsc::channel(QUEUE);
    let handle = handle.clone();
    tokio::spawn(async move {
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
    Ok(Tail { changes })
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

fn change(event: &Document) -> Change {
    let part = |name: &str| event.get_document(name).ok().cloned();
    let clock = event.get_timestamp("clusterTime").ok();
    let update = part("updateDescription").map(|update| {
        let is_empty = |value: &Bson| value.as_array().is_some_and(Vec::is_empty);
        update.into_iter().filter(|(_, value)| !is_empty(value)).collect()
    });
    Change {
        at: event.get_datetime("wallTime").ok().copied().or_else(|| {
            clock.map(|clock| bson::DateTime::from_millis(i64::from(clock.time) * 1000))
        }),
        operation: event.get_str("operationType").unwrap_or_default().to_owned(),
        collection: part("ns")
            .and_then(|ns| ns.get_str("coll").ok().map(ToOwned::to_owned))
            .unwrap_or_default(),
        key: part("documentKey").unwrap_or_default(),
        document: part("fullDocument"),
        update,
    }
}
