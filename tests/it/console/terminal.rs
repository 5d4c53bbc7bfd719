//! A terminal that a test holds both ends of: what the program writes is kept byte by byte
//! and shown by an emulator.

use std::{
    io::{Read as _, Write},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Home, eventually};

/// Nothing listens here.
pub(super) const NOWHERE: &str = "mongodb://ops:S3cr3tPw@127.0.0.1:1/main_db";

/// A program in a terminal; killed when dropped.
pub(super) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    /// `None` once the terminal has vanished.
    ends: Option<Ends>,
    shown: Arc<Mutex<Shown>>,
    is_left_alone: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

/// This side of the terminal.
struct Ends {
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the terminal's settings outlive the program.
    _slave: Box<dyn SlavePty + Send>,
}

/// What the program has written.
struct Shown {
    bytes: Vec<u8>,
    emulator: vt100::Parser,
}

impl Terminal {
    /// Opens the console on this fleet, 120 × 40, and waits for its first frame.
    pub(super) fn open(home: &Home, uri: &str) -> Self {
        let terminal = Self::start(&mut command(home, uri), (120, 40));
        terminal.wait_for("tilldeck");
        terminal
    }

    /// Starts a program in a terminal of this many columns and rows.
    pub(super) fn start(command: &mut Command, (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(builder(command)).unwrap();
        let emulator = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let shown = Arc::new(Mutex::new(Shown { bytes: Vec::new(), emulator }));
        let is_left_alone = Arc::new(AtomicBool::new(false));
        let mut output = pair.master.try_clone_reader().unwrap();
        let (kept, left_alone) = (shown.clone(), is_left_alone.clone());
        let reader = thread::spawn(move || {
            let mut chunk = vec![0; 65536];
            while let Ok(n @ 1..) = output.read(&mut chunk) {
                let mut shown = kept.lock().unwrap();
                shown.bytes.extend_from_slice(&chunk[..n]);
                shown.emulator.process(&chunk[..n]);
                if left_alone.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let ends = Some(Ends { keys, master: pair.master, _slave: pair.slave });
        Self { child, ends, shown, is_left_alone, reader: Some(reader) }
    }

    /// Presses keys, or sends whatever bytes a terminal sends.
    pub(super) fn press(&mut self, keys: impl AsRef<[u8]>) {
        let ends = self.ends.as_mut().unwrap();
        ends.keys.write_all(keys.as_ref()).unwrap();
        ends.keys.flush().unwrap();
    }

    /// The screen as text, one line a row.
    pub(super) fn text(&self) -> String {
        self.shown.lock().unwrap().emulator.screen().contents()
    }

    /// Everything that was ever written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.shown.lock().unwrap().bytes.clone()
    }

    /// Whether the bytes were ever written.
    pub(super) fn wrote(&self, wanted: &str) -> bool {
        contains(&self.bytes(), wanted.as_bytes())
    }

    /// Waits until the text is on the screen.
    #[track_caller]
    pub(super) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}` is on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the text is not on the screen any more.
    #[track_caller]
    pub(super) fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("`{text}` is gone"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as wanted, and shows it when it never is.
    #[track_caller]
    pub(super) fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let last = std::cell::RefCell::new(String::new());
        let is_so = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(what, || {
                let text = self.text();
                let is_so = wanted(&text);
                last.replace(text);
                is_so.then_some(())
            });
        }));
        assert!(is_so.is_ok(), "it never happened that {what}; the screen:\n{}", last.borrow());
    }

    /// Waits until these bytes were written.
    #[track_caller]
    pub(super) fn wait_for_bytes(&self, wanted: &str) {
        eventually(&format!("{wanted:?} is written"), || self.wrote(wanted).then_some(()));
    }

    /// Makes the terminal larger or smaller.
    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let mut shown = self.shown.lock().unwrap();
        shown.emulator.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.ends.as_ref().unwrap().master.resize(size(columns, rows)).unwrap();
    }

    /// Runs something with the emulated screen.
    pub(super) fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shown.lock().unwrap().emulator.screen())
    }

    /// Presses the left button of the mouse on the first place where the text stands.
    #[track_caller]
    pub(super) fn click(&mut self, text: &str) {
        self.wait_for(text);
        let screen = self.text();
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        // Cells are counted, which for the lines of these tests are characters.
        let column = line.split(text).next().unwrap().chars().count();
        self.press(format!("\x1b[<0;{0};{1}M\x1b[<0;{0};{1}m", column + 1, row + 1));
    }

    /// How the terminal is set up, as `stty` would tell.
    pub(super) fn settings(&self) -> String {
        format!("{:?}", self.ends.as_ref().unwrap().master.get_termios().unwrap())
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end of the program, and gives its exit code.
    pub(super) fn wait(&mut self) -> u32 {
        eventually("the program ends", || self.child.try_wait().unwrap()).exit_code()
    }

    /// Presses `q`, and holds the end to what it must leave behind.
    #[track_caller]
    pub(super) fn quit(&mut self) {
        self.press("q");
        assert_eq!(self.wait(), 0);
        self.is_restored();
    }

    /// Presses `Ctrl-C`, which quits whatever is on top.
    #[track_caller]
    pub(super) fn quit_from_top(&mut self) {
        self.press("\x03");
        assert_eq!(self.wait(), 0);
        self.is_restored();
    }

    /// Waits until the terminal is as it was before the program took it.
    #[track_caller]
    pub(super) fn is_restored(&self) {
        for undone in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1000l", "\x1b[?1006l"] {
            self.wait_for_bytes(undone);
        }
        // After a stop the bytes were there before: what counts is where they lead to, and
        // the last of them may still be on their way when the program has ended.
        let given_back = |screen: &vt100::Screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        };
        eventually("the screen, the cursor, pastes and the mouse are given back", || {
            self.with_screen(given_back).then_some(())
        });
        let settings = self.settings();
        assert!(settings.contains("ICANON") && settings.contains("ECHO"), "{settings}");
    }

    /// Reads no more of what the program writes, as a line that has stopped.
    pub(super) fn stop_reading(&mut self) {
        self.is_left_alone.store(true, Ordering::SeqCst);
        // The reader lets go with the next bytes that come.
        self.press("?");
        self.reader.take().unwrap().join().unwrap();
    }

    /// Takes the terminal away from under the program, as a dropped connection does, and
    /// gives the program's exit code.
    pub(super) fn vanish(mut self) -> u32 {
        self.stop_reading();
        self.ends = None;
        self.wait()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The console on this fleet, in a clean environment.
pub(super) fn command(home: &Home, uri: &str) -> Command {
    let mut command = home.command::<&str>([]);
    command.env("MONGODB_URI", uri).env("COLORTERM", "truecolor");
    command
}

pub(super) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn builder(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            builder.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        builder.cwd(folder);
    }
    builder
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, ..PtySize::default() }
}
