//! The answers as lines: rows with what failed above them, totals, and bars.

use std::sync::Arc;

use bson::Bson;

use super::{
    super::{list::Extent, model::Model},
    QueryBoard, Shown,
};
use crate::domain::{
    chart::{Bar, bars},
    document::Tree,
    question::{Failed, Kind, Row, Target},
    shell,
    store::RecordId,
    text::{SafeText, safe, safe_shell},
};

/// Stores without the collection that have a line of their own.
const NAMED_ALONE: usize = 3;

/// One line of the answers.
#[derive(Debug, Clone)]
pub enum BoardLine<'a> {
    /// A store, or a database, that did not answer; and how many further stores for the same
    /// reason.
    Failed(&'a Failed, usize),
    /// Something to know about the answer, and which of the plan's targets it is about.
    Note(String, Option<usize>),
    /// A row of a store.
    Row(&'a Row),
}

impl QueryBoard {
    /// The lines of the answers: what failed first, then the rows.
    pub fn lines(&self) -> Vec<BoardLine<'_>> {
        let mut lines: Vec<BoardLine> = Vec::new();
        for failed in &self.failed {
            let same = lines.iter_mut().find_map(|line| match line {
                BoardLine::Failed(known, more)
                    if known.database == failed.database && known.failure == failed.failure =>
                {
                    Some(more)
                }
                _ => None,
            });
            match same {
                Some(more) => *more += 1,
                None => lines.push(BoardLine::Failed(failed, 0)),
            }
        }
        lines.extend(self.notes().into_iter().map(|(note, about)| BoardLine::Note(note, about)));
        lines.extend(self.rows.iter().map(BoardLine::Row));
        lines
    }

    fn notes(&self) -> Vec<(String, Option<usize>)> {
        let Some(outcome) = &self.outcome else {
            let failure = self.failure.iter();
            return failure.map(|failure| (failure.message.to_string(), None)).collect();
        };
        let targets = &self.plan.targets;
        let moved = outcome.changed.iter().map(|changed| {
            let about = targets.iter().position(|target| target.store_id == changed.store_id);
            (format!("{} has moved while it was asked: ask again", changed.store_id), about)
        });
        let mut notes: Vec<_> = moved.collect();
        let named = |index: usize| targets.get(index).map(|target| (index, target));
        let missing = outcome.missing.iter().filter_map(|index| named(*index));
        notes.extend(missing.clone().take(NAMED_ALONE).map(|(index, target)| {
            (format!("{} has no {}", target.store_id, target.collection), Some(index))
        }));
        if let [first, others @ ..] = &missing.skip(NAMED_ALONE).collect::<Vec<_>>()[..] {
            let rest = match others.len() {
                0 => " has".to_owned(),
                n => format!(" and {n} more have"),
            };
            let of_type = self.question.as_ref().map_or("", |question| question.of_type.as_str());
            notes.push((format!("{}{rest} no {of_type}", first.1.store_id), Some(first.0)));
        }
        notes
    }

    /// The lines, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        let len = match self.shown {
            Shown::Rows => self.lines().len(),
            Shown::Totals => self.totals().len(),
            Shown::Chart => self.bars().len(),
        };
        Extent { len, visible }
    }

    /// The totals as lines: of the fleet, then of each database.
    pub fn totals(&self) -> Vec<SafeText> {
        let Some(outcome) = &self.outcome else { return Vec::new() };
        if let Some(reason) = &outcome.totals_refused {
            return vec![safe(&format!("no totals: {reason}"))];
        }
        let Some(totals) = &outcome.totals else {
            return vec![safe("there are no totals of documents")];
        };
        let print = |row: &bson::Document| {
            let value = row.get("value").filter(|_| row.len() == 1).map(shell::print);
            value.unwrap_or_else(|| shell::print(&bson::Bson::Document(row.clone())))
        };
        let mut lines: Vec<SafeText> = vec![safe("the fleet")];
        lines.extend(totals.fleet.iter().map(|row| safe_shell(&format!("  {}", print(row)))));
        for (database, rows) in &totals.databases {
            let name = match database {
                crate::domain::database::Database::Main => "the main database".to_owned(),
                crate::domain::database::Database::Shard(id) => format!("shard {id}"),
            };
            lines.push(safe(&name));
            lines.extend(rows.iter().map(|row| safe_shell(&format!("  {}", print(row)))));
        }
        lines
    }

    /// The totals as bars; without groups, the numbers of the stores.
    pub fn bars(&self) -> Vec<Bar> {
        let totals = self.outcome.as_ref().and_then(|outcome| outcome.totals.as_ref());
        if let Some(totals) =
            totals.filter(|totals| totals.fleet.iter().any(|row| row.contains_key("_id")))
        {
            return bars(totals.fleet.iter().map(|row| (None, row)));
        }
        let rows: Vec<(&str, bson::Document)> = self
            .rows
            .iter()
            .filter_map(|row| {
                let target = self.plan.targets.get(row.target)?;
                Some((
                    target.store_id.as_str(),
                    bson::Document::try_from(row.document.as_ref()).ok()?,
                ))
            })
            .collect();
        bars(rows.iter().map(|(store, row)| (Some(*store), row)))
    }

    /// The row that is selected.
    pub fn selected(&self) -> Option<&Row> {
        match self.lines().get(self.cursor.row)? {
            BoardLine::Row(row) => Some(row),
            _ => None,
        }
    }

    /// The selected document, unfolded.
    pub fn tree(&self) -> Option<Tree> {
        let mut tree = Tree::new(Arc::new(self.selected()?.document.clone()));
        tree.unfold(0);
        Some(tree)
    }

    /// The collection of the selected row, and the `_id` of its document, where it is one.
    pub(super) fn place(&self) -> Option<(&Target, Bson)> {
        let question = self.question.as_ref().filter(|question| question.kind == Kind::Find)?;
        let row = self.selected().filter(|_| self.shown == Shown::Rows)?;
        let is_whole = !question.query.projection.contains_key("_id");
        let id = row.document.get("_id").ok().flatten().filter(|_| is_whole)?;
        Some((self.plan.targets.get(row.target)?, id.try_into().ok()?))
    }

    /// Whether the selected row can be opened in its store.
    pub fn can_open(&self) -> bool {
        self.place().is_some()
    }

    /// The record of the store on the selected line.
    pub(super) fn record(&self) -> Option<RecordId> {
        match self.lines().get(self.cursor.row)? {
            BoardLine::Row(row) => Some(self.plan.targets.get(row.target)?.record.clone()),
            BoardLine::Failed(failed, _) => {
                let target = self
                    .plan
                    .targets
                    .iter()
                    .find(|target| Some(&target.store_id) == failed.store_id.as_ref());
                Some(target?.record.clone())
            }
            BoardLine::Note(_, about) => Some(self.plan.targets.get((*about)?)?.record.clone()),
        }
    }
}

/// The selected row as Extended JSON with its store, or the line that is selected.
pub(in super::super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    let board = &model.query;
    match board.shown {
        Shown::Rows => {}
        Shown::Totals => {
            let lines: Vec<String> = board.totals().into_iter().map(String::from).collect();
            return Some((lines.join("\n"), "totals"));
        }
        Shown::Chart => {
            let lines: Vec<String> =
                board.bars().iter().map(|bar| format!("{}\t{}", bar.label, bar.figure)).collect();
            return Some((lines.join("\n"), "figures"));
        }
    }
    match board.lines().get(board.cursor.row)? {
        BoardLine::Row(row) => {
            let json = crate::domain::document::json::document(row.document.as_bytes());
            Some((crate::domain::text::safe_json(&json), "document"))
        }
        BoardLine::Failed(failed, _) => {
            Some((format!("{}; {}", failed.failure.message, failed.failure.hint), "cause"))
        }
        BoardLine::Note(note, _) => Some((safe(note).into(), "note")),
    }
}
