//! A grouped number as bars.

use bson::{Bson, Document};

use super::{
    order::Class,
    shell,
    text::{SafeText, safe, safe_json},
};

/// Most bars of one chart.
pub const MOST_BARS: usize = 30;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is of.
    pub label: SafeText,
    /// How long it is.
    pub value: f64,
    /// The number as text.
    pub figure: SafeText,
}

/// Bars of the first number in each row, named after the row's `_id`, `value` or label.
///
/// Rows without a number have no bar. The longest come first where the rows are in no order
/// of their own.
pub fn bars<'a>(rows: impl IntoIterator<Item = (Option<&'a str>, &'a Document)>) -> Vec<Bar> {
    rows.into_iter().filter_map(|(label, row)| bar(label, row)).take(MOST_BARS).collect()
}

fn bar(label: Option<&str>, row: &Document) -> Option<Bar> {
    let is_number =
        |(key, value): &(&String, &Bson)| *key != "_id" && Class::of(value) == Class::Number;
    let (_, number) = row.iter().find(is_number)?;
    let label = match (label, row.get("_id")) {
        (Some(label), _) => safe(label),
        (None, Some(Bson::String(text))) => safe(text),
        (None, Some(id)) => safe(&safe_json(&shell::print(id))),
        (None, None) => safe("all"),
    };
    Some(Bar { label, value: size(number), figure: safe(&plain(number)) })
}

#[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
fn size(number: &Bson) -> f64 {
    match number {
        Bson::Int32(number) => f64::from(*number),
        Bson::Int64(number) => *number as f64,
        Bson::Double(number) => *number,
        Bson::Decimal128(number) => number.to_string().parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

fn plain(number: &Bson) -> String {
    match number {
        Bson::Int32(number) => number.to_string(),
        Bson::Int64(number) => number.to_string(),
        Bson::Double(number) => number.to_string(),
        other => other.to_string().trim_matches('"').to_owned(),
    }
}

/// How many of `width` cells a bar takes, in eighths of a cell. Bars below zero have none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "bounded by the width"
)]
pub fn eighths(bar: &Bar, bars: &[Bar], width: usize) -> usize {
    let longest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    if longest <= 0.0 || !longest.is_finite() || bar.value <= 0.0 {
        return 0;
    }
    ((bar.value / longest) * (width * 8) as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn bars_are_as_long_as_their_first_number() {
        let rows = [
            doc! {"_id": "paid", "n": 8},
            doc! {"_id": {"a": 1}, "x": "text", "n": 4_i64},
            doc! {"_id": 3, "x": "text"},
        ];
        let bars = bars(rows.iter().map(|row| (None, row)));
        let lengths: Vec<_> =
            bars.iter().map(|bar| (bar.label.as_str(), eighths(bar, &bars, 10))).collect();
        assert_eq!(lengths, [("paid", 80), ("{a: 1}", 40)]);
        assert_eq!(eighths(&Bar { value: -1.0, ..bars[0].clone() }, &bars, 10), 0);
    }
}
