use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use tokio::task::JoinHandle;

use super::*;

const INTERVAL: Duration = Duration::from_secs(6);

/// Answers what it was told last.
struct Scripted {
    answer: Arc<Mutex<Result<bool, FailureKind>>>,
    n_logins: Arc<AtomicU32>,
}

impl Check for Scripted {
    async fn log_in(&mut self) -> Result<bool, Failure> {
        self.n_logins.fetch_add(1, Ordering::Relaxed);
        self.answer.lock().unwrap().map_err(|kind| Failure::new(kind, "refused", "Change it"))
    }
}

struct Route {
    answer: Arc<Mutex<Result<bool, FailureKind>>>,
    n_logins: Arc<AtomicU32>,
    is_reached: watch::Sender<bool>,
    verdict: watch::Receiver<LoginVerdict>,
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

fn route() -> Route {
    let answer = Arc::new(Mutex::new(Ok(true)));
    let n_logins = Arc::new(AtomicU32::new(0));
    let (is_reached, is_reached_receiver) = watch::channel(true);
    let (verdict_sender, verdict) = watch::channel(LoginVerdict::default());
    let wake = Arc::new(Notify::new());
    let rounds = Rounds {
        interval: INTERVAL,
        is_reached: is_reached_receiver,
        verdict: verdict_sender,
        wake: wake.clone(),
        clock: Arc::new(|| Timestamp::from_second(1_700_000_000).unwrap()),
        random: fastrand::Rng::with_seed(7),
    };
    let check = Scripted { answer: answer.clone(), n_logins: n_logins.clone() };
    let task = tokio::spawn(rounds.run(check));
    Route { answer, n_logins, is_reached, verdict, wake, task }
}

impl Route {
    fn n_logins(&self) -> u32 {
        self.n_logins.load(Ordering::Relaxed)
    }

    fn set(&self, answer: Result<bool, FailureKind>) {
        *self.answer.lock().unwrap() = answer;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_password_is_told_within_one_interval_and_forgotten_when_it_fits_again() {
    let mut route = route();
    let start = Instant::now();
    route.set(Err(FailureKind::Login));
    route.verdict.changed().await.unwrap();
    assert!(start.elapsed() <= INTERVAL);
    let refusal = route.verdict.borrow_and_update().refusal.clone();
    assert_eq!(refusal.unwrap().0.kind, FailureKind::Login);
    route.set(Ok(true));
    route.verdict.changed().await.unwrap();
    assert!(start.elapsed() <= INTERVAL * 2);
    assert_eq!(route.verdict.borrow().refusal, None);
}

#[tokio::test(start_paused = true)]
async fn a_network_failure_says_nothing_about_the_login() {
    let mut route = route();
    route.set(Err(FailureKind::TimedOut));
    let told = tokio::time::timeout(INTERVAL * 10, route.verdict.changed()).await;
    assert!(told.is_err());
    assert!(route.n_logins() >= 9);
}

#[tokio::test(start_paused = true)]
async fn nobody_logs_in_while_nothing_answers() {
    let route = route();
    route.is_reached.send_replace(false);
    tokio::time::sleep(INTERVAL * 10).await;
    assert_eq!(route.n_logins(), 0);
    route.is_reached.send_replace(true);
    tokio::time::sleep(INTERVAL).await;
    assert!(route.n_logins() >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_route_without_a_login_is_left_alone() {
    let route = route();
    route.set(Ok(false));
    route.task.await.unwrap();
    assert_eq!(route.n_logins.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn impatience_costs_one_login() {
    let route = route();
    tokio::time::sleep(LEAST_PAUSE).await;
    for _ in 0..50 {
        route.wake.notify_one();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(route.n_logins(), 1);
}
