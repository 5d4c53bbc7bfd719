//! The journal: what jobs are about to do, in the main database, for any console to see.
//!
//! An entry holds no URI and no password. Its times are the server's.

use bson::{Bson, Document, doc, oid::ObjectId};
use jiff::Timestamp;

use super::lease::until;
use crate::{
    domain::{
        database::{Database, DatabaseId, Layout},
        failure::{Failure, FailureKind},
        job::{Job, JobId, JobKind, JobState},
    },
    mongo::{
        fleet::Fleet,
        gate::{Inserted, Writer},
    },
};

/// The collection in the main database.
pub const COLLECTION: &str = "tilldeck_jobs";
const KINDS: [JobKind; 2] = [JobKind::Create, JobKind::Repair];

/// What a new entry says.
#[derive(Debug, Clone)]
pub struct Intent {
    /// What the job does.
    pub kind: JobKind,
    /// What it is about, in words.
    pub summary: String,
    /// The store's id, where it is about one.
    pub store_id: Option<String>,
    /// Where it writes, besides the registry.
    pub database: Option<Database>,
    /// What finishing or undoing it needs to know. No secrets.
    pub payload: Document,
}

/// An entry that this process works on.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which job.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// As the intent had it.
    pub payload: Document,
    /// The steps that were begun, by whoever worked on it.
    pub steps: Vec<String>,
    key: ObjectId,
    token: i64,
}

/// Writes the journal.
#[derive(Debug, Clone)]
pub struct Journal {
    main: Writer,
}

/// Which jobs are listed.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Those that are neither done nor undone, the oldest first.
    Unfinished,
    /// The newest ones, at most so many.
    Newest(u32),
}

impl Journal {
    /// The journal in this main database.
    pub const fn new(main: Writer) -> Self {
        Self { main }
    }

    /// Writes down what is about to be done, and holds it.
    ///
    /// # Errors
    ///
    /// The failure of the write: nothing may be done then.
    pub async fn open(&self, intent: &Intent) -> Result<Entry, Failure> {
        let key = ObjectId::new();
        let document = document(intent, key, JobState::Running);
        let times = doc! {"started": "$$NOW", "until": until()};
        let whole = doc! {"$mergeObjects": [{"$literal": document}, times]};
        let put = self.main.put(COLLECTION, key, vec![doc! {"$replaceWith": whole}]).await;
        if let Err(failure) = put {
            // It may be there all the same, and nobody would know what it is about.
            let _ = self.main.remove(COLLECTION, doc! {"_id": key}).await;
            return Err(failure);
        }
        super::die_if_asked("journal");
        Ok(entry_of(key, intent, 1))
    }

    /// Writes down that a step is begun, and holds the job for the whole time again.
    ///
    /// # Errors
    ///
    /// `changed` when somebody else has taken the job over; the failure of the write. The
    /// step must not be taken then.
    pub async fn begin(&self, entry: &Entry, step: &str) -> Result<(), Failure> {
        self.begin_from(&[JobState::Running], entry, step).await
    }

    /// Writes down that the job is undone from here on. It may be closed by then, where
    /// the answer of the closing was lost.
    ///
    /// # Errors
    ///
    /// As [`Journal::begin`].
    pub async fn begin_undoing(&self, entry: &Entry) -> Result<(), Failure> {
        self.begin_from(&[JobState::Running, JobState::Done], entry, "undo").await
    }

    async fn begin_from(
        &self,
        states: &[JobState],
        entry: &Entry,
        step: &str,
    ) -> Result<(), Failure> {
        let steps = doc! {"$concatArrays": ["$steps", [{"$literal": step}]]};
        let running = JobState::Running.name();
        let set = doc! {"$set": {"state": running, "steps": steps, "until": until()}};
        self.changed_from(states, entry, set).await?;
        super::die_if_asked(&format!("{step}: begun"));
        Ok(())
    }

    /// Writes down how the job has ended.
    ///
    /// # Errors
    ///
    /// As [`Journal::begin`].
    pub async fn close(&self, entry: &Entry, state: JobState) -> Result<(), Failure> {
        super::die_if_asked("closing");
        let set = doc! {"$set": {"state": state.name(), "ended": "$$NOW"}};
        let states = [JobState::Running, state];
        match self.changed_from(&states, entry, set.clone()).await {
            // It may be closed, with an answer that was lost: so once more, from either state.
            Err(failure) if failure.kind != FailureKind::Changed => {
                self.changed_from(&states, entry, set).await
            }
            closed => closed,
        }
    }

    async fn changed_from(
        &self,
        states: &[JobState],
        entry: &Entry,
        set: Document,
    ) -> Result<(), Failure> {
        let states: Vec<&str> = states.iter().map(|state| state.name()).collect();
        let mine = doc! {"_id": entry.key, "token": entry.token, "state": {"$in": states}};
        let changed = self.main.change(COLLECTION, mine, vec![set]).await?;
        changed.map(|_| ()).ok_or_else(|| taken(&entry.id))
    }

    /// Takes over a job that nobody works on any more.
    ///
    /// # Errors
    ///
    /// `not_found`, `busy` while its lease holds, the failure of the main database.
    pub async fn take_over(&self, id: &JobId) -> Result<Entry, Failure> {
        let key = ObjectId::parse_str(id.as_str()).map_err(|_| no_such_job(id))?;
        let free = doc! {
            "_id": key, "state": JobState::Running.name(),
            "$expr": {"$lte": ["$until", "$$NOW"]},
        };
        let set = doc! {"$set": {"token": {"$add": ["$token", 1_i64]}, "until": until()}};
        match self.main.change(COLLECTION, free, vec![set]).await? {
            Some(found) => entry(&found).ok_or_else(|| no_such_job(id)),
            None => Err(self.why_not(id, key).await?),
        }
    }

    /// Why a job cannot be taken over.
    async fn why_not(&self, id: &JobId, key: ObjectId) -> Result<Failure, Failure> {
        let found = self.main.read(COLLECTION, vec![doc! {"$match": {"_id": key}}], None).await?;
        let state = found.first().and_then(|found| found.get_str("state").ok());
        let by = found.first().and_then(|found| found.get_str("by").ok()).unwrap_or_default();
        let job = id.as_str();
        Ok(match state {
            None => no_such_job(id),
            Some(state) if state == JobState::Running.name() => Failure::new(
                FailureKind::Busy,
                &format!("`{by}` works on job `{job}`, or did so less than 15 s ago"),
                "Wait, and try again",
            ),
            Some(state) => Failure::new(
                FailureKind::Changed,
                &format!("job `{job}` is {state} already"),
                "List the jobs with `tilldeck jobs --all`",
            ),
        })
    }

    /// The entry of a job that is made in one transaction, together with its effect.
    pub fn done(intent: &Intent) -> (Entry, Document) {
        let key = ObjectId::new();
        let mut document = document(intent, key, JobState::Done);
        let now = bson::DateTime::now();
        document.insert("started", now);
        document.insert("ended", now);
        (entry_of(key, intent, 1), document)
    }

    /// Decides whether a transaction with this entry has been committed: where the entry is
    /// not there, it is put there as undone, so that the transaction never can be.
    ///
    /// # Errors
    ///
    /// The failure of the main database: the outcome is not known then.
    pub async fn decide(&self, entry: &Entry, intent: &Intent) -> Result<JobState, Failure> {
        let mut undone = document(intent, entry.key, JobState::Undone);
        let now = bson::DateTime::now();
        undone.insert("started", now);
        undone.insert("ended", now);
        Ok(match self.main.insert(COLLECTION, undone).await? {
            Inserted::New => JobState::Undone,
            Inserted::Duplicate => JobState::Done,
        })
    }

    /// Opens a job again that was done in one transaction, to undo it.
    ///
    /// # Errors
    ///
    /// The failure of the write.
    pub async fn reopen(&self, entry: &Entry) -> Result<(), Failure> {
        let set = doc! {"$set": {"state": JobState::Running.name(), "until": until()}};
        let changed = self.main.change(COLLECTION, doc! {"_id": entry.key}, vec![set]).await?;
        changed.map(|_| ()).ok_or_else(|| no_such_job(&entry.id))
    }
}

/// The jobs of a fleet. Reading needs no open gate.
///
/// # Errors
///
/// The failure of the main database or of the read.
pub(super) async fn list(fleet: &Fleet, which: Which) -> Result<Vec<Job>, Failure> {
    let is_over = doc! {"$lte": ["$until", "$$NOW"]};
    let add = doc! {"$addFields": {"is_over": is_over}};
    let pipeline = match which {
        Which::Unfinished => vec![
            doc! {"$match": {"state": JobState::Running.name()}},
            doc! {"$sort": {"_id": 1}},
            add,
        ],
        Which::Newest(limit) => {
            vec![doc! {"$sort": {"_id": -1}}, doc! {"$limit": i64::from(limit)}, add]
        }
    };
    let found = fleet.read_majority(Database::Main, COLLECTION, pipeline).await?;
    Ok(found.iter().filter_map(|found| job(found, fleet.layout())).collect())
}

fn document(intent: &Intent, key: ObjectId, state: JobState) -> Document {
    let database = intent.database.map(|database| match database {
        Database::Main => Bson::Int64(0),
        Database::Shard(id) => Bson::Int64(id.get().into()),
    });
    doc! {
        "_id": key,
        "kind": intent.kind.name(),
        "state": state.name(),
        "summary": &intent.summary,
        "storeId": intent.store_id.clone(),
        "database": database,
        "by": who(),
        "steps": [],
        "token": 1_i64,
        "until": null,
        "payload": intent.payload.clone(),
    }
}

fn entry_of(key: ObjectId, intent: &Intent, token: i64) -> Entry {
    Entry {
        id: JobId::new(&key.to_hex()),
        kind: intent.kind,
        payload: intent.payload.clone(),
        steps: Vec::new(),
        key,
        token,
    }
}

fn entry(found: &Document) -> Option<Entry> {
    let key = found.get_object_id("_id").ok()?;
    Some(Entry {
        id: JobId::new(&key.to_hex()),
        kind: kind(found)?,
        payload: found.get_document("payload").cloned().unwrap_or_default(),
        steps: steps(found),
        key,
        token: found.get_i64("token").ok()?,
    })
}

fn kind(found: &Document) -> Option<JobKind> {
    let name = found.get_str("kind").ok()?;
    KINDS.into_iter().find(|kind| kind.name() == name)
}

fn steps(found: &Document) -> Vec<String> {
    let steps = found.get_array("steps").map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(|step| step.as_str().map(ToOwned::to_owned)).collect()
}

fn job(found: &Document, layout: &Layout) -> Option<Job> {
    let key = found.get_object_id("_id").ok()?;
    let text = |field: &str| found.get_str(field).unwrap_or_default().to_owned();
    let state = match found.get_str("state").ok()? {
        "done" => JobState::Done,
        "undone" => JobState::Undone,
        _ if found.get_bool("is_over").unwrap_or(false) => JobState::Interrupted,
        _ => JobState::Running,
    };
    let database = found.get_i64("database").ok().and_then(|number| match number {
        0 => Some(Database::Main),
        number => u32::try_from(number).ok().and_then(DatabaseId::new).map(Database::Shard),
    });
    let known = layout.databases().find(|known| Some(*known) == database);
    let started = found.get_datetime("started").map_or(0, |started| started.timestamp_millis());
    Some(Job {
        id: JobId::new(&key.to_hex()),
        kind: kind(found)?,
        state,
        summary: text("summary"),
        store_id: found.get_str("storeId").ok().map(Into::into),
        database: known,
        by: text("by"),
        started: Timestamp::from_millisecond(started).unwrap_or_default(),
        steps: steps(found),
    })
}

/// Who works here: the user and the host.
pub(super) fn who() -> String {
    let user = std::env::var("USER").unwrap_or_else(|_| "unknown".into());
    let system = rustix::system::uname();
    format!("{user}@{}", system.nodename().to_string_lossy())
}

fn taken(id: &JobId) -> Failure {
    Failure::new(
        FailureKind::Changed,
        &format!("somebody else has taken job `{}` over", id.as_str()),
        "Look at `tilldeck jobs`",
    )
}

fn no_such_job(id: &JobId) -> Failure {
    Failure::new(
        FailureKind::NotFound,
        &format!("there is no job `{}`", id.as_str()),
        "List the jobs with `tilldeck jobs --all`",
    )
}
