//! The newest documents of one collection, as folding trees.

use super::{
    action::Action,
    command::{Command, RequestId},
    list::Extent,
    model::{ListCursor, Model, Top},
};
use crate::domain::{
    database::{CollectionType, Database},
    document::{Page, Tree},
    failure::Failure,
};

// The tree's own part follows as soon as the tree is there.
/// The documents view.
#[derive(Debug)]
pub struct DocumentsView {
    /// Where the collection is.
    pub database: Database,
    /// The full collection name, as stored.
    pub collection: String,
    /// What it holds.
    pub collection_type: CollectionType,
    /// The read that is under way.
    pub loading: Option<RequestId>,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// Whether the collection has more documents than the page.
    pub has_more: bool,
    /// One tree a document; its visible lines are computed when they are drawn.
    pub trees: Vec<Tree>,
    /// The selected line and the first visible one, counted over all trees.
    pub cursor: ListCursor,
}

/// Opens the documents of a collection.
pub(super) fn open(
    model: &mut Model,
    (database, collection, collection_type): (Database, String, CollectionType),
    commands: &mut Vec<Command>,
) {
    model.top = Top::Documents(Box::new(DocumentsView {
        database,
        collection,
        collection_type,
        loading: None,
        failure: None,
        has_more: false,
        trees: Vec::new(),
        cursor: ListCursor::default(),
    }));
    load(model, commands);
}

/// Reads the page again.
pub(super) fn load(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    if let Top::Documents(view) = &mut model.top {
        view.loading = Some(request);
        model.redraw = true;
        commands.push(Command::LoadPage {
            request,
            database: view.database,
            collection: view.collection.clone(),
            collection_type: view.collection_type.clone(),
        });
    }
}

/// Takes the page, unless another one was asked for since.
pub(super) fn loaded(model: &mut Model, request: RequestId, page: Result<Page, Failure>) {
    let visible = model.geometry.top_rows;
    let ((Top::Documents(view), _) | (_, Top::Documents(view))) =
        (&mut model.top, &mut model.covered)
    else {
        return;
    };
    if view.loading != Some(request) {
        return;
    }
    view.loading = None;
    match page {
        Ok(page) => {
            view.failure = None;
            view.has_more = page.has_more;
            view.trees.clear();
        }
        Err(failure) => view.failure = Some(failure),
    }
    view.cursor.keep_visible(view.extent(visible));
    model.redraw = true;
}

impl DocumentsView {
    /// How many lines there are over all trees, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.trees.len(), visible }
    }

    /// The tree and the line in it that a line over all trees is.
    pub fn locate(&self, line: usize) -> Option<(usize, usize)> {
        let mut line = line;
        for (index, _) in self.trees.iter().enumerate() {
            match line.checked_sub(1) {
                None => return Some((index, line)),
                Some(rest) => line = rest,
            }
        }
        None
    }
}

/// Does what the action means for the documents.
pub(super) fn apply(model: &mut Model, action: Action, _: &mut Vec<Command>) {
    let visible = model.geometry.top_rows;
    if let Top::Documents(view) = &mut model.top {
        let extent = view.extent(visible);
        view.cursor.apply(action, extent);
    }
}

/// What is copied from the documents.
pub(super) fn copied(view: &DocumentsView) -> Option<(String, &'static str)> {
    let _ = view.locate(view.cursor.row)?;
    None
}
