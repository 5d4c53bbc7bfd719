//! The documents of one collection: pages as folding trees or as a table, and what is known
//! about the collection beside them.

use std::{collections::VecDeque, sync::Arc};

use bson::Bson;
use crossterm::event::KeyEvent;
use jiff::SignedDuration;

use super::{
    action::Action,
    command::{Command, RequestId},
    geometry::Geometry,
    model::{ListCursor, Model, Top},
    question::{Answer, CANCEL, Question},
};
use crate::domain::{
    collection::{Facts, Inspection},
    database::{CollectionType, Database},
    document::Tree,
    explain::Plan,
    failure::Failure,
    keyset::{Mark, Order},
    page::From,
    query::{Query, QueryText},
    schema::Schema,
    shell,
};

pub mod bar;
pub mod export;
pub mod lines;
pub mod pages;
pub mod panel;
mod pick;
mod reading;
pub mod search;
#[cfg(test)]
mod tests;

use self::{
    bar::Bar, export::ExportBox, pages::Turn, panel::Panel, reading::Reading, search::SearchBox,
};

/// Changes that are kept.
pub(super) const CHANGES: usize = 500;

/// What the documents view on the screen waits for, to be ended when the view is left in
/// whatever way.
#[derive(Debug, Default)]
pub struct Watch {
    view: Option<RequestId>,
    requests: Vec<RequestId>,
    is_exporting: bool,
}

/// The documents view.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is about something else")]
pub struct DocumentsView {
    /// The request of its first page, which tells it from others.
    opened: RequestId,
    /// Where the collection is.
    pub database: Database,
    /// The full collection name, as stored.
    pub collection: String,
    /// What it holds.
    pub collection_type: CollectionType,
    /// What it is, once its first page was read.
    pub facts: Option<Arc<Facts>>,
    /// The query that is shown, as typed.
    pub text: QueryText,
    query: Query,
    /// The fields that a query is typed into, while they are open.
    pub bar: Option<Bar>,
    order: Option<Order>,
    first: Option<Mark>,
    last: Option<Mark>,
    /// Whether there is a page after this one.
    pub has_next: bool,
    /// Whether there is a page before this one.
    pub has_previous: bool,
    /// Which page it is, counted from 1; `None` after a jump to the end.
    pub number: Option<u64>,
    /// How long the page took.
    pub took: Option<SignedDuration>,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    wanted: Option<From>,
    /// What is shown while something else is read or asked about.
    shown: Option<Shown>,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// One tree a document; its visible lines are computed when they are drawn.
    pub trees: Vec<Tree>,
    /// The selected line and the first visible one: over all trees, or of the table.
    pub cursor: ListCursor,
    /// What is on the screen.
    pub panel: Panel,
    /// Whether a table is shown, or would be without the panel above it; trees otherwise.
    is_table: bool,
    /// What is read in full.
    reading: Option<Reading>,
    /// Whether a row of the answers of many stores was opened, to go back to them.
    is_from_board: bool,
    /// The columns of the table, by dotted path.
    pub columns: Vec<String>,
    /// The first column of the table that is shown.
    pub first_column: usize,
    /// Indexes, validator and options, once they were asked for.
    pub inspection: Option<Inspection>,
    /// The fields, once they were asked for.
    pub schema: Option<Schema>,
    /// The plan of the query, once it was asked for.
    pub plan: Option<Plan>,
    /// Why there is nothing to see in a panel of lines.
    pub look_failure: Option<Failure>,
    /// What is being looked at, for which panel.
    pub looking: Option<(RequestId, Panel)>,
    /// The exact count, once it was asked for.
    pub exact: Option<Result<u64, Failure>>,
    /// The exact count that is under way.
    pub counting: Option<RequestId>,
    /// The question whether a query without an index is meant, or a file may be replaced.
    pub asking: Option<Asking>,
    /// The export that is typed, under way, or over.
    pub export: Option<ExportBox>,
    /// The search in the documents of the page.
    pub search: SearchBox,
    /// Changes as they came, the newest first.
    pub changes: VecDeque<panel::Line>,
    /// Whether changes are followed.
    pub following: Option<RequestId>,
    /// Whether those of the whole store are, not of this collection alone.
    pub follows_store: bool,
    /// The selected line of a panel of lines.
    pub panel_cursor: ListCursor,
}

/// Which documents are on the screen.
#[derive(Debug)]
struct Shown {
    text: QueryText,
    query: Query,
    order: Option<Order>,
    exact: Option<Result<u64, Failure>>,
    wanted: Option<From>,
    number: Option<u64>,
}

/// A question about what is to be done.
#[derive(Debug)]
pub struct Asking {
    /// What it is about.
    pub about: About,
    /// The answers.
    pub question: Question,
}

/// What a question is about.
#[derive(Debug)]
pub enum About {
    /// A query that reads a large collection as a whole.
    Scan {
        /// What the server would do.
        plan: Box<Plan>,
        /// How many documents there are.
        documents: u64,
    },
    /// A file that exists.
    Overwrite,
}

const SCAN: &[Answer] = &[CANCEL, Answer { key: 'y', words: "Run it" }];
pub(super) const OVERWRITE: &[Answer] = &[CANCEL, Answer { key: 'y', words: "Replace it" }];

/// Opens the documents of a collection.
pub(super) fn open(
    model: &mut Model,
    (database, collection, collection_type): (Database, String, CollectionType),
    commands: &mut Vec<Command>,
) {
    model.top = Top::Documents(Box::new(DocumentsView::new(database, collection, collection_type)));
    pages::load(model, commands);
    bar::load_history(model, commands);
}

/// Opens one document of a row of the answers of many stores; Esc goes back to them.
pub(super) fn open_row(
    model: &mut Model,
    place: (Database, String, CollectionType),
    id: Bson,
    commands: &mut Vec<Command>,
) {
    let (database, collection, collection_type) = place;
    let mut view = DocumentsView::new(database, collection, collection_type);
    let filter = pick::equal("_id", id);
    view.text.filter = shell::print(&Bson::Document(filter.clone()));
    (view.query.filter, view.is_from_board) = (filter, true);
    model.top = Top::Documents(Box::new(view));
    pages::load(model, commands);
    bar::load_history(model, commands);
}

/// Closes the view, and shows what it was opened from.
fn close(model: &mut Model) {
    let is_from_board = matches!(&model.top, Top::Documents(view) if view.is_from_board);
    super::update::act::close_top(model);
    if is_from_board {
        model.top = Top::Query;
    }
}

impl DocumentsView {
    fn new(database: Database, collection: String, collection_type: CollectionType) -> Self {
        Self {
            opened: RequestId::default(),
            database,
            collection,
            collection_type,
            facts: None,
            text: QueryText::default(),
            query: Query::default(),
            bar: None,
            order: None,
            first: None,
            last: None,
            has_next: false,
            has_previous: false,
            number: Some(1),
            took: None,
            loading: None,
            wanted: None,
            shown: None,
            failure: None,
            trees: Vec::new(),
            cursor: ListCursor::default(),
            panel: Panel::Tree,
            is_table: false,
            reading: None,
            is_from_board: false,
            columns: Vec::new(),
            first_column: 0,
            inspection: None,
            schema: None,
            plan: None,
            look_failure: None,
            looking: None,
            exact: None,
            counting: None,
            asking: None,
            export: None,
            search: SearchBox::default(),
            changes: VecDeque::new(),
            following: None,
            follows_store: false,
            panel_cursor: ListCursor::default(),
        }
    }

    /// The query that is shown.
    pub const fn query(&self) -> &Query {
        &self.query
    }

    fn watch(&self) -> Watch {
        let looking = self.looking.map(|(request, _)| request);
        let export = self.export.as_ref().and_then(ExportBox::under_way);
        let requests = [self.loading, self.counting, looking, self.following, export];
        Watch {
            view: Some(self.opened),
            requests: requests.into_iter().flatten().collect(),
            is_exporting: export.is_some(),
        }
    }

    /// Whether a read, a count or a look is under way that Esc can end.
    pub fn under_way(&self) -> Option<RequestId> {
        let looking = self.looking.map(|(request, _)| request);
        self.loading.or(self.counting).or(looking)
    }
}

/// The view that an answer is for, where it is still open.
fn view_of(model: &mut Model) -> Option<&mut DocumentsView> {
    match (&mut model.top, &mut model.covered) {
        (Top::Documents(view), _) | (_, Top::Documents(view)) => Some(view),
        _ => None,
    }
}

/// Does what the action means for the documents.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let visible = model.geometry.top_rows;
    let Top::Documents(view) = &mut model.top else { return };
    match action {
        Action::Filter => return bar::open(model),
        Action::NextPage => return pages::turn(model, Turn::Next, commands),
        Action::PreviousPage => return pages::turn(model, Turn::Previous, commands),
        Action::FirstPage => return pages::turn(model, Turn::First, commands),
        Action::LastPage => return pages::turn(model, Turn::Last, commands),
        Action::Indexes => return panel::show(model, Panel::Indexes, commands),
        Action::Fields => return panel::show(model, Panel::Fields, commands),
        Action::Explain => return panel::show(model, Panel::Plan, commands),
        Action::Follow => return panel::follow(model, commands),
        Action::Count => return pages::count(model, commands),
        Action::Export => return export::open(model),
        Action::Search => return search::open(model),
        Action::NextMatch => return search::next(model),
        Action::FilterByValue => return pick::filter(model),
        Action::Sort => return pick::sort(model, 1),
        Action::ReverseSort => return pick::sort(model, -1),
        Action::Events | Action::Repair => {
            return model
                .notify("documents are only read here: change them in the application or mongosh");
        }
        Action::ToggleTable => match view.panel {
            Panel::Table => view.show_trees(),
            Panel::Tree => view.show_table(),
            _ if view.is_table => view.panel = Panel::Table,
            _ => view.show_table(),
        },
        _ if view.panel.has_lines() => return panel::apply(model, action),
        Action::Enter if view.panel == Panel::Table => view.show_trees(),
        Action::Right if view.panel == Panel::Table => {
            view.first_column = (view.first_column + 1).min(view.columns.len().saturating_sub(1));
        }
        Action::Left if view.panel == Panel::Table => {
            view.first_column = view.first_column.saturating_sub(1);
        }
        Action::Enter if !view.is_foldable() => return reading::open(model),
        Action::Enter | Action::Mark => view.toggle(),
        Action::NextPane => view.go_to_document(true),
        Action::PreviousPane => view.go_to_document(false),
        Action::Right => view.go_in(),
        Action::Left => view.go_out(),
        action => {
            let before = view.cursor;
            view.cursor.apply(action, view.extent(visible));
            let stayed = view.cursor == before;
            let (has_next, has_previous) = (view.has_next, view.has_previous);
            if stayed && action == Action::Down && has_next {
                let key = model.keymap.key_of(Action::NextPage);
                return model.notify(&format!("the end of the page; {key} goes on"));
            } else if stayed && action == Action::Up && has_previous {
                let key = model.keymap.key_of(Action::PreviousPage);
                return model.notify(&format!("the beginning of the page; {key} goes back"));
            }
        }
    }
    if let Top::Documents(view) = &mut model.top {
        view.cursor.keep_visible(view.extent(visible));
    }
}

/// One step out: a question, a field, what is under way, the panel, the view.
pub(super) fn leave(model: &mut Model, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    if view.asking.is_some() {
        answer(model, 0, commands);
    } else if view.bar.take().is_some() {
    } else if view.search.is_typing {
        view.search.is_typing = false;
    } else if view.export.as_ref().is_some_and(|export| export.under_way().is_some()) {
        export::cancel(model, commands);
    } else if view.export.take().is_some() {
    } else if let Some(request) = view.under_way() {
        let has_shown = view.facts.is_some() || view.failure.is_some();
        if view.loading.is_some() {
            view.return_to_shown();
        }
        (view.loading, view.counting, view.looking) = (None, None, None);
        commands.push(Command::EndWork { request });
        if has_shown {
            model.notify("ended here; the server is told, too");
        } else {
            close(model);
        }
    } else if view.following.is_some() && view.panel == Panel::Changes {
        panel::stop_following(model, commands);
    } else if view.stop_reading() {
    } else if view.panel == Panel::Table {
        view.show_trees();
    } else if view.panel != Panel::Tree {
        view.show_documents();
    } else {
        if let Some(request) = view.following.take() {
            commands.push(Command::EndWork { request });
        }
        close(model);
    }
}

/// Ends what a view waited for that is not there any more.
pub(super) fn end_of_closed(model: &mut Model, commands: &mut Vec<Command>) {
    let watch = match (&model.top, &model.covered) {
        (Top::Documents(view), _) | (_, Top::Documents(view)) => view.watch(),
        _ => Watch::default(),
    };
    let before = std::mem::replace(&mut model.watch, watch);
    if before.view == model.watch.view {
        return;
    }
    commands.extend(before.requests.into_iter().map(|request| Command::EndWork { request }));
    if before.is_exporting {
        model.complain("the export is ended, since its collection was left; no file is left");
    }
}

/// Whether keys go to a question or to a field.
pub(super) fn has_keys(model: &Model) -> bool {
    matches!(&model.top, Top::Documents(view) if view.asking.is_some())
        || bar::has_keys(model)
        || search::has_keys(model)
        || export::has_keys(model)
}

/// Takes a key for the question or the field.
pub(super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Top::Documents(view) = &mut model.top else { return };
    if let Some(asking) = &mut view.asking {
        if let Some(answer) = asking.question.press(&key) {
            self::answer(model, answer, commands);
        }
    } else if bar::has_keys(model) {
        bar::take_key(model, key, commands);
    } else if search::has_keys(model) {
        search::take_key(model, key);
    } else {
        export::take_key(model, key, commands);
    }
}

/// Pastes into the field that is open, if one is. Nothing is run by it.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let Top::Documents(view) = &mut model.top else { return false };
    if view.asking.is_some() {
        return false;
    }
    if view.bar.is_some() {
        bar::paste(view, text);
    } else if view.search.is_typing {
        search::paste(&mut view.search, text);
    } else if let Some(export) = view.export.as_mut().filter(|export| export.running.is_none()) {
        export.paste(text);
    } else {
        return false;
    }
    model.redraw = true;
    true
}

/// Takes a click on a part of the query, which is a field of the form or about to be one.
pub(super) fn focus(model: &mut Model, field: usize) {
    if is_free(model) {
        bar::focus(model, field);
    }
}

/// Takes a click on a heading of the table.
pub(super) fn sort_by(model: &mut Model, column: usize) {
    if is_free(model) {
        pick::sort_by(model, column);
    }
}

/// Whether nothing else waits for an answer or a name. A search that is typed ends.
fn is_free(model: &mut Model) -> bool {
    let Top::Documents(view) = &mut model.top else { return false };
    let is_free = view.asking.is_none() && view.export.is_none();
    view.search.is_typing &= !is_free;
    is_free
}

/// Takes a click on an answer, once it was on the screen.
pub(super) fn clicked(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &model.top else { return };
    if view.asking.as_ref().is_some_and(|asking| asking.question.is_seen()) {
        self::answer(model, answer, commands);
    }
}

/// Takes what a frame showed of the question.
pub(super) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    let Top::Documents(view) = &mut model.top else { return };
    if let Some(asking) = &mut view.asking {
        asking.question.note_drawn(geometry);
    }
    if view.rewrap(geometry.size.width) {
        model.redraw = true;
    }
}

/// Takes the answer to the question.
pub(super) fn answer(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Top::Documents(view) = &mut model.top else { return };
    let Some(asking) = view.asking.take() else { return };
    if answer == 0 {
        if matches!(asking.about, About::Scan { .. }) {
            view.return_to_shown();
        }
        return model.notify("nothing was done");
    }
    match asking.about {
        About::Scan { .. } => {
            let from = view.wanted.clone().unwrap_or(From::First);
            let number = view.number;
            pages::want(model, (from, number), true, commands);
        }
        About::Overwrite => export::start(model, true, commands),
    }
}

/// The collections that are followed: this one, or every one of its store.
pub(super) fn followed(view: &DocumentsView, types: &[CollectionType]) -> Vec<String> {
    let stem = view.collection.strip_suffix(view.collection_type.as_str());
    match stem.filter(|_| view.follows_store) {
        Some(stem) => types.iter().map(|of_type| format!("{stem}{}", of_type.as_str())).collect(),
        None => vec![view.collection.clone()],
    }
}
