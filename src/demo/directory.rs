//! Where a private server keeps its files: a folder of its own, gone with it.

use std::{
    fs::File,
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock, statvfs},
    process::{Pid, getpid, test_kill_process},
};
use tempfile::TempDir;

use super::loader::no_space;
use crate::domain::failure::{Failure, FailureKind};

const PREFIX: &str = "tilldeck-";
const OWNER: &str = "owner";
/// What one member needs: its files, and what a demo of some hundred stores writes.
const BYTES_A_MEMBER: u64 = 400_000_000;

/// A folder for the data of a server.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Removes the folder when dropped; `None` for a folder that is kept.
    _temporary: Option<TempDir>,
    /// Locked as long as we live: nobody else sweeps or uses the folder.
    _owner: File,
}

impl Directory {
    /// A new folder for as many members, in memory where there is room, else on disk.
    /// Folders of processes that are gone are removed on the way.
    pub(super) fn temporary(members: u32) -> Result<Self, Failure> {
        let needed = BYTES_A_MEMBER * u64::from(members);
        let on_disk = std::env::temp_dir();
        let places = [Path::new("/dev/shm"), on_disk.as_path()];
        for place in places {
            sweep(place);
        }
        let place = places.into_iter().find(|place| room_in(place) >= needed);
        let Some(place) = place else {
            let what = format!(
                "a private server needs {} MB in `{}`",
                needed / 1_000_000,
                on_disk.display()
            );
            return Err(no_space(&what));
        };
        let failed = |error: io::Error| cannot_use(place, &error);
        let prefix = format!("{PREFIX}{}-", getpid().as_raw_nonzero());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(place).map_err(failed)?;
        let owner = own(folder.path()).map_err(failed)?;
        Ok(Self { path: folder.path().to_owned(), _temporary: Some(folder), _owner: owner })
    }

    /// A folder that stays: a new or empty one, or one that was kept before.
    pub(super) fn kept(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| cannot_use(path, &error);
        let is_new = match fs_err::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(failed(error)),
        };
        if !is_new && !path.join(OWNER).is_file() {
            let message = format!("`{}` holds files that are not a kept demo", path.display());
            return Err(Failure::new(
                FailureKind::Usage,
                &message,
                "Name an empty folder, or a new one",
            ));
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let path = fs_err::canonicalize(path).map_err(failed)?;
        match own(&path) {
            Ok(owner) => Ok(Self { path, _temporary: None, _owner: owner }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let message = format!("another demo is using `{}`", path.display());
                Err(Failure::new(
                    FailureKind::Busy,
                    &message,
                    "Stop it first, or name another folder",
                ))
            }
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn own(folder: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(folder.join(OWNER))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

fn room_in(place: &Path) -> u64 {
    statvfs(place).map_or(0, |room| room.f_bavail.saturating_mul(room.f_frsize))
}

/// Removes folders whose process is gone. A process of another container can have a pid
/// that is unknown here, so the lock must be free as well.
fn sweep(place: &Path) {
    let Ok(entries) = fs_err::read_dir(place) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(pid_of) else { continue };
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
            && entry.path().join(OWNER).is_file()
            && own(&entry.path()).is_ok()
        {
            // Another process may be sweeping, too; the next start tries again.
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

fn pid_of(name: &str) -> Option<Pid> {
    let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Pid::from_raw(pid.parse().ok()?)
}

fn cannot_use(path: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::StorageFull {
        return no_space("making a folder for the private server");
    }
    let message =
        format!("`{}` cannot hold the files of a private server: {}", path.display(), error.kind());
    Failure::new(
        FailureKind::Io,
        &message,
        "Check that you may write there, or point `TMPDIR` elsewhere",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_swept_and_others_stay() {
        let place = tempfile::tempdir().unwrap();
        // No process has this pid: the kernel's limit is 4 194 304.
        let dead = place.path().join("tilldeck-2000000000-x");
        let alive = place.path().join(format!("tilldeck-{}-x", getpid().as_raw_nonzero()));
        let locked = place.path().join("tilldeck-2000000000-y");
        let strange = place.path().join("tilldeck-2000000000-z");
        for folder in [&dead, &alive, &locked, &strange] {
            fs_err::create_dir(folder).unwrap();
        }
        own(&dead).unwrap();
        own(&alive).unwrap();
        let _held = own(&locked).unwrap();
        sweep(place.path());
        let left = [dead, alive, locked, strange].map(|folder| folder.exists());
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn a_kept_folder_is_ours_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("kept");
        let first = Directory::kept(&folder).unwrap();
        assert_eq!(Directory::kept(&folder).unwrap_err().kind, FailureKind::Busy);
        drop(first);
        assert!(folder.exists());
        assert!(Directory::kept(&folder).is_ok());
        fs_err::write(place.path().join("letter.txt"), "x").unwrap();
        assert_eq!(Directory::kept(place.path()).unwrap_err().kind, FailureKind::Usage);
    }
}
