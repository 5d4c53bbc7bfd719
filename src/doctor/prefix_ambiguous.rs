//! `prefix-ambiguous`: one prefix begins another.

use bson::doc;

use super::{Explanation, command, facts::Facts, words};
use crate::domain::{
    finding::{Finding, Fix, Rule},
    ownership::collection_name,
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "one store's prefix begins another's",
    meaning: "Whatever selects a store's collections by how their names begin takes the other \
              store's as well: a backup, a clean-up, a report. Where a type has an underscore, \
              one name can even stand for both.",
    cause: "Prefixes such as `acme` and `acme_north`, which nothing forbids.",
    remedy: "Select collections by their exact names: prefix, underscore, type. Choose prefixes \
             without an underscore for new stores. Rename only where one name is read two ways.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (longer, stores) in &facts.prefixes {
        // Only the beginnings that end before an underscore: as many look-ups as there are.
        for (at, _) in longer.match_indices('_') {
            let Some((shorter, rest)) = longer.split_at_checked(at) else { continue };
            if rest.len() > 1
                && let Some(others) = facts.prefixes.get(shorter)
            {
                findings.extend(found(facts, (shorter, others), (longer, stores)));
            }
        }
    }
    findings
}

fn found(
    facts: &Facts<'_>,
    (shorter, stores): (&str, &[&Store]),
    (longer, others): (&str, &[&Store]),
) -> Option<Finding> {
    let (store, other) = (stores.first()?, others.first()?);
    let twice = read_two_ways(facts, shorter, longer);
    let effect = match twice.as_slice() {
        [] => format!("a pattern such as `^{shorter}_` takes the collections of both"),
        names => format!("{} can be read as either's", words::listed(names)),
    };
    let evidence = doc! {
        "prefix": shorter,
        "other_prefix": longer,
        "other_store_id": words::text(other.store_id.as_deref()),
        "other_record": other.record.as_str(),
        "read_two_ways": twice,
    };
    Some(Finding {
        message: format!(
            "the prefix `{shorter}` of {} begins the prefix `{longer}` of {}: {effect}",
            words::called_apart(store),
            words::called_apart(other)
        ),
        evidence,
        fix: Some(Fix {
            summary: "Select collections by their exact names only, as this command does.".into(),
            command: command::about("collections", store)
                .unwrap_or_else(|| "tilldeck stores".into()),
            repair: None,
        }),
        ..facts.about(Rule::PrefixAmbiguous, store)
    })
}

/// Names that are a collection of both prefixes, each with another type.
fn read_two_ways(facts: &Facts<'_>, shorter: &str, longer: &str) -> Vec<String> {
    let types = &facts.layout.collection_types;
    let is_of_shorter = |name: &String| {
        let kind = name.strip_prefix(shorter).and_then(|rest| rest.strip_prefix('_'));
        types.iter().any(|one| Some(one.as_str()) == kind)
    };
    types.iter().map(|one| collection_name(longer, one)).filter(is_of_shorter).collect()
}
