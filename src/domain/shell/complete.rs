//! What can stand at the cursor: field names, operators, constructors.

use super::parser::is_word;

/// Operators of filters on a field.
const ON_FIELDS: [&str; 22] = [
    "$all",
    "$bitsAllSet",
    "$elemMatch",
    "$eq",
    "$exists",
    "$geoIntersects",
    "$geoWithin",
    "$gt",
    "$gte",
    "$in",
    "$lt",
    "$lte",
    "$mod",
    "$ne",
    "$near",
    "$nin",
    "$not",
    "$options",
    "$regex",
    "$size",
    "$type",
    "$bitsAnySet",
];
/// Operators of filters on whole documents.
const ON_DOCUMENTS: [&str; 7] =
    ["$and", "$comment", "$expr", "$jsonSchema", "$nor", "$or", "$text"];
/// Stages of a pipeline.
const STAGES: [&str; 22] = [
    "$addFields",
    "$bucket",
    "$bucketAuto",
    "$count",
    "$densify",
    "$facet",
    "$fill",
    "$group",
    "$limit",
    "$lookup",
    "$match",
    "$project",
    "$redact",
    "$replaceRoot",
    "$replaceWith",
    "$sample",
    "$set",
    "$setWindowFields",
    "$skip",
    "$sort",
    "$sortByCount",
    "$unwind",
];
/// Accumulators and the expressions that pipelines use most.
const EXPRESSIONS: [&str; 30] = [
    "$abs",
    "$add",
    "$addToSet",
    "$arrayElemAt",
    "$avg",
    "$concat",
    "$cond",
    "$count",
    "$dateToString",
    "$dateTrunc",
    "$divide",
    "$filter",
    "$first",
    "$hour",
    "$ifNull",
    "$last",
    "$map",
    "$max",
    "$min",
    "$month",
    "$multiply",
    "$push",
    "$reduce",
    "$round",
    "$size",
    "$subtract",
    "$sum",
    "$toDate",
    "$toString",
    "$year",
];
/// Constructors of values.
const VALUES: [&str; 10] = [
    "ISODate(\"",
    "MaxKey",
    "MinKey",
    "NumberDecimal(\"",
    "NumberLong(\"",
    "ObjectId(\"",
    "UUID(\"",
    "false",
    "null",
    "true",
];
/// Most candidates that are offered.
const AT_MOST: usize = 50;

/// What can be put in place of the piece before the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// Where the piece begins, in bytes; it ends at the cursor.
    pub start: usize,
    /// What it can become, the best first.
    pub candidates: Vec<String>,
}

/// What the place before the cursor is.
struct Place {
    /// Where the piece under the cursor begins.
    start: usize,
    /// Whether a field name or an operator is expected, not a value.
    is_key: bool,
    /// Whether the piece is inside quotes.
    quote: Option<char>,
    /// Open braces and brackets.
    open: Vec<char>,
}

/// The candidates for the piece of `text` that ends at byte `cursor`: of the known `fields`
/// (dotted paths), and of what a filter or, in an array of stages, a pipeline can hold.
pub fn complete(text: &str, cursor: usize, fields: &[String], in_pipeline: bool) -> Completion {
    let before = text.get(..cursor.min(text.len())).unwrap_or(text);
    let place = place(before);
    let piece = before.get(place.start..).unwrap_or_default();
    let braces = place.open.iter().filter(|char| **char == '{').count();
    if place.open.is_empty() && !before.trim().is_empty() {
        return Completion { start: place.start, candidates: Vec::new() };
    }
    let mut known: Vec<String> = Vec::new();
    let mut add = |names: &[&str]| known.extend(names.iter().map(ToString::to_string));
    if !place.is_key {
        if place.quote.is_some() {
            known.extend(fields.iter().filter(|_| in_pipeline).map(|field| format!("${field}")));
        } else {
            add(&VALUES);
        }
    } else if in_pipeline && braces == 1 {
        add(&STAGES);
    } else {
        if braces <= 1 || piece.is_empty() || !piece.starts_with('$') {
            known.extend(fields.iter().cloned());
        }
        let mut add = |names: &[&str]| known.extend(names.iter().map(ToString::to_string));
        if in_pipeline {
            add(&EXPRESSIONS);
            add(&ON_FIELDS);
        } else if braces > 1 {
            add(&ON_FIELDS);
            add(&ON_DOCUMENTS);
        } else {
            add(&ON_DOCUMENTS);
        }
    }
    let wanted = piece.to_lowercase();
    let mut ranked: Vec<(u8, String)> = known
        .into_iter()
        .filter_map(|name| rank(&name.to_lowercase(), &wanted).map(|rank| (rank, name)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut candidates: Vec<String> = Vec::new();
    for (_, name) in ranked {
        let written = written(&name, &place);
        if written != piece && !candidates.contains(&written) && candidates.len() < AT_MOST {
            candidates.push(written);
        }
    }
    Completion { start: place.start, candidates }
}

/// How well a name fits what was typed; `None` where it does not.
fn rank(name: &str, wanted: &str) -> Option<u8> {
    if name.starts_with(wanted) {
        Some(0)
    } else if name.strip_prefix('$').is_some_and(|name| name.starts_with(wanted)) {
        Some(1)
    } else {
        (wanted.len() > 1 && name.contains(wanted)).then_some(2)
    }
}

/// The name as it has to be written there: quoted where a plain word would not do.
fn written(name: &str, place: &Place) -> String {
    let is_plain =
        name.chars().all(is_word) && !name.starts_with(|char: char| char.is_ascii_digit());
    if place.quote.is_none() && place.is_key && !is_plain {
        serde_json::Value::from(name).to_string()
    } else {
        name.to_owned()
    }
}

/// Reads the text up to the cursor as far as needed to know what may stand there.
fn place(before: &str) -> Place {
    let mut open: Vec<char> = Vec::new();
    let mut quote: Option<(char, usize)> = None;
    let mut is_key = false;
    let mut is_escaped = false;
    let mut start = 0;
    for (at, char) in before.char_indices() {
        let next = at + char.len_utf8();
        if let Some((mark, _)) = quote {
            if is_escaped {
                is_escaped = false;
            } else if char == '\\' {
                is_escaped = true;
            } else if char == mark {
                quote = None;
                start = next;
            }
            continue;
        }
        match char {
            '"' | '\'' => quote = Some((char, next)),
            '{' => {
                open.push(char);
                is_key = true;
            }
            '[' | '(' => {
                open.push(char);
                is_key = false;
            }
            '}' | ']' | ')' => {
                open.pop();
                is_key = false;
            }
            ',' => is_key = open.last() == Some(&'{'),
            ':' => is_key = false,
            _ => {}
        }
        // A path is one piece, also before it is quoted.
        let is_inside_path = is_key && char == '.' && start < at;
        if !is_word(char) && !is_inside_path {
            start = next;
        }
    }
    let start = quote.map_or(start, |(_, begin)| begin);
    Place { start, is_key, quote: quote.map(|(mark, _)| mark), open }
}
