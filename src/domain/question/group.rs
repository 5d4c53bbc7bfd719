//! Which aggregations can be answered for several stores as one, and how.
//!
//! The groups of two stores are the groups of both together where everything before the
//! `$group` works on each document alone, and where each accumulator can go on from its own
//! results. An average cannot: it is computed from its sum and its count, which are asked for
//! beside it.

use bson::{Bson, Document, doc};

/// Stages that work on each document alone.
const ALONE: [&str; 13] = [
    "$match",
    "$project",
    "$addFields",
    "$set",
    "$unset",
    "$unwind",
    "$replaceRoot",
    "$replaceWith",
    "$redact",
    "$sort",
    "$lookup",
    "$graphLookup",
    "$geoNear",
];

/// Why an aggregation has no totals, in words.
pub type NotMerged = String;

/// What an accumulator does with the results of two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accumulator {
    Sum,
    Min,
    Max,
    Set,
    /// Of the sum and the count that stand beside it.
    Average,
}

/// An aggregation whose groups can be merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The stages that are sent: without what only works on the merged result, and with what
    /// averages are computed from.
    pub stages: Vec<Document>,
    /// Whether the groups have an `_id`; a `$count` has none.
    pub(super) has_id: bool,
    pub(super) fields: Vec<(String, Accumulator)>,
    /// The order and the number of the merged groups.
    pub(super) sort: Document,
    pub(super) limit: Option<usize>,
}

/// The names of the sum and the count of an average.
pub(super) fn helpers(field: &str) -> (String, String) {
    (format!("__tilldeck_sum_{field}"), format!("__tilldeck_n_{field}"))
}

impl Grouping {
    /// Takes the pipeline apart.
    ///
    /// # Errors
    ///
    /// Why its results cannot be merged, as the end of the sentence "there are no totals: …".
    pub fn of(pipeline: &[Document], has_collation: bool) -> Result<Self, NotMerged> {
        if has_collation {
            return Err(
                "under a collation, only the server can tell which groups are the same".into()
            );
        }
        let name = |stage: &Document| stage.keys().next().cloned().unwrap_or_default();
        let is_group = |stage: &&Document| {
            matches!(name(stage).as_str(), "$group" | "$count" | "$sortByCount")
        };
        let at = pipeline.iter().position(|stage| is_group(&stage));
        let Some(at) = at else {
            return Err("no `$group`, `$count` or `$sortByCount` ends the pipeline".into());
        };
        let (before, rest) = pipeline.split_at(at);
        if let Some(stage) = before.iter().map(name).find(|name| !ALONE.contains(&name.as_str())) {
            return Err(format!(
                "`{stage}` before the groups chooses among the documents of one store, not of all"
            ));
        }
        let (Some(group), after) = (rest.first(), rest.get(1..).unwrap_or_default()) else {
            return Err("no `$group` ends the pipeline".into());
        };
        let mut grouping = Self::of_stage(group)?;
        for stage in after {
            match (name(stage).as_str(), stage.values().next()) {
                ("$sort", Some(Bson::Document(sort))) if grouping.limit.is_none() => {
                    grouping.sort = sort.clone();
                }
                ("$limit", Some(limit))
                    if !grouping.sort.is_empty() && grouping.limit.is_none() =>
                {
                    let limit = limit.as_i64().or_else(|| limit.as_i32().map(i64::from));
                    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
                    grouping.limit = Some(limit.ok_or("`$limit` takes a whole number")?);
                }
                (name, _) => {
                    return Err(format!(
                        "`{name}` after the groups works on the groups of each store, not of all"
                    ));
                }
            }
        }
        grouping.stages = before.iter().cloned().chain([grouping.stages.remove(0)]).collect();
        Ok(grouping)
    }

    fn of_stage(stage: &Document) -> Result<Self, NotMerged> {
        let mut grouping = Self {
            stages: vec![stage.clone()],
            has_id: true,
            fields: Vec::new(),
            sort: Document::new(),
            limit: None,
        };
        match stage.iter().next() {
            Some((name, Bson::String(field))) if name == "$count" => {
                grouping.has_id = false;
                grouping.fields.push((field.clone(), Accumulator::Sum));
            }
            Some((name, _)) if name == "$sortByCount" => {
                grouping.fields.push(("count".into(), Accumulator::Sum));
                grouping.sort = doc! {"count": -1};
            }
            Some((name, Bson::Document(group))) if name == "$group" => {
                let mut sent = group.clone();
                for (field, accumulator) in group.iter().filter(|(field, _)| *field != "_id") {
                    let kind = kind_of(field, accumulator)?;
                    grouping.fields.push((field.clone(), kind));
                    if kind == Accumulator::Average {
                        let (sum, count) = helpers(field);
                        let of = accumulator.as_document().and_then(|one| one.get("$avg"));
                        let of = of.cloned().unwrap_or(Bson::Null);
                        sent.insert(sum, doc! {"$sum": of.clone()});
                        sent.insert(count, doc! {"$sum": {"$cond": [{"$isNumber": of}, 1, 0]}});
                    }
                }
                grouping.stages = vec![doc! {"$group": sent}];
            }
            _ => {
                return Err(
                    "the group is not written as `{$group: {_id: ..., n: {$sum: 1}}}`".into()
                );
            }
        }
        Ok(grouping)
    }
}

fn kind_of(field: &str, accumulator: &Bson) -> Result<Accumulator, NotMerged> {
    let name = accumulator.as_document().and_then(|one| one.keys().next()).map(String::as_str);
    match name {
        Some("$sum" | "$count") => Ok(Accumulator::Sum),
        Some("$min") => Ok(Accumulator::Min),
        Some("$max") => Ok(Accumulator::Max),
        Some("$addToSet") => Ok(Accumulator::Set),
        Some("$avg") => Ok(Accumulator::Average),
        Some(
            name @ ("$first" | "$last" | "$push" | "$firstN" | "$lastN" | "$top" | "$bottom"
            | "$topN" | "$bottomN" | "$mergeObjects"),
        ) => Err(format!(
            "`{name}` of `{field}` goes by an order that several stores do not have together"
        )),
        Some(name) => {
            Err(format!("`{name}` of `{field}` cannot go on from the results of single stores"))
        }
        None => Err(format!("`{field}` is no accumulator")),
    }
}
