//! Escape sequences, UTF-8 and control characters → events. Pure, and fed in any pieces.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::mouse;
use crate::console::state::event::Event;

/// The longest paste that is kept; the rest of it is dropped.
const LONGEST_PASTE: usize = 64 * 1024;

/// The longest escape sequence of a key; a longer one is noise.
const LONGEST_SEQUENCE: usize = 64;

const ESCAPE: u8 = 0x1b;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Takes bytes as they come.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// What came and is not understood yet.
    waiting: Vec<u8>,
    /// The paste that is under way.
    paste: Option<Vec<u8>>,
}

/// What the first bytes mean, and how many of them mean it.
#[derive(Debug)]
enum Step {
    /// More bytes are needed to tell.
    Wait,
    /// They mean this.
    Took(usize, Option<Event>),
    /// A paste begins.
    Paste(usize),
}

impl Parser {
    /// Whether an escape sequence has begun and not ended.
    pub(super) fn is_waiting(&self) -> bool {
        self.paste.is_none() && !self.waiting.is_empty()
    }

    /// Takes the next bytes, and appends what they mean.
    pub(super) fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        self.waiting.extend_from_slice(bytes);
        let mut taken = 0;
        loop {
            if self.paste.is_some() {
                let rest = self.waiting.split_off(taken);
                self.waiting = rest;
                taken = 0;
                if !self.continue_paste(events) {
                    return;
                }
            }
            match step(&self.waiting[taken..]) {
                Step::Wait => break,
                Step::Took(n, event) => {
                    taken += n;
                    events.extend(event);
                }
                Step::Paste(n) => {
                    taken += n;
                    self.paste = Some(Vec::new());
                }
            }
        }
        self.waiting.drain(..taken);
    }

    /// Takes what waits for more as it is, since no more came: a lone `Esc` is the key.
    pub(super) fn give_up_waiting(&mut self, events: &mut Vec<Event>) {
        let waiting = std::mem::take(&mut self.waiting);
        match waiting[..] {
            [ESCAPE] => events.push(key(KeyCode::Esc, KeyModifiers::NONE)),
            // Alt with the key that begins a sequence.
            [ESCAPE, byte @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^')] => {
                events.push(key(KeyCode::Char(char::from(byte)), KeyModifiers::ALT));
            }
            // Half a sequence or half a character means nothing.
            _ => {}
        }
    }

    /// Moves the paste on; whether it has ended.
    fn continue_paste(&mut self, events: &mut Vec<Event>) -> bool {
        let Some(paste) = &mut self.paste else { return true };
        let end = self.waiting.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
        // The last bytes may be the beginning of the end.
        let keep = PASTE_ENDS.len() - 1;
        let n = end.unwrap_or_else(|| self.waiting.len().saturating_sub(keep));
        let room = LONGEST_PASTE.saturating_sub(paste.len());
        paste.extend_from_slice(&self.waiting[..n.min(room)]);
        self.waiting.drain(..end.map_or(n, |end| end + PASTE_ENDS.len()));
        if end.is_some() {
            let text = self.paste.take().unwrap_or_default();
            events.push(Event::Pasted(String::from_utf8_lossy(&text).into_owned()));
        }
        end.is_some()
    }
}

fn step(bytes: &[u8]) -> Step {
    match bytes {
        [] | [ESCAPE] => Step::Wait,
        [ESCAPE, b'[', rest @ ..] => control_sequence(rest),
        [ESCAPE, b'O', rest @ ..] => single_shift(rest),
        [ESCAPE, b']' | b'P' | b'_' | b'^', rest @ ..] => string(rest),
        // Esc twice is Esc, and then whatever the second one begins.
        [ESCAPE, ESCAPE, ..] => Step::Took(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [ESCAPE, rest @ ..] => match plain(rest) {
            Step::Took(n, event) => Step::Took(n + 1, event.map(with_alt)),
            other => other,
        },
        bytes => plain(bytes),
    }
}

fn with_alt(event: Event) -> Event {
    match event {
        Event::KeyPressed(KeyEvent { code, modifiers, .. }) => {
            key(code, modifiers | KeyModifiers::ALT)
        }
        other => other,
    }
}

/// One character, typed or by control.
fn plain(bytes: &[u8]) -> Step {
    let Some(&byte) = bytes.first() else { return Step::Wait };
    let control = |char| key(KeyCode::Char(char), KeyModifiers::CONTROL);
    let bare = |code| key(code, KeyModifiers::NONE);
    let event = match byte {
        b'\r' | b'\n' => bare(KeyCode::Enter),
        b'\t' => bare(KeyCode::Tab),
        0x08 | 0x7f => bare(KeyCode::Backspace),
        0 => control(' '),
        0x01..=0x1a => control(char::from(byte - 1 + b'a')),
        0x1c..=0x1f => control(char::from(byte - 0x1c + b'4')),
        _ => return character(bytes),
    };
    Step::Took(1, Some(event))
}

fn character(bytes: &[u8]) -> Step {
    let length = match bytes[0] {
        0x20..=0x7e => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        // Not the beginning of a character.
        _ => return Step::Took(1, None),
    };
    let Some(encoded) = bytes.get(..length) else {
        let is_whole_so_far = bytes[1..].iter().all(|byte| (0x80..=0xbf).contains(byte));
        return if is_whole_so_far { Step::Wait } else { Step::Took(1, None) };
    };
    let Some(char) = std::str::from_utf8(encoded).ok().and_then(|text| text.chars().next()) else {
        return Step::Took(1, None);
    };
    let shift = if char.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    let event = (!char.is_control()).then(|| key(KeyCode::Char(char), shift));
    Step::Took(length, event)
}

/// What a terminal answers to questions; nobody asked.
fn string(rest: &[u8]) -> Step {
    for (index, byte) in rest.iter().enumerate() {
        match (byte, rest.get(index + 1)) {
            (0x07, _) => return Step::Took(index + 3, None),
            (&ESCAPE, Some(b'\\')) => return Step::Took(index + 4, None),
            _ if index > LONGEST_PASTE => return Step::Took(index + 3, None),
            _ => {}
        }
    }
    Step::Wait
}

/// `ESC O x`: function and arrow keys of terminals in application mode.
fn single_shift(rest: &[u8]) -> Step {
    let Some(&last) = rest.first() else { return Step::Wait };
    let code = named(last).map(|code| key(code, KeyModifiers::NONE));
    match code {
        Some(event) => Step::Took(3, Some(event)),
        // Alt-O, and then something else.
        None => Step::Took(2, Some(key(KeyCode::Char('O'), KeyModifiers::ALT))),
    }
}

/// `ESC [ … x`.
fn control_sequence(rest: &[u8]) -> Step {
    // The Linux console's own function keys.
    if rest.first() == Some(&b'[') {
        let Some(&last) = rest.get(1) else { return Step::Wait };
        let number = last.wrapping_sub(b'A');
        let event = (number < 5).then(|| key(KeyCode::F(number + 1), KeyModifiers::NONE));
        return Step::Took(4, event);
    }
    let is_final = |byte: &u8| !(0x20..=0x3f).contains(byte);
    let Some(end) = rest.iter().take(LONGEST_SEQUENCE).position(is_final) else {
        let is_noise = rest.len() >= LONGEST_SEQUENCE;
        return if is_noise { Step::Took(LONGEST_SEQUENCE + 2, None) } else { Step::Wait };
    };
    let (parameters, last) = (&rest[..end], rest[end]);
    let length = end + 3;
    if last == ESCAPE {
        // Broken off by another sequence.
        return Step::Took(end + 2, None);
    }
    if last == b'M' && parameters.is_empty() {
        // A mouse in the oldest encoding, with three bytes behind; it cannot tell cells
        // beyond 223, and every terminal of today knows the newer one that was asked for.
        return if rest.len() < 4 { Step::Wait } else { Step::Took(length + 3, None) };
    }
    if let Some(parameters) = parameters.strip_prefix(b"<") {
        return Step::Took(length, mouse::event(parameters, last).map(Event::MouseUsed));
    }
    match (last, parameters) {
        (b'~', b"200") => Step::Paste(length),
        _ => Step::Took(length, key_of(parameters, last)),
    }
}

/// A key with its modifiers: `ESC [ 5 ~`, `ESC [ 1 ; 5 A`.
fn key_of(parameters: &[u8], last: u8) -> Option<Event> {
    let mut numbers = std::str::from_utf8(parameters)
        .ok()?
        .split(';')
        // Behind a colon stands what kind of press it was.
        .map(|number| number.split(':').next().unwrap_or_default().parse::<u32>().ok());
    let first = numbers.next().flatten();
    let modifiers = modifiers(numbers.next().flatten().unwrap_or(1));
    let code = match last {
        b'~' => numbered(first?)?,
        b'u' => codepoint(first?)?,
        b'Z' => return Some(key(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT)),
        // `ESC [ row ; column R` is a position unless it begins as a key does.
        _ if first.is_some_and(|first| first != 1) => return None,
        last => named(last)?,
    };
    Some(key(code, modifiers))
}

fn modifiers(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
    ] {
        modifiers.set(modifier, bits & bit != 0);
    }
    modifiers
}

fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11 => KeyCode::F(1),
        12 => KeyCode::F(2),
        13 => KeyCode::F(3),
        14 => KeyCode::F(4),
        15 => KeyCode::F(5),
        17 => KeyCode::F(6),
        18 => KeyCode::F(7),
        19 => KeyCode::F(8),
        20 => KeyCode::F(9),
        21 => KeyCode::F(10),
        23 => KeyCode::F(11),
        24 => KeyCode::F(12),
        _ => return None,
    })
}

/// A key that is told by its character's number.
fn codepoint(number: u32) -> Option<KeyCode> {
    Some(match number {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        number => KeyCode::Char(char::from_u32(number).filter(|char| !char.is_control())?),
    })
}

pub(super) const fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::KeyPressed(KeyEvent::new(code, modifiers))
}
