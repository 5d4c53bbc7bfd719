//! `store-split`: one store has data in two databases.

use std::collections::BTreeMap;

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Lodging, Subject, Verdict},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "one store has data in two databases",
    meaning: "The backend reads and writes only the database that the record names. What is in \
              the other one is invisible to the store: orders look lost, and counts are wrong.",
    cause: "A write with another databaseId: it was changed by hand, a move stopped half-way, \
            or an old process still has the former value in its cache. MongoDB makes a missing \
            collection on the first write, so nothing failed.",
    remedy: "Stop what writes to the wrong place: restart every backend process. Compare both \
             places. Drop the copies that are empty. Where both have documents, take a dump of \
             both, copy what the store's own database lacks by `_id`, compare again, then drop \
             the others. Where a shard has a URI of its own, use that one (`tilldeck uris`).",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let split = |subject: &Subject<'_>| {
        let lodging = subject.lodging_with(|verdict| verdict == Verdict::Split)?;
        Some(found(facts, subject, lodging))
    };
    facts.subjects.iter().filter_map(split).collect()
}

fn found(facts: &Facts<'_>, subject: &Subject<'_>, lodging: &Lodging<'_>) -> Finding {
    let home = facts.name_of(lodging.home);
    let contents = |(database, names): (&Database, &Vec<&str>)| {
        let names = names.iter().copied();
        format!("{} in `{}`", words::contents(facts, *database, names), facts.name_of(*database))
    };
    let others = words::told(lodging.elsewhere.iter().map(contents).collect());
    let is_twice =
        |name: &&&str| lodging.elsewhere.values().flatten().any(|other| *other == **name);
    let twice: Vec<&str> = lodging.here.iter().filter(is_twice).copied().collect();
    let data = match (lodging.here.as_slice(), twice.as_slice()) {
        ([], _) => format!("has nothing in `{home}`, where its record points, but {others}"),
        (here, []) => {
            let here = words::counted(here.len(), "collection");
            format!("has {here} in `{home}`, where its record points, and {others}")
        }
        (_, twice) => {
            let here = words::contents(facts, lodging.home, twice.iter().copied());
            format!("has {here} in `{home}`, where its record points, and {others}")
        }
    };
    let places = lodging.elsewhere.iter();
    let elsewhere: Vec<_> =
        places.map(|(at, names)| words::place(facts, *at, names.iter().copied())).collect();
    Finding {
        message: format!("{} {data}", words::called(subject.store)),
        evidence: doc! {
            "home": words::place(facts, lodging.home, lodging.here.iter().copied()),
            "elsewhere": elsewhere,
            "missing": lodging.nowhere(),
        },
        fix: Some(way_out(facts, lodging)),
        ..facts.about(Rule::StoreSplit, subject.store)
    }
}

fn way_out(facts: &Facts<'_>, lodging: &Lodging<'_>) -> Fix {
    let count = |(database, name)| facts.inventory.documents_in(database, name);
    let others = || each(&lodging.elsewhere);
    let one = lodging.elsewhere.first_key_value().filter(|_| lodging.elsewhere.len() == 1);
    if let Some((database, names)) = one
        && !lodging.here.is_empty()
        && others().all(|place| count(place) == Some(0))
    {
        return Fix {
            summary: "Restart the backend, then drop the empty copies.".into(),
            command: command::drop_empty(facts.layout, *database, names.iter().copied()),
            repair: None,
        };
    }
    let places = std::iter::once((lodging.home, lodging.here.clone()));
    let places = places.chain(lodging.elsewhere.clone());
    Fix {
        summary: "Stop the writers of this store, compare both places, bring the documents \
                  together in one, then drop the other."
            .into(),
        command: command::compare(facts.layout, places),
        repair: None,
    }
}

fn each<'m, 'a>(
    places: &'m BTreeMap<Database, Vec<&'a str>>,
) -> impl Iterator<Item = (Database, &'a str)> + use<'m, 'a> {
    places.iter().flat_map(|(database, names)| names.iter().map(|name| (*database, *name)))
}
