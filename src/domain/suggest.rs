//! Did you mean: what is most like a text that nobody is called, and how it differs.

use std::sync::Arc;

use super::{
    registry::Registry,
    store::{Route, Store},
    why::Suggestion,
};

/// How many stores are suggested at most.
const MOST: usize = 3;
/// A text must have this many characters to be taken for the beginning of a name.
const BEGINNING: usize = 3;

/// A store that may have been meant.
#[derive(Debug, Clone)]
pub(super) struct Near<'a> {
    /// The store.
    pub(super) store: &'a Arc<Store>,
    /// Its id, prefix or name: the one that is like the text.
    pub(super) field: &'a str,
    likeness: Likeness,
}

/// How a field differs from the text, the likeliest slip first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Case,
    Blanks,
    LookAlikes,
    Letters(usize),
    Beginning,
}

impl Likeness {
    fn reason(self, field: &str) -> String {
        match self {
            Self::Case => format!("`{field}` differs in case"),
            Self::Blanks => format!("`{field}` differs in blanks"),
            Self::LookAlikes => format!("`{field}` has letters that look alike"),
            Self::Letters(1) => format!("`{field}` differs in 1 letter"),
            Self::Letters(n) => format!("`{field}` differs in {n} letters"),
            Self::Beginning => format!("`{field}` begins with it"),
        }
    }
}

/// A text as it is compared, worked out once for the text that was typed.
struct Forms {
    folded: String,
    tight: String,
    skeleton: String,
    n_chars: usize,
}

impl Forms {
    fn of(text: &str) -> Self {
        let folded = text.to_lowercase();
        let tight: String = folded.chars().filter(|char| !is_blank(*char)).collect();
        let skeleton = tight.chars().map(look_alike).collect();
        let n_chars = tight.chars().count();
        Self { folded, tight, skeleton, n_chars }
    }
}

/// Stores that may have been meant, at most three, the likeliest first. O(n).
pub fn similar(registry: &Registry, text: &str) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for near in nearest(registry, text) {
        if found.iter().all(|one: &Suggestion| one.record.as_ref() != Some(&near.store.record)) {
            found.push(suggestion(&near));
        }
    }
    found
}

/// Fields of stores that are like the text, at most three, the likeliest first.
pub(super) fn nearest<'a>(registry: &'a Registry, text: &str) -> Vec<Near<'a>> {
    let wanted = Forms::of(text);
    let mut near: Vec<Near<'a>> = registry
        .stores
        .iter()
        .filter_map(|store| {
            [&store.store_id, &store.prefix, &store.name]
                .into_iter()
                .flatten()
                .filter_map(|field| {
                    let likeness = likeness(&wanted, field)?;
                    Some(Near { store, field: field.as_ref(), likeness })
                })
                .min_by_key(|near| near.likeness)
        })
        .collect();
    near.sort_by(|one, other| (one.likeness, one.field).cmp(&(other.likeness, other.field)));
    near.truncate(MOST);
    near
}

fn suggestion(near: &Near<'_>) -> Suggestion {
    let store = near.store;
    Suggestion {
        record: Some(store.record.clone()),
        store_id: store.store_id.clone(),
        name: store.name.clone(),
        prefix: store.prefix.clone(),
        shard: match store.route {
            Route::Shard(shard) => Some(shard),
            _ => None,
        },
        reason: near.likeness.reason(near.field),
    }
}

fn likeness(wanted: &Forms, field: &str) -> Option<Likeness> {
    if wanted.n_chars == 0 {
        return None;
    }
    let own = Forms::of(field);
    if own.folded == wanted.folded {
        return Some(Likeness::Case);
    }
    if own.tight == wanted.tight {
        return Some(Likeness::Blanks);
    }
    if own.skeleton == wanted.skeleton {
        return Some(Likeness::LookAlikes);
    }
    // At most a third of the letters may differ; a text of one or two letters is too short.
    let furthest = wanted.n_chars / 3;
    if own.n_chars.abs_diff(wanted.n_chars) <= furthest {
        let distance = strsim::damerau_levenshtein(&own.tight, &wanted.tight);
        if distance <= furthest {
            return Some(Likeness::Letters(distance));
        }
    }
    (wanted.n_chars >= BEGINNING && own.tight.starts_with(&wanted.tight))
        .then_some(Likeness::Beginning)
}

/// Blanks, and the marks that people type for them or leave out.
fn is_blank(char: char) -> bool {
    char.is_whitespace() || matches!(char, '_' | '-' | '\u{200b}'..='\u{200d}' | '\u{feff}')
}

/// The letter that a person sees: of letters that look alike, always the same one.
const fn look_alike(char: char) -> char {
    match char {
        '0' | 'о' | 'ο' => 'o',
        '1' | 'l' | '|' | 'і' | 'ι' | 'ı' => 'i',
        '5' | 'ѕ' => 's',
        'а' | 'α' => 'a',
        '8' | 'в' => 'b',
        'с' | 'ϲ' => 'c',
        'е' | 'ε' => 'e',
        'н' => 'h',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'п' | 'η' => 'n',
        'р' | 'ρ' => 'p',
        'т' | 'τ' => 't',
        'у' | 'γ' => 'y',
        'ν' => 'v',
        'х' | 'χ' => 'x',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::store::RecordId;

    fn registry(names: &[&str]) -> Registry {
        let store = |(index, name): (usize, &&str)| {
            Arc::new(Store {
                record: RecordId::new(&index.to_string()),
                store_id: Some((*name).into()),
                name: None,
                prefix: None,
                route: Route::Legacy,
                problems: Vec::new(),
            })
        };
        Registry { stores: names.iter().enumerate().map(store).collect(), ..Registry::default() }
    }

    fn first(typed: &str, names: &[&str]) -> Option<String> {
        similar(&registry(names), typed).into_iter().next().map(|one| one.reason)
    }

    #[test]
    fn each_slip_is_recognised_and_told() {
        for (typed, name, reason) in [
            ("st-0001", "ST-0001", "`ST-0001` differs in case"),
            (" ST-0001 ", "ST-0001", "`ST-0001` differs in blanks"),
            ("ST 0001", "ST-0001", "`ST-0001` differs in blanks"),
            ("ST0001", "ST-0001", "`ST-0001` differs in blanks"),
            ("ST-OOO1", "ST-0001", "`ST-0001` has letters that look alike"),
            ("acme", "асме", "`асме` has letters that look alike"),
            ("bi11", "bill", "`bill` has letters that look alike"),
            ("acmee", "acme", "`acme` differs in 1 letter"),
            ("amce", "acme", "`acme` differs in 1 letter"),
            ("bakery nrth", "Bakery North", "`Bakery North` differs in 1 letter"),
            ("bakxry nrth", "Bakery North", "`Bakery North` differs in 2 letters"),
            ("bak", "Bakery North", "`Bakery North` begins with it"),
        ] {
            assert_eq!(first(typed, &[name]).as_deref(), Some(reason), "{typed}");
        }
    }

    #[test]
    fn nonsense_is_not_suggested() {
        for (typed, name) in
            [("zzzz", "acme"), ("", "acme"), ("  ", "acme"), ("ab", "ac"), ("xyz", "acme bakery")]
        {
            assert_eq!(first(typed, &[name]), None, "{typed}");
        }
    }

    #[test]
    fn the_likeliest_comes_first_and_three_are_enough() {
        let registry = registry(&["acmes", "ACME", "acmé", "acne", "acmea", "a cme"]);
        let reasons: Vec<String> =
            similar(&registry, "acme").into_iter().map(|one| one.reason).collect();
        let expected =
            ["`ACME` differs in case", "`a cme` differs in blanks", "`acmea` differs in 1 letter"];
        assert_eq!(reasons, expected);
    }
}
