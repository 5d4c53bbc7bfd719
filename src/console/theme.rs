//! The one place that knows colours and glyphs.
//!
//! Colour is never the only sign: every state has a glyph and a word as well. Without
//! colours nothing but bold and underline is used, since crossterm writes an empty SGR
//! under `NO_COLOR` that would cancel reverse video.

use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

use super::state::{eventlog::Severity, model::Switches};
use crate::{
    config::ThemeName,
    domain::{
        pool::{FleetState, PoolState, Sample},
        store::StoreState,
    },
};

/// Styles and glyphs for one frame.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// What matters less: headers, units, hints.
    pub dim: Style,
    /// What is focused or can be pressed.
    pub accent: Style,
    /// What is well.
    pub good: Style,
    /// What is worth a look.
    pub warn: Style,
    /// What does not work.
    pub bad: Style,
    /// Titles and names.
    pub strong: Style,
    /// The selected row of the focused list.
    pub selected: Style,
    /// The selected row of another list.
    pub selected_elsewhere: Style,
    /// The name of an ordinary environment.
    pub badge: Style,
    /// The name of a production environment, and other marks that must not be missed.
    pub alarm: Style,
    /// The characters.
    pub glyphs: &'static Glyphs,
    /// Whether names are drawn in ASCII as well.
    pub ascii: bool,
}

/// The characters that are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Glyphs {
    /// The corners and lines of a pane.
    pub border: border::Set<'static>,
    /// In the gutter of the selected row.
    pub gutter: &'static str,
    /// In the gutter of a marked store.
    pub mark: &'static str,
    /// Before something that is well.
    pub good: &'static str,
    /// Before something that is slow or drifted.
    pub warn: &'static str,
    /// Before something that does not work.
    pub bad: &'static str,
    /// Before something that is on its way.
    pub pending: &'static str,
    /// Before something that is as the design allows, but old.
    pub legacy: &'static str,
    /// Where text was cut off.
    pub ellipsis: &'static str,
    /// An ascending and a descending order.
    pub orders: [&'static str; 2],
    /// A folded and an unfolded node.
    pub folds: [&'static str; 2],
    /// The steps of a latency history, and a failed probe.
    pub steps: [&'static str; 8],
    /// A failed probe in a latency history.
    pub failed: &'static str,
    /// The full and the empty part of a bar, and what is over capacity.
    pub bar: [&'static str; 3],
    /// Between two facts on a line.
    pub dot: &'static str,
    /// Before where the next store goes.
    pub arrow: &'static str,
    /// Where a figure is unknown.
    pub none: &'static str,
    /// The cursor of a text field.
    pub cursor: &'static str,
}

static UNICODE: Glyphs = Glyphs {
    border: border::ROUNDED,
    gutter: "▌",
    mark: "◆",
    good: "●",
    warn: "▲",
    bad: "✖",
    pending: "◌",
    legacy: "○",
    ellipsis: "…",
    orders: ["▲", "▼"],
    folds: ["▸", "▾"],
    steps: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    failed: "╳",
    bar: ["━", "─", "━"],
    dot: "·",
    arrow: "→",
    none: "–",
    cursor: "▏",
};

static ASCII: Glyphs = Glyphs {
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    gutter: ">",
    mark: "*",
    good: "+",
    warn: "!",
    bad: "x",
    pending: "?",
    legacy: "o",
    ellipsis: "~",
    orders: ["^", "v"],
    folds: [">", "v"],
    steps: ["_", ".", ",", "-", "=", "+", "*", "#"],
    failed: "x",
    bar: ["#", ".", "!"],
    dot: "|",
    arrow: "->",
    none: "-",
    cursor: "_",
};

impl Theme {
    /// The theme that the switches ask for.
    pub fn new(switches: &Switches) -> Self {
        let glyphs = if switches.ascii { &ASCII } else { &UNICODE };
        let theme = match switches.theme {
            _ if switches.no_color => Self::plain(glyphs),
            ThemeName::Dark => Self::coloured(glyphs, &DARK),
            ThemeName::Light => Self::coloured(glyphs, &LIGHT),
            ThemeName::Ansi => Self::coloured(glyphs, &ANSI),
        };
        Self { ascii: switches.ascii, ..theme }
    }

    fn plain(glyphs: &'static Glyphs) -> Self {
        let (text, bold) = (Style::new(), Style::new().add_modifier(Modifier::BOLD));
        Self {
            text,
            dim: text,
            accent: bold,
            good: text,
            warn: bold,
            bad: bold,
            strong: bold,
            selected: bold.add_modifier(Modifier::UNDERLINED),
            selected_elsewhere: text,
            badge: bold,
            alarm: bold.add_modifier(Modifier::UNDERLINED),
            glyphs,
            ascii: false,
        }
    }

    fn coloured(glyphs: &'static Glyphs, palette: &Palette) -> Self {
        let on = |colour| Style::new().fg(colour);
        let badge =
            |ground| Style::new().fg(palette.on_badge).bg(ground).add_modifier(Modifier::BOLD);
        Self {
            // Said, so that text on the line of a frame does not take the frame's colour.
            text: on(Color::Reset),
            dim: on(palette.dim),
            accent: on(palette.accent),
            good: on(palette.good),
            warn: on(palette.warn),
            bad: on(palette.bad),
            strong: Style::new().add_modifier(Modifier::BOLD),
            selected: Style::new()
                .fg(palette.on_selected)
                .bg(palette.selected)
                .add_modifier(Modifier::BOLD),
            selected_elsewhere: Style::new().add_modifier(Modifier::BOLD),
            badge: badge(palette.accent),
            alarm: badge(palette.bad),
            glyphs,
            ascii: false,
        }
    }

    /// The glyph and the style of a pool's state.
    pub fn pool(&self, state: PoolState) -> (&'static str, Style) {
        match state {
            PoolState::Connecting => (self.glyphs.pending, self.dim),
            PoolState::Up => (self.glyphs.good, self.good),
            PoolState::Slow => (self.glyphs.warn, self.warn),
            PoolState::Down => (self.glyphs.bad, self.bad),
        }
    }

    /// The glyph and the style of the fleet's state.
    pub fn fleet(&self, state: FleetState) -> (&'static str, Style) {
        match state {
            FleetState::Up => (self.glyphs.good, self.good),
            FleetState::Degraded => (self.glyphs.warn, self.warn),
            FleetState::Down => (self.glyphs.bad, self.bad),
        }
    }

    /// The glyph and the style of a store's state.
    pub fn store(&self, state: StoreState, has_problems: bool) -> (&'static str, Style) {
        match state {
            StoreState::Malformed => (self.glyphs.bad, self.bad),
            _ if has_problems => (self.glyphs.warn, self.warn),
            StoreState::Legacy => (self.glyphs.legacy, self.dim),
            StoreState::Ok => (self.glyphs.good, self.good),
        }
    }

    /// The glyph and the style of an event.
    pub fn severity(&self, severity: Severity) -> (&'static str, Style) {
        match severity {
            Severity::Info => (self.glyphs.good, self.good),
            Severity::Warning => (self.glyphs.warn, self.warn),
            Severity::Error => (self.glyphs.bad, self.bad),
        }
    }

    /// The glyph and the style of a probe in the history.
    pub fn sample(&self, sample: Sample) -> (&'static str, Style) {
        match sample {
            Sample::Failed => (self.glyphs.failed, self.bad),
            Sample::Answered(step) => {
                let glyph = self.glyphs.steps[usize::from(step.min(7))];
                (glyph, if step >= 5 { self.warn } else { self.dim })
            }
        }
    }
}

struct Palette {
    dim: Color,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    selected: Color,
    on_selected: Color,
    on_badge: Color,
}

const DARK: Palette = Palette {
    dim: Color::Rgb(0x8a, 0x92, 0xa3),
    accent: Color::Rgb(0x7d, 0xb4, 0xf5),
    good: Color::Rgb(0x8f, 0xcf, 0x7a),
    warn: Color::Rgb(0xe8, 0xb4, 0x58),
    bad: Color::Rgb(0xf4, 0x74, 0x7c),
    selected: Color::Rgb(0x2b, 0x3a, 0x55),
    // White, in fewer bytes: it is written with each step in a list.
    on_selected: Color::Indexed(231),
    on_badge: Color::Rgb(0x10, 0x14, 0x1c),
};

const LIGHT: Palette = Palette {
    dim: Color::Rgb(0x5f, 0x68, 0x76),
    accent: Color::Rgb(0x15, 0x56, 0xb8),
    good: Color::Rgb(0x1a, 0x7a, 0x33),
    warn: Color::Rgb(0x9a, 0x5b, 0x00),
    bad: Color::Rgb(0xb7, 0x1c, 0x2b),
    selected: Color::Rgb(0xcf, 0xe0, 0xf8),
    // Black, for the same reason as the white above.
    on_selected: Color::Indexed(16),
    on_badge: Color::Rgb(0xff, 0xff, 0xff),
};

const ANSI: Palette = Palette {
    dim: Color::DarkGray,
    accent: Color::Cyan,
    good: Color::Green,
    warn: Color::Yellow,
    bad: Color::Red,
    selected: Color::Blue,
    on_selected: Color::White,
    on_badge: Color::Black,
};
