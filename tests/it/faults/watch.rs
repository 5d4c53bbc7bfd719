//! A fleet under observation.

use std::{sync::Arc, time::Duration};

use tilldeck::{
    config::{Config, Timing},
    domain::{
        failure::FailureKind,
        pool::{Pool, PoolState, Pools},
    },
    mongo::{fleet::Fleet, targets::Targets},
};

/// The longest that anything may take on a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Everything faster than in real life, and nothing ever slow, however loaded the machine is.
fn timing() -> Timing {
    Timing {
        probe_interval: Duration::from_millis(500),
        probe_timeout: Duration::from_secs(2),
        slow_after: PATIENCE,
        login_interval: Duration::from_millis(700),
        retry_at_most: Duration::from_secs(1),
        ..Timing::default()
    }
}

/// A running fleet; ends with the test's runtime.
pub(super) struct Watched {
    pub(super) fleet: Fleet,
}

pub(super) fn fleet(uri: &str) -> Watched {
    let config = Config { uri: Some(uri.to_owned().into()), timing: timing(), ..Config::default() };
    Watched { fleet: Fleet::start(Targets::parse(&config).unwrap(), &config) }
}

impl Watched {
    /// The first snapshot that fits; fails the test when there is none.
    pub(super) async fn until(&self, what: &str, fits: impl Fn(&Pools) -> bool) -> Arc<Pools> {
        let mut pools = self.fleet.pools();
        let found = tokio::time::timeout(PATIENCE, pools.wait_for(|pools| fits(pools))).await;
        let Ok(found) = found else { panic!("not {what}: {:#?}", self.fleet.pools().borrow()) };
        found.unwrap().clone()
    }

    pub(super) async fn until_up(&self) -> Arc<Pools> {
        self.until("up", |pools| pools.pools.iter().all(is_up)).await
    }

    /// Waits until every pool is down for this cause.
    pub(super) async fn until_down(&self, kind: FailureKind) -> Arc<Pools> {
        self.until_down_for_one_of(&[kind]).await
    }

    /// Waits until every pool is down for one of these causes.
    pub(super) async fn until_down_for_one_of(&self, kinds: &[FailureKind]) -> Arc<Pools> {
        let fits = |pool: &Pool| kinds.iter().any(|&kind| is_down(pool, kind));
        self.until(&format!("down for {kinds:?}"), |pools| pools.pools.iter().all(fits)).await
    }
}

pub(super) fn is_up(pool: &Pool) -> bool {
    pool.state == PoolState::Up && pool.failure.is_none() && pool.next_retry.is_none()
}

pub(super) fn is_down(pool: &Pool, kind: FailureKind) -> bool {
    let fits = pool.failure.as_ref().is_some_and(|failure| failure.kind == kind);
    pool.state == PoolState::Down && fits && pool.next_retry.is_some()
}
