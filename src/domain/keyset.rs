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

use super::{
    failure::{Failure, FailureKind},
    order::{Class, SortKey, compare_keys, key_of},
};

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
    /// The sort, with `_id` as its last key.
    pub fn by_id(mut keys: Vec<SortKey>) -> Self {
        if keys.last().is_none_or(|key| key.path != "_id") {
            let ascending = keys.last().is_none_or(|key| key.ascending);
            keys.push(SortKey { path: "_id".into(), ascending });
        }
        Self { keys, ties: Ties::Id }
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
            // What has a place before: an array may have elements in several of these.
            let mut before = up_to(&key.path, value, upwards, true);
            for beyond in beyond(&key.path, value, upwards) {
                let mut parts = self.equals(mark, last, way);
                parts.push(beyond.clone());
                if key.path != "_id" {
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

    /// That the first `n` keys have the values of the mark.
    fn equals(&self, mark: &Mark, n: usize, way: Way) -> Vec<Document> {
        let mut parts = Vec::new();
        for (key, value) in self.keys.iter().zip(&mark.values).take(n) {
            parts.push(equal(&key.path, value));
            let upwards = key.ascending == (way == Way::Forwards);
            let before = up_to(&key.path, value, upwards, false);
            // An array has the value that it sorts by, and none that would come earlier.
            if key.path != "_id" && !before.is_empty() {
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

/// That a field has this value, or is an array with it.
fn equal(path: &str, value: &Bson) -> Document {
    match value {
        Bson::Undefined => any_of(undefined(path)),
        Bson::Null => any_of(null(path)),
        Bson::Array(_) => doc! {path: {"$elemMatch": {"$eq": value.clone()}}},
        value => doc! {path: {"$eq": value.clone()}},
    }
}

fn undefined(path: &str) -> Vec<Document> {
    // That it equals an empty array also holds for an array with one in it.
    vec![doc! {path: {"$type": "undefined"}}, doc! {path: {"$eq": [], "$size": 0}}]
}

/// What sorts as null: null itself, what is missing, and on the way of a path the elements of
/// an array that are no documents, or an array without any.
fn null(path: &str) -> Vec<Document> {
    let is_index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    if path.split('.').skip(1).any(is_index) {
        // That it is null also holds where another element of the array lacks such a field.
        return vec![doc! {path: {"$type": "null"}}, doc! {path: {"$exists": false}}];
    }
    // Servers before 8.0 take undefined for null.
    let is_no_other =
        any_of(vec![doc! {path: {"$not": {"$type": "undefined"}}}, doc! {path: {"$type": "null"}}]);
    let mut filters = vec![doc! {"$and": [{path: {"$eq": Bson::Null}}, is_no_other]}];
    for before in path.match_indices('.').filter_map(|(at, _)| path.get(..at)) {
        filters.push(doc! {before: {"$eq": [], "$size": 0}});
        filters.push(doc! {before: {"$elemMatch": {"$not": {"$type": "object"}}}});
    }
    filters
}

/// A comparison with a regular expression, which a filter takes for a search.
fn compare_regex(path: &str, operator: &str, value: &Bson) -> Document {
    let path = format!("${path}");
    doc! {"$expr": {"$anyElementTrue": {"$map": {
        "input": {"$cond": [{"$isArray": &path}, &path, [&path]]},
        "in": {"$and": [
            {"$eq": [{"$type": "$$this"}, "regex"]},
            {operator: ["$$this", {"$literal": value.clone()}]},
        ]},
    }}}}
}

fn any_of(mut parts: Vec<Document>) -> Document {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        doc! {"$or": parts}
    }
}

/// What comes strictly after the value: filters in their order, each served by one range.
fn beyond(path: &str, value: &Bson, upwards: bool) -> Vec<Document> {
    let class = Class::of(value);
    let is_nan = is_nan(value);
    let operator = if upwards { "$gt" } else { "$lt" };
    let mut filters = match class {
        Class::MinKey | Class::Undefined | Class::Null | Class::MaxKey => vec![],
        Class::Number if is_nan && upwards => {
            vec![doc! {path: {"$gte": f64::NEG_INFINITY}}]
        }
        Class::Number if is_nan => vec![],
        // The server compares nothing with not-a-number, which sorts below all numbers.
        Class::Number if !upwards => {
            vec![doc! {path: {"$lt": value.clone()}}, doc! {path: f64::NAN}]
        }
        Class::Regex => vec![compare_regex(path, operator, value)],
        Class::Array => vec![doc! {path: {"$elemMatch": {operator: value.clone()}}}],
        _ => vec![doc! {path: {operator: value.clone()}}],
    };
    let mut others: Vec<Class> = Class::ALL
        .into_iter()
        .filter(|other| if upwards { *other > class } else { *other < class })
        .collect();
    if !upwards {
        others.reverse();
    }
    // A server that merges ranges of an index takes undefined and null for the same.
    let is_nothing = |class: &Class| matches!(class, Class::Undefined | Class::Null);
    let runs = others.chunk_by(|left, right| !is_nothing(left) && !is_nothing(right));
    filters.extend(runs.map(|run| any_of(of_classes(path, run))));
    filters
}

/// What comes before the value, or with `inclusive` also the value itself: one of these holds
/// for an element of an array that has no place after it.
fn up_to(path: &str, value: &Bson, upwards: bool, inclusive: bool) -> Vec<Document> {
    let class = Class::of(value);
    let operator = if upwards { "$lt" } else { "$gt" };
    let mut filters = match class {
        Class::MinKey | Class::Undefined | Class::Null | Class::MaxKey => vec![],
        Class::Regex => vec![compare_regex(path, operator, value)],
        Class::Number if is_nan(value) && upwards => vec![],
        Class::Number if is_nan(value) => vec![doc! {path: {"$gte": f64::NEG_INFINITY}}],
        Class::Number if upwards => {
            vec![doc! {path: {"$lt": value.clone()}}, doc! {path: f64::NAN}]
        }
        Class::Array => vec![doc! {path: {"$elemMatch": {operator: value.clone()}}}],
        _ => vec![doc! {path: {operator: value.clone()}}],
    };
    if inclusive {
        filters.push(equal(path, value));
    }
    let others: Vec<Class> = Class::ALL
        .into_iter()
        .filter(|other| if upwards { *other < class } else { *other > class })
        .collect();
    filters.extend(of_classes(path, &others));
    filters
}

fn is_nan(value: &Bson) -> bool {
    match value {
        Bson::Double(number) => number.is_nan(),
        Bson::Decimal128(decimal) => decimal.to_string() == "NaN",
        _ => false,
    }
}

/// That a field is of one of these classes.
fn of_classes(path: &str, classes: &[Class]) -> Vec<Document> {
    let mut names: Vec<&str> = Vec::new();
    let mut filters = Vec::new();
    for class in classes {
        match class {
            Class::Undefined => filters.extend(undefined(path)),
            Class::Null => filters.extend(null(path)),
            // No `_id` is one, and no index has a range for it.
            Class::Array if path == "_id" => {}
            Class::Array => filters.push(doc! {path: {"$elemMatch": {"$type": "array"}}}),
            Class::MinKey => names.push("minKey"),
            Class::Number => names.push("number"),
            Class::Text => names.extend(["string", "symbol"]),
            Class::Document => names.push("object"),
            Class::Binary => names.push("binData"),
            Class::ObjectId => names.push("objectId"),
            Class::Boolean => names.push("bool"),
            Class::Date => names.push("date"),
            Class::Timestamp => names.push("timestamp"),
            Class::Regex => names.push("regex"),
            Class::DbPointer => names.push("dbPointer"),
            Class::Code => names.push("javascript"),
            Class::CodeWithScope => names.push("javascriptWithScope"),
            Class::MaxKey => names.push("maxKey"),
        }
    }
    if !names.is_empty() {
        filters.insert(0, doc! {path: {"$type": names}});
    }
    filters
}
