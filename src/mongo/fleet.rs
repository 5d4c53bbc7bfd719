//! The whole fleet behind one handle: pools, registry, reads.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use super::probe::Handle;
use super::{
    probe::end,
    supervisor::{Supervisor, Way},
    targets::Targets,
};
use crate::{
    config::Config,
    domain::{
        database::{Database, Layout},
        failure::{Failure, FailureKind},
        pool::{PoolState, Pools},
        registry::{Registry, Source},
    },
};

/// How long tasks and clients may take to end, together.
const TASKS_END_WITHIN: Duration = Duration::from_millis(500);
const CLIENTS_END_WITHIN: Duration = Duration::from_secs(1);

/// The live fleet. Cheap to clone; all clones are the same fleet.
///
/// It runs until [`Fleet::shutdown`], reaches for every database for ever, and never fails
/// as a whole: each pool says in its snapshot how it is doing.
#[derive(Clone, Debug)]
pub struct Fleet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    layout: Layout,
    pools: watch::Receiver<Arc<Pools>>,
    registry: watch::Receiver<Arc<Registry>>,
    ways: Vec<Way>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

impl Fleet {
    /// Starts to connect to every database and to follow the registry. Returns at once.
    ///
    /// Must be called inside a tokio runtime with time and I/O; the fleet belongs to it.
    pub fn start(targets: Targets, config: &Config) -> Self {
        let Targets { layout, databases, .. } = targets;
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        let started =
            Supervisor::start(databases, &config.timing, cancel.child_token(), tracker.clone());
        let (registry_sender, registry) = watch::channel(Arc::new(Registry::default()));
        drop(registry_sender);
        let inner =
            Inner { layout, pools: started.pools, registry, ways: started.ways, cancel, tracker };
        Self { inner: Arc::new(inner) }
    }

    /// The pools, as they change.
    pub fn pools(&self) -> watch::Receiver<Arc<Pools>> {
        self.inner.pools.clone()
    }

    /// The registry, as it changes.
    pub fn registry(&self) -> watch::Receiver<Arc<Registry>> {
        self.inner.registry.clone()
    }

    /// What is fixed about the fleet, with the main database's real name.
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// Probes one database now, or all of them, and logs in afresh. Impatience is harmless:
    /// between two probes of a database there is always half a second.
    pub fn retry(&self, database: Option<Database>) {
        let asked = |way: &&Way| database.is_none_or(|database| database == way.database);
        for way in self.inner.ways.iter().filter(asked) {
            way.wake.notify_one();
            way.wake_login.notify_one();
        }
    }

    /// Waits until every pool has had its first answer or failure and the registry has been
    /// read or is known to be out of reach, but no longer than `limit`.
    pub async fn settle(&self, limit: Duration) {
        let (mut pools, mut registry) = (self.pools(), self.registry());
        let settled = async {
            let _ = pools.wait_for(|pools| is_settled(pools)).await;
            let _ = registry
                .wait_for(|registry| {
                    registry.source != Source::Loading || registry.failure.is_some()
                })
                .await;
        };
        let _ = timeout(limit, settled).await;
    }

    /// Ends everything, in at most two seconds. What is read meanwhile may fail.
    pub async fn shutdown(&self) {
        self.inner.cancel.cancel();
        self.inner.tracker.close();
        let _ = timeout(TASKS_END_WITHIN, self.inner.tracker.wait()).await;
        let mut endings = JoinSet::new();
        for handle in self.inner.ways.iter().filter_map(|way| way.slot.get()) {
            endings.spawn(end(handle));
        }
        let ended = async { while endings.join_next().await.is_some() {} };
        tokio::select! {
            () = ended => {}
            () = sleep(CLIENTS_END_WITHIN) => {}
        }
        // The driver's own clean-up must not be dropped half-way; it ends with the runtime.
        endings.detach_all();
    }

    /// A database to work with.
    ///
    /// # Errors
    ///
    /// The failure of the pool while it is down; [`FailureKind::Busy`] while it is connecting.
    pub fn handle(&self, database: Database) -> Result<Handle, Failure> {
        let pools = self.inner.pools.borrow().clone();
        let name = self.inner.layout.name_of(database);
        let Some(pool) = pools.get(database) else {
            return Err(Failure::new(
                FailureKind::NotFound,
                &format!("the fleet has no database `{name}`"),
                "Look at `database_count` in the configuration",
            ));
        };
        let way = self.inner.ways.iter().find(|way| way.database == database);
        match (pool.state, way.and_then(|way| way.slot.get()), &pool.failure) {
            (PoolState::Up | PoolState::Slow, Some(handle), _) => Ok(handle),
            (PoolState::Down, _, Some(failure)) => Err(failure.clone()),
            _ => Err(Failure::new(
                FailureKind::Busy,
                &format!("still connecting to `{name}`"),
                "Wait a moment and try again",
            )),
        }
    }
}

fn is_settled(pools: &Pools) -> bool {
    pools.pools.iter().all(|pool| pool.state != PoolState::Connecting)
}
