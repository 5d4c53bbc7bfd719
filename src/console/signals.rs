//! Keys, signals and the end of the terminal, each waited for by a thread of its own.
//!
//! Both threads only report. Whoever asks for the end also starts a watchdog that ends the
//! process by itself, should the loop no longer be able to.

use std::{
    io, panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
};
use tokio::sync::mpsc::Sender;

use super::{input, state::event::Event, terminal};

/// How long the loop may take to end before the watchdog ends the process.
const END_WITHIN: Duration = Duration::from_millis(1200);

/// Whether the loop has ended by itself and the terminal is given back.
static HAS_ENDED: AtomicBool = AtomicBool::new(false);

/// What comes from the person, the terminal and the system.
#[derive(Debug)]
pub(crate) enum Input {
    /// Keys, pastes and mouse events, everything that was ready.
    Terminal(Vec<Event>),
    /// A signal that asks for the end.
    Ending(i32),
    /// A signal that asks for a stop, as the shell's job control does.
    Stop,
    /// The process goes on after it was stopped.
    GoneOn,
    /// The size may be new.
    SizeChanged,
    /// The terminal is gone.
    HungUp,
}

/// Starts to read the terminal.
///
/// # Errors
///
/// The thread cannot be started.
pub(crate) fn watch_terminal(inputs: Sender<Input>) -> io::Result<()> {
    spawn("tilldeck-keys", move || {
        // Without keys there is nothing to go on for, whatever the reason.
        let _ = panic::catch_unwind(|| {
            input::read(&io::stdin(), |events| {
                inputs.blocking_send(Input::Terminal(events)).is_ok()
            })
        });
        if !HAS_ENDED.load(Ordering::SeqCst) {
            end_soon(128 + SIGHUP);
            let _ = inputs.blocking_send(Input::HungUp);
        }
    })
}

/// Starts to wait for signals.
///
/// # Errors
///
/// The handlers cannot be installed, or the thread cannot be started.
pub(crate) fn watch_signals(inputs: Sender<Input>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])?;
    spawn("tilldeck-signals", move || {
        for signal in signals.forever() {
            let input = match signal {
                SIGTSTP => Input::Stop,
                SIGCONT => Input::GoneOn,
                SIGWINCH => Input::SizeChanged,
                signal => {
                    end_soon(128 + signal);
                    Input::Ending(signal)
                }
            };
            // Never waits: a loop that takes nothing more is what the watchdog is for.
            let _ = inputs.try_send(input);
        }
    })
}

/// Tells the watchdogs that the loop has ended: what is still to be done, such as to clear
/// away the demo's server, is not to be cut off by the signal that asked for the end.
pub(crate) fn note_end() {
    HAS_ENDED.store(true, Ordering::SeqCst);
}

/// Ends the process in a while, unless the loop ends by itself. Who asks for the end once
/// more after that gets it.
fn end_soon(code: i32) {
    let had_ended = HAS_ENDED.load(Ordering::SeqCst);
    let _ = spawn("tilldeck-watchdog", move || {
        thread::sleep(END_WITHIN);
        if !had_ended && HAS_ENDED.load(Ordering::SeqCst) {
            return;
        }
        terminal::give_back();
        std::process::exit(code);
    });
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
