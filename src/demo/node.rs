//! One server process.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{loader, spawner::spawn_bound_to_us};
use crate::domain::failure::{Failure, FailureKind};

/// A loaded machine with slow disks takes most of this.
const START_LIMIT: Duration = Duration::from_secs(60);
const END_LIMIT: Duration = Duration::from_secs(10);
/// What mongod ends with when it cannot listen.
const PORT_TAKEN: i32 = 48;
const LOG_ID_LISTENING: i64 = 23016;
const MAX_LAST_WORDS: usize = 8;

/// A running server process, killed when dropped.
#[derive(Debug)]
pub(super) struct Node {
    arguments: Arguments,
    child: Child,
    port: u16,
}

/// How a server process is started.
#[derive(Debug, Clone)]
pub(super) struct Arguments {
    /// The server's binary.
    pub(super) binary: PathBuf,
    /// The folder of its data; made when it is missing.
    pub(super) data: PathBuf,
    /// The port to listen on; 0 takes a free one.
    pub(super) port: u16,
    /// Everything else.
    pub(super) extra: Vec<String>,
}

impl Node {
    /// Starts the process and waits until it listens.
    ///
    /// # Errors
    ///
    /// Why it does not start.
    pub(super) fn start(arguments: Arguments) -> Result<Self, Failure> {
        let mut child = spawn(&arguments)?;
        let words = Arc::new(Mutex::new(VecDeque::new()));
        let listening = listen_to(&mut child, &words);
        match listening.recv_timeout(START_LIMIT) {
            Ok(port) => Ok(Self { arguments, child, port }),
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait().map_err(|error| lost(&error))?;
                Err(why_ended(&arguments, status, &words))
            }
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                let message =
                    format!("the private server did not listen within {} s", START_LIMIT.as_secs());
                Err(Failure::new(
                    FailureKind::TimedOut,
                    &message,
                    "Try again when the machine is less busy",
                ))
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process at once, as a crash would.
    pub(super) fn kill(&mut self) {
        end(&mut self.child);
    }

    /// Starts the process again on the same data and port. It is killed first if it runs.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        self.kill();
        let arguments = Arguments { port: self.port, ..self.arguments.clone() };
        *self = Self::start(arguments)?;
        Ok(())
    }

    /// Lets the process close its files in order, and kills it when that takes too long.
    pub(super) fn close(&mut self) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + END_LIMIT;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        self.kill();
    }

    /// Sends a signal, unless the process has ended: its pid may be somebody else's by then.
    pub(super) fn signal(&mut self, signal: Signal) {
        if let Ok(None) = self.child.try_wait()
            && let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
        {
            // A process that ends just now needs no signal.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end(child: &mut Child) {
    // Both fail only for a process that has ended already.
    let _ = child.kill();
    let _ = child.wait();
}

fn spawn(arguments: &Arguments) -> Result<Child, Failure> {
    let Arguments { binary, data, port, extra } = arguments;
    fs_err::create_dir_all(data).map_err(|error| {
        let message = format!("`{}` cannot be made: {}", data.display(), error.kind());
        Failure::new(FailureKind::Io, &message, "Check that you may write there")
    })?;
    let mut command = Command::new(binary);
    command
        .arg("--dbpath")
        .arg(data)
        .args(["--port", &port.to_string(), "--bind_ip", "127.0.0.1", "--nounixsocket"])
        // A quarter of a gigabyte is the least it takes; without the engine's setting each
        // instance would lay out 300 MB of journal.
        .args(["--wiredTigerCacheSizeGB", "0.25"])
        .args(["--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=2MB)"])
        // The fetched version has a hole in its decompression.
        .args(["--networkMessageCompressors", "disabled"])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        .args(["--setParameter", "ttlMonitorEnabled=false"])
        .args(["--setParameter", "enableTestCommands=1"])
        .args(extra)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    spawn_bound_to_us(command).map_err(|error| {
        let message = format!("`{}` cannot be run: {}", binary.display(), error.kind());
        Failure::new(FailureKind::Io, &message, "Set `MONGOD` to the binary of a mongod")
    })
}

type Words = Arc<Mutex<VecDeque<String>>>;

/// Reads what the server says for as long as it lives: a full pipe would stop it. The port
/// comes through the channel, which closes when the server ends.
fn listen_to(child: &mut Child, words: &Words) -> Receiver<u16> {
    let (ready, listening) = mpsc::sync_channel(1);
    if let Some(stderr) = child.stderr.take() {
        let (words, open) = (words.clone(), ready.clone());
        thread::spawn(move || {
            lines_of(stderr, |line| remember(&words, line.to_owned()));
            drop(open);
        });
    }
    if let Some(stdout) = child.stdout.take() {
        let words = words.clone();
        thread::spawn(move || lines_of(stdout, |line| heed(line, &words, &ready)));
    }
    listening
}

fn lines_of(stream: impl Read, mut each: impl FnMut(&str)) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).is_ok_and(|n_read| n_read > 0) {
        each(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

fn heed(line: &str, words: &Words, ready: &SyncSender<u16>) {
    // Parsing each line of a busy server would cost more than the marks that we look for.
    if !(line.contains("23016") || line.contains(r#""s":"E""#) || line.contains(r#""s":"F""#)) {
        return;
    }
    let Ok(entry) = serde_json::from_str::<serde_json::Value>(line) else { return };
    if entry["id"] == LOG_ID_LISTENING {
        if let Some(port) = entry["attr"]["port"].as_u64().and_then(|port| port.try_into().ok()) {
            // The second address that it listens on does not matter.
            let _ = ready.try_send(port);
        }
    } else {
        let message = entry["msg"].as_str().unwrap_or_default();
        let error =
            entry["attr"]["error"].as_str().or_else(|| entry["attr"]["error"]["errmsg"].as_str());
        remember(words, error.map_or(message.to_owned(), |error| format!("{message}: {error}")));
    }
}

fn remember(words: &Words, line: String) {
    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
    if words.len() == MAX_LAST_WORDS {
        words.pop_front();
    }
    words.push_back(line);
}

fn why_ended(arguments: &Arguments, status: ExitStatus, words: &Words) -> Failure {
    if status.code() == Some(PORT_TAKEN) {
        let message = format!("port `{}` of 127.0.0.1 is taken", arguments.port);
        let hint = "Stop what listens there, or take another port";
        return Failure::new(FailureKind::Io, &message, hint);
    }
    let words: Vec<_> =
        words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    loader::explain(&arguments.binary, status, &words.join("\n"))
}

fn lost(error: &std::io::Error) -> Failure {
    let message = format!("the private server was lost: {}", error.kind());
    Failure::new(FailureKind::Internal, &message, "Try again")
}

/// The folder of one member's data.
pub(super) fn data_of(folder: &Path, member: u32) -> PathBuf {
    folder.join(format!("member-{member}"))
}
