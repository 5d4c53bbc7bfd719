//! Dates as people write them; without a zone they are UTC.

use bson::DateTime;
use jiff::{SignedDuration, Timestamp, civil};

/// The moment that an ISO 8601 text names: a date, or a date and a time, with or without zone.
pub(super) fn from_text(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let stamp = text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let milliseconds = stamp.or_else(|| in_utc(text)).or_else(|| year_and_month(text))?;
    Some(DateTime::from_millis(milliseconds))
}

/// Also the last two days of the year 9999, which are beyond `Timestamp` and stand for "never".
fn in_utc(text: &str) -> Option<i64> {
    text.trim_end_matches(['Z', 'z']).parse().ok().map(milliseconds)
}

/// Milliseconds from the beginning of 1970 to a date and time in UTC.
fn milliseconds(civil: civil::DateTime) -> i64 {
    let epoch = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    i64::try_from(civil.duration_since(epoch).as_millis()).unwrap_or_default()
}

/// A moment in UTC as ISO 8601 with milliseconds; `None` outside the years 1 to 9999.
pub(crate) fn to_text(milliseconds: i64) -> Option<String> {
    const CALENDAR: std::ops::Range<i64> = -62_135_596_800_000..253_402_300_800_000;
    let epoch = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    CALENDAR.contains(&milliseconds).then_some(())?;
    let civil = epoch.checked_add(SignedDuration::from_millis(milliseconds)).ok()?;
    Some(format!("{civil:.3}Z"))
}

/// `2026` and `2026-11`, which JavaScript takes too.
fn year_and_month(text: &str) -> Option<i64> {
    let (year, month) = text.split_once('-').unwrap_or((text, "01"));
    let is_short = year.len() == 4 && month.len() == 2;
    is_short.then(|| in_utc(&format!("{year}-{month}-01"))).flatten()
}

/// The moment of a date in parts, as `new Date(2026, 10, 23, 8)` gives it: months from 0, and
/// what is too much goes over into the next larger part.
pub(super) fn from_parts(parts: &[i64]) -> Option<DateTime> {
    let part = |index: usize, otherwise: i64| parts.get(index).copied().unwrap_or(otherwise);
    let months = part(0, 1970).checked_mul(12)?.checked_add(part(1, 0))?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let first = civil::Date::new(year, month, 1).ok()?.at(0, 0, 0, 0);
    let mut moment = milliseconds(first);
    for (index, unit) in [(2, 86_400_000), (3, 3_600_000), (4, 60_000), (5, 1000), (6, 1)] {
        let amount = if index == 2 { part(2, 1).checked_sub(1)? } else { part(index, 0) };
        moment = moment.checked_add(amount.checked_mul(unit)?)?;
    }
    Some(DateTime::from_millis(moment))
}
