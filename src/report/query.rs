//! `query`: rows of many stores, what failed, and totals.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use bson::{Bson, Document, RawDocument, RawDocumentBuf};
use serde::Serialize;
use serde_json::Value;

use super::{
    error::ErrorBody,
    look::Look,
    names::Names,
    table::{Cell, Side, Table},
};
use crate::domain::{
    chart::{Bar, bars, eighths},
    database::Database,
    document::{JsonForm, json::write},
    failure::{Failure, FailureKind},
    format,
    question::{Changed, Failed, Kind, Outcome, Plan, Question, Target, Totals},
    shell,
    text::{SafeText, safe, safe_json},
};

/// Cells of the longest bar of a chart.
const BAR: usize = 40;
/// Parts of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Failures that are told one by one before they are counted.
const TOLD: usize = 5;

/// What follows the rows under `--json`.
#[derive(Debug, Serialize)]
pub struct QueryReport {
    failed: Vec<FailedRow>,
    complete: bool,
    limited: bool,
    totals: Option<TotalsBody>,
    totals_refused: Option<String>,
    changed: Vec<ChangedRow>,
    missing: Vec<MissingRow>,
    shared: Vec<SharedRow>,
    plan: Vec<PlanRow>,
}

#[derive(Debug, Serialize)]
struct FailedRow {
    store_id: Option<String>,
    database: Option<String>,
    error: ErrorBody,
}

#[derive(Debug, Serialize)]
struct TotalsBody {
    fleet: Value,
    databases: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct ChangedRow {
    store_id: String,
    asked: PlaceBody,
    now: Option<PlaceBody>,
}

#[derive(Debug, Serialize)]
struct PlaceBody {
    database: String,
    collection: String,
}

/// A store without a collection that each store must have.
#[derive(Debug, Serialize)]
struct MissingRow {
    store_id: String,
    #[serde(flatten)]
    place: PlaceBody,
}

/// Stores whose records lead to one collection, which was asked once.
#[derive(Debug, Serialize)]
struct SharedRow {
    collection: String,
    database: String,
    store_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PlanRow {
    database: String,
    stores: u64,
    commands: u64,
}

impl QueryReport {
    /// The report of an answer.
    pub fn new(
        (plan, kind): (&Plan, &Kind),
        outcome: &Outcome,
        (names, form): (&Names, JsonForm),
    ) -> Self {
        let place = |(database, collection): &(Database, String)| PlaceBody {
            database: names.of(*database).to_owned(),
            collection: collection.clone(),
        };
        let failed = |failed: &Failed| FailedRow {
            store_id: failed.store_id.clone(),
            database: failed.database.map(|database| names.of(database).to_owned()),
            error: ErrorBody::new(&failed.failure),
        };
        let changed = |changed: &Changed| ChangedRow {
            store_id: changed.store_id.clone(),
            asked: place(&changed.asked),
            now: changed.now.as_ref().map(place),
        };
        Self {
            failed: outcome.failed.iter().map(failed).collect(),
            complete: outcome.is_complete(),
            limited: outcome.limited,
            totals: outcome
                .totals
                .as_ref()
                .map(|totals| TotalsBody::new(totals, kind, (names, form))),
            totals_refused: outcome.totals_refused.clone(),
            changed: outcome.changed.iter().map(changed).collect(),
            missing: missing(plan, outcome)
                .map(|target| MissingRow {
                    store_id: target.store_id.clone(),
                    place: place(&(target.database, target.collection.clone())),
                })
                .collect(),
            ..Self::of_plan(plan, names)
        }
    }

    /// The report of a plan alone: nothing was asked.
    pub fn of_plan(plan: &Plan, names: &Names) -> Self {
        let shared = plan.targets.iter().filter(|target| !target.shared_with.is_empty());
        let shared = shared.map(|target| SharedRow {
            collection: target.collection.clone(),
            database: names.of(target.database).to_owned(),
            store_ids: [&target.store_id].into_iter().chain(&target.shared_with).cloned().collect(),
        });
        let commands = plan.commands().into_iter().map(|(database, commands)| PlanRow {
            database: names.of(database).to_owned(),
            stores: commands.saturating_sub(1),
            commands,
        });
        let failed = plan.failed.iter().map(|failed| FailedRow {
            store_id: failed.store_id.clone(),
            database: failed.database.map(|database| names.of(database).to_owned()),
            error: ErrorBody::new(&failed.failure),
        });
        Self {
            failed: failed.collect(),
            complete: false,
            limited: false,
            totals: None,
            totals_refused: None,
            changed: Vec::new(),
            missing: Vec::new(),
            shared: shared.collect(),
            plan: commands.collect(),
        }
    }

    /// What follows the rows, without the first brace.
    pub fn rest(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.strip_prefix('{').unwrap_or_default().to_owned()
    }
}

fn missing<'a>(plan: &'a Plan, outcome: &'a Outcome) -> impl Iterator<Item = &'a Target> {
    outcome.missing.iter().filter_map(|index| plan.targets.get(*index))
}

impl TotalsBody {
    fn new(totals: &Totals, kind: &Kind, (names, form): (&Names, JsonForm)) -> Self {
        let databases = totals.databases.iter().map(|(database, rows)| {
            let mut body = of_rows(rows, kind, form);
            if let Value::Object(fields) = &mut body {
                fields.insert("database".to_owned(), names.of(*database).into());
            }
            body
        });
        Self { fleet: of_rows(&totals.fleet, kind, form), databases: databases.collect() }
    }
}

/// A count as it is, values as a list, groups as a list.
fn of_rows(rows: &[Document], kind: &Kind, form: JsonForm) -> Value {
    let written = |value: Bson| match form {
        JsonForm::Relaxed => value.into_relaxed_extjson(),
        JsonForm::Canonical => value.into_canonical_extjson(),
    };
    let extended = |row: &Document| written(Bson::Document(row.clone()));
    match (kind, rows) {
        (Kind::Distinct(_), rows) => {
            let values = rows.iter().filter_map(|row| row.get("value").cloned());
            serde_json::json!({"values": values.map(written).collect::<Vec<_>>()})
        }
        // Of a count, or of what a stage has counted.
        (_, [one]) if !one.contains_key("_id") => extended(one),
        (_, rows) => serde_json::json!({"groups": rows.iter().map(extended).collect::<Vec<_>>()}),
    }
}

/// One row for `--json`.
pub fn row_json(
    (store_id, database): (&str, &str),
    document: &RawDocument,
    form: JsonForm,
) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = format!(
        "{{\"store_id\":{},\"database\":{},\"document\":",
        quoted(store_id),
        quoted(database)
    );
    write(&mut text, document.as_bytes(), form);
    text.push('}');
    text
}

/// One row for people.
pub fn row_text((store_id, database): (&str, &str), document: &RawDocument) -> String {
    let document = safe_json(&shell::raw_document(document.as_bytes()));
    format!("{}  {}  {document}\n", safe(store_id), safe(database))
}

/// How many commands will go where, on one line.
pub fn plan_line(plan: &Plan, names: &Names) -> SafeText {
    let commands = plan.commands();
    let parts: Vec<String> =
        commands.iter().map(|(database, n)| format!("{} {n}", names.of(*database))).collect();
    let (total, stores) = (commands.values().sum::<u64>(), plan.targets.len() as u64);
    safe(&format!(
        "asking {} stores with {} commands: {}",
        format::count(stores),
        format::count(total),
        parts.join(", ")
    ))
}

/// The plan for people, and what cannot be asked.
pub fn plan_text(plan: &Plan, names: &Names) -> String {
    let mut table =
        Table::new(&[("DATABASE", Side::Left), ("STORES", Side::Right), ("COMMANDS", Side::Right)]);
    for (database, commands) in plan.commands() {
        table.row(vec![
            Cell::plain(safe(names.of(database))),
            Cell::plain(safe(&format::count(commands.saturating_sub(1)))),
            Cell::plain(safe(&format::count(commands))),
        ]);
    }
    let mut text = table.render();
    for failed in &plan.failed {
        let _ = writeln!(text, "cannot be asked: {}", failed.failure.message);
    }
    text
}

/// Totals for people; empty where there are none.
pub fn totals_text(outcome: &Outcome, names: &Names) -> String {
    let mut text = String::new();
    if let Some(reason) = &outcome.totals_refused {
        let _ = writeln!(text, "\nno totals: {}", safe(reason));
    }
    let Some(totals) = &outcome.totals else { return text };
    let printed = |row: &Document| {
        let row = if row.len() == 1 { row.get("value").map(shell::print) } else { None }
            .unwrap_or_else(|| shell::print(&Bson::Document(row.clone())));
        safe_json(&row)
    };
    text.push_str("\ntotals\n");
    let counts = |rows: &[Document]| matches!(rows, [one] if !one.contains_key("_id") && !one.contains_key("value"));
    if counts(&totals.fleet) {
        for (database, rows) in &totals.databases {
            let _ = writeln!(
                text,
                "  {}  {}",
                safe(names.of(*database)),
                rows.first().map(printed).unwrap_or_default()
            );
        }
    }
    for row in &totals.fleet {
        let _ = writeln!(text, "  fleet  {}", printed(row));
    }
    text
}

/// What went wrong, a line each; many failures of one database for one reason are one line.
pub fn trouble_lines(plan: &Plan, outcome: &Outcome, names: &Names, look: Look) -> Vec<SafeText> {
    let mut lines = Vec::new();
    let mut told: Vec<(&Failure, Option<Database>, Vec<&str>)> = Vec::new();
    for failed in &outcome.failed {
        let store = failed.store_id.as_deref().unwrap_or("the registry");
        match told.iter_mut().find(|(known, database, _)| {
            (known.kind, &known.message, *database)
                == (failed.failure.kind, &failed.failure.message, failed.database)
        }) {
            Some((_, _, stores)) => stores.push(store),
            None => told.push((&failed.failure, failed.database, vec![store])),
        }
    }
    let mut say = |text: String| lines.push(safe(&text));
    for (failure, database, stores) in told {
        let database = database.map_or("no database", |database| names.of(database));
        let more = stores.len().saturating_sub(TOLD);
        let named = stores.iter().take(TOLD).copied().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        say(format!(
            "{} {database}: {} ({named}{more})",
            look.cross(),
            failure.message.as_str().replace('\\', "/")
        ));
    }
    for changed in &outcome.changed {
        let to = changed.now.as_ref().map_or("is gone".to_owned(), |(database, collection)| {
            format!("leads to {collection} in {} now", names.of(*database))
        });
        say(format!(
            "{} {} was asked in {}, but its record {to}",
            look.cross(),
            changed.store_id,
            names.of(changed.asked.0)
        ));
    }
    for target in missing(plan, outcome) {
        say(format!(
            "{} {} has no {} in {}; ask `tilldeck why` where it is",
            look.warning(),
            target.store_id,
            target.collection,
            names.of(target.database)
        ));
    }
    for target in plan.targets.iter().filter(|target| !target.shared_with.is_empty()) {
        say(format!(
            "{} {} was asked once for {} stores: {}, {}",
            look.warning(),
            target.collection,
            target.shared_with.len() + 1,
            target.store_id,
            target.shared_with.join(", ")
        ));
    }
    if outcome.limited {
        say(format!("{} there are more rows than the limit; raise --limit", look.warning()));
    }
    if !outcome.is_complete() {
        say(format!("{} the answer is not complete", look.cross()));
    }
    lines
}

/// Totals as bars; without totals, the rows.
///
/// # Errors
///
/// `usage` where no row has a number.
pub fn chart_text(
    question: &Question,
    outcome: &Outcome,
    rows: &[(String, &RawDocumentBuf)],
    look: Look,
) -> Result<String, Failure> {
    let documents: Vec<(Option<String>, Document)> = match &outcome.totals {
        Some(totals) if totals.fleet.iter().any(|row| row.contains_key("_id")) => {
            totals.fleet.iter().map(|row| (None, row.clone())).collect()
        }
        _ => {
            let document = |(store, row): &(String, &RawDocumentBuf)| {
                Some((Some(store.clone()), Document::try_from(row.as_ref()).ok()?))
            };
            rows.iter().filter_map(document).collect()
        }
    };
    let bars = bars(documents.iter().map(|(label, row)| (label.as_deref(), row)));
    if bars.is_empty() {
        return Err(Failure::new(
            FailureKind::Usage,
            &format!(
                "there is no number to draw in the {} rows of `{}`",
                rows.len(),
                question.of_type.as_str()
            ),
            "Ask for a count, or for a `$group` with a `$sum`",
        ));
    }
    let width = bars.iter().map(|bar| bar.label.width()).max().unwrap_or(0).min(30);
    let mut text = String::new();
    for bar in &bars {
        let label = bar.label.cut(width, "…");
        let pad = " ".repeat(width.saturating_sub(label.width()));
        let _ = writeln!(text, "{label}{pad}  {:<BAR$}  {}", drawn(bar, &bars, look), bar.figure);
    }
    Ok(text)
}

fn drawn(bar: &Bar, bars: &[Bar], look: Look) -> String {
    let eighths = eighths(bar, bars, BAR);
    if look.ascii {
        return "#".repeat(eighths.div_ceil(8));
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
