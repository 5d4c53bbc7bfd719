//! The steps of a run as they are shown: state and time of each.

use std::time::Instant;

use tokio::sync::watch;

use crate::domain::{
    failure::Failure,
    job::{Progress, Step, StepState},
};

pub(super) const CHECKS: &str = "checks";
pub(super) const RECORD: &str = "registry record";
pub(super) const VERIFICATION: &str = "verification";

/// The step that makes one collection.
pub(super) fn collection(name: &str) -> String {
    format!("collection {name}")
}

/// Publishes how far a run is.
pub(super) struct Track<'a> {
    progress: Progress,
    published: &'a watch::Sender<Progress>,
    begun: Instant,
}

impl<'a> Track<'a> {
    /// Every step waiting.
    pub(super) fn new(collections: &[&str], published: &'a watch::Sender<Progress>) -> Self {
        let names = [CHECKS.to_owned(), RECORD.to_owned()]
            .into_iter()
            .chain(collections.iter().map(|name| collection(name)))
            .chain([VERIFICATION.to_owned()]);
        let step = |name| Step { name, state: StepState::Waiting, took_ms: None };
        let progress = Progress { steps: names.map(step).collect(), failure: None };
        let track = Self { progress, published, begun: Instant::now() };
        track.publish();
        track
    }

    pub(super) fn begin(&mut self, name: &str) {
        self.begun = Instant::now();
        self.set(name, StepState::Running, None);
    }

    pub(super) fn done(&mut self, name: &str) {
        self.set(name, StepState::Done, Some(self.elapsed()));
    }

    /// The collections came with the record, in the same transaction.
    pub(super) fn all_done(&mut self, collections: &[&str]) {
        for name in collections {
            self.set(&collection(name), StepState::Done, None);
        }
    }

    /// The step under way failed.
    pub(super) fn failed_step(&mut self) {
        let took = self.elapsed();
        for step in &mut self.progress.steps {
            if step.state == StepState::Running {
                (step.state, step.took_ms) = (StepState::Failed, Some(took));
            }
        }
        self.publish();
    }

    /// What was done is undone.
    pub(super) fn undone(&mut self) {
        for step in &mut self.progress.steps {
            if step.state == StepState::Done && step.name != CHECKS {
                step.state = StepState::Undone;
            }
        }
        self.publish();
    }

    /// The run has failed.
    pub(super) fn failed(&mut self, failure: &Failure) {
        self.progress.failure = Some(failure.clone());
        self.failed_step();
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.progress.steps
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn set(&mut self, name: &str, state: StepState, took_ms: Option<u64>) {
        if let Some(step) = self.progress.steps.iter_mut().find(|step| step.name == name) {
            (step.state, step.took_ms) = (state, took_ms);
        }
        self.publish();
    }

    fn publish(&self) {
        self.published.send_replace(self.progress.clone());
    }
}
