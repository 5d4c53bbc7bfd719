//! When time alone changes the screen. There is no tick: a healthy, idle fleet wakes only
//! where a coarse age reads differently.

use jiff::{SignedDuration, Timestamp};

use super::{
    create,
    model::{Model, Pane, Top},
};
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
        let (asks, looks) = (self.stores.ask_at, self.jobs.look_at);
        [notice, self.collections.load_at, asks, looks, self.next_text()]
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
        match &self.top {
            Top::Documents(_) | Top::Doctor | Top::Why | Top::Query => None,
            Top::Events(cursor) => self.next_age_of_event(cursor.first),
            Top::Create => create::since(self).map(|since| next_age(since, self.now, SECOND)),
            Top::Jobs => {
                let began = self.jobs.list.iter().map(|job| job.started);
                began.map(|began| next_age(began, self.now, SECOND)).min()
            }
            Top::Panes | Top::Help(_) | Top::Palette(_) => {
                let pools = if self.shows(Pane::Databases) { &self.pools.pools[..] } else { &[] };
                let texts =
                    pools.iter().flat_map(|pool| [self.countdown(pool), Some(self.since(pool))]);
                texts.chain([self.cache_age()]).flatten().min()
            }
        }
    }

    fn shows(&self, pane: Pane) -> bool {
        self.geometry.rows_of(pane) > 0
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

    /// When the time that a pool has been in its state reads differently. Seconds are told
    /// only where something is wrong; a healthy pool changes its text once a minute in the
    /// first hour, and later once an hour or a day.
    fn since(&self, pool: &Pool) -> Timestamp {
        let finest = if pool.failure.is_some() { SECOND } else { MINUTE };
        next_age(pool.since, self.now, finest)
    }

    /// When the age of a registry from the cache reads differently.
    fn cache_age(&self) -> Option<Timestamp> {
        let is_shown = self.registry.source == Source::Cache && self.shows(Pane::Stores);
        let as_of = self.registry.as_of.filter(|_| is_shown)?;
        Some(next_age(as_of, self.now, SECOND))
    }

    /// When the age of a visible entry of the history reads differently.
    fn next_age_of_event(&self, first: usize) -> Option<Timestamp> {
        let newest_first = self.events.entries.iter().rev();
        let visible = newest_first.skip(first).take(self.geometry.top_rows);
        visible.map(|entry| next_age(entry.at, self.now, SECOND)).min()
    }
}

const SECOND: i64 = 1;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// When an age reads differently: each second, or only each minute where `finest` says so,
/// then each minute, hour and day.
fn next_age(since: Timestamp, now: Timestamp, finest: i64) -> Timestamp {
    let age = now.duration_since(since).max(SignedDuration::ZERO);
    let unit = match age.as_secs() {
        ..MINUTE => finest,
        MINUTE..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    };
    let next = (age.as_secs() / unit + 1) * unit;
    since.max(now - age) + SignedDuration::from_secs(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_get_coarser() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(seconds);
        for (age, finest, next) in [
            (300, SECOND, 1),
            (59_000, SECOND, 60),
            (300, MINUTE, 60),
            (61_500, SECOND, 120),
            (3_599_000, MINUTE, 3600),
            (3_600_000, SECOND, 7200),
            (200_000_000, SECOND, 259_200),
            (-5_000, SECOND, 1),
        ] {
            assert_eq!(next_age(at(0), at(age), finest), at(next * 1000), "{age}");
        }
    }
}
