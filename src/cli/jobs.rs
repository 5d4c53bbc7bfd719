//! `jobs`: what was begun and not ended, to be finished or undone.

use tokio::sync::watch;

use super::{
    confirm::Consent,
    fleet::{interrupted, with_fleet, writing},
    output::{Answer, Output},
    to_json,
};
use crate::{
    config::Config,
    domain::{
        database::Database,
        failure::Failure,
        job::{JobId, JobState, Progress},
    },
    jobs,
    mongo::gate::Gate,
    report::jobs::JobList,
};

/// Jobs that `--all` lists at most.
const MOST: u32 = 200;

/// What `jobs` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// List those that have ended, too.
    #[arg(long)]
    all: bool,
    #[command(subcommand)]
    command: Option<Ending>,
}

/// How an interrupted job is ended.
#[derive(Debug, clap::Subcommand)]
enum Ending {
    /// Does what is left to do.
    Finish {
        /// The job, as `tilldeck jobs` lists it.
        id: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Takes back what the job has made, and only that.
    Undo {
        /// The job, as `tilldeck jobs` lists it.
        id: String,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Lists the jobs, or ends one.
///
/// # Errors
///
/// The main database cannot be read; there is no such job, somebody works on it, or what its
/// steps fail with.
pub(super) fn run(args: &Args, config: &Config, output: Output) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        session.settle().await;
        let (id, consent, is_finish) = match &args.command {
            None => {
                let jobs = if args.all {
                    jobs::all(&session.fleet, MOST).await?
                } else {
                    jobs::unfinished(&session.fleet).await?
                };
                let list = JobList::new(&jobs, &session.names);
                let text = JobList::text(&jobs, session.look);
                return Ok(Answer::done(to_json(&list)?, text));
            }
            Some(Ending::Finish { id, consent }) => (JobId::new(id), consent, true),
            Some(Ending::Undo { id, consent }) => (JobId::new(id), consent, false),
        };
        let gate = Gate::new(config.read_only);
        if !consent.plan {
            gate.permit(session.names.of(Database::Main))?;
        }
        let known = jobs::all(&session.fleet, MOST).await?;
        let job: Vec<_> = known.into_iter().filter(|job| job.id == id).collect();
        let plan = JobList::text(&job, session.look);
        if consent.plan {
            return Ok(Answer::done(to_json(&JobList::new(&job, &session.names))?, plan));
        }
        let question = if is_finish { "Finish this job?" } else { "Undo this job?" };
        consent.ask(&plan, question, output)?;
        let (progress, _) = watch::channel(Progress::default());
        let (fleet, state) =
            (&session.fleet, if is_finish { JobState::Done } else { JobState::Undone });
        if is_finish {
            writing(jobs::finish(fleet, gate, &id, &progress)).await?;
        } else {
            writing(jobs::undo(fleet, gate, &id, &progress)).await?;
        }
        let ended: Vec<_> =
            jobs::all(fleet, MOST).await?.into_iter().filter(|job| job.id == id).collect();
        let text = format!("job {} is {}\n", id.as_str(), state.name());
        let code = interrupted().unwrap_or(0);
        Ok(Answer { code, ..Answer::done(to_json(&JobList::new(&ended, &session.names))?, text) })
    })
}
