//! Pictures of the making of a store, and of the jobs of the journal.

use std::{collections::BTreeMap, sync::Arc};

use bson::doc;
use jiff::SignedDuration;

use super::{
    pictures::{BOTH, ONE, hold},
    stage::{HUGE, SMALL, Stage, WIDE, failure_of, fleet, shard},
};
use crate::{
    console::state::{
        command::{Command, RequestId},
        event::Event,
        fixture::time,
    },
    domain::{
        collection::Form,
        creation::{Created, Survey},
        database::{CollectionType, DatabaseId},
        failure::{Failure, FailureKind},
        index::IndexSpec,
        inventory::Named,
        job::{Job, JobId, JobKind, JobState, Progress, Step, StepState},
        pool::PoolState,
        registry::Source,
        store::RecordId,
    },
};

fn index(name: &str, is_unique: bool) -> IndexSpec {
    IndexSpec::new(&doc! {"key": {name: 1}, "name": format!("{name}_1"), "unique": is_unique})
}

/// What most stores have, and leftovers of `corner_shop` in the first shard.
fn survey() -> Survey {
    let usual_indexes = BTreeMap::from([
        (CollectionType::new("products"), vec![index("sku", true), index("category", false)]),
        (CollectionType::new("orders"), vec![index("createdAt", false), index("status", false)]),
        (CollectionType::new("users"), vec![index("email", true)]),
    ]);
    let leftover = |name: &str| Named { name: name.into(), form: Form::Collection, indexes: None };
    let leftovers = || vec![leftover("corner_shop_orders"), leftover("corner_shop_products")];
    Survey {
        shards: (1..=5)
            .filter_map(DatabaseId::new)
            .map(|shard| (shard, Ok(if shard.get() == 1 { leftovers() } else { Vec::new() })))
            .collect(),
        documents: BTreeMap::new(),
        usual_indexes,
        without_unique_index: Ok(Vec::new()),
    }
}

/// The form over a fleet of this many stores, everything about it known.
fn form(n_stores: u32) -> Stage {
    let mut stage = Stage::of(fleet(n_stores));
    stage.wait(1);
    open(&mut stage);
    stage
}

/// Opens the form, everything about the fleet known.
pub(super) fn open(stage: &mut Stage) {
    stage.press("n");
    let request = surveyed(stage);
    stage.feed(Event::FleetSurveyed { request, survey: Ok(Arc::new(survey())) });
}

fn surveyed(stage: &mut Stage) -> RequestId {
    stage.request(|command| match command {
        Command::SurveyFleet { request } => Some(*request),
        _ => None,
    })
}

/// A run that was answered with yes.
fn run() -> (Stage, RequestId) {
    let mut stage = form(63);
    let request = begin(&mut stage);
    (stage, request)
}

/// Fills the form, and answers the question with yes.
pub(super) fn begin(stage: &mut Stage) -> RequestId {
    stage.press("store-064<tab>Bäckerei Nord<enter>");
    stage.draw(WIDE);
    stage.press("y");
    stage.request(|command| match command {
        Command::CreateStore { request, .. } => Some(*request),
        _ => None,
    })
}

const STEPS: [&str; 7] = [
    "checks",
    "registry record",
    "collection baeckerei_nord_products",
    "collection baeckerei_nord_orders",
    "collection baeckerei_nord_categories",
    "collection baeckerei_nord_users",
    "verification",
];

/// Steps in these states, by their letters: done, running, waiting, failed, undone, skipped.
pub(super) fn steps(states: &str) -> Vec<Step> {
    let state = |letter| match letter {
        'd' => StepState::Done,
        'r' => StepState::Running,
        'f' => StepState::Failed,
        'u' => StepState::Undone,
        's' => StepState::Skipped,
        _ => StepState::Waiting,
    };
    let step = |(at, (name, letter)): (u64, (&str, char))| Step {
        name: name.to_owned(),
        state: state(letter),
        took_ms: "dfus".contains(letter).then_some(at * 7 + 3),
    };
    (0..).zip(STEPS.into_iter().zip(states.chars())).map(step).collect()
}

pub(super) fn jobs(hostile: &str) -> Vec<Job> {
    let states = [JobState::Interrupted, JobState::Running, JobState::Done, JobState::Undone];
    let job = |(number, state): (u32, JobState)| Job {
        id: JobId::new(&format!("65a1b2c3d4e5f6071829{number:04x}")),
        kind: if number == 3 { JobKind::Repair } else { JobKind::Create },
        state,
        summary: format!("create store store-{number}{hostile} (prefix lyon_{number}) in pos_db_3"),
        store_id: Some(format!("store-{number}").into()),
        database: Some(shard(3)),
        by: format!("ops{hostile}@bastion-1"),
        started: time(0) - SignedDuration::from_secs(i64::from(number) * 4000),
        steps: STEPS[..3].iter().map(|step| format!("{step}{hostile}")).collect(),
    };
    (1..).zip(states).map(job).collect()
}

/// The list of jobs, open and read.
fn listed(list: Result<Vec<Job>, Failure>) -> Stage {
    let mut stage = Stage::of(fleet(63));
    stage.wait(1);
    list_jobs(&mut stage, list);
    stage
}

/// Opens the list of jobs, and has it read.
pub(super) fn list_jobs(stage: &mut Stage, jobs: Result<Vec<Job>, Failure>) {
    stage.press("J");
    let request = stage.request(|command| match command {
        Command::LoadJobs { request } => Some(*request),
        _ => None,
    });
    stage.feed(Event::JobsLoaded { request, jobs });
}

#[test]
fn the_form_as_it_is_filled() {
    let mut stage = Stage::of(fleet(63));
    stage.wait(1);
    stage.press("n");
    hold("create_looking", &mut stage, BOTH);
    let request = surveyed(&mut stage);
    let survey = Err(failure_of(FailureKind::TimedOut));
    stage.feed(Event::FleetSurveyed { request, survey });
    hold("create_unknown", &mut stage, ONE);
    let mut stage = form(63);
    stage.press("STORE-007<tab>Bäckerei");
    hold("create_duplicate", &mut stage, BOTH);
    stage.press("<shift-tab><backspace>99<tab> Nord<tab>");
    hold("create_ready", &mut stage, &[WIDE, SMALL, HUGE, (60, 15)]);
    stage.press("<tab><right><right><right><tab><right>");
    hold("create_by_hand", &mut stage, BOTH);
}

#[test]
fn warnings_of_a_plan() {
    let mut stage = form(107);
    stage.pools(|number| match number {
        1 => PoolState::Down,
        2 => PoolState::Slow,
        _ => PoolState::Up,
    });
    stage.press("new<tab>Corner Shop<tab><tab><right><right><right>");
    hold("create_warnings", &mut stage, BOTH);
    stage.model.switches.ascii = true;
    hold("create_warnings_ascii", &mut stage, ONE);
    stage.press("<enter>");
    hold("create_question_warnings", &mut stage, BOTH);
}

#[test]
fn the_question_with_its_numbers() {
    let mut stage = form(63);
    stage.press("store-064<tab>Bäckerei Nord<enter>");
    hold("create_question", &mut stage, &[WIDE, SMALL, (60, 15)]);
    stage.press("<right>");
    hold("create_question_yes", &mut stage, ONE);
}

#[test]
fn the_steps_of_a_run() {
    let (mut stage, request) = run();
    let progress = Progress { steps: steps("dddrwww"), failure: None };
    stage.feed(Event::CreationAdvanced { request, progress });
    stage.wait(3);
    hold("create_running", &mut stage, BOTH);
    let created = Created {
        record: RecordId::new("new"),
        shard: DatabaseId::new(5).expect("a shard"),
        collections: Vec::new(),
        steps: steps("ddddsdd"),
        warnings: vec!["pos_db_5 has 21 stores now: somebody else made one meanwhile".into()],
    };
    stage.feed(Event::StoreCreated { request, outcome: Ok(created) });
    hold("create_made", &mut stage, BOTH);
}

#[test]
fn a_run_that_fails() {
    let failed = |states: &str| {
        let (mut stage, request) = run();
        let failure = failure_of(FailureKind::TimedOut);
        let progress = Progress { steps: steps(states), failure: Some(failure.clone()) };
        stage.feed(Event::CreationAdvanced { request, progress });
        stage.feed(Event::StoreCreated { request, outcome: Err(failure) });
        stage
    };
    hold("create_failed", &mut failed("duufwww"), &[WIDE, SMALL, (60, 15)]);
    hold("create_failed_left", &mut failed("dddfwww"), ONE);
}

#[test]
fn refusals_in_words() {
    let mut stage = Stage::of(fleet(63));
    stage.model.session.read_only = true;
    stage.press("n");
    hold("create_read_only", &mut stage, ONE);
    let mut stage = Stage::of(fleet(63));
    stage.registry(Source::Cache, Some(failure_of(FailureKind::TimedOut)));
    stage.press("n");
    hold("create_without_main", &mut stage, ONE);
}

#[test]
fn jobs_of_the_journal() {
    hold("jobs", &mut listed(Ok(jobs(""))), &[WIDE, SMALL, (60, 15)]);
    hold("jobs_none", &mut listed(Ok(Vec::new())), ONE);
    hold("jobs_failed", &mut listed(Err(failure_of(FailureKind::NotAuthorised))), ONE);
    let mut stage = listed(Ok(jobs("")));
    stage.press("<enter>");
    hold("jobs_question", &mut stage, BOTH);
    stage.press("u");
    let request = stage.request(|command| match command {
        Command::EndJob { request, .. } => Some(*request),
        _ => None,
    });
    let progress = Progress { steps: steps("duur"), failure: None };
    stage.feed(Event::JobAdvanced { request, progress });
    hold("jobs_undoing", &mut stage, BOTH);
    let outcome = Err(failure_of(FailureKind::TimedOut));
    stage.feed(Event::JobEnded { request, outcome });
    hold("jobs_not_undone", &mut stage, ONE);
    let mut stage = listed(Ok(jobs("")));
    stage.press("<esc>");
    hold("jobs_unfinished", &mut stage, BOTH);
}
