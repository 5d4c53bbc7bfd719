use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::*;
use crate::{
    domain::{
        failure::{Failure, FailureKind},
        pool::PoolState,
        text::SafeText,
    },
    mongo::{condition::Answer, monitor::Probe},
};

/// Panics a number of times before it answers.
struct Panicking(Arc<AtomicU32>);

impl Probe for Panicking {
    async fn probe(&mut self) -> Result<Answer, Failure> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        assert!(left.is_err(), "a probe that panics");
        Ok(Answer { latency: Duration::from_millis(3), server: None })
    }

    async fn stirred(&mut self) {
        std::future::pending::<()>().await;
    }

    fn hosts(&self) -> SafeText {
        safe("127.0.0.1:27017")
    }
}

/// Two pools, of which the monitor of the first panics `n_panics` times.
fn pools_with_panics(n_panics: u32) -> watch::Receiver<Arc<Pools>> {
    let clock: Clock = Arc::new(|| Timestamp::from_second(1_700_000_000).unwrap());
    let layout = crate::domain::database::Layout { database_count: 1, ..Default::default() };
    let databases: Vec<_> = layout.databases().collect();
    let connecting =
        |&database: &Database| Pool::connecting(database, safe(&layout.name_of(database)), clock());
    let pools = Pools { pools: databases.iter().map(connecting).collect() };
    let (sender, receiver) = watch::channel(Arc::new(pools.clone()));
    let (reports, reports_receiver) = mpsc::channel(QUEUED_REPORTS);
    for (database, n_panics) in databases.iter().copied().zip([n_panics, 0]) {
        let left = Arc::new(AtomicU32::new(n_panics));
        let keeper = Keeper {
            database,
            name: safe(&layout.name_of(database)),
            timing: Timing::default(),
            make_probe: move || Panicking(left.clone()),
            wiring: Wiring {
                reports: reports.clone(),
                login: watch::channel(LoginVerdict::default()).1,
                wake: Arc::default(),
                clock: clock.clone(),
                random: fastrand::Rng::with_seed(7),
            },
            pools: receiver.clone(),
        };
        tokio::spawn(keeper.run());
    }
    let signals = || Signals::new(Arc::default(), Arc::default());
    let fold = Fold {
        reported: pools.pools,
        signals: vec![signals(), signals()],
        reached: vec![false; 2],
        routes: Vec::new(),
        pools: sender,
        counted: Arc::default(),
    };
    tokio::spawn(fold.run(reports_receiver));
    receiver
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_panics_is_marked_failed_and_started_again() {
    let mut pools = pools_with_panics(3);
    let failed = |pool: &Pool| {
        let kind = pool.failure.as_ref().map(|failure| failure.kind);
        pool.state == PoolState::Down && kind == Some(FailureKind::Internal)
    };
    pools.wait_for(|pools| failed(&pools.pools[0])).await.unwrap();
    let back = pools.wait_for(|pools| pools.pools[0].state == PoolState::Up).await.unwrap();
    assert_eq!(back.pools[0].failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_panics_disturbs_no_other() {
    let mut pools = pools_with_panics(u32::MAX);
    pools.wait_for(|pools| pools.pools[1].state == PoolState::Up).await.unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        pools.changed().await.unwrap();
        assert_eq!(pools.borrow_and_update().pools[1].state, PoolState::Up);
    }
    assert_eq!(pools.borrow().pools[0].state, PoolState::Down);
}

#[tokio::test(start_paused = true)]
async fn a_healthy_fleet_becomes_silent() {
    let mut pools = pools_with_panics(0);
    tokio::time::sleep(Duration::from_secs(300)).await;
    pools.borrow_and_update();
    let told = tokio::time::timeout(Duration::from_secs(3600), pools.changed()).await;
    assert!(told.is_err(), "{:?}", pools.borrow());
}
