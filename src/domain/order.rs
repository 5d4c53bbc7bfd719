//! The order in which a server sorts values of any type, and the key that it sorts a document
//! by: needed to merge sorted streams, and to know where a page ended.
//!
//! Source: the comparison order of BSON types in the MongoDB manual.

use std::cmp::Ordering;

use bson::{Bson, Document, RawArray, RawBsonRef, RawDocument};

mod decimal;
#[cfg(test)]
mod tests;
mod total;

pub(crate) use self::total::Total;

/// The types that sort together, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Below everything.
    MinKey,
    /// What an empty array sorts as, too.
    Undefined,
    /// Null, and what is missing.
    Null,
    /// Numbers of every type.
    Number,
    /// Text and symbols.
    Text,
    /// Documents.
    Document,
    /// Arrays inside arrays; an array itself sorts by one of its elements.
    Array,
    /// Binary data.
    Binary,
    /// Object ids.
    ObjectId,
    /// False before true.
    Boolean,
    /// Dates.
    Date,
    /// Timestamps.
    Timestamp,
    /// Regular expressions.
    Regex,
    /// Pointers of old data.
    DbPointer,
    /// JavaScript.
    Code,
    /// JavaScript with a scope.
    CodeWithScope,
    /// Above everything.
    MaxKey,
}

impl Class {
    /// Every class, lowest first.
    pub const ALL: [Self; 17] = [
        Self::MinKey,
        Self::Undefined,
        Self::Null,
        Self::Number,
        Self::Text,
        Self::Document,
        Self::Array,
        Self::Binary,
        Self::ObjectId,
        Self::Boolean,
        Self::Date,
        Self::Timestamp,
        Self::Regex,
        Self::DbPointer,
        Self::Code,
        Self::CodeWithScope,
        Self::MaxKey,
    ];

    /// The class of a value.
    pub const fn of(value: &Bson) -> Self {
        match value {
            Bson::MinKey => Self::MinKey,
            Bson::Undefined => Self::Undefined,
            Bson::Null => Self::Null,
            Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => Self::Number,
            Bson::String(_) | Bson::Symbol(_) => Self::Text,
            Bson::Document(_) => Self::Document,
            Bson::Array(_) => Self::Array,
            Bson::Binary(_) => Self::Binary,
            Bson::ObjectId(_) => Self::ObjectId,
            Bson::Boolean(_) => Self::Boolean,
            Bson::DateTime(_) => Self::Date,
            Bson::Timestamp(_) => Self::Timestamp,
            Bson::RegularExpression(_) => Self::Regex,
            Bson::DbPointer(_) => Self::DbPointer,
            Bson::JavaScriptCode(_) => Self::Code,
            Bson::JavaScriptCodeWithScope(_) => Self::CodeWithScope,
            Bson::MaxKey => Self::MaxKey,
        }
    }
}

/// How a server orders two values, under the simple collation.
pub fn compare(left: &Bson, right: &Bson) -> Ordering {
    Class::of(left).cmp(&Class::of(right)).then_with(|| within_class(left, right))
}

fn within_class(left: &Bson, right: &Bson) -> Ordering {
    match (left, right) {
        (Bson::Document(left), Bson::Document(right)) => documents(left, right),
        (Bson::Array(left), Bson::Array(right)) => arrays(left, right),
        (Bson::Binary(left), Bson::Binary(right)) => {
            // The server counts the length that the old subtype repeats.
            let key = |binary: &bson::Binary| {
                let subtype = u8::from(binary.subtype);
                (binary.bytes.len() + if subtype == 2 { 4 } else { 0 }, subtype)
            };
            key(left).cmp(&key(right)).then_with(|| left.bytes.cmp(&right.bytes))
        }
        (Bson::ObjectId(left), Bson::ObjectId(right)) => left.bytes().cmp(&right.bytes()),
        (Bson::Boolean(left), Bson::Boolean(right)) => left.cmp(right),
        (Bson::DateTime(left), Bson::DateTime(right)) => left.cmp(right),
        (Bson::Timestamp(left), Bson::Timestamp(right)) => {
            (left.time, left.increment).cmp(&(right.time, right.increment))
        }
        (Bson::RegularExpression(left), Bson::RegularExpression(right)) => {
            let key = |regex: &bson::Regex| (regex.pattern.to_string(), regex.options.to_string());
            key(left).cmp(&key(right))
        }
        (Bson::JavaScriptCode(left), Bson::JavaScriptCode(right)) => left.cmp(right),
        (Bson::JavaScriptCodeWithScope(left), Bson::JavaScriptCodeWithScope(right)) => {
            left.code.cmp(&right.code).then_with(|| documents(&left.scope, &right.scope))
        }
        (Bson::DbPointer(_), Bson::DbPointer(_)) => {
            // The crate shows neither part; its text form has both, in this order.
            left.to_string().cmp(&right.to_string())
        }
        _ => match (text(left), text(right)) {
            (Some(left), Some(right)) => left.as_bytes().cmp(right.as_bytes()),
            _ => decimal::compare_numbers(left, right),
        },
    }
}

fn text(value: &Bson) -> Option<&str> {
    match value {
        Bson::String(text) | Bson::Symbol(text) => Some(text),
        _ => None,
    }
}

/// Field by field: the class, then the name, then the value.
fn documents(left: &Document, right: &Document) -> Ordering {
    let mut others = right.iter();
    for (name, value) in left {
        let Some((other_name, other)) = others.next() else { return Ordering::Greater };
        let order = Class::of(value)
            .cmp(&Class::of(other))
            .then_with(|| name.as_bytes().cmp(other_name.as_bytes()))
            .then_with(|| within_class(value, other));
        if order != Ordering::Equal {
            return order;
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

fn arrays(left: &[Bson], right: &[Bson]) -> Ordering {
    let first_difference = left.iter().zip(right).map(|(left, right)| compare(left, right));
    let difference = first_difference.into_iter().find(|order| *order != Ordering::Equal);
    difference.unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// One field of a sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The dotted path.
    pub path: String,
    /// Whether the lowest value comes first.
    pub ascending: bool,
}

/// How two keys of the same sort are ordered.
pub fn compare_keys(sort: &[SortKey], left: &[Bson], right: &[Bson]) -> Ordering {
    let parts = sort.iter().zip(left.iter().zip(right));
    let orders = parts.map(|(key, (left, right))| {
        let order = compare(left, right);
        if key.ascending { order } else { order.reverse() }
    });
    orders.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// What a server sorts the document by: for each field its value, of an array the lowest or,
/// descending, the highest element. What is missing is null, an empty array is undefined.
pub fn key_of(document: &RawDocument, sort: &[SortKey]) -> Vec<Bson> {
    let value = |key: &SortKey| {
        let mut found = Vec::new();
        collect(document, &key.path, &mut found);
        let found = found.into_iter();
        let chosen = if key.ascending { found.min_by(compare) } else { found.max_by(compare) };
        chosen.unwrap_or(Bson::Null)
    };
    sort.iter().map(value).collect()
}

/// The values under a path, through arrays of documents.
fn collect(document: &RawDocument, path: &str, found: &mut Vec<Bson>) {
    let (first, rest) =
        path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = document.iter().filter_map(Result::ok).find(|(key, _)| key.as_str() == first);
    match value {
        Some((_, value)) => collect_value(value, rest, found),
        None => found.push(Bson::Null),
    }
}

/// The values of a value itself, or under the rest of a path.
fn collect_value(value: RawBsonRef<'_>, rest: Option<&str>, found: &mut Vec<Bson>) {
    match (value, rest) {
        (RawBsonRef::Array(array), None) => {
            let before = found.len();
            found.extend(array.into_iter().filter_map(|item| Bson::try_from(item.ok()?).ok()));
            if found.len() == before {
                found.push(Bson::Undefined);
            }
        }
        (value, None) => found.push(Bson::try_from(value).unwrap_or(Bson::Null)),
        (RawBsonRef::Document(inner), Some(rest)) => collect(inner, rest, found),
        (RawBsonRef::Array(array), Some(rest)) => collect_from(array, rest, found),
        (_, Some(_)) => found.push(Bson::Null),
    }
}

/// The values under a path that begins inside an array: of its element with that index, or of
/// every document in it. Other elements have no such field, and count as null.
fn collect_from(array: &RawArray, path: &str, found: &mut Vec<Bson>) {
    let (head, tail) = path.split_once('.').map_or((path, None), |(head, tail)| (head, Some(tail)));
    let indexed = head.parse().ok().and_then(|index| array.into_iter().nth(index)?.ok());
    match (indexed, tail) {
        // An array that an index names is a value like others, unless it is empty.
        (Some(RawBsonRef::Array(array)), None) if !array.is_empty() => {
            return found.push(Bson::try_from(RawBsonRef::Array(array)).unwrap_or(Bson::Null));
        }
        (Some(item), tail) => return collect_value(item, tail, found),
        (None, _) => {}
    }
    let before = found.len();
    for item in array.into_iter().filter_map(Result::ok) {
        match item {
            RawBsonRef::Document(inner) => collect(inner, path, found),
            _ => found.push(Bson::Null),
        }
    }
    if found.len() == before {
        found.push(Bson::Null);
    }
}
