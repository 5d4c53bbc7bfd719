//! Cells → bytes: what ratatui draws on.
//!
//! It gathers one whole frame in few bytes, asks the system nothing (the size is told), and
//! is the last gate before the terminal: a control character cannot leave here, whatever a
//! widget put into a cell.

mod memory;
#[cfg(test)]
mod tests;

use std::{fmt::Write as _, io};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

use self::memory::Memory;

/// The widest gap between two changes that is written over instead of stepped over: a step
/// takes four bytes.
const NARROW_GAP: u16 = 4;

/// The shortest run of blanks that is erased instead of written: erasing takes four bytes,
/// and a step behind it as many.
const LONG_BLANK: u16 = 9;

/// Gathers the bytes of frames.
#[derive(Debug)]
pub(crate) struct Pencil {
    bytes: String,
    size: Size,
    limits: Limits,
    /// What the terminal shows.
    memory: Memory,
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

    /// What can be seen of a blank.
    const SEEN_ON_BLANK: Modifier =
        Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

    fn of_blank(self) -> Self {
        let modifier = self.modifier.intersection(Self::SEEN_ON_BLANK);
        let foreground = if modifier.is_empty() { Color::Reset } else { self.foreground };
        Self { foreground, modifier, ..self }
    }

    /// Whether a character shows the same in both.
    fn shows_alike(self, other: Self, char: char) -> bool {
        self == other || (char == ' ' && self.of_blank() == other.of_blank())
    }

    /// Whether erasing leaves the same as writing a blank.
    fn is_erasable(self) -> bool {
        self.of_blank() == Self::PLAIN
    }
}

impl Pencil {
    /// A pencil for a terminal of this size.
    pub(crate) fn new(size: Size, limits: Limits) -> Self {
        let memory = Memory::of(size);
        Self { bytes: String::new(), size, limits, memory, at: None, look: None }
    }

    /// Takes the terminal's new size.
    pub(crate) fn resize(&mut self, size: Size) {
        self.size = size;
        self.memory = Memory::of(size);
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
                if !self.write_over(at, to) {
                    self.push(format_args!("\x1b[{}C", to.x - at.x));
                }
            }
            Some(at) if at.y == to.y => {
                self.push(format_args!("\x1b[{}G", u32::from(to.x) + 1));
            }
            _ => self.push(format_args!("\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)),
        }
        self.at = Some(to);
    }

    /// Writes again what stands between two cells of a row, where that is short.
    fn write_over(&mut self, at: Position, to: Position) -> bool {
        let Some(look) = self.look.filter(|_| to.x - at.x <= NARROW_GAP) else { return false };
        let between = (at.x..to.x).map(|x| self.memory.shown(x, at.y));
        let chars: Option<String> = between
            .map(|shown| {
                let (char, its_look) = shown?;
                look.shows_alike(its_look, char).then_some(char)
            })
            .collect();
        if let Some(chars) = &chars {
            self.bytes.push_str(chars);
        }
        chars.is_some()
    }

    /// Erases a long run of blanks at this cell; how long it is, 0 where nothing was done.
    fn erase(&mut self, at: Position, look: Look) -> u16 {
        if !look.is_erasable() {
            return 0;
        }
        let n_blanks = self.memory.blanks_from(at);
        if n_blanks < LONG_BLANK {
            return 0;
        }
        self.move_to(at);
        if !self.look.is_some_and(Look::is_erasable) {
            self.put_on(Look::PLAIN);
        }
        if at.x + n_blanks == self.size.width {
            self.bytes.push_str("\x1b[K");
        } else {
            self.push(format_args!("\x1b[{n_blanks}X"));
        }
        n_blanks
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

    /// Writes again what stands behind a character that is put together from several: a
    /// terminal that gives its marks cells of their own has drawn over it.
    fn mend(&mut self, at: Position) {
        if at.x >= self.size.width {
            return;
        }
        if let Some((char, look)) = self.memory.shown(at.x, at.y) {
            self.move_to(at);
            self.put_on(look);
            self.write_symbol(char.encode_utf8(&mut [0; 4]));
        }
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
        let changed: Vec<_> = content.collect();
        let mut blotted = Vec::new();
        for (x, y, cell) in &changed {
            let at = Position { x: *x, y: *y };
            if self.memory.note(at, cell.symbol(), self.look_of(cell)) {
                blotted.push(Position { x: x.saturating_add(1), y: *y });
            }
        }
        let mut erased = None;
        for (x, y, cell) in changed {
            let at = Position { x, y };
            if erased.is_some_and(|(row, end)| row == y && x < end) {
                continue;
            }
            let look = self.look_of(cell);
            if cell.symbol() == " " {
                let n_blanks = self.erase(at, look);
                if n_blanks > 0 {
                    erased = Some((y, x + n_blanks));
                    continue;
                }
            }
            self.move_to(at);
            let is_alike = |now: Look| cell.symbol() == " " && now.shows_alike(look, ' ');
            if !self.look.is_some_and(is_alike) {
                self.put_on(look);
            }
            self.write_symbol(cell.symbol());
            if cell.symbol().chars().nth(1).is_some() {
                let width = u16::try_from(cell.symbol().width()).unwrap_or(1);
                blotted.push(Position { x: x.saturating_add(width), y });
            }
        }
        for at in blotted {
            self.mend(at);
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
        self.memory = Memory::of(self.size);
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
