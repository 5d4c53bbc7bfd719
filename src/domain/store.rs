//! Stores: registry records, decoded tolerantly. One bad record never blanks a list.

use std::{fmt, sync::Arc};

use bson::{Bson, Decimal128, RawDocument, spec::ElementType};

use super::{
    database::{Database, DatabaseId, Layout},
    document::{
        json,
        raw::{self, Element},
    },
};

/// The identity of a registry record: its `_id`, as relaxed Extended JSON.
///
/// Not the `storeId`, which may be missing or shared by two records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Arc<str>);

impl RecordId {
    /// The record with this `_id`, given as relaxed Extended JSON.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The `_id` as relaxed Extended JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `_id` itself, to look the record up; `None` where it could not be read.
    pub fn to_bson(&self) -> Option<Bson> {
        let json: serde_json::Value = serde_json::from_str(&self.0).ok()?;
        Bson::try_from(json).ok()
    }
}

/// One registry record. Texts are as stored, hostile characters included.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Which record this is.
    pub record: RecordId,
    /// `storeId`, when it is a string that is not empty.
    pub store_id: Option<Box<str>>,
    /// `name`, when it is a string that is not empty.
    pub name: Option<Box<str>>,
    /// `prefix`, when it is a string that is not empty.
    pub prefix: Option<Box<str>>,
    /// Where its collections live.
    pub route: Route,
    /// What is wrong with the record, worst first; empty for a sound one.
    pub problems: Vec<Problem>,
}

/// Where a store's collections live, as `databaseId` says.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// `databaseId` missing or null: the main database.
    Legacy,
    /// A shard that exists.
    Shard(DatabaseId),
    /// A number that is no shard: 0, negative, above N or not whole.
    OutOfRange(f64),
    /// Not a number and not a string that holds one.
    Unreadable,
}

impl Route {
    /// The database that the backend would use, or `None` where it would fail.
    pub const fn database(&self) -> Option<Database> {
        match self {
            Self::Legacy => Some(Database::Main),
            Self::Shard(id) => Some(Database::Shard(*id)),
            Self::OutOfRange(_) | Self::Unreadable => None,
        }
    }

    /// Where this number leads; a number that is no shard is added to the problems.
    pub(crate) fn of_number(number: f64, layout: &Layout, problems: &mut Vec<Problem>) -> Self {
        if let Some(id) = shard(number, layout) {
            return Self::Shard(id);
        }
        let field = layout.registry.database_id.as_str().into();
        problems.push(Problem::OutOfRange { field, value: number, highest: layout.database_count });
        Self::OutOfRange(number)
    }
}

/// Whether a record can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreState {
    /// Routed to a shard that exists.
    Ok,
    /// Routed to the main database, because `databaseId` is missing.
    Legacy,
    /// A field that the backend needs is missing, wrong or out of range.
    Malformed,
}

impl StoreState {
    /// The word for screens and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Legacy => "legacy",
            Self::Malformed => "malformed",
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The field is absent.
    Missing {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field is null.
    Null {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field is an empty string.
    Empty {
        /// The field's name in the registry.
        field: Box<str>,
    },
    /// The field has a type that the backend cannot use.
    WrongType {
        /// The field's name in the registry.
        field: Box<str>,
        /// The BSON type that was found, such as `object`.
        found: &'static str,
    },
    /// The shard's number has a type that the backend still accepts, such as a string.
    DriftedType {
        /// The field's name in the registry.
        field: Box<str>,
        /// The BSON type that was found.
        found: &'static str,
    },
    /// The shard's number is no shard of this fleet.
    OutOfRange {
        /// The field's name in the registry.
        field: Box<str>,
        /// The number as stored.
        value: f64,
        /// The highest shard number.
        highest: u32,
    },
    /// The bytes of the record are not valid BSON.
    Unreadable,
}

impl Problem {
    /// Whether the backend cannot use the record because of it.
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::DriftedType { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "{field} is missing"),
            Self::Null { field } => write!(f, "{field} is null"),
            Self::Empty { field } => write!(f, "{field} is empty"),
            Self::WrongType { field, found } => write!(f, "{field} is of type {found}"),
            Self::DriftedType { field, found } => {
                write!(f, "{field} is stored as {found}, not as int")
            }
            Self::OutOfRange { field, value, highest } => {
                write!(f, "{field} {value} is not in 1 to {highest}")
            }
            Self::Unreadable => write!(f, "the record is not valid BSON"),
        }
    }
}

/// The first field of each kind that matters, still as bytes.
#[derive(Default)]
struct Fields<'a> {
    id: Option<Element<'a>>,
    store_id: Option<Element<'a>>,
    name: Option<Element<'a>>,
    prefix: Option<Element<'a>>,
    database_id: Option<Element<'a>>,
}

impl Store {
    /// Decodes a registry record, whatever is in it. Never fails: what is wrong becomes a
    /// problem of the store, and only the field that it concerns is lost.
    pub fn decode(raw: &RawDocument, layout: &Layout) -> Self {
        let names = &layout.registry;
        let (fields, is_readable) = fields(raw.as_bytes(), layout);
        let mut problems = Vec::new();
        if !is_readable {
            problems.push(Problem::Unreadable);
        }
        let store_id = text(fields.store_id.as_ref(), &names.store_id, &mut problems);
        let name = text(fields.name.as_ref(), &names.name, &mut problems);
        let prefix = text(fields.prefix.as_ref(), &names.prefix, &mut problems);
        let route = route(fields.database_id.as_ref(), layout, &mut problems);
        problems.sort_by_key(|problem| !problem.is_fatal());
        problems.shrink_to_fit();
        let record = record(fields.id.as_ref(), raw.as_bytes());
        Self { record, store_id, name, prefix, route, problems }
    }

    /// Whether the record can be used.
    pub fn state(&self) -> StoreState {
        if self.problems.iter().any(Problem::is_fatal) {
            StoreState::Malformed
        } else if self.route == Route::Legacy {
            StoreState::Legacy
        } else {
            StoreState::Ok
        }
    }
}

/// The first occurrence of each field, as the driver of the backend would find it, and
/// whether the whole record could be walked.
fn fields<'a>(bytes: &'a [u8], layout: &Layout) -> (Fields<'a>, bool) {
    let names = &layout.registry;
    let mut fields = Fields::default();
    for element in raw::elements(bytes, 0) {
        let Ok(element) = element else { return (fields, false) };
        let slots = [
            ("_id", &mut fields.id),
            (&names.store_id, &mut fields.store_id),
            (&names.name, &mut fields.name),
            (&names.prefix, &mut fields.prefix),
            (&names.database_id, &mut fields.database_id),
        ];
        for (name, slot) in slots {
            if element.key == name.as_bytes() {
                slot.get_or_insert(element);
            }
        }
    }
    (fields, true)
}

/// The record's identity; for one whose `_id` cannot be read, a mark of its bytes.
fn record(id: Option<&Element<'_>>, bytes: &[u8]) -> RecordId {
    if let Some(id) = id {
        return RecordId::new(&json::value(id));
    }
    // FNV-1a: the same bytes give the same identity in every run.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    RecordId::new(&format!("unreadable {hash:016x}"))
}

/// A field that must be a string with something in it.
fn text(
    element: Option<&Element<'_>>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Box<str>> {
    let field = || Box::from(name);
    let problem = match element {
        None => Problem::Missing { field: field() },
        Some(element) => match element.kind {
            ElementType::String => match std::str::from_utf8(raw::text(element.value)) {
                Ok("") => Problem::Empty { field: field() },
                Ok(text) => return Some(text.into()),
                Err(_) => Problem::WrongType { field: field(), found: raw::INVALID_UTF8 },
            },
            ElementType::Null | ElementType::Undefined => Problem::Null { field: field() },
            kind => Problem::WrongType { field: field(), found: raw::type_name(kind) },
        },
    };
    problems.push(problem);
    None
}

/// Where `databaseId` leads, by the casts that the backend makes: it takes any number type
/// and any string that JavaScript reads as a number.
fn route(element: Option<&Element<'_>>, layout: &Layout, problems: &mut Vec<Problem>) -> Route {
    let Some(element) = element else { return Route::Legacy };
    let field = || Box::from(layout.registry.database_id.as_str());
    let found = raw::type_name(element.kind);
    let (number, is_drifted) = match element.kind {
        ElementType::Null | ElementType::Undefined => return Route::Legacy,
        ElementType::Int32 => (Some(i32::from_le_bytes(raw::fixed(element.value)).into()), false),
        ElementType::Int64 => {
            (Some(as_double(i64::from_le_bytes(raw::fixed(element.value)))), false)
        }
        ElementType::Double => (Some(f64::from_le_bytes(raw::fixed(element.value))), true),
        ElementType::Decimal128 => {
            let text = Decimal128::from_bytes(raw::fixed(element.value)).to_string();
            (javascript_number(&text), true)
        }
        ElementType::String => {
            let text = std::str::from_utf8(raw::text(element.value)).unwrap_or_default();
            if text.trim().is_empty() {
                problems.push(Problem::Empty { field: field() });
                return Route::Unreadable;
            }
            (javascript_number(text), true)
        }
        _ => (None, false),
    };
    // NaN is no number to the backend's cast, and would differ from itself for ever.
    let Some(number) = number.filter(|number| !number.is_nan()) else {
        problems.push(Problem::WrongType { field: field(), found });
        return Route::Unreadable;
    };
    if is_drifted {
        problems.push(Problem::DriftedType { field: field(), found });
    }
    Route::of_number(number, layout, problems)
}

/// A 64-bit number as JavaScript holds it.
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 it is out of range all the same")]
const fn as_double(number: i64) -> f64 {
    number as f64
}

/// The shard with this number, if it is whole and the fleet has one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and the ends are no shard"
)]
fn shard(number: f64, layout: &Layout) -> Option<DatabaseId> {
    (number.fract() == 0.0).then(|| layout.shard(number as i64)).flatten()
}

/// What `Number(text)` gives in JavaScript, or `None` for NaN.
fn javascript_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return u32::from_str_radix(digits, radix)
                .ok()
                .filter(|_| !digits.starts_with('+'))
                .map(f64::from);
        }
    }
    // Rust reads words for infinity and NaN that JavaScript does not.
    if lower.contains(|char: char| char.is_ascii_alphabetic() && char != 'e') {
        return match text.trim_start_matches(['+', '-']) {
            "Infinity" => {
                Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })
            }
            _ => None,
        };
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests;
