//! The registry feed: one task that keeps the list of stores true while the main database is
//! reachable, and falls back to the last known list while it is not.
//!
//! The change stream is opened before the list is read, so that nothing is lost between.
//! Where there are no change streams, the list is read again at intervals. Whenever the main
//! database comes back everything is read afresh; records that did not change keep their
//! `Arc`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(super) use self::reader::read_all;
use self::{
    ledger::Ledger,
    stream::{Ending, Opened, Stream, open},
};
use super::{
    cache::CacheFile,
    probe::{Handle, Slot},
};
use crate::{
    config::Timing,
    domain::{
        database::{Database, Layout},
        failure::Failure,
        pool::{Pool, PoolState, Pools},
        registry::{Registry, Source},
    },
};

mod ledger;
mod reader;
mod stream;

/// How long a registry is polled before it is tried again to follow it.
const FOLLOW_AGAIN: Duration = Duration::from_secs(300);

/// Shortest time between two published snapshots; a single change goes out at once.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(100);
/// How long changes are gathered before they are saved.
const SAVE_AFTER: Duration = Duration::from_secs(2);
/// How old the saved list may become while nothing changes.
const SAVE_AT_LEAST: Duration = Duration::from_secs(600);

/// What the feed needs to know.
pub(crate) struct Setup {
    /// Names of the registry and its fields.
    pub(crate) layout: Layout,
    /// Intervals and deadlines.
    pub(crate) timing: Timing,
    /// Where the main database's client is.
    pub(crate) slot: Arc<Slot>,
    /// Whether the main database can be used.
    pub(crate) pools: watch::Receiver<Arc<Pools>>,
    /// Where the last known registry is kept; nothing is kept without a path.
    pub(crate) cache: Option<PathBuf>,
    /// Whether changes matter once the list has been read.
    pub(crate) follow: Follow,
    /// Ends the feed.
    pub(crate) cancel: CancellationToken,
}

/// What becomes of the list after it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// Changes are followed, by change stream where there is one.
    Changes,
    /// One look is enough: no change stream is opened, since the server would hold its answer
    /// back and the command that opened it could not end before.
    Nothing,
}

/// Starts the feed. It ends when it is cancelled, within moments.
pub(crate) fn start(setup: Setup, tracker: &TaskTracker) -> watch::Receiver<Arc<Registry>> {
    let (sender, receiver) = watch::channel(Arc::new(Registry::default()));
    let layout = Arc::new(setup.layout);
    let cache = setup.cache.map(|path| CacheFile::new(path, layout.clone()));
    let mut feed = Feed {
        layout,
        timing: setup.timing,
        slot: setup.slot,
        pools: setup.pools,
        cache,
        follow: setup.follow,
        sender,
        tracker: tracker.clone(),
        ledger: Ledger::default(),
        is_unsaved: false,
    };
    let cancel = setup.cancel;
    tracker.spawn(async move {
        cancel.run_until_cancelled(feed.run()).await;
        feed.save_pending();
    });
    receiver
}

struct Feed {
    layout: Arc<Layout>,
    timing: Timing,
    slot: Arc<Slot>,
    pools: watch::Receiver<Arc<Pools>>,
    cache: Option<CacheFile>,
    follow: Follow,
    sender: watch::Sender<Arc<Registry>>,
    tracker: TaskTracker,
    /// The list as it is known now.
    ledger: Ledger,
    /// Whether changes were seen since the list was last handed over for saving.
    is_unsaved: bool,
}

/// Why a stretch of following the registry ended.
enum End {
    /// The main database went out of reach, or its state is not known any more.
    Unreachable,
    /// Reading failed although the database answers.
    Failed(Failure),
    /// The stream must be opened again from the start, such as after a drop.
    Again,
}

impl Feed {
    /// Never drops a driver call half-way: each of them runs in a task of its own.
    async fn run(&mut self) {
        loop {
            let Some(handle) = self.wait_for_main().await else { return };
            match self.follow(handle).await {
                End::Unreachable | End::Again => {}
                End::Failed(failure) => {
                    tracing::warn!(%failure, "the registry cannot be read");
                    self.fall_back(&failure, None).await;
                    self.pause(self.timing.registry_poll).await;
                }
            }
        }
    }

    /// Waits until the main database can be used; says why not meanwhile. `None` when the
    /// pools have ended.
    async fn wait_for_main(&mut self) -> Option<Handle> {
        loop {
            let pools = self.pools.borrow_and_update().clone();
            let main = pools.get(Database::Main)?;
            match (main.state, &main.failure) {
                (PoolState::Up | PoolState::Slow, _) => {
                    if let Some(handle) = self.slot.get() {
                        return Some(handle);
                    }
                }
                (PoolState::Down, Some(failure)) => {
                    self.fall_back(failure, main.last_answer).await;
                }
                _ => {}
            }
            self.pools.changed().await.ok()?;
        }
    }

    /// Resolves when the main database is out of reach. Cancel-safe.
    async fn main_lost(pools: &mut watch::Receiver<Arc<Pools>>) {
        let is_lost = |pools: &Arc<Pools>| pools.get(Database::Main).is_none_or(is_down);
        // An error says that the pools have ended, and with them everything else.
        let _ = pools.wait_for(is_lost).await;
    }

    /// Waits, but not while the main database goes out of reach.
    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = Self::main_lost(&mut self.pools) => {}
        }
    }

    /// Publishes the last known list with the reason why it is not live.
    async fn fall_back(&mut self, failure: &Failure, last_answer: Option<Timestamp>) {
        let known = self.sender.borrow().clone();
        let mut next = Registry { failure: Some(failure.clone()), ..(*known).clone() };
        match known.source {
            Source::Loading => {
                if let Some(saved) = self.load().await {
                    self.ledger = Ledger::new(saved.stores.clone());
                    next = Registry { failure: Some(failure.clone()), ..saved };
                }
            }
            Source::ChangeStream | Source::Polling => {
                next.source = Source::Cache;
                next.as_of = last_answer.or(known.as_of);
                self.save(&next);
            }
            Source::Cache => {}
        }
        self.sender.send_if_modified(|current| {
            let is_new = current.source != next.source || current.failure != next.failure;
            *current = Arc::new(next);
            is_new
        });
    }

    async fn load(&self) -> Option<Registry> {
        let cache = self.cache.clone()?;
        tokio::task::spawn_blocking(move || cache.load()).await.ok().flatten()
    }

    fn save(&mut self, registry: &Registry) {
        self.is_unsaved = false;
        if let Some(cache) = self.cache.clone() {
            let registry = registry.clone();
            let turn = cache.next_turn();
            self.tracker.spawn_blocking(move || cache.save(&registry, turn));
        }
    }

    async fn follow(&mut self, handle: Handle) -> End {
        if self.follow == Follow::Nothing {
            return self.poll(handle, None).await;
        }
        let topology = self.topology();
        match open(&handle, &self.layout, &self.timing).await {
            Ok(Opened::Stream(stream)) => self.follow_stream(handle, stream).await,
            Ok(Opened::Impossible(reason)) => {
                tracing::info!(%reason, ?topology, "the registry is polled");
                self.poll(handle, Some(reason)).await
            }
            Err(failure) => self.ended(failure),
        }
    }

    fn topology(&self) -> Option<crate::domain::pool::Topology> {
        let pools = self.pools.borrow();
        pools.get(Database::Main)?.server.as_ref().map(|server| server.topology)
    }

    /// A failure to read, or merely the sign that the database is gone.
    fn ended(&self, failure: Failure) -> End {
        let is_lost = self.pools.borrow().get(Database::Main).is_none_or(is_down);
        if is_lost { End::Unreachable } else { End::Failed(failure) }
    }

    async fn read(&mut self, handle: &Handle) -> Result<(), End> {
        let read = tokio::select! {
            read = read_all(handle, &self.layout, self.timing.read_timeout, self.topology()) => read,
            () = Self::main_lost(&mut self.pools) => return Err(End::Unreachable),
        };
        match read {
            Ok(stores) => {
                self.ledger.replace_all(stores);
                Ok(())
            }
            Err(failure) => Err(self.ended(failure)),
        }
    }

    async fn follow_stream(&mut self, handle: Handle, mut stream: Stream) -> End {
        if let Err(end) = self.read(&handle).await {
            return end;
        }
        let mut last_published = self.publish(Source::ChangeStream, None);
        // At once, without a wait in between: a command may have all it wants and end now.
        self.save_now();
        let mut save_at = Instant::now() + SAVE_AT_LEAST;
        loop {
            let publish_at = self.ledger.is_changed().then_some(last_published + PUBLISH_INTERVAL);
            tokio::select! {
                signal = stream.next() => match signal {
                    Ok(event) => {
                        self.ledger.apply(event);
                        while let Some(event) = stream.try_next() {
                            self.ledger.apply(event);
                        }
                        self.is_unsaved = true;
                        save_at = save_at.min(Instant::now() + SAVE_AFTER);
                    }
                    Err(Ending::Again) => return End::Again,
                    Err(Ending::Failed(failure)) => return self.ended(failure),
                },
                () = Self::main_lost(&mut self.pools) => return End::Unreachable,
                () = sleep_until(publish_at.unwrap_or(save_at)), if publish_at.is_some() => {
                    last_published = self.publish(Source::ChangeStream, None);
                }
                () = sleep_until(save_at) => {
                    self.save_now();
                    save_at = Instant::now() + SAVE_AT_LEAST;
                }
            }
            // A single change goes out at once; a burst is gathered.
            if self.ledger.is_changed() && last_published.elapsed() >= PUBLISH_INTERVAL {
                last_published = self.publish(Source::ChangeStream, None);
            }
        }
    }

    /// Reads the list again and again. `reason` is why it cannot be followed, where it should be.
    async fn poll(&mut self, handle: Handle, reason: Option<Failure>) -> End {
        let mut save_at = Instant::now();
        let again_at = Instant::now() + FOLLOW_AGAIN;
        loop {
            // A grant may have come, or a standalone server may have become a replica set.
            if reason.is_some() && Instant::now() >= again_at {
                return End::Again;
            }
            if let Err(end) = self.read(&handle).await {
                return end;
            }
            if self.ledger.is_changed() {
                self.is_unsaved = true;
                save_at = save_at.min(Instant::now() + SAVE_AFTER);
            }
            self.publish(Source::Polling, reason.clone());
            if save_at <= Instant::now() {
                self.save_now();
                save_at = Instant::now() + SAVE_AT_LEAST;
            }
            tokio::select! {
                () = tokio::time::sleep(self.timing.registry_poll) => {}
                () = Self::main_lost(&mut self.pools) => return End::Unreachable,
            }
        }
    }

    /// Keeps what changed in the last moments before the end. The tracker waits for the file,
    /// as long as shutting down may take.
    fn save_pending(&mut self) {
        if self.is_unsaved {
            let known = self.sender.borrow().clone();
            self.publish(known.source, known.failure.clone());
            self.save_now();
        }
    }

    fn save_now(&mut self) {
        let known = self.sender.borrow().clone();
        self.save(&Registry { as_of: Some(Timestamp::now()), ..(*known).clone() });
    }

    /// Publishes the list as it is known now, and returns when that was. Nobody is woken
    /// where only the time differs.
    fn publish(&mut self, source: Source, failure: Option<Failure>) -> Instant {
        let is_changed = self.ledger.take_changed();
        self.sender.send_if_modified(|current| {
            let is_new = is_changed || current.source != source || current.failure != failure;
            let stores =
                if is_changed { self.ledger.stores().to_vec() } else { current.stores.clone() };
            *current =
                Arc::new(Registry { stores, source, as_of: Some(Timestamp::now()), failure });
            is_new
        });
        Instant::now()
    }
}

fn is_down(main: &Pool) -> bool {
    main.state == PoolState::Down
}
