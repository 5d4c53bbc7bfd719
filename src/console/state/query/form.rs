//! The form of the question: keys, what is wrong with what was typed, and whom it asks.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::{
    super::{
        command::Command,
        documents::bar::{Recall, Recalled, remember},
        model::{Model, Top},
        question::without_shift,
        textfield::{self, Completing},
    },
    Asked, FormPart, MOST_ROWS, QueryBoard, ROWS, Scope, ask, export, open,
};
use crate::{
    config::SavedQuery,
    domain::{
        database::CollectionType,
        failure::{Failure, FailureKind},
        query::{Mistake, Part, QueryText},
        question::{Kind, Plan, Question, Selection},
        schema::Schema,
        shell,
        store::RecordId,
    },
};

/// Longest text of a field, in characters.
const LONGEST: usize = 20_000;

/// Opens the board with a saved query, and asks it.
pub(in super::super) fn ask_saved(model: &mut Model, name: &str, commands: &mut Vec<Command>) {
    let Some(saved) = model.session.queries.get(name).cloned() else { return };
    open(model, commands);
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
    matches!(model.top, Top::Query) && (model.query.is_editing || export::has_keys(model))
}

/// Takes a key for the form.
pub(in super::super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    if export::has_keys(model) {
        return export::take_key(model, key, commands);
    }
    let n_types = model.session.layout.collection_types.len();
    let board = &mut model.query;
    match without_shift(&key) {
        KeyCode::Enter => submit(model, commands),
        KeyCode::Esc if board.completion.is_some() => {
            if let (Some(completing), Some(input)) = (board.completion.take(), board.input_mut()) {
                completing.undo(input);
            }
        }
        KeyCode::Esc => leave_form(model),
        KeyCode::Tab => {
            let can_complete = matches!(board.focus, FormPart::Filter)
                && board.input(board.focus).is_some_and(|input| !input.value().is_empty());
            if !(can_complete && complete_here(board)) {
                go(board, 1);
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
        KeyCode::Char('r') if key.modifiers.contains(KeyModifiers::CONTROL) => recall(model),
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            if let Some(input) = board.input_mut() {
                *input = Input::default();
            }
            changed(board);
        }
        _ => {
            if board.input_mut().is_some_and(|input| textfield::press(input, key, LONGEST)) {
                changed(board);
            }
        }
    }
}

fn changed(board: &mut QueryBoard) {
    (board.mistake, board.completion, board.recalled) = (None, None, None);
}

fn go(board: &mut QueryBoard, by: isize) {
    let parts = board.parts();
    let at = parts.iter().position(|part| *part == board.focus).unwrap_or(0);
    let n = isize::try_from(parts.len()).unwrap_or(1);
    let next = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(n);
    board.focus = parts.get(usize::try_from(next).unwrap_or(0)).copied().unwrap_or_default();
    board.completion = None;
}

/// Focuses a field, as a click does.
pub(in super::super) fn focus(model: &mut Model, field: usize) {
    let is_typing = model.query.is_editing && !export::has_keys(model);
    if is_typing && let Some(part) = model.query.parts().get(field) {
        model.query.focus = *part;
        model.query.completion = None;
    }
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
fn complete_here(board: &mut QueryBoard) -> bool {
    let rows = board.rows.iter().map(|row| row.document.as_ref());
    let fields = Schema::of(rows).paths();
    let (earlier, is_pipeline) = (board.completion.take(), board.asked == Asked::Aggregate);
    let Some(input) = board.input_mut() else { return false };
    board.completion = Completing::next(earlier, input, (&fields, is_pipeline));
    board.completion.is_some()
}

/// Pastes into the field, or into the name of a file; nothing is asked by it.
pub(in super::super) fn paste(model: &mut Model, text: &str) {
    let board = &mut model.query;
    if let Some(export) = &mut board.export {
        return export::paste(export, text);
    }
    if let Some(input) = board.input_mut() {
        textfield::paste(input, text, LONGEST);
    }
    changed(board);
}

/// Goes back in the history, to questions that hold what was typed.
fn recall(model: &mut Model) {
    let history = model.history.as_deref().unwrap_or_default();
    let board = &mut model.query;
    let is_pipeline = board.asked == Asked::Aggregate;
    let typed = (board.text(), is_pipeline);
    match Recalled::go(board.recalled.as_ref(), typed, (history, 1)) {
        Recall::Entry(recalled, entry) => {
            if is_pipeline {
                board.pipeline = Input::new(entry.pipeline);
            } else {
                board.filter = Input::new(entry.filter);
                board.sort = Input::new(entry.sort);
                board.projection = Input::new(entry.projection);
            }
            changed(board);
            board.recalled = Some(recalled);
        }
        _ => model.notify("there is no older question like this"),
    }
}

impl QueryBoard {
    /// What is typed, as far as it counts for what is asked.
    fn text(&self) -> QueryText {
        let of = |input: &Input| input.value().to_owned();
        let none = QueryText::default();
        match self.asked {
            Asked::Aggregate => QueryText { pipeline: of(&self.pipeline), ..none },
            Asked::Find => QueryText {
                filter: of(&self.filter),
                sort: of(&self.sort),
                projection: of(&self.projection),
                ..none
            },
            Asked::Count | Asked::Distinct => QueryText { filter: of(&self.filter), ..none },
        }
    }
}

fn leave_form(model: &mut Model) {
    if model.query.question.is_some() {
        model.query.restore_form();
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
pub(super) fn preview(model: &mut Model) {
    model.query.preview = planned(model);
}

/// Whom the form asks, as the registry is.
pub(super) fn planned(model: &Model) -> Plan {
    let of_type = of_type(model);
    Plan::of(&model.registry, &model.session.layout, &of_type, &selection(model))
}

pub(super) fn of_type(model: &Model) -> CollectionType {
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
                textfield::point_at(input, mistake.error.at);
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
    remember(model, model.query.text(), commands);
    ask(model, (question, plan), commands);
}

enum Wrong {
    Typed(Mistake),
    Refused(Failure),
}

fn typed(model: &Model) -> Result<Question, Wrong> {
    let board = &model.query;
    let is_find = board.asked == Asked::Find;
    let query = board.text().read(model.now).map_err(Wrong::Typed)?;
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
