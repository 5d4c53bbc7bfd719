//! `prefix-case`: the collections exist under another case of the prefix.

use std::collections::BTreeMap;

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Lodging, Unclaimed},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "the collections exist under another case of the prefix",
    meaning: "Names of collections distinguish case, so the backend does not find them: the store \
              looks empty, and its next write makes new collections beside the old ones.",
    cause: "The prefix was edited, or typed differently by the one who made the collections.",
    remedy: "Act before the store writes. Where nothing is under the record's prefix, set the \
             prefix to the case that the collections have. Else rename the collections one by \
             one, within their database and while the store is closed.",
};

/// The other cases of one prefix, with the names there are, by place.
type Others<'a> = BTreeMap<(Database, &'a str), Vec<&'a str>>;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let finding = |store, lodging: &Lodging<'_>| {
        let others = others(facts, lodging);
        (!others.is_empty()).then(|| found(facts, store, lodging, &others))
    };
    let subjects = facts.subjects.iter();
    subjects.filter_map(|subject| finding(subject.store, subject.lodging.as_ref()?)).collect()
}

fn others<'a>(facts: &Facts<'a>, lodging: &Lodging<'a>) -> Others<'a> {
    let lower = lodging.prefix.to_lowercase();
    let mut others = Others::new();
    let unclaimed = lodging.other_case.iter().filter_map(|index| facts.unclaimed.get(*index));
    for Unclaimed { database, name, readings, .. } in unclaimed {
        let prefix = readings.iter().find(|(prefix, _)| prefix.to_lowercase() == lower);
        if let Some((prefix, _)) = prefix {
            others.entry((*database, prefix)).or_default().push(name);
        }
    }
    others
}

fn found(facts: &Facts<'_>, store: &Store, lodging: &Lodging<'_>, others: &Others<'_>) -> Finding {
    let home = facts.name_of(lodging.home);
    let missing = || lodging.missing.iter().map(|missing| missing.name.as_str());
    let place = |((database, prefix), names): (&(Database, &str), &Vec<&str>)| {
        format!("{} under `{prefix}` in `{}`", names.len(), facts.name_of(*database))
    };
    let evidence = |((database, prefix), names): (&(Database, &str), &Vec<&str>)| {
        let mut evidence = words::place(facts, *database, names.iter().copied());
        evidence.insert("prefix", *prefix);
        evidence
    };
    Finding {
        message: format!(
            "{} lacks {} under its prefix `{}` in `{home}`, but there are {}",
            words::called(store),
            words::counted(lodging.missing.len(), "collection"),
            lodging.prefix,
            words::told(others.iter().map(place).collect())
        ),
        evidence: doc! {
            "database": &home,
            "missing": missing().collect::<Vec<_>>(),
            "present": &lodging.here,
            "other_case": others.iter().map(evidence).collect::<Vec<_>>(),
        },
        fix: Some(way_out(facts, store, lodging, others)),
        ..facts.about(Rule::PrefixCase, store)
    }
}

fn way_out(facts: &Facts<'_>, store: &Store, lodging: &Lodging<'_>, others: &Others<'_>) -> Fix {
    let field = &facts.layout.registry.prefix;
    let mut places = others.keys();
    if let (Some((database, prefix)), None) = (places.next(), places.next())
        && *database == lodging.home
        && lodging.here.is_empty()
        && lodging.elsewhere.is_empty()
        && let Some(command) =
            command::rename(facts.layout, store, field, Some(lodging.prefix), prefix)
    {
        let summary =
            format!("Set the record's prefix to `{prefix}`, as its collections are called.");
        return Fix { summary, command, repair: None };
    }
    let here = (lodging.home, lodging.here.clone());
    let there = others.iter().map(|((database, _), names)| (*database, names.clone()));
    Fix {
        summary: "Compare what is under each case, then rename the right ones to the record's \
                  prefix while the store is closed."
            .into(),
        command: command::compare(facts.layout, std::iter::once(here).chain(there)),
        repair: None,
    }
}
