//! The terminal: taken at the start, given back in every case.
//!
//! What is written to the terminal while it is ours goes through this file alone.

use std::{
    io,
    os::fd::AsFd,
    sync::{
        Mutex, MutexGuard, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossterm::terminal;
use ratatui::layout::Size;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios,
};

use crate::domain::text::SafeText;

/// Whether the terminal is ours at the moment, so that it is given back once and no more.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Held by whoever writes: a frame is never torn apart by another writer.
static PEN: Mutex<()> = Mutex::new(());

/// How long a frame that is being written may hold up the end.
const LAST_FRAME: Duration = Duration::from_millis(50);

/// Keeps the title of the window, and brings it back.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[0m\x1b[2J";
const LEAVE: &str = "\x1b[0m\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// Clicks and the wheel, told by cell in the encoding without limits. Movement is not asked
/// for: it would send bytes for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Takes the terminal: raw mode, alternate screen, no cursor, bracketed paste.
///
/// # Errors
///
/// The terminal cannot be set up, or cannot be written to.
pub(crate) fn take(title: &SafeText, mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mouse = if mouse { MOUSE_ON } else { MOUSE_OFF };
    write(format!("{PUSH_TITLE}\x1b]2;{title}\x07{ENTER}{mouse}").as_bytes())
}

/// Gives the terminal back, if it is ours. Callable from any thread, and more than once;
/// takes a bounded time, whatever the terminal does.
pub(crate) fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let pen = wait_for_pen(LAST_FRAME);
    // On a line that has stopped, nothing more can be written, and nobody would read it.
    if pen.is_some() && is_writable(LAST_FRAME) {
        // There is nobody left to tell when the terminal is gone.
        let _ = write_all(format!("{MOUSE_OFF}{LEAVE}{POP_TITLE}").as_bytes());
    }
    drop(pen);
    // Keys that were pressed for the console are not for the shell.
    let _ = termios::tcflush(io::stdin(), termios::QueueSelector::IFlush);
    let _ = terminal::disable_raw_mode();
}

/// The bytes that take the mouse, or leave it to the terminal.
pub(crate) const fn mouse(captured: bool) -> &'static str {
    if captured { MOUSE_ON } else { MOUSE_OFF }
}

/// Writes to the terminal as long as it is ours. Waits as long as the line takes.
///
/// # Errors
///
/// The terminal is gone.
pub(crate) fn write(bytes: &[u8]) -> io::Result<()> {
    let _pen = PEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !TAKEN.load(Ordering::SeqCst) {
        return Ok(());
    }
    write_all(bytes)
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(io::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            // Somebody else has made the terminal non-blocking.
            Err(Errno::AGAIN) => {
                is_writable(Duration::from_secs(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether the line takes more within this time.
pub(crate) fn is_writable(within: Duration) -> bool {
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::OUT)];
    let limit = Timespec::try_from(within).ok();
    let polled = poll(&mut watched, limit.as_ref());
    polled.is_ok_and(|n| n > 0) && watched[0].revents().contains(PollFlags::OUT)
}

fn wait_for_pen(limit: Duration) -> Option<MutexGuard<'static, ()>> {
    let deadline = Instant::now() + limit;
    loop {
        match PEN.try_lock() {
            Ok(pen) => return Some(pen),
            Err(TryLockError::Poisoned(pen)) => return Some(pen.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// The terminal's size; 0 × 0 where it does not say.
pub(crate) fn size() -> Size {
    termios::tcgetwinsize(io::stdout())
        .map(|size| Size { width: size.ws_col, height: size.ws_row })
        .unwrap_or_default()
}

/// Whether input and output are both a terminal that can show a screen.
///
/// # Errors
///
/// What is missing, in words.
pub(crate) fn check() -> Result<(), &'static str> {
    if !termios::isatty(io::stdout().as_fd()) {
        return Err("the output is not a terminal");
    }
    if !termios::isatty(io::stdin().as_fd()) {
        return Err("the input is not a terminal");
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err("the terminal is `dumb`: it cannot place text");
    }
    Ok(())
}
