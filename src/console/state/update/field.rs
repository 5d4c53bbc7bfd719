//! Keys and pastes while a text field is open: the filter, the help, the palette.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::{
    super::{
        action::Action,
        command::Command,
        create, doctor, documents,
        model::{Model, Top},
        palette, query, stores, textfield, why,
    },
    act,
};

/// Longest text of a field in characters. Longer names cannot be in the database, and each
/// key costs a search for the whole text.
const LONGEST: usize = 255;

/// Whether printable keys go to a text field.
pub(super) fn is_open(model: &Model) -> bool {
    matches!(model.top, Top::Help(_) | Top::Palette(_))
        || (matches!(model.top, Top::Panes) && model.stores.is_typing)
        || (matches!(model.top, Top::Doctor) && model.doctor.is_typing)
        || (matches!(model.top, Top::Why) && model.why.is_typing)
}

/// Takes a key while a text field is open.
pub(super) fn press(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    let action = model.keymap.action(&key);
    match (key.code, action) {
        (KeyCode::Enter, _) => confirm(model, commands),
        (KeyCode::Esc, _) => act::back(model, commands),
        (KeyCode::Up | KeyCode::BackTab, _) => act::apply(model, Action::Up, commands),
        (KeyCode::Down | KeyCode::Tab, _) => act::apply(model, Action::Down, commands),
        (KeyCode::PageUp, _) => act::apply(model, Action::PageUp, commands),
        (KeyCode::PageDown, _) => act::apply(model, Action::PageDown, commands),
        (code, Some(action)) if is_command(code, key.modifiers, action) => {
            act::apply(model, action, commands);
        }
        (_, Some(Action::Help)) if is_empty_help(model) => act::back(model, commands),
        (KeyCode::Backspace, _) if is_empty_filter(model) => model.stores.is_typing = false,
        _ => edit(model, key, commands),
    }
}

/// Pastes into the field, as one line. Nothing is confirmed by it, and outside a field
/// nothing happens.
pub(super) fn paste(model: &mut Model, text: &str, commands: &mut Vec<Command>) {
    if matches!(model.top, Top::Documents(_)) && documents::paste(model, text) {
        return;
    }
    if matches!(model.top, Top::Query) && query::has_keys(model) {
        model.redraw = true;
        return query::paste(model, text);
    }
    let has_questions = matches!(
        model.top,
        Top::Create | Top::Jobs | Top::Doctor | Top::Why | Top::Documents(_) | Top::Query
    );
    if has_questions && field_of(model).is_none() {
        model.notify("there is no text field here; a paste chooses and confirms nothing");
        return;
    }
    let Some(input) = field_of(model) else {
        let key = model.keymap.key_of(Action::Filter);
        model.notify(&format!("there is no text field to paste into; {key} opens the filter"));
        return;
    };
    textfield::paste(input, text, LONGEST);
    changed(model, commands);
}

/// Quitting, suspending and help by a function key work in a text field too.
fn is_command(code: KeyCode, modifiers: KeyModifiers, action: Action) -> bool {
    let types = matches!(code, KeyCode::Char(_)) && !modifiers.contains(KeyModifiers::CONTROL);
    !types && matches!(action, Action::Quit | Action::Suspend)
}

fn is_empty_help(model: &Model) -> bool {
    matches!(&model.top, Top::Help(help) if help.input.value().is_empty())
}

fn is_empty_filter(model: &Model) -> bool {
    matches!(model.top, Top::Panes) && model.stores.input.value().is_empty()
}

fn confirm(model: &mut Model, commands: &mut Vec<Command>) {
    match &model.top {
        Top::Palette(_) => act::choose(model, commands),
        Top::Help(_) => act::close_top(model),
        Top::Doctor => model.doctor.is_typing = false,
        Top::Why => why::submit(model, commands),
        _ => model.stores.is_typing = false,
    }
}

fn edit(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    let Some(input) = field_of(model) else { return };
    if textfield::press(input, key, LONGEST) {
        changed(model, commands);
    }
}

fn changed(model: &mut Model, commands: &mut Vec<Command>) {
    model.redraw = true;
    match &mut model.top {
        Top::Help(help) => help.search(&model.keymap),
        Top::Palette(_) => palette::search(model, commands),
        Top::Create => create::changed(model, commands),
        Top::Doctor => doctor::refilter(model),
        Top::Why => {}
        _ => stores::text_changed(model, commands),
    }
}

fn field_of(model: &mut Model) -> Option<&mut Input> {
    match &mut model.top {
        Top::Help(help) => Some(&mut help.input),
        Top::Palette(palette) => Some(&mut palette.input),
        Top::Panes if model.stores.is_typing => Some(&mut model.stores.input),
        Top::Create => model.creation.text_field(),
        Top::Doctor if model.doctor.is_typing => Some(&mut model.doctor.input),
        Top::Why if model.why.is_typing => Some(&mut model.why.input),
        _ => None,
    }
}
