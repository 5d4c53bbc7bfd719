//! What the integration tests share: servers, the binary, proxies, certificates.

mod backend;
mod binary;
mod certificates;
mod proxy;
mod refusal;
mod schema;
mod servers;

use std::{
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::{
    backend::{Backend, compared},
    binary::{Home, Output, Running},
    certificates::Authority,
    proxy::{Mode, Proxy},
    refusal::Watched,
    schema::schema_faults,
    servers::{client, database_name, fleet_config, mongod, on_server, shared, start, uri_of},
};

/// What a condition is given before a test fails: loaded machines are slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Polls until the condition gives something, and fails the test when it never does.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it never happened that {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// [`eventually`] for tests that run on tokio.
pub(crate) async fn eventually_async<T, F>(what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it never happened that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process runs; one that has ended and waits to be collected does not.
pub(crate) fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}
