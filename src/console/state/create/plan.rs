//! The plan beside the form, computed anew with each key.
//!
//! What other stores have is gathered once for each state of the registry, for a large
//! fleet away from the screen's thread. A plan made of that costs microseconds.

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
use crate::domain::creation::{self, Fault, Known, Plan, Taken, suggest_prefix};

/// What comes of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The prefix that was typed, else the one that is suggested; empty where there is none.
    pub prefix: String,
    /// What will be done, or what is wrong with the fields.
    pub outcome: Result<Plan, Vec<Fault>>,
}

/// What other stores have, as the checks need it.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// As last gathered; `None` before the first time.
    taken: Option<Arc<Taken>>,
    /// The gathering that is under way elsewhere.
    gathering: Option<RequestId>,
    /// Whether the registry changed since they were gathered, or since that began.
    is_outdated: bool,
}

impl Names {
    /// Whether the names are those of the registry as it is known now.
    pub(super) const fn are_known(&self) -> bool {
        self.taken.is_some() && self.gathering.is_none() && !self.is_outdated
    }

    /// The registry has changed.
    pub(super) const fn outdate(&mut self) {
        self.is_outdated = true;
    }

    /// Lets the names go.
    pub(super) fn discard(&mut self, commands: &mut Vec<Command>) {
        self.replace(None, commands);
        self.gathering = None;
    }

    fn replace(&mut self, taken: Option<Arc<Taken>>, commands: &mut Vec<Command>) {
        if let Some(old) = std::mem::replace(&mut self.taken, taken) {
            commands.push(Command::DiscardNames(old));
        }
    }
}

/// Computes the plan anew, and gathers names before where they are not those of now.
pub(in super::super) fn replan(model: &mut Model, commands: &mut Vec<Command>) {
    if matches!(model.creation.stage, Stage::Running) {
        return;
    }
    let names = &mut model.creation.names;
    if !names.are_known() && names.gathering.is_none() {
        names.is_outdated = false;
        if model.registry.stores.len() <= stores::LARGE {
            names.replace(Some(Arc::new(Taken::of(&model.registry))), commands);
        } else {
            let request = model.next_request();
            model.creation.names.gathering = Some(request);
            let registry = Arc::clone(&model.registry);
            commands.push(Command::GatherNames { request, registry });
        }
    }
    plan(model);
}

/// Takes names that were gathered elsewhere; `None` where that failed.
pub(in super::super) fn gathered(
    model: &mut Model,
    (request, taken): (RequestId, Option<Arc<Taken>>),
    commands: &mut Vec<Command>,
) {
    let names = &mut model.creation.names;
    if names.gathering != Some(request) {
        commands.extend(taken.map(Command::DiscardNames));
        return;
    }
    names.gathering = None;
    if taken.is_none() {
        model.creation.is_asked_for = false;
        return;
    }
    names.replace(taken, commands);
    replan(model, commands);
}

/// Plans with the names that are there.
fn plan(model: &mut Model) {
    let creation = &mut model.creation;
    let Some(taken) = creation.names.taken.as_deref() else { return };
    let layout = &model.session.layout;
    let mut draft = creation.form.draft();
    if draft.prefix.is_empty() {
        draft.prefix = suggest_prefix(&draft.name, taken, layout).unwrap_or_default();
    }
    let known = Known {
        taken,
        occupancy: &model.distribution.occupancy,
        pools: &model.pools,
        layout,
        survey: creation.looked.survey.as_deref(),
    };
    let outcome = creation::plan(&draft, &known);
    let planned = Planned { prefix: draft.prefix, outcome };
    if creation.planned.as_ref() != Some(&planned) {
        creation.planned = Some(planned);
        model.redraw = true;
        ask_anew(model);
    }
    ask_if_ready(model);
}

/// A plan that is asked about is asked about anew when it changes, and not at all once
/// something is wrong with it.
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
