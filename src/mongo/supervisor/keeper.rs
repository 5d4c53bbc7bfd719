//! Keeps the monitor of one pool running.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    config::Timing,
    domain::{
        database::Database,
        pool::{Pool, Pools},
        text::{SafeText, safe},
    },
    mongo::{
        call::panic_text,
        condition::Condition,
        monitor::{Monitor, Pauses, Probe, Report, Wiring, panicked},
    },
};

/// Starts the monitor of one pool, and starts it again when it panics.
pub(super) struct Keeper<M> {
    /// Which database it is.
    pub(super) database: Database,
    /// The database's name on the server.
    pub(super) name: SafeText,
    /// Intervals and deadlines.
    pub(super) timing: Timing,
    /// Makes the probe of each new monitor.
    pub(super) make_probe: M,
    /// What each new monitor is wired with.
    pub(super) wiring: Wiring,
    /// The pool as it was published last.
    pub(super) pools: watch::Receiver<Arc<Pools>>,
}

impl<P: Probe, M: Fn() -> P> Keeper<M> {
    /// Runs until nobody listens any more. Safe to drop at any point.
    pub(super) async fn run(mut self) {
        let pauses = Pauses::new(&self.timing);
        let mut n_panics = 0;
        loop {
            let probe = (self.make_probe)();
            let monitor = Monitor::new(probe, self.pool(), &self.timing, self.wiring.clone());
            let Err(error) = AbortOnDropHandle::new(tokio::spawn(monitor.run())).await else {
                return;
            };
            let Ok(panic) = error.try_into_panic() else { return };
            n_panics += 1;
            let pause = pauses.after_failures(n_panics, &mut self.wiring.random);
            let panic = safe(&panic_text(panic.as_ref()));
            tracing::error!(database = %self.name, %panic, "a monitor panicked");
            let (reports, report) = (self.wiring.reports.clone(), self.after_panic(pause));
            if reports.send(report).await.is_err() {
                return;
            }
            sleep(pause).await;
        }
    }

    fn pool(&self) -> Pool {
        let known = self.pools.borrow().get(self.database).cloned();
        known.unwrap_or_else(|| {
            Pool::connecting(self.database, self.name.clone(), (self.wiring.clock)())
        })
    }

    fn after_panic(&self, pause: Duration) -> Report {
        let mut condition = Condition::new(self.pool(), self.timing.slow_after);
        let now = (self.wiring.clock)();
        condition.failed(panicked(self.database, &self.name), now + pause, now);
        Report { pool: condition.pool().clone(), is_reached: false }
    }
}
