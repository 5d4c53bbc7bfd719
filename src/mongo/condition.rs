//! The state of one pool, folded from what its probes and logins report. No I/O, no clock.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use crate::domain::{
    failure::{Failure, FailureKind},
    pool::{Pool, PoolState, Sample, ServerInfo},
    text::SafeText,
};

/// What a probe brought back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// Round trip of a ping on an open connection.
    pub(crate) latency: Duration,
    /// What the server says of itself, when the probe asked.
    pub(crate) server: Option<ServerInfo>,
}

/// Which end of the range between up and slow a pool is at.
///
/// It takes two probes in a row to change, and a pool that is slow has to come well under
/// the limit, so that a database at the limit does not flap.
#[derive(Debug, Default)]
struct Pace {
    is_slow: bool,
    n_contrary: u32,
}

/// Probes in a row that it takes to go from up to slow or back.
const CONFIRMING_PROBES: u32 = 2;

impl Pace {
    fn judge(&mut self, latency: Duration, slow_after: Duration, first: bool) {
        let limit = if self.is_slow { slow_after * 3 / 4 } else { slow_after };
        let seems_slow = latency >= limit;
        if seems_slow == self.is_slow {
            self.n_contrary = 0;
            return;
        }
        self.n_contrary += 1;
        if first || self.n_contrary >= CONFIRMING_PROBES {
            *self = Self { is_slow: seems_slow, n_contrary: 0 };
        }
    }
}

/// A pool and what it takes to judge its next probe.
#[derive(Debug)]
pub(crate) struct Condition {
    pool: Pool,
    slow_after: Duration,
    pace: Pace,
    /// The outcome of the last probe; `None` before the first.
    probed: Option<Result<(), Failure>>,
    /// Why a fresh login is refused, while open connections still work.
    login: Option<Failure>,
    /// Failed probes in a row.
    n_failures: u32,
}

impl Condition {
    /// A condition that starts from what is known of the pool.
    pub(crate) fn new(pool: Pool, slow_after: Duration) -> Self {
        Self { pool, slow_after, pace: Pace::default(), probed: None, login: None, n_failures: 0 }
    }

    /// The pool as it stands.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Failed probes in a row.
    pub(crate) fn n_failures(&self) -> u32 {
        self.n_failures
    }

    /// Whether the last probe was answered, whatever fresh logins do.
    pub(crate) fn is_answering(&self) -> bool {
        matches!(self.probed, Some(Ok(())))
    }

    /// Whether the last probe got as far as the server, whether or not it was allowed to ask.
    pub(crate) fn is_reached(&self) -> bool {
        self.probed.as_ref().is_some_and(|probed| match probed {
            Ok(()) => true,
            Err(failure) => failure.kind == FailureKind::NotAuthorised,
        })
    }

    /// Whether one more probe would settle a suspicion.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.pace.n_contrary > 0
    }

    /// Takes the addresses that the URI led to.
    pub(crate) fn set_hosts(&mut self, hosts: &SafeText) {
        if !hosts.as_str().is_empty() && self.pool.hosts != *hosts {
            self.pool.hosts = hosts.clone();
        }
    }

    /// Takes an answered probe.
    pub(crate) fn answered(&mut self, answer: Answer, now: Timestamp) {
        let first = !self.is_answering();
        self.pace.judge(answer.latency, self.slow_after, first);
        let latency = settled(self.pool.latency.filter(|_| !first), answer.latency);
        self.pool.latency = Some(latency);
        self.pool.last_answer = Some(now);
        self.pool.record(Sample::of(latency));
        if answer.server.is_some() {
            self.pool.server = answer.server;
        }
        self.n_failures = 0;
        self.probed = Some(Ok(()));
        self.settle(now);
    }

    /// Takes a probe that failed; the next one comes at `next_retry`.
    pub(crate) fn failed(&mut self, failure: Failure, next_retry: Timestamp, now: Timestamp) {
        self.pool.record(Sample::Failed);
        self.pool.latency = None;
        self.pool.next_retry = Some(next_retry);
        self.n_failures = self.n_failures.saturating_add(1);
        self.pace = Pace::default();
        self.probed = Some(Err(failure));
        self.settle(now);
    }

    /// Takes what a fresh login on the pool's route brought: a refusal and the time of the
    /// next check, or that it works.
    pub(crate) fn set_login(&mut self, refusal: Option<(Failure, Timestamp)>, now: Timestamp) {
        let next_check = refusal.as_ref().map(|(_, next)| *next);
        self.login = refusal.map(|(failure, _)| failure);
        if self.is_answering() {
            self.pool.next_retry = next_check;
        }
        self.settle(now);
    }

    fn settle(&mut self, now: Timestamp) {
        let (state, failure) = match (&self.probed, &self.login) {
            (None, _) => (PoolState::Connecting, None),
            // Who is not logged in any more has no privileges; the login is the cause.
            (Some(Err(lacking)), Some(login)) if lacking.kind == FailureKind::NotAuthorised => {
                (PoolState::Down, Some(login.clone()))
            }
            (Some(Err(failure)), _) | (Some(Ok(())), Some(failure)) => {
                (PoolState::Down, Some(failure.clone()))
            }
            (Some(Ok(())), None) if self.pace.is_slow => (PoolState::Slow, None),
            (Some(Ok(())), None) => (PoolState::Up, None),
        };
        if failure.is_none() {
            self.pool.next_retry = None;
        }
        self.pool.failure = failure;
        if self.pool.state != state {
            self.pool.state = state;
            self.pool.since = now;
        }
    }
}

/// The latency to show: rounded, and the shown one for as long as it is about right, so
/// that the jitter of a healthy database does not keep an idle screen busy.
fn settled(shown: Option<Duration>, measured: Duration) -> Duration {
    let measured = rounded(measured);
    match shown {
        Some(shown) if shown.abs_diff(measured) <= (shown / 4).max(Duration::from_millis(2)) => {
            shown
        }
        _ => measured,
    }
}

/// Whole milliseconds, at least one, with about two digits that count.
fn rounded(latency: Duration) -> Duration {
    let ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX).max(1);
    let step = 10_u64.saturating_pow(ms.ilog10().saturating_sub(1));
    Duration::from_millis(ms / step * step)
}

/// Whether two snapshots of a pool look the same on a screen.
///
/// The time of the last answer counts only while the pool is down, and a history in which
/// every sample is the same looks the same however long it is.
pub(crate) fn look_the_same(a: &Pool, b: &Pool) -> bool {
    let same_answer = a.last_answer == b.last_answer || a.state.is_usable();
    same_answer
        && a.state == b.state
        && a.since == b.since
        && a.latency == b.latency
        && a.failure == b.failure
        && a.next_retry == b.next_retry
        && a.connections == b.connections
        && a.server == b.server
        && a.hosts == b.hosts
        && a.name == b.name
        && same_picture(&a.history, &b.history)
}

/// Samples after which a history without any change is taken as one straight line.
const STRAIGHT_LINE: usize = 24;

fn same_picture(a: &VecDeque<Sample>, b: &VecDeque<Sample>) -> bool {
    let uniform = |history: &VecDeque<Sample>| {
        let first = history.front().copied()?;
        let is_line = history.len() >= STRAIGHT_LINE && history.iter().all(|&next| next == first);
        is_line.then_some(first)
    };
    a == b || uniform(a).is_some_and(|line| uniform(b) == Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{database::Database, text::safe};

    const SLOW_AFTER: Duration = Duration::from_millis(250);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn condition() -> Condition {
        Condition::new(Pool::connecting(Database::Main, safe("main_db"), at(0)), SLOW_AFTER)
    }

    fn answer(ms: u64) -> Answer {
        Answer { latency: Duration::from_millis(ms), server: None }
    }

    fn refused() -> Failure {
        Failure::new(FailureKind::Refused, "nothing listens", "Start it")
    }

    /// One letter a state, after each of the latencies.
    fn states(latencies: &[u64]) -> String {
        let mut condition = condition();
        let mut letters = String::new();
        for (second, &ms) in (0..).zip(latencies) {
            condition.answered(answer(ms), at(second));
            letters.push_str(&condition.pool().state.word()[..1]);
        }
        letters
    }

    #[test]
    fn a_single_slow_probe_changes_nothing() {
        assert_eq!(states(&[3, 900, 3, 900, 3]), "uuuuu");
    }

    #[test]
    fn two_slow_probes_in_a_row_make_a_database_slow() {
        assert_eq!(states(&[3, 250, 250, 3, 3]), "uussu");
    }

    #[test]
    fn a_database_at_the_limit_does_not_flap() {
        assert_eq!(states(&[300, 240, 240, 200, 240, 240]), "ssssss");
        assert_eq!(states(&[240, 260, 240, 260, 240]), "uuuuu");
    }

    #[test]
    fn the_first_answer_decides_at_once() {
        assert_eq!(states(&[400]), "s");
        assert_eq!(states(&[4]), "u");
    }

    #[test]
    fn a_failure_is_shown_with_its_retry_and_forgotten_with_the_next_answer() {
        let mut condition = condition();
        condition.answered(answer(3), at(1));
        condition.failed(refused(), at(9), at(5));
        let down = condition.pool().clone();
        assert_eq!((down.state, down.since), (PoolState::Down, at(5)));
        assert_eq!((down.failure, down.next_retry), (Some(refused()), Some(at(9))));
        assert_eq!((down.last_answer, down.latency), (Some(at(1)), None));
        condition.failed(refused(), at(20), at(9));
        assert_eq!((condition.pool().since, condition.n_failures()), (at(5), 2));
        condition.answered(answer(3), at(20));
        let up = condition.pool();
        assert_eq!((up.state, up.since), (PoolState::Up, at(20)));
        assert_eq!((&up.failure, up.next_retry), (&None, None));
    }

    #[test]
    fn a_refused_login_is_never_green() {
        let mut condition = condition();
        let refusal = Failure::new(FailureKind::Login, "refused", "Change it");
        condition.answered(answer(3), at(1));
        condition.set_login(Some((refusal.clone(), at(7))), at(2));
        assert_eq!(condition.pool().state, PoolState::Down);
        assert_eq!(condition.pool().failure, Some(refusal.clone()));
        assert_eq!(condition.pool().next_retry, Some(at(7)));
        condition.answered(answer(3), at(3));
        assert_eq!(condition.pool().state, PoolState::Down);
        assert_eq!(condition.pool().since, at(2));
        condition.failed(refused(), at(8), at(4));
        assert_eq!(condition.pool().failure, Some(refused()));
        condition.answered(answer(3), at(5));
        condition.set_login(None, at(6));
        assert_eq!(condition.pool().state, PoolState::Up);
        assert_eq!(condition.pool().next_retry, None);
    }

    #[test]
    fn a_refused_login_is_the_cause_of_missing_privileges() {
        let mut condition = condition();
        let login = Failure::new(FailureKind::Login, "refused", "Change it");
        let lacking = Failure::new(FailureKind::NotAuthorised, "may not list", "Grant it");
        condition.set_login(Some((login.clone(), at(7))), at(1));
        condition.failed(lacking, at(8), at(2));
        assert_eq!(condition.pool().failure, Some(login));
        assert!(condition.is_reached());
    }

    #[test]
    fn what_the_server_is_stays_known_while_it_is_down() {
        let mut condition = condition();
        let server = ServerInfo {
            version: safe("6.0.5"),
            topology: crate::domain::pool::Topology::ReplicaSet,
        };
        condition.answered(Answer { server: Some(server.clone()), ..answer(3) }, at(1));
        condition.failed(refused(), at(9), at(5));
        condition.answered(answer(3), at(9));
        assert_eq!(condition.pool().server, Some(server));
    }

    #[test]
    fn the_jitter_of_a_healthy_database_is_not_shown() {
        let mut condition = condition();
        for (second, ms) in (0..).zip([1, 2, 3, 1, 2, 1, 3].into_iter().cycle().take(40)) {
            condition.answered(answer(ms), at(second));
        }
        let before = condition.pool().clone();
        for (second, ms) in (50..).zip([0, 3, 2, 1]) {
            condition.answered(answer(ms), at(second));
        }
        assert!(look_the_same(&before, condition.pool()));
        condition.answered(answer(9), at(60));
        assert!(!look_the_same(&before, condition.pool()));
    }

    #[test]
    fn latencies_are_rounded_to_what_is_read() {
        let rounded_ms = |ms| rounded(Duration::from_millis(ms)).as_millis();
        assert_eq!([0, 7, 43, 127, 1999].map(rounded_ms), [1, 7, 43, 120, 1900]);
    }
}
