//! What the commands that need the live fleet share.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::Timestamp;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::{runtime, time};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        pool::PoolState,
        registry::{Registry, Source},
        text::{SafeText, safe},
    },
    mongo::{fleet::Fleet, targets::Targets},
    report::{look::Look, names::Names},
};

/// Two threads are enough for seven connections, and start faster than one for each core.
const WORKERS: usize = 2;

/// How long a command that was interrupted may take to end what runs on the servers.
const READS_END_WITHIN: Duration = Duration::from_secs(5);

/// A connected fleet, for one command.
pub(super) struct Session {
    pub(super) fleet: Fleet,
    pub(super) names: Names,
    pub(super) look: Look,
    limit: Duration,
}

/// Connects, does the work, and disconnects.
///
/// # Errors
///
/// There is no usable URI, or what the work fails with.
pub(super) fn with_fleet<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let targets = Targets::parse(config)?;
    on_runtime(async {
        let session = Session::start(targets, config);
        let done = work(&session).await;
        if interrupted().is_some() {
            // Whoever is in a hurry sends a second signal.
            session.fleet.end_reads(READS_END_WITHIN).await;
        }
        session.fleet.shutdown().await;
        done
    })
}

/// Runs the work on a runtime of its own, which a signal can end at any time.
///
/// # Errors
///
/// What the work fails with, or that no thread can be started.
pub(super) fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let cannot_start = |error: std::io::Error| {
        let message = format!("a thread cannot be started: {}", error.kind());
        Failure::new(FailureKind::Internal, &message, "Look at the limits of processes and memory")
    };
    end_on_signals().map_err(cannot_start)?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    let done = runtime.block_on(work);
    // A name lookup that the system does not answer must not hold up the exit.
    runtime.shutdown_background();
    done
}

/// Whether a write is under way, which a signal must not break off.
static WRITING: AtomicBool = AtomicBool::new(false);
/// The signal that came during a write; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Runs a write: the first signal lets it end, or be undone, and the second one ends the
/// process all the same. What is left then is in the journal.
pub(super) async fn writing<T>(write: impl Future<Output = T>) -> T {
    WRITING.store(true, Ordering::SeqCst);
    let written = write.await;
    WRITING.store(false, Ordering::SeqCst);
    written
}

/// Ends the work on the first signal, which then still has the time to end what runs on the
/// servers; the second signal ends the process.
///
/// # Errors
///
/// What the work fails with, and `cancelled`.
pub(super) async fn interruptible<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let cancel = CANCEL.get_or_init(CancellationToken::new).clone();
    writing(async {
        tokio::select! {
            done = work => done,
            () = cancel.cancelled() => Err(Failure::new(
                FailureKind::Cancelled,
                "interrupted; what ran on the servers is ended",
                "",
            )),
        }
    })
    .await
}

/// Told of the first signal.
static CANCEL: OnceLock<CancellationToken> = OnceLock::new();

/// The exit code of a command that a signal asked to end during a write: 128 + n.
pub(super) fn interrupted() -> Option<u8> {
    match SIGNAL.load(Ordering::SeqCst) {
        0 => None,
        signal => u8::try_from(128 + signal).ok(),
    }
}

/// Ends the process with 128 + n on the signal n: reads leave nothing behind to clean up.
fn end_on_signals() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let wait = move || {
        for signal in signals.forever() {
            let is_first = SIGNAL.swap(signal, Ordering::SeqCst) == 0;
            if !(is_first && WRITING.load(Ordering::SeqCst)) {
                std::process::exit(128 + signal);
            }
            if let Some(cancel) = CANCEL.get() {
                cancel.cancel();
            }
        }
    };
    thread::Builder::new().name("tilldeck-signals".to_owned()).spawn(wait).map(drop)
}

impl Session {
    fn start(targets: Targets, config: &Config) -> Self {
        let names =
            targets.databases.iter().map(|target| (target.database, target.name.clone())).collect();
        Self {
            names,
            look: look(config),
            limit: config.timing.probe_timeout + config.timing.read_timeout,
            fleet: Fleet::start_for_one_look(targets, config),
        }
    }

    /// The fleet, connected and read anew: one look is not told of what was written since.
    ///
    /// # Errors
    ///
    /// There is no usable URI.
    pub(super) async fn anew(config: &Config) -> Result<Self, Failure> {
        let session = Self::start(Targets::parse(config)?, config);
        session.settle().await;
        // A registry that is out of reach by now is told of by whoever needs it.
        let _ = session.registry().await;
        Ok(session)
    }

    /// Waits until every database has answered or failed, and the registry is known or not.
    pub(super) async fn settle(&self) {
        self.fleet.settle(self.limit).await;
    }

    /// The registry: live, else as it was last known.
    ///
    /// # Errors
    ///
    /// It cannot be read and has never been read before.
    pub(super) async fn registry(&self) -> Result<Arc<Registry>, Failure> {
        // When the time is over, what is there by then decides.
        let _ = time::timeout(self.limit, self.registry_decided()).await;
        let registry = self.fleet.registry().borrow().clone();
        if registry.source != Source::Loading {
            return Ok(registry);
        }
        let pools = self.fleet.pools().borrow().clone();
        let of_pool = || pools.get(Database::Main).and_then(|pool| pool.failure.clone());
        Err(registry.failure.clone().or_else(of_pool).unwrap_or_else(|| {
            let name = self.names.of(Database::Main);
            let limit = self.limit.as_secs();
            Failure::new(
                FailureKind::TimedOut,
                &format!("the registry in `{name}` was not read within {limit} s"),
                "Look at `tilldeck status`",
            )
        }))
    }

    /// Waits until the registry is live, or cannot become so before the main database answers.
    async fn registry_decided(&self) {
        let (mut registry, mut pools) = (self.fleet.registry(), self.fleet.pools());
        loop {
            let is_down = pools
                .borrow_and_update()
                .get(Database::Main)
                .is_some_and(|pool| pool.state == PoolState::Down);
            let decided = {
                let registry = registry.borrow_and_update();
                match registry.source {
                    Source::ChangeStream | Source::Polling => true,
                    Source::Cache => is_down || registry.failure.is_some(),
                    Source::Loading => registry.failure.is_some(),
                }
            };
            if decided {
                return;
            }
            let alive = tokio::select! {
                alive = registry.changed() => alive,
                alive = pools.changed() => alive,
            };
            if alive.is_err() {
                return;
            }
        }
    }

    /// Waits until the database has answered or failed.
    pub(super) async fn pool_decided(&self, database: Database) {
        let mut pools = self.fleet.pools();
        let decided = pools.wait_for(|pools| {
            pools.get(database).is_none_or(|pool| pool.state != PoolState::Connecting)
        });
        let _ = time::timeout(self.limit, decided).await;
    }

    /// What to say of a registry that is not live; empty for a live one.
    pub(super) fn warnings(&self, registry: &Registry) -> Vec<SafeText> {
        let (Source::Cache, Some(as_of)) = (registry.source, registry.as_of) else {
            return Vec::new();
        };
        let ago = crate::domain::format::ago(self.look.since(as_of));
        let stale = safe(&format!("the registry is out of reach; this is how it was {ago}"));
        let cause = registry.failure.as_ref().map(|failure| failure.message.clone());
        [stale].into_iter().chain(cause).collect()
    }
}

/// How reports look on this terminal now.
pub(super) fn look(config: &Config) -> Look {
    Look { ascii: config.console.ascii, now: Timestamp::now() }
}
