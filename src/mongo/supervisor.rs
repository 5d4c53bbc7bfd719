//! Starts one monitor per database, starts it again when it panics, and folds what the
//! monitors report into one snapshot of all pools.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{fold::Fold, keeper::Keeper};
use super::{
    events::Signals,
    login::{FreshLogin, Rounds},
    monitor::{Clock, LoginVerdict, Report, Wiring},
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

mod fold;
mod keeper;
#[cfg(test)]
mod tests;

/// Reports that may wait for the supervisor; the monitors wait when it is behind.
const QUEUED_REPORTS: usize = 32;

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
            database: target.database,
            name: safe(&target.name),
            timing: self.timing.clone(),
            make_probe: self.probes_of(target, &way, order),
            wiring: Wiring {
                reports: self.reports.clone(),
                login,
                wake: way.wake.clone(),
                clock: self.clock.clone(),
                random: fastrand::Rng::new(),
            },
            pools: self.pools.subscribe(),
        };
        self.spawn(keeper.run());
        way
    }

    fn probes_of(
        &self,
        target: &Arc<Target>,
        way: &Way,
        order: Order,
    ) -> impl Fn() -> DriverProbe + Send + 'static {
        let (target, limit) = (target.clone(), self.timing.probe_timeout);
        let (slot, signals) = (way.slot.clone(), way.signals.clone());
        move || {
            let (slot, signals) = (slot.clone(), signals.clone());
            DriverProbe::new(target.clone(), slot, signals, limit, order.clone())
        }
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
