//! A fresh login now and then, on each route that has a login.
//!
//! A password that was rotated and a user that was dropped go unnoticed on connections that
//! are open already; only a new one shows it. One check serves all pools that share hosts
//! and login.

use std::{future::Future, sync::Arc, time::Duration};

use bson::doc;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{
    call::OneAtATime,
    monitor::{Clock, LoginVerdict},
    probe::{self, Handle},
    targets::Target,
};
use crate::domain::failure::{Failure, FailureKind};

/// Logs in on a fresh connection.
pub(crate) trait Check: Send + 'static {
    /// One login, done or failed within the check's own deadline. `Ok(false)` where the route
    /// has no login. Must be safe to drop while it is waited for.
    fn log_in(&mut self) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// When logins are checked, and who is told.
pub(crate) struct Rounds {
    /// The longest pause between two checks; shortened by up to 15 % at random.
    pub(crate) interval: Duration,
    /// Whether any pool on the route reaches its server; without that there is no check.
    pub(crate) is_reached: watch::Receiver<bool>,
    /// What every pool on the route is told.
    pub(crate) verdict: watch::Sender<LoginVerdict>,
    /// Asks for a check now.
    pub(crate) wake: Arc<Notify>,
    /// Reads the wall clock.
    pub(crate) clock: Clock,
    /// Where jitter comes from.
    pub(crate) random: fastrand::Rng,
}

/// The least pause between two checks, however often one is asked for.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

impl Rounds {
    /// Checks until the route turns out to have no login. Safe to drop at any point.
    pub(crate) async fn run(mut self, mut check: impl Check) {
        loop {
            // The probes themselves have just logged in when they begin to be answered, so
            // the first check can wait for its turn.
            let pause = self.pause();
            self.rest(pause).await;
            if self.is_reached.wait_for(|reached| *reached).await.is_err() {
                return;
            }
            let refusal = match check.log_in().await {
                Ok(true) => None,
                Ok(false) => return,
                Err(failure) if failure.kind == FailureKind::Login => Some(failure),
                // Anything else is not about the login, and the probes see it as well.
                Err(_) => continue,
            };
            self.tell(refusal);
        }
    }

    fn pause(&mut self) -> Duration {
        self.interval.mul_f64(1.0 - self.random.f64() * 0.15)
    }

    async fn rest(&mut self, pause: Duration) {
        let _ = self.wake.notified().now_or_never();
        let start = Instant::now();
        tokio::select! {
            () = sleep_until(start + pause) => {}
            () = self.wake.notified() => sleep_until(start + LEAST_PAUSE.min(pause)).await,
        }
    }

    fn tell(&mut self, refusal: Option<Failure>) {
        let next: Timestamp = (self.clock)() + self.interval;
        self.verdict.send_if_modified(|verdict| {
            let before = verdict.clone();
            verdict.refusal = refusal.map(|failure| (failure, next));
            *verdict != before
        });
    }
}

/// Logs in with a client of its own that lets no connection stay open.
#[derive(Debug)]
pub(crate) struct FreshLogin {
    target: Arc<Target>,
    limit: Duration,
    handle: Option<Handle>,
    calls: OneAtATime<()>,
}

/// After this a connection counts as idle and is closed instead of used again.
const IDLE_AT_ONCE: Duration = Duration::from_millis(1);

impl FreshLogin {
    /// Logins as the target's URI says, with `limit` as the deadline of each.
    pub(crate) fn new(target: Arc<Target>, limit: Duration) -> Self {
        Self { target, limit, handle: None, calls: OneAtATime::new() }
    }

    async fn handle(&mut self) -> Result<Option<Handle>, Failure> {
        if self.handle.is_none() {
            let mut options = probe::resolve(&self.target).await?;
            if options.credential.is_none() {
                return Ok(None);
            }
            options.max_pool_size = Some(1);
            options.min_pool_size = None;
            options.max_idle_time = Some(IDLE_AT_ONCE);
            self.handle = Some(probe::connect(&self.target, options, self.limit)?);
        }
        Ok(self.handle.clone())
    }
}

impl Check for FreshLogin {
    async fn log_in(&mut self) -> Result<bool, Failure> {
        let Some(handle) = self.handle().await? else { return Ok(false) };
        let limit = self.limit;
        let calls = &mut self.calls;
        let db = handle.db.clone();
        let ping = async move { probe::run(&db, doc! {"ping": 1}).await.map(|_| ()) };
        let answered = async {
            calls.clear(limit).await?;
            calls.call(limit, ping).await
        };
        let context = handle.context(limit, "log in");
        match answered.await.map_err(|error| error.failure(None, &context)) {
            Ok(()) => Ok(true),
            Err(failure) if failure.kind == FailureKind::Login => Err(refusal(&handle)),
            Err(failure) => {
                if self.calls.hangs_for(limit * probe::HANGING) {
                    self.calls.abort();
                    self.handle = None;
                    tokio::spawn(probe::end(handle));
                }
                Err(failure)
            }
        }
    }
}

fn refusal(handle: &Handle) -> Failure {
    let user = handle.user.as_deref().unwrap_or_default();
    Failure::new(
        FailureKind::Login,
        &format!(
            "new logins of `{user}` are refused on {}; connections that are open still work",
            handle.hosts
        ),
        "Check whether the password was changed or the user dropped, and update the URI",
    )
}

#[cfg(test)]
mod tests;
