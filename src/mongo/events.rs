//! What the driver's own events tell about one pool: its connections (CMAP) and the servers
//! behind it (SDAM).
//!
//! The driver calls the handlers in its own tasks, so they only count and take notes under a
//! lock that is never held across anything slow.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use bson::Document;
use mongodb::{
    error::Error,
    event::{
        EventHandler,
        cmap::CmapEvent,
        sdam::{SdamEvent, TopologyDescription, TopologyType},
    },
    options::{ClientOptions, ServerAddress},
};
use tokio::sync::Notify;

use crate::domain::pool::{Connections, Topology};

/// The driver's pool size where nothing else is asked for.
const DRIVER_POOL_SIZE: u32 = 10;

/// What the driver's events told so far. One for each pool; shared with its handlers.
#[derive(Debug)]
pub(crate) struct Signals {
    connections: Mutex<Counted>,
    servers: Mutex<Servers>,
    /// Told when a count of connections changed.
    counted: Arc<Notify>,
    /// Told when the topology changed, so that a probe finds out what it means.
    wake: Arc<Notify>,
    /// Told when a heartbeat failed.
    failed: Notify,
    /// How many clients have told their events here.
    client: AtomicU32,
}

type Connection = (ServerAddress, u32);

#[derive(Debug, Default)]
struct Counted {
    open: HashSet<Connection>,
    in_use: HashSet<Connection>,
    waiting: u32,
    max: Option<u32>,
}

#[derive(Debug, Default)]
struct Servers {
    /// Each server's role, as far as it is known; a change of it is news.
    roles: Vec<String>,
    /// The servers of the present topology, with the time of the last heartbeat if it failed.
    failed_at: HashMap<ServerAddress, Option<Instant>>,
    last_failure: Option<Error>,
    topology: Option<Topology>,
}

impl Signals {
    /// Nothing told yet. `counted` and `wake` are told of changes.
    pub(crate) fn new(counted: Arc<Notify>, wake: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self {
            connections: Mutex::default(),
            servers: Mutex::default(),
            counted,
            wake,
            failed: Notify::new(),
            client: AtomicU32::new(0),
        })
    }

    /// Makes the driver tell its events here, and forgets what an earlier client told.
    pub(crate) fn listen(self: &Arc<Self>, options: &mut ClientOptions) {
        let max = Some(options.max_pool_size.unwrap_or(DRIVER_POOL_SIZE));
        *lock(&self.connections) = Counted { max, ..Counted::default() };
        *lock(&self.servers) = Servers::default();
        let client = self.client.fetch_add(1, Ordering::Relaxed) + 1;
        let signals = self.clone();
        options.cmap_event_handler = Some(EventHandler::callback(move |event| {
            if signals.is_present(client) {
                signals.take_pool_event(event);
            }
        }));
        let signals = self.clone();
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            if signals.is_present(client) {
                signals.take_server_event(event);
            }
        }));
    }

    /// Whether this is the client that was made last; an earlier one may tell of its end yet.
    fn is_present(&self, client: u32) -> bool {
        self.client.load(Ordering::Relaxed) == client
    }

    /// The connections as they stand.
    pub(crate) fn connections(&self) -> Connections {
        let counted = lock(&self.connections);
        let count = |set: &HashSet<Connection>| u32::try_from(set.len()).unwrap_or(u32::MAX);
        Connections {
            open: count(&counted.open),
            in_use: count(&counted.in_use),
            waiting: counted.waiting,
            max: counted.max.unwrap_or(DRIVER_POOL_SIZE),
        }
    }

    /// The most connections, when all of them are lent, somebody waits for one, and the
    /// servers themselves answer.
    pub(crate) fn exhausted(&self) -> Option<u32> {
        let Connections { in_use, waiting, max, .. } = self.connections();
        let is_full = waiting > 0 && in_use >= max;
        (is_full && self.last_failure().is_none()).then_some(max)
    }

    /// How the servers are arranged, once one has said so.
    pub(crate) fn topology(&self) -> Option<Topology> {
        lock(&self.servers).topology
    }

    /// Why the last heartbeat failed, unless a later one was answered.
    pub(crate) fn last_failure(&self) -> Option<Error> {
        lock(&self.servers).last_failure.clone()
    }

    /// Waits until every server has failed a heartbeat after `start` and says why the last
    /// one did: there is no use in waiting for the driver to give up then.
    ///
    /// Safe to drop at any point.
    pub(crate) async fn unreachable_since(&self, start: Instant) -> Error {
        loop {
            let failed = self.failed.notified();
            if let Some(error) = lock(&self.servers).unreachable_since(start) {
                return error;
            }
            failed.await;
        }
    }

    fn take_pool_event(&self, event: CmapEvent) {
        let mut counted = lock(&self.connections);
        match event {
            CmapEvent::ConnectionReady(event) => {
                counted.open.insert((event.address, event.connection_id));
            }
            CmapEvent::ConnectionClosed(event) => {
                let connection = (event.address, event.connection_id);
                counted.open.remove(&connection);
                counted.in_use.remove(&connection);
            }
            CmapEvent::ConnectionCheckoutStarted(_) => counted.waiting += 1,
            CmapEvent::ConnectionCheckoutFailed(_) => {
                counted.waiting = counted.waiting.saturating_sub(1);
            }
            CmapEvent::ConnectionCheckedOut(event) => {
                counted.waiting = counted.waiting.saturating_sub(1);
                counted.in_use.insert((event.address, event.connection_id));
            }
            CmapEvent::ConnectionCheckedIn(event) => {
                counted.in_use.remove(&(event.address, event.connection_id));
            }
            // Pools come and go with the servers of the topology. What they close is told for
            // each connection, so they count nothing themselves.
            _ => return,
        }
        drop(counted);
        self.counted.notify_one();
    }

    fn take_server_event(&self, event: SdamEvent) {
        match event {
            SdamEvent::ServerHeartbeatFailed(event) => {
                let mut servers = lock(&self.servers);
                servers.failed_at.insert(event.server_address, Some(Instant::now()));
                servers.last_failure = Some(event.failure);
                drop(servers);
                self.failed.notify_waiters();
            }
            SdamEvent::ServerHeartbeatSucceeded(event) => {
                let mut servers = lock(&self.servers);
                servers.failed_at.insert(event.server_address, None);
                servers.topology = topology_of(&event.reply).or(servers.topology);
                if servers.failed_at.values().all(Option::is_none) {
                    servers.last_failure = None;
                }
            }
            SdamEvent::TopologyDescriptionChanged(event) => {
                let is_news = lock(&self.servers).change(&event.new_description);
                if is_news {
                    self.wake.notify_one();
                }
            }
            _ => {}
        }
    }
}

impl Servers {
    /// Takes the new description; whether a server came, went or changed its role.
    fn change(&mut self, new: &TopologyDescription) -> bool {
        let servers = new.servers();
        self.failed_at.retain(|address, _| servers.contains_key(address));
        for address in servers.keys() {
            self.failed_at.entry((*address).clone()).or_default();
        }
        if new.topology_type() == TopologyType::LoadBalanced {
            self.topology = Some(Topology::Sharded);
        }
        let role = |(address, server): (&&ServerAddress, &mongodb::ServerInfo<'_>)| {
            format!("{address} {}", server.server_type())
        };
        let mut roles: Vec<_> = servers.iter().map(role).collect();
        roles.sort_unstable();
        let changed = roles != self.roles;
        self.roles = roles;
        changed
    }

    fn unreachable_since(&self, start: Instant) -> Option<Error> {
        let failed = |at: &Option<Instant>| at.is_some_and(|at| at >= start);
        let all = !self.failed_at.is_empty() && self.failed_at.values().all(failed);
        all.then(|| self.last_failure.clone()).flatten()
    }
}

/// How a server that gives this reply to `hello` is arranged with others.
fn topology_of(hello: &Document) -> Option<Topology> {
    if hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid") {
        Some(Topology::Sharded)
    } else if hello.contains_key("setName") {
        Some(Topology::ReplicaSet)
    } else if hello.contains_key("maxWireVersion") {
        Some(Topology::Standalone)
    } else {
        None
    }
}

/// A handler that panicked has left at worst one count wrong, so its notes are still used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use bson::doc;
    use serde_json::json;

    use super::*;

    fn signals() -> Arc<Signals> {
        Signals::new(Arc::default(), Arc::default())
    }

    /// The driver's events can be made from JSON only; their structs are not exhaustive.
    fn event<T: serde::de::DeserializeOwned>(id: u32) -> T {
        serde_json::from_value(json!({
            "connectionId": id, "duration": {"secs": 0, "nanos": 0},
            "reason": "error",
        }))
        .unwrap()
    }

    fn tell(signals: &Signals, what: &str, id: u32) {
        signals.take_pool_event(match what {
            "ready" => CmapEvent::ConnectionReady(event(id)),
            "closed" => CmapEvent::ConnectionClosed(
                serde_json::from_value(json!({
                    "connectionId": id, "reason": "error", "service_id": null, "serviceId": null,
                }))
                .unwrap(),
            ),
            "asked" => CmapEvent::ConnectionCheckoutStarted(event(id)),
            "out" => CmapEvent::ConnectionCheckedOut(event(id)),
            "in" => CmapEvent::ConnectionCheckedIn(event(id)),
            _ => panic!("no such event"),
        });
    }

    fn counts(signals: &Signals) -> (u32, u32, u32) {
        let connections = signals.connections();
        (connections.open, connections.in_use, connections.waiting)
    }

    #[test]
    fn connections_are_counted_from_what_the_driver_tells() {
        let signals = signals();
        tell(&signals, "asked", 1);
        assert_eq!(counts(&signals), (0, 0, 1));
        tell(&signals, "ready", 1);
        tell(&signals, "out", 1);
        assert_eq!(counts(&signals), (1, 1, 0));
        tell(&signals, "asked", 2);
        tell(&signals, "ready", 2);
        tell(&signals, "out", 2);
        tell(&signals, "in", 1);
        assert_eq!(counts(&signals), (2, 1, 0));
        tell(&signals, "closed", 2);
        assert_eq!(counts(&signals), (1, 0, 0));
    }

    #[test]
    fn a_connection_that_never_became_ready_is_not_counted_when_it_closes() {
        let signals = signals();
        tell(&signals, "ready", 1);
        tell(&signals, "closed", 7);
        assert_eq!(counts(&signals), (1, 0, 0));
    }

    #[test]
    fn a_pool_is_exhausted_when_somebody_waits_and_nothing_is_left() {
        let signals = signals();
        for id in 1..=DRIVER_POOL_SIZE {
            tell(&signals, "asked", id);
            tell(&signals, "ready", id);
            tell(&signals, "out", id);
        }
        assert_eq!(signals.exhausted(), None);
        tell(&signals, "asked", 99);
        assert_eq!(signals.exhausted(), Some(DRIVER_POOL_SIZE));
        lock(&signals.servers).last_failure = Some(Error::custom("frozen"));
        assert_eq!(signals.exhausted(), None);
    }

    #[test]
    fn hello_says_how_servers_are_arranged() {
        for (hello, topology) in [
            (doc! {"msg": "isdbgrid", "maxWireVersion": 17}, Some(Topology::Sharded)),
            (doc! {"setName": "rs", "maxWireVersion": 17}, Some(Topology::ReplicaSet)),
            (doc! {"maxWireVersion": 17}, Some(Topology::Standalone)),
            (doc! {}, None),
        ] {
            assert_eq!(topology_of(&hello), topology);
        }
    }

    #[tokio::test]
    async fn servers_are_unreachable_once_each_has_failed_after_the_start() {
        let start = Instant::now();
        let mut servers = Servers::default();
        let host = |host: &str| ServerAddress::Tcp { host: host.into(), port: None };
        assert!(servers.unreachable_since(start).is_none());
        servers.last_failure = Some(Error::custom("refused"));
        servers.failed_at.insert(host("a"), Some(Instant::now()));
        servers.failed_at.insert(host("b"), None);
        assert!(servers.unreachable_since(start).is_none());
        servers.failed_at.insert(host("b"), Some(Instant::now()));
        assert!(servers.unreachable_since(start).is_some());
        let later = Instant::now() + std::time::Duration::from_secs(1);
        assert!(servers.unreachable_since(later).is_none());
    }
}
