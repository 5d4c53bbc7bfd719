//! Answers of stores → totals of databases and of the fleet.

use std::{cmp::Ordering, collections::BTreeMap};

use bson::{Bson, Document, doc};

use super::{
    Grouping, Kind, NotMerged, Question,
    group::{Accumulator, helpers},
};
use crate::domain::{
    database::Database,
    keyset,
    order::{Class, Total, compare, compare_keys},
};

/// Most groups or values that are kept for totals.
const MOST: usize = 200_000;

/// The answers of all, and of each database.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// Of every store that was asked.
    pub fleet: Vec<Document>,
    /// Of each database, in order.
    pub databases: Vec<(Database, Vec<Document>)>,
}

/// Takes the answers of stores, one after the other.
#[derive(Debug)]
pub struct Merger {
    how: How,
    fleet: Groups,
    databases: BTreeMap<Database, Groups>,
    refused: Option<NotMerged>,
}

#[derive(Debug)]
enum How {
    /// There is nothing to merge.
    Not,
    Values,
    Groups(Grouping),
}

/// A value by the order of the server: numbers of different types are the same group.
#[derive(Debug, Clone)]
struct Key(Bson);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

type Groups = BTreeMap<Key, Group>;

/// One group, or one value.
#[derive(Debug, Clone)]
struct Group {
    /// As the first store gave it, with what others had to say.
    row: Document,
    /// What its sums and averages come from, for each field of the grouping.
    parts: Vec<Part>,
}

/// What one field goes on from: a sum of sums would lose what each of them was rounded by.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    total: Total,
    count: i64,
}

impl Merger {
    /// For the answers to this question.
    pub fn new(question: &Question) -> Self {
        let counted = Grouping {
            stages: Vec::new(),
            has_id: false,
            fields: vec![("count".into(), Accumulator::Sum)],
            sort: Document::new(),
            limit: None,
        };
        let (how, refused) = match &question.kind {
            Kind::Find => (How::Not, None),
            Kind::Count => (How::Groups(counted), None),
            Kind::Distinct(_) if question.query.collation.is_empty() => (How::Values, None),
            Kind::Distinct(_) => (
                How::Not,
                Some(
                    "under a collation, only the server can tell which values are the same".into(),
                ),
            ),
            Kind::Aggregate(pipeline) => {
                match Grouping::of(pipeline, !question.query.collation.is_empty()) {
                    Ok(grouping) => (How::Groups(grouping), None),
                    Err(reason) => (How::Not, Some(reason)),
                }
            }
        };
        Self { how, fleet: Groups::new(), databases: BTreeMap::new(), refused }
    }

    /// The pipeline to send instead of the person's own, where the totals need more.
    pub fn stages(&self) -> Option<&[Document]> {
        match &self.how {
            How::Groups(grouping) if !grouping.stages.is_empty() => Some(&grouping.stages),
            _ => None,
        }
    }

    /// Takes the whole answer of one store. Returns its rows as the person asked for them.
    pub fn add(&mut self, database: Database, rows: Vec<Document>) -> Vec<Document> {
        let How::Groups(grouping) = &self.how else {
            if matches!(self.how, How::Values) {
                for row in rows.iter().filter(|_| self.refused.is_none()) {
                    let Some(value) = row.get("value") else { continue };
                    for groups in [&mut self.fleet, self.databases.entry(database).or_default()] {
                        groups
                            .entry(Key(value.clone()))
                            .or_insert_with(|| Group { row: row.clone(), parts: Vec::new() });
                    }
                }
                self.bound();
            }
            return rows;
        };
        for row in rows.iter().filter(|_| self.refused.is_none()) {
            let key = Key(row.get("_id").cloned().unwrap_or(Bson::Null));
            for groups in [&mut self.fleet, self.databases.entry(database).or_default()] {
                match groups.get_mut(&key) {
                    Some(group) => grouping.merge(group, row),
                    None => drop(groups.insert(key.clone(), grouping.begin(row))),
                }
            }
        }
        let rows = if grouping.has_id {
            grouping.finish(rows.iter().map(|row| grouping.begin(row)))
        } else {
            rows
        };
        self.bound();
        rows
    }

    /// Gives the totals up, where there are some, unless they were given up before.
    pub(crate) fn refuse(&mut self, reason: &str) {
        if !matches!(self.how, How::Not) {
            self.refused.get_or_insert_with(|| reason.to_owned());
            self.fleet.clear();
            self.databases.clear();
        }
    }

    /// Gives the totals up where they would take too much memory.
    fn bound(&mut self) {
        if self.fleet.len() > MOST {
            self.refuse(&format!("there are more than {MOST} groups"));
        }
    }

    /// The totals, or why there are none. Nothing of both for what has none.
    ///
    /// # Errors
    ///
    /// Why the answers cannot be merged.
    pub fn finish(self) -> Result<Option<Totals>, NotMerged> {
        if let Some(reason) = self.refused {
            return Err(reason);
        }
        let finish = |groups: Groups| -> Vec<Document> {
            match &self.how {
                How::Groups(grouping) => {
                    let mut rows = grouping.finish(groups.into_values());
                    if rows.is_empty() && !grouping.has_id {
                        rows.extend(grouping.fields.iter().map(|(field, _)| doc! {field: 0}));
                    }
                    rows
                }
                How::Values | How::Not => groups.into_values().map(|group| group.row).collect(),
            }
        };
        if matches!(self.how, How::Not) {
            return Ok(None);
        }
        Ok(Some(Totals {
            fleet: finish(self.fleet),
            databases: self
                .databases
                .into_iter()
                .map(|(database, groups)| (database, finish(groups)))
                .collect(),
        }))
    }
}

impl Grouping {
    /// The group of the first store that has it.
    fn begin(&self, row: &Document) -> Group {
        let mut group = Group { row: row.clone(), parts: vec![Part::default(); self.fields.len()] };
        self.count(&mut group, row);
        group
    }

    /// Adds the group of another store to a group with the same key.
    fn merge(&self, group: &mut Group, other: &Document) {
        self.count(group, other);
        for (field, accumulator) in &self.fields {
            let (left, right) = (group.row.get(field).cloned(), other.get(field).cloned());
            let merged = match accumulator {
                Accumulator::Min => chosen(left, right, Ordering::Less),
                Accumulator::Max => chosen(left, right, Ordering::Greater),
                Accumulator::Set => united(left, right),
                Accumulator::Sum | Accumulator::Average => continue,
            };
            group.row.insert(field.clone(), merged);
        }
    }

    /// Adds what a store says to the sums and the counts.
    fn count(&self, group: &mut Group, row: &Document) {
        for ((field, accumulator), part) in self.fields.iter().zip(&mut group.parts) {
            let (sum_of, count_of) = helpers(field);
            let sum_of = if *accumulator == Accumulator::Average { &sum_of } else { field };
            if let Some(sum) = row.get(sum_of) {
                part.total.add(sum);
            }
            part.count += match row.get(&count_of) {
                Some(Bson::Int32(count)) => i64::from(*count),
                Some(Bson::Int64(count)) => *count,
                _ => 0,
            };
        }
    }

    /// Sums and averages computed, helpers gone, in the order and the number that was asked
    /// for.
    fn finish(&self, groups: impl Iterator<Item = Group>) -> Vec<Document> {
        let mut rows: Vec<Document> = groups.map(|group| self.row(group)).collect();
        if let Ok(Some(keys)) = keyset::keys(&self.sort)
            && !keys.is_empty()
        {
            let key = |row: &Document| {
                let raw = bson::RawDocumentBuf::try_from(row).unwrap_or_default();
                crate::domain::order::key_of(&raw, &keys)
            };
            let mut keyed: Vec<(Vec<Bson>, Document)> =
                rows.into_iter().map(|row| (key(&row), row)).collect();
            keyed.sort_by(|(left, _), (right, _)| compare_keys(&keys, left, right));
            rows = keyed.into_iter().map(|(_, row)| row).collect();
        }
        if let Some(limit) = self.limit {
            rows.truncate(limit);
        }
        rows
    }

    fn row(&self, Group { mut row, parts }: Group) -> Document {
        for ((field, accumulator), part) in self.fields.iter().zip(parts) {
            let value = match accumulator {
                Accumulator::Sum => part.total.value(),
                Accumulator::Average => {
                    let (sum_of, count_of) = helpers(field);
                    row.remove(&sum_of);
                    row.remove(&count_of);
                    part.total.mean(part.count).unwrap_or(Bson::Null)
                }
                Accumulator::Min | Accumulator::Max | Accumulator::Set => continue,
            };
            row.insert(field.clone(), value);
        }
        row
    }
}

/// The lower or the higher one; null and what is missing do not count.
fn chosen(left: Option<Bson>, right: Option<Bson>, wanted: Ordering) -> Bson {
    let counts = |value: &Bson| Class::of(value) > Class::Null || Class::of(value) == Class::MinKey;
    match (left.filter(counts), right.filter(counts)) {
        (Some(left), Some(right)) => {
            if compare(&right, &left) == wanted {
                right
            } else {
                left
            }
        }
        (left, right) => left.or(right).unwrap_or(Bson::Null),
    }
}

fn united(left: Option<Bson>, right: Option<Bson>) -> Bson {
    let items = [left, right].into_iter().flatten().filter_map(|set| match set {
        Bson::Array(items) => Some(items),
        _ => None,
    });
    let mut set: Vec<Key> = items.flatten().map(Key).collect();
    set.sort();
    set.dedup();
    Bson::Array(set.into_iter().map(|key| key.0).collect())
}
