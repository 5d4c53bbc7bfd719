//! `find` and `tail`: documents, plans and changes.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::{fmt::Write as _, sync::Arc};

use bson::RawDocumentBuf;
use serde::Serialize;

use super::look::Look;
use crate::domain::{
    change::Change,
    document::{JsonForm, json::write},
    explain::Plan,
    format, shell,
    shell::dates,
    text::{safe, safe_json},
};

/// The page for `--json`: written as text, since a map would lose duplicate keys.
pub fn json(
    database: &str,
    collection: &str,
    documents: &[Arc<RawDocumentBuf>],
    (next, form): (Option<&str>, JsonForm),
) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = json_begin(database, collection);
    for (index, document) in documents.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(&mut text, document.as_bytes(), form);
    }
    let _ = write!(text, "],\"next\":{}}}", next.map_or_else(|| "null".to_owned(), quoted));
    text
}

/// What stands before the documents of a page.
pub fn json_begin(database: &str, collection: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "{{\"database\":{},\"collection\":{},\"documents\":[",
        quoted(database),
        quoted(collection)
    )
}

/// What stands behind them where all are there.
pub const JSON_END: &str = "],\"next\":null}\n";

/// The page for people: a document a line, in the syntax of the shell.
pub fn text(documents: &[Arc<RawDocumentBuf>]) -> String {
    documents.iter().fold(String::new(), |mut text, document| {
        let _ = writeln!(text, "{}", safe_json(&shell::raw_document(document.as_bytes())));
        text
    })
}

/// A plan for `--json`.
#[derive(Debug, Serialize)]
pub struct PlanReport {
    database: String,
    collection: String,
    plan: PlanBody,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PlanBody {
    stages: Vec<StageRow>,
    indexes: Vec<String>,
    collection_scan: bool,
    sort_in_memory: bool,
    returned: Option<u64>,
    documents_examined: Option<u64>,
    keys_examined: Option<u64>,
    took_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct StageRow {
    depth: usize,
    name: String,
    detail: String,
}

impl PlanReport {
    /// The plan for `--json`.
    pub fn new(database: &str, collection: &str, plan: &Plan) -> Self {
        let stage = |stage: &crate::domain::explain::Stage| StageRow {
            depth: stage.depth,
            name: stage.name.clone(),
            detail: stage.detail.clone(),
        };
        Self {
            database: database.to_owned(),
            collection: collection.to_owned(),
            plan: PlanBody {
                stages: plan.stages.iter().map(stage).collect(),
                indexes: plan.indexes.clone(),
                collection_scan: plan.scans_collection,
                sort_in_memory: plan.sorts_in_memory,
                returned: plan.run.map(|run| run.returned),
                documents_examined: plan.run.map(|run| run.documents),
                keys_examined: plan.run.map(|run| run.keys),
                took_ms: plan.run.map(|run| run.milliseconds),
            },
            warnings: plan.warnings(),
        }
    }

    /// The plan for people: the last step first, what it reads from below it.
    pub fn text(plan: &Plan, look: Look) -> String {
        let mut text = String::new();
        for stage in &plan.stages {
            let indent = " ".repeat(2 * stage.depth);
            let _ = writeln!(text, "{indent}{}  {}", safe(&stage.name), safe_json(&stage.detail));
        }
        if let Some(run) = plan.run {
            let _ = writeln!(
                text,
                "\n{} returned, {} documents and {} keys read, {} ms",
                format::count(run.returned),
                format::count(run.documents),
                format::count(run.keys),
                run.milliseconds
            );
        }
        for warning in plan.warnings() {
            let _ = writeln!(text, "{} {warning}", look.warning());
        }
        text
    }
}

/// One change on a line: as JSON, or for people.
pub fn change_line(change: &Change, is_json: bool) -> String {
    let at = change.at.and_then(|at| dates::to_text(at.timestamp_millis()));
    if is_json {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let extended = |document: Option<&RawDocumentBuf>| {
            document.map_or_else(
                || "null".to_owned(),
                |document| {
                    let mut text = String::new();
                    write(&mut text, document.as_bytes(), JsonForm::Relaxed);
                    text
                },
            )
        };
        return format!(
            "{{\"at\":{},\"operation\":{},\"collection\":{},\"key\":{},\"document\":{},\"update\":{}}}",
            at.as_deref().map_or_else(|| "null".to_owned(), quoted),
            quoted(&change.operation),
            quoted(&change.collection),
            extended(Some(&change.key)),
            extended(change.document.as_ref()),
            extended(change.update.as_ref()),
        );
    }
    let at = at.unwrap_or_default();
    let (operation, collection) = (safe(&change.operation), safe(&change.collection));
    format!(
        "{at}  {operation:<8}  {collection}  {}  {}\n",
        safe_json(&change.id()),
        safe_json(&change.what())
    )
}
