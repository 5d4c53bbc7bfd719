//! The state of the pools: one driver client to each database.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use super::{
    database::Database,
    failure::{Failure, FailureKind},
    text::SafeText,
};

/// How a pool is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolState {
    /// Not probed yet.
    Connecting,
    /// Every probe is answered in time.
    Up,
    /// Answered, but later than the limit for slow.
    Slow,
    /// The last probe failed; see the failure.
    Down,
}

impl PoolState {
    /// The word for screens and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Slow => "slow",
            Self::Down => "down",
        }
    }

    /// Whether the database can be used.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Up | Self::Slow)
    }
}

/// One probe in the history: a latency, or that it failed.
///
/// Latencies are kept as steps of a rough logarithmic scale, so that a healthy database
/// gives the same picture from probe to probe and an idle screen stays still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sample {
    /// Answered; the step is 0 (under 2 ms) to 7 (1 s and more).
    Answered(u8),
    /// Not answered, or answered with an error.
    Failed,
}

impl Sample {
    /// The step of a latency: under 2, 5, 15, 50, 150, 400, 1000 ms, and more.
    pub fn of(latency: Duration) -> Self {
        const LIMITS_MS: [u128; 7] = [2, 5, 15, 50, 150, 400, 1000];
        let step = LIMITS_MS.iter().filter(|&&limit| latency.as_millis() >= limit).count();
        Self::Answered(u8::try_from(step).unwrap_or(7))
    }
}

/// Most samples kept in a history, as many as the widest screen shows; the oldest is
/// dropped first.
pub const HISTORY_LENGTH: usize = 40;

/// Real connections of a pool, counted from the driver's pool events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Connections that are established.
    pub open: u32,
    /// Of those, lent to an operation.
    pub in_use: u32,
    /// Operations that wait for a connection.
    pub waiting: u32,
    /// The most that the pool opens to one server.
    pub max: u32,
}

/// How the servers behind a pool are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// One server, no oplog: no change streams, no transactions.
    Standalone,
    /// A replica set, of one member or more.
    ReplicaSet,
    /// A sharded cluster behind `mongos`.
    Sharded,
}

impl Topology {
    /// The stable name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::ReplicaSet => "replica_set",
            Self::Sharded => "sharded",
        }
    }
}

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Such as `6.0.5`.
    pub version: SafeText,
    /// How the servers are arranged.
    pub topology: Topology,
}

/// One pool at one moment. Latencies are rounded to what a screen shows, so that equal
/// snapshots look equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Which database the pool leads to.
    pub database: Database,
    /// The database's name on the server.
    pub name: SafeText,
    /// The addresses it connects to, as `host:port, …`; empty before the URI is resolved.
    pub hosts: SafeText,
    /// How it is doing.
    pub state: PoolState,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// Round trip of the last answered probe.
    pub latency: Option<Duration>,
    /// When the last probe was answered; kept while the database is down.
    pub last_answer: Option<Timestamp>,
    /// The latest probes, oldest first.
    pub history: VecDeque<Sample>,
    /// Why it is down, or what is wrong although it is up.
    pub failure: Option<Failure>,
    /// When the next attempt comes, while it is down.
    pub next_retry: Option<Timestamp>,
    /// Real connections.
    pub connections: Connections,
    /// Known after the first answer, kept when the database goes down.
    pub server: Option<ServerInfo>,
}

impl Pool {
    /// A pool that has not been probed yet.
    pub fn connecting(database: Database, name: SafeText, since: Timestamp) -> Self {
        Self {
            database,
            name,
            hosts: SafeText::default(),
            state: PoolState::Connecting,
            since,
            latency: None,
            last_answer: None,
            history: VecDeque::new(),
            failure: None,
            next_retry: None,
            connections: Connections::default(),
            server: None,
        }
    }

    /// Adds a sample and drops what is too old.
    pub fn record(&mut self, sample: Sample) {
        if self.history.len() == HISTORY_LENGTH {
            self.history.pop_front();
        }
        self.history.push_back(sample);
    }
}

/// All pools at one moment: main first, then the shards by number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pools {
    /// Main first, then the shards by number.
    pub pools: Vec<Pool>,
}

/// The state of the fleet as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetState {
    /// Every database is usable.
    Up,
    /// Some are.
    Degraded,
    /// None is.
    Down,
}

impl FleetState {
    /// The stable name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl Pools {
    /// The pool of a database.
    pub fn get(&self, database: Database) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.database == database)
    }

    /// How many databases are usable.
    pub fn n_usable(&self) -> usize {
        self.pools.iter().filter(|pool| pool.state.is_usable()).count()
    }

    /// Established connections of all pools.
    pub fn n_connections(&self) -> u32 {
        self.pools.iter().map(|pool| pool.connections.open).sum()
    }

    /// Up when all are usable, down when none is.
    pub fn fleet_state(&self) -> FleetState {
        match self.n_usable() {
            n if n == self.pools.len() => FleetState::Up,
            0 => FleetState::Down,
            _ => FleetState::Degraded,
        }
    }

    /// What several databases have in common when they are down, in words.
    ///
    /// All down for one reason: the host, the network or the login. One of several down:
    /// that database's grants or its own URI. `None` while nothing is down.
    pub fn shared_cause(&self) -> Option<String> {
        let down: Vec<&Pool> =
            self.pools.iter().filter(|pool| pool.state == PoolState::Down).collect();
        let total = self.pools.len();
        let first = down.first()?;
        let kind = first.failure.as_ref().map(|failure| failure.kind);
        let one_kind =
            down.iter().all(|pool| pool.failure.as_ref().map(|failure| failure.kind) == kind);
        let n_down = down.len();
        if n_down == total && total > 1 && one_kind {
            return Some(format!("{total} of {total} down: {}", common_suspect(kind)));
        }
        if n_down == total && total > 1 {
            return Some(format!("{total} of {total} down, for different reasons"));
        }
        if n_down == 1 {
            return Some(format!(
                "1 of {total} down: look at the grants or the own URI of {}",
                first.name
            ));
        }
        Some(format!("{n_down} of {total} down"))
    }
}

fn common_suspect(kind: Option<FailureKind>) -> &'static str {
    match kind {
        Some(FailureKind::Login) => "the login that they share",
        Some(FailureKind::Dns) => "the host name that they share",
        Some(FailureKind::Tls) => "the TLS set-up that they share",
        Some(FailureKind::NotAuthorised) => "the grants of the login that they share",
        Some(FailureKind::NoPrimary) => "the replica set that they share",
        Some(FailureKind::WrongOptions) => "the URI that they share",
        _ => "the host or the network that they share",
    }
}
