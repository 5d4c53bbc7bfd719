//! `create`: the plan of a store, what came of it, and the rows of a file.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::{collections::BTreeMap, fmt::Write as _};

use anstyle::AnsiColor;
use serde::Serialize;

use super::{
    error::ErrorBody,
    look::Look,
    names::Names,
    table::{Cell, Side, Table},
};
use crate::domain::{
    creation::{Choice, Created, Plan},
    database::{Database, DatabaseId},
    failure::Failure,
    index::IndexSpec,
    job::{Step, StepState},
    store::Store,
    text::{SafeText, safe},
};

/// One store that is planned or made.
#[derive(Debug, Serialize)]
pub struct CreateReport {
    store: StoreBody,
    database: String,
    collections: Vec<String>,
    /// The names of the indexes that each collection gets besides `_id`.
    indexes: BTreeMap<String, Vec<String>>,
    steps: Vec<StepBody>,
    plan_only: bool,
    /// Why this shard.
    why: String,
    /// Where each rule would put it.
    alternatives: Vec<Alternative>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StoreBody {
    store_id: String,
    name: String,
    prefix: String,
    database_id: u32,
}

#[derive(Debug, Serialize)]
struct StepBody {
    name: String,
    outcome: &'static str,
    took_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Alternative {
    strategy: &'static str,
    database: String,
    stores: u32,
    full: bool,
}

impl CreateReport {
    /// The plan for `--json`.
    pub fn planned(plan: &Plan, names: &Names) -> Self {
        let steps = ["checks".to_owned(), "registry record".to_owned()]
            .into_iter()
            .chain(plan.collections.iter().map(|one| format!("collection {}", one.name)))
            .chain(["verification".to_owned()]);
        let planned = |name| StepBody { name, outcome: "planned", took_ms: None };
        Self { steps: steps.map(planned).collect(), plan_only: true, ..Self::of(plan, names) }
    }

    /// What was made, for `--json`.
    pub fn made(plan: &Plan, created: &Created, names: &Names) -> Self {
        let step = |step: &Step| StepBody {
            name: step.name.clone(),
            outcome: step.state.name(),
            took_ms: step.took_ms,
        };
        let mut report = Self::of(plan, names);
        report.store.database_id = created.shard.get();
        names.of(Database::Shard(created.shard)).clone_into(&mut report.database);
        report.steps = created.steps.iter().map(step).collect();
        report.warnings.extend(created.warnings.iter().cloned());
        report
    }

    fn of(plan: &Plan, names: &Names) -> Self {
        let alternative = |placement: &crate::domain::placement::Placement| Alternative {
            strategy: placement.strategy.name(),
            database: names.of(Database::Shard(placement.shard)).to_owned(),
            stores: placement.target_count,
            full: placement.full,
        };
        let index_names = |one: &crate::domain::creation::PlannedCollection| {
            (one.name.clone(), one.indexes.iter().map(|index| index.name().to_owned()).collect())
        };
        Self {
            store: StoreBody {
                store_id: plan.store_id.clone(),
                name: plan.name.clone(),
                prefix: plan.prefix.clone(),
                database_id: plan.shard.get(),
            },
            database: names.of(Database::Shard(plan.shard)).to_owned(),
            collections: plan.collections.iter().map(|one| one.name.clone()).collect(),
            indexes: plan.collections.iter().map(index_names).collect(),
            steps: Vec::new(),
            plan_only: false,
            why: plan.why.clone(),
            alternatives: plan.alternatives.iter().map(alternative).collect(),
            warnings: plan.warnings.iter().map(ToString::to_string).collect(),
        }
    }

    /// The plan for people.
    pub fn plan_text(plan: &Plan, names: &Names, look: Look) -> String {
        let mut text = format!(
            "Store {} ({}), prefix {}\n",
            safe(&plan.store_id),
            safe(&plan.name),
            safe(&plan.prefix)
        );
        let database = safe(names.of(Database::Shard(plan.shard)));
        let _ = writeln!(text, "  in {database}: {}", safe(&plan.why));
        for other in &plan.alternatives {
            let is_chosen = plan.choice == Choice::Strategy(other.strategy);
            if is_chosen {
                continue;
            }
            let place = safe(names.of(Database::Shard(other.shard)));
            let full = if other.full { ", which is full" } else { "" };
            let name = other.strategy.name();
            let _ = writeln!(text, "  {name} would take {place}{full}");
        }
        text.push('\n');
        text.push_str(&collections(plan));
        for warning in &plan.warnings {
            let yellow = anstyle::Style::new().fg_color(Some(AnsiColor::Yellow.into()));
            let mark = look.warning();
            let _ = writeln!(text, "\n{yellow}{mark}{yellow:#} {}", safe(&warning.to_string()));
        }
        text
    }

    /// What was made, for people.
    pub fn made_text(plan: &Plan, created: &Created, names: &Names, look: Look) -> String {
        let database = safe(names.of(Database::Shard(created.shard)));
        let mut text = format!(
            "{}\nStore {} is in {database}\n",
            steps_text(&created.steps),
            safe(&plan.store_id)
        );
        for warning in &created.warnings {
            let _ = writeln!(text, "{} {}", look.warning(), safe(warning));
        }
        text
    }
}

/// Every step with its state and time, for people.
pub fn steps_text(steps: &[Step]) -> String {
    let mut table = Table::new(&[("STEP", Side::Left), ("", Side::Left), ("TIME", Side::Right)]);
    for step in steps {
        let colour = match step.state {
            StepState::Done => None,
            StepState::Failed => Some(AnsiColor::Red),
            _ => Some(AnsiColor::Yellow),
        };
        let took = step.took_ms.map_or_else(String::new, |took| format!("{took} ms"));
        table.row(vec![
            Cell::plain(safe(&step.name)),
            Cell::coloured(safe(step.state.name()), colour),
            Cell::plain(safe(&took)),
        ]);
    }
    table.render()
}

fn collections(plan: &Plan) -> String {
    let mut table =
        Table::new(&[("COLLECTION", Side::Left), ("INDEXES", Side::Left), ("", Side::Left)]);
    for one in &plan.collections {
        let indexes: Vec<&str> = one.indexes.iter().map(IndexSpec::name).collect();
        let indexes = if indexes.is_empty() { "-".to_owned() } else { indexes.join(", ") };
        let leftover = match (one.is_leftover, one.documents) {
            (false, _) => String::new(),
            (true, None) => "is there already".to_owned(),
            (true, Some(documents)) => format!("is there already, documents: {documents}"),
        };
        table.row(vec![
            Cell::plain(safe(&one.name)),
            Cell::plain(safe(&indexes)),
            Cell::coloured(safe(&leftover), Some(AnsiColor::Yellow)),
        ]);
    }
    table.render()
}

/// Warnings of a batch that are told to people.
const MOST_WARNINGS: usize = 8;
/// Lines that are named with a warning.
const MOST_LINES: usize = 5;

/// What came of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not begun.
    Planned,
    /// The store was made.
    Created,
    /// The store was there already, as the row describes it.
    Skipped,
    /// It failed, and is undone.
    Failed,
}

/// One row of a file.
#[derive(Debug, Clone, Serialize)]
pub struct BatchRow {
    line: u64,
    store_id: String,
    name: String,
    prefix: String,
    database_id: Option<u32>,
    database: Option<String>,
    outcome: Outcome,
    error: Option<ErrorBody>,
    #[serde(skip)]
    why: SafeText,
    /// What a person should know about it.
    warnings: Vec<String>,
}

impl BatchRow {
    /// A row whose store is there already.
    pub fn there(line: u64, store: &Store, names: &Names) -> Self {
        let text = |field: &Option<Box<str>>| field.as_deref().unwrap_or_default().to_owned();
        let database = store.route.database();
        Self {
            database_id: database.and_then(Database::id).map(DatabaseId::get),
            database: database.map(|database| names.of(database).to_owned()),
            ..Self::of(line, &text(&store.store_id), &text(&store.name), &text(&store.prefix))
        }
    }

    fn of(line: u64, store_id: &str, name: &str, prefix: &str) -> Self {
        Self {
            line,
            store_id: store_id.to_owned(),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            database_id: None,
            database: None,
            outcome: Outcome::Skipped,
            error: None,
            why: SafeText::default(),
            warnings: Vec::new(),
        }
    }

    /// A row whose store is to be made.
    pub fn planned(line: u64, plan: &Plan, names: &Names) -> Self {
        Self {
            database_id: Some(plan.shard.get()),
            database: Some(names.of(Database::Shard(plan.shard)).to_owned()),
            outcome: Outcome::Planned,
            warnings: plan.warnings.iter().map(ToString::to_string).collect(),
            ..Self::of(line, &plan.store_id, &plan.name, &plan.prefix)
        }
    }
}

/// The rows of a file, and what came of them.
#[derive(Debug, Serialize)]
pub struct BatchReport {
    rows: Vec<BatchRow>,
    created: usize,
    skipped: usize,
    failed: usize,
    /// Whether only the plan was asked for.
    pub plan_only: bool,
}

impl BatchReport {
    /// Every row as it is planned.
    pub fn new(rows: Vec<BatchRow>) -> Self {
        let skipped = rows.iter().filter(|row| row.outcome == Outcome::Skipped).count();
        Self { rows, created: 0, skipped, failed: 0, plan_only: false }
    }

    /// Notes what came of the row at an index.
    pub fn set(&mut self, index: usize, created: Result<Created, Failure>, names: &Names) {
        let Some(row) = self.rows.get_mut(index) else { return };
        match created {
            Ok(created) => {
                row.outcome = Outcome::Created;
                row.warnings = created.warnings;
                row.database_id = Some(created.shard.get());
                row.database = Some(names.of(Database::Shard(created.shard)).to_owned());
                self.created += 1;
            }
            Err(failure) => {
                row.outcome = Outcome::Failed;
                row.error = Some(ErrorBody::new(&failure));
                row.why = failure.message;
                self.failed += 1;
            }
        }
    }

    /// How many rows failed so far, in words; nothing where none did.
    pub fn failures(&self) -> String {
        if self.failed == 0 { String::new() } else { format!("{} failed", self.failed) }
    }

    /// Whether a row failed.
    pub const fn has_failed(&self) -> bool {
        self.failed > 0
    }

    /// The rows for people.
    pub fn text(&self, look: Look) -> String {
        let mut table = Table::new(&[
            ("LINE", Side::Right),
            ("STORE", Side::Left),
            ("PREFIX", Side::Left),
            ("DATABASE", Side::Left),
            ("", Side::Left),
        ]);
        for row in &self.rows {
            let (word, colour) = match row.outcome {
                Outcome::Planned => ("to be made", None),
                Outcome::Created => ("created", Some(AnsiColor::Green)),
                Outcome::Skipped => ("there already", None),
                Outcome::Failed => ("failed", Some(AnsiColor::Red)),
            };
            let outcome = match row.outcome {
                Outcome::Failed => safe(word).followed_by(": ", &row.why),
                _ => safe(word),
            };
            table.row(vec![
                Cell::plain(safe(&row.line.to_string())),
                Cell::plain(safe(&row.store_id)),
                Cell::plain(safe(&row.prefix)),
                Cell::plain(safe(row.database.as_deref().unwrap_or("-"))),
                Cell::coloured(outcome, colour),
            ]);
        }
        let (created, skipped, failed) = (self.created, self.skipped, self.failed);
        let dot = look.dot();
        let planned = self.rows.iter().filter(|row| row.outcome == Outcome::Planned).count();
        let planned =
            if planned > 0 { format!("{planned} to be made{dot}") } else { String::new() };
        format!(
            "{}{}\n{planned}{created} created{dot}{skipped} there already{dot}{failed} failed\n",
            table.render(),
            self.warnings(look)
        )
    }

    /// Each warning once, with the lines that it is about.
    fn warnings(&self, look: Look) -> String {
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in &self.rows {
            for warning in &row.warnings {
                lines.entry(warning).or_default().push(row.line.to_string());
            }
        }
        let mut text = String::new();
        let n_more = lines.len().saturating_sub(MOST_WARNINGS);
        for (warning, lines) in lines.into_iter().take(MOST_WARNINGS) {
            let mark = look.warning();
            let some = lines.iter().take(MOST_LINES).cloned().collect::<Vec<_>>().join(", ");
            let more = if lines.len() > MOST_LINES { ", …" } else { "" };
            let _ = writeln!(text, "\n{mark} {} (line {some}{more})", safe(warning));
        }
        if n_more > 0 {
            let _ = writeln!(text, "\n{} and {n_more} more warnings: see --json", look.warning());
        }
        text
    }
}
