//! `unique-index-missing`: nothing on the server stops a second record with the same value.

use bson::doc;

use super::{
    Explanation, command,
    facts::{Facts, Groups},
    words,
};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Repair, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "the registry has no unique index on storeId or prefix",
    meaning: "Two creators at the same time can make two records with one storeId or prefix. \
              Such stores then share requests or collections.",
    cause: "The backend checks before it inserts, and nobody made the index. It cannot be made \
            while duplicates are there.",
    remedy: "Remove the duplicates if there are any, then let tilldeck make the index.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Ok(indexes) = &facts.inventory.registry_indexes else { return Vec::new() };
    let names = &facts.layout.registry;
    let fields = [(&names.store_id, &facts.store_ids), (&names.prefix, &facts.prefixes)];
    let open = fields
        .into_iter()
        .filter(|(field, _)| !indexes.iter().any(|index| index.is_unique_on(field)));
    open.map(|(field, groups)| found(facts, field, groups)).collect()
}

fn found(facts: &Facts<'_>, field: &str, groups: &Groups<'_>) -> Finding {
    let duplicates: Vec<_> =
        groups.iter().filter(|(_, stores)| stores.len() > 1).map(|(value, _)| *value).collect();
    let total = facts.inventory.registry.stores.len();
    // The server takes records without the field for equal ones.
    let without = total - groups.values().map(Vec::len).sum::<usize>();
    let place =
        format!("`{}` of `{}`", facts.layout.registry.collection, facts.name_of(Database::Main));
    let is_free = duplicates.is_empty() && without < 2 && facts.is_live;
    let obstacle = match (duplicates.as_slice(), without) {
        ([], 0 | 1) => String::new(),
        ([], _) => format!("; {without} records without a usable {field} are in its way"),
        (values, _) => format!(
            "; {} with several records {} in its way: {}",
            words::counted(values.len(), "value"),
            if values.len() == 1 { "is" } else { "are" },
            words::listed(values)
        ),
    };
    Finding {
        database: Some(Database::Main),
        message: format!("{place} has no unique index on {field}{obstacle}"),
        evidence: doc! {
            "field": field,
            "duplicates": duplicates,
            "records_without_value": words::number(without),
        },
        fix: Some(way_out(facts, field, is_free)),
        ..Facts::finding(Rule::UniqueIndexMissing)
    }
}

fn way_out(facts: &Facts<'_>, field: &str, is_free: bool) -> Fix {
    if is_free {
        return Fix {
            summary: format!("Make a unique index on {field}."),
            command: command::fix(Rule::UniqueIndexMissing),
            repair: Some(Repair::CreateUniqueIndex { field: field.into() }),
        };
    }
    let names = &facts.layout.registry;
    let registry = command::collection(facts.layout, Database::Main, &names.collection);
    let path = command::js(&format!("${field}"));
    Fix {
        summary: "Find the records that share a value and set them right, then make the index."
            .into(),
        command: command::mongosh(&format!(
            "{registry}.aggregate([{{$group: {{_id: {path}, records: {{$push: \"$_id\"}}, \
             n: {{$sum: 1}}}}}}, {{$match: {{n: {{$gt: 1}}}}}}])\
             .forEach(r => print(EJSON.stringify(r)))"
        )),
        repair: None,
    }
}
