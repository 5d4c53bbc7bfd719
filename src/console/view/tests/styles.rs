//! What colours and attributes say.

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

use super::stage::{Stage, WIDE};
use crate::{config::ThemeName, console::state::model::Model, domain::pool::PoolState};

/// The cells of the first row that holds the text, inside the frame that begins with it.
fn row_with<'a>(buffer: &'a Buffer, text: &str) -> &'a [Cell] {
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    let holds = |row: &&[Cell]| row.iter().map(Cell::symbol).collect::<String>().contains(text);
    rows.into_iter().find(holds).expect("a row with the text")
}

fn cell_of<'a>(buffer: &'a Buffer, row: &str, word: &str) -> &'a Cell {
    let cells = row_with(buffer, row);
    let starts =
        |at: &usize| cells[*at..].iter().map(Cell::symbol).collect::<String>().starts_with(word);
    let at = (0..cells.len()).find(starts).expect("the word in the row");
    &cells[at]
}

fn one_down(change: impl FnOnce(&mut Model)) -> Stage {
    let mut stage = Stage::healthy();
    stage.pools(|number| if number == 3 { PoolState::Down } else { PoolState::Up });
    change(&mut stage.model);
    stage
}

#[test]
fn without_colours_nothing_is_coloured_and_everything_is_still_told() {
    for keys in ["", "?", ":", "e", "f", "/lyon", "2b", "p", "4", "J", "n", "nx<tab>Kiosk<tab>"] {
        let mut stage = one_down(|model| model.switches.no_color = true);
        stage.press(keys);
        let (buffer, _) = stage.draw(WIDE);
        for cell in buffer.content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{keys}");
            let allowed = Modifier::BOLD | Modifier::UNDERLINED;
            assert!(allowed.contains(cell.modifier), "{keys}: {:?}", cell.modifier);
        }
    }
    let (buffer, _) = one_down(|model| model.switches.no_color = true).draw(WIDE);
    let selected = cell_of(&buffer, "store-001", "store-001");
    assert!(selected.modifier.contains(Modifier::UNDERLINED));
    assert!(!cell_of(&buffer, "store-002", "store-002").modifier.contains(Modifier::UNDERLINED));
}

#[test]
fn the_selected_row_is_seen_in_every_theme() {
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::Ansi] {
        let (buffer, _) = one_down(|model| model.switches.theme = theme).draw(WIDE);
        let selected = cell_of(&buffer, "store-001", "store-001");
        let other = cell_of(&buffer, "store-002", "store-002");
        assert_ne!(selected.style(), other.style(), "{theme:?}");
        assert_ne!(selected.bg, selected.fg, "{theme:?}");
        assert_ne!(selected.bg, Color::Reset, "{theme:?}");
    }
}

#[test]
fn a_database_that_is_down_has_a_glyph_a_word_and_a_colour() {
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::Ansi] {
        let (buffer, _) = one_down(|model| model.switches.theme = theme).draw(WIDE);
        let glyph = cell_of(&buffer, "✖ pos_db_3", "✖");
        let word = cell_of(&buffer, "✖ pos_db_3", "down");
        let healthy = cell_of(&buffer, "● pos_db_2", "●");
        assert_eq!(glyph.fg, word.fg, "{theme:?}");
        assert_ne!(glyph.fg, healthy.fg, "{theme:?}");
        assert_ne!(glyph.fg, Color::Reset, "{theme:?}");
    }
}
