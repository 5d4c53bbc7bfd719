//! Queries that were run, kept for each fleet: a line of JSON each, the oldest first.

use std::{
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde::{Deserialize, Serialize};

use crate::domain::query::QueryText;

/// Queries that are kept.
const KEPT: usize = 1_000;

/// One line of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Entry {
    filter: String,
    sort: String,
    projection: String,
    collation: String,
    pipeline: String,
}

/// The file of one fleet.
#[derive(Debug, Clone)]
pub(crate) struct History {
    path: PathBuf,
}

impl History {
    /// In the folder for state, named after the fleet.
    pub(crate) fn new(state: &Path, fleet: &str) -> Self {
        Self { path: state.join(format!("queries-{fleet}.jsonl")) }
    }

    /// Every query, the oldest first, each once. A file that cannot be read has none.
    pub(crate) fn load(&self) -> Vec<QueryText> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let mut queries: Vec<QueryText> = Vec::new();
        for entry in text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok()) {
            let Entry { filter, sort, projection, collation, pipeline } = entry;
            let query = QueryText { filter, sort, projection, collation, pipeline };
            queries.retain(|known| *known != query);
            queries.push(query);
        }
        let too_many = queries.len().saturating_sub(KEPT);
        queries.split_off(too_many)
    }

    /// Adds a query. Where the file has grown, it is written anew.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn add(&self, query: &QueryText) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut known = self.load();
        known.retain(|other| other != query);
        known.push(query.clone());
        let lines: Vec<String> = known.iter().map(line).collect();
        let temporary = self.path.with_extension("part");
        let mut file = fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(lines.concat().as_bytes())?;
        fs::rename(&temporary, &self.path)
    }
}

fn line(query: &QueryText) -> String {
    let QueryText { filter, sort, projection, collation, pipeline } = query.clone();
    let entry = Entry { filter, sort, projection, collation, pipeline };
    serde_json::to_string(&entry).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_kept_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(&folder.path().join("state"), "abc");
        assert_eq!(history.load(), []);
        let query = |filter: &str| QueryText { filter: filter.into(), ..QueryText::default() };
        for filter in ["{a: 1}", "{b: \"x\ny\"}", "{a: 1}"] {
            history.add(&query(filter)).unwrap();
        }
        assert_eq!(history.load(), [query("{b: \"x\ny\"}"), query("{a: 1}")]);
        let stages = QueryText { pipeline: "[{$count: 'n'}]".into(), ..QueryText::default() };
        history.add(&stages).unwrap();
        assert_eq!(history.load().last(), Some(&stages));
        let other = History::new(&folder.path().join("state"), "def");
        assert_eq!(other.load(), []);
    }
}
