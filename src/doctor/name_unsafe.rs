//! `name-unsafe`: a name with control or bidi characters.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    finding::{Finding, Fix, Rule},
    store::Store,
    text::safe,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a name with control, bidi or invisible characters",
    meaning: "A terminal obeys such characters or draws the text in another order, and two names \
              that differ can look alike. tilldeck shows them spelled out; other tools may not.",
    cause: "Text that was pasted from a document or a web page, or somebody who means harm.",
    remedy: "A name can be set again without them. A storeId or a prefix is part of other data: \
             change it only together with those, while the store is closed.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let stores = facts.subjects.iter().map(|subject| subject.store);
    stores.filter_map(|store| found(facts, store)).collect()
}

fn found(facts: &Facts<'_>, store: &Store) -> Option<Finding> {
    let names = &facts.layout.registry;
    let ids = [(&names.store_id, &store.store_id), (&names.prefix, &store.prefix)];
    let ids = ids.into_iter().filter_map(|(field, text)| {
        let hostile = hostile(text.as_deref()?, is_hostile_in_id);
        (!hostile.is_empty()).then_some((field.as_str(), hostile))
    });
    let name = store.name.as_deref().unwrap_or_default();
    let in_name = hostile(name, is_hostile_in_name);
    let mut fields: Vec<_> = ids.collect();
    let fix = way_out(facts, store, name, &in_name);
    if !in_name.is_empty() {
        fields.push((&names.name, in_name));
    }
    if fields.is_empty() {
        return None;
    }
    let told = |(field, chars): &(&str, Vec<(usize, char)>)| {
        format!("its {field} has {}", words::told(chars.iter().map(|(_, it)| code(*it)).collect()))
    };
    let listed = |(field, chars): &(&str, Vec<(usize, char)>)| {
        let one = |(at, char): &(usize, char)| {
            doc! {"character": code(*char), "position": words::number(*at)}
        };
        doc! {"field": *field, "characters": chars.iter().map(one).collect::<Vec<_>>()}
    };
    Some(Finding {
        message: format!(
            "{}: {}",
            words::called(store),
            words::told(fields.iter().map(told).collect())
        ),
        evidence: doc! {"fields": fields.iter().map(listed).collect::<Vec<_>>()},
        fix: Some(fix),
        ..facts.about(Rule::NameUnsafe, store)
    })
}

fn way_out(facts: &Facts<'_>, store: &Store, name: &str, in_name: &[(usize, char)]) -> Fix {
    let is_hostile = |char: char| in_name.iter().any(|(_, hostile)| *hostile == char);
    let clean: String = name.chars().filter(|char| !is_hostile(*char)).collect();
    let clean = clean.trim();
    if !in_name.is_empty()
        && !clean.is_empty()
        && let Some(command) =
            command::rename(facts.layout, store, &facts.layout.registry.name, Some(name), clean)
    {
        let summary = "Set the name again without these characters, if it then reads as meant.";
        return Fix { summary: summary.into(), command, repair: None };
    }
    Fix {
        summary: "Look at the record, and plan a new storeId or prefix while the store is closed."
            .into(),
        command: command::show_record(facts.layout, store),
        repair: None,
    }
}

/// The characters that are hostile at their place, counted from 0; `is_hostile` gets each
/// with the one before it.
fn hostile(text: &str, is_hostile: fn(Option<char>, char) -> bool) -> Vec<(usize, char)> {
    let before = std::iter::once(None).chain(text.chars().map(Some));
    let chars = text.chars().enumerate().zip(before);
    chars.filter(|((_, char), before)| is_hostile(*before, *char)).map(|(it, _)| it).collect()
}

/// What does not show as itself; a backslash does, and is only doubled to be unmistakable.
fn is_hostile_in_id(_before: Option<char>, char: char) -> bool {
    char != '\\' && !safe(char.encode_utf8(&mut [0; 4])).as_str().chars().eq([char])
}

/// In a name for people, wide spaces are script, and so are joiners and variation selectors
/// after what they modify.
fn is_hostile_in_name(before: Option<char>, char: char) -> bool {
    let is_space = matches!(char, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}');
    let is_modifier = matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    let modifies = is_modifier && before.is_some_and(|before| !before.is_ascii());
    !is_space && !modifies && is_hostile_in_id(before, char)
}

fn code(char: char) -> String {
    format!("U+{:04X}", u32::from(char))
}
