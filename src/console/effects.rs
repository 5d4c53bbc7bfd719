//! Commands → the databases and the clipboard; replies come back as events.

mod reads;
mod writes;

use std::{
    panic::resume_unwind,
    sync::{Arc, mpsc as blocking},
    thread,
};

use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinError, spawn_blocking},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    reads::{Reader, request_of},
    writes::Writable,
};
use super::{
    clipboard,
    history::History,
    state::{
        command::{Command, RequestId},
        event::Event,
    },
};
use crate::{
    doctor,
    domain::{
        creation::Taken,
        failure::{Failure, FailureKind},
    },
    mongo::{fleet::Fleet, gate::Gate},
};

/// Commands that are carried out at the same time; further ones wait in their queue.
const AT_ONCE: usize = 8;

/// Something that the loop hands over.
#[derive(Debug)]
pub(crate) enum Work {
    /// A command of the model.
    Command(Command),
    /// A text for the desktop's clipboard.
    CopyToDesktop {
        /// The text, already safe.
        text: String,
        /// What to say when it is there.
        how: String,
    },
}

type DesktopText = (String, oneshot::Sender<Result<(), Failure>>);

/// Carries out what the loop hands over, each in a task of its own, until the loop is gone.
pub(crate) async fn run(
    (fleet, gate): (Fleet, Gate),
    history: History,
    mut work: mpsc::Receiver<Work>,
    replies: mpsc::Sender<Event>,
) {
    let reader = Reader::new(fleet.clone(), replies.clone());
    let writable = Writable { fleet, gate, replies: replies.clone() };
    let reads = TaskTracker::new();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let desktop = Desktop::default();
    while let Some(work) = work.recv().await {
        // What is ended waits for no place, and what can be ended takes none: it may last.
        if let Work::Command(Command::EndWork { request }) = work {
            reader.end(request);
            continue;
        }
        if let Work::Command(command) = &work
            && let Some(request) = request_of(command)
        {
            let token = reader.begin(request);
            let (reader, replies) = (reader.clone(), replies.clone());
            reads.spawn(read(reader, (request, token), work, replies));
            continue;
        }
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let (writable, replies, desktop) = (writable.clone(), replies.clone(), desktop.clone());
        let history = history.clone();
        tokio::spawn(async move {
            let _place = place;
            let failed = unanswered(&work, panicked());
            let events = match tokio::spawn(carry_out((writable, history), work, desktop)).await {
                Ok(event) => [event, None],
                Err(error) if error.is_panic() => [Some(Event::TaskFailed(panicked())), failed],
                Err(_) => [None, None],
            };
            for event in events.into_iter().flatten() {
                // The loop is gone: nobody waits for the answer.
                let _ = replies.send(event).await;
            }
        });
    }
    // Nobody looks any more: what is read ends on the servers, and half a file goes.
    reader.end_all();
    reads.close();
    reads.wait().await;
}

/// Reads documents in a task of its own, and sends the answer where it was not ended.
async fn read(
    reader: Reader,
    (request, token): (RequestId, CancellationToken),
    work: Work,
    replies: mpsc::Sender<Event>,
) {
    let failed = unanswered(&work, panicked());
    let Work::Command(command) = work else { return };
    let answer = tokio::spawn(async move { reader.run(request, command, token).await }).await;
    let events = match answer {
        Ok(event) => [event, None],
        Err(error) if error.is_panic() => [Some(Event::TaskFailed(panicked())), failed],
        Err(_) => [None, None],
    };
    for event in events.into_iter().flatten() {
        // The loop is gone: nobody waits for the answer.
        let _ = replies.send(event).await;
    }
}

/// The answer to a command that was not carried out, for the part of the screen that waits
/// for one.
pub(crate) fn unanswered(work: &Work, failure: Failure) -> Option<Event> {
    let Work::Command(command) = work else { return None };
    match command {
        Command::LoadCollections { request, .. } => {
            Some(Event::CollectionsLoaded { request: *request, collections: Err(failure) })
        }
        Command::LoadPage { request, .. } => {
            Some(Event::PageLoaded { request: *request, page: Err(failure) })
        }
        Command::CountDocuments { request, .. } => {
            Some(Event::DocumentsCounted { request: *request, count: Err(failure) })
        }
        Command::LookAt { request, .. } => {
            Some(Event::LookedAt { request: *request, looked: Err(failure) })
        }
        Command::FollowChanges { request, .. } => {
            Some(Event::FollowingEnded { request: *request, failure: Some(failure) })
        }
        Command::ExportDocuments { request, .. } | Command::ExportRows { request, .. } => {
            Some(Event::ExportEnded { request: *request, outcome: Err(failure) })
        }
        Command::AskStores { request, .. } => {
            Some(Event::StoresAsked { request: *request, outcome: Err(failure) })
        }
        Command::LoadUsage { request } => {
            Some(Event::UsageLoaded { request: *request, usage: vec![Err(failure)] })
        }
        Command::GatherNames { request, .. } => {
            Some(Event::NamesGathered { request: *request, taken: None })
        }
        Command::SurveyFleet { request } => {
            Some(Event::FleetSurveyed { request: *request, survey: Err(failure) })
        }
        Command::CreateStore { request, .. } => {
            Some(Event::StoreCreated { request: *request, outcome: Err(failure) })
        }
        Command::LoadJobs { request } => {
            Some(Event::JobsLoaded { request: *request, jobs: Err(failure) })
        }
        Command::ExamineFleet { request } => {
            Some(Event::FleetExamined { request: *request, examination: Err(failure) })
        }
        Command::AskWhy { request, .. } => {
            Some(Event::WhyAnswered { request: *request, trace: Err(failure) })
        }
        Command::Repair { request, .. } => Some(Event::RepairsLost { request: *request, failure }),
        Command::EndJob { request, .. } => {
            Some(Event::JobEnded { request: *request, outcome: Err(failure) })
        }
        _ => None,
    }
}

/// Does work that takes a while on a thread of its own; its panic goes on in the task.
async fn blocking_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // Cancelled: the runtime ends, and this task with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

fn panicked() -> Failure {
    Failure::new(
        FailureKind::Internal,
        "a part of tilldeck failed",
        "Try again; the log has the details",
    )
}

async fn carry_out(
    (writable, history): (Writable, History),
    work: Work,
    desktop: Desktop,
) -> Option<Event> {
    match work {
        Work::Command(Command::LoadHistory) => {
            let queries = blocking_work(move || history.load()).await;
            Some(Event::HistoryLoaded(queries))
        }
        Work::Command(Command::Remember(query)) => {
            if let Err(error) = blocking_work(move || history.add(&query)).await {
                tracing::warn!(kind = %error.kind(), "a query was not added to the history");
            }
            None
        }
        Work::Command(command) => command_done(writable, command).await,
        Work::CopyToDesktop { text, how } => {
            let outcome = desktop.copy(text).await.map(|()| how);
            Some(Event::Copied { outcome })
        }
    }
}

async fn command_done(writable: Writable, command: Command) -> Option<Event> {
    let fleet = &writable.fleet;
    match command {
        Command::Retry(database) => {
            fleet.retry(database);
            None
        }
        Command::ArrangeStores { request, task } => {
            let arrangement = blocking_work(move || task.run()).await;
            Some(Event::StoresArranged { request, arrangement })
        }
        Command::SearchStores { request, task } => {
            let found = blocking_work(move || task.run()).await;
            Some(Event::StoresFound { request, found })
        }
        Command::Discard(registry, arrangement) => {
            spawn_blocking(move || drop((registry, arrangement)));
            None
        }
        Command::GatherNames { request, registry } => {
            let taken = blocking_work(move || Arc::new(Taken::of(&registry))).await;
            Some(Event::NamesGathered { request, taken: Some(taken) })
        }
        Command::DiscardNames(taken) => {
            spawn_blocking(move || drop(taken));
            None
        }
        Command::SurveyFleet { request } => {
            let inventory = fleet.inventory().await;
            let survey = blocking_work(move || Arc::new(doctor::survey(&inventory))).await;
            Some(Event::FleetSurveyed { request, survey: Ok(survey) })
        }
        Command::CreateStore { request, plan } => Some(writable.create(request, &plan).await),
        Command::ExamineFleet { request } => {
            let inventory = fleet.inventory().await;
            let examination = blocking_work(move || Arc::new(doctor::examine(&inventory))).await;
            Some(Event::FleetExamined { request, examination: Ok(examination) })
        }
        Command::AskWhy { request, text } => {
            Some(Event::WhyAnswered { request, trace: Ok(Box::new(fleet.why(&text).await)) })
        }
        Command::Repair { request, findings } => {
            writable.repair(request, findings).await;
            None
        }
        Command::LoadJobs { request } => {
            Some(Event::JobsLoaded { request, jobs: writes::jobs(fleet).await })
        }
        Command::EndJob { request, job, ending } => Some(writable.end(request, &job, ending).await),
        Command::LoadCollections { request, store } => {
            panic_if_asked();
            let collections = fleet.collections(&store).await;
            Some(Event::CollectionsLoaded { request, collections })
        }
        Command::LoadUsage { request } => {
            Some(Event::UsageLoaded { request, usage: fleet.usage().await })
        }
        // The loop keeps these for itself.
        Command::Copy { .. } | Command::CaptureMouse { .. } | Command::Suspend | Command::Quit => {
            None
        }
        // Carried out before this.
        _ => None,
    }
}

/// A hook for the tests of failing tasks: `TILLDECK_PANIC_IN=effect`.
fn panic_if_asked() {
    let asked = std::env::var_os("TILLDECK_PANIC_IN").is_some_and(|part| part == "effect");
    assert!(!asked, "asked to fail by TILLDECK_PANIC_IN");
}

/// The desktop's clipboard, reached by a thread that starts with the first text.
#[derive(Clone, Default)]
struct Desktop(Arc<std::sync::OnceLock<blocking::Sender<DesktopText>>>);

impl Desktop {
    async fn copy(&self, text: String) -> Result<(), Failure> {
        let texts = self.0.get_or_init(|| {
            let (sender, texts) = blocking::channel();
            // Without the thread the receiver is gone, and the copy fails below.
            let _ = thread::Builder::new()
                .name("tilldeck-clipboard".to_owned())
                .spawn(move || clipboard::keep_on_desktop(&texts));
            sender
        });
        let (reply, outcome) = oneshot::channel();
        let sent = texts.send((text, reply)).is_ok();
        match outcome.await {
            Ok(outcome) if sent => outcome,
            _ => Err(panicked()),
        }
    }
}
