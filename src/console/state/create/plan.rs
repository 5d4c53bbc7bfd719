//! The plan beside the form: computed here for a fleet of ordinary size, elsewhere for a
//! large one, where it takes longer than a key may.

use std::sync::Arc;

use super::{
    super::{
        command::{Command, RequestId},
        model::Model,
        question::Question,
        stores,
    },
    ANSWERS, Stage, ask_if_ready,
};
use crate::domain::{
    creation::{self, Draft, Fault, Known, Plan, Survey},
    database::Layout,
    pool::Pools,
    registry::Registry,
};

/// What comes of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The prefix that was typed, else the one that is suggested; empty where there is none.
    pub prefix: String,
    /// What will be done, or what is wrong with the fields.
    pub outcome: Result<Plan, Vec<Fault>>,
}

/// A plan to be computed. Cheap to make, so that it can be handed to another thread.
#[derive(Debug, Clone)]
pub struct PlanTask {
    draft: Draft,
    registry: Arc<Registry>,
    pools: Arc<Pools>,
    layout: Layout,
    survey: Option<Arc<Survey>>,
}

impl PlanTask {
    fn new(model: &Model) -> Self {
        Self {
            draft: model.creation.form.draft(),
            registry: Arc::clone(&model.registry),
            pools: Arc::clone(&model.pools),
            layout: model.session.layout.clone(),
            survey: model.creation.looked.survey.clone(),
        }
    }

    /// Computes the plan. O(n) in the number of stores.
    pub fn run(mut self) -> Planned {
        if self.draft.prefix.is_empty() {
            let suggested = creation::suggest_prefix(&self.draft.name, &self.registry);
            self.draft.prefix = suggested.unwrap_or_default();
        }
        let known = Known {
            registry: &self.registry,
            pools: &self.pools,
            layout: &self.layout,
            survey: self.survey.as_deref(),
        };
        let outcome = creation::plan(&self.draft, &known);
        Planned { prefix: self.draft.prefix, outcome }
    }
}

/// Computes the plan anew: here when the fleet is small, elsewhere when it is large.
pub(in super::super) fn replan(model: &mut Model, commands: &mut Vec<Command>) {
    if matches!(model.creation.stage, Stage::Running) {
        return;
    }
    let task = PlanTask::new(model);
    if model.registry.stores.len() <= stores::LARGE {
        model.creation.planning = None;
        take(model, task.run());
        return;
    }
    if model.creation.planning.is_some() {
        // One at a time. What changed since is planned when it arrives.
        model.creation.is_stale = true;
        return;
    }
    let request = model.next_request();
    model.creation.planning = Some(request);
    commands.push(Command::PlanStore { request, task });
}

/// Takes a plan that was computed elsewhere; `None` where that failed.
pub(in super::super) fn planned(
    model: &mut Model,
    (request, planned): (RequestId, Option<Planned>),
    commands: &mut Vec<Command>,
) {
    if model.creation.planning != Some(request) {
        return;
    }
    model.creation.planning = None;
    let is_stale = std::mem::take(&mut model.creation.is_stale);
    let Some(planned) = planned else {
        model.creation.is_asked_for = false;
        return;
    };
    if is_stale {
        replan(model, commands);
    }
    take(model, planned);
}

/// Shows a plan. One that is asked about is asked about anew when it changes, and not at
/// all once something is wrong with it.
fn take(model: &mut Model, planned: Planned) {
    if model.creation.planned.as_ref() != Some(&planned) {
        model.creation.planned = Some(planned);
        model.redraw = true;
        ask_anew(model);
    }
    ask_if_ready(model);
}

fn ask_anew(model: &mut Model) {
    let creation = &mut model.creation;
    let (Stage::Asking(asking), Some(planned)) = (&mut creation.stage, &creation.planned) else {
        return;
    };
    match &planned.outcome {
        Ok(plan) if *plan == asking.plan => {}
        Ok(plan) => {
            asking.plan = plan.clone();
            asking.question = Question::new(ANSWERS);
            model.notify("the fleet has changed, and the plan with it; look again");
        }
        Err(_) => {
            creation.stage = Stage::Filling;
            model.complain("the fleet has changed; look at the fields again");
        }
    }
}
