//! Extended JSON: documents with one `$` key that stand for a value of another type.
//!
//! `$regex` with `$options` stays as it is: that is how a filter is written.

use bson::{
    Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, Timestamp, Uuid, oid::ObjectId,
};

use super::{call, dates, parser::regex};

/// The value that a document stands for: mostly itself.
pub(super) fn value(document: Document) -> Result<Bson, String> {
    let mut fields = document.iter();
    let meant = match (fields.next(), fields.next(), fields.next()) {
        (Some((key, value)), None, None) => one(key, value)?,
        (Some(first), Some(second), None) => two(first, second)?,
        _ => None,
    };
    Ok(meant.unwrap_or(Bson::Document(document)))
}

fn one(key: &str, value: &Bson) -> Result<Option<Bson>, String> {
    let made = match (key, value) {
        ("$oid", Bson::String(hex)) => ObjectId::parse_str(hex).ok().map(Bson::ObjectId),
        ("$numberInt", Bson::String(text)) => text.parse().ok().map(Bson::Int32),
        ("$numberLong", Bson::String(text)) => text.parse().ok().map(Bson::Int64),
        ("$numberDouble", Bson::String(text)) => double(text),
        ("$numberDecimal", Bson::String(text)) => {
            text.parse::<Decimal128>().ok().map(Bson::Decimal128)
        }
        ("$date", Bson::String(text)) => dates::from_text(text).map(Bson::DateTime),
        ("$date", Bson::Int64(number)) => Some(Bson::DateTime(DateTime::from_millis(*number))),
        ("$date", Bson::Int32(number)) => {
            Some(Bson::DateTime(DateTime::from_millis((*number).into())))
        }
        ("$uuid", Bson::String(text)) => {
            Uuid::parse_str(text).ok().map(|uuid| Bson::Binary(uuid.into()))
        }
        ("$binary", Bson::Document(parts)) => binary(parts),
        ("$timestamp", Bson::Document(parts)) => timestamp(parts),
        ("$regularExpression", Bson::Document(parts)) => {
            let part = |name| parts.get_str(name).ok();
            let options = part("options").unwrap_or_default();
            part("pattern").and_then(|pattern| regex(pattern, options).ok())
        }
        ("$symbol", Bson::String(text)) => Some(Bson::Symbol(text.clone())),
        ("$code", Bson::String(code)) => Some(Bson::JavaScriptCode(code.clone())),
        ("$minKey", Bson::Int32(1)) => Some(Bson::MinKey),
        ("$maxKey", Bson::Int32(1)) => Some(Bson::MaxKey),
        ("$undefined", Bson::Boolean(true)) => Some(Bson::Undefined),
        ("$dbPointer", Bson::Document(parts)) => {
            let id = parts.get("$id").and_then(Bson::as_object_id);
            let namespace = parts.get_str("$ref").ok();
            namespace.zip(id).and_then(|(namespace, id)| pointer(namespace, id).ok())
        }
        _ => return Ok(None),
    };
    made.map(Some).ok_or_else(|| format!("`{key}` does not hold such a value"))
}

fn two(first: (&String, &Bson), second: (&String, &Bson)) -> Result<Option<Bson>, String> {
    let in_order = |one: &str, other: &str| match (first.0.as_str(), second.0.as_str()) {
        (left, right) if (left, right) == (one, other) => Some((first.1, second.1)),
        (left, right) if (right, left) == (one, other) => Some((second.1, first.1)),
        _ => None,
    };
    if let Some((Bson::String(code), Bson::Document(scope))) = in_order("$code", "$scope") {
        let with_scope = JavaScriptCodeWithScope { code: code.clone(), scope: scope.clone() };
        return Ok(Some(Bson::JavaScriptCodeWithScope(with_scope)));
    }
    // The older form, which mongoexport wrote until version 4.2.
    if let Some((Bson::String(base64), Bson::String(subtype))) = in_order("$binary", "$type") {
        let subtype = u8::from_str_radix(subtype, 16).map_err(|_| "`$type` is two digits")?;
        return call::from_base64(base64, subtype).map(Some);
    }
    Ok(None)
}

fn double(text: &str) -> Option<Bson> {
    let number = match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        digits => digits.parse().ok()?,
    };
    Some(Bson::Double(number))
}

fn binary(parts: &Document) -> Option<Bson> {
    let subtype = u8::from_str_radix(parts.get_str("subType").ok()?, 16).ok()?;
    call::from_base64(parts.get_str("base64").ok()?, subtype).ok()
}

fn timestamp(parts: &Document) -> Option<Bson> {
    let half = |name| match parts.get(name)? {
        Bson::Int32(number) => u32::try_from(*number).ok(),
        Bson::Int64(number) => u32::try_from(*number).ok(),
        Bson::Double(number) => call::whole(&number.to_string())?.as_i64()?.try_into().ok(),
        _ => None,
    };
    Some(Bson::Timestamp(Timestamp { time: half("t")?, increment: half("i")? }))
}

/// A pointer, a type that only old data have; the BSON crate makes it from its own text form.
pub(super) fn pointer(namespace: &str, id: ObjectId) -> Result<Bson, String> {
    let text = serde_json::json!({"$dbPointer": {"$ref": namespace, "$id": {"$oid": id.to_hex()}}});
    Bson::try_from(text).map_err(|_| "this is no DBPointer".to_owned())
}
