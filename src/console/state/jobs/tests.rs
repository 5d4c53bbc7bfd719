use jiff::SignedDuration;

use super::{
    super::{
        event::Event,
        fixture::*,
        geometry::{Area, Geometry, Target},
        update::update,
    },
    *,
};
use crate::domain::{
    job::{JobKind, Step, StepState},
    pool::PoolState,
};

fn job(number: u32, state: JobState) -> Job {
    Job {
        id: JobId::new(&format!("{number:024x}")),
        kind: JobKind::Create,
        state,
        summary: format!("create store new-{number} (prefix new{number}) in pos_db_3"),
        store_id: Some(format!("new-{number}").into()),
        database: None,
        by: "ops@host".into(),
        started: time(-90),
        steps: vec!["registry record".into()],
    }
}

fn look_asked_for(commands: &[Command]) -> Option<RequestId> {
    commands.iter().find_map(|command| match command {
        Command::LoadJobs { request } => Some(*request),
        _ => None,
    })
}

fn end_asked_for(commands: &[Command]) -> Option<(RequestId, JobId, Ending)> {
    commands.iter().find_map(|command| match command {
        Command::EndJob { request, job, ending } => Some((*request, job.clone(), *ending)),
        _ => None,
    })
}

/// The console has just been opened, and these are the jobs.
fn opened(list: Vec<Job>) -> Model {
    let mut model = empty_model();
    update(&mut model, Event::FrameDrawn(geometry(10)));
    let up = pools(&model, |_| PoolState::Up);
    let commands = update(&mut model, Event::PoolsChanged(up.into()));
    let request = look_asked_for(&commands).expect("it looks when main comes up");
    update(&mut model, Event::JobsLoaded { request, jobs: Ok(list) });
    model
}

/// The list is open, and was read again.
fn listed(list: Vec<Job>) -> Model {
    let mut model = opened(list.clone());
    let request = look_asked_for(&press(&mut model, "J")).expect("it is read again");
    update(&mut model, Event::JobsLoaded { request, jobs: Ok(list) });
    model
}

fn draw_answers(model: &mut Model) {
    let targets = vec![(Area::default(), Target::Answer(0))];
    update(model, Event::FrameDrawn(Geometry { targets, ..geometry(10) }));
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map(|notice| notice.text.as_str()).unwrap_or_default()
}

#[test]
fn an_interrupted_job_is_told_once_when_the_main_database_comes_up() {
    let mut model = opened(vec![job(1, JobState::Interrupted), job(2, JobState::Done)]);
    assert!(notice(&model).contains("create store new-1") && notice(&model).contains("J shows it"));
    assert_eq!(model.jobs.n_interrupted(), 1);
    let n_events = model.events.entries.len();
    assert!(model.events.latest().unwrap().text.as_str().contains("begun by ops@host"));
    // Down and up again: it is looked for, and not told again.
    let down = pools(&model, |number| if number == 0 { PoolState::Down } else { PoolState::Up });
    assert!(look_asked_for(&update(&mut model, Event::PoolsChanged(down.into()))).is_none());
    let up = pools(&model, |_| PoolState::Up);
    let commands = update(&mut model, Event::PoolsChanged(up.into()));
    let request = look_asked_for(&commands).unwrap();
    wait(&mut model, 10_000);
    let jobs = Ok(vec![job(1, JobState::Interrupted)]);
    update(&mut model, Event::JobsLoaded { request, jobs });
    assert_eq!((notice(&model), model.jobs.n_interrupted()), ("", 1));
    let texts = model.events.entries.iter().filter(|entry| entry.text.as_str().contains("new-1"));
    assert_eq!(texts.count(), 1);
    assert!(model.events.entries.len() > n_events);
}

#[test]
fn nothing_is_said_or_waited_for_where_nothing_is_unfinished() {
    let mut model = opened(vec![job(1, JobState::Done), job(2, JobState::Undone)]);
    assert!(model.notice.is_none() && model.events.entries.is_empty());
    assert_eq!(model.jobs.look_at, None);
    let request = look_asked_for(&press(&mut model, "J")).unwrap();
    update(&mut model, Event::JobsLoaded { request, jobs: Err(refused()) });
    assert_eq!(model.jobs.failure, Some(refused()));
    assert_eq!((model.jobs.list.len(), model.jobs.look_at), (2, None));
}

#[test]
fn a_job_that_is_worked_on_is_looked_at_again() {
    let mut model = opened(vec![job(1, JobState::Running)]);
    assert!(model.notice.is_none());
    assert!(model.next_wake().is_some_and(|at| at <= model.now + NEXT_LOOK));
    assert!(look_asked_for(&wait(&mut model, 5_000)).is_none());
    let request = look_asked_for(&wait(&mut model, 20_000)).expect("it looks again");
    let jobs = Ok(vec![job(1, JobState::Interrupted)]);
    update(&mut model, Event::JobsLoaded { request, jobs });
    assert!(notice(&model).starts_with("unfinished job"));
    assert_eq!(model.jobs.look_at, None);
}

#[test]
fn only_a_clear_answer_ends_a_job() {
    for (keys, ending) in [
        ("f", Some(Ending::Finish)),
        ("<right><enter>", Some(Ending::Finish)),
        ("u", Some(Ending::Undo)),
        ("<shift-tab><enter>", Some(Ending::Undo)),
        ("<enter>", None),
        ("n", None),
        ("<esc>", None),
    ] {
        let mut model = listed(vec![job(1, JobState::Interrupted)]);
        let ahead = press(&mut model, "<enter>fu<enter>");
        assert!(end_asked_for(&ahead).is_none() && model.jobs.asking.is_some());
        draw_answers(&mut model);
        assert!(update(&mut model, Event::Pasted("u\n".into())).is_empty());
        let asked = end_asked_for(&press(&mut model, keys)).map(|(_, _, ending)| ending);
        assert_eq!(asked, ending, "{keys}");
        assert!(model.jobs.asking.is_none() && matches!(model.top, Top::Jobs));
    }
}

#[test]
fn how_a_job_was_ended_is_said_and_the_list_read_again() {
    let mut model = listed(vec![job(1, JobState::Interrupted), job(2, JobState::Interrupted)]);
    press(&mut model, "j<enter>");
    draw_answers(&mut model);
    let (request, id, _) = end_asked_for(&press(&mut model, "u")).unwrap();
    assert_eq!(id, job(2, JobState::Interrupted).id);
    press(&mut model, "<enter>");
    assert!(notice(&model).contains("another job is being ended"));
    let steps = vec![Step { name: "undo".into(), state: StepState::Running, took_ms: None }];
    let progress = Progress { steps, failure: None };
    update(&mut model, Event::JobAdvanced { request, progress: progress.clone() });
    assert_eq!(model.jobs.ending.as_ref().unwrap().progress, progress);
    let commands = update(&mut model, Event::JobEnded { request, outcome: Ok(()) });
    assert!(notice(&model).starts_with("undone: create store new-2"));
    let request = look_asked_for(&commands).expect("the list is read again");
    let jobs = Ok(vec![job(3, JobState::Done), job(2, JobState::Undone)]);
    update(&mut model, Event::JobsLoaded { request, jobs });
    // The selection stays on the job, wherever it is now.
    assert_eq!(model.jobs.cursor.row, 1);
}

#[test]
fn a_job_that_could_not_be_ended_is_said() {
    let mut model = listed(vec![job(1, JobState::Interrupted)]);
    press(&mut model, "<enter>");
    draw_answers(&mut model);
    let (request, ..) = end_asked_for(&press(&mut model, "f")).unwrap();
    update(&mut model, Event::JobEnded { request, outcome: Err(refused()) });
    assert!(notice(&model).contains("not finished: create store new-1"));
    assert!(model.notice.as_ref().unwrap().is_error);
}

#[test]
fn jobs_that_cannot_be_ended_say_why() {
    let list = vec![job(1, JobState::Running), job(2, JobState::Done)];
    let mut model = listed(list);
    press(&mut model, "<enter>");
    assert!(model.jobs.asking.is_none() && notice(&model).contains("somebody works on it"));
    press(&mut model, "j<enter>");
    assert!(model.jobs.asking.is_none() && notice(&model).contains("the job is done"));
    let mut model = listed(vec![job(1, JobState::Interrupted)]);
    model.session.read_only = true;
    press(&mut model, "<enter>");
    assert!(model.jobs.asking.is_none() && notice(&model).starts_with("read-only"));
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn ages_of_jobs_are_kept_up_only_while_they_are_shown() {
    let mut model = listed(vec![job(1, JobState::Done)]);
    let minute = SignedDuration::from_secs(60);
    assert!(model.next_wake().is_some_and(|at| at <= model.now + minute));
    press(&mut model, "<esc>");
    model.notice = None;
    let wake = model.next_wake();
    press(&mut model, "3");
    assert_eq!(model.next_wake(), wake);
}
