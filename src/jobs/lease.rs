//! One creator at a time: a lease in the main database, timed by the server's clock.
//!
//! It keeps creators from counting the same free places. It cannot be forgotten by one that
//! is killed, since it runs out by itself.

use std::time::Duration;

use bson::{Document, doc};
use tokio::time::{Instant, sleep};

use crate::{
    domain::failure::{Failure, FailureKind},
    mongo::gate::Writer,
};

const COLLECTION: &str = "tilldeck_leases";
/// How long a lease holds unless it is renewed.
pub(super) const HOLDS_FOR: Duration = Duration::from_secs(15);
/// How long a creator waits for its turn.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two tries, in milliseconds: jitter keeps creators from meeting again.
const PAUSE_MS: std::ops::Range<u64> = 15..60;

/// The turn to write, as long as it holds.
#[derive(Debug)]
pub(super) struct Lease {
    main: Writer,
    name: &'static str,
    token: i64,
}

impl Lease {
    /// Waits for the turn, at most 90 s.
    ///
    /// # Errors
    ///
    /// `busy` when it does not come, naming who has it; the failure of the main database.
    pub(super) async fn acquire(
        main: &Writer,
        name: &'static str,
        holder: &str,
    ) -> Result<Self, Failure> {
        main.insert_unless_there(COLLECTION, doc! {"_id": name}, free(name)).await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(lease) = Self::try_acquire(main, name, holder).await? {
                return Ok(lease);
            }
            if Instant::now() >= deadline {
                return Err(busy(main, name).await);
            }
            sleep(Duration::from_millis(fastrand::u64(PAUSE_MS))).await;
        }
    }

    async fn try_acquire(
        main: &Writer,
        name: &'static str,
        holder: &str,
    ) -> Result<Option<Self>, Failure> {
        let is_free = doc! {"_id": name, "$expr": {"$lte": ["$until", "$$NOW"]}};
        let take = doc! {"$set": {
            "token": {"$add": ["$token", 1_i64]}, "holder": {"$literal": holder}, "until": until(),
        }};
        let taken = main.change(COLLECTION, is_free, vec![take]).await?;
        let token = taken.and_then(|lease| lease.get_i64("token").ok());
        Ok(token.map(|token| Self { main: main.clone(), name, token }))
    }

    /// Holds it for the whole time again.
    ///
    /// # Errors
    ///
    /// `changed` when it ran out and somebody else has it; the failure of the main database.
    pub(super) async fn renew(&self) -> Result<(), Failure> {
        let renewed =
            self.main.change(COLLECTION, self.mine(), vec![doc! {"$set": {"until": until()}}]);
        renewed.await?.map(|_| ()).ok_or_else(|| {
            Failure::new(
                FailureKind::Changed,
                "the turn to make a store ran out before the store was made",
                "Try again",
            )
        })
    }

    /// Lets the next one go on. A failure is left to the time that it holds for.
    pub(super) async fn release(self) {
        let past = bson::DateTime::from_millis(0);
        let freed = self.main.change(COLLECTION, self.mine(), vec![doc! {"$set": {"until": past}}]);
        if let Err(failure) = freed.await {
            tracing::warn!(%failure, "a lease is left to run out");
        }
    }

    fn mine(&self) -> Document {
        doc! {"_id": self.name, "token": self.token}
    }
}

fn free(name: &str) -> Document {
    doc! {"_id": name, "token": 0_i64, "until": bson::DateTime::from_millis(0)}
}

/// When a lease that is taken now runs out, by the server's clock.
pub(super) fn until() -> Document {
    let seconds = i64::try_from(HOLDS_FOR.as_secs()).unwrap_or(i64::MAX);
    doc! {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
}

async fn busy(main: &Writer, name: &str) -> Failure {
    let held = main.read(COLLECTION, vec![doc! {"$match": {"_id": name}}], None).await;
    let holder = held
        .ok()
        .and_then(|mut held| held.pop())
        .and_then(|lease| lease.get_str("holder").ok().map(ToOwned::to_owned))
        .unwrap_or_default();
    let limit = PATIENCE.as_secs();
    let message = format!("for {limit} s others have been making stores, last `{holder}`");
    Failure::new(FailureKind::Busy, &message, "Try again when they are done")
}
