//! The whole fleet behind one handle: pools, registry, reads.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bson::Document;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use super::probe::Handle;
use super::{
    browse, cache, evidence, inventory,
    probe::{Slot, end},
    read,
    registry::{self, Follow},
    supervisor::{Supervisor, Way},
    targets::{RouteKey, Target, Targets},
};
use crate::{
    config::{Config, QueryConfig},
    domain::{
        access,
        collection::{StoreCollections, Usage},
        database::{Database, Layout},
        failure::{Failure, FailureKind},
        inventory::Inventory,
        pool::{PoolState, Pools},
        registry::{Registry, Source},
        store::Store,
        why::Trace,
    },
};

/// How long tasks and clients may take to end, together.
const TASKS_END_WITHIN: Duration = Duration::from_millis(500);
const QUERIES_END_WITHIN: Duration = Duration::from_millis(500);
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
    /// Deadline of a read that a person asked for.
    read_timeout: Duration,
    query: QueryConfig,
    pools: watch::Receiver<Arc<Pools>>,
    registry: watch::Receiver<Arc<Registry>>,
    /// The databases as they are reached, main first.
    targets: Vec<Target>,
    ways: Vec<Way>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

impl Fleet {
    /// Starts to connect to every database and to follow the registry. Returns at once.
    ///
    /// Must be called inside a tokio runtime with time and I/O; the fleet belongs to it.
    pub fn start(targets: Targets, config: &Config) -> Self {
        Self::start_with(targets, config, Follow::Changes)
    }

    /// As [`Fleet::start`], for a command that looks once: the registry is read, and no change
    /// stream is opened, which would hold up the end of the command.
    pub fn start_for_one_look(targets: Targets, config: &Config) -> Self {
        Self::start_with(targets, config, Follow::Nothing)
    }

    fn start_with(targets: Targets, config: &Config, follow: Follow) -> Self {
        let Targets { layout, databases, .. } = targets;
        let targets = databases.clone();
        let cache = cache_file(&config.paths.cache, &databases);
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        let started =
            Supervisor::start(databases, &config.timing, cancel.child_token(), tracker.clone());
        let read_timeout = config.timing.read_timeout;
        let setup = registry::Setup {
            layout: layout.clone(),
            timing: config.timing.clone(),
            slot: main_slot(&started.ways),
            pools: started.pools.clone(),
            cache,
            follow,
            cancel: cancel.child_token(),
        };
        let registry = registry::start(setup, &tracker);
        let (pools, ways) = (started.pools, started.ways);
        let query = config.query.clone();
        let inner =
            Inner { layout, read_timeout, query, pools, registry, targets, ways, cancel, tracker };
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

    /// The collections that a store has or should have, where its record sends it.
    ///
    /// # Errors
    ///
    /// `not_found` for a record that leads nowhere, the failure of the pool, or that of the
    /// listing. A figure that cannot be read fails alone: see
    /// [`Details::failure`](crate::domain::collection::Details::failure).
    pub async fn collections(&self, store: &Store) -> Result<StoreCollections, Failure> {
        let database = access::home(store)?;
        let handle = self.handle(database)?;
        browse::collections(&handle, store, self.layout(), self.inner.read_timeout).await
    }

    /// What an aggregation gives on the primary, of what the majority of the replica set has.
    ///
    /// # Errors
    ///
    /// The failure of the pool or of the read.
    pub async fn read_majority(
        &self,
        database: Database,
        collection: &str,
        pipeline: Vec<Document>,
    ) -> Result<Vec<Document>, Failure> {
        let handle = self.handle(database)?;
        browse::read_majority(&handle, collection, (pipeline, None), self.inner.read_timeout).await
    }

    /// Documents and bytes of every database, main first; each may fail alone.
    pub async fn usage(&self) -> Vec<Result<Usage, Failure>> {
        let asked = self.inner.layout.databases().map(|database| async move {
            let handle = self.handle(database)?;
            browse::usage(&handle, self.inner.read_timeout).await
        });
        futures_util::future::join_all(asked).await
    }

    /// What the whole fleet holds, by name. Never fails as a whole: each part that cannot be
    /// read holds its own failure. Waits for no pool, and no longer than three times the
    /// deadline of one read for each listing.
    pub async fn inventory(&self) -> Inventory {
        inventory::gather(self, self.inner.read_timeout).await
    }

    /// Why the store that a text means is, or is not, found by the backend: the text is a
    /// storeId, a prefix, a name, or the name of a collection. Never fails: what cannot be
    /// read is a step of the answer.
    pub async fn why(&self, text: &str) -> Trace {
        evidence::answer(self, text, self.inner.read_timeout).await
    }

    /// A name for files that belong to this fleet: it says nothing about hosts or users.
    pub fn key(&self) -> String {
        let file = cache_file(Path::new("."), &self.inner.targets);
        let stem = file.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy());
        stem.as_deref()
            .and_then(|stem| stem.strip_prefix("registry-"))
            .unwrap_or("fleet")
            .to_owned()
    }

    /// How queries are sent.
    pub fn query_config(&self) -> &QueryConfig {
        &self.inner.query
    }

    /// Deadline of a read that a person asked for.
    pub(super) fn read_timeout(&self) -> Duration {
        self.inner.read_timeout
    }

    /// The databases as they are reached, main first.
    pub(super) fn targets(&self) -> &[Target] {
        &self.inner.targets
    }

    /// Names the way to a database's server: equal for databases that share hosts, login
    /// and encryption. `None` for a database that the fleet does not have.
    pub fn route(&self, database: Database) -> Option<RouteKey> {
        let target = self.inner.targets.iter().find(|target| target.database == database);
        target.map(|target| target.route)
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

    /// Waits until what nobody waits for any more is ended on the servers, at most for `limit`.
    /// Nothing is to be asked after it.
    pub async fn end_reads(&self, limit: Duration) {
        read::ended(limit).await;
    }

    /// Ends everything, in at most two seconds. What is read meanwhile may fail.
    pub async fn shutdown(&self) {
        self.end_reads(QUERIES_END_WITHIN).await;
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

/// Where the main database's client will be.
fn main_slot(ways: &[Way]) -> Arc<Slot> {
    let main = ways.iter().find(|way| way.database == Database::Main);
    main.map(|way| way.slot.clone()).unwrap_or_default()
}

/// Where the last known registry is kept: named after hosts and database, never the user.
fn cache_file(directory: &Path, databases: &[Target]) -> Option<PathBuf> {
    let main = databases.iter().find(|target| target.database == Database::Main)?;
    let login = main.login.as_str();
    let hosts = login.rsplit_once('@').map_or(login, |(_, hosts)| hosts);
    // Without a directory of its own, nothing may be left anywhere.
    (!directory.as_os_str().is_empty()).then(|| cache::path(directory, hosts, &main.name))
}
