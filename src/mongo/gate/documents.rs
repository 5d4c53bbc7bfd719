//! Documents through the gate: what journals, leases and the registry need.

use bson::{Document, doc, oid::ObjectId};

use super::{DUPLICATE_KEY, LIMIT, Writer, code_of, milliseconds};
use crate::{domain::failure::Failure, mongo::browse::read_majority};

/// What came of an insertion that must not meet an equal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is there now.
    New,
    /// A unique index has the key already.
    Duplicate,
}

impl Writer {
    /// Inserts one document.
    ///
    /// # Errors
    ///
    /// The server refuses for another reason than a duplicate key, or does not answer within
    /// 30 s: it may be inserted then.
    pub async fn insert(&self, name: &str, document: Document) -> Result<Inserted, Failure> {
        let command = doc! {
            "insert": name, "documents": [document],
            "writeConcern": self.concern_document(), "maxTimeMS": milliseconds(LIMIT),
            "comment": "tilldeck",
        };
        let inserted = self.command(command);
        let inserted = async {
            let answer = inserted.await?;
            let errors = answer.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
            let code = errors.first().and_then(|error| error.as_document()?.get_i32("code").ok());
            match code {
                None => Ok(Inserted::New),
                Some(DUPLICATE_KEY) => Ok(Inserted::Duplicate),
                Some(code) => Err(mongodb::error::Error::custom(format!("write error {code}"))),
            }
        };
        self.call("insert a document", inserted).await
    }

    /// Changes the one document that matches, and gives it as it is then; `None` where none
    /// matches. The update is a pipeline, so that the server's clock can be used: `$$NOW`.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s: it may be changed then.
    pub async fn change(
        &self,
        name: &str,
        filter: Document,
        pipeline: Vec<Document>,
    ) -> Result<Option<Document>, Failure> {
        let command = doc! {
            "findAndModify": name, "query": filter, "update": pipeline, "new": true,
            "writeConcern": self.concern_document(), "maxTimeMS": milliseconds(LIMIT),
            "comment": "tilldeck",
        };
        let changed = self.command(command);
        let answer = self.call("change a document", changed).await?;
        Ok(answer.get_document("value").ok().cloned())
    }

    /// Makes the document with this `_id`, or changes it, by a pipeline.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s: it may be there then.
    pub async fn put(
        &self,
        name: &str,
        id: ObjectId,
        pipeline: Vec<Document>,
    ) -> Result<(), Failure> {
        let command = doc! {
            "findAndModify": name, "query": {"_id": id}, "update": pipeline, "upsert": true,
            "writeConcern": self.concern_document(), "maxTimeMS": milliseconds(LIMIT),
            "comment": "tilldeck",
        };
        let put = self.command(command);
        self.call("insert a document", async { put.await.map(|_| ()) }).await
    }

    /// Takes away the one document that matches; whether there was one.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s: it may be gone then.
    pub async fn remove(&self, name: &str, filter: Document) -> Result<bool, Failure> {
        let command = doc! {
            "findAndModify": name, "query": filter, "remove": true,
            "writeConcern": self.concern_document(), "maxTimeMS": milliseconds(LIMIT),
            "comment": "tilldeck",
        };
        let removed = self.command(command);
        let answer = self.call("remove a document", removed).await?;
        Ok(answer.get_document("value").is_ok())
    }

    /// Runs an aggregation that a write depends on: on the primary, with what the majority
    /// of the replica set has.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn read(
        &self,
        name: &str,
        pipeline: Vec<Document>,
        collation: Option<Document>,
    ) -> Result<Vec<Document>, Failure> {
        read_majority(&self.handle, name, (pipeline, collation), LIMIT).await
    }
}

impl Inserted {
    /// Whether it is the error of a unique index.
    pub(super) fn of(error: &mongodb::error::Error) -> Option<Self> {
        (code_of(error) == Some(DUPLICATE_KEY)).then_some(Self::Duplicate)
    }
}
