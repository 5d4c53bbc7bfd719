//! When time alone changes the screen. On a healthy, idle fleet: never.

use jiff::{SignedDuration, Timestamp};

use super::model::{Model, Pane, Top};
use crate::domain::{
    pool::{Pool, PoolState},
    registry::Source,
};

impl Model {
    /// When time alone changes what is shown or what must be done; `None` for never.
    ///
    /// Always later than [`Model::now`], unless something is due at once.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        [notice, self.collections.load_at, self.stores.ask_at, self.next_text()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets time pass.
    pub(super) fn pass_time(&mut self, now: Timestamp) {
        if now <= self.now {
            return;
        }
        self.redraw |= self.next_text().is_some_and(|at| at <= now);
        self.now = now;
        if self.notice.as_ref().is_some_and(|notice| notice.until <= now) {
            self.notice = None;
            self.redraw = true;
        }
    }

    /// When a relative time that is on the screen next reads differently.
    fn next_text(&self) -> Option<Timestamp> {
        if matches!(self.top, Top::Documents(_) | Top::Events(_)) {
            return None;
        }
        let pools = self.pools.pools.iter();
        let texts = pools
            .filter(|_| self.shows_databases())
            .flat_map(|pool| [self.countdown(pool), self.outage(pool)]);
        texts.chain([self.cache_age()]).flatten().min()
    }

    fn shows_databases(&self) -> bool {
        self.geometry.rows_of(Pane::Databases) > 0
    }

    /// The next whole second of the countdown to a retry.
    fn countdown(&self, pool: &Pool) -> Option<Timestamp> {
        let retry = pool.next_retry.filter(|_| pool.state == PoolState::Down)?;
        let left = retry.duration_since(self.now);
        // A retry that is due reads the same until its outcome is known.
        (left > SignedDuration::ZERO).then(|| {
            let into_second = SignedDuration::from_nanos(left.subsec_nanos().into());
            let step =
                if into_second.is_zero() { SignedDuration::from_secs(1) } else { into_second };
            self.now + step
        })
    }

    /// When the time for which a database has been down reads differently.
    fn outage(&self, pool: &Pool) -> Option<Timestamp> {
        (pool.state == PoolState::Down).then(|| next_age(pool.since, self.now))
    }

    /// When the age of a registry from the cache reads differently.
    fn cache_age(&self) -> Option<Timestamp> {
        let as_of = self.registry.as_of.filter(|_| self.registry.source == Source::Cache)?;
        Some(next_age(as_of, self.now))
    }
}

/// When an age reads differently: each second for a minute, then each minute, hour, day.
fn next_age(since: Timestamp, now: Timestamp) -> Timestamp {
    let age = now.duration_since(since).max(SignedDuration::ZERO);
    let unit = match age.as_secs() {
        ..60 => 1,
        60..3600 => 60,
        3600..86_400 => 3600,
        _ => 86_400,
    };
    let next = (age.as_secs() / unit + 1) * unit;
    since.max(now - age) + SignedDuration::from_secs(next)
}
