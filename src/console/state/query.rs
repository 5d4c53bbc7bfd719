//! One question to many stores: the form, and the answers as they come.

use std::sync::Arc;

use tui_input::Input;

use super::{
    action::Action,
    command::{Command, RequestId},
    documents::{
        self,
        bar::{Recalled, load_history},
    },
    model::{ListCursor, Model, Top},
    stores,
    textfield::Completing,
};
use crate::domain::{
    database::CollectionType,
    failure::{Failure, FailureKind},
    format,
    query::Mistake,
    question::{Failed, Outcome, Plan, Question, Row, Selection, Told},
};

mod answers;
pub mod export;
mod form;
#[cfg(test)]
mod tests;

pub(super) use self::answers::copied;
pub(super) use self::form::{ask_saved, focus, paste, take_key};
pub use self::{answers::BoardLine, form::has_keys};
use self::{
    export::RowsExport,
    form::{of_type, planned, preview},
};

/// Most rows that the screen keeps.
pub const MOST_ROWS: u64 = 10_000;
/// Bytes of rows above which no more are asked for: a console that stays open for days holds
/// what it shows.
const MOST_BYTES: usize = 64_000_000;
/// Rows in all, unless it is said.
const ROWS: &str = "100";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asked {
    /// Documents.
    #[default]
    Find,
    /// How many match.
    Count,
    /// The values of a field.
    Distinct,
    /// An aggregation.
    Aggregate,
}

impl Asked {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Find, Self::Count, Self::Distinct, Self::Aggregate];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Count => "count",
            Self::Distinct => "distinct",
            Self::Aggregate => "aggregate",
        }
    }
}

/// Which stores are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of them.
    #[default]
    All,
    /// Those that are marked in the list.
    Marked,
    /// Those that the list shows.
    Shown,
    /// Those of the selected store's database.
    Database,
    /// Those that the saved query names.
    Saved,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormPart {
    /// The collection type.
    Type,
    /// What is asked.
    Asked,
    /// Which stores.
    Stores,
    /// The filter, or the stages.
    #[default]
    Filter,
    /// The order, or the field whose values are asked for.
    Second,
    /// Which fields.
    Projection,
    /// Most rows.
    Limit,
}

/// What the answers are shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// The rows of the stores.
    #[default]
    Rows,
    /// The totals of the fleet.
    Totals,
    /// Bars.
    Chart,
}

/// The question and its answers.
#[derive(Debug, Default)]
pub struct QueryBoard {
    /// Which of the layout's types.
    pub of_type: usize,
    /// What is asked.
    pub asked: Asked,
    /// Which stores.
    pub scope: Scope,
    /// The stores of the saved query that was asked last, if it names any.
    pub saved: Option<Selection>,
    /// Filter, or stages of an aggregation.
    pub filter: Input,
    /// The stages of an aggregation.
    pub pipeline: Input,
    /// The order.
    pub sort: Input,
    /// The field whose values are asked for.
    pub field: Input,
    /// Which fields.
    pub projection: Input,
    /// Most rows.
    pub limit: Input,
    /// The field that keys go to.
    pub focus: FormPart,
    /// Whether keys go to the form.
    pub is_editing: bool,
    /// What is wrong with what was typed, once it was to be asked.
    pub mistake: Option<Mistake>,
    /// A completion that is being chosen.
    pub completion: Option<Completing>,
    /// The entry of the history that is shown.
    recalled: Option<Recalled>,
    /// Whom the form would ask, as the registry was when it was opened or changed.
    pub preview: Plan,
    /// What was asked last.
    pub question: Option<Question>,
    /// The form that it was asked with.
    asked_form: Option<Box<Form>>,
    /// Whom.
    pub plan: Arc<Plan>,
    /// The question that is under way.
    pub running: Option<RequestId>,
    /// Stores that have answered.
    pub n_answered: usize,
    /// The rows, as they came.
    pub rows: Vec<Row>,
    n_bytes: usize,
    /// What did not answer.
    pub failed: Vec<Failed>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why nothing was asked.
    pub failure: Option<Failure>,
    /// What is shown.
    pub shown: Shown,
    /// The selected line: failures first, then rows.
    pub cursor: ListCursor,
    /// The file that rows are written into.
    pub export: Option<RowsExport>,
}

/// What stands in the form.
#[derive(Debug, Clone)]
struct Form {
    of_type: usize,
    asked: Asked,
    scope: Scope,
    /// Filter, stages, sort, field, fields, limit.
    inputs: [Input; 6],
}

impl QueryBoard {
    /// The fields that the form has for what is asked.
    pub fn parts(&self) -> Vec<FormPart> {
        use FormPart::{Asked as What, Filter, Limit, Projection, Second, Stores, Type};
        match self.asked {
            Asked::Find => vec![Type, What, Stores, Filter, Second, Projection, Limit],
            Asked::Count | Asked::Aggregate => vec![Type, What, Stores, Filter],
            Asked::Distinct => vec![Type, What, Stores, Filter, Second],
        }
    }

    /// The text field of a part; `None` for one that is chosen.
    pub const fn input(&self, part: FormPart) -> Option<&Input> {
        Some(match (part, self.asked) {
            (FormPart::Filter, Asked::Aggregate) => &self.pipeline,
            (FormPart::Filter, _) => &self.filter,
            (FormPart::Second, Asked::Distinct) => &self.field,
            (FormPart::Second, _) => &self.sort,
            (FormPart::Projection, _) => &self.projection,
            (FormPart::Limit, _) => &self.limit,
            (FormPart::Type | FormPart::Asked | FormPart::Stores, _) => return None,
        })
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        Some(match (self.focus, self.asked) {
            (FormPart::Filter, Asked::Aggregate) => &mut self.pipeline,
            (FormPart::Filter, _) => &mut self.filter,
            (FormPart::Second, Asked::Distinct) => &mut self.field,
            (FormPart::Second, _) => &mut self.sort,
            (FormPart::Projection, _) => &mut self.projection,
            (FormPart::Limit, _) => &mut self.limit,
            (FormPart::Type | FormPart::Asked | FormPart::Stores, _) => return None,
        })
    }

    /// What the part is called.
    pub const fn label(&self, part: FormPart) -> &'static str {
        match (part, self.asked) {
            (FormPart::Type, _) => "collections",
            (FormPart::Asked, _) => "ask for",
            (FormPart::Stores, _) => "stores",
            (FormPart::Filter, Asked::Aggregate) => "stages",
            (FormPart::Filter, _) => "filter",
            (FormPart::Second, Asked::Distinct) => "field",
            (FormPart::Second, _) => "sort",
            (FormPart::Projection, _) => "fields",
            (FormPart::Limit, _) => "limit",
        }
    }

    fn form(&self) -> Form {
        let Self { of_type, asked, scope, .. } = *self;
        let inputs =
            [&self.filter, &self.pipeline, &self.sort, &self.field, &self.projection, &self.limit];
        Form { of_type, asked, scope, inputs: inputs.map(Clone::clone) }
    }

    /// Puts back what was asked: it stands above the answers, and is what is asked again.
    fn restore_form(&mut self) {
        let Some(form) = self.asked_form.as_deref().cloned() else { return };
        (self.of_type, self.asked, self.scope) = (form.of_type, form.asked, form.scope);
        [self.filter, self.pipeline, self.sort, self.field, self.projection, self.limit] =
            form.inputs;
        (self.mistake, self.completion) = (None, None);
    }
}

/// Opens the board; what was asked last is still there.
pub(super) fn open(model: &mut Model, commands: &mut Vec<Command>) {
    load_history(model, commands);
    model.top = Top::Query;
    model.stores.is_typing = false;
    let board = &mut model.query;
    if board.limit.value().is_empty() {
        board.limit = Input::new(ROWS.to_owned());
        let types = &model.session.layout.collection_types;
        board.of_type = types.iter().position(|known| known.as_str() == "orders").unwrap_or(0);
    }
    if board.question.is_none() {
        board.is_editing = true;
        if !model.stores.marked.is_empty() {
            board.scope = Scope::Marked;
        } else if !model.stores.filter.is_empty() {
            board.scope = Scope::Shown;
        }
    }
    preview(model);
    model.redraw = true;
}

fn ask(model: &mut Model, (question, plan): (Question, Plan), commands: &mut Vec<Command>) {
    let request = model.next_request();
    let board = &mut model.query;
    if let Some(earlier) = board.running.replace(request) {
        commands.push(Command::EndWork { request: earlier });
    }
    board.plan = Arc::new(plan);
    board.question = Some(question.clone());
    board.asked_form = Some(Box::new(board.form()));
    (board.is_editing, board.mistake, board.completion) = (false, None, None);
    (board.rows, board.failed, board.outcome, board.failure) = (Vec::new(), Vec::new(), None, None);
    (board.n_answered, board.shown, board.cursor) = (0, Shown::Rows, ListCursor::default());
    board.n_bytes = 0;
    let plan = Arc::clone(&board.plan);
    commands.push(Command::AskStores { request, question: Box::new(question), plan });
    model.redraw = true;
}

/// Asks the same again.
pub(super) fn again(model: &mut Model, commands: &mut Vec<Command>) {
    if let Some(question) = model.query.question.clone() {
        let plan = planned(model);
        ask(model, (question, plan), commands);
    }
}

/// Takes what stores have said.
pub(super) fn told(
    model: &mut Model,
    request: RequestId,
    told: Vec<Told>,
    commands: &mut Vec<Command>,
) {
    let board = &mut model.query;
    if board.running != Some(request) {
        return;
    }
    for one in told {
        match one {
            Told::Row(row) => {
                board.n_bytes += row.document.as_bytes().len();
                board.rows.push(row);
            }
            Told::Answered { .. } => board.n_answered += 1,
            Told::Failed(failed) => board.failed.push(failed),
        }
    }
    if board.n_bytes > MOST_BYTES {
        board.running = None;
        board.failure = Some(Failure::new(
            FailureKind::Cancelled,
            &format!("ended at {}, the most that is kept here", format::bytes(MOST_BYTES as u64)),
            "Ask for fewer fields or rows, or write the answer into a file with `tilldeck query`",
        ));
        commands.push(Command::EndWork { request });
    }
    model.redraw |= matches!(model.top, Top::Query);
}

/// Takes how the question ended.
pub(super) fn asked(model: &mut Model, request: RequestId, outcome: Result<Box<Outcome>, Failure>) {
    let board = &mut model.query;
    if board.running != Some(request) {
        return;
    }
    board.running = None;
    match outcome {
        Ok(outcome) => {
            board.failed.clone_from(&outcome.failed);
            let has_groups = outcome.totals.is_some();
            board.outcome = Some(*outcome);
            // What was asked for are the totals, unless somebody did not answer.
            if has_groups
                && board.failed.is_empty()
                && board.asked != Asked::Find
                && board.cursor.row == 0
            {
                board.shown = Shown::Totals;
            }
        }
        Err(failure) => board.failure = Some(failure),
    }
    model.redraw |= matches!(model.top, Top::Query);
}

/// Does what the action means for the answers.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let visible = model.geometry.top_rows;
    match action {
        Action::Filter | Action::Query => {
            model.query.is_editing = true;
            preview(model);
        }
        Action::Export => export::open(model),
        Action::GoToStore => {
            let Some(record) = model.query.record() else {
                return model.notify("there is no store to go to on this line");
            };
            model.top = Top::Panes;
            stores::go_to(model, &record, commands);
        }
        Action::Enter | Action::Right => open_row(model, commands),
        Action::NextMeasure | Action::ToggleTable => {
            let board = &mut model.query;
            board.shown = match board.shown {
                Shown::Rows => Shown::Totals,
                Shown::Totals => Shown::Chart,
                Shown::Chart => Shown::Rows,
            };
            board.cursor = ListCursor::default();
        }
        action => {
            let extent = model.query.extent(visible);
            model.query.cursor.apply(action, extent);
        }
    }
}

/// Opens the selected row as a document of its store.
fn open_row(model: &mut Model, commands: &mut Vec<Command>) {
    let board = &model.query;
    let Some((target, id)) = board.place() else {
        let key = model.keymap.key_of(Action::GoToStore);
        return model.notify(&format!("this is no document to be opened; {key} goes to its store"));
    };
    let of_type = board.question.as_ref().map(|question| question.of_type.clone());
    let of_type = of_type.unwrap_or_else(|| CollectionType::new(""));
    let place = (target.database, target.collection.clone(), of_type);
    documents::open_row(model, place, id, commands);
}

/// One step out: the question that is under way, then the board.
pub(super) fn leave(model: &mut Model, commands: &mut Vec<Command>) {
    let board = &mut model.query;
    if let Some(export) = board.export.take() {
        if let Some(request) = export.running {
            commands.push(Command::EndWork { request });
            model.notify("the export is ended; no file is left");
        }
    } else if let Some(request) = board.running.take() {
        board.failure = Some(Failure::new(
            FailureKind::Cancelled,
            "ended before every store has answered",
            "Ask again for the whole answer",
        ));
        commands.push(Command::EndWork { request });
        model.notify("ended here; the servers are told, too");
    } else if board.shown != Shown::Rows {
        board.shown = Shown::Rows;
    } else {
        model.top = Top::Panes;
    }
}
