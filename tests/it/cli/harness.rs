//! The real binary in a home of its own, and the schemas that hold its output.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::schema_faults;

/// The longest that a command may take on a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A home directory that only this test uses.
pub(super) struct Home {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Home {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.path().join(".config/tilldeck/config.toml")
    }

    /// The command, ready to be started, with an environment that holds a home and nothing else.
    pub(super) fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tilldeck"));
        command.args(args).env_clear().env("HOME", self.path()).stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, args: &[impl AsRef<OsStr>]) -> Ran {
        self.run_with(args, &[])
    }

    pub(super) fn run_with(&self, args: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) -> Ran {
        let output = self.command(args).envs(variables.iter().copied()).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Everything that was logged.
    pub(super) fn log(&self) -> String {
        let state = self.path().join(".local/state/tilldeck");
        let files = fs::read_dir(state).into_iter().flatten();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }
}

impl Ran {
    /// The one JSON document on stdout, held to its schema.
    pub(super) fn json(&self, schema: &str) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not one JSON document: {error}\n{self:?}"));
        assert_eq!(self.stdout.lines().count(), 1, "more than one line:\n{}", self.stdout);
        let faults = schema_faults(schema, &document);
        assert!(faults.is_empty(), "against {schema}:\n{}\n{document:#}", faults.join("\n"));
        document
    }

    /// Nothing in the output that a terminal would obey.
    pub(super) fn assert_harmless(&self) {
        for text in [&self.stdout, &self.stderr] {
            let hostile = |char: &char| {
                (char.is_control() && *char != '\n') || "\u{202e}\u{200b}\u{2028}".contains(*char)
            };
            assert_eq!(text.chars().find(hostile), None, "{text:?}");
        }
    }
}

/// Waits for the end of a process and gives its exit code.
pub(super) fn ended(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the command does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let error = serde_json::json!({"error": {"kind": "no_such_kind", "message": "x"}});
    assert_eq!(schema_faults("error", &error).len(), 2);
    for schema in [
        "status",
        "stores",
        "uris",
        "collections",
        "demo",
        "create",
        "create-batch",
        "doctor",
        "jobs",
        "why",
    ] {
        assert!(!schema_faults(schema, &serde_json::json!({})).is_empty());
    }
}
