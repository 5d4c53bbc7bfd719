//! What the text before the cursor can become, below its field.

use ratatui::layout::Rect;

use super::{Canvas, paint::selection};
use crate::{
    console::state::textfield::Completing,
    domain::text::{SafeText, safe_shell},
};

/// Candidates that are shown at once.
const SHOWN: usize = 8;

/// Draws the candidates below the line `y`, from the column `x` on.
pub(super) fn draw(canvas: &mut Canvas, area: Rect, (x, y): (u16, u16), completing: &Completing) {
    let theme = canvas.theme;
    let first = completing.chosen.saturating_sub(SHOWN - 1);
    let candidates = completing.of.candidates.iter().enumerate().skip(first).take(SHOWN);
    let shown: Vec<(usize, SafeText)> =
        candidates.map(|(index, text)| (index, safe_shell(text))).collect();
    let width = shown.iter().map(|(_, text)| text.width()).max().unwrap_or(0) + 4;
    let room = area.right().saturating_sub(x + 1);
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(room);
    let height = u16::try_from(shown.len() + 2).unwrap_or(0).min(area.bottom().saturating_sub(y));
    if height < 3 || width < 6 {
        return;
    }
    let (_, inner) = canvas.top(Rect { x, y, width, height });
    for (line, (index, text)) in (0..inner.height).zip(&shown) {
        let (whole, gutter) = selection(theme, *index == completing.chosen, true);
        canvas.row(inner, line).uniform(whole).gutter(gutter).text(text, theme.text);
    }
}
