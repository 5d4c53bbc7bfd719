//! Documents, collections and indexes of two databases of one replica set, all or nothing.

use std::time::Duration;

use bson::{Document, doc};
use mongodb::{
    Client, ClientSession,
    error::{
        Error, Result as DriverResult, TRANSIENT_TRANSACTION_ERROR,
        UNKNOWN_TRANSACTION_COMMIT_RESULT,
    },
    options::{ReadConcern, WriteConcern},
};

use super::{Inserted, Writer, milliseconds};
use crate::domain::{failure::Failure, index::IndexSpec};

/// Deadline of a whole transaction, attempts included. Shorter than the lease that keeps
/// other creators out meanwhile.
const LIMIT: Duration = Duration::from_secs(10);
/// How often a transaction is tried that lost against another one.
const ATTEMPTS: u32 = 8;
/// How often a commit is repeated whose outcome is not known; repeating it is harmless.
const COMMITS: u32 = 5;

/// What is made in one transaction.
#[derive(Debug, Clone)]
pub struct AllOrNothing {
    /// Documents for the main database, each with the name of its collection.
    pub documents: Vec<(String, Document)>,
    /// The database for the collections.
    pub home: String,
    /// Collections that do not exist yet, with their indexes.
    pub collections: Vec<(String, Vec<IndexSpec>)>,
}

impl Writer {
    /// Makes everything or nothing. `home` must be a database of the same replica set.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer within 10 s. After a lost connection during
    /// the commit the outcome is not known: read again what was to be there.
    pub async fn make_at_once(&self, all: AllOrNothing) -> Result<Inserted, Failure> {
        let client = self.handle.db.client().clone();
        let main = self.handle.name.clone();
        let made = async move {
            let mut attempt = 1;
            loop {
                match attempted(&client, &main, &all).await {
                    Err(error) if is_transient(&error) && attempt < ATTEMPTS => attempt += 1,
                    Err(error) => return Inserted::of(&error).ok_or(error),
                    Ok(()) => return Ok(Inserted::New),
                }
                tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
            }
        };
        self.call_within(LIMIT, "make a store in one transaction", made).await
    }
}

fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

async fn attempted(client: &Client, main: &str, all: &AllOrNothing) -> DriverResult<()> {
    let mut session = client.start_session().await?;
    // The server makes collections and indexes in a transaction at this level only.
    session
        .start_transaction()
        .read_concern(ReadConcern::local())
        .write_concern(WriteConcern::majority())
        .await?;
    if let Err(error) = filled(client, main, all, &mut session).await {
        // The transaction ends by itself where even this does not reach the server.
        let _ = session.abort_transaction().await;
        return Err(error);
    }
    let mut commits = 1;
    loop {
        match session.commit_transaction().await {
            Err(error)
                if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && commits < COMMITS =>
            {
                commits += 1;
            }
            Err(error) => {
                end(client, main, all, &mut session).await;
                return Err(error);
            }
            Ok(()) => return Ok(()),
        }
    }
}

/// Ends a transaction whose commit failed, as far as it is not committed. Otherwise it would
/// hold its keys on the server for a minute, and whoever asks what came of it would wait.
async fn end(client: &Client, main: &str, all: &AllOrNothing, session: &mut ClientSession) {
    // The driver cannot abort any more, but the next transaction of a session ends the one
    // before it, and its first command is what begins it.
    if session.start_transaction().await.is_ok() {
        let collection = all.documents.first().map_or("", |(name, _)| name.as_str());
        let look = doc! {
            "find": collection, "limit": 1, "singleBatch": true, "comment": "tilldeck",
        };
        let _ = client.database(main).run_command(look).session(&mut *session).await;
        let _ = session.abort_transaction().await;
    }
}

async fn filled(
    client: &Client,
    main: &str,
    all: &AllOrNothing,
    session: &mut ClientSession,
) -> DriverResult<()> {
    let (main, home) = (client.database(main), client.database(&all.home));
    for (collection, document) in &all.documents {
        let collection = main.collection::<Document>(collection);
        collection.insert_one(document).comment("tilldeck").session(&mut *session).await?;
    }
    for (name, indexes) in &all.collections {
        let create = doc! {"create": name, "comment": "tilldeck"};
        home.run_command(create).session(&mut *session).await?;
        if !indexes.is_empty() {
            let indexes: Vec<&Document> = indexes.iter().map(IndexSpec::document).collect();
            let create = doc! {
                "createIndexes": name, "indexes": bson::serialize_to_bson(&indexes)?,
                "maxTimeMS": milliseconds(LIMIT), "comment": "tilldeck",
            };
            home.run_command(create).session(&mut *session).await?;
        }
    }
    Ok(())
}
