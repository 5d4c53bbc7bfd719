//! Text in several styles, broken between words; and questions in a box.

use ratatui::{layout::Rect, style::Style};

use super::{Canvas, help::centred, paint, question};
use crate::{
    console::state::{list::Extent, question::Question},
    domain::text::{SafeText, safe},
};

/// Cells that a second line of the same paragraph is indented by.
const HANG: u16 = 2;

/// Paragraphs of text in several styles.
#[derive(Debug, Default)]
pub(super) struct Prose {
    paragraphs: Vec<Paragraph>,
}

#[derive(Debug, Default)]
struct Paragraph {
    indent: u16,
    parts: Vec<(SafeText, Style)>,
}

/// One line: where it begins, and its pieces.
pub(super) struct Line {
    indent: u16,
    parts: Vec<(SafeText, Style)>,
}

impl Prose {
    /// Adds a paragraph.
    pub(super) fn say(&mut self, text: &SafeText, style: Style) {
        self.say_parts(0, [(text.clone(), style)]);
    }

    /// Adds a paragraph in several styles, indented as a whole.
    pub(super) fn say_parts(
        &mut self,
        indent: u16,
        parts: impl IntoIterator<Item = (SafeText, Style)>,
    ) {
        self.paragraphs.push(Paragraph { indent, parts: parts.into_iter().collect() });
    }

    /// Adds an empty line.
    pub(super) fn gap(&mut self) {
        self.paragraphs.push(Paragraph::default());
    }

    /// The lines for this many columns.
    pub(super) fn lines(&self, columns: u16) -> Vec<Line> {
        self.paragraphs.iter().flat_map(|paragraph| paragraph.lines(columns)).collect()
    }
}

impl Paragraph {
    fn lines(&self, columns: u16) -> Vec<Line> {
        let mut lines = vec![Line { indent: self.indent, parts: Vec::new() }];
        let mut used = 0;
        for (text, style) in &self.parts {
            for word in text.words() {
                let room =
                    usize::from(columns.saturating_sub(lines.last().map_or(0, |line| line.indent)));
                let width = word.width();
                if used > 0 && used + 1 + width > room {
                    lines.push(Line { indent: self.indent + HANG, parts: Vec::new() });
                    used = 0;
                }
                used += width + usize::from(used > 0);
                if let Some(line) = lines.last_mut() {
                    line.push(word, *style);
                }
            }
        }
        lines
    }
}

impl Line {
    fn push(&mut self, word: SafeText, style: Style) {
        match self.parts.last_mut() {
            Some((text, last)) if *last == style => *text = text.followed_by(" ", &word),
            _ => self.parts.push((word, style)),
        }
    }

    fn draw(&self, row: &mut paint::Row) {
        row.gap(self.indent);
        for (index, (text, style)) in self.parts.iter().enumerate() {
            row.gap(u16::from(index > 0)).text(text, *style);
        }
    }
}

/// Draws lines from `first` on, as many as fit.
pub(super) fn draw_lines(canvas: &mut Canvas, area: Rect, lines: &[Line], first: usize) {
    for (at, line) in (0..area.height).zip(lines.iter().skip(first)) {
        line.draw(&mut canvas.row(area, at));
    }
}

/// Asks a question in a box in the middle: its text as far as there is room, the rest by
/// keys, its answers always.
pub(super) fn ask(
    canvas: &mut Canvas,
    area: Rect,
    (title, prose): (&SafeText, &Prose),
    question: &Question,
) {
    let theme = canvas.theme;
    let across = centred(area, 72);
    let lines = prose.lines(across.width.saturating_sub(4));
    // The frame, the text, an empty line and the answers.
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4);
    let height = wanted.min(area.height);
    let area = Rect { y: area.y + (area.height - height) / 2, height, ..across };
    let (frame, inner) = canvas.top(area);
    let style = frame.title_style(theme);
    canvas.title(&frame).text(title, style).put("? ", style);
    let inside = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let text = Rect { height: inside.height.saturating_sub(1), ..inside };
    draw_asked(canvas, text, &lines, question);
    question::draw(canvas, paint::below(inside, text.height), question);
}

/// Draws what is asked; where it does not fit, its last line says how much is below.
fn draw_asked(canvas: &mut Canvas, area: Rect, lines: &[Line], question: &Question) {
    let fits = lines.len() <= area.height.into();
    let area = Rect { height: area.height.saturating_sub(u16::from(!fits)), ..area };
    let extent = Extent { len: lines.len(), visible: area.height.into() };
    canvas.geometry.text = extent;
    let first = question.first.min(extent.last_first());
    draw_lines(canvas, area, lines, first);
    if !fits {
        let below = extent.last_first() - first;
        let words = if below == 0 {
            "that is all; up goes back".to_owned()
        } else {
            format!("{below} more lines below: press down")
        };
        let style = canvas.theme.accent;
        let last = Rect { y: area.y + area.height, height: 1, ..area };
        canvas.row(last, 0).text(&safe(&words), style);
    }
}
