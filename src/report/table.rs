//! Aligned columns for people: text on the left, numbers on the right.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::domain::text::SafeText;

/// Which side of a column its texts stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// One text in a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: SafeText,
    style: Style,
}

impl Cell {
    /// The text in the terminal's own colour.
    pub(super) fn plain(text: SafeText) -> Self {
        Self { text, style: Style::new() }
    }

    /// The text in a colour. Never the only sign: the text says the same.
    pub(super) fn coloured(text: SafeText, colour: Option<AnsiColor>) -> Self {
        Self { text, style: Style::new().fg_color(colour.map(Into::into)) }
    }

    /// The text, less bright than its neighbours.
    pub(super) fn dim(text: SafeText) -> Self {
        Self { text, style: Style::new().dimmed() }
    }
}

/// Rows under titles. Nothing is cut: what is too wide wraps at the terminal's edge.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table of these columns, without rows.
    pub(super) fn new(columns: &[(&'static str, Side)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The table as lines, each ended by a newline.
    pub(super) fn render(&self) -> String {
        let mut lines = String::new();
        let widths = self.widths();
        let bold = Style::new().bold();
        let titles = self.columns.iter().map(|(title, _)| (*title, title.len(), bold));
        self.line(titles, &widths, &mut lines);
        for row in &self.rows {
            let cells = row.iter().map(|cell| (cell.text.as_str(), cell.text.width(), cell.style));
            self.line(cells, &widths, &mut lines);
        }
        lines
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |(index, (title, _)): (usize, &(&str, Side))| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            cells.map(|cell| cell.text.width()).fold(title.len(), usize::max)
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    fn line<'a>(
        &self,
        cells: impl Iterator<Item = (&'a str, usize, Style)>,
        widths: &[usize],
        lines: &mut String,
    ) {
        let mut gap = 0;
        for (((text, width, style), column), (_, side)) in cells.zip(widths).zip(&self.columns) {
            let missing = column.saturating_sub(width);
            let before = if *side == Side::Right { missing } else { 0 };
            if width > 0 {
                lines.extend(std::iter::repeat_n(' ', gap + before));
                let _ = write!(lines, "{style}{text}{style:#}");
                gap = missing - before + 2;
            } else {
                // Blanks at the end of a line are left out.
                gap += column + 2;
            }
        }
        lines.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::safe;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table =
            Table::new(&[("NAME", Side::Left), ("STORES", Side::Right), ("", Side::Left)]);
        table.row(vec![Cell::plain(safe("麺屋一番")), Cell::plain(safe("7")), Cell::default()]);
        table.row(vec![Cell::plain(safe("acme")), Cell::default(), Cell::plain(safe("end"))]);
        let plain = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(plain, "NAME      STORES\n麺屋一番       7\nacme              end\n");
    }
}
