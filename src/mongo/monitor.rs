//! One task per database: probes it, folds what comes back, reports what changed.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::{
    sync::{
        Notify,
        mpsc::{self, error::SendError},
        watch,
    },
    time::{Instant, sleep_until},
};

use super::condition::{Answer, Condition};
use crate::{
    config::Timing,
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        pool::Pool,
        text::SafeText,
    },
};

/// Asks one database whether it can be used.
pub(crate) trait Probe: Send + 'static {
    /// One question, answered or failed within the probe's own deadline.
    ///
    /// Must be safe to drop while it is waited for.
    fn probe(&mut self) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// Waits until there is a reason to probe at once, such as a late answer to an earlier
    /// probe. Must be safe to drop while it is waited for.
    fn stirred(&mut self) -> impl Future<Output = ()> + Send;

    /// The addresses that the database is looked for at; empty before they are known.
    fn hosts(&self) -> SafeText;
}

/// What a fresh login on a route brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LoginVerdict {
    /// Why it was refused, and when it is tried again; `None` while logins work.
    pub(crate) refusal: Option<(Failure, Timestamp)>,
}

/// What a monitor tells the supervisor.
#[derive(Debug)]
pub(crate) struct Report {
    /// The pool after the latest probe or login; its connections are not filled in.
    pub(crate) pool: Pool,
    /// Whether the last probe got as far as the server, whatever fresh logins do.
    pub(crate) is_reached: bool,
}

/// Reads the wall clock; given from outside so that tests can stop it.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The pauses of a monitor.
#[derive(Debug, Clone)]
pub(crate) struct Pauses {
    /// Between two probes of a database that answers; at most this, less up to 15 %.
    pub(crate) probe: Duration,
    /// The longest between two attempts to reach a database that is down.
    pub(crate) retry_at_most: Duration,
    /// The least between two probes, however often a retry is asked for.
    pub(crate) least: Duration,
}

/// The pause after the first failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// The least pause between two probes.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

/// The pause after a probe that raised a doubt which the next one settles.
const DOUBT_PAUSE: Duration = Duration::from_secs(1);

impl Pauses {
    /// The pauses that the configuration asks for.
    pub(crate) fn new(timing: &Timing) -> Self {
        Self {
            probe: timing.probe_interval,
            retry_at_most: timing.retry_at_most,
            least: LEAST_PAUSE.min(timing.probe_interval),
        }
    }

    /// The pause after `n_failures` failed probes in a row: capped, and shortened by up to a
    /// quarter at random, so that consoles which lost the same server do not return as one.
    pub(crate) fn after_failures(&self, n_failures: u32, random: &mut fastrand::Rng) -> Duration {
        let doubled = FIRST_RETRY.saturating_mul(1 << n_failures.saturating_sub(1).min(16));
        doubled.min(self.retry_at_most).mul_f64(1.0 - random.f64() / 4.0)
    }

    fn between_probes(&self, random: &mut fastrand::Rng) -> Duration {
        self.probe.mul_f64(1.0 - random.f64() * 0.15)
    }
}

/// What a monitor needs besides its probe.
#[derive(Clone)]
pub(crate) struct Wiring {
    /// Where reports go; awaited when full.
    pub(crate) reports: mpsc::Sender<Report>,
    /// What fresh logins on the pool's route bring.
    pub(crate) login: watch::Receiver<LoginVerdict>,
    /// Asks for a probe now: a person's retry, or a change of the topology.
    pub(crate) wake: Arc<Notify>,
    /// Reads the wall clock.
    pub(crate) clock: Clock,
    /// Where jitter comes from.
    pub(crate) random: fastrand::Rng,
}

/// Watches over one pool for as long as tilldeck runs.
pub(crate) struct Monitor<P> {
    probe: P,
    condition: Condition,
    pauses: Pauses,
    wiring: Wiring,
}

impl<P> fmt::Debug for Monitor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("condition", &self.condition).finish_non_exhaustive()
    }
}

impl<P: Probe> Monitor<P> {
    /// A monitor that goes on from what is known of the pool.
    pub(crate) fn new(probe: P, pool: Pool, timing: &Timing, wiring: Wiring) -> Self {
        let condition = Condition::new(pool, timing.slow_after);
        Self { probe, condition, pauses: Pauses::new(timing), wiring }
    }

    /// Probes until nobody listens any more. Safe to drop at any point.
    pub(crate) async fn run(mut self) {
        loop {
            panic_if_asked_to(self.condition.pool());
            // What asked for this probe has been heard; only later calls ask for another.
            let _ = self.wiring.wake.notified().now_or_never();
            let started = Instant::now();
            let pause = self.probe_once().await;
            if self.report().await.is_err() {
                return;
            }
            self.rest(started + self.pauses.least, Instant::now() + pause).await;
        }
    }

    /// Probes, folds the outcome and says how long to rest.
    async fn probe_once(&mut self) -> Duration {
        let was_answering = self.condition.is_answering();
        let mut outcome = self.probe.probe().await;
        // A connection that breaks says nothing of why. Asking once more does: the server is
        // gone, or it was only that connection.
        if was_answering && outcome.as_ref().is_err_and(|failure| is_passing(failure.kind)) {
            outcome = self.probe.probe().await;
        }
        self.condition.set_hosts(&self.probe.hosts());
        let now = (self.wiring.clock)();
        match outcome {
            Ok(answer) => {
                self.condition.answered(answer, now);
                self.condition.set_login(self.wiring.login.borrow().refusal.clone(), now);
                let pause = self.pauses.between_probes(&mut self.wiring.random);
                if self.condition.is_in_doubt() { pause.min(DOUBT_PAUSE) } else { pause }
            }
            Err(failure) => {
                let n_failures = self.condition.n_failures() + 1;
                let pause = self.pauses.after_failures(n_failures, &mut self.wiring.random);
                self.condition.failed(failure, now + pause, now);
                pause
            }
        }
    }

    /// Waits for the next probe, or until a retry is asked for, but not less than `earliest`.
    /// Meanwhile takes what fresh logins bring.
    async fn rest(&mut self, earliest: Instant, next: Instant) {
        loop {
            tokio::select! {
                () = sleep_until(next) => return,
                () = self.wiring.wake.notified() => break,
                () = self.probe.stirred() => break,
                Ok(()) = self.wiring.login.changed() => {
                    let refusal = self.wiring.login.borrow_and_update().refusal.clone();
                    self.condition.set_login(refusal, (self.wiring.clock)());
                    if self.report().await.is_err() {
                        return;
                    }
                }
            }
        }
        sleep_until(earliest).await;
    }

    /// Holds no reference while it waits, so that a probe need not be shareable.
    fn report(&self) -> impl Future<Output = Result<(), SendError<Report>>> + Send + use<P> {
        let reports = self.wiring.reports.clone();
        let report =
            Report { pool: self.condition.pool().clone(), is_reached: self.condition.is_reached() };
        async move { reports.send(report).await }
    }
}

/// Whether the same question, asked again at once, may well be answered or bring the cause.
const fn is_passing(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Network | FailureKind::NoPrimary | FailureKind::Server)
}

/// A hook for tests: `TILLDECK_PANIC_IN=monitor:pos_db_2` makes that database's monitor panic
/// before each probe, to show that the screen and the other pools go on.
fn panic_if_asked_to(pool: &Pool) {
    let Ok(place) = std::env::var("TILLDECK_PANIC_IN") else { return };
    let is_asked = place.strip_prefix("monitor:") == Some(pool.name.as_str());
    assert!(!is_asked, "asked to panic by TILLDECK_PANIC_IN");
}

/// The panic of a monitor in the words of a failure.
pub(crate) fn panicked(database: Database, name: &SafeText) -> Failure {
    let role = database.role();
    Failure::new(
        FailureKind::Internal,
        &format!("the monitor of the {role} database `{name}` failed and is started again"),
        "Report the panic that the log file shows",
    )
}

#[cfg(test)]
mod tests;
