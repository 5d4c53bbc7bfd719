//! The one place that makes text from outside safe to show.
//!
//! A name in the database may hold escape sequences, bidirectional overrides or invisible
//! characters. They are made *visible*, never dropped, so that two names that differ also
//! look different. Widgets and text output take [`SafeText`], which only this module makes.

use std::fmt::{self, Write as _};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Text that can be written to a terminal as it is: no control, no bidirectional and no
/// invisible character is left in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SafeText(String);

impl SafeText {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, a separator of ours, and another text.
    #[must_use]
    pub fn followed_by(&self, separator: &'static str, other: &Self) -> Self {
        Self(format!("{self}{separator}{other}"))
    }

    /// The text with every character outside ASCII spelled out as `\u{…}`.
    #[must_use]
    pub fn ascii(&self) -> Self {
        if self.0.is_ascii() {
            return self.clone();
        }
        let spelled = |char: char| {
            if char.is_ascii() { char.to_string() } else { char.escape_unicode().to_string() }
        };
        Self(self.0.chars().map(spelled).collect())
    }

    /// The text cut to at most `columns`, beginning with the ellipsis where something was
    /// cut: for names that differ at their end.
    #[must_use]
    pub fn cut_start(&self, columns: usize, ellipsis: &str) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let Some(room) = columns.checked_sub(ellipsis.width()) else {
            return Self::default();
        };
        let mut first = self.0.len();
        let mut width = 0;
        for (at, cluster) in self.0.grapheme_indices(true).rev() {
            width += cluster.width();
            if width > room {
                break;
            }
            first = at;
        }
        Self(format!("{ellipsis}{}", self.0.get(first..).unwrap_or_default()))
    }

    /// What comes after `beginning`, where the text begins with it.
    #[must_use]
    pub fn after(&self, beginning: &str) -> Option<Self> {
        self.0.strip_prefix(beginning).map(|rest| Self(rest.to_owned()))
    }

    /// The text without its first character, to scroll a field.
    #[must_use]
    pub fn without_first(&self) -> Self {
        Self(self.0.graphemes(true).skip(1).collect())
    }

    /// The text in pieces of at most `columns`, broken behind a space where one is near.
    #[must_use]
    pub fn wrapped(&self, columns: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let (mut line, mut width) = (String::new(), 0);
        for cluster in self.0.graphemes(true) {
            if width + cluster.width() > columns && !line.is_empty() {
                let space = line.rfind(' ').filter(|at| *at > line.len() / 2);
                let rest = space.map(|at| line.split_off(at + 1)).unwrap_or_default();
                width = rest.width();
                lines.push(Self(std::mem::replace(&mut line, rest)));
            }
            line.push_str(cluster);
            width += cluster.width();
        }
        lines.push(Self(line));
        lines
    }

    /// The words of the text, to break it into lines.
    pub fn words(&self) -> impl Iterator<Item = Self> + '_ {
        self.0.split(' ').filter(|word| !word.is_empty()).map(|word| Self(word.to_owned()))
    }

    /// Columns that the text takes on a terminal.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Several safe texts as one, with `separator` between them.
    #[must_use]
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>, separator: &'static str) -> Self {
        let parts: Vec<&str> = parts.into_iter().map(Self::as_str).collect();
        Self(parts.join(safe(separator).as_str()))
    }

    /// The text cut to at most `columns`, ending in `…` (`~` in ASCII) where something was cut.
    ///
    /// Cuts between grapheme clusters, so no character is torn apart.
    #[must_use]
    pub fn cut(&self, columns: usize, ellipsis: &str) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let Some(room) = columns.checked_sub(ellipsis.width()) else {
            return Self::default();
        };
        let mut kept = String::new();
        let mut width = 0;
        for cluster in self.0.graphemes(true) {
            width += cluster.width();
            if width > room {
                break;
            }
            kept.push_str(cluster);
        }
        kept.push_str(ellipsis);
        Self(kept)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<SafeText> for String {
    fn from(text: SafeText) -> Self {
        text.0
    }
}

/// Makes text from outside safe: what a terminal would obey or hide becomes `\u{…}`.
///
/// A backslash is doubled, so that a name which spells an escape out looks different from
/// a name that holds the character itself.
pub fn safe(untrusted: &str) -> SafeText {
    if untrusted.chars().all(is_plain) {
        return SafeText(untrusted.to_owned());
    }
    let mut text = String::with_capacity(untrusted.len() + 16);
    for char in untrusted.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            char if is_plain(char) => text.push(char),
            char => text.extend(char.escape_unicode()),
        }
    }
    SafeText(text)
}

/// Whether a text holds nothing that a terminal would obey or hide.
pub fn is_safe(untrusted: &str) -> bool {
    untrusted.chars().all(|char| char == '\\' || is_plain(char))
}

/// Escapes, inside serialised JSON, what a terminal would obey or hide, as `\uXXXX`.
///
/// The result is the same JSON value. Only string contents can hold such characters, and
/// serialised JSON has no newline of its own beyond those of pretty printing, which stay.
pub fn safe_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for char in json.chars() {
        if char == '\n' || char == '\\' || is_plain(char) {
            text.push(char);
        } else {
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Text in the syntax of JSON or of the shell on one line, where a backslash is an escape
/// already and stays single.
pub fn safe_shell(text: &str) -> SafeText {
    SafeText(safe_json(text).replace('\n', "\\n"))
}

/// A name for a file that any system takes: what is no letter, digit, `-`, `_` or `.` becomes `_`.
pub fn file_name(name: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let plain: String = name.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    plain.trim_start_matches('.').to_owned()
}

/// Whether the character shows as itself: visible, or the plain space.
fn is_plain(char: char) -> bool {
    match char {
        '\\' | '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' => false,
        ' '..='\u{2ff}' => true,
        char => !is_invisible(char) && !is_hostile_category(char.general_category()),
    }
}

fn is_hostile_category(category: GeneralCategory) -> bool {
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    )
}

/// Letters, marks and symbols that draw nothing although their category is harmless:
/// fillers, joiners, variation selectors and the blank Braille pattern.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_becomes_visible() {
        for (hostile, shown) in [
            ("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}", "a\\u{200b}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\nb\r", "a\\u{a}b\\u{d}"),
            ("\u{2028}\u{e0041}\u{fff9}", "\\u{2028}\\u{e0041}\\u{fff9}"),
            ("a\u{a0}b\u{3000}", "a\\u{a0}b\\u{3000}"),
            ("c:\\d", "c:\\\\d"),
            ("Пекарня 麺屋 café مخبز", "Пекарня 麺屋 café مخبز"),
        ] {
            assert_eq!(safe(hostile).as_str(), shown);
        }
    }

    #[test]
    fn a_cut_never_tears_a_character() {
        assert_eq!(safe("麺屋一番").cut(5, "…").as_str(), "麺屋…");
        assert_eq!(safe("麺屋一番").cut(4, "…").as_str(), "麺…");
        assert_eq!(safe("abc").cut(3, "…").as_str(), "abc");
        assert_eq!(safe("abcd").cut(0, "…").as_str(), "");
        assert_eq!(safe("麺屋一番").cut_start(5, "…").as_str(), "…一番");
        assert_eq!(safe("麺屋一番").cut_start(4, "…").as_str(), "…番");
        assert_eq!(safe("a_orders").cut_start(7, "…").as_str(), "…orders");
    }

    #[test]
    fn a_wrapped_text_is_whole_and_broken_between_words_and_characters() {
        let wrapped = |text: &str, columns| {
            safe(text).wrapped(columns).into_iter().map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(wrapped("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrapped("麺屋一番", 5), ["麺屋", "一番"]);
        assert_eq!(wrapped("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrapped("麺", 1), ["麺"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    proptest! {
        #[test]
        fn names_that_differ_look_different(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(a == b, safe(&a) == safe(&b));
        }

        #[test]
        fn safe_json_is_the_same_value(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap_or_default();
            let safe = safe_json(&json);
            prop_assert_eq!(serde_json::from_str::<String>(&safe).ok(), Some(text));
            prop_assert!(safe.chars().all(|char| char == '\\' || is_plain(char)));
        }
    }
}
