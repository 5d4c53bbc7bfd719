//! How fast the line to the person is, as far as it can be told from this end.
//!
//! The system takes some twenty thousand bytes for a terminal before it makes a writer
//! wait: on a slow line that is a second of frames which nobody wants any more. So once the
//! line has been full, its rate is reckoned, and frames wait until the system's queue is
//! nearly empty. A line that is never full costs nothing.

use std::time::{Duration, Instant};

/// Bytes that the system queues for a terminal.
const QUEUE: f64 = 20_000.0;
/// Bytes that may still be queued when the next frame is sent.
const LEFT: f64 = 2_000.0;
/// Rates that are believed, in bytes a second: a line that stood still for a while says
/// nothing about its rate.
const SLOWEST: f64 = 10_000.0;
const FASTEST: f64 = 1_000_000.0;
/// How much faster the line is taken to be after each frame that did not fill it.
const TRUST: f64 = 1.2;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is known about the line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Set while the line is known to be slow.
    slow: Option<Slow>,
}

#[derive(Debug)]
struct Slow {
    rate: f64,
    queued: f64,
    at: Instant,
}

impl Line {
    /// Takes that a frame of `n` bytes was written at `now`; `filled` is the time that it
    /// took where it filled the line. How long to leave the line alone now.
    pub(super) fn wrote(&mut self, n: usize, filled: Option<Duration>, now: Instant) -> Duration {
        let bytes = f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        self.slow = match (self.slow.take(), filled) {
            (_, Some(took)) => {
                let rate = (bytes / took.as_secs_f64().max(0.001)).clamp(SLOWEST, FASTEST);
                Some(Slow { rate, queued: QUEUE, at: now })
            }
            (None, None) => None,
            (Some(slow), None) => {
                let gone = slow.rate * (now - slow.at).as_secs_f64();
                let queued = (slow.queued - gone).max(0.0) + bytes;
                let rate = slow.rate * TRUST;
                (rate < FASTEST).then_some(Slow { rate, queued, at: now })
            }
        };
        let pause =
            self.slow.as_ref().map_or(0.0, |slow| (slow.queued - LEFT).max(0.0) / slow.rate);
        Duration::from_secs_f64(pause).min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 3000;

    #[test]
    fn a_line_that_is_never_full_is_never_left_alone() {
        let (mut line, now) = (Line::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(line.wrote(FRAME, None, now), Duration::ZERO);
        }
    }

    #[test]
    fn a_full_line_is_left_alone_until_it_is_nearly_empty() {
        let (mut line, now) = (Line::default(), Instant::now());
        let took = Duration::from_millis(150);
        let pause = line.wrote(FRAME, Some(took), now);
        assert_eq!(pause, Duration::from_millis(900), "18 000 bytes at 20 000 a second");
        let later = now + pause;
        let next = line.wrote(FRAME, None, later);
        assert!(next < Duration::from_millis(200), "{next:?} for one frame");
        assert!(next > Duration::ZERO);
    }

    #[test]
    fn a_line_that_stood_still_for_a_while_is_soon_trusted_again() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        now += line.wrote(FRAME, Some(Duration::from_secs(3600)), now);
        for _ in 0..30 {
            now += Duration::from_millis(33);
            line.wrote(FRAME, None, now);
        }
        assert_eq!(line.wrote(FRAME, None, now), Duration::ZERO);
    }
}
