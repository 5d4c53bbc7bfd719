//! `demo`: a private server with a seeded fleet, and the console on it.

use std::{io::Write as _, path::PathBuf, process::ExitCode, thread};

use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{console, output::Output};
use crate::{
    config::Config,
    demo::{
        seed::{self, MAX_FURNISHED, MAX_STORES},
        server::{Server, ServerOptions, find_or_fetch},
        trickle,
    },
    domain::{
        failure::{Failure, FailureKind},
        text::safe,
    },
};

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many stores there are. Those after the 300th are registry records only.
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_STORES)))]
    stores: u32,
    /// Open no console: print the URI as one line of JSON, and stay until a signal.
    #[arg(long)]
    headless: bool,
    /// Keep the data in this folder, and use it again when it was kept before.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// No orders come in.
    #[arg(long)]
    quiet: bool,
}

/// Runs the demo until it is quit, and leaves nothing behind but what is to be kept.
pub(super) fn run(args: &Args, config: Config, output: Output) -> ExitCode {
    if !args.headless
        && let Err(failure) = console::check_terminal()
    {
        return output.failure(&failure);
    }
    match prepare(args, &config, output) {
        Ok(demo) if args.headless => demo.stay(output),
        Ok(demo) => demo.open_console(config, output),
        Err(Ended::Failed(failure)) => output.failure(&failure),
        Err(Ended::BySignal(signal)) => after(signal),
    }
}

/// Why there is no demo.
enum Ended {
    Failed(Failure),
    BySignal(i32),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A seeded fleet. Fields are dropped in this order: who writes, then the server.
struct Demo {
    uri: String,
    stores: u32,
    signals: oneshot::Receiver<i32>,
    _life: Life,
    runtime: tokio::runtime::Runtime,
    server: Server,
}

/// The trickle of orders; it ends with this.
struct Life(CancellationToken);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn prepare(args: &Args, config: &Config, output: Output) -> Result<Demo, Ended> {
    // Before signals are caught: Ctrl-C ends a fetch at once.
    let binary = Some(find_or_fetch()?);
    let mut signals = catch_signals()?;
    if args.stores > MAX_FURNISHED {
        output.warn(&safe(&format!(
            "only the first {MAX_FURNISHED} of {} stores have collections",
            args.stores
        )));
    }
    let server = Server::start(ServerOptions {
        binary,
        keep: args.keep.clone(),
        ..ServerOptions::default()
    })?;
    let uri = server.uri_of(&config.layout.main_database);
    let runtime = runtime()?;
    let fleet = runtime.block_on(async {
        tokio::select! {
            fleet = seed::seed(&uri, args.stores, config) => fleet.map_err(Ended::Failed),
            Ok(signal) = &mut signals => Err(Ended::BySignal(signal)),
        }
    })?;
    let (stores, stop) = (fleet.stores, CancellationToken::new());
    if !args.quiet {
        runtime.spawn(trickle::run(fleet, stop.clone()));
    }
    Ok(Demo { uri, stores, signals, _life: Life(stop), runtime, server })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(
        |error| {
            let message = format!("no threads can be started: {}", error.kind());
            Failure::new(FailureKind::Internal, &message, "Try again")
        },
    )
}

/// The first signal that asks us to end.
fn catch_signals() -> Result<oneshot::Receiver<i32>, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| {
        let message = format!("signals cannot be caught: {}", error.kind());
        Failure::new(FailureKind::Internal, &message, "Try again")
    })?;
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Nobody waits any more when the demo has failed by itself.
            let _ = sender.send(signal);
        }
    });
    Ok(receiver)
}

impl Demo {
    fn stay(mut self, output: Output) -> ExitCode {
        let line = json!({
            "uri": self.uri,
            "pid": std::process::id(),
            "mongod_pid": self.server.pid(),
            "stores": self.stores,
        });
        let mut stdout = std::io::stdout().lock();
        if writeln!(stdout, "{line}").and_then(|()| stdout.flush()).is_err() {
            let message = "nobody reads where the demo is";
            return output.failure(&Failure::new(FailureKind::Io, message, "Keep stdout open"));
        }
        drop(stdout);
        match self.runtime.block_on(&mut self.signals) {
            Ok(signal) => after(signal),
            Err(_) => ExitCode::FAILURE,
        }
    }

    /// The console on the demo's own fleet: what the configuration says of another fleet's
    /// shards does not hold here.
    fn open_console(mut self, mut config: Config, output: Output) -> ExitCode {
        // From here on the console watches signals for itself.
        if let Ok(signal) = self.signals.try_recv() {
            return after(signal);
        }
        config.uri = Some(self.uri.clone().into());
        config.environment = Some("demo".into());
        config.shards.clear();
        match console::run(&config) {
            Ok(code) => code,
            Err(failure) => output.failure(&failure),
        }
    }
}

fn after(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
