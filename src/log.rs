//! The log: a file for each day, written by a thread of its own, safe and without secrets.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
};

use secrecy::ExposeSecret;
use tracing::level_filters::LevelFilter;
use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    config::{Config, LogLevel},
    domain::{text::safe, uri::Secrets},
};

/// How many days are kept.
const DAYS: usize = 5;

/// Lines that wait for the disk at most; more are dropped rather than waited for.
const WAITING_LINES: usize = 4096;

/// Keeps the log going. What is still waiting is written when it is dropped.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Guard {
    _worker: Option<WorkerGuard>,
}

/// Starts the log at the configured level. The folder and the file are made with the first
/// line; at level off there is neither a thread nor a file.
pub fn start(config: &Config) -> Guard {
    let level = filter(config.log_level);
    if level == LevelFilter::OFF {
        return Guard { _worker: None };
    }
    let (writer, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("tilldeck-log")
        .finish(SafeFile::new(config));
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    // Only our own events: those of libraries may quote what they were given.
    let own = Targets::new().with_target("tilldeck", level);
    // A second start, as in a test, leaves the first log as it is.
    let _ = tracing_subscriber::registry().with(own).with(lines).try_init();
    Guard { _worker: Some(worker) }
}

/// Every password of the configuration, in every form that it could be written in.
pub fn secrets(config: &Config) -> Secrets {
    let own = config.shards.values().filter_map(|shard| shard.uri.as_ref());
    let uris = config.uri.iter().chain(own).map(ExposeSecret::expose_secret);
    Secrets::of(uris)
}

const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// A rolling file that is made when the first line comes. Each write is one event.
struct SafeFile {
    folder: PathBuf,
    secrets: Secrets,
    file: Option<RollingFileAppender>,
}

impl SafeFile {
    fn new(config: &Config) -> Self {
        Self { folder: config.paths.state.clone(), secrets: secrets(config), file: None }
    }

    fn file(&mut self) -> io::Result<&mut RollingFileAppender> {
        if self.file.is_none() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
            let file = RollingFileAppender::builder()
                .rotation(Rotation::DAILY)
                .filename_prefix("tilldeck")
                .filename_suffix("log")
                .max_log_files(DAYS)
                .build(&self.folder)
                .map_err(io::Error::other)?;
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// One event as one line: no secret, nothing that a terminal would obey.
    fn line(&self, event: &str) -> String {
        let scrubbed = self.secrets.scrub(event.trim_end_matches('\n'));
        // Once more, for a secret whose own characters were made visible in between.
        let mut line = self.secrets.scrub(safe(&scrubbed).as_str());
        line.push('\n');
        line
    }
}

impl Write for SafeFile {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = self.line(&String::from_utf8_lossy(event));
        self.file()?.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Paths;

    fn config(folder: &std::path::Path) -> Config {
        Config {
            uri: Some("mongodb://ops:S3cr3t-p%40ss@db1/main".into()),
            paths: Paths { state: folder.join("state"), ..Paths::default() },
            ..Config::default()
        }
    }

    #[test]
    fn a_line_holds_no_secret_and_nothing_that_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SafeFile::new(&config(folder.path()));
        assert!(!folder.path().join("state").exists(), "made before the first line");
        file.write_all(
            "login with S3cr3t-p@ss or S3cr3t-p%40ss\r\u{1b}[2J\u{202e} failed\n".as_bytes(),
        )
        .unwrap();
        file.flush().unwrap();
        let state = folder.path().join("state");
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        let log = fs::read_dir(&state).unwrap().next().unwrap().unwrap().path();
        assert_eq!(
            fs::read_to_string(log).unwrap(),
            "login with *** or ***\\u{d}\\u{1b}[2J\\u{202e} failed\n"
        );
    }

    #[test]
    fn a_level_that_is_off_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        drop(start(&Config { log_level: LogLevel::Off, ..config(folder.path()) }));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
