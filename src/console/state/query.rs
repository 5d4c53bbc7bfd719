//! One question to many stores: the form, and the answers as they come.

use std::sync::Arc;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler as _};

use super::{
    action::Action,
    command::{Command, RequestId},
    documents::{bar::byte_of, export::CHOICES},
    list::Extent,
    model::{ListCursor, Model, Top},
    stores,
};
use crate::{
    config::SavedQuery,
    domain::{
        chart::{Bar, bars},
        database::CollectionType,
        document::Tree,
        export::Format,
        failure::{Failure, FailureKind},
        query::{Mistake, Part, QueryText},
        question::{Failed, Kind, Outcome, Plan, Question, Row, Selection, Told},
        shell::{self, Completion, complete},
        store::RecordId,
        text::{SafeText, safe, safe_shell},
    },
};

#[cfg(test)]
mod tests;

/// Longest text of a field, in characters.
const LONGEST: usize = 20_000;
/// Most rows that the screen keeps.
pub const MOST_ROWS: u64 = 10_000;
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
    pub completion: Option<(Completion, usize, (String, usize))>,
    /// Whom the form would ask, as the registry was when it was opened or changed.
    pub preview: Plan,
    /// What was asked last.
    pub question: Option<Question>,
    /// Whom.
    pub plan: Arc<Plan>,
    /// The question that is under way.
    pub running: Option<RequestId>,
    /// Stores that have answered.
    pub n_answered: usize,
    /// The rows, as they came.
    pub rows: Vec<Row>,
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
    /// The file that rows are written into: its name, the chosen format, and the request.
    pub export: Option<(Input, usize, Option<RequestId>)>,
}

/// One line of the answers.
#[derive(Debug, Clone)]
pub enum BoardLine<'a> {
    /// A store, or a database, that did not answer; and how many further stores for the same
    /// reason.
    Failed(&'a Failed, usize),
    /// Something to know about the answer.
    Note(String),
    /// A row of a store.
    Row(&'a Row),
}

/// Formats of a file of rows.
pub const FORMATS: usize = 3;

/// The format with this number.
pub fn format_of(choice: usize) -> (Format, &'static str) {
    let names = ["JSON Lines", "canonical JSON Lines", "CSV"];
    let (_, format, _) = CHOICES[choice % FORMATS];
    (format, names[choice % FORMATS])
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
        lines.extend(self.notes().into_iter().map(BoardLine::Note));
        lines.extend(self.rows.iter().map(BoardLine::Row));
        lines
    }

    fn notes(&self) -> Vec<String> {
        let Some(outcome) = &self.outcome else { return Vec::new() };
        let mut notes: Vec<String> = outcome
            .changed
            .iter()
            .map(|changed| format!("{} has moved while it was asked: ask again", changed.store_id))
            .collect();
        let missing = outcome.missing.iter().filter_map(|index| self.plan.targets.get(*index));
        notes.extend(
            missing.map(|target| format!("{} has no {}", target.store_id, target.collection)),
        );
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

    /// The record of the store on the selected line.
    fn record(&self) -> Option<RecordId> {
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
            BoardLine::Note(_) => None,
        }
    }
}

/// Opens the board; what was asked last is still there.
pub(super) fn open(model: &mut Model) {
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

/// Opens the board with a saved query, and asks it.
pub(super) fn ask_saved(model: &mut Model, name: &str, commands: &mut Vec<Command>) {
    let Some(saved) = model.session.queries.get(name).cloned() else { return };
    open(model);
    let SavedQuery {
        of_type,
        filter,
        sort,
        project,
        distinct,
        aggregate,
        count,
        limit,
        stores,
        database,
        ..
    } = saved;
    let input = |text: Option<String>| Input::new(text.unwrap_or_default());
    let board = &mut model.query;
    let types = &model.session.layout.collection_types;
    if let Some(of_type) = of_type {
        board.of_type =
            types.iter().position(|known| known.as_str() == of_type).unwrap_or(board.of_type);
    }
    board.asked = match (&distinct, &aggregate) {
        (Some(_), _) => Asked::Distinct,
        (_, Some(_)) => Asked::Aggregate,
        _ if count => Asked::Count,
        _ => Asked::Find,
    };
    (board.filter, board.sort, board.projection) = (input(filter), input(sort), input(project));
    (board.field, board.pipeline) = (input(distinct), input(aggregate));
    board.limit = Input::new(limit.map_or_else(|| ROWS.to_owned(), |limit| limit.to_string()));
    let found = database.as_deref().map(|text| (text, model.session.layout.find(text)));
    if let Some((text, None)) = found {
        let why = format!("the query `{name}` names `{text}`, which is no database of the fleet");
        return model.complain(&why);
    }
    let selection = Selection {
        text: stores.unwrap_or_default(),
        database: found.and_then(|(_, database)| database),
        records: None,
    };
    board.saved = (selection != Selection::default()).then_some(selection);
    board.scope = if board.saved.is_some() { Scope::Saved } else { Scope::All };
    submit(model, commands);
}

/// Whether keys go to the form, or to the name of a file.
pub const fn has_keys(model: &Model) -> bool {
    matches!(model.top, Top::Query)
        && (model.query.is_editing || matches!(&model.query.export, Some((_, _, None))))
}

/// Takes a key for the form.
pub(super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    if matches!(&model.query.export, Some((_, _, None))) {
        return export_key(model, key, commands);
    }
    let n_types = model.session.layout.collection_types.len();
    let board = &mut model.query;
    match super::question::without_shift(&key) {
        KeyCode::Enter => submit(model, commands),
        KeyCode::Esc if board.completion.is_some() => {
            if let Some((_, _, (text, cursor))) = board.completion.take()
                && let Some(input) = board.input_mut()
            {
                *input = Input::new(text).with_cursor(cursor);
            }
        }
        KeyCode::Esc => leave_form(model),
        KeyCode::Tab => {
            let can_complete = matches!(board.focus, FormPart::Filter)
                && board.input(board.focus).is_some_and(|input| !input.value().is_empty());
            if !(can_complete && complete_here(model)) {
                go(&mut model.query, 1);
            }
        }
        KeyCode::BackTab | KeyCode::Up => go(board, -1),
        KeyCode::Down => go(board, 1),
        code @ (KeyCode::Left | KeyCode::Right) if board.input(board.focus).is_none() => {
            choose(board, if code == KeyCode::Right { 1 } else { -1 }, n_types);
            preview(model);
        }
        KeyCode::Char(' ') if board.input(board.focus).is_none() => {
            choose(board, 1, n_types);
            preview(model);
        }
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            if let Some(input) = board.input_mut() {
                *input = Input::default();
            }
            changed(board);
        }
        code => {
            let Some(input) = board.input_mut() else { return };
            if matches!(code, KeyCode::Char(_)) && input.value().chars().count() >= LONGEST {
                return;
            }
            let changes = input.handle_event(&TerminalEvent::Key(key));
            if changes.is_some_and(|changes| changes.value) {
                changed(board);
            }
        }
    }
}

fn changed(board: &mut QueryBoard) {
    (board.mistake, board.completion) = (None, None);
}

fn go(board: &mut QueryBoard, by: isize) {
    let parts = board.parts();
    let at = parts.iter().position(|part| *part == board.focus).unwrap_or(0);
    let n = isize::try_from(parts.len()).unwrap_or(1);
    let next = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(n);
    board.focus = parts.get(usize::try_from(next).unwrap_or(0)).copied().unwrap_or_default();
    board.completion = None;
}

fn choose(board: &mut QueryBoard, by: isize, n_types: usize) {
    let turned = |at: usize, n: usize| {
        let n = isize::try_from(n.max(1)).unwrap_or(1);
        usize::try_from((isize::try_from(at).unwrap_or(0) + by).rem_euclid(n)).unwrap_or(0)
    };
    match board.focus {
        FormPart::Type => board.of_type = turned(board.of_type, n_types),
        FormPart::Asked => {
            let at = Asked::ALL.iter().position(|asked| *asked == board.asked).unwrap_or(0);
            board.asked = Asked::ALL[turned(at, Asked::ALL.len())];
        }
        FormPart::Stores => {
            let mut scopes = vec![Scope::All, Scope::Marked, Scope::Shown, Scope::Database];
            scopes.extend(board.saved.is_some().then_some(Scope::Saved));
            let at = scopes.iter().position(|scope| *scope == board.scope).unwrap_or(0);
            board.scope = scopes.swap_remove(turned(at, scopes.len()));
        }
        _ => {}
    }
    changed(board);
}

/// Completes the piece before the cursor with the fields of the rows that are there.
fn complete_here(model: &mut Model) -> bool {
    let board = &mut model.query;
    if let Some((of, chosen, before)) = board.completion.take() {
        let chosen = (chosen + 1) % of.candidates.len().max(1);
        board.completion = Some((of, chosen, before));
    } else {
        let rows = board.rows.iter().map(|row| row.document.as_ref());
        let fields = crate::domain::schema::Schema::of(rows).paths();
        let Some(input) = board.input(board.focus) else { return false };
        let (text, cursor) = (input.value().to_owned(), input.cursor());
        let of = complete(&text, byte_of(&text, cursor), &fields, board.asked == Asked::Aggregate);
        if of.candidates.is_empty() {
            return false;
        }
        board.completion = Some((of, 0, (text, cursor)));
    }
    let Some((of, chosen, (text, cursor))) = board.completion.clone() else { return false };
    let Some(candidate) = of.candidates.get(chosen) else { return false };
    let head = text.get(..of.start).unwrap_or_default();
    let tail = text.get(byte_of(&text, cursor)..).unwrap_or_default();
    let at = head.chars().count() + candidate.chars().count();
    if let Some(input) = board.input_mut() {
        *input = Input::new(format!("{head}{candidate}{tail}")).with_cursor(at);
    }
    true
}

/// Pastes into the field; nothing is asked by it.
pub(super) fn paste(model: &mut Model, text: &str) {
    let board = &mut model.query;
    if let Some(input) = board.input_mut() {
        let room = LONGEST.saturating_sub(input.value().chars().count());
        let line = text.trim().chars().map(|char| if char.is_control() { ' ' } else { char });
        for char in line.take(room) {
            input.handle(InputRequest::InsertChar(char));
        }
    }
    changed(board);
}

fn leave_form(model: &mut Model) {
    if model.query.question.is_some() {
        model.query.is_editing = false;
    } else {
        model.top = Top::Panes;
    }
}

/// The stores that the scope means, for the registry as it is.
fn selection(model: &Model) -> Selection {
    let records =
        |stores: Vec<RecordId>| Selection { records: Some(stores), ..Selection::default() };
    match model.query.scope {
        Scope::All => Selection::default(),
        Scope::Marked => records(model.stores.marked.iter().cloned().collect()),
        Scope::Shown => {
            records(model.stores.rows().iter().map(|store| store.record.clone()).collect())
        }
        Scope::Database => {
            let store = model.stores.selected_store();
            let database = store.and_then(|store| store.route.database());
            Selection { database, ..Selection::default() }
        }
        Scope::Saved => model.query.saved.clone().unwrap_or_default(),
    }
}

/// Works out whom the form would ask: where a choice is made, not whenever it is drawn.
fn preview(model: &mut Model) {
    model.query.preview = planned(model);
}

/// Whom the form asks, as the registry is.
fn planned(model: &Model) -> Plan {
    let of_type = of_type(model);
    Plan::of(&model.registry, &model.session.layout, &of_type, &selection(model))
}

fn of_type(model: &Model) -> CollectionType {
    let types = &model.session.layout.collection_types;
    types.get(model.query.of_type).cloned().unwrap_or_else(|| CollectionType::new("orders"))
}

/// Asks what is typed, or says what is wrong with it.
fn submit(model: &mut Model, commands: &mut Vec<Command>) {
    let question = match typed(model) {
        Ok(question) => question,
        Err(Wrong::Typed(mistake)) => {
            let board = &mut model.query;
            board.focus = match mistake.part {
                Part::Sort => FormPart::Second,
                Part::Projection => FormPart::Projection,
                _ => FormPart::Filter,
            };
            if let Some(input) = board.input_mut() {
                let at = input
                    .value()
                    .get(..mistake.error.at)
                    .map_or(0, |before| before.chars().count());
                *input = input.clone().with_cursor(at);
            }
            board.mistake = Some(mistake);
            return;
        }
        Err(Wrong::Refused(failure)) => return model.complain_of(&failure),
    };
    let plan = planned(model);
    if plan.targets.is_empty() && plan.failed.is_empty() {
        return model.complain("there is no store to ask; choose others with left and right");
    }
    ask(model, (question, plan), commands);
}

enum Wrong {
    Typed(Mistake),
    Refused(Failure),
}

fn typed(model: &Model) -> Result<Question, Wrong> {
    let board = &model.query;
    let is_find = board.asked == Asked::Find;
    let text = QueryText {
        filter: if board.asked == Asked::Aggregate {
            String::new()
        } else {
            board.filter.value().to_owned()
        },
        sort: if is_find { board.sort.value().to_owned() } else { String::new() },
        projection: if is_find { board.projection.value().to_owned() } else { String::new() },
        collation: String::new(),
    };
    let query = text.read(model.now).map_err(Wrong::Typed)?;
    let usage =
        |message: &str, hint: &str| Wrong::Refused(Failure::new(FailureKind::Usage, message, hint));
    let kind = match board.asked {
        Asked::Find => Kind::Find,
        Asked::Count => Kind::Count,
        Asked::Distinct => {
            let field = board.field.value().trim().to_owned();
            if field.is_empty() || field.starts_with('$') {
                return Err(usage("no field is named", "Type its path, such as `payment.method`"));
            }
            Kind::Distinct(field)
        }
        Asked::Aggregate => {
            let stages = shell::pipeline(board.pipeline.value(), model.now);
            let wrong = |error| Wrong::Typed(Mistake { part: Part::Pipeline, error });
            Kind::Aggregate(stages.map_err(wrong)?)
        }
    };
    let limit = board
        .limit
        .value()
        .trim()
        .parse::<u64>()
        .ok()
        .filter(|limit| (1..=MOST_ROWS).contains(limit));
    // Counts, values and groups are few and wanted whole.
    let limit = if is_find { limit } else { Some(MOST_ROWS) };
    let limit = limit.ok_or_else(|| {
        usage(
            "the limit is no number from 1 to 10,000",
            "The command line writes more rows into a file",
        )
    })?;
    let question = Question { of_type: of_type(model), query, kind, limit: Some(limit) };
    question.check().map_err(Wrong::Refused)?;
    Ok(question)
}

fn ask(model: &mut Model, (question, plan): (Question, Plan), commands: &mut Vec<Command>) {
    let request = model.next_request();
    let board = &mut model.query;
    if let Some(earlier) = board.running.replace(request) {
        commands.push(Command::EndWork { request: earlier });
    }
    board.plan = Arc::new(plan);
    board.question = Some(question.clone());
    (board.is_editing, board.mistake, board.completion) = (false, None, None);
    (board.rows, board.failed, board.outcome, board.failure) = (Vec::new(), Vec::new(), None, None);
    (board.n_answered, board.shown, board.cursor) = (0, Shown::Rows, ListCursor::default());
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
pub(super) fn told(model: &mut Model, request: RequestId, told: Vec<Told>) {
    let board = &mut model.query;
    if board.running != Some(request) {
        return;
    }
    for one in told {
        match one {
            Told::Row(row) => board.rows.push(row),
            Told::Answered { .. } => board.n_answered += 1,
            Told::Failed(failed) => board.failed.push(failed),
        }
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
        Action::Export => open_export(model),
        Action::GoToStore => {
            if let Some(record) = model.query.record() {
                model.top = Top::Panes;
                stores::go_to(model, &record, commands);
            }
        }
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

/// One step out: the question that is under way, then the board.
pub(super) fn leave(model: &mut Model, commands: &mut Vec<Command>) {
    let board = &mut model.query;
    if let Some((_, _, running)) = board.export.take() {
        if let Some(request) = running {
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
        model.notify("ended, here and on the servers");
    } else if board.shown != Shown::Rows {
        board.shown = Shown::Rows;
    } else {
        model.top = Top::Panes;
    }
}

fn open_export(model: &mut Model) {
    let of_type = of_type(model);
    let board = &mut model.query;
    if board.rows.is_empty() {
        return model.notify("there are no rows to write");
    }
    let name = format!("{}.jsonl", crate::domain::text::file_name(of_type.as_str()));
    board.export = Some((Input::new(name), 0, None));
}

fn export_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    let Some((input, choice, _)) = &mut model.query.export else { return };
    let mut turn = |by: usize| {
        let before = format_of(*choice).0.extension();
        *choice = (*choice + by) % FORMATS;
        let after = format_of(*choice).0.extension();
        if let Some(stem) = input.value().strip_suffix(before) {
            *input = Input::new(format!("{stem}{after}"));
        }
    };
    match super::question::without_shift(&key) {
        KeyCode::Enter => start_export(model, commands),
        KeyCode::Esc => model.query.export = None,
        KeyCode::Down | KeyCode::Tab => turn(1),
        KeyCode::Up | KeyCode::BackTab => turn(FORMATS - 1),
        _ => drop(input.handle_event(&TerminalEvent::Key(key))),
    }
}

fn start_export(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let names = |database| model.session.layout.name_of(database);
    let board = &model.query;
    let rows = board.rows.iter().filter_map(|row| {
        let target = board.plan.targets.get(row.target)?;
        Some((target.store_id.clone(), names(target.database), Arc::new(row.document.clone())))
    });
    let rows: Vec<_> = rows.collect();
    let Some((input, choice, running)) = &mut model.query.export else { return };
    let path = input.value().trim().to_owned();
    let (format, _) = format_of(*choice);
    *running = Some(request);
    commands.push(Command::ExportRows { request, rows, format, path, overwrite: false });
}

/// Takes how an export of rows ended. Returns whether it was one.
pub(super) fn exported(
    model: &mut Model,
    request: RequestId,
    outcome: &Result<(u64, u64), Failure>,
) -> bool {
    let Some((input, _, running)) = &mut model.query.export else { return false };
    if *running != Some(request) {
        return false;
    }
    let path = input.value().to_owned();
    match outcome {
        Ok((rows, _)) => {
            let rows = crate::domain::format::count(*rows);
            model.query.export = None;
            model.notify(&format!("{rows} rows are in {path}"));
        }
        Err(failure) => {
            // The name can be changed.
            *running = None;
            model.complain_of(failure);
        }
    }
    true
}

/// The selected row as Extended JSON with its store, or the line that is selected.
pub(super) fn copied(model: &Model) -> Option<(String, &'static str)> {
    let board = &model.query;
    if board.shown != Shown::Rows {
        let lines: Vec<String> = board.totals().into_iter().map(String::from).collect();
        return Some((lines.join("\n"), "totals"));
    }
    match board.lines().get(board.cursor.row)? {
        BoardLine::Row(row) => {
            let json = crate::domain::document::json::document(row.document.as_bytes());
            Some((crate::domain::text::safe_json(&json), "document"))
        }
        BoardLine::Failed(failed, _) => {
            Some((format!("{}; {}", failed.failure.message, failed.failure.hint), "cause"))
        }
        BoardLine::Note(note) => Some((safe(note).into(), "note")),
    }
}
