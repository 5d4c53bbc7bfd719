//! Real servers: one for all tests of this process, and others for tests that break them.

use std::{
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mongodb::Client;
use secrecy::SecretString;
use tilldeck::{
    config::{Config, Paths, Timing},
    demo::server::{Server, ServerOptions, find_or_fetch},
};

/// The server's binary, found or fetched once.
pub(crate) fn mongod() -> PathBuf {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        find_or_fetch().unwrap_or_else(|failure| panic!("{failure}: {}", failure.hint))
    });
    BINARY.clone()
}

/// A server of the test's own, to kill and to freeze.
pub(crate) fn start(options: ServerOptions) -> Server {
    let options = ServerOptions { binary: Some(mongod()), ..options };
    Server::start(options).unwrap_or_else(|failure| panic!("{failure}: {}", failure.hint))
}

/// The replica set of one that all tests share. Each test takes databases of its own names.
pub(crate) fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(|| start(ServerOptions::default()));
    &SHARED
}

/// A database name that nobody else in this run has: `{what}_{number}`. Names of shards are
/// this with `_1` and so on behind it.
pub(crate) fn database_name(what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("{what}_t{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A plain driver client: a client belongs to the runtime that it was made in.
pub(crate) async fn client(uri: &str) -> Client {
    Client::with_uri_str(uri).await.unwrap()
}

/// Runs one piece of driver code from a test that is not on tokio.
pub(crate) fn on_server<T>(uri: &str, work: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { work(client(uri).await).await })
}

/// The URI of a server with another database in its path.
pub(crate) fn uri_of(server: &str, database: &str) -> String {
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    format!("{}/{database}?{options}", address.trim_end_matches('/'))
}

/// A fleet on this server: the main database has this name, and two shards have it with a
/// number. What it writes on disk stays below `home`.
pub(crate) fn fleet_config(server: &str, main: &str, home: &Path) -> Config {
    let mut config = Config {
        uri: Some(SecretString::from(uri_of(server, main))),
        timing: Timing {
            probe_interval: Duration::from_millis(300),
            probe_timeout: Duration::from_secs(2),
            retry_at_most: Duration::from_secs(1),
            registry_poll: Duration::from_millis(200),
            read_timeout: Duration::from_secs(20),
            ..Timing::default()
        },
        paths: Paths { cache: home.join("cache"), ..Paths::default() },
        ..Config::default()
    };
    main.clone_into(&mut config.layout.database_prefix);
    config.layout.database_count = 2;
    config
}
