//! Reads that a person asked for: pages, streams, counts, plans, samples, changes.
//!
//! Each command has a deadline on the server (`maxTimeMS`), a comment of its own that finds
//! it there, and can be ended at any time: [`Operation::kill`] ends it on the server too.
//! What would write, or run JavaScript on the server, is refused here, where the driver is
//! called: see [`query::refuse`](crate::domain::query::refuse).

mod facts;
mod failure;
mod page;
mod stream;
mod tail;

pub(super) use self::stream::{ended, open};
pub use self::{
    stream::{Ask, Batch, Operation, Stream},
    tail::Tail,
};

use super::fleet::Fleet;
use crate::domain::{
    collection::{Facts, Inspection},
    database::Database,
    explain::Plan,
    failure::Failure,
    page::{Page, PageRequest},
    query::Query,
    schema::Schema,
};

/// Each fails with the failure of the pool or of the read, and with `usage` for what is never
/// sent. A future that is dropped ends its command on the server.
impl Fleet {
    /// What a collection is.
    ///
    /// # Errors
    ///
    /// `missing` where it does not exist.
    pub async fn facts(&self, database: Database, collection: &str) -> Result<Facts, Failure> {
        facts::facts(&self.handle(database)?, collection, self.read_timeout()).await
    }

    /// A collection from all sides: indexes with size and use, validator, options.
    ///
    /// # Errors
    ///
    /// `missing` where it does not exist.
    pub async fn inspect(
        &self,
        database: Database,
        collection: &str,
    ) -> Result<Inspection, Failure> {
        facts::inspect(&self.handle(database)?, collection, self.read_timeout()).await
    }

    /// One page by key.
    ///
    /// # Errors
    ///
    /// As above, and `usage` for a sort that cannot be paged that way.
    pub async fn page(&self, database: Database, request: PageRequest) -> Result<Page, Failure> {
        page::page(&self.handle(database)?, request, self.query_config()).await
    }

    /// Everything that a query gives, batch by batch.
    ///
    /// # Errors
    ///
    /// Nothing has been sent then; what the server says comes with the first batch.
    pub fn stream(&self, database: Database, ask: Ask) -> Result<Stream, Failure> {
        open(&self.handle(database)?, ask)
    }

    /// How many documents match, counted one by one.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn count(
        &self,
        database: Database,
        collection: &str,
        query: &Query,
    ) -> Result<u64, Failure> {
        facts::count(&self.handle(database)?, collection, query, self.query_config()).await
    }

    /// The plan of a query and what it costs.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn explain(
        &self,
        database: Database,
        collection: &str,
        query: &Query,
    ) -> Result<Plan, Failure> {
        facts::explain(&self.handle(database)?, collection, query, self.query_config()).await
    }

    /// The plan of a query, planned and not run.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn plan(
        &self,
        database: Database,
        collection: &str,
        query: &Query,
    ) -> Result<Plan, Failure> {
        let handle = self.handle(database)?;
        facts::explain_plan(&handle, collection, query, self.query_config().max_time).await
    }

    /// What documents look like, from a random sample of at most `n`.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn sample(
        &self,
        database: Database,
        collection: &str,
        n: u32,
    ) -> Result<Schema, Failure> {
        facts::sample(&self.handle(database)?, collection, n, self.query_config()).await
    }

    /// The changes of collections of one database, from now on.
    ///
    /// # Errors
    ///
    /// Also where the server has no change streams, in words.
    pub async fn tail(&self, database: Database, collections: &[String]) -> Result<Tail, Failure> {
        tail::tail(&self.handle(database)?, collections, self.read_timeout()).await
    }
}
