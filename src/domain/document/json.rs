//! Raw BSON as relaxed Extended JSON: order and duplicate keys survive, since nothing goes
//! through a map.

use bson::{Binary, Bson, DateTime, Decimal128, Timestamp, oid::ObjectId, spec::ElementType};

use super::raw::{self, Element, elements};

/// Deeper nesting than this is written as null; a server takes no document deeper than 200.
const DEEPEST: usize = 500;

/// Milliseconds since 1970 that relaxed Extended JSON writes as a date.
const RELAXED_DATES: std::ops::Range<i64> = 0..253_402_300_800_000;

/// The document in `bytes` as relaxed Extended JSON. Ends at the first corrupt byte.
pub(crate) fn document(bytes: &[u8]) -> String {
    let mut text = String::new();
    write_document(&mut text, bytes, 0);
    text
}

/// One value as relaxed Extended JSON.
pub(crate) fn value(element: &Element<'_>) -> String {
    let mut text = String::new();
    write_value(&mut text, element, 0);
    text
}

fn write_document(text: &mut String, bytes: &[u8], depth: usize) {
    text.push('{');
    for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
        separate(text, index);
        write_string(text, element.key);
        text.push(':');
        write_value(text, &element, depth + 1);
    }
    text.push('}');
}

fn write_array(text: &mut String, bytes: &[u8], depth: usize) {
    text.push('[');
    for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
        separate(text, index);
        write_value(text, &element, depth + 1);
    }
    text.push(']');
}

fn separate(text: &mut String, index: usize) {
    if index > 0 {
        text.push(',');
    }
}

fn write_string(text: &mut String, bytes: &[u8]) {
    text.push_str(&serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string());
}

fn write_value(text: &mut String, element: &Element<'_>, depth: usize) {
    match element.kind {
        _ if depth > DEEPEST => text.push_str("null"),
        ElementType::EmbeddedDocument => write_document(text, element.value, depth),
        ElementType::Array => write_array(text, element.value, depth),
        ElementType::String => write_string(text, raw::text(element.value)),
        ElementType::JavaScriptCode => write_wrapped(text, "$code", raw::text(element.value)),
        ElementType::Symbol => write_wrapped(text, "$symbol", raw::text(element.value)),
        ElementType::RegularExpression => {
            let (pattern, options) = raw::pattern_and_options(element.value);
            text.push_str(r#"{"$regularExpression":{"pattern":"#);
            write_string(text, pattern);
            text.push_str(r#","options":"#);
            write_string(text, options);
            text.push_str("}}");
        }
        ElementType::JavaScriptCodeWithScope => {
            let (code, scope) = raw::code_and_scope(element.value).unwrap_or_default();
            text.push_str(r#"{"$code":"#);
            write_string(text, code);
            text.push_str(r#","$scope":"#);
            write_document(text, scope, depth + 1);
            text.push('}');
        }
        ElementType::DbPointer => {
            text.push_str(r#"{"$dbPointer":{"$ref":"#);
            write_string(text, raw::text(element.value));
            text.push_str(r#","$id":{"$oid":""#);
            text.push_str(&pointed_at(element.value).to_hex());
            text.push_str("\"}}}");
        }
        _ => {
            let scalar = match scalar(element) {
                // The relaxed form has only the years 1970 to 9999; bson would clamp others.
                Bson::DateTime(date) if !RELAXED_DATES.contains(&date.timestamp_millis()) => {
                    Bson::DateTime(date).into_canonical_extjson()
                }
                scalar => scalar.into_relaxed_extjson(),
            };
            text.push_str(&scalar.to_string());
        }
    }
}

fn write_wrapped(text: &mut String, name: &str, bytes: &[u8]) {
    text.push_str("{\"");
    text.push_str(name);
    text.push_str("\":");
    write_string(text, bytes);
    text.push('}');
}

/// The id that a `dbPointer` holds after its namespace.
pub(crate) fn pointed_at(value: &[u8]) -> ObjectId {
    ObjectId::from_bytes(value.last_chunk().copied().unwrap_or_default())
}

/// A value without text and without children, decoded.
fn scalar(element: &Element<'_>) -> Bson {
    let value = element.value;
    match element.kind {
        ElementType::Double => Bson::Double(f64::from_le_bytes(raw::fixed(value))),
        ElementType::Int32 => Bson::Int32(i32::from_le_bytes(raw::fixed(value))),
        ElementType::Int64 => Bson::Int64(i64::from_le_bytes(raw::fixed(value))),
        ElementType::Boolean => Bson::Boolean(value != [0]),
        ElementType::ObjectId => Bson::ObjectId(ObjectId::from_bytes(raw::fixed(value))),
        ElementType::DateTime => {
            Bson::DateTime(DateTime::from_millis(i64::from_le_bytes(raw::fixed(value))))
        }
        ElementType::Decimal128 => Bson::Decimal128(Decimal128::from_bytes(raw::fixed(value))),
        ElementType::Timestamp => Bson::Timestamp(timestamp(value)),
        ElementType::Binary => {
            let (subtype, bytes) = raw::subtype_and_bytes(value);
            Bson::Binary(Binary { subtype: subtype.into(), bytes: bytes.to_vec() })
        }
        ElementType::Undefined => Bson::Undefined,
        ElementType::MinKey => Bson::MinKey,
        ElementType::MaxKey => Bson::MaxKey,
        _ => Bson::Null,
    }
}

/// The two halves of a timestamp: on the wire, the increment comes first.
pub(crate) fn timestamp(value: &[u8]) -> Timestamp {
    let both = u64::from_le_bytes(raw::fixed(value));
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    Timestamp { time: half(both >> 32), increment: half(both) }
}
