//! Starts one monitor per database, starts it again when it panics, and folds what the
//! monitors report into one snapshot of all pools.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use super::{
    call::panic_text,
    condition::{Condition, look_the_same},
    events::Signals,
    login::{FreshLogin, Rounds},
    monitor::{Clock, LoginVerdict, Monitor, Pauses, Report, Wiring, panicked},
    probe::{DriverProbe, Order, Slot},
    targets::{RouteKey, Target},
};
use crate::{
    config::Timing,
    domain::{
        database::Database,
        pool::{Pool, Pools},
        text::safe,
    },
};

/// Reports that may wait for the supervisor; the monitors wait when it is behind.
const QUEUED_REPORTS: usize = 32;

/// How long a change of connection counts is left alone before it is looked at, so that the
/// connection which a probe borrows for a moment is not worth a repaint.
const COUNT_AFTER: Duration = Duration::from_millis(250);

/// The ways into one pool that outlive its monitor.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// Which database it leads to.
    pub(crate) database: Database,
    /// Where its client is, once it is made.
    pub(crate) slot: Arc<Slot>,
    /// Asks its monitor for a probe now.
    pub(crate) wake: Arc<Notify>,
    /// Asks for a fresh login on its route now.
    pub(crate) wake_login: Arc<Notify>,
    signals: Arc<Signals>,
}

/// Everything that runs for the pools.
pub(crate) struct Supervisor {
    timing: Timing,
    clock: Clock,
    cancel: CancellationToken,
    tracker: TaskTracker,
    pools: watch::Sender<Arc<Pools>>,
    reports: mpsc::Sender<Report>,
    /// Told when a count of connections changed, by any pool.
    counted: Arc<Notify>,
    routes: HashMap<RouteKey, Route>,
}

/// What the pools that share hosts and login have in common.
#[derive(Debug)]
struct Route {
    order: Order,
    verdict: watch::Receiver<LoginVerdict>,
    wake: Arc<Notify>,
    is_reached: watch::Sender<bool>,
    databases: Vec<Database>,
}

/// What the supervisor hands out when it has started.
pub(crate) struct Started {
    /// Every pool; the first snapshot has all of them connecting.
    pub(crate) pools: watch::Receiver<Arc<Pools>>,
    /// The ways into each pool, main first.
    pub(crate) ways: Vec<Way>,
}

impl Supervisor {
    /// Starts the monitors and returns at once. Must be called inside a tokio runtime;
    /// everything ends when `cancel` is cancelled, and is tracked by `tracker`.
    pub(crate) fn start(
        targets: Vec<Target>,
        timing: &Timing,
        cancel: CancellationToken,
        tracker: TaskTracker,
    ) -> Started {
        let clock: Clock = Arc::new(Timestamp::now);
        let now = clock();
        let connecting =
            |target: &Target| Pool::connecting(target.database, safe(&target.name), now);
        let snapshot = Pools { pools: targets.iter().map(connecting).collect() };
        let (pools, pools_receiver) = watch::channel(Arc::new(snapshot));
        let (reports, reports_receiver) = mpsc::channel(QUEUED_REPORTS);
        let mut supervisor = Self {
            timing: timing.clone(),
            clock,
            cancel,
            tracker,
            pools,
            reports,
            counted: Arc::default(),
            routes: HashMap::new(),
        };
        let targets = targets.into_iter().map(Arc::new);
        let ways: Vec<_> = targets.map(|target| supervisor.start_pool(&target)).collect();
        supervisor.start_fold(reports_receiver, &ways);
        Started { pools: pools_receiver, ways }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.cancel.clone();
        self.tracker.spawn(async move {
            cancel.run_until_cancelled(task).await;
        });
    }

    fn start_pool(&mut self, target: &Arc<Target>) -> Way {
        let (order, login, wake_login) = self.join_route(target);
        let wake = Arc::new(Notify::new());
        let way = Way {
            database: target.database,
            slot: Arc::default(),
            signals: Signals::new(self.counted.clone(), wake.clone()),
            wake,
            wake_login,
        };
        let keeper = Keeper {
            target: target.clone(),
            timing: self.timing.clone(),
            way: way.clone(),
            order,
            login,
            clock: self.clock.clone(),
            reports: self.reports.clone(),
            pools: self.pools.subscribe(),
        };
        self.spawn(keeper.run());
        way
    }

    fn join_route(
        &mut self,
        target: &Arc<Target>,
    ) -> (Order, watch::Receiver<LoginVerdict>, Arc<Notify>) {
        let is_first = !self.routes.contains_key(&target.route);
        if is_first {
            let route = self.start_route(target);
            self.routes.insert(target.route, route);
        }
        let Some(route) = self.routes.get_mut(&target.route) else {
            // It was put there just now.
            return (Order::default(), watch::channel(LoginVerdict::default()).1, Arc::default());
        };
        route.databases.push(target.database);
        let order = Order { head_start: route.order.head_start.clone(), is_first };
        (order, route.verdict.clone(), route.wake.clone())
    }

    fn start_route(&self, target: &Arc<Target>) -> Route {
        let (verdict_sender, verdict) = watch::channel(LoginVerdict::default());
        let (is_reached, is_reached_receiver) = watch::channel(false);
        let wake = Arc::new(Notify::new());
        let rounds = Rounds {
            interval: self.timing.login_interval,
            is_reached: is_reached_receiver,
            verdict: verdict_sender,
            wake: wake.clone(),
            clock: self.clock.clone(),
            random: fastrand::Rng::new(),
        };
        self.spawn(rounds.run(FreshLogin::new(target.clone(), self.timing.probe_timeout)));
        Route { order: Order::default(), verdict, wake, is_reached, databases: Vec::new() }
    }

    fn start_fold(&mut self, reports: mpsc::Receiver<Report>, ways: &[Way]) {
        let routes = std::mem::take(&mut self.routes).into_values();
        let fold = Fold {
            reported: (*self.pools.borrow()).clone().pools.clone(),
            signals: ways.iter().map(|way| way.signals.clone()).collect(),
            reached: vec![false; ways.len()],
            routes: routes.map(|route| (route.databases, route.is_reached)).collect(),
            pools: self.pools.clone(),
            counted: self.counted.clone(),
        };
        self.spawn(fold.run(reports));
    }
}

/// Keeps the monitor of one pool running.
struct Keeper {
    target: Arc<Target>,
    timing: Timing,
    way: Way,
    order: Order,
    login: watch::Receiver<LoginVerdict>,
    clock: Clock,
    reports: mpsc::Sender<Report>,
    pools: watch::Receiver<Arc<Pools>>,
}

impl Keeper {
    async fn run(self) {
        let pauses = Pauses::new(&self.timing);
        let mut random = fastrand::Rng::new();
        let mut n_panics = 0;
        loop {
            let monitor = AbortOnDropHandle::new(tokio::spawn(self.monitor().run()));
            let Err(error) = monitor.await else { return };
            let Ok(panic) = error.try_into_panic() else { return };
            n_panics += 1;
            let pause = pauses.after_failures(n_panics, &mut random);
            let name = &self.target.name;
            tracing::error!(database = %safe(name), panic = %safe(&panic_text(panic.as_ref())),
                "a monitor panicked");
            if self.report_panic(pause).await.is_err() {
                return;
            }
            sleep(pause).await;
        }
    }

    fn monitor(&self) -> Monitor<DriverProbe> {
        let probe = DriverProbe::new(
            self.target.clone(),
            self.way.slot.clone(),
            self.way.signals.clone(),
            self.timing.probe_timeout,
            self.order.clone(),
        );
        let wiring = Wiring {
            reports: self.reports.clone(),
            login: self.login.clone(),
            wake: self.way.wake.clone(),
            clock: self.clock.clone(),
            random: fastrand::Rng::new(),
        };
        Monitor::new(probe, self.pool(), &self.timing, wiring)
    }

    /// The pool as it was published last.
    fn pool(&self) -> Pool {
        let known = self.pools.borrow().get(self.target.database).cloned();
        known.unwrap_or_else(|| {
            Pool::connecting(self.target.database, safe(&self.target.name), (self.clock)())
        })
    }

    async fn report_panic(&self, pause: Duration) -> Result<(), mpsc::error::SendError<Report>> {
        let mut condition = Condition::new(self.pool(), self.timing.slow_after);
        let failure = panicked(self.target.database, &safe(&self.target.name));
        let now = (self.clock)();
        condition.failed(failure, now + pause, now);
        let report = Report { pool: condition.pool().clone(), is_reached: false };
        self.reports.send(report).await
    }
}

/// Folds the reports of all monitors into one snapshot.
struct Fold {
    /// What the monitors reported last, in the order of the databases.
    reported: Vec<Pool>,
    signals: Vec<Arc<Signals>>,
    reached: Vec<bool>,
    /// Which databases share a login, and who wants to know whether any of them is reached.
    routes: Vec<(Vec<Database>, watch::Sender<bool>)>,
    pools: watch::Sender<Arc<Pools>>,
    counted: Arc<Notify>,
}

impl Fold {
    async fn run(mut self, mut reports: mpsc::Receiver<Report>) {
        let mut count_at: Option<Instant> = None;
        loop {
            tokio::select! {
                report = reports.recv() => {
                    let Some(report) = report else { return };
                    self.take(report);
                }
                () = self.counted.notified(), if count_at.is_none() => {
                    count_at = Some(Instant::now() + COUNT_AFTER);
                    continue;
                }
                () = until(count_at) => count_at = None,
            }
            self.publish();
        }
    }

    fn take(&mut self, report: Report) {
        let database = report.pool.database;
        let Some(index) = self.reported.iter().position(|pool| pool.database == database) else {
            return;
        };
        self.reported[index] = report.pool;
        self.reached[index] = report.is_reached;
        for (databases, is_reached) in &self.routes {
            let mut known = self.reported.iter().zip(&self.reached);
            let any = known.any(|(pool, reached)| *reached && databases.contains(&pool.database));
            is_reached.send_if_modified(|before| std::mem::replace(before, any) != any);
        }
    }

    /// Publishes a new snapshot if it looks different from the last one.
    fn publish(&self) {
        let with_connections = |(pool, signals): (&Pool, &Arc<Signals>)| {
            let connections = signals.connections();
            Pool { connections, ..pool.clone() }
        };
        let pools: Vec<_> = self.reported.iter().zip(&self.signals).map(with_connections).collect();
        self.pools.send_if_modified(|published| {
            let mut pairs = published.pools.iter().zip(&pools);
            let changed = pairs.any(|(before, after)| !look_the_same(before, after));
            if changed {
                *published = Arc::new(Pools { pools });
            }
            changed
        });
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
