//! Long writes: journaled, resumable, one writer at a time by lease.
//!
//! A job says in the journal what it is about to do before it does it. Whoever finds a job
//! whose lease has run out can finish or undo it, on any machine.

pub mod create;
pub mod journal;
mod lease;
pub mod repair;

use tokio::sync::watch;

use self::journal::{Entry, Journal};
use crate::{
    domain::{
        database::Database,
        failure::Failure,
        job::{Job, JobId, JobKind, Progress},
    },
    mongo::{fleet::Fleet, gate::Gate},
};

/// The jobs that are neither done nor undone, the oldest first.
///
/// # Errors
///
/// The failure of the main database or of the read.
pub async fn unfinished(fleet: &Fleet) -> Result<Vec<Job>, Failure> {
    journal::list(fleet, journal::Which::Unfinished).await
}

/// The newest jobs, at most `limit` of them.
///
/// # Errors
///
/// The failure of the main database or of the read.
pub async fn all(fleet: &Fleet, limit: u32) -> Result<Vec<Job>, Failure> {
    journal::list(fleet, journal::Which::Newest(limit)).await
}

/// Finishes an interrupted job.
///
/// # Errors
///
/// There is no such job, somebody works on it, or what its steps fail with: it is still
/// there then.
pub async fn finish(
    fleet: &Fleet,
    gate: Gate,
    id: &JobId,
    progress: &watch::Sender<Progress>,
) -> Result<(), Failure> {
    let (journal, entry) = taken_over(fleet, gate, id).await?;
    match entry.kind {
        JobKind::Create => create::finish(fleet, gate, &journal, &entry, progress).await,
        JobKind::Repair => repair::finish(fleet, gate, &journal, &entry).await,
    }
}

/// Undoes what an interrupted job has made, and only that.
///
/// # Errors
///
/// There is no such job, somebody works on it, or what its steps fail with: it is still
/// there then.
pub async fn undo(
    fleet: &Fleet,
    gate: Gate,
    id: &JobId,
    progress: &watch::Sender<Progress>,
) -> Result<(), Failure> {
    let (journal, entry) = taken_over(fleet, gate, id).await?;
    match entry.kind {
        JobKind::Create => create::undo(fleet, gate, &journal, &entry, progress).await,
        JobKind::Repair => repair::undo(fleet, gate, &journal, &entry).await,
    }
}

async fn taken_over(fleet: &Fleet, gate: Gate, id: &JobId) -> Result<(Journal, Entry), Failure> {
    gate.permit(&fleet.layout().main_database)?;
    let journal = Journal::new(gate.writer(&fleet.handle(Database::Main)?)?);
    let entry = journal.take_over(id).await?;
    Ok((journal, entry))
}

/// Ends the process by SIGKILL at a point of a job that a test names: `TILLDECK_DIE_AT`.
pub(crate) fn die_if_asked(point: &str) {
    if std::env::var_os("TILLDECK_DIE_AT").is_some_and(|asked| asked == point) {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
