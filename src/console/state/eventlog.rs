//! What changed in the fleet, and when: the event line and the event history.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    failure::Failure,
    format,
    pool::{Pool, PoolState, Pools},
    registry::{Change, Registry, Source},
    store::{Route, Store, StoreState},
    text::{SafeText, safe},
};

/// Most entries kept; the oldest is dropped first.
pub const CAPACITY: usize = 1000;

/// More changes of the registry at once than this are summarised.
const MOST_SINGLE: usize = 5;

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something got better, or is only worth knowing.
    Info,
    /// Something to look at.
    Warning,
    /// Something does not work.
    Error,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was noticed.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// What changed: `pos_db_3 is down: refused, …`.
    pub text: SafeText,
}

/// The history of events, oldest first.
#[derive(Debug, Default)]
pub struct EventLog {
    /// At most [`CAPACITY`] entries, oldest first.
    pub entries: VecDeque<Entry>,
    /// How many entries there have been, with those that were forgotten.
    pub(super) n_noted: usize,
}

impl EventLog {
    /// Adds an entry, and forgets the oldest where there are too many. An entry that says
    /// the same as the latest replaces it.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.back().is_some_and(|latest| latest.text == entry.text) {
            self.entries.pop_back();
            self.n_noted -= 1;
        }
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.n_noted += 1;
    }

    /// The entry in a row of the history, which shows the newest first.
    pub fn row(&self, row: usize) -> Option<&Entry> {
        self.entries.iter().rev().nth(row)
    }

    /// What changed last.
    pub fn latest(&self) -> Option<&Entry> {
        self.entries.back()
    }
}

impl EventLog {
    /// Adds what a part of the console has to tell.
    pub(super) fn note(&mut self, at: Timestamp, severity: Severity, text: SafeText) {
        self.push(Entry { at, severity, text });
    }

    /// A part of the console failed.
    pub(super) fn note_failure(&mut self, at: Timestamp, failure: &Failure) {
        self.note(at, Severity::Error, failure.message.followed_by("; ", &failure.hint));
    }

    /// Notes what changed between two snapshots of the pools. Becoming usable for the first
    /// time is no news. Returns whether there was any.
    pub(super) fn note_pools(&mut self, at: Timestamp, before: &Pools, after: &Pools) -> bool {
        let mut n_down = 0;
        let mut any = false;
        for pool in &after.pools {
            let Some(old) = before.get(pool.database) else { continue };
            if let Some((severity, text)) = pool_news(at, old, pool) {
                n_down += usize::from(severity == Severity::Error);
                self.note(at, severity, text);
                any = true;
            }
        }
        // Several at once, or the last one too: then they have something in common.
        let all_down = after.pools.iter().all(|pool| pool.state == PoolState::Down);
        if (n_down > 1 || (n_down == 1 && all_down))
            && let Some(cause) = after.shared_cause()
        {
            self.note(at, Severity::Error, safe(&cause));
        }
        any
    }

    /// Notes what changed between two snapshots of the registry. The first load is no news.
    /// Returns whether there was any.
    pub(super) fn note_registry(
        &mut self,
        at: Timestamp,
        (before, after): (&Registry, &Registry),
        changes: &[Change],
    ) -> bool {
        if before.source == Source::Loading {
            if after.source == Source::Cache {
                self.note(at, Severity::Warning, cache_news(after));
            }
            return after.source == Source::Cache;
        }
        let changed_source = before.source != after.source;
        if changed_source {
            let (severity, text) = source_news(after);
            self.note(at, severity, text);
        }
        if changes.len() > MOST_SINGLE {
            self.note(at, Severity::Info, safe(&summary(changes)));
        } else {
            for change in changes {
                self.note(at, change_severity(change), safe(&describe(change)));
            }
        }
        changed_source || !changes.is_empty()
    }
}

/// What is worth saying about a pool, if anything.
fn pool_news(at: Timestamp, old: &Pool, new: &Pool) -> Option<(Severity, SafeText)> {
    let kind = |pool: &Pool| pool.failure.as_ref().map(|failure| failure.kind);
    match (old.state, new.state) {
        (PoolState::Down, PoolState::Down) if kind(old) == kind(new) => None,
        (_, PoolState::Down) => {
            let text = new.name.followed_by("", &safe(" is down"));
            let why = new.failure.as_ref().map(|failure| &failure.message);
            // Causes begin with the database that they are about.
            let named = format!("`{}`: ", new.name);
            let text = match why {
                Some(why) => text.followed_by(": ", &why.after(&named).unwrap_or(why.clone())),
                None => text,
            };
            Some((Severity::Error, text))
        }
        (PoolState::Down, PoolState::Up | PoolState::Slow) => {
            let outage = at.duration_since(old.since).max(SignedDuration::ZERO);
            let outage = format::age(outage.unsigned_abs());
            let text = safe(&format!("{} after {outage}", new.state.word()));
            Some((Severity::Info, new.name.followed_by(" is ", &text)))
        }
        (PoolState::Up, PoolState::Slow) => {
            let latency = new.latency.map(format::latency).unwrap_or_default();
            let text = safe(format!("slow: {latency}").trim_end_matches([' ', ':']));
            Some((Severity::Warning, new.name.followed_by(" is ", &text)))
        }
        (PoolState::Slow, PoolState::Up) => {
            Some((Severity::Info, new.name.followed_by(" is ", &safe("up to speed again"))))
        }
        _ => None,
    }
}

fn source_news(after: &Registry) -> (Severity, SafeText) {
    match after.source {
        Source::Cache => (Severity::Warning, cache_news(after)),
        Source::ChangeStream => (Severity::Info, safe("the registry is live")),
        Source::Polling => {
            (Severity::Info, safe("the registry is read at intervals: no change stream"))
        }
        Source::Loading => (Severity::Info, safe("the registry is being read")),
    }
}

fn cache_news(after: &Registry) -> SafeText {
    let text = safe("the registry is the last known one from the cache");
    let why = after.failure.as_ref().map(|failure| &failure.message);
    why.map_or(text.clone(), |why| text.followed_by(": ", why))
}

fn change_severity(change: &Change) -> Severity {
    match change {
        Change::Added(store) | Change::Changed(_, store)
            if store.state() == StoreState::Malformed =>
        {
            Severity::Warning
        }
        _ => Severity::Info,
    }
}

fn describe(change: &Change) -> String {
    match change {
        Change::Added(store) => format!("store `{}` added{}", name(store), whereto(&store.route)),
        Change::Removed(store) => format!("store `{}` removed", name(store)),
        Change::Changed(before, after) if before.route != after.route => format!(
            "store `{}` now routes to {}, before to {}",
            name(after),
            place(&after.route),
            place(&before.route)
        ),
        Change::Changed(_, after) => match after.problems.first() {
            Some(problem) => format!("store `{}` changed: {problem}", name(after)),
            None => format!("store `{}` changed", name(after)),
        },
    }
}

fn name(store: &Store) -> &str {
    store.store_id.as_deref().or(store.name.as_deref()).unwrap_or(store.record.as_str())
}

fn whereto(route: &Route) -> String {
    format!(" in {}", place(route))
}

fn place(route: &Route) -> String {
    match route {
        Route::Legacy => "the main database".to_owned(),
        Route::Shard(id) => format!("shard {id}"),
        Route::OutOfRange(number) => format!("shard {number}, which does not exist"),
        Route::Unreadable => "no database".to_owned(),
    }
}

/// `37 stores changed`, or what happened to how many.
fn summary(changes: &[Change]) -> String {
    let (mut added, mut changed, mut removed) = (0_usize, 0_usize, 0_usize);
    for change in changes {
        match change {
            Change::Added(_) => added += 1,
            Change::Changed(..) => changed += 1,
            Change::Removed(_) => removed += 1,
        }
    }
    let parts: Vec<String> = [(added, "added"), (changed, "changed"), (removed, "removed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} stores {word}"))
        .collect();
    parts.join(", ")
}
