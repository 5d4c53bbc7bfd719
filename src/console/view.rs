//! Drawing: reads the model, changes nothing. What it learns returns as [`Geometry`].

mod collections;
mod completion;
mod create;
mod databases;
mod distribution;
mod doctor;
mod documents;
mod events;
mod footer;
mod help;
mod jobs;
mod paint;
mod palette;
mod prose;
mod query;
mod question;
mod stores;
#[cfg(test)]
pub(super) mod tests;
mod title;
mod why;

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Style};

use self::paint::Row;
use super::{
    state::{
        geometry::{Geometry, Size, Target},
        model::{Model, Pane, Top},
    },
    theme::Theme,
};
use crate::domain::text::{SafeText, safe};

/// The smallest screen that the console can be used on.
pub const SMALLEST: Size = Size { width: 60, height: 15 };

/// Rows that the latest events must have to be worth their frame.
const LEAST_EVENTS: u16 = 5;

/// Rows that the distribution keeps while a cause needs the room: a frame and three bars.
const LEAST_BARS: u16 = 5;

/// Draws the model on the whole frame.
pub fn draw(model: &Model, frame: &mut Frame) -> Geometry {
    let area = frame.area();
    let theme = Theme::new(&model.switches);
    let mut geometry =
        Geometry { size: Size { width: area.width, height: area.height }, ..Geometry::default() };
    let mut canvas =
        Canvas { model, theme: &theme, buffer: frame.buffer_mut(), geometry: &mut geometry };
    if area.width < SMALLEST.width || area.height < SMALLEST.height {
        too_small(&mut canvas, area);
    } else {
        screen(&mut canvas, area);
    }
    geometry
}

/// What every part of the screen draws with.
struct Canvas<'a> {
    model: &'a Model,
    theme: &'a Theme,
    buffer: &'a mut Buffer,
    geometry: &'a mut Geometry,
}

impl Canvas<'_> {
    fn row(&mut self, area: Rect, line: u16) -> Row<'_> {
        Row::new(self.buffer, self.theme, area, line)
    }

    /// Frames a pane and notes where it is; the frame for its title, and the cells inside.
    fn pane(&mut self, pane: Pane, area: Rect) -> (paint::Frame, Rect) {
        self.geometry.targets.push((paint::area(area), Target::Pane(pane)));
        let is_focused = self.model.focus == pane && matches!(self.model.top, Top::Panes);
        let frame = paint::Frame { area, is_focused };
        let inner = frame.paint(self.buffer, self.theme);
        (frame, inner)
    }

    /// Frames something that is on top of the panes.
    fn top(&mut self, area: Rect) -> (paint::Frame, Rect) {
        let frame = paint::Frame { area, is_focused: true };
        let inner = frame.paint(self.buffer, self.theme);
        (frame, inner)
    }

    fn title(&mut self, frame: &paint::Frame) -> Row<'_> {
        frame.title(self.buffer, self.theme)
    }

    /// Notes where the rows of a pane's list are.
    fn note_rows(&mut self, pane: Pane, rows: Rect) {
        self.geometry.rows.push((pane, rows.height.into()));
        self.geometry.targets.push((paint::area(rows), Target::Rows(pane)));
    }

    /// Notes where the rows of what is on top are.
    fn note_top_rows(&mut self, rows: Rect) {
        self.geometry.top_rows = rows.height.into();
        self.geometry.targets.push((paint::area(rows), Target::TopRows));
    }

    /// Notes where a heading is that sorts by its column.
    fn note_column(&mut self, cells: Rect, column: usize) {
        self.geometry.targets.push((paint::area(cells), Target::Column(column)));
    }

    /// Notes where a field of the form on top is, by its number.
    fn note_field(&mut self, cells: Rect, field: usize) {
        self.geometry.targets.push((paint::area(cells), Target::Field(field)));
    }

    /// Says in the middle of nothing what is going on, and what to press.
    fn say(&mut self, area: Rect, texts: &[(&SafeText, Style)]) {
        let area =
            Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
        let mut line = 0;
        for text in texts {
            let rest = paint::below(area, line);
            line += paint::paragraph(self.buffer, self.theme, rest, *text);
        }
    }
}

fn screen(canvas: &mut Canvas, area: Rect) {
    let line = |y| Rect { y, height: 1, ..area };
    title::draw(canvas, line(area.y));
    let body = Rect { y: area.y + 1, height: area.height - 3, ..area };
    match &canvas.model.top {
        Top::Documents(view) => documents::draw(canvas, body, view),
        Top::Events(cursor) => events::draw(canvas, body, *cursor),
        Top::Create => create::draw(canvas, body),
        Top::Jobs => jobs::draw(canvas, body),
        Top::Doctor => doctor::draw(canvas, body),
        Top::Why => why::draw(canvas, body),
        Top::Query => query::draw(canvas, body),
        Top::Panes => panes(canvas, body),
        Top::Help(_) | Top::Palette(_) => match &canvas.model.covered {
            Top::Documents(view) => documents::draw(canvas, body, view),
            Top::Events(cursor) => events::draw(canvas, body, *cursor),
            Top::Create => create::draw(canvas, body),
            Top::Jobs => jobs::draw(canvas, body),
            Top::Doctor => doctor::draw(canvas, body),
            Top::Why => why::draw(canvas, body),
            Top::Query => query::draw(canvas, body),
            _ => panes(canvas, body),
        },
    }
    match &canvas.model.top {
        Top::Help(help) => help::draw(canvas, body, help),
        Top::Palette(palette) => palette::draw(canvas, body, palette),
        _ => {}
    }
    footer::event_line(canvas, line(area.bottom() - 2));
    footer::hints(canvas, line(area.bottom() - 1));
}

fn panes(canvas: &mut Canvas, area: Rect) {
    if canvas.model.switches.zoomed {
        pane(canvas, canvas.model.focus, area);
        return;
    }
    let (panes, rest) = layout(canvas.model, area);
    for (which, area) in panes {
        pane(canvas, which, area);
    }
    if let Some(rest) = rest {
        events::glance(canvas, rest);
    }
}

fn pane(canvas: &mut Canvas, which: Pane, area: Rect) {
    match which {
        Pane::Databases => databases::draw(canvas, area),
        Pane::Distribution => distribution::draw(canvas, area),
        Pane::Stores => stores::draw(canvas, area),
        Pane::Collections => collections::draw(canvas, area),
    }
}

/// Health and distribution on the left, stores and their collections on the right; and
/// where there is room for the latest events.
fn layout(model: &Model, area: Rect) -> ([(Pane, Rect); 4], Option<Rect>) {
    let left = (area.width * 2 / 5).clamp(30, 80);
    let most = if databases::is_in_trouble(model) {
        area.height.saturating_sub(LEAST_BARS)
    } else {
        area.height * 3 / 5
    };
    let databases = databases::wanted_height(model, left).min(most).max(5);
    let below = area.height - databases;
    let wanted = distribution::wanted_height(model);
    let has_events = below >= wanted + LEAST_EVENTS;
    let distribution = if has_events { wanted } else { below };
    let collections = collections::wanted_height(model).clamp(6, (area.height * 2 / 5).max(6));
    let stores = area.height - collections;
    let column = |x, width| move |y, height| Rect { x: area.x + x, y: area.y + y, width, height };
    let (on_left, on_right) = (column(0, left), column(left, area.width - left));
    let panes = [
        (Pane::Databases, on_left(0, databases)),
        (Pane::Distribution, on_left(databases, distribution)),
        (Pane::Stores, on_right(0, stores)),
        (Pane::Collections, on_right(stores, collections)),
    ];
    let events = on_left(databases + distribution, below - distribution);
    (panes, has_events.then_some(events))
}

fn too_small(canvas: &mut Canvas, area: Rect) {
    let wanted = safe(&format!(
        "tilldeck needs {} columns and {} rows; this is {} by {}",
        SMALLEST.width, SMALLEST.height, area.width, area.height
    ));
    let style = canvas.theme.text;
    paint::paragraph(canvas.buffer, canvas.theme, area, (&wanted, style));
}
