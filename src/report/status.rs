//! `status`: databases, pools and stores.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    error::ErrorBody,
    look::{Look, milliseconds},
    table::{Cell, Side, Table},
};
use crate::domain::{
    database::{Database, Layout},
    format,
    pool::{Connections, Pool, Pools, ServerInfo},
    registry::{Registry, Source},
    store::StoreState,
    text::{SafeText, safe},
};

/// The state of the fleet at one moment.
#[derive(Debug, Serialize)]
pub struct Status {
    environment: Option<String>,
    summary: Summary,
    databases: Vec<DatabaseStatus>,
    stores: Stores,
    connections_total: u32,
}

#[derive(Debug, Serialize)]
struct Summary {
    up: usize,
    total: usize,
    state: &'static str,
    shared_cause: Option<String>,
}

#[derive(Debug, Serialize)]
struct DatabaseStatus {
    role: &'static str,
    id: Option<u32>,
    name: String,
    hosts: String,
    state: &'static str,
    since: Timestamp,
    latency_ms: Option<f64>,
    next_retry_ms: Option<f64>,
    error: Option<ErrorBody>,
    connections: ConnectionsStatus,
    server: Option<ServerStatus>,
    stores: Option<u64>,
    capacity: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ConnectionsStatus {
    open: u32,
    in_use: u32,
    waiting: u32,
    max: u32,
}

#[derive(Debug, Serialize)]
struct ServerStatus {
    version: String,
    topology: &'static str,
}

/// Counts are null while no registry is known at all, not even an old one. Then nothing is
/// live, so the source is the cache, which is empty and has no age.
#[derive(Debug, Serialize)]
struct Stores {
    total: Option<usize>,
    legacy: Option<usize>,
    malformed: Option<usize>,
    source: &'static str,
    age_ms: Option<f64>,
}

/// What a status is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The fleet's name, if it has one.
    pub environment: Option<&'a str>,
    /// Names and limits.
    pub layout: &'a Layout,
    /// The pools at this moment.
    pub pools: &'a Pools,
    /// The registry at this moment.
    pub registry: &'a Registry,
}

impl Status {
    /// The status that follows from these facts.
    pub fn new(facts: &Facts, look: Look) -> Self {
        let stores = stores_by_database(facts.registry);
        let known = is_known(facts.registry);
        let database = |pool: &Pool| {
            let count = known.then(|| stores.get(&pool.database).copied().unwrap_or_default());
            DatabaseStatus::new(pool, facts.layout, count, look)
        };
        Self {
            environment: facts.environment.map(ToOwned::to_owned),
            summary: Summary {
                up: facts.pools.n_usable(),
                total: facts.pools.pools.len(),
                state: facts.pools.fleet_state().name(),
                shared_cause: facts.pools.shared_cause(),
            },
            databases: facts.pools.pools.iter().map(database).collect(),
            stores: Stores::new(facts.registry, look),
            connections_total: facts.pools.n_connections(),
        }
    }

    /// The status for people, over the same facts.
    pub fn text(facts: &Facts, look: Look) -> String {
        let mut text = headline(facts, look);
        text.push_str(&table(facts, look).render());
        text.push_str(&failures(facts.pools, look));
        let _ = write!(text, "\n{}\n", stores_line(facts.registry, look));
        let _ = writeln!(
            text,
            "{} connections open",
            format::count(facts.pools.n_connections().into())
        );
        text
    }
}

impl DatabaseStatus {
    fn new(pool: &Pool, layout: &Layout, stores: Option<u64>, look: Look) -> Self {
        let ahead = |time: Timestamp| Look { now: time, ..look }.since(look.now);
        Self {
            role: pool.database.role(),
            id: pool.database.id().map(crate::domain::database::DatabaseId::get),
            name: pool.name.as_str().to_owned(),
            hosts: pool.hosts.as_str().to_owned(),
            state: pool.state.word(),
            since: pool.since,
            latency_ms: pool.latency.map(milliseconds),
            next_retry_ms: pool.next_retry.map(|time| milliseconds(ahead(time))),
            error: pool.failure.as_ref().map(ErrorBody::new),
            connections: ConnectionsStatus::new(pool.connections),
            server: pool.server.as_ref().map(ServerStatus::new),
            stores,
            capacity: pool.database.id().map(|_| layout.stores_per_database),
        }
    }
}

impl ConnectionsStatus {
    const fn new(connections: Connections) -> Self {
        let Connections { open, in_use, waiting, max } = connections;
        Self { open, in_use, waiting, max }
    }
}

impl ServerStatus {
    fn new(server: &ServerInfo) -> Self {
        Self { version: server.version.as_str().to_owned(), topology: server.topology.name() }
    }
}

impl Stores {
    fn new(registry: &Registry, look: Look) -> Self {
        let counts = is_known(registry).then(|| registry.counts());
        Self {
            total: counts.map(|counts| counts.total),
            legacy: counts.map(|counts| counts.legacy),
            malformed: counts.map(|counts| counts.malformed),
            source: source_name(registry.source),
            age_ms: age_ms(registry, look),
        }
    }
}

/// `live` when the list comes from the server now, else `cache`.
pub(super) const fn source_name(source: Source) -> &'static str {
    match source {
        Source::ChangeStream | Source::Polling => "live",
        Source::Loading | Source::Cache => "cache",
    }
}

/// How long ago the registry was last known to be true.
pub(super) fn age_ms(registry: &Registry, look: Look) -> Option<f64> {
    registry.as_of.map(|as_of| milliseconds(look.since(as_of)))
}

fn is_known(registry: &Registry) -> bool {
    registry.source != Source::Loading
}

/// Stores that the backend would look for in each database.
fn stores_by_database(registry: &Registry) -> BTreeMap<Database, u64> {
    let mut stores = BTreeMap::new();
    for database in registry.stores.iter().filter_map(|store| store.route.database()) {
        *stores.entry(database).or_default() += 1;
    }
    stores
}

fn headline(facts: &Facts, look: Look) -> String {
    let pools = facts.pools;
    let mut parts = Vec::new();
    parts.extend(facts.environment.map(safe));
    parts.push(safe(pools.fleet_state().name()));
    parts.push(safe(&format!("{} of {} databases up", pools.n_usable(), pools.pools.len())));
    parts.extend(pools.shared_cause().as_deref().map(safe));
    format!("{}\n\n", SafeText::join(&parts, look.dot()))
}

/// What is wrong with each database; a next step that several share is said once, below them.
fn failures(pools: &Pools, look: Look) -> String {
    let mut text = String::new();
    let mut failures = pools.pools.iter().filter_map(|pool| pool.failure.as_ref()).peekable();
    if failures.peek().is_some() {
        text.push('\n');
    }
    while let Some(failure) = failures.next() {
        let _ = writeln!(text, "{} {failure}", look.cross());
        let is_last_of_its_kind = failures.peek().is_none_or(|next| next.hint != failure.hint);
        if is_last_of_its_kind && !failure.hint.as_str().is_empty() {
            let _ = writeln!(text, "  {}", failure.hint);
        }
    }
    text
}

fn table(facts: &Facts, look: Look) -> Table {
    let mut table = Table::new(&[
        ("DATABASE", Side::Left),
        ("STATE", Side::Left),
        ("SINCE", Side::Right),
        ("LATENCY", Side::Right),
        ("CONNECTIONS", Side::Right),
        ("STORES", Side::Right),
        ("SERVER", Side::Left),
        ("HOSTS", Side::Left),
    ]);
    let stores = stores_by_database(facts.registry);
    for pool in &facts.pools.pools {
        let n_stores = is_known(facts.registry)
            .then(|| stores.get(&pool.database).copied().unwrap_or_default());
        table.row(row(pool, n_stores, facts.layout, look));
    }
    table
}

fn row(pool: &Pool, n_stores: Option<u64>, layout: &Layout, look: Look) -> Vec<Cell> {
    let (state, colour) = look.pool(pool.state);
    let connections = pool.connections;
    let used = format!("{} of {}", connections.open, connections.max);
    let server = pool.server.as_ref().map(|server| {
        safe(&format!("{} {}", server.version, server.topology.name().replace('_', " ")))
    });
    vec![
        Cell::plain(pool.name.clone()),
        Cell::coloured(state, Some(colour)),
        Cell::plain(look.age(pool.since)),
        Cell::plain(
            pool.latency.map(|latency| safe(&format::latency(latency))).unwrap_or_default(),
        ),
        Cell::plain(safe(&used)),
        Cell::plain(n_stores.map(|stores| occupancy(stores, pool, layout)).unwrap_or_default()),
        Cell::plain(server.unwrap_or_default()),
        Cell::dim(pool.hosts.clone()),
    ]
}

fn occupancy(stores: u64, pool: &Pool, layout: &Layout) -> SafeText {
    let stores = format::count(stores);
    match pool.database {
        Database::Main => safe(&stores),
        Database::Shard(_) => {
            safe(&format!("{stores} of {}", format::count(layout.stores_per_database.into())))
        }
    }
}

fn stores_line(registry: &Registry, look: Look) -> String {
    if !is_known(registry) {
        return "the registry has not been read".to_owned();
    }
    let counts = registry.counts();
    let number = |count: usize| format::count(u64::try_from(count).unwrap_or(u64::MAX));
    let noun = if counts.total == 1 { "store" } else { "stores" };
    let mut line = format!("{} {noun}", number(counts.total));
    for (count, state) in
        [(counts.legacy, StoreState::Legacy), (counts.malformed, StoreState::Malformed)]
    {
        if count > 0 {
            let _ = write!(line, ", {} {}", number(count), state.word());
        }
    }
    if let (Source::Cache, Some(as_of)) = (registry.source, registry.as_of) {
        let _ = write!(line, ", last known {}", format::ago(look.since(as_of)));
    }
    line
}
