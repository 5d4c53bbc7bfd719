//! The screen: what the loop draws on.
//!
//! Frames are written by a thread of their own, one at a time: on a slow line the loop sees
//! that the last frame is still on its way and leaves the next one out, so that frames are
//! dropped and never queued.

mod line;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use ratatui::Terminal;
use rustix::process::{Signal, kill_current_process_group};
use tokio::sync::Notify;

use self::line::Line;
use super::{
    backend::{Limits, Pencil},
    state::{geometry::Geometry, model::Model},
    terminal, view,
};
use crate::domain::text::SafeText;

/// Frames that are longer are shown at once where the terminal knows how, not line by line.
const LONG_FRAME: usize = 1024;
const BEGIN_UPDATE: &str = "\x1b[?2026h";
const END_UPDATE: &str = "\x1b[?2026l";

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

    /// Writes bytes that are no frame, such as a text for the terminal's clipboard. Returns
    /// whether the line takes them.
    fn write(&mut self, bytes: Vec<u8>) -> bool;

    /// The terminal has, or has had for a moment, another size.
    fn size_changed(&mut self);

    /// Gives the terminal back and stops the process, as the shell's job control does.
    fn stop(&mut self);

    /// Takes the terminal when the process goes on. The next frame is drawn in full.
    ///
    /// # Errors
    ///
    /// The terminal cannot be taken again.
    fn go_on(&mut self, mouse: bool) -> io::Result<()>;
}

/// The terminal of this process.
pub(crate) struct Screen {
    terminal: Terminal<Pencil>,
    title: SafeText,
    writer: SyncSender<Vec<u8>>,
    state: Arc<WriterState>,
    /// Whether the terminal has been another size since the last frame.
    is_other_size: bool,
}

/// What the writer's thread and the loop both know.
#[derive(Default)]
struct WriterState {
    /// Frames and texts that are on their way.
    n_waiting: AtomicUsize,
    is_broken: AtomicBool,
    written: Notify,
}

impl Screen {
    /// Takes the terminal and starts the thread that writes to it.
    ///
    /// # Errors
    ///
    /// The terminal cannot be taken, or the thread cannot be started.
    pub(crate) fn new(title: SafeText, mouse: bool, limits: Limits) -> io::Result<Self> {
        terminal::take(&title, mouse)?;
        let state = Arc::new(WriterState::default());
        // Two places: a frame, and a text for the clipboard beside it.
        let (writer, frames) = sync_channel(2);
        let for_thread = state.clone();
        let write = move || write_frames(&frames, &for_thread);
        thread::Builder::new().name("tilldeck-screen".to_owned()).spawn(write)?;
        let pencil = Pencil::new(terminal::size(), limits);
        let terminal = Terminal::new(pencil)?;
        Ok(Self { terminal, title, writer, state, is_other_size: false })
    }

    /// Waits until a frame has arrived. Cancelling it loses nothing.
    pub(crate) fn arrival(&self) -> impl Future<Output = ()> + use<> {
        let state = self.state.clone();
        async move { state.written.notified().await }
    }

    /// Whether there was room: there is for a frame, but not for one text after the other
    /// on a line that has stopped.
    fn send(&self, bytes: Vec<u8>) -> bool {
        if bytes.is_empty() {
            return true;
        }
        self.state.n_waiting.fetch_add(1, Ordering::AcqRel);
        let is_sent = self.writer.try_send(bytes).is_ok();
        if !is_sent {
            self.state.n_waiting.fetch_sub(1, Ordering::AcqRel);
        }
        is_sent
    }
}

impl Surface for Screen {
    fn is_free(&self) -> bool {
        self.state.n_waiting.load(Ordering::Acquire) == 0
    }

    fn draw(&mut self, model: &Model) -> io::Result<Geometry> {
        if self.state.is_broken.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let size = terminal::size();
        let was_told = std::mem::take(&mut self.is_other_size);
        if size != self.terminal.size()? {
            self.terminal.backend_mut().resize(size);
        } else if was_told {
            // It was another one meanwhile, and what did not fit then is gone.
            self.terminal.backend_mut().forget();
            self.terminal.clear()?;
        }
        let mut geometry = Geometry::default();
        let drawn = self.terminal.draw(|frame| geometry = view::draw(model, frame));
        drawn?;
        let mut bytes = self.terminal.backend_mut().take();
        if bytes.len() > LONG_FRAME {
            bytes.insert_str(0, BEGIN_UPDATE);
            bytes.push_str(END_UPDATE);
        }
        self.send(bytes.into_bytes());
        Ok(geometry)
    }

    fn write(&mut self, bytes: Vec<u8>) -> bool {
        self.send(bytes)
    }

    fn size_changed(&mut self) {
        self.is_other_size = true;
    }

    fn stop(&mut self) {
        terminal::give_back();
        // The whole group stops, as with the shell's own Ctrl-Z.
        let _ = kill_current_process_group(Signal::STOP);
    }

    fn go_on(&mut self, mouse: bool) -> io::Result<()> {
        // Whoever had the terminal meanwhile may have set it up as they liked.
        terminal::give_back();
        terminal::take(&self.title, mouse)?;
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }
}

fn write_frames(frames: &Receiver<Vec<u8>>, state: &WriterState) {
    let mut line = Line::default();
    while let Ok(bytes) = frames.recv() {
        let was_full = !terminal::is_writable(Duration::ZERO);
        let begun = Instant::now();
        if terminal::write(&bytes).is_err() {
            state.is_broken.store(true, Ordering::Release);
        }
        let is_full = !terminal::is_writable(Duration::ZERO);
        let now = Instant::now();
        let pause = line.wrote(bytes.len(), (was_full || is_full).then(|| now - begun), now);
        thread::sleep(pause);
        state.n_waiting.fetch_sub(1, Ordering::AcqRel);
        state.written.notify_one();
    }
}
