use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::task::JoinHandle;

use super::*;
use crate::domain::{pool::PoolState, text::safe};

/// Answers from a script, and the last line of it for ever.
struct Scripted {
    script: Arc<Mutex<VecDeque<Result<u64, FailureKind>>>>,
    n_probes: Arc<AtomicU32>,
}

impl Probe for Scripted {
    async fn probe(&mut self) -> Result<Answer, Failure> {
        self.n_probes.fetch_add(1, Ordering::Relaxed);
        let mut script = self.script.lock().unwrap();
        let line = if script.len() > 1 { script.pop_front() } else { script.front().copied() };
        line.unwrap()
            .map(|ms| Answer { latency: Duration::from_millis(ms), server: None })
            .map_err(|kind| Failure::new(kind, "failed", "Try again"))
    }

    async fn stirred(&mut self) {
        std::future::pending::<()>().await;
    }

    fn hosts(&self) -> SafeText {
        safe("127.0.0.1:27017")
    }
}

struct Watched {
    n_probes: Arc<AtomicU32>,
    script: Arc<Mutex<VecDeque<Result<u64, FailureKind>>>>,
    reports: mpsc::Receiver<Report>,
    login: watch::Sender<LoginVerdict>,
    wake: Arc<Notify>,
    started: Instant,
    _task: JoinHandle<()>,
}

fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || Timestamp::from_second(1_700_000_000).unwrap() + (Instant::now() - start))
}

fn watched(script: &[Result<u64, FailureKind>]) -> Watched {
    let script = Arc::new(Mutex::new(script.iter().copied().collect()));
    let n_probes = Arc::new(AtomicU32::new(0));
    let probe = Scripted { script: script.clone(), n_probes: n_probes.clone() };
    let (reports_sender, reports) = mpsc::channel(64);
    let (login, login_receiver) = watch::channel(LoginVerdict::default());
    let wake = Arc::new(Notify::new());
    let clock = clock();
    let pool = Pool::connecting(Database::Main, safe("main_db"), clock());
    let wiring = Wiring {
        reports: reports_sender,
        login: login_receiver,
        wake: wake.clone(),
        clock,
        random: fastrand::Rng::with_seed(7),
    };
    let task = tokio::spawn(Monitor::new(probe, pool, &Timing::default(), wiring).run());
    Watched { n_probes, script, reports, login, wake, started: Instant::now(), _task: task }
}

impl Watched {
    async fn next(&mut self) -> Pool {
        self.reports.recv().await.unwrap().pool
    }

    /// The first report in this state.
    async fn until(&mut self, state: PoolState) -> Pool {
        loop {
            let pool = self.next().await;
            if pool.state == state {
                return pool;
            }
        }
    }

    fn n_probes(&self) -> u32 {
        self.n_probes.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_answers_is_up_and_probed_at_intervals() {
    let mut watched = watched(&[Ok(3)]);
    let pool = watched.next().await;
    assert_eq!(pool.state, PoolState::Up);
    assert_eq!(pool.hosts, safe("127.0.0.1:27017"));
    for _ in 0..10 {
        watched.next().await;
    }
    let interval = Timing::default().probe_interval;
    let passed = watched.started.elapsed();
    assert!(passed <= interval * 10 && passed >= interval * 8, "{passed:?}");
}

#[tokio::test(start_paused = true)]
async fn attempts_become_rare_but_never_end() {
    let mut watched = watched(&[Err(FailureKind::Refused)]);
    let mut pauses = Vec::new();
    for _ in 0..40 {
        let before = Instant::now();
        let pool = watched.next().await;
        assert_eq!(pool.state, PoolState::Down);
        pauses.push(before.elapsed());
    }
    let cap = Timing::default().retry_at_most;
    assert!(pauses[1] <= Duration::from_millis(500));
    assert!(pauses.iter().all(|pause| *pause <= cap));
    assert!(pauses[10..].iter().all(|pause| *pause >= cap.mul_f64(0.75)));
}

#[tokio::test(start_paused = true)]
async fn the_retry_that_is_announced_is_the_one_that_comes() {
    let mut watched = watched(&[Err(FailureKind::Refused)]);
    let mut announced = None;
    for _ in 0..6 {
        let pool = watched.next().await;
        if let Some(announced) = announced {
            let now = pool.since + watched.started.elapsed();
            assert!(now.duration_since(announced).abs().as_millis() <= 5);
        }
        announced = pool.next_retry;
    }
}

#[tokio::test(start_paused = true)]
async fn impatience_costs_one_probe() {
    let mut watched = watched(&[Err(FailureKind::Refused)]);
    for _ in 0..8 {
        watched.next().await;
    }
    let (before, n_before) = (Instant::now(), watched.n_probes());
    for _ in 0..50 {
        watched.wake.notify_one();
    }
    watched.next().await;
    assert!(before.elapsed() <= LEAST_PAUSE);
    watched.next().await;
    assert_eq!(watched.n_probes(), n_before + 2);
    assert!(before.elapsed() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_asked_again_before_the_database_is_called_down() {
    let mut watched = watched(&[Ok(3), Err(FailureKind::Network), Ok(3)]);
    assert_eq!(watched.next().await.state, PoolState::Up);
    assert_eq!(watched.next().await.state, PoolState::Up);
    assert_eq!(watched.n_probes(), 3);
    let mut gone = self::watched(&[Ok(3), Err(FailureKind::Network), Err(FailureKind::Refused)]);
    let failure = gone.until(PoolState::Down).await.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_comes_back_is_up_without_a_restart() {
    let mut watched = watched(&[Ok(3), Err(FailureKind::TimedOut)]);
    watched.until(PoolState::Down).await;
    watched.script.lock().unwrap().push_back(Ok(4));
    let pool = watched.until(PoolState::Up).await;
    assert_eq!((pool.failure, pool.next_retry), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_shows_at_once_and_goes_at_once() {
    let mut watched = watched(&[Ok(3)]);
    watched.until(PoolState::Up).await;
    let before = Instant::now();
    let refusal = Failure::new(FailureKind::Login, "refused", "Change it");
    let next = Timestamp::from_second(1_700_000_009).unwrap();
    watched.login.send_replace(LoginVerdict { refusal: Some((refusal.clone(), next)) });
    let pool = watched.until(PoolState::Down).await;
    assert_eq!((pool.failure, pool.next_retry), (Some(refusal), Some(next)));
    watched.login.send_replace(LoginVerdict::default());
    watched.until(PoolState::Up).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_suspicion_of_slowness_is_settled_soon() {
    let mut watched = watched(&[Ok(3), Ok(900)]);
    watched.next().await;
    watched.next().await;
    let before = Instant::now();
    assert_eq!(watched.next().await.state, PoolState::Slow);
    assert!(before.elapsed() <= DOUBT_PAUSE);
}
