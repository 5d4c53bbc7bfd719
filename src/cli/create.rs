//! `create`: a store, or many from a file.

mod batch;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tokio::sync::watch;

use super::{
    confirm::Consent,
    fleet::{Session, interrupted, with_fleet, writing},
    output::{Answer, Output},
    to_json,
};
use crate::{
    config::Config,
    doctor,
    domain::{
        creation::{Choice, Draft, Fault, Field, Known, Plan, Survey, Taken, plan},
        database::Database,
        distribution::Occupancy,
        failure::{Failure, FailureKind},
        job::{JobState, Progress},
        placement::Strategy,
        pool::Pools,
        registry::{Registry, Source},
        text::safe,
    },
    jobs::{self, create::Creator},
    mongo::gate::Gate,
    report::create::{CreateReport, steps_text},
};

/// What `create` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store's id.
    #[arg(long, value_name = "ID", required_unless_present = "from")]
    store_id: Option<String>,
    /// The store's name.
    #[arg(long, required_unless_present = "from")]
    name: Option<String>,
    /// What its collections begin with.
    #[arg(long, required_unless_present = "from")]
    prefix: Option<String>,
    /// Many stores, from a CSV file with a header or from JSON Lines: `store_id`, `name`,
    /// `prefix`, and optionally `database` and `placement`. `-` is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store_id", "name", "prefix"])]
    from: Option<PathBuf>,
    /// The shard: its number or its name.
    #[arg(long, value_name = "N", conflicts_with = "placement")]
    database: Option<String>,
    /// The rule that picks the shard, instead of the configured one.
    #[arg(long, value_name = "STRATEGY", value_parser = strategy_parser())]
    placement: Option<Strategy>,
    /// Make no indexes besides `_id`.
    #[arg(long)]
    without_indexes: bool,
    #[command(flatten)]
    consent: Consent,
}

/// What a plan is made of, as the fleet has it now.
struct Situation {
    taken: Taken,
    occupancy: Occupancy,
    pools: std::sync::Arc<Pools>,
    registry: std::sync::Arc<Registry>,
    survey: Survey,
}

/// Makes the store, or the stores, that the arguments describe.
///
/// # Errors
///
/// `usage` for names that cannot be used, `read_only`, no live registry, or what the run
/// failed with.
pub(super) fn run(args: &Args, config: &Config, output: Output) -> Result<Answer, Failure> {
    if !args.consent.plan {
        Gate::new(config.read_only).permit(&config.layout.main_database)?;
    }
    match &args.from {
        Some(file) => batch::run(file, args, config, output),
        None => one(args, config, output),
    }
}

fn one(args: &Args, config: &Config, output: Output) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        let situation = Situation::of(session).await?;
        let field = |field: &Option<String>| field.clone().unwrap_or_default();
        let draft = Draft {
            store_id: field(&args.store_id),
            name: field(&args.name),
            prefix: field(&args.prefix),
            choice: choice(args.database.as_deref(), args.placement, config, session)?,
            without_indexes: args.without_indexes,
        };
        let planned = match situation.plan(&draft, session) {
            Ok(planned) => planned,
            Err(faults) => {
                // A name may be taken by a run of one's own that was killed.
                name_unfinished(session, output).await;
                return Err(refused(&faults));
            }
        };
        let text = CreateReport::plan_text(&planned, &session.names, session.look);
        if args.consent.plan {
            let report = CreateReport::planned(&planned, &session.names);
            return Ok(Answer::done(to_json(&report)?, text));
        }
        args.consent.ask(&text, "Create it?", output)?;
        made(&planned, (config, output), session).await
    })
}

async fn made(
    planned: &Plan,
    (config, output): (&Config, Output),
    session: &Session,
) -> Result<Answer, Failure> {
    let (progress, seen) = watch::channel(Progress::default());
    let creator = Creator::new(session.fleet.clone(), Gate::new(config.read_only));
    let created = match writing(creator.run(planned, &progress)).await {
        Ok(created) => created,
        Err(failure) => {
            if !output.json {
                output.diagnose(&steps_text(&seen.borrow().steps));
            }
            name_unfinished(session, output).await;
            return Err(failure);
        }
    };
    let report = CreateReport::made(planned, &created, &session.names);
    let text = CreateReport::made_text(planned, &created, &session.names, session.look);
    let done = Answer::done(to_json(&report)?, text);
    Ok(match interrupted() {
        None => done,
        Some(code) => {
            Answer { code, warnings: vec![safe("interrupted; the store was made")], ..done }
        }
    })
}

/// Says which jobs are under way or wait for somebody to finish or undo them; nothing where
/// that cannot be found out.
async fn name_unfinished(session: &Session, output: Output) {
    let jobs = jobs::unfinished(&session.fleet).await.unwrap_or_default();
    for job in jobs {
        let (id, summary, by) = (job.id.as_str(), &job.summary, &job.by);
        output.warn(&safe(&match job.state {
            JobState::Interrupted => format!(
                "unfinished job `{id}`: {summary}; run `tilldeck jobs finish {id}` or \
                 `tilldeck jobs undo {id}`"
            ),
            _ => format!("job `{id}` of {by} is under way: {summary}"),
        }));
    }
}

impl Situation {
    /// Looks at the whole fleet.
    ///
    /// # Errors
    ///
    /// The registry is not live: what it was says nothing about what is taken now.
    async fn of(session: &Session) -> Result<Self, Failure> {
        session.settle().await;
        let registry = session.registry().await?;
        if !matches!(registry.source, Source::ChangeStream | Source::Polling) {
            return Err(registry.failure.clone().unwrap_or_else(|| {
                Failure::new(
                    FailureKind::Busy,
                    "the registry is out of reach, so no store can be made",
                    "Look at `tilldeck status`",
                )
            }));
        }
        let survey = doctor::survey(&session.fleet.inventory().await);
        let pools = session.fleet.pools().borrow().clone();
        let occupancy = Occupancy::count(&registry);
        Ok(Self { taken: Taken::of(&registry), occupancy, pools, registry, survey })
    }

    fn plan(&self, draft: &Draft, session: &Session) -> Result<Plan, Vec<Fault>> {
        let known = Known {
            taken: &self.taken,
            occupancy: &self.occupancy,
            pools: &self.pools,
            layout: session.fleet.layout(),
            survey: Some(&self.survey),
        };
        plan(draft, &known)
    }
}

/// Who picks the shard.
fn choice(
    database: Option<&str>,
    placement: Option<Strategy>,
    config: &Config,
    session: &Session,
) -> Result<Choice, Failure> {
    let Some(text) = database else {
        return Ok(Choice::Strategy(placement.unwrap_or(config.placement)));
    };
    if let Some(Database::Shard(shard)) = session.names.find(text) {
        return Ok(Choice::Shard(shard));
    }
    Err(Failure::new(
        FailureKind::Usage,
        &format!("`{text}` is no shard of this fleet"),
        &format!("Use a number from 1 to {}", session.fleet.layout().database_count),
    ))
}

/// What is wrong with the names, in one sentence.
fn refused(faults: &[Fault]) -> Failure {
    let faults: Vec<String> = faults.iter().map(fault_text).collect();
    let hint = "Choose other values; nothing was done";
    Failure::new(FailureKind::Usage, &faults.join("; "), hint)
}

fn fault_text(fault: &Fault) -> String {
    let field = match fault.field {
        Field::StoreId => "--store-id",
        Field::Name => "--name",
        Field::Prefix => "--prefix",
        Field::Database => "--database",
    };
    format!("{field}: {}", fault.reason)
}

fn strategy_parser() -> impl TypedValueParser<Value = Strategy> {
    PossibleValuesParser::new(Strategy::ALL.map(Strategy::name)).map(|given| {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == given).unwrap_or_default()
    })
}
