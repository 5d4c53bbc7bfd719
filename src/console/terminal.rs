//! The terminal: taken at the start, given back in every case.
//!
//! Frames are written by a thread of their own, one at a time: on a slow line the loop sees
//! that the last frame is still on its way and leaves the next one out, so that frames are
//! dropped and never queued. What is written to the terminal goes through this file alone.

use std::{
    cell::RefCell,
    io::{self, Write},
    os::fd::AsFd,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use crossterm::{
    Command as _, cursor, event,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen, SetTitle},
};
use ratatui::{Terminal, backend::CrosstermBackend};
use tokio::sync::Notify;

use super::{
    state::{geometry::Geometry, model::Model},
    view,
};
use crate::domain::text::SafeText;

/// Whether the terminal is ours at the moment, so that it is given back once and no more.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// How long the last frame may take to arrive before it is given up at the end.
const LAST_FRAME: Duration = Duration::from_millis(60);

/// Keeps the title of the window, and brings it back.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// Takes the terminal: raw mode, alternate screen, no cursor, bracketed paste.
///
/// # Errors
///
/// The terminal cannot be set up, or cannot be written to.
pub(crate) fn take(title: &SafeText, mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = String::from(PUSH_TITLE);
    let _ = EnterAlternateScreen.write_ansi(&mut bytes);
    let _ = cursor::Hide.write_ansi(&mut bytes);
    let _ = event::EnableBracketedPaste.write_ansi(&mut bytes);
    let _ = SetTitle(title.as_str()).write_ansi(&mut bytes);
    if mouse {
        let _ = event::EnableMouseCapture.write_ansi(&mut bytes);
    }
    write_all(bytes.as_bytes())
}

/// Gives the terminal back, if it is ours. Callable from any thread, and more than once.
pub(crate) fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = String::new();
    let _ = event::DisableMouseCapture.write_ansi(&mut bytes);
    let _ = event::DisableBracketedPaste.write_ansi(&mut bytes);
    let _ = LeaveAlternateScreen.write_ansi(&mut bytes);
    let _ = cursor::Show.write_ansi(&mut bytes);
    bytes.push_str(POP_TITLE);
    // There is nobody left to tell when the terminal is gone.
    let _ = write_all(bytes.as_bytes());
    let _ = terminal::disable_raw_mode();
}

fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Whether input and output are both a terminal that can show a screen.
///
/// # Errors
///
/// What is missing, in words.
pub(crate) fn check() -> Result<(), &'static str> {
    if !rustix::termios::isatty(io::stdout().as_fd()) {
        return Err("the output is not a terminal");
    }
    if !rustix::termios::isatty(io::stdin().as_fd()) {
        return Err("the input is not a terminal");
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err("the terminal is `dumb`: it cannot place text");
    }
    Ok(())
}

/// Where the loop draws. The real one is [`Screen`]; tests have one in memory.
pub(crate) trait Surface {
    /// Whether the last frame has arrived, so that another one may be sent.
    fn is_free(&self) -> bool;

    /// Draws the model and says what drawing learned.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    fn draw(&mut self, model: &Model) -> io::Result<Geometry>;

    /// Takes the mouse, or leaves it to the terminal.
    fn capture_mouse(&mut self, captured: bool);

    /// Writes bytes that are no frame, such as a text for the terminal's clipboard.
    fn write(&mut self, bytes: Vec<u8>);

    /// Gives the terminal back, stops the process, and takes the terminal again when the
    /// process goes on. The next frame is drawn in full.
    ///
    /// # Errors
    ///
    /// The terminal cannot be taken again.
    fn suspend(&mut self, mouse: bool) -> io::Result<()>;
}

/// The terminal of this process.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Frame>>,
    frame: Frame,
    title: SafeText,
    writer: SyncSender<Vec<u8>>,
    finished: Receiver<()>,
    state: Arc<WriterState>,
}

/// What the writer's thread and the loop both know.
#[derive(Default)]
struct WriterState {
    is_busy: AtomicBool,
    is_broken: AtomicBool,
    written: Notify,
}

/// The bytes of one frame, gathered until it is complete.
#[derive(Clone, Default)]
struct Frame(Rc<RefCell<Vec<u8>>>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes the terminal and starts the thread that writes to it.
    ///
    /// # Errors
    ///
    /// The terminal cannot be taken, or the thread cannot be started.
    pub(crate) fn new(title: SafeText, mouse: bool) -> io::Result<Self> {
        take(&title, mouse)?;
        let state = Arc::new(WriterState::default());
        // Two places: a frame, and a text for the clipboard beside it.
        let (writer, frames) = sync_channel(2);
        let (finish, finished) = sync_channel(1);
        let for_thread = state.clone();
        thread::Builder::new().name("tilldeck-screen".to_owned()).spawn(move || {
            write_frames(&frames, &for_thread);
            let _ = finish.send(());
        })?;
        let frame = Frame::default();
        let terminal = Terminal::new(CrosstermBackend::new(frame.clone()))?;
        Ok(Self { terminal, frame, title, writer, finished, state })
    }

    /// Waits until a frame has arrived. Cancelling it loses nothing.
    pub(crate) fn arrival(&self) -> impl Future<Output = ()> + use<> {
        let state = self.state.clone();
        async move { state.written.notified().await }
    }

    fn send(&self, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.state.is_busy.store(true, Ordering::Release);
        // Full only with a text for the clipboard on a line that has stopped.
        let _ = self.writer.try_send(bytes);
    }

    /// Lets the last frame arrive for a moment, then gives the terminal back.
    pub(crate) fn leave(self) {
        drop(self.writer);
        if self.finished.recv_timeout(LAST_FRAME) != Err(RecvTimeoutError::Timeout) {
            give_back();
            return;
        }
        // The line has stopped: whoever waits for the output must not hold us up.
        let _ = thread::Builder::new().spawn(give_back);
        thread::sleep(LAST_FRAME);
    }
}

impl Surface for Screen {
    fn is_free(&self) -> bool {
        !self.state.is_busy.load(Ordering::Acquire)
    }

    fn draw(&mut self, model: &Model) -> io::Result<Geometry> {
        if self.state.is_broken.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut geometry = Geometry::default();
        self.terminal.draw(|frame| geometry = view::draw(model, frame))?;
        self.send(std::mem::take(&mut *self.frame.0.borrow_mut()));
        Ok(geometry)
    }

    fn capture_mouse(&mut self, captured: bool) {
        let mut bytes = String::new();
        let _ = if captured {
            event::EnableMouseCapture.write_ansi(&mut bytes)
        } else {
            event::DisableMouseCapture.write_ansi(&mut bytes)
        };
        self.send(bytes.into_bytes());
    }

    fn write(&mut self, bytes: Vec<u8>) {
        self.send(bytes);
    }

    fn suspend(&mut self, mouse: bool) -> io::Result<()> {
        give_back();
        // The whole group stops, as with the shell's own Ctrl-Z.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
        take(&self.title, mouse)?;
        self.terminal.clear()
    }
}

fn write_frames(frames: &Receiver<Vec<u8>>, state: &WriterState) {
    while let Ok(bytes) = frames.recv() {
        if write_all(&bytes).is_err() {
            state.is_broken.store(true, Ordering::Release);
        }
        state.is_busy.store(false, Ordering::Release);
        state.written.notify_one();
    }
}
