//! Making a store: checks, record, collections, verification; undone as a whole where one
//! of them fails.
//!
//! One creator at a time looks at the registry and registers its store, by a lease. Where
//! main and shard are in one replica set, everything is then made in one transaction. Else
//! the journal says what is about to be made, the record comes first as in the backend, and
//! every further step can be taken again without harm.

mod checks;
mod target;
mod track;

use bson::{DateTime, oid::ObjectId};
use tokio::sync::watch;

use self::{
    checks::{Checked, Checks, duplicate_key},
    target::Target,
    track::Track,
};
use super::{
    die_if_asked,
    journal::{Entry, Intent, Journal, who},
    lease::Lease,
};
use crate::{
    domain::{
        creation::{Created, Plan},
        database::Database,
        failure::{Failure, FailureKind},
        job::{JobKind, JobState, Progress},
        text::safe,
    },
    mongo::{
        fleet::Fleet,
        gate::{AllOrNothing, Dropped, Gate, Inserted, Writer},
        provision::NewStore,
    },
};

/// The lease that creators wait for.
const LEASE: &str = "create";

/// Makes stores.
#[derive(Debug, Clone)]
pub struct Creator {
    fleet: Fleet,
    gate: Gate,
}

/// The two databases that a store is made in.
struct Sides {
    main: Writer,
    home: Writer,
}

impl Creator {
    /// A creator for this fleet, through this gate.
    pub const fn new(fleet: Fleet, gate: Gate) -> Self {
        Self { fleet, gate }
    }

    /// Makes the store of a plan, and publishes each change of its progress.
    ///
    /// What the plan relied on is looked at again: a rule may pick another shard than planned
    /// when others have made stores meanwhile.
    ///
    /// # Errors
    ///
    /// `read_only`, `duplicate`, or what a step failed with. What was made is undone then;
    /// where that failed too, the message says so and names the job.
    pub async fn run(
        &self,
        plan: &Plan,
        progress: &watch::Sender<Progress>,
    ) -> Result<Created, Failure> {
        let names: Vec<&str> = plan.collections.iter().map(|one| one.name.as_str()).collect();
        let mut track = Track::new(&names, progress);
        let created = self.made(plan, &mut track).await;
        if let Err(failure) = &created {
            track.failed(failure);
        }
        created.map(|created| Created { steps: track.into_steps(), ..created })
    }

    async fn made(&self, plan: &Plan, track: &mut Track<'_>) -> Result<Created, Failure> {
        let main = main_writer(&self.fleet, self.gate)?;
        track.begin(track::CHECKS);
        let lease = Lease::acquire(&main, LEASE, &who()).await?;
        let registered = self.registered(plan, &main, (&lease, &mut *track)).await;
        lease.release().await;
        let Registered { sides, target, entry, mut warnings, is_whole } = registered?;
        let journal = Journal::new(main);
        let made = async {
            if !is_whole {
                furnish(&sides, &target, (&journal, &entry), track).await?;
            }
            let more = verify(&self.fleet, &sides, &target, track).await?;
            if !is_whole {
                journal.close(&entry, JobState::Done).await?;
            }
            Ok(more)
        };
        match made.await {
            Ok(more) => warnings.extend(more),
            Err(failure) if is_whole && stays(&journal, &entry, &failure).await => {
                warnings.push(format!("it was not read back: {}", failure.message));
            }
            Err(failure) => {
                return Err(undone(&sides, &target, (&journal, &entry), failure, track).await);
            }
        }
        Ok(target.created(warnings))
    }

    /// What must happen while no other creator looks: checks, and the record.
    async fn registered(
        &self,
        plan: &Plan,
        main: &Writer,
        (lease, track): (&Lease, &mut Track<'_>),
    ) -> Result<Registered, Failure> {
        let checks = Checks { fleet: &self.fleet, gate: self.gate, main };
        let Checked { shard, existing, is_atomic, warnings } = checks.of_plan(plan).await?;
        let record = NewStore {
            record: ObjectId::new(),
            store_id: plan.store_id.clone(),
            name: plan.name.clone(),
            prefix: plan.prefix.clone(),
            database: Database::Shard(shard),
            created_at: DateTime::now(),
        };
        let target = Target::new(&record, shard, (plan, &existing), self.fleet.layout());
        let home = self.fleet.handle(Database::Shard(shard))?;
        // Taken before anything is written: nothing may keep what is written from being undone.
        let sides = Sides { main: main.clone(), home: self.gate.writer(&home)? };
        let intent = Intent {
            kind: JobKind::Create,
            summary: format!(
                "create store {} with prefix {} in {}",
                plan.store_id, plan.prefix, home.name
            ),
            store_id: Some(plan.store_id.clone()),
            database: Some(Database::Shard(shard)),
            payload: target.payload(),
        };
        track.done(track::CHECKS);
        track.begin(track::RECORD);
        // From here on, a creator whose turn has run out must not go on.
        lease.renew().await?;
        let journal = Journal::new(main.clone());
        if is_atomic {
            let made = self.at_once(main, (&target, home.name), &intent).await;
            let entry = match made {
                Ok(entry) => entry,
                // A creator that waits for no turn may be why: then that is what is said.
                Err(failure) => return checks.no_other_has(&target).await.and(Err(failure)),
            };
            track.done(track::RECORD);
            track.all_done(&target.names());
            return Ok(Registered { sides, target, entry, warnings, is_whole: true });
        }
        let entry = journal.open(&intent).await?;
        if let Err(failure) = register(main, &target, (&journal, &entry)).await {
            return Err(undone(&sides, &target, (&journal, &entry), failure, track).await);
        }
        track.done(track::RECORD);
        Ok(Registered { sides, target, entry, warnings, is_whole: false })
    }

    /// Makes everything in one transaction, and finds out whether it was.
    async fn at_once(
        &self,
        main: &Writer,
        (target, home): (&Target, String),
        intent: &Intent,
    ) -> Result<Entry, Failure> {
        let (entry, document) = Journal::done(intent);
        let layout = self.fleet.layout();
        let all = AllOrNothing {
            documents: vec![
                (layout.registry.collection.clone(), target.record.clone()),
                (super::journal::COLLECTION.to_owned(), document),
            ],
            home,
            collections: target.missing(),
        };
        die_if_asked("transaction");
        let failure = match main.make_at_once(all).await {
            Ok(Inserted::New) => return Ok(entry),
            Ok(Inserted::Duplicate) => duplicate_key(target),
            Err(failure) => failure,
        };
        match Journal::new(main.clone()).decide(&entry, intent).await {
            Ok(JobState::Done) => Ok(entry),
            Ok(_) => Err(failure),
            Err(_) => Err(unknown(&failure)),
        }
    }

    fn sides(&self, main: Writer, target: &Target) -> Result<Sides, Failure> {
        let home = self.fleet.handle(Database::Shard(target.shard))?;
        Ok(Sides { main, home: self.gate.writer(&home)? })
    }
}

/// A store whose record is there.
struct Registered {
    sides: Sides,
    target: Target,
    entry: Entry,
    warnings: Vec<String>,
    /// Whether its collections are there as well, from the same transaction.
    is_whole: bool,
}

fn main_writer(fleet: &Fleet, gate: Gate) -> Result<Writer, Failure> {
    // Said first: with a closed gate it does not matter whether the database answers.
    gate.permit(&fleet.layout().main_database)?;
    gate.writer(&fleet.handle(Database::Main)?)
}

/// Takes up an interrupted creation and finishes it.
pub(super) async fn finish(
    fleet: &Fleet,
    gate: Gate,
    journal: &Journal,
    entry: &Entry,
    progress: &watch::Sender<Progress>,
) -> Result<(), Failure> {
    let target = Target::of_payload(&entry.payload, fleet.layout())?;
    let mut track = Track::new(&target.names(), progress);
    let finished = finished(fleet, gate, (journal, entry), &target, &mut track).await;
    if let Err(failure) = &finished {
        track.failed(failure);
    }
    finished
}

async fn finished(
    fleet: &Fleet,
    gate: Gate,
    (journal, entry): (&Journal, &Entry),
    target: &Target,
    track: &mut Track<'_>,
) -> Result<(), Failure> {
    let creator = Creator::new(fleet.clone(), gate);
    let main = main_writer(fleet, gate)?;
    let sides = creator.sides(main.clone(), target)?;
    track.begin(track::CHECKS);
    let lease = Lease::acquire(&main, LEASE, &who()).await?;
    let checks = Checks { fleet, gate, main: &main };
    let registered = async {
        checks.no_other_has(target).await?;
        track.done(track::CHECKS);
        track.begin(track::RECORD);
        lease.renew().await?;
        register(&main, target, (journal, entry)).await
    };
    let registered = registered.await;
    lease.release().await;
    registered?;
    track.done(track::RECORD);
    furnish(&sides, target, (journal, entry), track).await?;
    verify(fleet, &sides, target, track).await?;
    journal.close(entry, JobState::Done).await
}

/// Takes up an interrupted creation and undoes what it has made.
pub(super) async fn undo(
    fleet: &Fleet,
    gate: Gate,
    journal: &Journal,
    entry: &Entry,
    progress: &watch::Sender<Progress>,
) -> Result<(), Failure> {
    let target = Target::of_payload(&entry.payload, fleet.layout())?;
    let mut track = Track::new(&target.names(), progress);
    let creator = Creator::new(fleet.clone(), gate);
    let sides = creator.sides(main_writer(fleet, gate)?, &target)?;
    let undone = take_back(&sides, &target, (journal, entry), &mut track).await;
    if let Err(failure) = &undone {
        track.failed(failure);
    }
    undone
}

/// Inserts the record; it may be there from an earlier run of the same job.
async fn register(
    main: &Writer,
    target: &Target,
    (journal, entry): (&Journal, &Entry),
) -> Result<(), Failure> {
    journal.begin(entry, track::RECORD).await?;
    let inserted = main.insert(&target.registry, target.record.clone()).await?;
    die_if_asked("registry record: done");
    match inserted {
        Inserted::New => Ok(()),
        Inserted::Duplicate if target.has_own_record(main).await? => Ok(()),
        Inserted::Duplicate => Err(duplicate_key(target)),
    }
}

/// Makes the collections and indexes; those that are there are left as they are.
async fn furnish(
    sides: &Sides,
    target: &Target,
    (journal, entry): (&Journal, &Entry),
    track: &mut Track<'_>,
) -> Result<(), Failure> {
    for part in &target.parts {
        let step = track::collection(&part.name);
        track.begin(&step);
        journal.begin(entry, &step).await?;
        sides.home.create_collection(&part.name).await?;
        if !part.indexes.is_empty() {
            let indexes: Vec<_> =
                part.indexes.iter().map(|index| index.document().clone()).collect();
            sides.home.create_indexes(&part.name, &indexes).await?;
        }
        die_if_asked(&format!("{step}: done"));
        track.done(&step);
    }
    Ok(())
}

/// Reads back what was made, and looks for what others did meanwhile. Warnings, in words.
async fn verify(
    fleet: &Fleet,
    sides: &Sides,
    target: &Target,
    track: &mut Track<'_>,
) -> Result<Vec<String>, Failure> {
    track.begin(track::VERIFICATION);
    die_if_asked("verification");
    let checks = Checks { fleet, gate: Gate::new(true), main: &sides.main };
    checks.no_other_has(target).await?;
    checks.is_registered(target).await?;
    target.is_furnished(&sides.home).await?;
    let warnings = checks.crowding(target).await?;
    track.done(track::VERIFICATION);
    Ok(warnings)
}

/// Whether a store that a transaction has made stays although it could not be verified:
/// nothing speaks against it, and the job cannot be opened again to undo it.
async fn stays(journal: &Journal, entry: &Entry, failure: &Failure) -> bool {
    let is_refuted = matches!(failure.kind, FailureKind::Duplicate | FailureKind::Changed);
    if journal.reopen(entry).await.is_ok() || is_refuted {
        return false;
    }
    // It may be open all the same, with an answer that was lost.
    let _ = journal.close(entry, JobState::Done).await;
    true
}

/// Undoes what a failed run has made, and gives the failure to tell.
async fn undone(
    sides: &Sides,
    target: &Target,
    (journal, entry): (&Journal, &Entry),
    failure: Failure,
    track: &mut Track<'_>,
) -> Failure {
    track.failed_step();
    if failure.kind == FailureKind::Changed {
        // Somebody else works on the job: it is theirs to finish or undo.
        return failure;
    }
    match take_back(sides, target, (journal, entry), track).await {
        Ok(()) => failure,
        Err(again) => left(&failure, &again, entry),
    }
}

/// Takes back the record first, so that nobody is led to the collections any more; then
/// those collections that this job has made, that are empty and that nobody else claims.
async fn take_back(
    sides: &Sides,
    target: &Target,
    (journal, entry): (&Journal, &Entry),
    track: &mut Track<'_>,
) -> Result<(), Failure> {
    journal.begin_undoing(entry).await?;
    sides.main.remove(&target.registry, target.own_record()).await?;
    die_if_asked("undo: record");
    let mut holding = Vec::new();
    if !target.is_claimed_by_another(&sides.main).await? {
        for part in target.parts.iter().filter(|part| !part.existed) {
            if sides.home.drop_if_empty(&part.name).await? == Dropped::HoldsDocuments {
                holding.push(part.name.as_str());
            }
        }
    }
    journal.close(entry, JobState::Undone).await?;
    track.undone();
    if holding.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Changed,
        &format!("documents came into {} meanwhile, so they stay", holding.join(", ")),
        "Look at them with `tilldeck doctor --rule orphan-collections`",
    ))
}

/// The failure of a run that could not be undone either.
fn left(failure: &Failure, again: &Failure, entry: &Entry) -> Failure {
    let job = entry.id.as_str();
    let left = safe(&format!("and job `{job}` is not undone: "));
    let left = left.followed_by("", &again.message);
    let hint = if again.kind == FailureKind::Changed {
        again.hint.clone()
    } else {
        safe(&format!("Run `tilldeck jobs undo {job}` when the database answers"))
    };
    Failure { kind: failure.kind, message: failure.message.followed_by("; ", &left), hint }
}

/// The failure of a transaction whose outcome cannot be found out.
fn unknown(failure: &Failure) -> Failure {
    let unknown = safe("whether the store was made is not known");
    let message = failure.message.followed_by("; ", &unknown);
    let hint = safe("Look for it with `tilldeck why` when the main database answers");
    Failure { kind: failure.kind, message, hint }
}
