//! Runs a program in a pseudo-terminal, presses keys, and writes its screen as an SVG.
//!
//! ```text
//! cargo run --example screenshot -- assets/console.svg 120x40 "jj" ./target/release/tilldeck demo
//! ```
//!
//! The keys are sent one by one once the screen has been still for a while; `<enter>`,
//! `<esc>` and `<tab>` stand for those keys. The pictures in the README are made this way.

use std::{
    error::Error,
    fmt::Write as _,
    io::{Read, Write as _},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// How long the screen must be still before the next key is pressed.
const STILL: Duration = Duration::from_millis(1200);
/// How long a program may take to become still.
const PATIENCE: Duration = Duration::from_secs(60);
const CELL_WIDTH: f32 = 8.4;
const CELL_HEIGHT: f32 = 18.0;
const MARGIN: f32 = 12.0;
const FOREGROUND: &str = "#d8dee9";
const BACKGROUND: &str = "#11151c";

struct Screen {
    parser: vt100::Parser,
    changed: Instant,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: screenshot OUT.svg WIDTHxHEIGHT KEYS PROGRAM [ARGUMENT…]";
    let out = arguments.next().ok_or(usage)?;
    let size = arguments.next().ok_or(usage)?;
    let (width, height) = size.split_once('x').ok_or(usage)?;
    let (width, height): (u16, u16) = (width.parse()?, height.parse()?);
    let keys = arguments.next().ok_or(usage)?;
    let mut command = CommandBuilder::new(arguments.next().ok_or(usage)?);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.cwd(std::env::current_dir()?);

    let pty = native_pty_system().openpty(PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    })?;
    let mut child = pty.slave.spawn_command(command)?;
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader()?;
    let mut writer = pty.master.take_writer()?;
    let parser = vt100::Parser::new(height.try_into()?, width.try_into()?, 0);
    let screen = Arc::new(Mutex::new(Screen { parser, changed: Instant::now() }));
    let filling = screen.clone();
    thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(n @ 1..) = reader.read(&mut bytes) {
            let mut screen = filling.lock().unwrap_or_else(PoisonError::into_inner);
            screen.parser.process(&bytes[..n]);
            screen.changed = Instant::now();
        }
    });

    wait_until_still(&screen)?;
    for key in split_keys(&keys) {
        writer.write_all(key.as_bytes())?;
        writer.flush()?;
        wait_until_still(&screen)?;
    }
    let svg = draw(&screen.lock().unwrap_or_else(PoisonError::into_inner).parser);
    std::fs::write(&out, svg)?;
    writer.write_all(b"\x03")?;
    writer.flush()?;
    child.wait()?;
    Ok(())
}

/// Waits until something is on the screen and has not changed for a while.
fn wait_until_still(screen: &Mutex<Screen>) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
        let screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        let has_text = !screen.parser.screen().contents().trim().is_empty();
        if has_text && screen.changed.elapsed() > STILL && started.elapsed() > STILL {
            return Ok(());
        }
    }
    Err("the screen did not become still".into())
}

fn split_keys(keys: &str) -> Vec<String> {
    let mut split = Vec::new();
    let mut rest = keys;
    'keys: while let Some(first) = rest.chars().next() {
        for (name, bytes) in [("<enter>", "\r"), ("<esc>", "\x1b"), ("<tab>", "\t")] {
            if let Some(after) = rest.strip_prefix(name) {
                split.push(bytes.to_owned());
                rest = after;
                continue 'keys;
            }
        }
        split.push(first.to_string());
        rest = &rest[first.len_utf8()..];
    }
    split
}

fn draw(parser: &vt100::Parser) -> String {
    let screen = parser.screen();
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let width = f32::from(columns) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL_HEIGHT + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        for column in 0..columns {
            if let Some(cell) = screen.cell(row, column) {
                draw_cell(&mut svg, cell, column, row);
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// One cell a text element: a proportional fallback font then cannot shift the rest.
fn draw_cell(svg: &mut String, cell: &vt100::Cell, column: u16, row: u16) {
    let x = MARGIN + f32::from(column) * CELL_WIDTH;
    let y = MARGIN + f32::from(row) * CELL_HEIGHT;
    let (mut foreground, mut background) =
        (colour(cell.fgcolor(), Some(FOREGROUND)), colour(cell.bgcolor(), None));
    if cell.inverse() {
        (foreground, background) =
            (background.or(Some(BACKGROUND.into())), foreground.or(Some(FOREGROUND.into())));
    }
    if let Some(fill) = background {
        let width = if cell.is_wide() { 2.0 * CELL_WIDTH } else { CELL_WIDTH };
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
        );
    }
    let text = cell.contents();
    if text.trim().is_empty() {
        return;
    }
    let fill = foreground.unwrap_or_else(|| FOREGROUND.into());
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.dim() { " opacity=\"0.6\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{fill}\"{weight}{faint}>{text}</text>",
        y + CELL_HEIGHT * 0.76
    );
}

fn colour(colour: vt100::Color, default: Option<&str>) -> Option<String> {
    match colour {
        vt100::Color::Default => default.map(str::to_owned),
        vt100::Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        vt100::Color::Idx(index) => Some(indexed(index)),
    }
}

/// The usual colours of a 256-colour terminal.
fn indexed(index: u8) -> String {
    const BASE: [&str; 16] = [
        "#1d1f21", "#cc6666", "#8dbb6c", "#e0b355", "#6f9fd8", "#b294bb", "#68b0ab", "#c5c8c6",
        "#7a808a", "#e88388", "#a8cc8c", "#f0c674", "#8fbcf0", "#c8a8d8", "#8fd0c8", "#ffffff",
    ];
    match index {
        0..=15 => BASE[usize::from(index)].to_owned(),
        16..=231 => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let cube = index - 16;
            format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        grey => {
            let level = 8 + 10 * (grey - 232);
            format!("#{level:02x}{level:02x}{level:02x}")
        }
    }
}
