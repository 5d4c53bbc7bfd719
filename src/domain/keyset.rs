//! Pages by key: where a page ended, and the filters that read on from there.
//!
//! A page never costs what lies before it. What comes after a document is asked for in a few
//! *segments*, each a range of one index: first what has the same leading values and a
//! greater last one, then what has a greater value further left. A comparison in a filter
//! only meets values of the same class ("5 is not less than a text"), so each segment has a
//! second one for the classes that sort above.
//!
//! ```text
//! sort {total: -1, _id: 1}, after {total: 7, _id: X}
//!   total = 7,  _id > X
//!   total = 7,  _id of a class above X's
//!   total < 7
//!   total of a class below numbers (missing, null)
//! ```

use bson::{Bson, Document, RawDocument, doc};

use self::ranges::Field;
use super::{
    failure::{Failure, FailureKind},
    order::{SortKey, compare_keys, key_of},
};

mod ranges;
#[cfg(test)]
mod tests;

/// How many documents are asked for by name at once.
const NAMES: usize = 100;

/// Most documents that may share one sort value where `_id` does not tell them apart.
pub const MOST_TIES: usize = 5_000;

/// What tells documents apart that have the same sort values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// `_id` is the last key, and nothing is equal.
    Id,
    /// An index serves the sort, but without `_id`: those that were seen are left out by name.
    Seen,
    /// `_id` may repeat, as in a view: those that were seen are told by all that is in them.
    Content,
}

/// The order of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The keys, the most significant first; not empty.
    pub keys: Vec<SortKey>,
    /// What tells equal ones apart.
    pub ties: Ties,
    /// Whether a document may have an array on the way to a key; unknown counts as yes. Where
    /// it may, the end of the pages is certain only when every document was looked at: no
    /// index has a range for arrays in arrays.
    pub arrays: bool,
}

/// A place between two documents, beside one with these values.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The document's value for each key.
    pub values: Vec<Bson>,
    /// Those with these values that lie on the side that was read, in the order of the sort:
    /// their `_id` ([`Ties::Seen`]), or what tells their content ([`Ties::Content`]).
    pub seen: Vec<Bson>,
    /// The way in which they were read: forwards, they lie before the place, and backwards,
    /// after it.
    pub read: Way,
}

/// Which way the pages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the order of the sort.
    Forwards,
    /// Against it; the caller turns the documents around.
    Backwards,
}

/// A part of what is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The filter, to be put beside the person's own.
    pub filter: Document,
    /// Which of the documents are meant.
    pub pick: Pick,
}

/// Which documents of a segment are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// All; they come after the place.
    Beyond,
    /// Those with the values of the mark, but for these.
    Except(Vec<Bson>),
    /// Of those with the values of the mark these, in this order.
    Only(Vec<Bson>),
}

/// The keys of a sort document: each field `1` or `-1`.
///
/// # Errors
///
/// `usage` for any other value. `None` for a sort that pages cannot follow: `$natural`, or
/// by a computed score.
pub fn keys(sort: &Document) -> Result<Option<Vec<SortKey>>, Failure> {
    let mut keys = Vec::new();
    for (path, direction) in sort {
        if path == "$natural" || matches!(direction, Bson::Document(_)) {
            return Ok(None);
        }
        let ascending = match direction {
            Bson::Int32(1) | Bson::Int64(1) => true,
            Bson::Int32(-1) | Bson::Int64(-1) => false,
            Bson::Double(number) if number.abs().total_cmp(&1.0).is_eq() => *number > 0.0,
            _ => {
                return Err(Failure::new(
                    FailureKind::Usage,
                    &format!("the sort of `{path}` is neither 1 nor -1"),
                    "Write the sort as `{total: -1}`: 1 for the lowest first, -1 for the highest first",
                ));
            }
        };
        keys.push(SortKey { path: path.clone(), ascending });
        if path == "_id" {
            // Nothing that follows can make a difference.
            break;
        }
    }
    Ok(Some(keys))
}

impl Order {
    /// The sort, with `_id` as its last key. Of the others, nothing is known.
    pub fn by_id(mut keys: Vec<SortKey>) -> Self {
        if keys.last().is_none_or(|key| key.path != "_id") {
            let ascending = keys.last().is_none_or(|key| key.ascending);
            keys.push(SortKey { path: "_id".into(), ascending });
        }
        let arrays = keys.iter().any(|key| key.path != "_id");
        Self { keys, ties: Ties::Id, arrays }
    }

    /// Whether it is the order of pages by this sort; of no sort at all, any order is.
    ///
    /// # Errors
    ///
    /// As [`keys`].
    pub fn is_of(&self, sort: &Document) -> Result<bool, Failure> {
        if sort.is_empty() {
            return Ok(true);
        }
        let is_same = |keys: Vec<SortKey>| self.keys == keys || self.keys == Self::by_id(keys).keys;
        Ok(keys(sort)?.is_some_and(is_same))
    }

    /// The sort document for a way.
    pub fn sort(&self, way: Way) -> Document {
        let direction =
            |key: &SortKey| if key.ascending == (way == Way::Forwards) { 1 } else { -1 };
        self.keys.iter().map(|key| (key.path.clone(), Bson::Int32(direction(key)))).collect()
    }

    /// The values that the document has for the keys.
    pub fn key_of(&self, document: &RawDocument) -> Vec<Bson> {
        key_of(document, &self.keys)
    }

    /// Whether two documents have the same place in this order.
    pub fn is_same(&self, left: &[Bson], right: &[Bson]) -> bool {
        compare_keys(&self.keys, left, right).is_eq()
    }

    /// The segments after a mark, in the order in which they are to be read.
    ///
    /// # Errors
    ///
    /// `usage` when too many documents share the values of the mark.
    pub fn segments(&self, mark: &Mark, way: Way) -> Result<Vec<Segment>, Failure> {
        let mut segments = match self.ties {
            Ties::Id => vec![],
            Ties::Seen | Ties::Content => self.ties(mark, way)?,
        };
        for last in (0..self.keys.len()).rev() {
            let (Some(key), Some(value)) = (self.keys.get(last), mark.values.get(last)) else {
                continue;
            };
            let upwards = key.ascending == (way == Way::Forwards);
            let field = self.field(key);
            // What has a place before: an array may have elements in several of these.
            let mut before = field.up_to(value, upwards, true);
            for beyond in field.beyond(value, upwards) {
                let mut parts = self.equals(mark, last, way);
                parts.push(beyond.clone());
                if field.arrays {
                    parts.push(doc! {"$nor": before.clone()});
                }
                before.push(beyond);
                segments.push(Segment { filter: all_of(parts), pick: Pick::Beyond });
            }
        }
        Ok(segments)
    }

    /// What has the values of the mark and is still to come: all but those that were read on
    /// the way to the place, or, when it turns around, just those, and the other way round.
    fn ties(&self, mark: &Mark, way: Way) -> Result<Vec<Segment>, Failure> {
        if mark.seen.len() > MOST_TIES {
            return Err(too_many_ties(&self.keys));
        }
        let equals = self.equals(mark, self.keys.len(), way);
        let with = |more: Option<Document>| all_of(equals.iter().cloned().chain(more).collect());
        if way == mark.read {
            let filter = match self.ties {
                Ties::Content => with(None),
                Ties::Id | Ties::Seen => with(Some(doc! {"_id": {"$nin": mark.seen.clone()}})),
            };
            return Ok(vec![Segment { filter, pick: Pick::Except(mark.seen.clone()) }]);
        }
        let mut seen = mark.seen.clone();
        if way == Way::Backwards {
            seen.reverse();
        }
        if self.ties == Ties::Content {
            let segment = Segment { filter: with(None), pick: Pick::Only(seen) };
            return Ok(if mark.seen.is_empty() { vec![] } else { vec![segment] });
        }
        let named = |ids: &[Bson]| Segment {
            filter: with(Some(doc! {"_id": {"$in": ids}})),
            pick: Pick::Only(ids.to_vec()),
        };
        Ok(seen.chunks(NAMES).map(named).collect())
    }

    fn field<'a>(&self, key: &'a SortKey) -> Field<'a> {
        // Only what a view calls `_id` may be an array.
        let is_id = key.path == "_id" && self.ties != Ties::Content;
        Field { path: &key.path, arrays: self.arrays && !is_id }
    }

    /// That the first `n` keys have the values of the mark.
    fn equals(&self, mark: &Mark, n: usize, way: Way) -> Vec<Document> {
        let mut parts = Vec::new();
        for (key, value) in self.keys.iter().zip(&mark.values).take(n) {
            let field = self.field(key);
            parts.push(field.equal(value));
            let upwards = key.ascending == (way == Way::Forwards);
            let before = field.up_to(value, upwards, false);
            // An array has the value that it sorts by, and none that would come earlier.
            if field.arrays && !before.is_empty() {
                parts.push(doc! {"$nor": before});
            }
        }
        parts
    }
}

impl Mark {
    /// The place beside the document with these values, which no other one has.
    pub const fn at(values: Vec<Bson>) -> Self {
        Self { values, seen: Vec::new(), read: Way::Forwards }
    }

    /// The place beyond one of those that were seen, for whoever has turned around: the `n`th
    /// of this name, counted from 0.
    #[must_use]
    pub fn beyond(&self, name: Option<&Bson>, n: usize, way: Way) -> Self {
        let mut places =
            self.seen.iter().enumerate().filter(|(_, one)| Some(*one) == name).map(|(at, _)| at);
        let at = if way == Way::Forwards { places.nth(n) } else { places.rev().nth(n) };
        let left = match (at, way) {
            (None, _) => &[],
            (Some(at), Way::Forwards) => self.seen.get(at + 1..).unwrap_or_default(),
            (Some(at), Way::Backwards) => self.seen.get(..at).unwrap_or_default(),
        };
        Self { seen: left.to_vec(), ..self.clone() }
    }
}

impl Way {
    /// The name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forwards => "forwards",
            Self::Backwards => "backwards",
        }
    }
}

fn all_of(parts: Vec<Document>) -> Document {
    match <[Document; 1]>::try_from(parts) {
        Ok([one]) => one,
        Err(parts) => doc! {"$and": parts},
    }
}

fn too_many_ties(keys: &[SortKey]) -> Failure {
    let paths: Vec<&str> = keys.iter().map(|key| key.path.as_str()).collect();
    let paths = paths.join("`, `");
    Failure::new(
        FailureKind::Usage,
        &format!(
            "more than {MOST_TIES} documents have the same `{paths}`, and no index has `_id` after it"
        ),
        "Add `_id: 1` to the sort, or filter further",
    )
}
