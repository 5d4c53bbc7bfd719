//! One value on one line: bounded work, whatever the value's size.

use bson::{Decimal128, oid::ObjectId, spec::ElementType};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    json::{pointed_at, timestamp},
    raw::{self, Element, elements},
};
use crate::domain::{
    shell::dates,
    text::{SafeText, safe},
};

/// Bytes of a text that are shown on one line; the rest is reached by copying.
const TEXT_SHOWN: usize = 400;
/// Bytes of a binary value that are shown.
const BINARY_SHOWN: usize = 16;
/// Fields of a document that its one line shows.
const FIELDS_SHOWN: usize = 8;
/// Characters after which no further field is added.
const FIELDS_LENGTH: usize = 200;

/// A field's name, cut to what fits on a line.
pub(super) fn key(bytes: &[u8]) -> SafeText {
    safe(&cut(bytes, TEXT_SHOWN))
}

/// The value on one line, in the words of the shell.
pub(crate) fn value(element: &Element<'_>) -> SafeText {
    value_in(element, &TimeZone::UTC)
}

/// As [`value`], with dates in a zone.
pub(super) fn value_in(element: &Element<'_>, zone: &TimeZone) -> SafeText {
    safe(&value_text(element, zone))
}

/// Whether the name or the value of an element holds the text, which is in lower case.
/// Children of its own are not looked at.
pub(super) fn holds(element: &Element<'_>, wanted: &str) -> bool {
    let name = String::from_utf8_lossy(element.key).to_lowercase();
    name.contains(wanted)
        || match element.kind {
            ElementType::EmbeddedDocument | ElementType::Array => false,
            ElementType::String | ElementType::Symbol | ElementType::JavaScriptCode => {
                String::from_utf8_lossy(raw::text(element.value)).to_lowercase().contains(wanted)
            }
            _ => value_text(element, &TimeZone::UTC).to_lowercase().contains(wanted),
        }
}

/// The beginning of a document or array on one line.
pub(super) fn container(bytes: &[u8], start: usize, is_array: bool, zone: &TimeZone) -> SafeText {
    safe(&container_text(bytes, start, is_array, zone))
}

/// Not yet safe: made safe once, with whatever it becomes a part of.
fn container_text(bytes: &[u8], start: usize, is_array: bool, zone: &TimeZone) -> String {
    let (open, close) = if is_array { ('[', ']') } else { ('{', '}') };
    let mut text = String::from(open);
    for (index, element) in elements(bytes, start).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if index == FIELDS_SHOWN || text.len() > FIELDS_LENGTH {
            text.push_str("...");
            break;
        }
        let Ok(element) = element else {
            text.push_str("not valid BSON");
            break;
        };
        if !is_array {
            text.push_str(&cut(element.key, TEXT_SHOWN / 8));
            text.push_str(": ");
        }
        text.push_str(&part(&element, zone));
    }
    text.push(close);
    text
}

/// A value inside the line of its parent: shorter, and with nothing of its own children.
fn part(element: &Element<'_>, zone: &TimeZone) -> String {
    match element.kind {
        ElementType::EmbeddedDocument => "{...}".into(),
        ElementType::Array => "[...]".into(),
        ElementType::String => quoted(raw::text(element.value), TEXT_SHOWN / 8),
        _ => cut(value_text(element, zone).as_bytes(), TEXT_SHOWN / 4),
    }
}

fn value_text(element: &Element<'_>, zone: &TimeZone) -> String {
    let value = element.value;
    match element.kind {
        ElementType::Double => double(f64::from_le_bytes(raw::fixed(value))),
        ElementType::Int32 => i32::from_le_bytes(raw::fixed(value)).to_string(),
        ElementType::Int64 => i64::from_le_bytes(raw::fixed(value)).to_string(),
        ElementType::Boolean => (value != [0]).to_string(),
        ElementType::Null => "null".into(),
        ElementType::Undefined => "undefined".into(),
        ElementType::MinKey => "MinKey".into(),
        ElementType::MaxKey => "MaxKey".into(),
        ElementType::String => quoted(raw::text(value), TEXT_SHOWN),
        ElementType::Symbol => format!("Symbol({})", quoted(raw::text(value), TEXT_SHOWN)),
        ElementType::JavaScriptCode => format!("Code({})", quoted(raw::text(value), TEXT_SHOWN)),
        ElementType::JavaScriptCodeWithScope => match raw::code_and_scope(value) {
            Some((code, _)) => format!("Code({}, {{...}})", quoted(code, TEXT_SHOWN)),
            None => "not valid BSON".into(),
        },
        ElementType::ObjectId => ObjectId::from_bytes(raw::fixed(value)).to_hex(),
        ElementType::DbPointer => {
            let namespace = quoted(raw::text(value), TEXT_SHOWN);
            format!("DBPointer({namespace}, {})", pointed_at(value).to_hex())
        }
        ElementType::DateTime => date(i64::from_le_bytes(raw::fixed(value)), zone),
        ElementType::Timestamp => {
            let stamp = timestamp(value);
            format!("Timestamp({}, {})", stamp.time, stamp.increment)
        }
        ElementType::Decimal128 => Decimal128::from_bytes(raw::fixed(value)).to_string(),
        ElementType::Binary => binary(value),
        ElementType::RegularExpression => {
            let (pattern, options) = raw::pattern_and_options(value);
            format!("/{}/{}", cut(pattern, TEXT_SHOWN), cut(options, TEXT_SHOWN))
        }
        ElementType::EmbeddedDocument => container_text(value, 0, false, zone),
        ElementType::Array => container_text(value, 0, true, zone),
    }
}

/// A double always shows that it is one: `3` becomes `3.0`.
fn double(number: f64) -> String {
    format!("{number:?}")
}

/// Milliseconds since 1970 in RFC 3339; the bare number where no calendar reaches.
fn date(milliseconds: i64, zone: &TimeZone) -> String {
    if *zone != TimeZone::UTC
        && let Ok(time) = Timestamp::from_millisecond(milliseconds)
    {
        return time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
    }
    dates::to_text(milliseconds).unwrap_or_else(|| {
        Timestamp::from_millisecond(milliseconds)
            .map_or_else(|_| format!("Date({milliseconds})"), |time| format!("{time:.3}"))
    })
}

fn binary(value: &[u8]) -> String {
    let (subtype, bytes) = raw::subtype_and_bytes(value);
    let mut text = format!("Binary(subtype {subtype}, {} B, ", bytes.len());
    for byte in bytes.iter().take(BINARY_SHOWN) {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    if bytes.len() > BINARY_SHOWN {
        text.push_str("...");
    }
    text.push(')');
    text
}

fn quoted(bytes: &[u8], at_most: usize) -> String {
    format!("\"{}\"", cut(bytes, at_most))
}

/// At most `at_most` bytes as text; what is no UTF-8 becomes `\u{fffd}`.
fn cut(bytes: &[u8], at_most: usize) -> String {
    if bytes.len() <= at_most {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    // Not inside a character: continuation bytes are 0b10xx_xxxx.
    let end = (0..=at_most).rev().find(|end| bytes[*end] & 0xC0 != 0x80).unwrap_or(at_most);
    format!("{}...", String::from_utf8_lossy(&bytes[..end]))
}
