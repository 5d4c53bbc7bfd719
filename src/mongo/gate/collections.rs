//! Collections and indexes through the gate.

use bson::{Document, doc};
use futures_util::TryStreamExt as _;

use super::{INDEX_NOT_FOUND, LIMIT, NAMESPACE_NOT_FOUND, Writer, code_of, milliseconds};
use crate::domain::{
    failure::{Failure, FailureKind},
    index::IndexSpec,
};

/// What came of taking a collection away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It is gone, or never was.
    Gone,
    /// It holds documents, so it stays.
    HoldsDocuments,
}

impl Writer {
    /// Which of these collections exist.
    ///
    /// # Errors
    ///
    /// One of them is a view: a store that was moved away leaves such a thing, and nothing can
    /// be kept in it. The server refuses, or does not answer within 30 s.
    pub async fn existing(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let command = doc! {
            "listCollections": 1, "nameOnly": true, "authorizedCollections": true,
            "filter": {"name": {"$in": names}}, "cursor": {"batchSize": 1_000},
            "maxTimeMS": milliseconds(LIMIT), "comment": "tilldeck",
        };
        let db = self.handle.db.clone();
        let read = async move {
            let listed: Vec<Document> = db.run_cursor_command(command).await?.try_collect().await?;
            Ok(listed)
        };
        let listed = self.call("list its collections", read).await?;
        if let Some(view) = listed.iter().find(|one| matches!(one.get_str("type"), Ok("view"))) {
            return Err(in_the_way(view.get_str("name").unwrap_or_default(), &self.handle.name));
        }
        let name = |listed: &Document| listed.get_str("name").ok().map(ToOwned::to_owned);
        Ok(listed.iter().filter_map(name).collect())
    }

    /// The indexes of a collection, `_id` included; none for one that does not exist.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn indexes(&self, name: &str) -> Result<Vec<IndexSpec>, Failure> {
        let command = doc! {
            "listIndexes": name, "cursor": {"batchSize": 1_000},
            "maxTimeMS": milliseconds(LIMIT), "comment": "tilldeck",
        };
        let db = self.handle.db.clone();
        let read = async move {
            match db.run_cursor_command(command).await {
                Ok(cursor) => cursor.try_collect().await,
                Err(error) if code_of(&error) == Some(NAMESPACE_NOT_FOUND) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        };
        let listed: Vec<Document> = self.call("list the indexes of a collection", read).await?;
        Ok(listed.iter().map(IndexSpec::new).collect())
    }

    /// Takes an index away; one that is not there is no failure.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s: it may be gone then.
    pub async fn drop_index(&self, name: &str, index: &str) -> Result<(), Failure> {
        let command = doc! {
            "dropIndexes": name, "index": index, "writeConcern": self.concern_document(),
            "maxTimeMS": milliseconds(LIMIT), "comment": "tilldeck",
        };
        let dropped = self.command(command);
        let dropped = async {
            match dropped.await {
                Err(error) if code_of(&error) == Some(INDEX_NOT_FOUND) => Ok(()),
                dropped => dropped.map(|_| ()),
            }
        };
        self.call("drop an index", dropped).await
    }

    /// Takes a collection away if it is empty.
    ///
    /// Between the look and the drop a document can come in, so the collection must be one
    /// that nobody is led to any more.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s: it may be gone then.
    pub async fn drop_if_empty(&self, name: &str) -> Result<Dropped, Failure> {
        let first = vec![doc! {"$limit": 1}, doc! {"$project": {"_id": 1}}];
        if !self.read(name, first, None).await?.is_empty() {
            return Ok(Dropped::HoldsDocuments);
        }
        let command = doc! {
            "drop": name, "writeConcern": self.concern_document(),
            "maxTimeMS": milliseconds(LIMIT), "comment": "tilldeck",
        };
        let dropped = self.command(command);
        let dropped = async {
            match dropped.await {
                Err(error) if code_of(&error) == Some(NAMESPACE_NOT_FOUND) => Ok(()),
                dropped => dropped.map(|_| ()),
            }
        };
        self.call("drop an empty collection", dropped).await.map(|()| Dropped::Gone)
    }
}

fn in_the_way(view: &str, database: &str) -> Failure {
    let message = format!("`{view}` in `{database}` is a view, so the store cannot use that name");
    let hint = "Find out whether a store was moved away from there, and drop the view by mongosh \
                when nothing relies on it";
    Failure::new(FailureKind::Moved, &message, hint)
}
