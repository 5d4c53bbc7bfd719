//! The answers of a question, the chosen one marked.

use ratatui::layout::Rect;

use super::{Canvas, paint};
use crate::{
    console::state::{geometry::Target, question::Question},
    domain::text::safe,
};

/// Draws the answers in a row of `area`, and notes where each of them can be clicked. Draws
/// nothing where not all of them have room: what is not shown cannot be answered.
pub(super) fn draw(canvas: &mut Canvas, area: Rect, question: &Question) {
    let theme = canvas.theme;
    let labels = question.answers.iter().map(|answer| {
        // The gutter marks the chosen one where there are no colours.
        safe(&format!("{} ({}) ", answer.words, answer.key))
    });
    let labels: Vec<_> = labels.collect();
    let width = |index: usize| u16::try_from(labels[index].width() + 3).unwrap_or(u16::MAX);
    let needed = (0..labels.len()).map(width).fold(0_u16, u16::saturating_add);
    if area.height == 0 || needed > area.width {
        return;
    }
    let mut x = area.x;
    for (index, label) in labels.iter().enumerate() {
        let cells = Rect { x: x + 1, width: width(index) - 1, height: 1, ..area };
        let is_chosen = index == question.chosen;
        let (whole, gutter) = paint::selection(theme, is_chosen, true);
        canvas.row(cells, 0).uniform(whole).gutter(gutter).text(label, theme.text);
        canvas.geometry.targets.push((paint::area(cells), Target::Answer(index)));
        x = cells.right();
    }
}
