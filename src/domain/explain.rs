//! The server's plan for a query, made readable, with what should worry about it.

use bson::{Bson, Document};

use super::format;

#[cfg(test)]
mod tests;

/// The plan of one query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// From the last step to the first, as the server nests them.
    pub stages: Vec<Stage>,
    /// The indexes that it reads, without repetition.
    pub indexes: Vec<String>,
    /// Whether it reads every document of a collection.
    pub scans_collection: bool,
    /// Whether every document is also wanted: such a scan has no filter.
    pub wants_all: bool,
    /// The index that it goes through as a whole, to look at every document for itself.
    pub walked: Option<String>,
    /// Whether it sorts what it has read, instead of reading it in order.
    pub sorts_in_memory: bool,
    /// Whether the server says of every index that it reads that no key came from an array;
    /// `None` where it reads no index.
    pub holds_no_array: Option<bool>,
    /// What happened when it ran; `None` where it was only planned.
    pub run: Option<Run>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// How deep it is nested; the last step is at 0.
    pub depth: usize,
    /// The server's name, such as `IXSCAN`.
    pub name: String,
    /// What it works with, as text of the database.
    pub detail: String,
}

/// Figures of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Documents that it gave.
    pub returned: u64,
    /// Documents that it read for that.
    pub documents: u64,
    /// Index keys that it read for that.
    pub keys: u64,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Documents read for each one returned, above which a query deserves a warning.
const READ_PER_RETURNED: u64 = 10;
/// Documents that must have been read before that matters.
const WORTH_A_WARNING: u64 = 1_000;
/// Deepest plan that is followed.
const DEEPEST: usize = 60;

impl Plan {
    /// Reads the server's answer to `explain`, of a find or an aggregation.
    pub fn read(answer: &Document) -> Self {
        let mut plan = Self::default();
        plan.part(answer, 0);
        plan
    }

    fn part(&mut self, part: &Document, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        if let Ok(stages) = part.get_array("stages") {
            self.pipeline(stages, depth);
        }
        if let Ok(shards) = part.get_document("shards") {
            for (_, shard) in shards {
                if let Bson::Document(shard) = shard {
                    self.part(shard, depth);
                }
            }
        }
        if let Ok(planner) = part.get_document("queryPlanner")
            && let Ok(winner) = planner.get_document("winningPlan")
        {
            self.node(winner, depth);
        }
        if let Ok(stats) = part.get_document("executionStats") {
            self.figures(stats);
        }
    }

    /// The stages of an aggregation; the first one holds the plan of what is read.
    fn pipeline(&mut self, stages: &[Bson], depth: usize) {
        for stage in stages.iter().rev().filter_map(Bson::as_document) {
            let Some((name, content)) = stage.iter().next() else { continue };
            if name == "$cursor" {
                if let Bson::Document(cursor) = content {
                    self.part(cursor, depth);
                }
                continue;
            }
            self.sorts_in_memory |= name == "$sort";
            let detail = super::shell::print(content);
            self.stages.push(Stage { depth, name: name.clone(), detail });
        }
    }

    fn node(&mut self, node: &Document, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        // The newer engine nests its plan once more.
        if let Ok(inner) = node.get_document("queryPlan") {
            return self.node(inner, depth);
        }
        let name = node.get_str("stage").unwrap_or("?");
        if name == "COLLSCAN" {
            self.scans_collection = true;
            self.wants_all = !node.get_document("filter").is_ok_and(|filter| !filter.is_empty());
        }
        self.sorts_in_memory |= name == "SORT";
        if self.walked.is_none() {
            self.walked = walked(node).map(ToOwned::to_owned);
        }
        if name == "IXSCAN" {
            let others = self.holds_no_array.unwrap_or(true);
            self.holds_no_array = Some(others && holds_no_array(node));
        }
        if let Ok(index) = node.get_str("indexName")
            && !self.indexes.iter().any(|known| known == index)
        {
            self.indexes.push(index.to_owned());
        }
        if node.contains_key("stage") {
            self.stages.push(Stage { depth, name: name.to_owned(), detail: detail(node) });
        }
        let below = depth + usize::from(node.contains_key("stage"));
        for (key, value) in node {
            match (key.as_str(), value) {
                (
                    "inputStage" | "outerStage" | "innerStage" | "thenStage" | "elseStage"
                    | "winningPlan",
                    Bson::Document(input),
                ) => self.node(input, below),
                ("inputStages" | "shards", Bson::Array(inputs)) => {
                    for input in inputs.iter().filter_map(Bson::as_document) {
                        self.node(input, below);
                    }
                }
                _ => {}
            }
        }
    }

    fn figures(&mut self, stats: &Document) {
        let figure = |name: &str| stats.get(name).and_then(number);
        let (Some(returned), Some(documents)) = (figure("nReturned"), figure("totalDocsExamined"))
        else {
            return;
        };
        let before =
            self.run.unwrap_or(Run { returned: 0, documents: 0, keys: 0, milliseconds: 0 });
        self.run = Some(Run {
            returned: before.returned + returned,
            documents: before.documents + documents,
            keys: before.keys + figure("totalKeysExamined").unwrap_or(0),
            milliseconds: before.milliseconds.max(figure("executionTimeMillis").unwrap_or(0)),
        });
    }

    /// Whether it reads far more than it gives where there are many documents.
    pub const fn is_costly(&self) -> bool {
        self.scans_collection || self.walked.is_some() || self.sorts_in_memory
    }

    /// What should worry a person, the worst first; empty for a good plan.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.scans_collection {
            let why =
                if self.wants_all { "there is no filter" } else { "no index serves the query" };
            warnings.push(format!("{why}: every document of the collection is read"));
        }
        if let Some(index) = &self.walked {
            warnings.push(format!(
                "no index serves the filter: documents are read in the order of `{index}`, until \
                 enough of them match"
            ));
        }
        if self.sorts_in_memory {
            warnings.push("no index serves the sort: everything found is sorted in memory, and again for each page".to_owned());
        }
        if let Some(run) = self.run
            && run.documents >= WORTH_A_WARNING
            && run.documents / READ_PER_RETURNED > run.returned
        {
            warnings.push(format!(
                "{} documents were read to give {}",
                format::count(run.documents),
                format::count(run.returned)
            ));
        }
        warnings
    }
}

/// The index behind all of whose keys the documents are looked at one by one.
fn walked(node: &Document) -> Option<&str> {
    let is_all = |bounds: &Bson| {
        let text = bounds.as_array().and_then(|bounds| bounds.first()?.as_str());
        matches!(text, Some("[MinKey, MaxKey]" | "[MaxKey, MinKey]"))
    };
    node.get_document("filter").ok().filter(|filter| !filter.is_empty())?;
    let scan = node.get_document("inputStage").ok()?;
    let bounds = scan.get_document("indexBounds").ok()?;
    bounds.values().all(is_all).then(|| scan.get_str("indexName").ok())?
}

/// Whether the index of a scan knows that no document has an array on the way to a key. Those
/// from before MongoDB 3.4 do not know it of arrays with one element.
fn holds_no_array(scan: &Document) -> bool {
    let is_none = |paths: &Bson| paths.as_array().is_some_and(Vec::is_empty);
    scan.get_bool("isMultiKey").is_ok_and(|is| !is)
        && scan.get_document("multiKeyPaths").is_ok_and(|paths| paths.values().all(is_none))
}

/// What a stage works with, in the syntax of the shell.
fn detail(node: &Document) -> String {
    let mut parts = Vec::new();
    for name in [
        "indexName",
        "namespace",
        "direction",
        "sortPattern",
        "limitAmount",
        "skipAmount",
        "transformBy",
        "filter",
        "indexBounds",
    ] {
        match node.get(name) {
            None => {}
            Some(Bson::String(text)) if name == "direction" && text == "forward" => {}
            Some(Bson::String(text)) => parts.push(text.clone()),
            Some(value) if name == "limitAmount" || name == "skipAmount" => {
                parts.push(value.to_string());
            }
            Some(value) => parts.push(format!("{} {}", word(name), super::shell::print(value))),
        }
    }
    parts.join("  ")
}

fn word(name: &str) -> &str {
    match name {
        "sortPattern" => "by",
        "transformBy" => "to",
        "indexBounds" => "bounds",
        other => other,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and figures are not negative"
)]
fn number(value: &Bson) -> Option<u64> {
    match value {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        Bson::Double(number) => Some(*number as u64),
        _ => None,
    }
}
