//! Driver calls under a deadline of ours.
//!
//! A driver future that is dropped half-way may leave its client inconsistent (RUST-937), so
//! the call runs in a task of its own and the deadline is put on the task's handle: when it
//! passes, the caller goes on and the call ends by itself.

use std::{any::Any, future::Future, time::Duration};

use mongodb::error::{Error, Result as DriverResult};
use tokio::{
    task::{JoinError, JoinHandle},
    time::{Instant, timeout},
};

/// Why a driver call brought no answer.
#[derive(Debug)]
pub enum CallError {
    /// The driver or the server answered with an error.
    Driver(Error),
    /// No answer in time; the call goes on in the background.
    Deadline,
    /// The call panicked, with this message.
    Panicked(String),
}

/// Runs a driver call to its end, but waits for it no longer than `limit`.
///
/// Dropping the returned future is safe: the call itself is never dropped half-way.
///
/// # Errors
///
/// The error of the driver, the passed deadline, or the panic of the call.
pub async fn within<T: Send + 'static>(
    limit: Duration,
    operation: impl Future<Output = DriverResult<T>> + Send + 'static,
) -> Result<T, CallError> {
    match timeout(limit, tokio::spawn(operation)).await {
        Ok(ended) => flatten(ended),
        Err(_) => Err(CallError::Deadline),
    }
}

/// At most one call under way: while the last one hangs, asking again waits for that one
/// instead of sending another, so that a frozen server does not collect a queue of probes.
#[derive(Debug)]
pub(crate) struct OneAtATime<T> {
    under_way: Option<JoinHandle<DriverResult<T>>>,
    /// When the call under way was started.
    since: Option<Instant>,
}

impl<T: Send + 'static> OneAtATime<T> {
    /// Nothing under way.
    pub(crate) const fn new() -> Self {
        Self { under_way: None, since: None }
    }

    /// Waits for a call that an earlier deadline left behind; its answer is too old to use.
    ///
    /// # Errors
    ///
    /// The deadline, when it still hangs.
    pub(crate) async fn clear(&mut self, limit: Duration) -> Result<(), CallError> {
        if let Some(handle) = &mut self.under_way {
            let ended = timeout(limit, handle).await;
            ended.map_err(|_| CallError::Deadline)?.ok();
            self.under_way = None;
        }
        Ok(())
    }

    /// Whether a call has been under way for at least this long.
    pub(crate) fn hangs_for(&self, limit: Duration) -> bool {
        self.under_way.is_some() && self.since.is_some_and(|since| since.elapsed() >= limit)
    }

    /// Breaks the call under way off. Only for a client that is not used any more.
    pub(crate) fn abort(&mut self) {
        if let Some(handle) = self.under_way.take() {
            handle.abort();
        }
    }

    /// Waits until a call that was left behind is answered after all; for ever when there is
    /// none, or when it fails. Safe to drop at any point.
    pub(crate) async fn late_answer(&mut self) {
        if let Some(handle) = &mut self.under_way {
            let ended = handle.await;
            self.under_way = None;
            if matches!(ended, Ok(Ok(_))) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Starts a call and waits for it no longer than `limit`.
    ///
    /// Cancel-safe: a call that is not waited for stays under way.
    ///
    /// # Errors
    ///
    /// The error of the driver, the passed deadline, or the panic of the call.
    pub(crate) async fn call(
        &mut self,
        limit: Duration,
        operation: impl Future<Output = DriverResult<T>> + Send + 'static,
    ) -> Result<T, CallError> {
        self.since = Some(Instant::now());
        let handle = self.under_way.insert(tokio::spawn(operation));
        let ended = timeout(limit, handle).await.map_err(|_| CallError::Deadline)?;
        self.under_way = None;
        flatten(ended)
    }
}

fn flatten<T>(ended: Result<DriverResult<T>, JoinError>) -> Result<T, CallError> {
    match ended {
        Ok(answer) => answer.map_err(CallError::Driver),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => Err(CallError::Panicked(panic_text(panic.as_ref()))),
            Err(_) => Err(CallError::Panicked("the runtime is shutting down".into())),
        },
    }
}

/// The message of a panic, where it has one.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    #[tokio::test(start_paused = true)]
    async fn a_call_outlives_its_deadline() {
        let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let call = {
            let (go, done) = (go.clone(), done.clone());
            async move {
                go.notified().await;
                done.notify_one();
                Ok(())
            }
        };
        assert!(matches!(within(LIMIT, call).await, Err(CallError::Deadline)));
        go.notify_one();
        done.notified().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_an_answer() {
        let panicked = within::<()>(LIMIT, async { panic!("lost") }).await;
        assert!(matches!(panicked, Err(CallError::Panicked(text)) if text == "lost"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_call_is_waited_for_and_not_repeated() {
        let mut calls = OneAtATime::new();
        let go = Arc::new(Notify::new());
        let slow = {
            let go = go.clone();
            async move {
                go.notified().await;
                Ok(1)
            }
        };
        assert!(matches!(calls.call(LIMIT, slow).await, Err(CallError::Deadline)));
        assert!(matches!(calls.clear(LIMIT).await, Err(CallError::Deadline)));
        assert!(calls.hangs_for(LIMIT * 2) && !calls.hangs_for(LIMIT * 3));
        go.notify_one();
        assert!(calls.clear(LIMIT).await.is_ok());
        assert!(matches!(calls.call(LIMIT, async { Ok(2) }).await, Ok(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_is_told_and_a_late_failure_is_not() {
        let mut calls = OneAtATime::new();
        let late = |answer| async move {
            tokio::time::sleep(LIMIT * 2).await;
            answer
        };
        assert!(calls.call(LIMIT, late(Ok(()))).await.is_err());
        assert!(timeout(LIMIT * 2, calls.late_answer()).await.is_ok());
        assert!(calls.call(LIMIT, late(Err(Error::custom("lost")))).await.is_err());
        assert!(timeout(LIMIT * 2, calls.late_answer()).await.is_err());
    }
}
