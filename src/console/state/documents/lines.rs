//! The lines on the screen, over all documents of a page: which one is selected, folding, and
//! what is copied of it.

use super::{
    super::{list::Extent, model::ListCursor},
    DocumentsView,
    panel::{self, Panel},
    reading,
};
use crate::domain::{document::Tree, text::safe_json};

impl DocumentsView {
    /// How many lines there are, and how many fit.
    pub fn extent(&self, visible: usize) -> Extent {
        let n_lines = || self.trees.iter().map(Tree::n_lines).sum();
        let len = if self.is_table { self.trees.len() } else { n_lines() };
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
    pub(in crate::console::state) const fn shown_cursor(&mut self) -> &mut ListCursor {
        if self.panel.has_lines() { &mut self.panel_cursor } else { &mut self.cursor }
    }

    /// The tree and the line in it that a line over all trees is.
    pub fn locate(&self, line: usize) -> Option<(usize, usize)> {
        if self.is_table {
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
    pub(super) fn line_of(&self, tree: usize) -> usize {
        self.trees.iter().take(tree).map(Tree::n_lines).sum()
    }

    /// The selected tree, the line in it, and the line over all trees that it begins with.
    fn selected(&mut self) -> Option<(&mut Tree, usize, usize)> {
        let (index, line) = self.locate(self.cursor.row)?;
        let first = self.cursor.row - line;
        self.trees.get_mut(index).map(|tree| (tree, line, first))
    }

    pub(super) fn toggle(&mut self) {
        if let Some((tree, line, _)) = self.selected() {
            tree.toggle(line);
        }
    }

    /// Goes to the first line of the next document, or of this one and the one before.
    pub(super) fn go_to_document(&mut self, is_next: bool) {
        let Some((index, line)) = self.locate(self.cursor.row) else { return };
        let to = match (is_next, line) {
            (true, _) => (index + 1).min(self.trees.len() - 1),
            (false, 0) => index.saturating_sub(1),
            (false, _) => index,
        };
        self.cursor.row = if self.is_table { to } else { self.line_of(to) };
    }

    /// Unfolds the line, or goes to the first line inside it.
    pub(super) fn go_in(&mut self) {
        let Some((tree, line, _)) = self.selected() else { return };
        if !tree.unfold(line) && tree.line(line).is_some_and(|line| line.foldable) {
            self.cursor.row += 1;
        }
    }

    /// Folds the line, or goes to the one that it is in.
    pub(super) fn go_out(&mut self) {
        let Some((tree, line, first)) = self.selected() else { return };
        if !tree.fold(line)
            && let Some(parent) = tree.parent(line)
        {
            self.cursor.row = first + parent;
        }
    }

    /// Shows the trees again, at the document that is selected in the table.
    pub(super) fn show_trees(&mut self) {
        let row = self.cursor.row;
        (self.panel, self.is_table) = (Panel::Tree, false);
        if let Some(tree) = self.trees.get_mut(row) {
            tree.unfold(0);
        }
        self.cursor = ListCursor { row: self.line_of(row), first: self.line_of(row) };
    }

    pub(super) fn show_table(&mut self) {
        let row = self.locate(self.cursor.row).map_or(0, |(tree, _)| tree);
        (self.panel, self.is_table) = (Panel::Table, true);
        self.cursor = ListCursor { row, first: 0 };
    }

    /// Shows the documents again that a panel has covered.
    pub(super) fn show_documents(&mut self) {
        self.panel = if self.is_table { Panel::Table } else { Panel::Tree };
    }

    /// Shows trees, whatever is shown.
    pub(super) fn show_some_trees(&mut self) {
        if self.is_table {
            self.show_trees();
        }
        self.panel = Panel::Tree;
    }

    /// Whether the selected line has lines of its own.
    pub fn is_foldable(&self) -> bool {
        let selected = self.locate(self.cursor.row);
        let line = selected.and_then(|(index, line)| self.trees.get(index)?.line(line));
        line.is_some_and(|line| line.foldable)
    }
}

/// The selected value as Extended JSON; on the first line of a document, all of it.
pub(in crate::console::state) fn copied(view: &DocumentsView) -> Option<(String, &'static str)> {
    if view.panel.has_lines()
        && let Some(line) = copied_line(view)
    {
        return Some(line);
    }
    let (index, line) = view.locate(view.cursor.row)?;
    let text = view.trees.get(index)?.value_text(line)?;
    Some((safe_json(&text), if line == 0 { "document" } else { "value" }))
}

/// The selected line of a panel; `None` where a value of a document is shown.
fn copied_line(view: &DocumentsView) -> Option<(String, &'static str)> {
    let lines = panel::lines(view);
    let line = match view.panel {
        Panel::Value => reading::read_line(view)?,
        _ => &lines.get(view.panel_cursor.row)?.text,
    };
    Some((line.as_str().to_owned(), "line"))
}

/// The selected value in the syntax of the shell.
pub(in crate::console::state) fn copied_for_shell(
    view: &DocumentsView,
) -> Option<(String, &'static str)> {
    if view.panel.has_lines() && view.panel != Panel::Value {
        return copied_line(view);
    }
    let (index, line) = view.locate(view.cursor.row)?;
    let text = view.trees.get(index)?.shell_text(line)?;
    Some((safe_json(&text), if line == 0 { "document for mongosh" } else { "value for mongosh" }))
}

/// The dotted path of the selected value; on the first line of a document, its `_id`.
pub(in crate::console::state) fn copied_path(
    view: &DocumentsView,
) -> Option<(String, &'static str)> {
    if view.panel.has_lines() && view.panel != Panel::Value {
        let path = panel::lines(view).get(view.panel_cursor.row)?.path.clone()?;
        return Some((safe_json(&path), "path"));
    }
    let (index, line) = view.locate(view.cursor.row)?;
    let path = view.trees.get(index)?.path(line)?;
    (!path.is_empty()).then(|| (safe_json(&path), "path"))
}
