//! Words that are values, and the constructors of the shell.

use bson::{
    Binary, Bson, DateTime, Decimal128, JavaScriptCodeWithScope, Timestamp, Uuid, doc,
    oid::ObjectId, spec::BinarySubtype,
};

use super::{
    dates, number,
    parser::{Parsed, Parser, regex, shortened},
};

/// Constructors that are known, for the error about one that is not.
const KNOWN: [&str; 24] = [
    "BSONRegExp",
    "BSONSymbol",
    "BinData",
    "Code",
    "DBPointer",
    "DBRef",
    "Date",
    "Decimal128",
    "Double",
    "HexData",
    "ISODate",
    "Int32",
    "Long",
    "MD5",
    "MaxKey",
    "MinKey",
    "NumberDecimal",
    "NumberInt",
    "NumberLong",
    "ObjectId",
    "RegExp",
    "Symbol",
    "Timestamp",
    "UUID",
];

/// The value that begins with a word.
pub(super) fn named(parser: &mut Parser) -> Parsed<Bson> {
    let at = parser.at();
    let mut word = parser.word();
    if word == "new" {
        parser.skip_space()?;
        word = parser.word();
        if word.is_empty() {
            return Err(parser.expected("a constructor such as `Date` after `new`"));
        }
        parser.skip_space()?;
        if parser.peek() != Some('(') && KNOWN.contains(&word) {
            return construct(parser, (word, at), &[]);
        }
    }
    match word {
        "true" => return Ok(Bson::Boolean(true)),
        "false" => return Ok(Bson::Boolean(false)),
        "null" => return Ok(Bson::Null),
        "undefined" => return Ok(Bson::Undefined),
        "NaN" => return Ok(Bson::Double(f64::NAN)),
        "Infinity" => return Ok(Bson::Double(f64::INFINITY)),
        _ => {}
    }
    parser.skip_space()?;
    let mut name = word.to_owned();
    if parser.eat('.') {
        parser.skip_space()?;
        name = format!("{word}.{}", parser.word());
        parser.skip_space()?;
    }
    match (name.as_str(), parser.peek()) {
        ("MinKey", found) if found != Some('(') => return Ok(Bson::MinKey),
        ("MaxKey", found) if found != Some('(') => return Ok(Bson::MaxKey),
        (_, Some('(')) => {}
        (name, _) => {
            let message =
                format!("expected a value, found `{}`; a text needs quotes", shortened(name));
            return Err(parser.error_at(at, message));
        }
    }
    parser.eat('(');
    let arguments = parser.items(')', "`,` or `)`")?;
    construct(parser, (&name, at), &arguments)
}

/// What a constructor makes of its arguments.
fn construct(parser: &Parser, (name, at): (&str, usize), arguments: &[Bson]) -> Parsed<Bson> {
    let now = DateTime::from_millis(parser.now.as_millisecond());
    let made = match (name, arguments) {
        ("ObjectId" | "ObjectID", [Bson::String(hex)]) => ObjectId::parse_str(hex)
            .map(Bson::ObjectId)
            .map_err(|_| "an ObjectId has 24 hexadecimal digits".to_owned()),
        ("ISODate" | "Date", []) => Ok(Bson::DateTime(now)),
        ("Date.now", []) => Ok(number::whole_number(now.timestamp_millis())),
        ("ISODate" | "Date", [one]) => date(one),
        ("Date", parts) if parts.len() <= 7 => from_parts(parts).map(Bson::DateTime),
        ("Date.UTC", parts) if (1..=7).contains(&parts.len()) => {
            from_parts(parts).map(|date| number::whole_number(date.timestamp_millis()))
        }
        ("NumberInt" | "Int32", [one]) => int32(one),
        ("NumberLong" | "Long" | "Long.fromString" | "Long.fromNumber" | "BigInt", [one]) => {
            int64(one).map(Bson::Int64)
        }
        ("Double" | "Number", [one]) => double(one).map(Bson::Double),
        ("NumberDecimal" | "Decimal128" | "Decimal128.fromString", [one]) => decimal(one),
        ("UUID", [Bson::String(text)]) => Uuid::parse_str(text)
            .map(|uuid| Bson::Binary(uuid.into()))
            .map_err(|_| "a UUID looks like `00112233-4455-6677-8899-aabbccddeeff`".to_owned()),
        ("BinData", [subtype, Bson::String(base64)]) => {
            subtype_of(subtype).and_then(|subtype| from_base64(base64, subtype))
        }
        ("Binary.createFromBase64", [Bson::String(base64)]) => from_base64(base64, 0),
        ("Binary.createFromBase64", [Bson::String(base64), subtype]) => {
            subtype_of(subtype).and_then(|subtype| from_base64(base64, subtype))
        }
        (
            "HexData" | "Binary.createFromHexString",
            [Bson::Int32(subtype), Bson::String(hex)] | [Bson::String(hex), Bson::Int32(subtype)],
        ) => subtype_of(&Bson::Int32(*subtype)).and_then(|subtype| from_hex(hex, subtype)),
        ("Binary.createFromHexString", [Bson::String(hex)]) => from_hex(hex, 0),
        ("MD5", [Bson::String(hex)]) => from_hex(hex, 5),
        ("Timestamp", [Bson::Document(parts)]) => timestamp(parts.get("t"), parts.get("i")),
        ("Timestamp", [time, increment]) => timestamp(Some(time), Some(increment)),
        ("RegExp" | "BSONRegExp", [Bson::String(pattern)]) => regex(pattern, ""),
        ("RegExp" | "BSONRegExp", [Bson::String(pattern), Bson::String(options)]) => {
            regex(pattern, options)
        }
        ("Code", [Bson::String(code)]) => Ok(Bson::JavaScriptCode(code.clone())),
        ("Code", [Bson::String(code), Bson::Document(scope)]) => {
            Ok(Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope {
                code: code.clone(),
                scope: scope.clone(),
            }))
        }
        ("BSONSymbol" | "Symbol" | "Symbol.for", [Bson::String(symbol)]) => {
            Ok(Bson::Symbol(symbol.clone()))
        }
        ("MinKey", []) => Ok(Bson::MinKey),
        ("MaxKey", []) => Ok(Bson::MaxKey),
        ("DBRef", [Bson::String(collection), id]) => {
            Ok(doc! {"$ref": collection, "$id": id.clone()}.into())
        }
        ("DBRef", [Bson::String(collection), id, Bson::String(database)]) => {
            Ok(doc! {"$ref": collection, "$id": id.clone(), "$db": database}.into())
        }
        ("DBPointer", [Bson::String(namespace), Bson::ObjectId(id)]) => {
            super::extended::pointer(namespace, *id)
        }
        _ => Err(wrong_call(name, arguments)),
    };
    made.map_err(|message| parser.error_at(at, message))
}

fn wrong_call(name: &str, arguments: &[Bson]) -> String {
    if name == "ObjectId" && arguments.is_empty() {
        return "a query needs the 24 hexadecimal digits of the ObjectId".to_owned();
    }
    if KNOWN.contains(&name)
        || name.contains('.') && KNOWN.iter().any(|known| name.starts_with(&format!("{known}.")))
    {
        return format!("`{name}` does not take these arguments");
    }
    let nearest = KNOWN
        .iter()
        .map(|known| (strsim::osa_distance(&known.to_lowercase(), &name.to_lowercase()), known));
    match nearest.min().filter(|(distance, _)| *distance <= 3) {
        Some((_, known)) => format!("`{}` is not known; `{known}` is", shortened(name)),
        None => format!(
            "`{}` is not known; constructors such as `ObjectId`, `ISODate` and `NumberLong` are",
            shortened(name)
        ),
    }
}

fn date(value: &Bson) -> Result<Bson, String> {
    match value {
        Bson::String(text) => dates::from_text(text).map(Bson::DateTime).ok_or_else(|| {
            format!(
                "`{}` is no date such as `2026-11-23` or `2026-11-23T08:00:00Z`",
                shortened(text)
            )
        }),
        Bson::DateTime(date) => Ok(Bson::DateTime(*date)),
        other => int64(other).map(|number| Bson::DateTime(DateTime::from_millis(number))),
    }
}

fn from_parts(parts: &[Bson]) -> Result<DateTime, String> {
    let parts: Result<Vec<i64>, String> = parts.iter().map(int64).collect();
    dates::from_parts(&parts?).ok_or_else(|| "there is no such date".to_owned())
}

/// A whole number from a number or from a text.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range first")]
fn int64(value: &Bson) -> Result<i64, String> {
    let wrong = || "expected a whole number of 64 bits".to_owned();
    match value {
        Bson::Int32(number) => Ok((*number).into()),
        Bson::Int64(number) => Ok(*number),
        Bson::Double(number) if number.fract() == 0.0 && number.abs() < 9e18 => Ok(*number as i64),
        Bson::String(text) => text.trim().parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn int32(value: &Bson) -> Result<Bson, String> {
    let number = int64(value).ok().and_then(|number| i32::try_from(number).ok());
    number.map(Bson::Int32).ok_or_else(|| "expected a whole number of 32 bits".to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "a double was asked for")]
fn double(value: &Bson) -> Result<f64, String> {
    match value {
        Bson::Double(number) => Ok(*number),
        Bson::String(text) => {
            text.trim().parse().map_err(|_| format!("`{}` is no number", shortened(text)))
        }
        other => int64(other).map(|number| number as f64),
    }
}

fn decimal(value: &Bson) -> Result<Bson, String> {
    let text = match value {
        Bson::String(text) => text.clone(),
        Bson::Int32(number) => number.to_string(),
        Bson::Int64(number) => number.to_string(),
        Bson::Double(number) => number.to_string(),
        other => {
            return Err(format!("expected a number in quotes, found {}", super::kind_of(other)));
        }
    };
    let decimal = text.trim().parse::<Decimal128>();
    decimal
        .map(Bson::Decimal128)
        .map_err(|_| format!("`{}` is no number of at most 34 digits", shortened(&text)))
}

fn subtype_of(value: &Bson) -> Result<u8, String> {
    let number = int64(value).ok().and_then(|number| u8::try_from(number).ok());
    number.ok_or_else(|| "the subtype of binary data is a number from 0 to 255".to_owned())
}

/// Binary data from base 64.
pub(super) fn from_base64(base64: &str, subtype: u8) -> Result<Bson, String> {
    let binary = Binary::from_base64(base64, BinarySubtype::from(subtype));
    binary.map(Bson::Binary).map_err(|_| "expected binary data in base 64".to_owned())
}

fn from_hex(hex: &str, subtype: u8) -> Result<Bson, String> {
    let digit =
        |index: usize| hex.get(index..index + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(digit).collect();
    let bytes = bytes.filter(|_| hex.len().is_multiple_of(2) && hex.is_ascii());
    let binary = bytes.map(|bytes| Binary { subtype: BinarySubtype::from(subtype), bytes });
    binary
        .map(Bson::Binary)
        .ok_or_else(|| "expected an even number of hexadecimal digits".to_owned())
}

fn timestamp(time: Option<&Bson>, increment: Option<&Bson>) -> Result<Bson, String> {
    let half = |value: Option<&Bson>| {
        value.and_then(|value| int64(value).ok()).and_then(|number| u32::try_from(number).ok())
    };
    match (half(time), half(increment)) {
        (Some(time), Some(increment)) => Ok(Bson::Timestamp(Timestamp { time, increment })),
        _ => Err("a Timestamp is written `Timestamp({t: 1700000000, i: 1})`".to_owned()),
    }
}

/// A whole number in the smallest type that holds it, from the text of Extended JSON.
pub(super) fn whole(text: &str) -> Option<Bson> {
    text.parse().ok().map(number::whole_number)
}
