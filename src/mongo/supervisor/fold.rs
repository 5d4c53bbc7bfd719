//! Folds the reports of all monitors into one snapshot.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep_until},
};

use crate::{
    domain::{
        database::Database,
        pool::{Pool, Pools},
    },
    mongo::{condition::look_the_same, events::Signals, monitor::Report},
};

/// How long a change of connection counts is left alone before it is looked at, so that the
/// connection which a probe borrows for a moment is not worth a repaint.
const COUNT_AFTER: Duration = Duration::from_millis(250);

/// Folds the reports of all monitors into one snapshot.
pub(super) struct Fold {
    /// What the monitors reported last, in the order of the databases.
    pub(super) reported: Vec<Pool>,
    /// Where the connections of each pool are counted.
    pub(super) signals: Vec<Arc<Signals>>,
    /// Whether each pool's last probe got as far as the server.
    pub(super) reached: Vec<bool>,
    /// Which databases share a login, and who wants to know whether any of them is reached.
    pub(super) routes: Vec<(Vec<Database>, watch::Sender<bool>)>,
    /// Where snapshots are published.
    pub(super) pools: watch::Sender<Arc<Pools>>,
    /// Told when a count of connections changed, by any pool.
    pub(super) counted: Arc<Notify>,
}

impl Fold {
    /// Runs until every monitor has ended. Safe to drop at any point.
    pub(super) async fn run(mut self, mut reports: mpsc::Receiver<Report>) {
        let mut count_at: Option<Instant> = None;
        loop {
            tokio::select! {
                report = reports.recv() => {
                    let Some(report) = report else { return };
                    self.take(report);
                }
                () = self.counted.notified(), if count_at.is_none() => {
                    count_at = Some(Instant::now() + COUNT_AFTER);
                    continue;
                }
                () = until(count_at) => count_at = None,
            }
            self.publish();
        }
    }

    fn take(&mut self, report: Report) {
        let database = report.pool.database;
        let Some(index) = self.reported.iter().position(|pool| pool.database == database) else {
            return;
        };
        self.reported[index] = report.pool;
        self.reached[index] = report.is_reached;
        for (databases, is_reached) in &self.routes {
            let mut known = self.reported.iter().zip(&self.reached);
            let any = known.any(|(pool, reached)| *reached && databases.contains(&pool.database));
            is_reached.send_if_modified(|before| std::mem::replace(before, any) != any);
        }
    }

    /// Publishes a new snapshot if it looks different from the last one.
    fn publish(&self) {
        let with_connections = |(pool, signals): (&Pool, &Arc<Signals>)| {
            let connections = signals.connections();
            Pool { connections, ..pool.clone() }
        };
        let pools: Vec<_> = self.reported.iter().zip(&self.signals).map(with_connections).collect();
        self.pools.send_if_modified(|published| {
            let mut pairs = published.pools.iter().zip(&pools);
            let changed = pairs.any(|(before, after)| !look_the_same(before, after));
            if changed {
                *published = Arc::new(Pools { pools });
            }
            changed
        });
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
