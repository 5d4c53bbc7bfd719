//! `record-malformed`: a field that the backend needs is missing or of no use.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    finding::{Finding, Fix, Rule},
    store::{Problem, Store},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a registry record lacks storeId, name or prefix",
    meaning: "Without a storeId the store cannot be looked up; without a prefix the backend makes \
              names such as `undefined_orders`; without a name it may fail to be shown.",
    cause: "A record that was written around the backend's model: an import, a script, an edit \
            by hand.",
    remedy: "Set the field to the right text. The prefix is what the store's collections begin \
             with: look for unclaimed collections in its database. Delete the record if no store \
             belongs to it.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let stores = facts.subjects.iter().map(|subject| subject.store);
    let finding = |store| {
        let problems = problems(facts, store);
        (!problems.is_empty()).then(|| found(facts, store, &problems))
    };
    stores.filter_map(finding).collect()
}

/// What is wrong with the fields that are texts; the shard's number has rules of its own.
fn problems(facts: &Facts<'_>, store: &Store) -> Vec<String> {
    let names = &facts.layout.registry;
    let texts = [&names.store_id, &names.name, &names.prefix];
    let is_of_text = |problem: &&Problem| match problem {
        Problem::Missing { field }
        | Problem::Null { field }
        | Problem::Empty { field }
        | Problem::WrongType { field, .. } => texts.iter().any(|text| **text == **field),
        Problem::Unreadable => true,
        Problem::DriftedType { .. } | Problem::OutOfRange { .. } => false,
    };
    store.problems.iter().filter(is_of_text).map(ToString::to_string).collect()
}

fn found(facts: &Facts<'_>, store: &Store, problems: &[String]) -> Finding {
    let probable = facts.probable_prefixes(store);
    let named = match (&store.store_id, &store.name) {
        (None, Some(name)) => format!(" (`{name}`)"),
        _ => String::new(),
    };
    let trace = match probable.first_key_value() {
        Some((prefix, names)) if probable.len() == 1 => format!(
            "; its prefix was probably `{prefix}`, that of {}",
            words::counted(names.len(), "unclaimed collection")
        ),
        _ if facts.is_bare(store) => "; it has no collections at its home".to_owned(),
        _ => String::new(),
    };
    let candidates = probable.iter();
    let candidates =
        candidates.map(|(prefix, names)| doc! {"prefix": *prefix, "collections": names});
    Finding {
        message: format!("{}{named}: {}{trace}", words::called(store), problems.join(", ")),
        evidence: doc! {
            "record": store.record.as_str(),
            "problems": problems,
            "probable_prefixes": candidates.collect::<Vec<_>>(),
        },
        fix: Some(way_out(facts, store, &probable.keys().copied().collect::<Vec<_>>())),
        ..facts.about(Rule::RecordMalformed, store)
    }
}

fn way_out(facts: &Facts<'_>, store: &Store, probable: &[&str]) -> Fix {
    let field = &facts.layout.registry.prefix;
    if let [prefix] = probable
        && let Some(command) = command::rename(facts.layout, store, field, None, prefix)
    {
        let summary = format!(
            "Make sure that the collections are the store's, then set its prefix to `{prefix}`."
        );
        return Fix { summary, command, repair: None };
    }
    Fix {
        summary: "Look at the record and set the field, or delete the record if no store belongs \
                  to it."
            .into(),
        command: command::show_record(facts.layout, store),
        repair: None,
    }
}
