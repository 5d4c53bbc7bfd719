//! One value of the file: its type and its range. Each reader says what it expected.

use std::time::Duration;

use jiff::Timestamp;
use toml::de::DeValue;

use super::{LogLevel, ReadPreference, ThemeName, names};
use crate::domain::{
    database::CollectionType,
    placement::Strategy,
    query::{Mistake, Part, QueryText},
    shell,
};

/// What is wrong with a value, as the end of the sentence `<key> …`.
pub(super) type Read<T> = Result<T, String>;

/// The longest duration that makes sense for any setting.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

pub(super) fn text(value: &DeValue) -> Read<String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(format!("must be a text in quotes, not {}", kind(other))),
    }
}

/// A text; an empty one means that nothing is set.
pub(super) fn optional_text(value: &DeValue) -> Read<Option<String>> {
    text(value).map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// A part of a query that can be read, as it is written.
pub(super) fn shell(value: &DeValue, part: Part) -> Read<Option<String>> {
    let Some(written) = optional_text(value)? else { return Ok(None) };
    let text = |of| if of == part { written.clone() } else { String::new() };
    let query = QueryText {
        filter: text(Part::Filter),
        sort: text(Part::Sort),
        projection: text(Part::Projection),
        collation: text(Part::Collation),
        pipeline: String::new(),
    };
    // Which moment a date is computed from makes no difference to how it is written.
    let now = Timestamp::UNIX_EPOCH;
    let pipeline = || {
        let read = shell::pipeline(&text(Part::Pipeline), now);
        read.map(drop).map_err(|error| Mistake { part, error })
    };
    let read = query
        .read(now)
        .map(drop)
        .and_then(|()| if part == Part::Pipeline { pipeline() } else { Ok(()) });
    read.map_err(|mistake| {
        let failure = mistake.failure(&written);
        let message = failure.message.as_str();
        let named = format!("the {} ", part.name());
        message.strip_prefix(&named).unwrap_or(message).to_owned()
    })?;
    Ok(Some(written))
}

pub(super) fn boolean(value: &DeValue) -> Read<bool> {
    match value {
        DeValue::Boolean(boolean) => Ok(*boolean),
        other => Err(format!("must be true or false, not {}", kind(other))),
    }
}

/// A whole number from 1 to `highest`.
pub(super) fn count(value: &DeValue, highest: u32) -> Read<u32> {
    let DeValue::Integer(integer) = value else {
        return Err(format!("must be a whole number, not {}", kind(value)));
    };
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (1..=highest).contains(number))
        .ok_or_else(|| format!("must be from 1 to {highest}, not {integer}"))
}

/// A duration such as `250ms`, `4s`, `2m` or `1h`, above zero.
pub(super) fn duration(value: &DeValue) -> Read<Duration> {
    let text = text(value).map_err(|_| {
        format!("must be a duration such as \"4s\" or \"250ms\", not {}", kind(value))
    })?;
    let digits = text.trim_end_matches(|char: char| !char.is_ascii_digit());
    let unit_ms = match text.get(digits.len()..).unwrap_or_default().trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("must be a duration such as \"4s\" or \"250ms\", not `{text}`")),
    };
    let duration = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_ms))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("must be a duration such as \"4s\" or \"250ms\", not `{text}`"))?;
    if duration.is_zero() {
        return Err("must be longer than 0".to_owned());
    }
    if duration > LONGEST {
        return Err(format!("must be at most 24h, not `{text}`"));
    }
    Ok(duration)
}

/// The name of a time zone that is known here.
pub(super) fn time_zone(value: &DeValue) -> Read<String> {
    let name = text(value)?;
    match name.as_str() {
        "UTC" | "local" => Ok(name),
        other if jiff::tz::TimeZone::get(other).is_ok() => Ok(name),
        other => Err(format!(
            "must be a time zone such as \"Europe/Berlin\", \"UTC\" or \"local\", not `{other}`"
        )),
    }
}

pub(super) fn placement(value: &DeValue) -> Read<Strategy> {
    one_of(value, &Strategy::ALL, Strategy::name)
}

pub(super) fn read_preference(value: &DeValue) -> Read<ReadPreference> {
    one_of(value, &ReadPreference::ALL, ReadPreference::name)
}

/// A read preference; an empty text means that nothing is set.
pub(super) fn optional_read_preference(value: &DeValue) -> Read<Option<ReadPreference>> {
    match optional_text(value)? {
        None => Ok(None),
        Some(_) => read_preference(value).map(Some),
    }
}

pub(super) fn theme(value: &DeValue) -> Read<ThemeName> {
    one_of(value, &ThemeName::ALL, ThemeName::name)
}

pub(super) fn log_level(value: &DeValue) -> Read<LogLevel> {
    one_of(value, &LogLevel::ALL, LogLevel::name)
}

/// A database name, or what one begins with: what the server accepts.
pub(super) fn database_name(value: &DeValue) -> Read<String> {
    let name = text(value)?;
    match names::database_fault(&name) {
        None => Ok(name),
        Some(fault) => Err(fault),
    }
}

/// The name of a collection or of a field.
pub(super) fn plain_name(value: &DeValue) -> Read<String> {
    let name = text(value)?;
    match names::plain_fault(&name) {
        None => Ok(name),
        Some(fault) => Err(fault),
    }
}

pub(super) fn collection_types(value: &DeValue) -> Read<Vec<CollectionType>> {
    let mut types: Vec<CollectionType> = Vec::new();
    for name in texts(value)? {
        if let Some(fault) = names::plain_fault(&name) {
            return Err(format!("holds `{name}`, which {fault}"));
        }
        if types.iter().any(|known| known.as_str() == name) {
            return Err(format!("holds `{name}` twice"));
        }
        types.push(CollectionType::new(&name));
    }
    Ok(types)
}

/// One text or a list of texts.
pub(super) fn texts(value: &DeValue) -> Read<Vec<String>> {
    match value {
        DeValue::String(text) => Ok(vec![text.to_string()]),
        DeValue::Array(list) => list.iter().map(|entry| text(entry.get_ref())).collect(),
        other => Err(format!("must be a list of texts, not {}", kind(other))),
    }
}

fn one_of<T: Copy>(value: &DeValue, all: &[T], name: fn(T) -> &'static str) -> Read<T> {
    let given = text(value)?;
    if let Some(found) = all.iter().copied().find(|&one| name(one) == given) {
        return Ok(found);
    }
    let known: Vec<_> = all.iter().map(|&one| format!("\"{}\"", name(one))).collect();
    let nearest = names::nearest(&given, all.iter().map(|&one| name(one)));
    let meant = nearest.map(|name| format!(", did you mean \"{name}\"?")).unwrap_or_default();
    Err(format!("must be one of {}, not `{given}`{meant}", known.join(", ")))
}

/// What a value is, for `not …`. Never the value itself where it could be long or secret.
fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
