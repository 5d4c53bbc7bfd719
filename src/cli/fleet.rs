//! What the commands that need the live fleet share.

use std::thread;

use jiff::Timestamp;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::runtime;

use crate::{
    config::Config,
    domain::failure::{Failure, FailureKind},
    report::look::Look,
};

/// Two threads are enough for seven connections, and start faster than one for each core.
const WORKERS: usize = 2;

/// Runs the work on a runtime of its own, which a signal can end at any time.
///
/// # Errors
///
/// What the work fails with, or that no thread can be started.
pub(super) fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let cannot_start = |error: std::io::Error| {
        let message = format!("a thread cannot be started: {}", error.kind());
        Failure::new(FailureKind::Internal, &message, "Look at the limits of processes and memory")
    };
    end_on_signals().map_err(cannot_start)?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(cannot_start)?;
    let done = runtime.block_on(work);
    // A name lookup that the system does not answer must not hold up the exit.
    runtime.shutdown_background();
    done
}

/// Ends the process with 128 + n on the signal n: reads leave nothing behind to clean up.
fn end_on_signals() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            std::process::exit(128 + signal);
        }
    };
    thread::Builder::new().name("tilldeck-signals".to_owned()).spawn(wait).map(drop)
}

/// How reports look on this terminal now.
pub(super) fn look(config: &Config) -> Look {
    Look { ascii: config.console.ascii, now: Timestamp::now() }
}
