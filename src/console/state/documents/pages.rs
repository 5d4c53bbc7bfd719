//! Reading the pages of a collection: which one is asked for, the one that comes, and the one
//! that stays on the screen meanwhile.

use super::{
    super::{
        command::{Command, PageWanted, RequestId},
        model::{ListCursor, Model, Top},
        question::Question,
    },
    About, Asking, DocumentsView, SCAN, Shown, panel, view_of,
};
use crate::domain::{
    document::Tree,
    explain::Plan,
    failure::Failure,
    page::{From, Page, Read},
    query::{Query, QueryText},
    schema::Schema,
};

/// Columns of a table that was not chosen.
const COLUMNS: usize = 12;

/// Reads the page again.
pub(in crate::console::state) fn load(model: &mut Model, commands: &mut Vec<Command>) {
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

pub(super) fn want(
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
    view.show_documents();
    read(model, (From::First, Some(1)), commands);
}

impl DocumentsView {
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
    pub(super) fn return_to_shown(&mut self) {
        let Some(shown) = self.shown.take() else { return };
        let Shown { text, query, order, exact, wanted, number } = shown;
        (self.text, self.query, self.order) = (text, query, order);
        (self.exact, self.wanted, self.number) = (exact, wanted, number);
        self.plan = None;
    }

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
}

/// Takes the page, unless another one was asked for since.
pub(in crate::console::state) fn loaded(
    model: &mut Model,
    request: RequestId,
    read: Result<Box<Read>, Failure>,
) {
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
pub(in crate::console::state) fn doubted(
    model: &mut Model,
    request: RequestId,
    (plan, documents): (Box<Plan>, u64),
) {
    let Some(view) = view_of(model) else { return };
    if view.loading != Some(request) {
        return;
    }
    view.loading = None;
    let about = About::Scan { plan, documents };
    view.asking = Some(Asking { about, question: Question::new(SCAN) });
    model.redraw = true;
}

/// Which page is wanted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turn {
    First,
    Previous,
    Next,
    Last,
}

pub(super) fn turn(model: &mut Model, turn: Turn, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    if view.panel.has_lines() {
        view.show_documents();
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
pub(super) fn count(model: &mut Model, commands: &mut Vec<Command>) {
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
pub(in crate::console::state) fn counted(
    model: &mut Model,
    request: RequestId,
    count: Result<u64, Failure>,
) {
    let Some(view) = view_of(model) else { return };
    if view.counting == Some(request) {
        view.counting = None;
        view.exact = Some(count);
        model.redraw = true;
    }
}
