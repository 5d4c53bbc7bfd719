//! Reading the terminal: bytes → keys, pastes, mouse events.
//!
//! tilldeck reads its terminal itself. crossterm's reader loops for ever on a terminal that
//! has vanished, leaves what is beyond its first 1024 bytes lying until the next key, and
//! takes an arrow key that a slow line delivers in two pieces for `Esc` and two letters.
//! Here a thread waits with `poll`, reads what is there, and hands over all of it at once.

mod mouse;
mod parser;
#[cfg(test)]
mod tests;

use std::{io, os::fd::AsFd, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use self::parser::Parser;
use super::state::event::Event;

/// What is read at once; a terminal's own buffer is no larger.
const CHUNK: usize = 4096;

/// How long the rest of an escape sequence may take before a lone `Esc` is taken for the
/// key: longer than the gap between two packets, shorter than a person notices.
const ESCAPE_TIME: Duration = Duration::from_millis(40);

/// Reads until the terminal is gone or `take` returns false; it gets everything that was
/// ready, in order.
///
/// # Errors
///
/// The terminal cannot be read, which is how some systems say that it is gone.
pub(crate) fn read(
    terminal: &impl AsFd,
    mut take: impl FnMut(Vec<Event>) -> bool,
) -> io::Result<()> {
    let mut parser = Parser::default();
    let mut chunk = [0; CHUNK];
    loop {
        let mut events = Vec::new();
        match wait(terminal, parser.is_waiting().then_some(ESCAPE_TIME))? {
            Waited::Ready => match rustix::io::read(terminal, &mut chunk) {
                Ok(0) => return Ok(()),
                Ok(n) => parser.feed(&chunk[..n], &mut events),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            },
            Waited::TimedOut => parser.give_up_waiting(&mut events),
            Waited::Gone => return Ok(()),
        }
        if !events.is_empty() && !take(events) {
            return Ok(());
        }
    }
}

enum Waited {
    Ready,
    TimedOut,
    Gone,
}

fn wait(terminal: &impl AsFd, limit: Option<Duration>) -> io::Result<Waited> {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let mut watched = [PollFd::new(terminal, PollFlags::IN)];
    loop {
        match poll(&mut watched, limit.as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(0) => return Ok(Waited::TimedOut),
            Ok(_) => break,
        }
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let is_gone = watched[0].revents().intersects(gone);
    Ok(if is_gone { Waited::Gone } else { Waited::Ready })
}
