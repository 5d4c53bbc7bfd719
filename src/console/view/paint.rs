//! Painting rows of cells. Takes text that is safe, or literals of ours, and nothing else.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    widgets::{Block, Clear, Widget as _},
};

use super::super::{
    state::{geometry::Area, model::ListCursor},
    theme::Theme,
};
use crate::domain::text::{SafeText, safe};

/// One row of cells, painted from left to right. What does not fit is cut off.
pub(super) struct Row<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    start: u16,
    x: u16,
    y: u16,
    end: u16,
    /// The style of every cell, where the row as a whole has one.
    uniform: Option<Style>,
}

impl<'a> Row<'a> {
    /// The row of `area` that is `line` rows below its top; nothing is painted outside.
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme, area: Rect, line: u16) -> Self {
        let area = area.intersection(buffer.area);
        let is_inside = line < area.height;
        Self {
            buffer,
            theme,
            start: area.x,
            x: area.x,
            y: if is_inside { area.y + line } else { area.y },
            end: if is_inside { area.right() } else { area.x },
            uniform: None,
        }
    }

    /// Paints the whole row in one style, as a selected row is.
    pub(super) fn uniform(mut self, style: Option<Style>) -> Self {
        if let Some(style) = style
            && self.end > self.x
        {
            let whole = Rect::new(self.x, self.y, self.end - self.x, 1);
            self.buffer.set_style(whole, style);
        }
        self.uniform = style;
        self
    }

    /// Cells that are left.
    pub(super) const fn left_over(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Paints a literal of ours.
    pub(super) fn put(&mut self, text: &'static str, style: Style) -> &mut Self {
        self.paint(text, style);
        self
    }

    /// Paints the gutter of a list. An empty one has no colour, which would cost bytes.
    pub(super) fn gutter(&mut self, gutter: &'static str) -> &mut Self {
        if gutter == " " { self.gap(1) } else { self.put(gutter, self.theme.accent) }
    }

    /// Paints a text as long as it is.
    pub(super) fn text(&mut self, text: &SafeText, style: Style) -> &mut Self {
        let shown = self.cut(text, self.left_over().into());
        self.paint(shown.as_str(), style);
        self
    }

    /// Paints a text from the left in a column of its own, cut where it is too long.
    pub(super) fn left(&mut self, text: &SafeText, width: u16, style: Style) -> &mut Self {
        let end = self.x.saturating_add(width).min(self.end);
        let shown = self.cut(text, end.saturating_sub(self.x).into());
        self.paint(shown.as_str(), style);
        self.x = end.max(self.x);
        self
    }

    /// Paints a text in a column of its own, cut at its start where it is too long.
    pub(super) fn tail(&mut self, text: &SafeText, width: u16, style: Style) -> &mut Self {
        let text = if self.theme.ascii { text.ascii() } else { text.clone() };
        let room = width.min(self.left_over()).into();
        self.left(&text.cut_start(room, self.theme.glyphs.ellipsis), width, style)
    }

    /// Paints a text at the right of a column of its own.
    pub(super) fn right(&mut self, text: &SafeText, width: u16, style: Style) -> &mut Self {
        let end = self.x.saturating_add(width).min(self.end);
        let shown = self.cut(text, end.saturating_sub(self.x).into());
        let shown_width = u16::try_from(shown.width()).unwrap_or(u16::MAX);
        self.x = end.saturating_sub(shown_width).max(self.x);
        self.paint(shown.as_str(), style);
        self.x = end.max(self.x);
        self
    }

    /// A number of ours with its unit, at the right of a column.
    pub(super) fn figure(&mut self, figure: &str, width: u16, style: Style) -> &mut Self {
        self.right(&safe(figure), width, style)
    }

    /// Leaves cells empty.
    pub(super) fn gap(&mut self, cells: u16) -> &mut Self {
        self.x = self.x.saturating_add(cells).min(self.end);
        self
    }

    /// Goes on at least to this column of the row.
    pub(super) fn skip_to(&mut self, column: u16) -> &mut Self {
        self.x = self.x.max(self.start.saturating_add(column)).min(self.end);
        self
    }

    /// Goes to where `cells` cells are left.
    pub(super) fn keep_last(&mut self, cells: u16) -> &mut Self {
        self.x = self.x.max(self.end.saturating_sub(cells));
        self
    }

    fn cut(&self, text: &SafeText, columns: usize) -> SafeText {
        if self.theme.ascii {
            text.ascii().cut(columns, self.theme.glyphs.ellipsis)
        } else {
            text.cut(columns, self.theme.glyphs.ellipsis)
        }
    }

    fn paint(&mut self, text: &str, style: Style) {
        let style = self.uniform.unwrap_or(style);
        let room = self.left_over().into();
        if room > 0 {
            (self.x, _) = self.buffer.set_stringn(self.x, self.y, text, room, style);
        }
    }
}

/// A pane's frame: where it is, and whether it has the focus.
pub(super) struct Frame {
    pub(super) area: Rect,
    pub(super) is_focused: bool,
}

impl Frame {
    /// Paints the frame over whatever is there and returns the cells inside it.
    pub(super) fn paint(&self, buffer: &mut Buffer, theme: &Theme) -> Rect {
        let style = if self.is_focused { theme.accent } else { theme.dim };
        let block = Block::bordered().border_set(theme.glyphs.border).border_style(style);
        let inner = block.inner(self.area);
        Clear.render(self.area, buffer);
        block.render(self.area, buffer);
        inner
    }

    /// The row of the title, between the corners, already with a space.
    pub(super) fn title<'a>(&self, buffer: &'a mut Buffer, theme: &'a Theme) -> Row<'a> {
        let width = self.area.width.saturating_sub(3);
        let area = Rect { x: self.area.x.saturating_add(1), width, ..self.area };
        let mut row = Row::new(buffer, theme, area, 0);
        row.put(" ", theme.text);
        row
    }

    /// The style of the title's first words.
    pub(super) fn title_style(&self, theme: &Theme) -> Style {
        if self.is_focused { theme.accent.patch(theme.strong) } else { theme.strong }
    }
}

/// How a list marks its selected row: the style of the whole row, and the gutter.
pub(super) fn selection(
    theme: &Theme,
    is_selected: bool,
    is_focused: bool,
) -> (Option<Style>, &'static str) {
    match (is_selected, is_focused) {
        (true, true) => (Some(theme.selected), theme.glyphs.gutter),
        (true, false) => (None, theme.glyphs.gutter),
        (false, _) => (None, " "),
    }
}

/// The indexes of a list's visible rows.
pub(super) fn window(cursor: ListCursor, len: usize, visible: usize) -> std::ops::Range<usize> {
    let first = cursor.first.min(len);
    first..len.min(first.saturating_add(visible))
}

/// Text over several rows, broken between words. Returns how many rows it took.
pub(super) fn paragraph(
    buffer: &mut Buffer,
    theme: &Theme,
    area: Rect,
    (text, style): (&SafeText, Style),
) -> u16 {
    let mut line = 0;
    for words in wrapped(text, area.width.into()) {
        if line >= area.height {
            break;
        }
        Row::new(buffer, theme, area, line).text(&words, style);
        line += 1;
    }
    line
}

/// The text in lines of at most `columns`; a longer word has a line of its own.
pub(super) fn wrapped(text: &SafeText, columns: usize) -> Vec<SafeText> {
    let mut lines: Vec<SafeText> = Vec::new();
    for word in text.words() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                *line = line.followed_by(" ", &word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The cells of a rectangle, as the model knows them.
pub(super) const fn area(rect: Rect) -> Area {
    Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}

/// The cells of one line; none where the rectangle is lower.
pub(super) const fn line(rect: Rect, line: u16) -> Rect {
    let rest = below(rect, line);
    Rect { height: if rest.height > 1 { 1 } else { rest.height }, ..rest }
}

/// The rows of a rectangle from `line` on.
pub(super) const fn below(rect: Rect, line: u16) -> Rect {
    let skipped = if line < rect.height { line } else { rect.height };
    Rect { x: rect.x, y: rect.y + skipped, width: rect.width, height: rect.height - skipped }
}
