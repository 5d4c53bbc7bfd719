use proptest::prelude::*;
use ratatui::{
    Terminal,
    buffer::Buffer,
    style::{Style, Stylize as _},
    text::Line,
    widgets::Widget as _,
};

use super::*;

const SIZE: Size = Size { width: 20, height: 4 };

fn terminal(limits: Limits) -> Terminal<Pencil> {
    Terminal::new(Pencil::new(SIZE, limits)).unwrap()
}

fn drawn(terminal: &mut Terminal<Pencil>, draw: impl FnOnce(&mut Buffer)) -> String {
    terminal.draw(|frame| draw(frame.buffer_mut())).unwrap();
    terminal.backend_mut().take()
}

#[test]
fn a_terminal_shows_what_was_drawn() {
    let mut terminal = terminal(Limits::default());
    let mut shown = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
    for (line, style) in [
        ("ab 中文 cd", Style::new().red().bold()),
        ("ab x文 cde", Style::new().bold()),
        ("é", Style::new().on_blue()),
        ("last", Style::new().fg(Color::Rgb(1, 2, 3)).reversed()),
    ] {
        let bytes = drawn(&mut terminal, |buffer| {
            Line::styled(line, style).render(buffer.area, buffer);
        });
        shown.process(bytes.as_bytes());
        assert_eq!(shown.screen().rows(0, 20).next().unwrap().trim_end(), line);
        let cell = shown.screen().cell(0, 0).unwrap();
        assert_eq!(cell.bold(), style.add_modifier.contains(Modifier::BOLD), "{line}");
        assert_eq!(cell.inverse(), style.add_modifier.contains(Modifier::REVERSED), "{line}");
    }
    assert_eq!(shown.screen().cell(0, 0).unwrap().fgcolor(), vt100::Color::Rgb(1, 2, 3));
}

#[test]
fn marks_with_cells_of_their_own_are_not_left_standing() {
    let mut terminal = terminal(Limits::default());
    let mut bytes = drawn(&mut terminal, |buffer| {
        Line::from("a \u{924}\u{93e} b").render(buffer.area, buffer);
    });
    bytes += &drawn(&mut terminal, |buffer| Line::from("a").render(buffer.area, buffer));
    // A terminal that writes each mark into a cell of its own.
    let mut shown = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
    shown.process(bytes.replace('\u{93e}', "!").as_bytes());
    assert_eq!(shown.screen().rows(0, 20).next().unwrap().trim_end(), "a");
}

#[test]
fn no_half_of_a_wide_character_is_erased_alone() {
    let mut terminal = terminal(Limits::default());
    drawn(&mut terminal, |buffer| Line::from("abcdefghij中z").render(buffer.area, buffer));
    let bytes = drawn(&mut terminal, |buffer| {
        Line::from("            z").render(buffer.area, buffer);
    });
    assert!(bytes.contains("\x1b[10X") && !bytes.contains("\x1b[11X"), "{bytes:?}");
}

#[test]
fn nothing_changed_is_no_byte() {
    let mut terminal = terminal(Limits::default());
    let draw = |buffer: &mut Buffer| Line::from("same").red().render(buffer.area, buffer);
    assert!(!drawn(&mut terminal, draw).is_empty());
    assert_eq!(drawn(&mut terminal, draw), "");
}

#[test]
fn no_control_character_leaves() {
    let mut terminal = terminal(Limits::default());
    let bytes = drawn(&mut terminal, |buffer| {
        buffer[(0, 0)].set_symbol("\u{1b}]0;x\u{7}");
        buffer[(1, 0)].set_symbol("\u{9b}");
    });
    assert!(!bytes.contains("\x1b]") && !bytes.contains(['\u{7}', '\u{9b}']), "{bytes:?}");
    assert!(bytes.contains('?'), "{bytes:?}");
}

#[test]
fn limits_hold_whatever_is_drawn() {
    let mut terminal = terminal(Limits { no_color: true, ascii: true });
    let bytes = drawn(&mut terminal, |buffer| {
        Line::from("a中é│").red().on_blue().bold().render(buffer.area, buffer);
    });
    assert!(bytes.is_ascii());
    assert!(bytes.contains("\x1b[1m"), "{bytes:?}");
    assert!(!bytes.contains("\x1b[3") && !bytes.contains("\x1b[4"), "{bytes:?}");
    let mut shown = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
    shown.process(bytes.as_bytes());
    assert_eq!(shown.screen().rows(0, 20).next().unwrap().trim_end(), "a? ??");
}

/// A screen of words, blanks, colours and wide characters that a seed chooses. Wide ones
/// have the last row for themselves, one word at a time, since no widget cuts them in half.
fn scribble(buffer: &mut Buffer, seed: &[u8]) {
    const WORDS: [&str; 7] = ["a", "bc", "          ", "é", "long word", " ", "x   y"];
    let styles =
        [Style::new(), Style::new().red(), Style::new().bold(), Style::new().on_blue().reversed()];
    for chunk in seed.chunks_exact(4) {
        let (x, y) = (u16::from(chunk[0]) % buffer.area.width, u16::from(chunk[1]) % 4);
        let style = styles[usize::from(chunk[3]) % styles.len()];
        if y == 3 {
            let words = ["中文", "a中b文c", "plain", "é中"];
            let word = words[usize::from(chunk[2]) % words.len()];
            buffer.set_string(0, y, " ".repeat(20), Style::reset());
            buffer.set_string(x.min(10), y, word, style);
        } else {
            buffer.set_string(x, y, WORDS[usize::from(chunk[2]) % WORDS.len()], style);
        }
    }
}

proptest! {
    /// Whatever is saved on the way, a terminal that followed all frames shows the same as
    /// one that sees only the last.
    #[test]
    fn frames_leave_what_a_whole_drawing_leaves(
        seeds in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..6),
    ) {
        let mut terminal = terminal(Limits::default());
        let mut followed = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
        for seed in &seeds {
            followed.process(drawn(&mut terminal, |buffer| scribble(buffer, seed)).as_bytes());
            let mut fresh = self::terminal(Limits::default());
            let mut whole = vt100::Parser::new(4.try_into().unwrap(), 20.try_into().unwrap(), 0);
            whole.process(drawn(&mut fresh, |buffer| scribble(buffer, seed)).as_bytes());
            for (x, y) in (0..20).flat_map(|x| (0..4).map(move |y| (x, y))) {
                let cells = (followed.screen().cell(y, x), whole.screen().cell(y, x));
                let (Some(followed), Some(whole)) = cells else { panic!("no cell {x},{y}") };
                let text = |cell: &vt100::Cell| match cell.contents() {
                    "" => " ".to_owned(),
                    text => text.to_owned(),
                };
                prop_assert_eq!(text(followed), text(whole), "{},{}", x, y);
                // Terminals differ in the colour of what is left of half a wide character.
                if y < 3 {
                    prop_assert_eq!(followed.bgcolor(), whole.bgcolor(), "{},{}", x, y);
                    prop_assert_eq!(followed.inverse(), whole.inverse(), "{},{}", x, y);
                }
                if text(whole) != " " {
                    prop_assert_eq!(followed.fgcolor(), whole.fgcolor(), "{},{}", x, y);
                    prop_assert_eq!(followed.bold(), whole.bold(), "{},{}", x, y);
                }
            }
        }
    }
}
