//! `jobs`: the journal.

use anstyle::AnsiColor;
use serde::Serialize;

use super::{
    look::Look,
    names::Names,
    table::{Cell, Side, Table},
};
use crate::domain::{
    job::{Job, JobState},
    text::safe,
};

/// The jobs, for `--json`.
#[derive(Debug, Serialize)]
pub struct JobList {
    jobs: Vec<JobBody>,
}

#[derive(Debug, Serialize)]
struct JobBody {
    id: String,
    kind: &'static str,
    state: &'static str,
    summary: String,
    store_id: Option<String>,
    database: Option<String>,
    by: String,
    started: String,
    steps: Vec<String>,
}

impl JobList {
    /// The list for `--json`.
    pub fn new(jobs: &[Job], names: &Names) -> Self {
        let body = |job: &Job| JobBody {
            id: job.id.as_str().to_owned(),
            kind: job.kind.name(),
            state: job.state.name(),
            summary: job.summary.clone(),
            store_id: job.store_id.as_deref().map(ToOwned::to_owned),
            database: job.database.map(|database| names.of(database).to_owned()),
            by: job.by.clone(),
            started: job.started.to_string(),
            steps: job.steps.clone(),
        };
        Self { jobs: jobs.iter().map(body).collect() }
    }

    /// The list for people.
    pub fn text(jobs: &[Job], look: Look) -> String {
        if jobs.is_empty() {
            return "no job is unfinished\n".into();
        }
        let mut table = Table::new(&[
            ("JOB", Side::Left),
            ("STATE", Side::Left),
            ("AGE", Side::Right),
            ("BY", Side::Left),
            ("WHAT", Side::Left),
        ]);
        for job in jobs {
            let colour = (job.state == JobState::Interrupted).then_some(AnsiColor::Yellow);
            table.row(vec![
                Cell::plain(safe(job.id.as_str())),
                Cell::coloured(safe(job.state.name()), colour),
                Cell::plain(look.age(job.started)),
                Cell::plain(safe(&job.by)),
                Cell::plain(safe(&job.summary)),
            ]);
        }
        let ends =
            "\nEnd an interrupted one with `tilldeck jobs finish ID` or `tilldeck jobs undo ID`\n";
        let is_interrupted = jobs.iter().any(|job| job.state == JobState::Interrupted);
        table.render() + if is_interrupted { ends } else { "" }
    }
}
