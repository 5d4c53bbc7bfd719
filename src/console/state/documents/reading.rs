//! One value, or one line of a panel, in full: broken into as many lines as it needs.

use super::{
    super::model::{ListCursor, Model, Top},
    DocumentsView,
    panel::{Line, Panel, Tone, line, lines},
};
use crate::domain::{
    format,
    text::{SafeText, safe, safe_shell},
};

/// Most bytes of a value that are broken into lines.
const SHOWN: usize = 65_536;
/// The frame and the gutter.
const MARGIN: u16 = 3;

/// What is read in full.
#[derive(Debug)]
pub(super) struct Reading {
    paragraphs: Vec<SafeText>,
    /// Bytes that the value has, where not all are shown.
    cut_of: Option<usize>,
    is_ascii: bool,
    width: usize,
    lines: Vec<Line>,
    /// Where each line begins in the text: bytes, and one for the end of each paragraph.
    starts: Vec<usize>,
    /// The path of the value; empty for a line of a panel.
    path: SafeText,
    /// What is shown again afterwards.
    pub(super) before: (Panel, ListCursor),
}

impl Reading {
    fn wrap(&mut self, columns: u16) -> bool {
        let width = usize::from(columns.saturating_sub(MARGIN)).max(1);
        if width == self.width {
            return false;
        }
        self.width = width;
        (self.lines, self.starts) = (Vec::new(), Vec::new());
        let mut at = 0;
        for text in &self.paragraphs {
            let shown = if self.is_ascii { text.ascii() } else { text.clone() };
            for text in shown.wrapped(width) {
                self.starts.push(at);
                at += text.as_str().len();
                self.lines.push(Line { text, tone: Tone::Plain, path: None });
            }
            at += 1;
        }
        if let Some(size) = self.cut_of {
            let (shown, size) = (format::bytes(SHOWN as u64), format::bytes(size as u64));
            let words = format!("this is the first {shown} of {size}; copy takes all of it");
            self.starts.extend([at, at + 1]);
            self.lines.push(line("", Tone::Plain));
            self.lines.push(line(&words, Tone::Warning));
        }
        true
    }

    /// The line that the text at this place is in.
    fn line_at(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place).saturating_sub(1)
    }

    /// The lines for the present width.
    pub(super) fn lines(&self) -> Vec<Line> {
        self.lines.clone()
    }
}

/// Shows the selected value, or the selected line of a panel.
pub(super) fn open(model: &mut Model) {
    let columns = model.geometry.size.width;
    let is_ascii = model.switches.ascii;
    let Top::Documents(view) = &mut model.top else { return };
    let Some((paragraphs, cut_of)) = selected(view) else { return };
    let at = view.locate(view.cursor.row).filter(|_| view.panel == Panel::Tree);
    let path = at.and_then(|(index, line)| view.trees.get(index)?.path(line)).unwrap_or_default();
    let mut reading = Reading {
        paragraphs,
        cut_of,
        is_ascii,
        width: 0,
        lines: Vec::new(),
        starts: Vec::new(),
        path: safe(&path),
        before: (view.panel, view.panel_cursor),
    };
    reading.wrap(columns);
    view.reading = Some(reading);
    (view.panel, view.panel_cursor) = (Panel::Value, ListCursor::default());
}

fn selected(view: &DocumentsView) -> Option<(Vec<SafeText>, Option<usize>)> {
    match view.panel {
        Panel::Tree => {
            let (index, line) = view.locate(view.cursor.row)?;
            let text = view.trees.get(index)?.readable(line)?;
            let end = (0..=SHOWN.min(text.len())).rfind(|at| text.is_char_boundary(*at));
            let shown = text.get(..end?).unwrap_or_default();
            let paragraphs = shown.lines().map(safe_shell).collect();
            Some((paragraphs, (shown.len() < text.len()).then_some(text.len())))
        }
        Panel::Value | Panel::Table => None,
        _ => {
            let line = lines(view).into_iter().nth(view.panel_cursor.row)?;
            (!line.text.as_str().trim().is_empty()).then(|| (vec![line.text], None))
        }
    }
}

impl DocumentsView {
    /// The path of the value that is read in full.
    pub fn read_path(&self) -> Option<&SafeText> {
        self.reading.as_ref().filter(|_| self.panel == Panel::Value).map(|reading| &reading.path)
    }

    /// Breaks what is read for this width, and keeps the place in it. Returns whether it was
    /// another one.
    pub(super) fn rewrap(&mut self, columns: u16) -> bool {
        let Some(reading) = &mut self.reading else { return false };
        let row = if self.panel == Panel::Value { self.panel_cursor.row } else { 0 };
        let place = reading.starts.get(row).copied().unwrap_or_default();
        let is_other = reading.wrap(columns);
        if is_other && self.panel == Panel::Value {
            self.panel_cursor.row = reading.line_at(place);
        }
        is_other
    }

    /// Shows again what was there before. Returns whether something was read.
    pub(super) fn stop_reading(&mut self) -> bool {
        let reading = self.reading.take().filter(|_| self.panel == Panel::Value);
        let is_read = reading.is_some();
        if let Some(reading) = reading {
            (self.panel, self.panel_cursor) = reading.before;
        }
        is_read
    }
}

/// All of what is read, for copying; `None` where it is a value of a document.
pub(super) fn read_line(view: &DocumentsView) -> Option<&SafeText> {
    let reading = view.reading.as_ref().filter(|reading| reading.before.0 != Panel::Tree)?;
    reading.paragraphs.first()
}
