//! A prefix for a store that has a name.

use unicode_normalization::UnicodeNormalization as _;

use super::{Draft, Field, Taken, check};
use crate::domain::database::Layout;

/// Longest suggestion in characters: what a person still likes to read before `_products`.
const LONGEST: usize = 32;
/// Numbers that are tried behind a prefix that is taken.
const TRIES: u32 = 1_000;

/// A prefix that comes of the name, and that nobody has: `Bäckerei Süd` gives `baeckerei_sued`.
///
/// `None` where the name holds no letter or digit that can be written in ASCII.
pub fn suggest_prefix(name: &str, taken: &Taken, layout: &Layout) -> Option<String> {
    let base = joined(&words(name));
    if base.is_empty() {
        return None;
    }
    // Behind `acme_`, no number tells a store from those of `acme`: a hyphen does.
    let base = match taken.beginning_of(&base) {
        Some(_) => base.replace('_', "-"),
        None => base,
    };
    let numbered = (2..TRIES).map(|number| format!("{base}{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|prefix| is_free(prefix, taken, layout))
}

/// As many words as fit; of a first one that does not, the beginning.
fn joined(words: &[String]) -> String {
    let mut base = String::new();
    for word in words {
        let separator = usize::from(!base.is_empty());
        if base.len() + separator + word.len() > LONGEST && !base.is_empty() {
            break;
        }
        if separator == 1 {
            base.push('_');
        }
        base.push_str(&word[..word.len().min(LONGEST)]);
    }
    base
}

fn is_free(prefix: &str, taken: &Taken, layout: &Layout) -> bool {
    let draft = Draft { prefix: prefix.into(), ..Draft::default() };
    let faults = check(&draft, taken, layout);
    taken.ambiguous_with(prefix).is_none()
        && faults.iter().all(|fault| fault.field != Field::Prefix)
}

/// The words of a name in lower-case ASCII.
fn words(name: &str) -> Vec<String> {
    let spelled: String = name.to_lowercase().chars().map(spelled).collect();
    // What is left of an accented letter without its accents; the rest has no letter here.
    let plain: String = spelled.nfkd().filter(|char| !is_mark(*char)).collect();
    // Compatibility forms bring capitals back: `№` is `No`.
    let plain = plain.to_lowercase();
    let words = plain.split(|char: char| !char.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// Letters that are not written with an accent, and those that German spells out.
fn spelled(char: char) -> String {
    match char {
        'ä' | 'æ' => "ae".into(),
        'ö' | 'ø' | 'œ' => "oe".into(),
        'ü' => "ue".into(),
        'ß' => "ss".into(),
        'đ' | 'ð' => "d".into(),
        'ł' => "l".into(),
        'þ' => "th".into(),
        'ı' => "i".into(),
        '&' => " and ".into(),
        // An apostrophe does not part a word: `Joe's` is `joes`.
        '\'' | '\u{2019}' => String::new(),
        other => other.into(),
    }
}

const fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(name: &str, prefixes: &[&str]) -> Option<String> {
        let mut taken = Taken::default();
        for prefix in prefixes {
            taken.add(prefix, prefix);
        }
        suggest_prefix(name, &taken, &Layout::default())
    }

    #[test]
    fn a_name_becomes_a_prefix() {
        for (name, prefix) in [
            ("Acme Bakery", "acme_bakery"),
            ("  Bäckerei  Süd-Ost ", "baeckerei_sued_ost"),
            ("Café Łódź №5", "cafe_lodz_no5"),
            ("Straße 12", "strasse_12"),
            ("Joe's & Co.", "joes_and_co"),
            ("ＦＵＬＬ", "full"),
        ] {
            assert_eq!(suggested(name, &[]).as_deref(), Some(prefix), "{name}");
        }
        for name in ["", "  ", "東京", "___", "\u{202e}"] {
            assert_eq!(suggested(name, &[]), None, "{name:?}");
        }
    }

    #[test]
    fn a_taken_or_ambiguous_prefix_gets_a_number() {
        assert_eq!(suggested("Acme", &["ACME"]).as_deref(), Some("acme2"));
        assert_eq!(suggested("Acme", &["acme", "acme2"]).as_deref(), Some("acme3"));
        assert_eq!(suggested("Acme East", &["acme"]).as_deref(), Some("acme-east"));
        assert_eq!(suggested("Acme East", &["acme", "ACME-East"]).as_deref(), Some("acme-east2"));
        assert_eq!(suggested("Tilldeck", &[]).as_deref(), Some("tilldeck2"));
        assert_eq!(suggested("System", &[]).as_deref(), Some("system2"));
        assert_eq!(suggested("Acme", &["acme_east"]).as_deref(), Some("acme2"));
    }

    #[test]
    fn a_long_name_is_cut_between_words() {
        let name = "The Very Large Department Store Of The Old Town";
        assert_eq!(suggested(name, &[]).as_deref(), Some("the_very_large_department_store"));
        let one_word = suggested(&"x".repeat(80), &[]).unwrap();
        assert_eq!(one_word.len(), LONGEST);
    }
}
