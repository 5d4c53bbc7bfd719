//! The documents of one collection: pages as folding trees or as a table, and what is known
//! about the collection beside them.

use std::{collections::VecDeque, sync::Arc};

use crossterm::event::KeyEvent;
use jiff::SignedDuration;

use super::{
    action::Action,
    command::{Command, PageWanted, RequestId},
    geometry::Geometry,
    list::Extent,
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
    page::{From, Page, Read},
    query::{Query, QueryText},
    schema::Schema,
    text::safe_json,
};

pub mod bar;
pub mod export;
pub mod panel;
pub mod search;
#[cfg(test)]
mod tests;

use self::{bar::Bar, export::ExportBox, panel::Panel, search::SearchBox};

/// Columns of a table that was not chosen.
const COLUMNS: usize = 12;
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
    pub changes: VecDeque<crate::domain::change::Change>,
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
    load(model, commands);
    bar::load_history(model, commands);
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

    /// Keeps what is shown, before something else is asked for.
    fn hold(&mut self) {
        let Self { text, query, order, exact, wanted, number, .. } = self;
        self.shown.get_or_insert_with(|| Shown {
            text: text.clone(),
            query: query.clone(),
            order: order.clone(),
            exact: exact.clone(),
            wanted: wanted.clone(),
            number: *number,
        });
    }

    /// What was asked for does not come: the documents are still those from before.
    fn return_to_shown(&mut self) {
        let Some(shown) = self.shown.take() else { return };
        let Shown { text, query, order, exact, wanted, number } = shown;
        (self.text, self.query, self.order) = (text, query, order);
        (self.exact, self.wanted, self.number) = (exact, wanted, number);
        self.plan = None;
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

/// Reads the page again.
pub(super) fn load(model: &mut Model, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &model.top else { return };
    if let Some((_, panel)) = panel::lookable(view) {
        return panel::look(model, panel, commands);
    }
    let Top::Documents(view) = &model.top else { return };
    let from = view.wanted.clone().unwrap_or(From::First);
    let number = view.number;
    read(model, (from, number), commands);
}

/// Reads a page that begins there.
fn read(model: &mut Model, (from, number): (From, Option<u64>), commands: &mut Vec<Command>) {
    want(model, (from, number), false, commands);
}

fn want(
    model: &mut Model,
    (from, number): (From, Option<u64>),
    is_sure: bool,
    commands: &mut Vec<Command>,
) {
    let request = model.next_request();
    let Top::Documents(view) = &mut model.top else { return };
    if view.opened == RequestId::default() {
        view.opened = request;
    }
    if let Some(earlier) = view.loading.replace(request) {
        commands.push(Command::EndWork { request: earlier });
    }
    view.hold();
    view.wanted = Some(from.clone());
    view.number = number;
    let wanted = PageWanted {
        facts: view.facts.clone(),
        query: view.query.clone(),
        order: view.order.clone(),
        from,
        is_sure,
    };
    model.redraw = true;
    commands.push(Command::LoadPage {
        request,
        database: view.database,
        collection: view.collection.clone(),
        wanted: Box::new(wanted),
    });
}

/// Runs another query, from its first page on.
pub(super) fn run(
    model: &mut Model,
    (text, query): (QueryText, Query),
    commands: &mut Vec<Command>,
) {
    let Top::Documents(view) = &mut model.top else { return };
    view.hold();
    (view.text, view.query) = (text, query);
    (view.order, view.exact, view.plan) = (None, None, None);
    if matches!(view.panel, Panel::Indexes | Panel::Fields | Panel::Plan | Panel::Changes) {
        view.panel = Panel::Tree;
    }
    read(model, (From::First, Some(1)), commands);
}

/// The view that an answer is for, where it is still open.
fn view_of(model: &mut Model) -> Option<&mut DocumentsView> {
    match (&mut model.top, &mut model.covered) {
        (Top::Documents(view), _) | (_, Top::Documents(view)) => Some(view),
        _ => None,
    }
}

/// Takes the page, unless another one was asked for since.
pub(super) fn loaded(model: &mut Model, request: RequestId, read: Result<Box<Read>, Failure>) {
    let visible = model.geometry.top_rows;
    let Some(view) = view_of(model) else { return };
    if view.loading != Some(request) {
        return;
    }
    view.loading = None;
    match read {
        Ok(read) => view.take(*read),
        Err(failure) => (view.failure, view.shown) = (Some(failure), None),
    }
    view.cursor.keep_visible(view.extent(visible));
    model.redraw = true;
}

/// Asks whether a query that no index serves is meant.
pub(super) fn doubted(model: &mut Model, request: RequestId, (plan, documents): (Box<Plan>, u64)) {
    let Some(view) = view_of(model) else { return };
    if view.loading != Some(request) {
        return;
    }
    view.loading = None;
    let about = About::Scan { plan, documents };
    view.asking = Some(Asking { about, question: Question::new(SCAN) });
    model.redraw = true;
}

impl DocumentsView {
    fn take(&mut self, read: Read) {
        let Page { documents, order, first, last, has_more, took } = read.page;
        (self.failure, self.shown) = (None, None);
        self.facts = Some(read.facts);
        let backwards = matches!(self.wanted, Some(From::Before(_) | From::Last));
        (self.has_next, self.has_previous) = match &self.wanted {
            Some(From::After(_)) => (has_more, true),
            Some(From::Before(_)) => (true, has_more),
            Some(From::Last) => (false, has_more),
            _ => (has_more, false),
        };
        if backwards && !has_more {
            self.number = Some(1);
        }
        // What is read again is this page, not the one that it was reached from.
        if self.order.is_none() {
            self.order = order;
        }
        (self.first, self.last, self.took) = (first, last, Some(took));
        self.trees = documents.into_iter().map(Tree::new).collect();
        self.cursor = ListCursor::default();
        let schema = Schema::of(self.trees.iter().map(|tree| tree.raw().as_ref().as_ref()));
        if self.columns.is_empty() {
            self.columns = schema.columns(COLUMNS);
        }
        // The first document is what most people open the view for.
        if let Some(first) = self.trees.first_mut() {
            first.unfold(0);
        }
    }

    /// How many lines there are, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        let len = match self.panel {
            Panel::Table => self.trees.len(),
            _ => self.trees.iter().map(Tree::n_lines).sum(),
        };
        Extent { len, visible }
    }

    /// The lines of what is shown, and how many fit.
    pub fn shown_extent(&self, visible: usize) -> Extent {
        if self.panel.has_lines() {
            return Extent { len: panel::lines(self).len(), visible };
        }
        self.extent(visible)
    }

    /// The cursor of what is shown.
    pub(super) const fn shown_cursor(&mut self) -> &mut ListCursor {
        if self.panel.has_lines() { &mut self.panel_cursor } else { &mut self.cursor }
    }

    /// The tree and the line in it that a line over all trees is.
    pub fn locate(&self, line: usize) -> Option<(usize, usize)> {
        if self.panel == Panel::Table {
            return (line < self.trees.len()).then_some((line, 0));
        }
        let mut line = line;
        for (index, tree) in self.trees.iter().enumerate() {
            match line.checked_sub(tree.n_lines()) {
                None => return Some((index, line)),
                Some(rest) => line = rest,
            }
        }
        None
    }

    /// The first line of a tree, over all trees.
    fn line_of(&self, tree: usize) -> usize {
        self.trees.iter().take(tree).map(Tree::n_lines).sum()
    }

    /// The selected tree, the line in it, and the line over all trees that it begins with.
    fn selected(&mut self) -> Option<(&mut Tree, usize, usize)> {
        let (index, line) = self.locate(self.cursor.row)?;
        let first = self.cursor.row - line;
        self.trees.get_mut(index).map(|tree| (tree, line, first))
    }

    fn toggle(&mut self) {
        if let Some((tree, line, _)) = self.selected() {
            tree.toggle(line);
        }
    }

    /// Unfolds the line, or goes to the first line inside it.
    fn go_in(&mut self) {
        let Some((tree, line, _)) = self.selected() else { return };
        if !tree.unfold(line) && tree.line(line).is_some_and(|line| line.foldable) {
            self.cursor.row += 1;
        }
    }

    /// Folds the line, or goes to the one that it is in.
    fn go_out(&mut self) {
        let Some((tree, line, first)) = self.selected() else { return };
        if !tree.fold(line)
            && let Some(parent) = tree.parent(line)
        {
            self.cursor.row = first + parent;
        }
    }

    /// Shows the trees again, at the document that is selected in the table.
    fn show_trees(&mut self) {
        let row = self.cursor.row;
        self.panel = Panel::Tree;
        if let Some(tree) = self.trees.get_mut(row) {
            tree.unfold(0);
        }
        self.cursor = ListCursor { row: self.line_of(row), first: self.line_of(row) };
    }

    fn show_table(&mut self) {
        let row = self.locate(self.cursor.row).map_or(0, |(tree, _)| tree);
        self.panel = Panel::Table;
        self.cursor = ListCursor { row, first: 0 };
    }
}

/// Does what the action means for the documents.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    let visible = model.geometry.top_rows;
    let Top::Documents(view) = &mut model.top else { return };
    match action {
        Action::Filter => return bar::open(model),
        Action::NextPage => return turn(model, Turn::Next, commands),
        Action::PreviousPage => return turn(model, Turn::Previous, commands),
        Action::FirstPage => return turn(model, Turn::First, commands),
        Action::LastPage => return turn(model, Turn::Last, commands),
        Action::Indexes => return panel::show(model, Panel::Indexes, commands),
        Action::Fields => return panel::show(model, Panel::Fields, commands),
        Action::Explain => return panel::show(model, Panel::Plan, commands),
        Action::Follow => return panel::follow(model, commands),
        Action::Count => return count(model, commands),
        Action::Export => return export::open(model),
        Action::Search => return search::open(model),
        Action::NextMatch => return search::next(model),
        Action::Events | Action::Repair => {
            return model.notify(
                "documents are only read here; change them with the application or with mongosh",
            );
        }
        Action::ToggleTable => match view.panel {
            Panel::Table => view.show_trees(),
            Panel::Tree => view.show_table(),
            _ => view.panel = Panel::Table,
        },
        _ if view.panel.has_lines() => return panel::apply(model, action),
        Action::Enter if view.panel == Panel::Table => view.show_trees(),
        Action::Right if view.panel == Panel::Table => {
            view.first_column = (view.first_column + 1).min(view.columns.len().saturating_sub(1));
        }
        Action::Left if view.panel == Panel::Table => {
            view.first_column = view.first_column.saturating_sub(1);
        }
        Action::Enter | Action::Mark => view.toggle(),
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

/// Which page is wanted.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    First,
    Previous,
    Next,
    Last,
}

fn turn(model: &mut Model, turn: Turn, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    if view.panel.has_lines() {
        view.panel = Panel::Tree;
    }
    let number = view.number;
    let wanted = match turn {
        Turn::First => Some((From::First, Some(1))),
        Turn::Last => Some((From::Last, None)),
        Turn::Next => {
            let mark = view.last.clone().filter(|_| view.has_next);
            mark.map(|mark| (From::After(mark), number.map(|number| number + 1)))
        }
        Turn::Previous => {
            let mark = view.first.clone().filter(|_| view.has_previous);
            mark.map(|mark| (From::Before(mark), number.and_then(|number| number.checked_sub(1))))
        }
    };
    match wanted {
        Some((from, number)) if view.order.is_some() || turn == Turn::First => {
            read(model, (from, number), commands);
        }
        Some(_) => model.notify("this sort has no pages: it is by no field"),
        None if turn == Turn::Next => model.notify("this is the last page"),
        None => model.notify("this is the first page"),
    }
}

/// Counts what matches, one by one.
fn count(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let Top::Documents(view) = &mut model.top else { return };
    if let Some(earlier) = view.counting.replace(request) {
        commands.push(Command::EndWork { request: earlier });
    }
    view.exact = None;
    commands.push(Command::CountDocuments {
        request,
        database: view.database,
        collection: view.collection.clone(),
        query: Box::new(view.query.clone()),
    });
}

/// Takes the exact count.
pub(super) fn counted(model: &mut Model, request: RequestId, count: Result<u64, Failure>) {
    let Some(view) = view_of(model) else { return };
    if view.counting == Some(request) {
        view.counting = None;
        view.exact = Some(count);
        model.redraw = true;
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
            model.notify("ended, here and on the server");
        } else {
            super::update::act::close_top(model);
        }
    } else if view.following.is_some() && view.panel == Panel::Changes {
        panel::stop_following(model, commands);
    } else if view.panel != Panel::Tree {
        if view.panel == Panel::Table {
            view.show_trees();
        }
        view.panel = Panel::Tree;
    } else {
        if let Some(request) = view.following.take() {
            commands.push(Command::EndWork { request });
        }
        super::update::act::close_top(model);
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

/// Takes a click on an answer, once it was on the screen.
pub(super) fn clicked(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &model.top else { return };
    if view.asking.as_ref().is_some_and(|asking| asking.question.is_seen()) {
        self::answer(model, answer, commands);
    }
}

/// Takes what a frame showed of the question.
pub(super) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    if let Top::Documents(view) = &mut model.top
        && let Some(asking) = &mut view.asking
    {
        asking.question.note_drawn(geometry);
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
            want(model, (from, number), true, commands);
        }
        About::Overwrite => export::start(model, true, commands),
    }
}

/// The selected value as Extended JSON; on the first line of a document, all of it.
pub(super) fn copied(view: &DocumentsView) -> Option<(String, &'static str)> {
    if view.panel.has_lines() {
        let lines = panel::lines(view);
        let line = lines.get(view.panel_cursor.row)?;
        return Some((line.text.as_str().to_owned(), "line"));
    }
    let (index, line) = view.locate(view.cursor.row)?;
    let text = view.trees.get(index)?.value_text(line)?;
    Some((safe_json(&text), if line == 0 { "document" } else { "value" }))
}

/// The selected value in the syntax of the shell.
pub(super) fn copied_for_shell(view: &DocumentsView) -> Option<(String, &'static str)> {
    let (index, line) = view.locate(view.cursor.row)?;
    let text = view.trees.get(index)?.shell_text(line)?;
    Some((safe_json(&text), if line == 0 { "document for mongosh" } else { "value for mongosh" }))
}

/// The dotted path of the selected value; on the first line of a document, its `_id`.
pub(super) fn copied_path(view: &DocumentsView) -> Option<(String, &'static str)> {
    let (index, line) = view.locate(view.cursor.row)?;
    let path = view.trees.get(index)?.path(line)?;
    (!path.is_empty()).then(|| (safe_json(&path), "path"))
}

/// The collections that are followed: this one, or every one of its store.
pub(super) fn followed(view: &DocumentsView, types: &[CollectionType]) -> Vec<String> {
    let stem = view.collection.strip_suffix(view.collection_type.as_str());
    match stem.filter(|_| view.follows_store) {
        Some(stem) => types.iter().map(|of_type| format!("{stem}{}", of_type.as_str())).collect(),
        None => vec![view.collection.clone()],
    }
}
