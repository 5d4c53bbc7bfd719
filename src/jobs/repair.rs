//! Repairs of the doctor: each loses nothing, is journaled, can be taken again without harm,
//! and is refused when what it relies on has changed in between.

mod act;
mod evidence;

use bson::{Bson, Document, doc};

use self::act::Act;
use super::journal::{Entry, Intent, Journal};
use crate::{
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        finding::{Finding, Repair},
        job::{JobKind, JobState},
    },
    mongo::{
        fleet::Fleet,
        gate::{Gate, Writer},
    },
};

/// Applies the repair of a finding.
///
/// Where everything is as the repair wants it already, nothing is written, and that is a
/// success.
///
/// # Errors
///
/// `usage` for a finding that tilldeck cannot repair by itself, `read_only`, `changed` when
/// the evidence is no longer true, `duplicate`, or what a write failed with.
pub async fn apply(fleet: &Fleet, gate: Gate, finding: &Finding) -> Result<(), Failure> {
    let repair = finding.fix.as_ref().and_then(|fix| fix.repair.as_ref()).ok_or_else(by_hand)?;
    let hands = Hands::new(fleet, gate)?;
    let acts = evidence::acts(repair, &hands).await?;
    if acts.is_empty() {
        return Ok(());
    }
    let journal = Journal::new(hands.main.clone());
    let intent = Intent {
        kind: JobKind::Repair,
        summary: format!("repair {}: {}", finding.rule.id(), finding.message),
        store_id: finding.store_id.as_deref().map(ToOwned::to_owned),
        database: finding.database,
        payload: payload(&acts)?,
    };
    let entry = journal.open(&intent).await?;
    match carry_out(&acts, &hands, (&journal, &entry)).await {
        Ok(()) => journal.close(&entry, JobState::Done).await,
        Err(failure) if failure.is_clean_refusal() => {
            journal.close(&entry, JobState::Undone).await?;
            Err(failure)
        }
        // What has been written is not known: the entry stays, to be finished.
        Err(failure) => Err(failure),
    }
}

/// What a repair writes with.
pub(super) struct Hands<'a> {
    fleet: &'a Fleet,
    gate: Gate,
    main: Writer,
}

impl<'a> Hands<'a> {
    fn new(fleet: &'a Fleet, gate: Gate) -> Result<Self, Failure> {
        gate.permit(&fleet.layout().main_database)?;
        let main = gate.writer(&fleet.handle(Database::Main)?)?;
        Ok(Self { fleet, gate, main })
    }

    fn writer(&self, database: Database) -> Result<Writer, Failure> {
        self.gate.writer(&self.fleet.handle(database)?)
    }
}

async fn carry_out(
    acts: &[Act],
    hands: &Hands<'_>,
    (journal, entry): (&Journal, &Entry),
) -> Result<(), Failure> {
    for act in acts {
        journal.begin(entry, &act.name()).await?;
        act.carry_out(hands).await?;
    }
    Ok(())
}

/// Takes up an interrupted repair and finishes it.
pub(super) async fn finish(
    fleet: &Fleet,
    gate: Gate,
    journal: &Journal,
    entry: &Entry,
) -> Result<(), Failure> {
    let hands = Hands::new(fleet, gate)?;
    carry_out(&acts_of(&entry.payload)?, &hands, (journal, entry)).await?;
    journal.close(entry, JobState::Done).await
}

/// Gives an interrupted repair up: indexes that it took away come back; what it added stays,
/// since a repair loses nothing.
pub(super) async fn undo(
    fleet: &Fleet,
    gate: Gate,
    journal: &Journal,
    entry: &Entry,
) -> Result<(), Failure> {
    let hands = Hands::new(fleet, gate)?;
    for act in acts_of(&entry.payload)? {
        act.take_back(&hands).await?;
    }
    journal.close(entry, JobState::Undone).await
}

fn payload(acts: &[Act]) -> Result<Document, Failure> {
    let acts = bson::serialize_to_bson(acts).map_err(|_| no_form())?;
    Ok(doc! {"acts": acts})
}

fn acts_of(payload: &Document) -> Result<Vec<Act>, Failure> {
    let acts = payload.get("acts").cloned().unwrap_or(Bson::Null);
    bson::deserialize_from_bson(acts).map_err(|_| no_form())
}

fn no_form() -> Failure {
    Failure::new(
        FailureKind::Internal,
        "the repair cannot be read from the journal",
        "Use the version of tilldeck that the repair was begun with",
    )
}

fn by_hand() -> Failure {
    Failure::new(
        FailureKind::Usage,
        "this finding needs a person's decision",
        "Run the command that stands beside it",
    )
}

/// What the repair of a kind wants, for the words of a refusal.
pub(super) fn changed(what: &str) -> Failure {
    Failure::new(
        FailureKind::Changed,
        &format!("{what} has changed since it was examined"),
        "Examine the fleet again",
    )
}

/// The repairs that lose nothing among these findings.
pub fn repairable(findings: &[Finding]) -> impl Iterator<Item = (&Finding, &Repair)> {
    findings.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?.repair.as_ref()?)))
}
