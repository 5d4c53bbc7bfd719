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
    text::safe_json,
};

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
            view.trees = page.trees();
            // The newest document is what most people open the view for.
            if let Some(newest) = view.trees.first_mut() {
                newest.unfold(0);
            }
        }
        Err(failure) => view.failure = Some(failure),
    }
    view.cursor.keep_visible(view.extent(visible));
    model.redraw = true;
}

impl DocumentsView {
    /// How many lines there are over all trees, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        Extent { len: self.trees.iter().map(Tree::n_lines).sum(), visible }
    }

    /// The tree and the line in it that a line over all trees is.
    pub fn locate(&self, line: usize) -> Option<(usize, usize)> {
        let mut line = line;
        for (index, tree) in self.trees.iter().enumerate() {
            match line.checked_sub(tree.n_lines()) {
                None => return Some((index, line)),
                Some(rest) => line = rest,
            }
        }
        None
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
}

/// Does what the action means for the documents.
pub(super) fn apply(model: &mut Model, action: Action) {
    let visible = model.geometry.top_rows;
    let Top::Documents(view) = &mut model.top else { return };
    match action {
        Action::Enter | Action::Mark => view.toggle(),
        Action::Right => view.go_in(),
        Action::Left => view.go_out(),
        action => {
            view.cursor.apply(action, view.extent(visible));
        }
    }
    view.cursor.keep_visible(view.extent(visible));
}

/// The selected value as Extended JSON; on the first line of a document, all of it.
pub(super) fn copied(view: &DocumentsView) -> Option<(String, &'static str)> {
    let (index, line) = view.locate(view.cursor.row)?;
    let text = view.trees.get(index)?.value_text(line)?;
    Some((safe_json(&text), if line == 0 { "document" } else { "value" }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bson::{RawDocumentBuf, rawdoc};

    use super::{
        super::{event::Event, fixture::*, update::update},
        *,
    };

    fn opened() -> Model {
        let mut model = model_of(fleet(3));
        let commands = press(&mut model, ":s1_orders<enter>");
        let Some(Command::LoadPage { request, .. }) = commands.last() else {
            panic!("{commands:?}")
        };
        let first: RawDocumentBuf = rawdoc! { "total": 5, "lines": [{ "sku": "a\u{202e}" }, 2] };
        let documents = vec![Arc::new(first), Arc::new(rawdoc! { "total": 7 })];
        let page = Ok(Page { documents, has_more: true });
        update(&mut model, Event::PageLoaded { request: *request, page });
        model
    }

    fn view(model: &Model) -> &DocumentsView {
        let Top::Documents(view) = &model.top else { panic!("the documents are open") };
        view
    }

    #[test]
    fn the_newest_document_is_unfolded_and_the_tree_is_walked_with_keys() {
        let mut model = opened();
        assert_eq!(view(&model).extent(0).len, 4);
        press(&mut model, "jjl");
        assert_eq!(view(&model).extent(0).len, 6);
        press(&mut model, "ll");
        assert_eq!((view(&model).cursor.row, view(&model).extent(0).len), (3, 7));
        press(&mut model, "l");
        assert_eq!(view(&model).cursor.row, 4);
        press(&mut model, "h");
        assert_eq!(view(&model).cursor.row, 3);
        press(&mut model, "hh");
        assert_eq!((view(&model).cursor.row, view(&model).extent(0).len), (2, 6));
        press(&mut model, "<enter>");
        assert_eq!(view(&model).extent(0).len, 4);
        press(&mut model, "G<space>");
        assert_eq!(view(&model).locate(3), Some((1, 0)));
        assert_eq!(view(&model).extent(0).len, 5);
    }

    #[test]
    fn values_are_copied_as_safe_extended_json() {
        let mut model = opened();
        let commands = press(&mut model, "jjy");
        let [Command::Copy { text, what: "value" }] = &commands[..] else { panic!("{commands:?}") };
        assert!(text.contains("a\\u202e") && !text.contains('\u{202e}'));
        let commands = press(&mut model, "gy");
        let [Command::Copy { text, what: "document" }] = &commands[..] else {
            panic!("{commands:?}")
        };
        assert!(text.contains("total") && text.contains("lines"));
    }

    #[test]
    fn a_page_that_was_asked_for_earlier_is_dropped() {
        let mut model = opened();
        let commands = press(&mut model, "r");
        let [Command::LoadPage { request, .. }] = &commands[..] else { panic!("{commands:?}") };
        let late = RequestId(request.0 - 1);
        let page = || Ok(Page::default());
        update(&mut model, Event::PageLoaded { request: late, page: page() });
        assert_eq!(view(&model).trees.len(), 2);
        update(&mut model, Event::PageLoaded { request: *request, page: page() });
        assert!(view(&model).trees.is_empty());
    }
}
