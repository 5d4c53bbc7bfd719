//! Names in the configuration: what a server accepts, and which known name was meant.

/// The longest database name, in bytes. One less than the server's limit, as documented.
const LONGEST_DATABASE: usize = 63;

/// What is wrong with a database name, as the end of the sentence `<key> …`.
pub(super) fn database_fault(name: &str) -> Option<String> {
    const REFUSED: &[char] = &['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?'];
    if name.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if name.len() > LONGEST_DATABASE {
        return Some(format!("must be at most {LONGEST_DATABASE} bytes, not {}", name.len()));
    }
    name.chars()
        .find(|char| REFUSED.contains(char) || char.is_control())
        .map(|char| format!("must not hold {char:?}, which database names cannot have"))
}

/// What is wrong with the name of a collection, a field or a collection type.
pub(super) fn plain_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("must not be empty".to_owned());
    }
    name.chars()
        .find(|&char| char == '$' || char.is_control())
        .map(|char| format!("must not hold {char:?}"))
}

/// The known name that is most like `given`, if one is like it at all.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["database_count", "database_prefix", "uri"];
        assert_eq!(nearest("databse_count", known), Some("database_count"));
        assert_eq!(nearest("URI", known), Some("uri"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn database_names_are_what_the_server_accepts() {
        assert_eq!(database_fault("pos_db"), None);
        for wrong in ["", "a.b", "a/b", "a b", "$x", "a\u{1b}b", &"x".repeat(64)] {
            assert!(database_fault(wrong).is_some(), "{wrong:?} was accepted");
        }
    }
}
