//! Values in the syntax of the shell; what is printed parses back equal.
//!
//! It works on raw BSON, so that order and duplicate keys survive.

use bson::{Bson, Decimal128, RawDocumentBuf, oid::ObjectId, spec::ElementType};

use super::{dates, parser::is_word};
use crate::domain::document::{
    json::{pointed_at, timestamp},
    raw::{self, Element, elements},
};

/// Deeper nesting than this is not printed; no server holds it.
const DEEPEST: usize = 500;

/// The value on one line, such as `{total: {$gt: Long("5")}}`.
pub fn print(value: &Bson) -> String {
    let mut document = RawDocumentBuf::new();
    let raw = bson::RawBson::try_from(value.clone());
    if let Ok(raw) = raw {
        document.append(bson::raw::cstr!("v"), raw);
    }
    let first = elements(document.as_bytes(), 0).find_map(Result::ok);
    first.map_or_else(String::new, |element| raw_value(&element))
}

/// One raw value on one line.
pub(crate) fn raw_value(element: &Element<'_>) -> String {
    let mut text = String::new();
    write_value(&mut text, element, 0);
    text
}

/// One raw document on one line.
pub(crate) fn raw_document(bytes: &[u8]) -> String {
    let mut text = String::new();
    write_document(&mut text, bytes, 0);
    text
}

fn write_document(text: &mut String, bytes: &[u8], depth: usize) {
    text.push('{');
    for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_key(text, element.key);
        text.push_str(": ");
        write_value(text, &element, depth + 1);
    }
    text.push('}');
}

fn write_array(text: &mut String, bytes: &[u8], depth: usize) {
    text.push('[');
    for (index, element) in elements(bytes, 0).map_while(Result::ok).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_value(text, &element, depth + 1);
    }
    text.push(']');
}

fn write_key(text: &mut String, key: &[u8]) {
    match std::str::from_utf8(key) {
        Ok(word) if is_plain_key(word) => text.push_str(word),
        _ => text.push_str(&quoted(key)),
    }
}

/// Whether the field's name needs no quotes.
fn is_plain_key(key: &str) -> bool {
    key.is_ascii()
        && key != "__proto__"
        && !key.starts_with(|char: char| char.is_ascii_digit())
        && !key.is_empty()
        && key.chars().all(is_word)
}

fn quoted(bytes: &[u8]) -> String {
    serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string()
}

fn write_value(text: &mut String, element: &Element<'_>, depth: usize) {
    let value = element.value;
    match element.kind {
        _ if depth > DEEPEST => text.push_str("null"),
        ElementType::EmbeddedDocument => write_document(text, value, depth),
        ElementType::Array => write_array(text, value, depth),
        ElementType::JavaScriptCodeWithScope => {
            let (code, scope) = raw::code_and_scope(value).unwrap_or_default();
            text.push_str("Code(");
            text.push_str(&quoted(code));
            text.push_str(", ");
            write_document(text, scope, depth + 1);
            text.push(')');
        }
        _ => text.push_str(&scalar(element)),
    }
}

fn scalar(element: &Element<'_>) -> String {
    let value = element.value;
    match element.kind {
        ElementType::Double => double(f64::from_le_bytes(raw::fixed(value))),
        ElementType::Int32 => i32::from_le_bytes(raw::fixed(value)).to_string(),
        ElementType::Int64 => format!("Long(\"{}\")", i64::from_le_bytes(raw::fixed(value))),
        ElementType::Boolean => (value != [0]).to_string(),
        ElementType::Null => "null".to_owned(),
        ElementType::Undefined => "undefined".to_owned(),
        ElementType::MinKey => "MinKey()".to_owned(),
        ElementType::MaxKey => "MaxKey()".to_owned(),
        ElementType::String => quoted(raw::text(value)),
        ElementType::Symbol => format!("BSONSymbol({})", quoted(raw::text(value))),
        ElementType::JavaScriptCode => format!("Code({})", quoted(raw::text(value))),
        ElementType::ObjectId => {
            format!("ObjectId(\"{}\")", ObjectId::from_bytes(raw::fixed(value)).to_hex())
        }
        ElementType::DbPointer => {
            let namespace = quoted(raw::text(value));
            format!("DBPointer({namespace}, ObjectId(\"{}\"))", pointed_at(value).to_hex())
        }
        ElementType::DateTime => date(i64::from_le_bytes(raw::fixed(value))),
        ElementType::Timestamp => {
            let stamp = timestamp(value);
            format!("Timestamp({{t: {}, i: {}}})", stamp.time, stamp.increment)
        }
        ElementType::Decimal128 => {
            format!("Decimal128(\"{}\")", Decimal128::from_bytes(raw::fixed(value)))
        }
        ElementType::Binary => binary(value),
        ElementType::RegularExpression => regex(value),
        ElementType::EmbeddedDocument
        | ElementType::Array
        | ElementType::JavaScriptCodeWithScope => String::new(),
    }
}

/// A double that the shell would take for a whole number says that it is none.
fn double(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("Double({number})")
    } else {
        format!("{number:?}")
    }
}

fn date(milliseconds: i64) -> String {
    match dates::to_text(milliseconds) {
        Some(text) => format!("ISODate(\"{text}\")"),
        None => format!("new Date({milliseconds})"),
    }
}

fn binary(value: &[u8]) -> String {
    let (subtype, bytes) = raw::subtype_and_bytes(value);
    if let (4, Ok(uuid)) = (subtype, <[u8; 16]>::try_from(bytes)) {
        return format!("UUID(\"{}\")", bson::Uuid::from_bytes(uuid));
    }
    let binary = bson::Binary { subtype: subtype.into(), bytes: bytes.to_vec() };
    let json = Bson::Binary(binary).into_canonical_extjson();
    let base64 = json.pointer("/$binary/base64").and_then(serde_json::Value::as_str);
    format!("BinData({subtype}, \"{}\")", base64.unwrap_or_default())
}

fn regex(value: &[u8]) -> String {
    let (pattern, options) = raw::pattern_and_options(value);
    let pattern = String::from_utf8_lossy(pattern);
    let options = String::from_utf8_lossy(options);
    let is_plain = !pattern.is_empty()
        && !pattern.starts_with('*')
        && !pattern.contains(['/', '\\', '\n', '\r', '['])
        && options.chars().all(|option| "ims".contains(option));
    if is_plain {
        return format!("/{pattern}/{options}");
    }
    format!("BSONRegExp({}, {})", quoted(pattern.as_bytes()), quoted(options.as_bytes()))
}
