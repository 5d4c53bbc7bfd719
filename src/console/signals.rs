//! Keys, signals and the end of the terminal, each read by a thread of its own.
//!
//! crossterm's reader loops for ever on a terminal that has vanished, and its stream does so
//! on the task that awaits it. So a thread waits for input with `poll` and asks crossterm
//! only when there is some; another one waits for signals. Both only report. Whoever asks
//! for the end also starts a watchdog that ends the process by itself, should the loop no
//! longer be able to.

use std::{io, thread, time::Duration};

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
};
use tokio::sync::mpsc::Sender;

use super::terminal;

/// How long the loop may take to end before the watchdog ends the process.
const END_WITHIN: Duration = Duration::from_millis(1200);

/// What comes from the person, the terminal and the system.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// A key, a paste, a mouse event or a new size.
    Terminal(Event),
    /// A signal that asks for the end.
    Ending(i32),
    /// A signal that asks for a stop, as the shell's job control does.
    Stop,
    /// The process goes on after it was stopped from outside.
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
        let _ = read_terminal(&inputs);
        end_soon(128 + SIGHUP);
        let _ = inputs.blocking_send(Input::HungUp);
    })
}

/// Reads until the terminal is gone or nobody listens.
fn read_terminal(inputs: &Sender<Input>) -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
        match rustix::event::poll(&mut watched, None) {
            Err(rustix::io::Errno::INTR) => continue,
            outcome => outcome?,
        };
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if watched[0].revents().intersects(gone) {
            return Ok(());
        }
        while event::poll(Duration::ZERO)? {
            if inputs.blocking_send(Input::Terminal(event::read()?)).is_err() {
                return Ok(());
            }
        }
    }
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

/// Ends the process in a while, whatever the loop does by then.
fn end_soon(code: i32) {
    let _ = spawn("tilldeck-watchdog", move || {
        thread::sleep(END_WITHIN);
        // On a line that has stopped, giving the terminal back could wait for ever.
        let _ = spawn("tilldeck-restore", terminal::give_back);
        thread::sleep(Duration::from_millis(100));
        std::process::exit(code);
    });
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
