//! Searching inside the documents of the page, in what is folded, too.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::{
    super::{
        action::Action,
        model::{Model, Top},
        textfield,
    },
    DocumentsView,
};

/// Longest text that is searched for.
const LONGEST: usize = 200;

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct SearchBox {
    /// The field.
    pub input: Input,
    /// Whether keys go to it.
    pub is_typing: bool,
}

/// Opens the field.
pub(super) fn open(model: &mut Model) {
    if let Top::Documents(view) = &mut model.top {
        view.show_some_trees();
        view.search = SearchBox { input: Input::default(), is_typing: true };
    }
}

/// Whether keys go to the field.
pub(in super::super) const fn has_keys(model: &Model) -> bool {
    matches!(&model.top, Top::Documents(view) if view.search.is_typing)
}

/// Takes a key for the field.
pub(in super::super) fn take_key(model: &mut Model, key: KeyEvent) {
    model.redraw = true;
    let Top::Documents(view) = &mut model.top else { return };
    match key.code {
        KeyCode::Enter => {
            view.search.is_typing = false;
            next(model);
        }
        KeyCode::Esc => view.search.is_typing = false,
        _ => drop(textfield::press(&mut view.search.input, key, LONGEST)),
    }
}

/// Pastes into the field.
pub(super) fn paste(search: &mut SearchBox, text: &str) {
    textfield::paste(&mut search.input, text, LONGEST);
}

/// Goes to the next line that holds the text, around the end of the page.
pub(super) fn next(model: &mut Model) {
    let visible = model.geometry.top_rows;
    let key = model.keymap.key_of(Action::Search);
    let Top::Documents(view) = &mut model.top else { return };
    let text = view.search.input.value().to_owned();
    if text.is_empty() {
        return model.notify(&format!("{key} searches in the documents of this page"));
    }
    view.show_some_trees();
    if let Some(row) = find(view, &text) {
        view.cursor.row = row;
        view.cursor.keep_visible(view.extent(visible));
    } else {
        model.notify("not on this page");
    }
}

/// The line of the next match, unfolded; the search goes on after the selected line.
fn find(view: &mut DocumentsView, text: &str) -> Option<usize> {
    let (selected, line) = view.locate(view.cursor.row).unwrap_or_default();
    let n = view.trees.len();
    for step in 0..=n {
        let index = (selected + step) % n.max(1);
        let after = if step == 0 { view.trees.get(index)?.place(line) } else { None };
        let found = view.trees.get(index)?.search(text, after.as_deref());
        if let Some(path) = found {
            let line = view.trees.get_mut(index)?.reveal(&path);
            return Some(view.line_of(index) + line);
        }
    }
    None
}
