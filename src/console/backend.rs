//! Cells → bytes: what ratatui draws on.
//!
//! It gathers one whole frame, moves the cursor and changes colours as seldom as it can,
//! asks the system nothing (the size is told), and is the last gate before the terminal:
//! a control character cannot leave here, whatever a widget put into a cell.

use std::{fmt::Write as _, io};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

/// Gathers the bytes of frames.
#[derive(Debug)]
pub(crate) struct Pencil {
    bytes: String,
    size: Size,
    limits: Limits,
    /// Where the terminal's cursor is, where that is known.
    at: Option<Position>,
    /// What the terminal draws with, where that is known.
    look: Option<Look>,
}

/// What must not be drawn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// No colours: `NO_COLOR`.
    pub(crate) no_color: bool,
    /// Nothing beyond ASCII: `--ascii`.
    pub(crate) ascii: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Look {
    const PLAIN: Self =
        Self { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };
}

impl Pencil {
    /// A pencil for a terminal of this size.
    pub(crate) const fn new(size: Size, limits: Limits) -> Self {
        Self { bytes: String::new(), size, limits, at: None, look: None }
    }

    /// Takes the terminal's new size.
    pub(crate) const fn resize(&mut self, size: Size) {
        self.size = size;
        self.forget();
    }

    /// Assumes nothing of the terminal any more: somebody else has used it.
    pub(crate) const fn forget(&mut self) {
        self.at = None;
        self.look = None;
    }

    /// Takes the bytes that were gathered.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.bytes)
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.bytes.write_fmt(arguments);
    }

    fn move_to(&mut self, to: Position) {
        match self.at {
            Some(at) if at == to => {}
            Some(at) if at.y == to.y && at.x < to.x => {
                self.push(format_args!("\x1b[{}C", to.x - at.x));
            }
            Some(at) if at.y == to.y => {
                self.push(format_args!("\x1b[{}G", u32::from(to.x) + 1));
            }
            _ => self.push(format_args!("\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)),
        }
        self.at = Some(to);
    }

    fn put_on(&mut self, look: Look) {
        let before = match self.look {
            Some(before) if before == look => return,
            // Attributes can only be taken away all together.
            Some(before) if look.modifier.contains(before.modifier) => before,
            _ => {
                self.bytes.push_str("\x1b[0m");
                Look::PLAIN
            }
        };
        let mut codes = String::new();
        for (modifier, code) in MODIFIERS {
            if (look.modifier - before.modifier).contains(modifier) {
                codes.push_str(code);
            }
        }
        if look.foreground != before.foreground {
            push_color(&mut codes, look.foreground, Ground::Fore);
        }
        if look.background != before.background {
            push_color(&mut codes, look.background, Ground::Back);
        }
        if let Some(codes) = codes.strip_suffix(';') {
            self.push(format_args!("\x1b[{codes}m"));
        }
        self.look = Some(look);
    }

    fn look_of(&self, cell: &Cell) -> Look {
        let color = |color| if self.limits.no_color { Color::Reset } else { color };
        Look { foreground: color(cell.fg), background: color(cell.bg), modifier: cell.modifier }
    }

    fn write_symbol(&mut self, symbol: &str) {
        let width = symbol.width();
        let is_plain = !symbol.is_empty()
            && !symbol.chars().any(char::is_control)
            && (symbol.is_ascii() || !self.limits.ascii);
        if is_plain {
            self.bytes.push_str(symbol);
        } else {
            let stand_in = if symbol.trim().is_empty() { " " } else { "?" };
            self.push(format_args!("{stand_in:width$}", width = width.max(1)));
        }
        let moved = u16::try_from(width.max(1)).unwrap_or(1);
        // Terminals differ in where the cursor goes at the edge, and in how far it goes
        // with characters that are put together from several.
        self.at = self
            .at
            .filter(|at| symbol.chars().count() == 1 && at.x + moved < self.size.width)
            .map(|at| Position { x: at.x + moved, y: at.y });
    }
}

const MODIFIERS: [(Modifier, &str); 8] = [
    (Modifier::BOLD, "1;"),
    (Modifier::DIM, "2;"),
    (Modifier::ITALIC, "3;"),
    (Modifier::UNDERLINED, "4;"),
    (Modifier::SLOW_BLINK, "5;"),
    (Modifier::RAPID_BLINK, "6;"),
    (Modifier::REVERSED, "7;"),
    (Modifier::CROSSED_OUT, "9;"),
];

#[derive(Debug, Clone, Copy)]
enum Ground {
    Fore,
    Back,
}

fn push_color(codes: &mut String, color: Color, ground: Ground) {
    let (base, bright, extended) = match ground {
        Ground::Fore => (30, 90, 38),
        Ground::Back => (40, 100, 48),
    };
    let number = match color {
        Color::Reset => base + 9,
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => bright,
        Color::LightRed => bright + 1,
        Color::LightGreen => bright + 2,
        Color::LightYellow => bright + 3,
        Color::LightBlue => bright + 4,
        Color::LightMagenta => bright + 5,
        Color::LightCyan => bright + 6,
        Color::White => bright + 7,
        Color::Indexed(index) => {
            let _ = write!(codes, "{extended};5;{index};");
            return;
        }
        Color::Rgb(red, green, blue) => {
            let _ = write!(codes, "{extended};2;{red};{green};{blue};");
            return;
        }
    };
    let _ = write!(codes, "{number};");
}

impl Backend for Pencil {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), io::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.move_to(Position { x, y });
            self.put_on(self.look_of(cell));
            self.write_symbol(cell.symbol());
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), io::Error> {
        // Hidden from the first to the last frame by whoever takes the terminal.
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), io::Error> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, io::Error> {
        Ok(self.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), io::Error> {
        self.move_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> Result<(), io::Error> {
        self.put_on(Look::PLAIN);
        self.bytes.push_str("\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), io::Error> {
        // A full screen is only ever cleared whole.
        self.clear()
    }

    fn size(&self) -> Result<Size, io::Error> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, io::Error> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> Result<(), io::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
}
