//! The mouse: clicks focus, select and sort, the wheel scrolls, a double click goes in.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::SignedDuration;

use super::{
    super::{
        action::Action,
        collections,
        command::Command,
        create, databases, distribution, doctor, documents,
        geometry::{Area, Target},
        jobs,
        list::Extent,
        model::{Click, ListCursor, Model, Pane, Top},
        query,
        stores::{self, StoreColumn},
    },
    act,
};

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// Two clicks on one cell within this time are a double click.
const DOUBLE_CLICK: SignedDuration = SignedDuration::from_millis(400);

/// Does what the mouse asks for.
pub(super) fn used(model: &mut Model, mouse: MouseEvent, commands: &mut Vec<Command>) {
    let Some((area, target)) = target_at(model, mouse.column, mouse.row) else { return };
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            model.redraw = true;
            let is_double = is_double_click(model, mouse);
            click(model, (area, target, mouse.row), commands);
            if is_double && matches!(target, Target::Rows(_) | Target::TopRows) {
                go_in(model, commands);
            }
        }
        MouseEventKind::ScrollUp => scroll(model, target, -NOTCH),
        MouseEventKind::ScrollDown => scroll(model, target, NOTCH),
        _ => {}
    }
}

fn target_at(model: &Model, column: u16, row: u16) -> Option<(Area, Target)> {
    let mut topmost_first = model.geometry.targets.iter().rev();
    topmost_first.find(|(area, _)| area.contains(column, row)).copied()
}

/// Remembers the click. A third click is a first one again.
fn is_double_click(model: &mut Model, mouse: MouseEvent) -> bool {
    let click = Click { at: model.now, column: mouse.column, row: mouse.row };
    let is_double = model.last_click.is_some_and(|last| {
        (last.column, last.row) == (click.column, click.row)
            && click.at.duration_since(last.at) <= DOUBLE_CLICK
    });
    model.last_click = (!is_double).then_some(click);
    is_double
}

fn click(model: &mut Model, (area, target, row): (Area, Target, u16), commands: &mut Vec<Command>) {
    let row = usize::from(row - area.y);
    match target {
        Target::TopRows => {
            if let Some((cursor, extent)) = top_list(model) {
                select(cursor, row, extent);
            }
        }
        Target::Field(field) => match model.top {
            Top::Create => create::focus(model, field),
            Top::Documents(_) => documents::focus(model, field),
            Top::Query => query::focus(model, field),
            _ => {}
        },
        Target::Column(column) if matches!(model.top, Top::Documents(_)) => {
            documents::sort_by(model, column);
        }
        Target::Answer(answer) => match model.top {
            Top::Create => create::answer(model, answer, commands),
            Top::Jobs => jobs::answer(model, answer, commands),
            Top::Doctor => doctor::repair::clicked(model, answer, commands),
            Top::Documents(_) => documents::clicked(model, answer, commands),
            Top::Query => query::export::clicked(model, answer, commands),
            _ => {}
        },
        _ if !matches!(model.top, Top::Panes) => {}
        Target::Pane(pane) => model.focus = pane,
        Target::Rows(pane) => {
            model.focus = pane;
            if pane == Pane::Stores {
                select_store(model, row);
            } else if let Some((cursor, extent)) = pane_list(model, pane) {
                select(cursor, row, extent);
            }
        }
        Target::Column(index) => {
            model.focus = Pane::Stores;
            if let Some(column) = StoreColumn::ALL.get(index) {
                stores::sort_by(model, *column, commands);
            }
        }
    }
}

/// Selects a visible row. A click below the last row selects nothing else.
fn select(cursor: &mut ListCursor, row: usize, extent: Extent) {
    if cursor.first + row < extent.len {
        cursor.row = cursor.first + row;
        cursor.keep_visible(extent);
    }
}

fn select_store(model: &mut Model, row: usize) {
    let row = model.stores.first + row;
    if row < model.stores.rows().len() {
        model.stores.select_row(row, model.geometry.rows_of(Pane::Stores));
    }
}

fn go_in(model: &mut Model, commands: &mut Vec<Command>) {
    match model.top {
        Top::Palette(_) => act::choose(model, commands),
        Top::Help(_) | Top::Events(_) | Top::Create => {}
        Top::Panes | Top::Documents(_) | Top::Jobs | Top::Doctor | Top::Why | Top::Query => {
            act::apply(model, Action::Enter, commands);
        }
    }
}

fn scroll(model: &mut Model, target: Target, rows: isize) {
    model.redraw = true;
    if let Some((cursor, extent)) = top_list(model) {
        cursor.shift(rows, extent);
        return;
    }
    if matches!(model.top, Top::Create) {
        create::scroll(model, rows);
        return;
    }
    let pane = match target {
        Target::Pane(pane) | Target::Rows(pane) => pane,
        Target::Column(_) => Pane::Stores,
        Target::TopRows | Target::Answer(_) | Target::Field(_) => return,
    };
    if pane == Pane::Stores {
        let row = model.stores.row.unwrap_or(0).saturating_add_signed(rows);
        model.stores.select_row(row, model.geometry.rows_of(Pane::Stores));
    } else if let Some((cursor, extent)) = pane_list(model, pane) {
        cursor.shift(rows, extent);
    }
}

/// The list of a pane other than the store list, which selects by id.
fn pane_list(model: &mut Model, pane: Pane) -> Option<(&mut ListCursor, Extent)> {
    match pane {
        Pane::Databases => {
            let extent = databases::extent(model);
            Some((&mut model.databases.cursor, extent))
        }
        Pane::Distribution => {
            let extent = distribution::extent(model);
            Some((&mut model.distribution.cursor, extent))
        }
        Pane::Collections => {
            let extent = collections::extent(model);
            Some((&mut model.collections.cursor, extent))
        }
        Pane::Stores => None,
    }
}

/// The list that covers the panes.
fn top_list(model: &mut Model) -> Option<(&mut ListCursor, Extent)> {
    let visible = model.geometry.top_rows;
    match &mut model.top {
        Top::Panes | Top::Create => None,
        Top::Help(help) => {
            let extent = help.extent(visible);
            Some((&mut help.cursor, extent))
        }
        Top::Palette(palette) => {
            let extent = palette.extent(visible);
            Some((&mut palette.cursor, extent))
        }
        Top::Documents(view) => {
            let extent = view.shown_extent(visible);
            Some((view.shown_cursor(), extent))
        }
        Top::Query => {
            let extent = model.query.extent(visible);
            Some((&mut model.query.cursor, extent))
        }
        Top::Events(cursor) => Some((cursor, Extent { len: model.events.entries.len(), visible })),
        Top::Jobs => {
            let extent = model.jobs.extent(visible);
            Some((&mut model.jobs.cursor, extent))
        }
        Top::Doctor => {
            let extent = model.doctor.extent(visible);
            Some((&mut model.doctor.cursor, extent))
        }
        Top::Why => {
            let extent = model.why.extent(visible);
            Some((&mut model.why.cursor, extent))
        }
    }
}
