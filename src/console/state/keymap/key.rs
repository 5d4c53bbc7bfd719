//! Keys as the configuration writes them: `ctrl-c`, `shift-tab`, `f5`, `space`, `G`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key with its modifiers, in the one form in which equal keys compare equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Names of the keys that are no characters, as they are printed.
const NAMES: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("menu", KeyCode::Menu),
];

/// Other names that people use for the same keys.
const ALIASES: [(&str, &str); 7] = [
    ("return", "enter"),
    ("escape", "esc"),
    ("del", "delete"),
    ("ins", "insert"),
    ("pageup", "pgup"),
    ("pagedown", "pgdn"),
    ("pgdown", "pgdn"),
];

/// Modifiers, in the order in which they are printed.
const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

impl Key {
    /// The key of an event, or `None` for a key that cannot be written down.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        let known = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab | KeyCode::F(_) => true,
            code => NAMES.iter().any(|(_, named)| *named == code),
        };
        // A key with the logo held is not the key itself: `super-q` must not quit.
        let modifiers: KeyModifiers = MODIFIERS.iter().map(|(_, modifier)| *modifier).collect();
        (known && modifiers.contains(event.modifiers))
            .then(|| Self::normal(event.code, event.modifiers))
    }

    /// Reads a key as the configuration writes it.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, for a message that names the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((modifier, after)) = strip_modifier(rest) {
            modifiers |= modifier;
            rest = after;
        }
        let code = parse_code(rest).ok_or_else(|| match suggest_name(rest) {
            Some(name) => format!("`{text}` is no key; did you mean `{name}`?"),
            None => format!("`{text}` is no key"),
        })?;
        let key = Self::normal(code, modifiers);
        match key.indistinct() {
            Some(other) => Err(format!("a terminal sends `{text}` as `{other}`")),
            None => Ok(key),
        }
    }

    /// The event that this key makes.
    pub const fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Characters carry their shift themselves, control does not know case, and Shift-Tab
    /// has a code of its own only in some terminals.
    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Self {
        match code {
            KeyCode::BackTab => {
                Self { code: KeyCode::Tab, modifiers: modifiers | KeyModifiers::SHIFT }
            }
            KeyCode::Char(char) if modifiers.contains(KeyModifiers::CONTROL) => Self {
                code: KeyCode::Char(char.to_ascii_lowercase()),
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            KeyCode::Char(char) if modifiers.contains(KeyModifiers::SHIFT) => Self {
                code: KeyCode::Char(char.to_ascii_uppercase()),
                modifiers: modifiers - KeyModifiers::SHIFT,
            },
            code => Self { code, modifiers },
        }
    }

    /// The key that a terminal sends instead of this one.
    fn indistinct(self) -> Option<&'static str> {
        if self.modifiers != KeyModifiers::CONTROL {
            return None;
        }
        match self.code {
            KeyCode::Char('i') => Some("tab"),
            KeyCode::Char('m') => Some("enter"),
            KeyCode::Char('[') => Some("esc"),
            _ => None,
        }
    }
}

fn strip_modifier(text: &str) -> Option<(KeyModifiers, &str)> {
    MODIFIERS.iter().find_map(|(name, modifier)| {
        let head = text.get(..name.len())?;
        let rest = &text[name.len()..];
        (head.eq_ignore_ascii_case(name) && !rest.is_empty()).then_some((*modifier, rest))
    })
}

fn parse_code(text: &str) -> Option<KeyCode> {
    let mut chars = text.chars();
    if let (Some(char), None) = (chars.next(), chars.next()) {
        return (!char.is_control() && char != ' ').then_some(KeyCode::Char(char));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f')
        && let Ok(number @ 1..=24) = number.parse()
    {
        return Some(KeyCode::F(number));
    }
    let name = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(&*lower, |(_, name)| name);
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}

fn suggest_name(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    NAMES
        .iter()
        .map(|(name, _)| (strsim::damerau_levenshtein(name, &lower), *name))
        .min()
        .filter(|(distance, name)| *distance <= 2 && *distance < name.len())
        .map(|(_, name)| name)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::F(number) => write!(f, "f{number}"),
            KeyCode::Char(char) => write!(f, "{char}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        for (written, printed) in [
            ("ctrl-c", "ctrl-c"),
            ("Ctrl-C", "ctrl-c"),
            ("shift-tab", "shift-tab"),
            ("F5", "f5"),
            ("space", "space"),
            ("PageDown", "pgdn"),
            ("g", "g"),
            ("G", "G"),
            ("shift-g", "G"),
            ("-", "-"),
            ("ctrl--", "ctrl--"),
            ("?", "?"),
            ("ctrl-alt-x", "ctrl-alt-x"),
            ("é", "é"),
        ] {
            assert_eq!(Key::parse(written).map(|key| key.to_string()), Ok(printed.to_owned()));
        }
    }

    #[test]
    fn what_is_no_key_is_said() {
        for (written, fault) in [
            ("entr", "`entr` is no key; did you mean `enter`?"),
            ("", "`` is no key"),
            ("ctrl-wonder", "`ctrl-wonder` is no key"),
            ("f25", "`f25` is no key"),
            ("ctrl-m", "a terminal sends `ctrl-m` as `enter`"),
        ] {
            assert_eq!(Key::parse(written), Err(fault.to_owned()));
        }
    }

    #[test]
    fn shift_is_in_the_character() {
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::of(&shifted), Key::parse("G").ok());
        let logo = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::SUPER);
        assert_eq!(Key::of(&logo), None);
        let back_tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(Key::of(&back_tab), Key::parse("shift-tab").ok());
    }

    fn any_event() -> impl Strategy<Value = KeyEvent> {
        let codes = prop_oneof![
            any::<char>()
                .prop_filter("typed", |char| !char.is_control() && *char != '\u{a0}')
                .prop_map(KeyCode::Char),
            (1_u8..=24).prop_map(KeyCode::F),
            (0..NAMES.len()).prop_map(|index| NAMES[index].1),
        ];
        (codes, 0_u8..8)
            .prop_map(|(code, bits)| KeyEvent::new(code, KeyModifiers::from_bits_truncate(bits)))
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_is_printed(event in any_event()) {
            let key = Key::of(&event).unwrap();
            prop_assume!(key.indistinct().is_none());
            prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = Key::parse(&text);
        }
    }
}
