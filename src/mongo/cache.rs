//! The last known registry on disk, for when the main database is out of reach.
//!
//! Only the decoded fields of stores are kept; no address, no user, no password. The file is
//! named after a hash of the hosts and the main database, so that fleets do not mix.

use std::{
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::record::SavedStore;
use crate::domain::{
    database::Layout,
    registry::{Registry, Source},
};

mod record;

/// Another number means another format; such files are ignored.
const FORMAT: i32 = 1;

/// Where the last known registry of this main database is kept.
pub(crate) fn path(directory: &Path, hosts: &str, database: &str) -> PathBuf {
    let mut hash = Sha256::new();
    for part in [hosts, database] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let start = hash.iter().take(12).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    directory.join(format!("registry-{start:024x}.bson"))
}

/// One cache file.
#[derive(Debug, Clone)]
pub(crate) struct CacheFile {
    path: PathBuf,
    layout: Arc<Layout>,
    turns: Arc<Turns>,
}

/// Keeps saves apart and in the order in which they were asked for.
#[derive(Debug, Default)]
struct Turns {
    given: AtomicU64,
    /// The newest turn that reached the file.
    written: Mutex<u64>,
}

/// The first document of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: i32,
    /// Milliseconds since 1970 at which the list was known to be true.
    as_of: i64,
    /// How many records follow, so that a file which was cut off is noticed.
    records: i64,
}

impl CacheFile {
    /// The cache at this path. `layout` says which shards exist.
    pub(crate) fn new(path: PathBuf, layout: Arc<Layout>) -> Self {
        Self { path, layout, turns: Arc::default() }
    }

    /// The saved registry. A file that cannot be used is ignored, with a warning in the log.
    /// Blocks.
    pub(crate) fn load(&self) -> Option<Registry> {
        match self.read() {
            Ok(registry) => Some(registry),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, "the saved registry is ignored");
                None
            }
        }
    }

    /// The turn of a save, taken at the moment for which its registry is true.
    pub(crate) fn next_turn(&self) -> u64 {
        self.turns.given.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Saves a registry, unless one of a later turn is saved already; a failure is logged.
    /// Blocks.
    pub(crate) fn save(&self, registry: &Registry, turn: u64) {
        let mut written = self.turns.written.lock().unwrap_or_else(PoisonError::into_inner);
        if turn <= *written {
            return;
        }
        *written = turn;
        if let Err(error) = self.write(registry) {
            tracing::warn!(%error, "the registry is not saved");
        }
    }

    fn read(&self) -> io::Result<Registry> {
        let bytes = fs::read(&self.path)?;
        let mut documents = Documents(&bytes);
        let header: Header = documents.read()?;
        if header.format != FORMAT {
            return Err(invalid("it has another format"));
        }
        let mut stores = Vec::new();
        for _ in 0..header.records {
            stores.push(Arc::new(documents.read::<SavedStore>()?.restore(&self.layout)));
        }
        stores.sort_by(|a, b| a.record.cmp(&b.record));
        let as_of = Timestamp::from_millisecond(header.as_of).map_err(io::Error::other)?;
        Ok(Registry { stores, source: Source::Cache, as_of: Some(as_of), failure: None })
    }

    /// The file is complete or as before: it is written beside, then renamed.
    fn write(&self, registry: &Registry) -> io::Result<()> {
        let directory = self.path.parent().ok_or_else(|| invalid("the path has no directory"))?;
        private_directory(directory)?;
        let mut file = tempfile::Builder::new().prefix("registry-").tempfile_in(directory)?;
        let mut out = io::BufWriter::new(file.as_file_mut());
        let as_of = registry.as_of.map_or(0, Timestamp::as_millisecond);
        let records = i64::try_from(registry.stores.len()).map_err(io::Error::other)?;
        write_document(&mut out, &Header { format: FORMAT, as_of, records })?;
        for store in &registry.stores {
            write_document(&mut out, &SavedStore::new(store))?;
        }
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Makes the directory, readable by nobody else. One that exists is made so, too.
fn private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return fs::set_permissions(directory, PermissionsExt::from_mode(0o700));
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn write_document(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    out.write_all(&bson::serialize_to_vec(value).map_err(io::Error::other)?)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The documents that are left.
struct Documents<'a>(&'a [u8]);

impl Documents<'_> {
    fn read<T: for<'a> Deserialize<'a>>(&mut self) -> io::Result<T> {
        let cut_off = || invalid("it is cut off");
        let length = i32::from_le_bytes(*self.0.first_chunk().ok_or_else(cut_off)?);
        let length = usize::try_from(length).map_err(|_| cut_off())?;
        let (document, rest) = self.0.split_at_checked(length).ok_or_else(cut_off)?;
        self.0 = rest;
        bson::deserialize_from_slice(document).map_err(|_| invalid("a record is not valid"))
    }
}

#[cfg(test)]
mod tests;
