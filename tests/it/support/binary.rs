//! The real binary, away from the files and variables of whoever runs the tests.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::{eventually, mongod, schema_faults};

/// A home directory of a test: configuration, state and cache of its own.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
}

/// What the binary left behind.
#[derive(Debug)]
pub(crate) struct Output {
    /// The exit code; 128 + n after signal n that was not handled.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary while it runs; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the configuration file that the binary finds by itself.
    pub(crate) fn configure(&self, toml: &str) {
        let folder = self.path().join("config/tilldeck");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), toml).unwrap();
    }

    /// The binary with these arguments, in a clean environment. The server's binary is
    /// named, so that nothing is fetched into the home directory.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("tilldeck"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("MONGOD", mongod())
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        Output::of(&mut self.command(arguments))
    }

    /// Runs the binary on this fleet to its end.
    pub(crate) fn run_on<S: AsRef<OsStr>>(
        &self,
        uri: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        Output::of(self.command(arguments).env("MONGODB_URI", uri))
    }
}

impl Output {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: code_of(output.status),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Stdout as one JSON document that is as its schema says.
    #[track_caller]
    pub(crate) fn held_to(&self, schema: &str) -> Value {
        let document = self.json();
        let faults = schema_faults(schema, &document);
        assert!(faults.is_empty(), "against {schema}:\n{}\n{document:#}", faults.join("\n"));
        document
    }
}

impl Running {
    /// Starts a command and goes on.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self { child: command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the first line on stdout. May be called once.
    pub(crate) fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end, and gives the exit code; 128 + n after signal n.
    pub(crate) fn wait(&mut self) -> i32 {
        code_of(eventually("the program ends", || self.child.try_wait().unwrap()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}
