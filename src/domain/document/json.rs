//! Raw BSON as relaxed Extended JSON: order and duplicate keys survive, since nothing goes
//! through a map.

use std::fmt::Write as _;

use bson::{Bson, DateTime, Decimal128, Timestamp, oid::ObjectId, spec::ElementType};

use super::raw::{self, Element, elements};
use crate::domain::shell::dates;

/// Deeper nesting than this is written as null; a server takes no document deeper than 200.
const DEEPEST: usize = 500;

/// Milliseconds since 1970 that relaxed Extended JSON writes as a date.
const RELAXED_DATES: std::ops::Range<i64> = 0..253_402_300_800_000;

/// Which form of Extended JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonForm {
    /// Plain numbers and dates, easy to read; the types of numbers are lost.
    #[default]
    Relaxed,
    /// Every type is kept.
    Canonical,
}

/// The document in `bytes` as relaxed Extended JSON. Ends at the first corrupt byte.
pub(crate) fn document(bytes: &[u8]) -> String {
    let mut text = String::new();
    write(&mut text, bytes, JsonForm::Relaxed);
    text
}

/// Appends the document in `bytes` as Extended JSON, on one line. Ends at the first corrupt
/// byte.
pub(crate) fn write(text: &mut String, bytes: &[u8], form: JsonForm) {
    Writer { text, form }.document(bytes, 0);
}

/// One value as relaxed Extended JSON.
pub(crate) fn value(element: &Element<'_>) -> String {
    value_in(element, JsonForm::Relaxed)
}

/// One value as Extended JSON.
pub(crate) fn value_in(element: &Element<'_>, form: JsonForm) -> String {
    let mut text = String::new();
    Writer { text: &mut text, form }.value(element, 0);
    text
}

/// Appends what it is given to a text. Made for exports: what most documents consist of is
/// written without a detour.
struct Writer<'a> {
    text: &'a mut String,
    form: JsonForm,
}

impl Writer<'_> {
    fn document(&mut self, bytes: &[u8], depth: usize) {
        self.text.push('{');
        for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.string(element.key);
            self.text.push(':');
            self.value(&element, depth + 1);
        }
        self.text.push('}');
    }

    fn array(&mut self, bytes: &[u8], depth: usize) {
        self.text.push('[');
        for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.value(&element, depth + 1);
        }
        self.text.push(']');
    }

    fn string(&mut self, bytes: &[u8]) {
        let is_plain = |byte: &u8| *byte >= 0x20 && !matches!(byte, b'"' | b'\\');
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.iter().all(is_plain) => {
                self.text.push('"');
                self.text.push_str(text);
                self.text.push('"');
            }
            _ => {
                let text = serde_json::Value::from(String::from_utf8_lossy(bytes));
                self.text.push_str(&text.to_string());
            }
        }
    }

    fn wrapped(&mut self, name: &str, bytes: &[u8]) {
        self.open(name);
        self.string(bytes);
        self.text.push('}');
    }

    fn open(&mut self, name: &str) {
        self.text.push_str("{\"");
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    fn value(&mut self, element: &Element<'_>, depth: usize) {
        let (value, is_relaxed) = (element.value, self.form == JsonForm::Relaxed);
        match element.kind {
            _ if depth > DEEPEST => self.text.push_str("null"),
            ElementType::EmbeddedDocument => self.document(value, depth),
            ElementType::Array => self.array(value, depth),
            ElementType::String => self.string(raw::text(value)),
            ElementType::Double if is_relaxed && double(value).is_finite() => {
                self.display(serde_json::Value::from(double(value)));
            }
            ElementType::Decimal128 => {
                self.text.push_str("{\"$numberDecimal\":\"");
                self.display(Decimal128::from_bytes(raw::fixed(value)));
                self.text.push_str("\"}");
            }
            ElementType::Int32 if is_relaxed => {
                self.display(i32::from_le_bytes(raw::fixed(value)));
            }
            ElementType::Int64 if is_relaxed => {
                self.display(i64::from_le_bytes(raw::fixed(value)));
            }
            ElementType::Boolean => self.text.push_str(if value == [0] { "false" } else { "true" }),
            ElementType::Null => self.text.push_str("null"),
            ElementType::ObjectId => {
                self.text.push_str("{\"$oid\":\"");
                self.display(ObjectId::from_bytes(raw::fixed(value)));
                self.text.push_str("\"}");
            }
            ElementType::DateTime if is_relaxed => {
                self.date(i64::from_le_bytes(raw::fixed(value)));
            }
            ElementType::JavaScriptCode => self.wrapped("$code", raw::text(value)),
            ElementType::Symbol => self.wrapped("$symbol", raw::text(value)),
            ElementType::RegularExpression => {
                let (pattern, options) = raw::pattern_and_options(value);
                self.text.push_str(r#"{"$regularExpression":{"pattern":"#);
                self.string(pattern);
                self.text.push_str(r#","options":"#);
                self.string(options);
                self.text.push_str("}}");
            }
            ElementType::JavaScriptCodeWithScope => {
                let (code, scope) = raw::code_and_scope(value).unwrap_or_default();
                self.open("$code");
                self.string(code);
                self.text.push_str(r#","$scope":"#);
                self.document(scope, depth + 1);
                self.text.push('}');
            }
            ElementType::Binary => {
                let (subtype, bytes) = raw::subtype_and_bytes(value);
                self.text.push_str("{\"$binary\":{\"base64\":\"");
                base64(self.text, bytes);
                self.display(format_args!("\",\"subType\":\"{subtype:02x}\"}}}}"));
            }
            ElementType::DbPointer => {
                self.text.push_str(r#"{"$dbPointer":{"$ref":"#);
                self.string(raw::text(value));
                self.text.push_str(r#","$id":{"$oid":""#);
                self.text.push_str(&pointed_at(value).to_hex());
                self.text.push_str("\"}}}");
            }
            _ => {
                let json = match self.form {
                    JsonForm::Relaxed => scalar(element).into_relaxed_extjson(),
                    JsonForm::Canonical => scalar(element).into_canonical_extjson(),
                };
                self.text.push_str(&json.to_string());
            }
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value}");
    }

    /// The relaxed form has only the years 1970 to 9999; bson would clamp others.
    fn date(&mut self, milliseconds: i64) {
        let in_range = RELAXED_DATES.contains(&milliseconds);
        match dates::to_text(milliseconds).filter(|_| in_range) {
            Some(text) => {
                let short = text.strip_suffix(".000Z");
                self.text.push_str("{\"$date\":\"");
                self.text.push_str(short.unwrap_or(&text));
                self.text.push_str(if short.is_some() { "Z\"}" } else { "\"}" });
            }
            None => {
                self.display(format_args!("{{\"$date\":{{\"$numberLong\":\"{milliseconds}\"}}}}"));
            }
        }
    }
}

/// Appends bytes in Base64, in place: a file of 16 MB in a document is copied often enough.
pub(crate) fn base64(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text.reserve(bytes.len().div_ceil(3) * 4);
    let mut buffer = [b'='; 1024];
    for block in bytes.chunks(buffer.len() / 4 * 3) {
        for (three, four) in block.chunks(3).zip(buffer.chunks_exact_mut(4)) {
            let all = three.iter().fold(0, |all, byte| (all << 8) | usize::from(*byte));
            let all = all << (8 * (3 - three.len()));
            for (digit, place) in four.iter_mut().enumerate() {
                let index = (all >> (18 - 6 * digit)) & 63;
                *place = if digit <= three.len() { DIGITS[index] } else { b'=' };
            }
        }
        let filled = buffer.get(..block.len().div_ceil(3) * 4).unwrap_or_default();
        text.push_str(std::str::from_utf8(filled).unwrap_or_default());
    }
}

/// The id that a `dbPointer` holds after its namespace.
pub(crate) fn pointed_at(value: &[u8]) -> ObjectId {
    ObjectId::from_bytes(value.last_chunk().copied().unwrap_or_default())
}

/// A value without text and without children, decoded.
fn scalar(element: &Element<'_>) -> Bson {
    let value = element.value;
    match element.kind {
        ElementType::Double => Bson::Double(double(value)),
        ElementType::Int32 => Bson::Int32(i32::from_le_bytes(raw::fixed(value))),
        ElementType::Int64 => Bson::Int64(i64::from_le_bytes(raw::fixed(value))),
        ElementType::Boolean => Bson::Boolean(value != [0]),
        ElementType::ObjectId => Bson::ObjectId(ObjectId::from_bytes(raw::fixed(value))),
        ElementType::DateTime => {
            Bson::DateTime(DateTime::from_millis(i64::from_le_bytes(raw::fixed(value))))
        }
        ElementType::Decimal128 => Bson::Decimal128(Decimal128::from_bytes(raw::fixed(value))),
        ElementType::Timestamp => Bson::Timestamp(timestamp(value)),
        ElementType::Undefined => Bson::Undefined,
        ElementType::MinKey => Bson::MinKey,
        ElementType::MaxKey => Bson::MaxKey,
        _ => Bson::Null,
    }
}

fn double(value: &[u8]) -> f64 {
    f64::from_le_bytes(raw::fixed(value))
}

/// The two halves of a timestamp: on the wire, the increment comes first.
pub(crate) fn timestamp(value: &[u8]) -> Timestamp {
    let both = u64::from_le_bytes(raw::fixed(value));
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    Timestamp { time: half(both >> 32), increment: half(both) }
}
