//! What a server that does not start says, in a person's words.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use crate::domain::failure::{Failure, FailureKind};

/// The oldest server that the driver speaks to.
const OLDEST: (u32, u32) = (4, 4);
const SIGILL: i32 = 4;

/// Runs `binary --version` and says why it cannot be used.
///
/// # Errors
///
/// It does not run, is no mongod, or is too old.
pub(super) fn check_version(binary: &Path) -> Result<(), Failure> {
    let shown = binary.display();
    let output =
        Command::new(binary).arg("--version").stdin(Stdio::null()).output().map_err(|error| {
            let message = format!("`{shown}` cannot be run: {}", error.kind());
            let hint = "Check that it is an executable file that you may run";
            Failure::new(FailureKind::Io, &message, hint)
        })?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(explain(binary, output.status, &errors));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    match parse_version(&text) {
        Some(version) if version >= OLDEST => Ok(()),
        Some((major, minor)) => {
            let message =
                format!("`{shown}` is version `{major}.{minor}`, and 4.4 is the oldest that works");
            let hint = "Install a newer MongoDB server, or set `MONGOD` to one";
            Err(Failure::new(FailureKind::ServerTooOld, &message, hint))
        }
        None => {
            let message = format!("`{shown}` does not say that it is a MongoDB server");
            Err(Failure::new(FailureKind::Io, &message, "Set `MONGOD` to the binary of a mongod"))
        }
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let version = text.lines().find_map(|line| line.strip_prefix("db version v"))?;
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Why a server that has ended did not start, from its exit status and its last words.
pub(super) fn explain(binary: &Path, status: ExitStatus, words: &str) -> Failure {
    let shown = binary.display();
    if let Some(library) = missing_library(words) {
        let message = format!("`{shown}` does not start: the library `{library}` is missing");
        return Failure::new(FailureKind::NotFound, &message, &library_hint(library));
    }
    if words.contains("GLIBC_") && words.contains("not found") {
        let message = format!("`{shown}` does not start: the C library of this machine is too old");
        let hint = "Set `MONGOD` to a server made for this system";
        return Failure::new(FailureKind::NotFound, &message, hint);
    }
    if status.signal() == Some(SIGILL) {
        let message = format!("`{shown}` does not start: the processor lacks AVX");
        let hint = "Set `MONGOD` to a server made for this processor, such as 4.4";
        return Failure::new(FailureKind::NotFound, &message, hint);
    }
    if words.contains("No space left on device") {
        return no_space("the server could not write its files");
    }
    let last =
        words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    let message = format!("`{shown}` ended at its start with {}: {last}", ended(status));
    Failure::new(FailureKind::Server, &message, "Set `MONGOD` to another server, or use `--uri`")
}

/// No room on a disk.
pub(super) fn no_space(what: &str) -> Failure {
    let message = format!("{what}: no space left on the device");
    Failure::new(
        FailureKind::Io,
        &message,
        "Make room, or point `TMPDIR` and `XDG_CACHE_HOME` elsewhere",
    )
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".into(),
    }
}

fn missing_library(words: &str) -> Option<&str> {
    let (_, rest) = words.split_once("error while loading shared libraries: ")?;
    let (library, rest) = rest.split_once(':')?;
    rest.contains("cannot open shared object file").then_some(library)
}

fn library_hint(library: &str) -> String {
    let package = match library {
        library if library.starts_with("libcurl.so") => "libcurl4",
        library if library.starts_with("libssl.so") || library.starts_with("libcrypto.so") => {
            "libssl3"
        }
        library if library.starts_with("liblzma.so") => "liblzma5",
        _ => return "Install the package that holds it, or set `MONGOD` to another server".into(),
    };
    format!("Install it with `apt-get install -y {package}`, or set `MONGOD` to another server")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURL: &str = "/x/mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file: No such file or directory\n";

    fn explained(code: i32, words: &str) -> Failure {
        explain(Path::new("/x/mongod"), ExitStatus::from_raw(code), words)
    }

    #[test]
    fn a_missing_library_names_its_package() {
        let failure = explained(127 << 8, CURL);
        assert!(failure.message.as_str().contains("`libcurl.so.4` is missing"), "{failure}");
        assert!(failure.hint.as_str().contains("apt-get install -y libcurl4"), "{}", failure.hint);
        let other = explained(127 << 8, &CURL.replace("libcurl.so.4", "libodd.so.1"));
        assert!(other.hint.as_str().starts_with("Install the package that holds it"));
    }

    #[test]
    fn other_ends_are_told_apart() {
        assert!(explained(SIGILL, "").message.as_str().contains("AVX"));
        let glibc = "version `GLIBC_2.34' not found (required by mongod)";
        assert!(explained(1 << 8, glibc).message.as_str().contains("C library"));
        assert_eq!(explained(100 << 8, "No space left on device").kind, FailureKind::Io);
        let odd = explained(2 << 8, "first\nBadValue: odd option\n");
        assert!(odd.message.as_str().ends_with("exit code 2: BadValue: odd option"), "{odd}");
    }

    #[test]
    fn the_version_is_read() {
        assert_eq!(parse_version("db version v6.0.5\nBuild Info: {"), Some((6, 0)));
        assert_eq!(parse_version("nginx 1.2"), None);
    }
}
