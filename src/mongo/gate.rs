//! The one write gate. Whatever changes a database goes through a [`Writer`], and only a
//! [`Gate`] makes one: read-only mode is enforced here, where the driver is called, and not
//! in the screens and commands above.

mod collections;
mod documents;
mod transaction;

use std::{future::Future, time::Duration};

use bson::{Document, doc};
use mongodb::{
    error::{Error, ErrorKind, Result as DriverResult, WriteFailure},
    options::{InsertManyOptions, WriteConcern},
};

pub use self::{collections::Dropped, documents::Inserted, transaction::AllOrNothing};
use super::{
    call::{CallError, within},
    error::{classify, deadline},
    fleet::Handle,
};
use crate::domain::failure::{Failure, FailureKind};

/// Deadline of one write.
const LIMIT: Duration = Duration::from_secs(30);
const NAMESPACE_EXISTS: i32 = 48;
const NAMESPACE_NOT_FOUND: i32 = 26;
const INDEX_NOT_FOUND: i32 = 27;
const DUPLICATE_KEY: i32 = 11000;

/// Decides whether anything may be written at all.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    read_only: bool,
}

impl Gate {
    /// A gate that is closed in read-only mode.
    pub const fn new(read_only: bool) -> Self {
        Self { read_only }
    }

    /// A handle that can write to this database.
    ///
    /// # Errors
    ///
    /// [`FailureKind::ReadOnly`] in read-only mode.
    pub fn writer(self, handle: &Handle) -> Result<Writer, Failure> {
        self.permit(&handle.name)?;
        Ok(Writer { handle: handle.clone(), durability: Durability::Majority })
    }

    /// Whether the database with this name may be written to at all.
    ///
    /// # Errors
    ///
    /// [`FailureKind::ReadOnly`] in read-only mode.
    pub fn permit(self, database: &str) -> Result<(), Failure> {
        if self.read_only {
            let message = format!("nothing is written to `{database}` in read-only mode");
            let hint = "Start tilldeck without `--read-only` and `read_only = true`";
            return Err(Failure::new(FailureKind::ReadOnly, &message, hint));
        }
        Ok(())
    }
}

/// What a write waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The majority of the replica set, and its journals.
    Majority,
    /// The memory of the primary: for data that can be made again.
    Memory,
}

/// A handle that can write to one database.
#[derive(Debug, Clone)]
pub struct Writer {
    handle: Handle,
    durability: Durability,
}

impl Writer {
    /// The same handle, with writes that wait for this.
    #[must_use]
    pub fn with(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// The database's name.
    pub fn database_name(&self) -> &str {
        &self.handle.name
    }

    /// Makes a collection; one that exists already is left as it is.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn create_collection(&self, name: &str) -> Result<(), Failure> {
        let command = doc! { "create": name, "writeConcern": self.concern_document() };
        let made = self.command(command);
        let made = async {
            match made.await {
                Err(error) if code_of(&error) == Some(NAMESPACE_EXISTS) => Ok(()),
                made => made.map(|_| ()),
            }
        };
        self.call("create a collection", made).await
    }

    /// Makes indexes, and the collection where it is missing. Equal ones are left as they are.
    ///
    /// # Errors
    ///
    /// The server refuses, as it does where a different index has the same name; or it does
    /// not answer within 30 s.
    pub async fn create_indexes(&self, name: &str, indexes: &[Document]) -> Result<(), Failure> {
        let concern = self.concern_document();
        let command = doc! { "createIndexes": name, "indexes": indexes, "writeConcern": concern };
        let made = self.command(command);
        self.call("create indexes", async { made.await.map(|_| ()) }).await
    }

    /// Inserts those documents whose `_id` is not there yet.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s. Some may be inserted by then.
    pub async fn insert_new(&self, name: &str, documents: Vec<Document>) -> Result<(), Failure> {
        let collection = self.handle.db.collection::<Document>(name);
        let options =
            InsertManyOptions::builder().ordered(false).write_concern(self.concern()).build();
        let insert = async move {
            if documents.is_empty() {
                return Ok(());
            }
            match collection.insert_many(documents).with_options(options).await {
                Err(error) if has_only_duplicates(&error) => Ok(()),
                inserted => inserted.map(|_| ()),
            }
        };
        self.call("insert documents", insert).await
    }

    /// Inserts the document unless one matches the filter, and gives the one that is there.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn insert_unless_there(
        &self,
        name: &str,
        filter: Document,
        document: Document,
    ) -> Result<Document, Failure> {
        let command = doc! {
            "findAndModify": name,
            "query": filter,
            "update": { "$setOnInsert": document },
            "upsert": true,
            "new": true,
            "writeConcern": self.concern_document(),
        };
        let there = self.command(command);
        let answer = self.call("insert a document", there).await?;
        Ok(answer.get_document("value").cloned().unwrap_or_default())
    }

    /// Whether a document matches the filter: what a write may depend on.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn has(&self, name: &str, filter: Document) -> Result<bool, Failure> {
        let collection = self.handle.db.collection::<Document>(name);
        let find = async move { collection.find_one(filter).await };
        self.call("read a document", find).await.map(|found| found.is_some())
    }

    /// Changes the document with this `_id`, if there is one.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 30 s.
    pub async fn update(
        &self,
        name: &str,
        id: bson::oid::ObjectId,
        update: Document,
    ) -> Result<(), Failure> {
        let collection = self.handle.db.collection::<Document>(name);
        let concern = self.concern();
        let update = async move {
            let filter = doc! { "_id": id };
            collection.update_one(filter, update).write_concern(concern).await.map(|_| ())
        };
        self.call("change a document", update).await
    }

    fn command(&self, command: Document) -> impl Future<Output = DriverResult<Document>> + use<> {
        let db = self.handle.db.clone();
        async move {
            let answer = db.run_command(command).await?;
            // The driver looks for this in its own writes only, not in plain commands.
            match answer.get_document("writeConcernError") {
                Ok(unconfirmed) => Err(unconfirmed_write(unconfirmed.clone())),
                Err(_) => Ok(answer),
            }
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        doing: &str,
        operation: impl Future<Output = DriverResult<T>> + Send + 'static,
    ) -> Result<T, Failure> {
        self.call_within(LIMIT, doing, operation).await
    }

    async fn call_within<T: Send + 'static>(
        &self,
        limit: Duration,
        doing: &str,
        operation: impl Future<Output = DriverResult<T>> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = self.handle.context(limit, doing);
        within(limit, operation).await.map_err(|error| match error {
            CallError::Driver(error) => classify(&error, &context),
            CallError::Deadline => deadline(None, &context),
            CallError::Panicked(_) => {
                let message =
                    format!("a write to `{}` ended in a fault of tilldeck", self.handle.name);
                Failure::new(FailureKind::Internal, &message, "Report this fault")
            }
        })
    }

    fn concern(&self) -> WriteConcern {
        match self.durability {
            Durability::Majority => {
                let mut concern = WriteConcern::majority();
                concern.journal = Some(true);
                concern
            }
            Durability::Memory => {
                let mut concern = WriteConcern::nodes(1);
                concern.journal = Some(false);
                concern
            }
        }
    }

    fn concern_document(&self) -> Document {
        match self.durability {
            Durability::Majority => doc! { "w": "majority", "j": true },
            Durability::Memory => doc! { "w": 1, "j": false },
        }
    }
}

fn milliseconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}

/// The write was done, but the majority of the replica set may not have it.
fn unconfirmed_write(answer: Document) -> Error {
    match bson::deserialize_from_document(answer) {
        Ok(error) => ErrorKind::Write(WriteFailure::WriteConcernError(error)).into(),
        Err(_) => Error::custom("a write that is not confirmed"),
    }
}

fn code_of(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

fn has_only_duplicates(error: &Error) -> bool {
    let ErrorKind::InsertMany(failed) = error.kind.as_ref() else { return false };
    let errors = failed.write_errors.as_deref().unwrap_or_default();
    failed.write_concern_error.is_none()
        && !errors.is_empty()
        && errors.iter().all(|error| error.code == DUPLICATE_KEY)
}
