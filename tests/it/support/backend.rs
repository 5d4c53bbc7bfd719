//! The mongoose application of `tests/backend`: the other program that works on the fleet.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Output, database_name, shared};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/backend");
const SCRIPTS: [&str; 2] = ["backend.js", "documents.js"];

static INSTALLED: LazyLock<Option<PathBuf>> = LazyLock::new(installed);

/// The application on a fleet of its own.
#[derive(Debug)]
pub(crate) struct Backend {
    folder: PathBuf,
    /// The main database's name; those of the shards are this with `_1` and so on behind it.
    main: String,
}

impl Backend {
    /// The application on a fresh fleet of the shared server. `None` on a machine without
    /// Node, where what only Node can prove is left unproven, and said so; with
    /// `TILLDECK_TEST_NODE=required` that is a failure.
    pub(crate) fn on_fresh_fleet(what: &str) -> Option<Self> {
        let folder = INSTALLED.clone()?;
        Some(Self { folder, main: database_name(what) })
    }

    /// The URI of the fleet's main database.
    pub(crate) fn uri(&self) -> String {
        shared().uri_of(&self.main)
    }

    /// The configuration of tilldeck for this fleet.
    pub(crate) fn configuration(&self) -> String {
        format!("uri = \"{}\"\ndatabase_prefix = \"{}\"\n", self.uri(), self.main)
    }

    /// The main database's name.
    pub(crate) fn main_database(&self) -> &str {
        &self.main
    }

    /// A shard's name.
    pub(crate) fn shard(&self, number: u32) -> String {
        format!("{}_{number}", self.main)
    }

    /// The application with these arguments, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(node());
        command
            .arg("backend.js")
            .arg(self.uri())
            .args(arguments)
            .current_dir(&self.folder)
            .env("DATABASE_PREFIX", &self.main)
            .stdin(Stdio::null());
        command
    }

    /// Runs the application to its end and gives what it printed.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Value {
        let output = Output::of(&mut self.command(arguments));
        assert_eq!(output.code, 0, "{output:?}");
        output.json()
    }
}

/// What the script that compares documents says of a file of them; `None` as above.
#[track_caller]
pub(crate) fn compared(file: &Path) -> Option<Value> {
    let folder = INSTALLED.clone()?;
    let mut command = Command::new(node());
    let output = Output::of(command.arg("documents.js").arg(file).current_dir(folder));
    assert_eq!(output.code, 0, "{output:?}");
    Some(output.json())
}

fn node() -> PathBuf {
    env::var_os("NODE").map_or_else(|| "node".into(), PathBuf::from)
}

/// The folder with the application and its packages, installed once for each lock file.
fn installed() -> Option<PathBuf> {
    let has = |program: &Path| Command::new(program).arg("--version").output().is_ok();
    if !(has(&node()) && has(Path::new("npm"))) {
        let is_required =
            env::var_os("TILLDECK_TEST_NODE").is_some_and(|value| value == "required");
        assert!(!is_required, "Node and npm are required and missing");
        let said = "no Node here: interoperation with a mongoose application is not tested\n";
        io::stderr().write_all(said.as_bytes()).unwrap();
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("backend-{}", fingerprint()));
    if !folder.exists() {
        install_into(&folder);
    }
    Some(folder)
}

/// Installs beside, and moves into place what is whole; another run may have been faster.
fn install_into(folder: &Path) {
    let beside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for file in ["package.json", "package-lock.json"].into_iter().chain(SCRIPTS) {
        fs::copy(Path::new(SOURCE).join(file), beside.path().join(file)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(beside.path())
        .output()
        .unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    if fs::rename(beside.path(), folder).is_err() {
        assert!(folder.exists(), "the application cannot be moved to {}", folder.display());
    }
}

/// Changes with every file of the application.
fn fingerprint() -> String {
    let mut hasher = Sha256::new();
    for file in ["package-lock.json"].into_iter().chain(SCRIPTS) {
        hasher.update(fs::read(Path::new(SOURCE).join(file)).unwrap());
    }
    let digest = hasher.finalize();
    digest[..8].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
