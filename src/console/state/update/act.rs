//! Keys → keymap → action → what it does here.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    super::{
        action::{Action, Group},
        collections,
        command::Command,
        copy, create, databases, distribution, doctor, documents,
        help::HelpBox,
        jobs,
        list::Extent,
        model::{Held, ListCursor, Model, Pane, Top},
        palette::{self, Choice},
        query, stores, why,
    },
    field, snapshots,
};
use crate::config::ThemeName;

/// Does what the key means here.
pub(super) fn press(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    if key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL {
        commands.push(Command::Quit);
        return;
    }
    if create::has_keys(model) {
        create::take_key(model, key, commands);
    } else if jobs::has_keys(model) {
        jobs::take_key(model, &key, commands);
    } else if doctor::repair::has_keys(model) {
        doctor::repair::take_key(model, &key, commands);
    } else if documents::has_keys(model) {
        documents::take_key(model, key, commands);
    } else if query::has_keys(model) {
        query::take_key(model, key, commands);
    } else if field::is_open(model) {
        field::press(model, key, commands);
    } else if let Some(action) = model.keymap.action(&key) {
        apply(model, action, commands);
    }
}

/// Does what the action means for what is on top.
pub(in super::super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    model.redraw = true;
    if apply_anywhere(model, action, commands) {
        return;
    }
    let visible = model.geometry.top_rows;
    match &mut model.top {
        Top::Panes => apply_in_panes(model, action, commands),
        Top::Documents(_) => documents::apply(model, action, commands),
        Top::Events(cursor) => {
            let len = model.events.entries.len();
            if !cursor.apply(action, Extent { len, visible })
                && matches!(action, Action::Events | Action::Left)
            {
                close_top(model);
            }
        }
        Top::Help(help) => {
            let extent = help.extent(visible);
            help.cursor.apply(action, extent);
        }
        Top::Create => create::apply(model, action, commands),
        Top::Jobs => jobs::apply(model, action),
        Top::Doctor => doctor::apply(model, action, commands),
        Top::Why => why::apply(model, action, commands),
        Top::Query => query::apply(model, action, commands),
        Top::Palette(palette) => {
            let extent = palette.extent(visible);
            palette.cursor.apply(action, extent);
        }
    }
}

/// Actions that mean the same wherever they are asked for.
fn apply_anywhere(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    match action {
        Action::Quit => commands.push(Command::Quit),
        Action::Suspend => commands.push(Command::Suspend),
        Action::Help => open(model, open_help, commands),
        Action::Palette => open(model, palette::open, commands),
        Action::Back => back(model, commands),
        Action::Copy | Action::CopyForShell | Action::CopyPath => {
            copy::copy(model, action, commands);
        }
        Action::Freeze => freeze(model, commands),
        Action::ToggleMouse => toggle_mouse(model, commands),
        Action::NextTheme => next_theme(model),
        Action::Retry => retry(model, commands),
        _ => return false,
    }
    true
}

fn apply_in_panes(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    create::stop_waiting(model);
    match action {
        Action::NextPane => model.focus = model.focus.next(),
        Action::PreviousPane => model.focus = model.focus.previous(),
        Action::Focus(pane) => model.focus = pane,
        Action::Zoom => model.switches.zoomed = !model.switches.zoomed,
        Action::Filter => {
            model.focus = Pane::Stores;
            model.stores.is_typing = true;
        }
        Action::ToggleProblems => stores::toggle_problems(model, commands),
        Action::NextMeasure => distribution::next_measure(model, commands),
        Action::ClearMarks => model.stores.marked.clear(),
        Action::Events => model.top = Top::Events(ListCursor::default()),
        Action::NewStore => create::open(model, commands),
        Action::Jobs => jobs::open(model, commands),
        Action::Doctor => doctor::open(model, commands),
        Action::Why => why::open(model, commands),
        Action::Query => query::open(model, commands),
        Action::Explain | Action::Repair | Action::GoToStore => {
            let key = model.keymap.key_of(Action::Doctor);
            model.notify(&format!("that is about a finding; {key} opens the doctor"));
        }
        action if action.group() == Group::Documents => {
            let key = model.keymap.key_of(Action::Enter);
            model.notify(&format!("that is about documents; {key} on a collection opens them"));
        }
        Action::Sort | Action::ReverseSort | Action::Mark => {
            model.focus = Pane::Stores;
            stores::apply(model, action, commands);
        }
        action => {
            apply_in_focus(model, action, commands);
        }
    }
}

fn apply_in_focus(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    match model.focus {
        Pane::Databases => databases::apply(model, action, commands),
        Pane::Distribution => distribution::apply(model, action, commands),
        Pane::Stores => stores::apply(model, action, commands),
        Pane::Collections => collections::apply(model, action, commands),
    }
}

fn open_help(model: &mut Model, _: &mut Vec<Command>) {
    model.top = Top::Help(HelpBox::new(&model.keymap));
}

/// Opens the help or the palette, and remembers what it covers.
fn open(
    model: &mut Model,
    opener: impl Fn(&mut Model, &mut Vec<Command>),
    commands: &mut Vec<Command>,
) {
    let covered = std::mem::take(&mut model.top);
    if !matches!(covered, Top::Help(_) | Top::Palette(_)) {
        model.covered = covered;
    }
    opener(model, commands);
}

/// Closes what is on top, and shows again what it covered.
pub(in super::super) fn close_top(model: &mut Model) {
    model.top = std::mem::take(&mut model.covered);
    model.redraw = true;
}

/// One step out: what is on top, the text field, the collections, the filter, the zoom, the
/// marks. Never quits.
pub(in super::super) fn back(model: &mut Model, commands: &mut Vec<Command>) {
    if matches!(model.top, Top::Create) {
        create::leave(model, commands);
    } else if matches!(model.top, Top::Jobs) {
        jobs::leave(model);
    } else if matches!(model.top, Top::Doctor) {
        doctor::leave(model);
    } else if matches!(model.top, Top::Why) {
        why::leave(model);
    } else if matches!(model.top, Top::Documents(_)) {
        documents::leave(model, commands);
    } else if matches!(model.top, Top::Query) {
        query::leave(model, commands);
    } else if !matches!(model.top, Top::Panes) {
        close_top(model);
    } else if model.stores.is_typing {
        model.stores.is_typing = false;
        stores::clear_filter(model, commands);
    } else if model.focus == Pane::Collections {
        model.focus = Pane::Stores;
    } else if !model.stores.filter.is_empty() {
        stores::clear_filter(model, commands);
    } else if model.switches.zoomed {
        model.switches.zoomed = false;
    } else if !model.stores.marked.is_empty() {
        model.stores.marked.clear();
    } else {
        let key = model.keymap.key_of(Action::Quit);
        model.notify(&format!("nothing to leave; {key} quits"));
    }
}

/// Chooses the selected line of the palette.
pub(super) fn choose(model: &mut Model, commands: &mut Vec<Command>) {
    let Top::Palette(palette) = &model.top else { return };
    let Some(choice) = palette.selected().map(|entry| entry.choice.clone()) else { return };
    close_top(model);
    match choice {
        Choice::Act(action) => {
            let is_for_documents = matches!(model.top, Top::Documents(_))
                && matches!(
                    action,
                    Action::NextPane | Action::PreviousPane | Action::Sort | Action::ReverseSort
                );
            if is_for_panes(action) && !is_for_documents {
                model.top = Top::Panes;
            }
            apply(model, action, commands);
        }
        Choice::GoToStore(record) => {
            model.top = Top::Panes;
            stores::go_to(model, &record, commands);
        }
        Choice::GoToDatabase(database) => {
            model.top = Top::Panes;
            databases::go_to(model, database);
        }
        Choice::AskSaved(name) => query::ask_saved(model, &name, commands),
        Choice::GoToCollection(record, collection_type) => {
            model.top = Top::Panes;
            palette::go_to_collection(model, (&record, collection_type), commands);
        }
    }
}

/// Whether the action is about the panes, whatever covers them.
const fn is_for_panes(action: Action) -> bool {
    matches!(action.group(), Group::Stores)
        || matches!(
            action,
            Action::Focus(_)
                | Action::NextPane
                | Action::PreviousPane
                | Action::NextMeasure
                | Action::Zoom
                | Action::Events
                | Action::Jobs
                | Action::Doctor
                | Action::Why
                | Action::Query
        )
}

fn freeze(model: &mut Model, commands: &mut Vec<Command>) {
    match model.held.take() {
        None => {
            model.held = Some(Held::default());
            let key = model.keymap.key_of(Action::Freeze);
            model.notify(&format!("frozen; {key} lets it go on"));
        }
        Some(held) => {
            if let Some(pools) = held.pools {
                snapshots::pools_changed(model, pools, commands);
            }
            if let Some(registry) = held.registry {
                snapshots::registry_changed(model, registry, commands);
            }
            model.notify("live again");
        }
    }
}

fn toggle_mouse(model: &mut Model, commands: &mut Vec<Command>) {
    let captured = !model.switches.mouse;
    model.switches.mouse = captured;
    commands.push(Command::CaptureMouse { captured });
    model.notify(if captured {
        "tilldeck has the mouse"
    } else {
        "the terminal has the mouse; select text with it"
    });
}

fn next_theme(model: &mut Model) {
    let themes = ThemeName::ALL;
    let index = themes.iter().position(|theme| *theme == model.switches.theme).unwrap_or(0);
    model.switches.theme = themes[(index + 1) % themes.len()];
    model.notify(&format!("theme {}", model.switches.theme.name()));
}

/// Tries a connection again, or reads again what is shown.
fn retry(model: &mut Model, commands: &mut Vec<Command>) {
    if matches!(model.top, Top::Documents(_)) {
        documents::pages::load(model, commands);
        return;
    }
    match model.top {
        Top::Panes => {}
        Top::Create => return create::retry(model, commands),
        Top::Jobs => return jobs::load(model, commands),
        Top::Doctor => return doctor::look_again(model, commands),
        Top::Why => return why::ask_again(model, commands),
        Top::Query => return query::again(model, commands),
        _ => return,
    }
    match model.focus {
        Pane::Databases => {
            let Some(pool) = databases::selected(model) else { return };
            commands.push(Command::Retry(Some(pool.database)));
            let text = format!("trying {}", model.session.layout.name_of(pool.database));
            model.notify(&text);
        }
        Pane::Distribution => distribution::load(model, commands),
        Pane::Collections => collections::load(model, commands),
        Pane::Stores => {
            commands.push(Command::Retry(None));
            collections::load(model, commands);
            model.notify("trying every database");
        }
    }
}
