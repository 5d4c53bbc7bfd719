//! Many stores from a file: every row is checked before the first store is made.

use std::{collections::HashMap, io::Read as _, path::Path, sync::Arc};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use super::{Args, Situation, choice, fault_text};
use crate::{
    cli::{
        fleet::{Session, interrupted, with_fleet, writing},
        output::{Answer, Output},
        to_json,
    },
    config::Config,
    domain::{
        creation::{Choice, Draft, Plan},
        failure::{Failure, FailureKind},
        job::Progress,
        placement::Strategy,
        registry::Registry,
        store::Store,
        text::{SafeText, safe},
    },
    jobs::{self, create::Creator},
    mongo::gate::Gate,
    report::create::{BatchReport, BatchRow},
};

/// Faults that are told at once.
const MOST_FAULTS: usize = 20;

/// One row as the file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default, alias = "storeId")]
    store_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    database: Option<Value>,
    #[serde(default)]
    placement: Option<String>,
}

/// What is to be done for one row.
enum Task {
    /// The store is there already, as the row describes it.
    Skip,
    Make(Box<Plan>),
}

/// Makes the stores of a file.
///
/// # Errors
///
/// The file cannot be read, or rows cannot be used: nothing is done then.
pub(super) fn run(
    file: &Path,
    args: &Args,
    config: &Config,
    output: Output,
) -> Result<Answer, Failure> {
    let rows = read(file)?;
    with_fleet(config, async |session| {
        let situation = Situation::of(session).await?;
        let tasks = plan_all(rows, situation, (args, config, session))?;
        let mut report = BatchReport::new(tasks.iter().map(|(row, _)| row.clone()).collect());
        let text = report.text(session.look);
        if args.consent.plan {
            report.plan_only = true;
            return Ok(Answer::done(to_json(&report)?, text));
        }
        let n_new = tasks.iter().filter(|(_, task)| matches!(task, Task::Make(_))).count();
        args.consent.ask(&text, &format!("Create {n_new} stores?"), output)?;
        make_all(&tasks, &mut report, config, session).await;
        let text = report.text(session.look);
        let done = Answer::done(to_json(&report)?, text);
        Ok(match interrupted() {
            None => Answer { code: u8::from(report.has_failed()), ..done },
            Some(code) => {
                let warning = safe("interrupted; the same command goes on where it ended");
                Answer { code, warnings: vec![warning], ..done }
            }
        })
    })
}

async fn make_all(
    tasks: &[(BatchRow, Task)],
    report: &mut BatchReport,
    config: &Config,
    session: &Session,
) {
    let bar = bar(tasks.len());
    let creator = Creator::new(session.fleet.clone(), Gate::new(config.read_only));
    for (index, (_, task)) in tasks.iter().enumerate() {
        // What is left out here is made by running the same file again.
        if interrupted().is_some() {
            break;
        }
        if let Task::Make(plan) = task {
            jobs::die_if_asked(&format!("row {}", index + 1));
            let (progress, _) = watch::channel(Progress::default());
            let created = writing(creator.run(plan, &progress)).await;
            report.set(index, created, &session.names);
            bar.set_message(report.failures());
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
}

fn bar(n_rows: usize) -> ProgressBar {
    let length = u64::try_from(n_rows).unwrap_or(u64::MAX);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {msg}");
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Plans every row, each as if those before it were made.
fn plan_all(
    rows: Vec<(u64, Row)>,
    mut situation: Situation,
    (args, config, session): (&Args, &Config, &Session),
) -> Result<Vec<(BatchRow, Task)>, Failure> {
    let mut tasks = Vec::new();
    let mut faults = Vec::new();
    let registry = Arc::clone(&situation.registry);
    let there = there(&registry);
    for (line, row) in rows {
        if let Some(store) = there.get(&names_of(&row)) {
            tasks.push((BatchRow::there(line, store, &session.names), Task::Skip));
            continue;
        }
        let planned = draft(&row, (args, config, session)).and_then(|draft| {
            situation.plan(&draft, session).map_err(|faults| {
                let texts: Vec<String> = faults.iter().map(fault_text).collect();
                Failure::new(FailureKind::Usage, &texts.join("; "), "")
            })
        });
        match planned {
            Ok(plan) => {
                situation.taken.add(&plan.store_id, &plan.prefix);
                situation.occupancy.add_store(plan.shard);
                tasks.push((
                    BatchRow::planned(line, &plan, &session.names),
                    Task::Make(Box::new(plan)),
                ));
            }
            Err(failure) => {
                faults.push(safe(&format!("line {line}: ")).followed_by("", &failure.message));
            }
        }
    }
    if faults.is_empty() { Ok(tasks) } else { Err(refused(&faults)) }
}

fn refused(faults: &[SafeText]) -> Failure {
    let told = faults.iter().take(MOST_FAULTS).cloned();
    let more = faults.len().saturating_sub(MOST_FAULTS);
    let more = (more > 0).then(|| safe(&format!("and {more} more")));
    let message = told.chain(more).reduce(|told, next| told.followed_by("; ", &next));
    Failure {
        message: message.unwrap_or_default(),
        ..Failure::new(FailureKind::Usage, "", "Mend the file; nothing was done")
    }
}

/// The storeId, name and prefix that a row gives, without blanks around them.
fn names_of(row: &Row) -> [&str; 3] {
    [row.store_id.trim(), row.name.trim(), row.prefix.trim()]
}

/// Every store that the registry has by its storeId, name and prefix, also from an earlier
/// run of the same file.
fn there(registry: &Registry) -> HashMap<[&str; 3], &Store> {
    let stores = registry.stores.iter();
    let names = stores.filter_map(|store| {
        let names = [store.store_id.as_deref()?, store.name.as_deref()?, store.prefix.as_deref()?];
        Some((names, store.as_ref()))
    });
    names.collect()
}

fn draft(row: &Row, (args, config, session): (&Args, &Config, &Session)) -> Result<Draft, Failure> {
    let own = row.database.as_ref().map(database).transpose()?.flatten();
    let placement = row.placement.as_deref().filter(|name| !name.is_empty());
    // What the row says goes before what the command line says for all rows.
    let choice = match (own, placement) {
        (Some(_), Some(_)) => {
            let message = "a database and a placement exclude each other";
            return Err(Failure::new(FailureKind::Usage, message, ""));
        }
        (Some(own), None) => choice(Some(&own), None, config, session)?,
        (None, Some(name)) => Choice::Strategy(strategy(name)?),
        (None, None) => choice(args.database.as_deref(), args.placement, config, session)?,
    };
    Ok(Draft {
        store_id: row.store_id.clone(),
        name: row.name.clone(),
        prefix: row.prefix.clone(),
        choice,
        without_indexes: args.without_indexes,
    })
}

/// The number or the name of the shard that a row asks for.
fn database(value: &Value) -> Result<Option<String>, Failure> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        other => {
            let message = format!("`{other}` is no shard of this fleet");
            Err(Failure::new(FailureKind::Usage, &message, ""))
        }
    }
}

fn strategy(name: &str) -> Result<Strategy, Failure> {
    Strategy::ALL.into_iter().find(|strategy| strategy.name() == name).ok_or_else(|| {
        let names = Strategy::ALL.map(Strategy::name).join(", ");
        Failure::new(FailureKind::Usage, &format!("`{name}` is no placement: {names}"), "")
    })
}

/// The rows of a file with their line numbers, which count from 1.
fn read(file: &Path) -> Result<Vec<(u64, Row)>, Failure> {
    let shown = file.display().to_string();
    let mut text = String::new();
    let read = if shown == "-" {
        std::io::stdin().read_to_string(&mut text)
    } else {
        fs_err::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| {
        let message = format!("`{shown}` cannot be read: {}", error.kind());
        Failure::new(FailureKind::Io, &message, "Name a file with one store a line")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let rows = if text.trim_start().starts_with('{') { json_lines(text) } else { csv(text) }?;
    if rows.is_empty() {
        let message = format!("`{shown}` holds no store");
        return Err(Failure::new(FailureKind::Usage, &message, "Write one store a line"));
    }
    Ok(rows)
}

fn json_lines(text: &str) -> Result<Vec<(u64, Row)>, Failure> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let row = serde_json::from_str(line);
            row.map(|row| (number, row)).map_err(|error| unreadable(number, &error.to_string()))
        })
        .collect()
}

fn csv(text: &str) -> Result<Vec<(u64, Row)>, Failure> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let headers = reader.headers().map_err(|error| unreadable(1, &error.to_string()))?.clone();
    for record in reader.records() {
        let record = record.map_err(|error| {
            unreadable(error.position().map_or(0, csv::Position::line), &error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&headers));
        rows.push((line, row.map_err(|error| unreadable(line, &error.to_string()))?));
    }
    Ok(rows)
}

fn unreadable(line: u64, error: &str) -> Failure {
    Failure::new(
        FailureKind::Usage,
        &format!("line {line} cannot be read: {error}"),
        "Use the columns store_id, name, prefix, and optionally database and placement",
    )
}
