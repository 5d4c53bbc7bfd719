//! What writes: each step is told as it is taken, and the end only after the last of them.

use tokio::sync::{mpsc, watch};

use crate::{
    console::state::{command::RequestId, event::Event},
    domain::{
        creation::Plan,
        failure::Failure,
        finding::Finding,
        job::{Ending, Job, JobId, JobState, Progress},
    },
    jobs::{self, create::Creator},
    mongo::{fleet::Fleet, gate::Gate},
};

/// Jobs that have ended and are listed; unfinished ones are listed all.
const ENDED: u32 = 50;

/// A fleet that may be written to, as far as the gate lets it.
#[derive(Clone)]
pub(super) struct Writable {
    pub(super) fleet: Fleet,
    pub(super) gate: Gate,
    pub(super) replies: mpsc::Sender<Event>,
}

impl Writable {
    /// Makes a store.
    pub(super) async fn create(&self, request: RequestId, plan: &Plan) -> Event {
        let (progress, steps) = watch::channel(Progress::default());
        let creator = Creator::new(self.fleet.clone(), self.gate);
        let run = async move { creator.run(plan, &progress).await };
        let tell = |progress| Event::CreationAdvanced { request, progress };
        let (outcome, ()) = tokio::join!(run, self.tell(steps, tell));
        Event::StoreCreated { request, outcome }
    }

    /// Applies repairs one after the other, and tells what came of each.
    pub(super) async fn repair(&self, request: RequestId, findings: Vec<Finding>) {
        for finding in findings {
            let outcome = jobs::repair::apply(&self.fleet, self.gate, &finding).await;
            let repaired = Event::Repaired { request, message: finding.message, outcome };
            // The loop is gone: nobody looks any more.
            let _ = self.replies.send(repaired).await;
        }
    }

    /// Finishes or undoes a job.
    pub(super) async fn end(&self, request: RequestId, job: &JobId, ending: Ending) -> Event {
        let (progress, steps) = watch::channel(Progress::default());
        let run = async move {
            match ending {
                Ending::Finish => jobs::finish(&self.fleet, self.gate, job, &progress).await,
                Ending::Undo => jobs::undo(&self.fleet, self.gate, job, &progress).await,
            }
        };
        let tell = |progress| Event::JobAdvanced { request, progress };
        let (outcome, ()) = tokio::join!(run, self.tell(steps, tell));
        Event::JobEnded { request, outcome }
    }

    /// Tells of each step until the run has dropped its end, and so of the last one too.
    async fn tell(&self, mut steps: watch::Receiver<Progress>, event: impl Fn(Progress) -> Event) {
        while steps.changed().await.is_ok() {
            let progress = steps.borrow_and_update().clone();
            // The loop is gone: nobody looks any more.
            let _ = self.replies.send(event(progress)).await;
        }
    }
}

/// The unfinished jobs, the oldest first, and then the last ones that ended.
pub(super) async fn jobs(fleet: &Fleet) -> Result<Vec<Job>, Failure> {
    let mut list = jobs::unfinished(fleet).await?;
    let newest = jobs::all(fleet, ENDED).await?;
    let has_ended = |job: &Job| matches!(job.state, JobState::Done | JobState::Undone);
    list.extend(newest.into_iter().filter(has_ended));
    Ok(list)
}
