//! Documents as lines: JSON Lines, and CSV that a spreadsheet can open without running it.

use std::collections::BTreeMap;

use bson::{Decimal128, RawDocument, oid::ObjectId, spec::ElementType};

use super::{
    document::{
        JsonForm,
        json::{base64, value_in, write},
        raw::{self, Element, elements},
    },
    schema::Schema,
    shell::dates,
};

/// What a file of documents is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line of Extended JSON for each document.
    Jsonl(JsonForm),
    /// A header, then a row for each document.
    Csv,
}

/// The column for fields that were not in the sample which the columns come from.
const OTHER: &str = "(other)";
/// Most columns of a file.
const MOST_COLUMNS: usize = 500;
/// Deepest nesting that becomes columns; what is deeper is JSON in its parent's cell.
const DEEPEST: usize = 8;

/// Writes documents as rows. A field has a column by its dotted path; arrays are JSON.
#[derive(Debug)]
pub struct Csv {
    leading: Vec<&'static str>,
    columns: Vec<String>,
    places: BTreeMap<String, usize>,
}

/// A row while it is filled.
struct Row {
    cells: Vec<Option<String>>,
    /// Fields without a column, as the inside of a JSON object.
    others: String,
}

impl Format {
    /// What the file's name ends with.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jsonl(_) => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// Appends the document as one line of JSON.
pub fn json_line(text: &mut String, document: &RawDocument, form: JsonForm) {
    write(text, document.as_bytes(), form);
    text.push('\n');
}

impl Csv {
    /// Columns for the fields of a sample. `leading` columns come first; their cells are
    /// given with each row.
    pub fn new(leading: Vec<&'static str>, sample: &Schema) -> Self {
        let holds_values = |types: &[(&str, u64)]| types.iter().any(|(name, _)| *name != "object");
        let is_in_array = |path: &str| {
            sample.fields.iter().any(|field| {
                let is_parent =
                    path.strip_prefix(&field.path).is_some_and(|rest| rest.starts_with('.'));
                is_parent && field.types.iter().any(|(name, _)| *name == "array")
            })
        };
        let columns: Vec<String> = sample
            .fields
            .iter()
            .filter(|field| holds_values(&field.types) && !is_in_array(&field.path))
            .filter(|field| field.path.matches('.').count() < DEEPEST)
            .map(|field| field.path.clone())
            .take(MOST_COLUMNS)
            .collect();
        let places = columns.iter().cloned().zip(0..).collect();
        Self { leading, columns, places }
    }

    /// The header line.
    pub fn header(&self) -> String {
        let names = self.leading.iter().copied().chain(self.columns.iter().map(String::as_str));
        let cells: Vec<String> =
            names.chain([OTHER]).map(|name| guarded(name.to_owned())).collect();
        let mut text = String::new();
        line(&mut text, &cells);
        text
    }

    /// Appends the line of a document.
    pub fn row(&self, text: &mut String, leading: &[&str], document: &RawDocument) {
        let mut row = Row { cells: vec![None; self.columns.len()], others: String::new() };
        self.fill(document.as_bytes(), ("", 0), &mut row);
        let Row { cells, mut others } = row;
        if !others.is_empty() {
            others.insert(0, '{');
            others.push('}');
        }
        let leading = leading.iter().map(|cell| guarded((*cell).to_owned()));
        let own = cells.into_iter().map(Option::unwrap_or_default);
        let cells: Vec<String> = leading.chain(own).chain([others]).collect();
        line(text, &cells);
    }

    fn fill(&self, bytes: &[u8], (prefix, depth): (&str, usize), row: &mut Row) {
        for element in elements(bytes, 0).map_while(Result::ok) {
            let key = String::from_utf8_lossy(element.key);
            let path = if prefix.is_empty() { key.into_owned() } else { format!("{prefix}.{key}") };
            let is_filled =
                element.kind == ElementType::EmbeddedDocument && element.value.len() > 5;
            if is_filled && depth + 1 < DEEPEST {
                self.fill(element.value, (&path, depth + 1), row);
                continue;
            }
            let cell = self.places.get(&path).and_then(|place| row.cells.get_mut(*place));
            match cell {
                Some(cell) if cell.is_none() => *cell = Some(text(&element)),
                _ => {
                    if !row.others.is_empty() {
                        row.others.push(',');
                    }
                    row.others.push_str(&serde_json::Value::from(path).to_string());
                    row.others.push(':');
                    row.others.push_str(&value_in(&element, JsonForm::Relaxed));
                }
            }
        }
    }
}

/// Appends the cells as a line, in place: a cell may hold 16 MB. Quotes where RFC 4180 wants
/// them.
fn line(text: &mut String, cells: &[String]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if !cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            text.push_str(cell);
            continue;
        }
        text.push('"');
        for (index, part) in cell.split('"').enumerate() {
            text.push_str(if index > 0 { "\"\"" } else { "" });
            text.push_str(part);
        }
        text.push('"');
    }
    text.push('\n');
}

/// What a spreadsheet would run as a formula begins with an apostrophe instead; also where
/// the sign stands behind what some readers trim.
fn guarded(text: String) -> String {
    let is_trimmed = |char: char| {
        char.is_whitespace()
            || char.is_control()
            || matches!(char, '"' | '\'' | '\u{200b}' | '\u{feff}')
    };
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if text.trim_start_matches(is_trimmed).starts_with(signs)
        || text.starts_with(['\t', '\r', '\n'])
    {
        format!("'{text}")
    } else {
        text
    }
}

/// A double as other programs write it: `inf` would be a text.
fn double(number: f64) -> String {
    if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        number.to_string()
    }
}

/// A value in a cell: numbers, dates and ids bare, other types as Extended JSON.
fn text(element: &Element<'_>) -> String {
    let value = element.value;
    match element.kind {
        ElementType::String => guarded(String::from_utf8_lossy(raw::text(value)).into_owned()),
        ElementType::Int32 => i32::from_le_bytes(raw::fixed(value)).to_string(),
        ElementType::Int64 => i64::from_le_bytes(raw::fixed(value)).to_string(),
        ElementType::Double => double(f64::from_le_bytes(raw::fixed(value))),
        ElementType::Boolean => (value != [0]).to_string(),
        ElementType::Null => "null".to_owned(),
        ElementType::ObjectId => ObjectId::from_bytes(raw::fixed(value)).to_hex(),
        ElementType::Decimal128 => Decimal128::from_bytes(raw::fixed(value)).to_string(),
        ElementType::DateTime => {
            let milliseconds = i64::from_le_bytes(raw::fixed(value));
            dates::to_text(milliseconds).unwrap_or_else(|| milliseconds.to_string())
        }
        ElementType::Binary => {
            let (subtype, bytes) = raw::subtype_and_bytes(value);
            if let (4, Ok(uuid)) = (subtype, <[u8; 16]>::try_from(bytes)) {
                bson::Uuid::from_bytes(uuid).to_string()
            } else {
                let mut text = String::new();
                base64(&mut text, bytes);
                guarded(text)
            }
        }
        _ => guarded(value_in(element, JsonForm::Relaxed)),
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;

    fn rows(documents: &[bson::RawDocumentBuf], n_sampled: usize) -> String {
        let sample = Schema::of(documents.iter().take(n_sampled).map(std::convert::AsRef::as_ref));
        let csv = Csv::new(vec![], &sample);
        documents.iter().fold(csv.header(), |mut text, document| {
            csv.row(&mut text, &[], document);
            text
        })
    }

    #[test]
    fn nested_fields_are_columns_and_arrays_are_json() {
        let documents = [rawdoc! {"_id": 1, "a": {"b": 2.5, "c": {}}, "d": [1, "x"], "e": null}];
        assert_eq!(
            rows(&documents, 1),
            "_id,a.b,d,e,(other)\n1,2.5,\"[1,\"\"x\"\"]\",null,\"{\"\"a.c\"\":{}}\"\n"
        );
    }

    #[test]
    fn late_fields_are_kept_in_a_column_of_their_own() {
        let documents = [rawdoc! {"_id": 1}, rawdoc! {"_id": 2, "late": "x", "more": {"y": 5}}];
        assert_eq!(
            rows(&documents, 1),
            "_id,(other)\n1,\n2,\"{\"\"late\"\":\"\"x\"\",\"\"more.y\"\":5}\"\n"
        );
    }

    #[test]
    fn nothing_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            let documents = [rawdoc! {"a": text}];
            let found = rows(&documents, 1);
            let mut reader = csv::Reader::from_reader(found.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(&record[0], format!("'{text}"));
        }
        let negative = [rawdoc! {"a": -5, "b": -2.5}];
        assert!(rows(&negative, 1).ends_with("\n-5,-2.5,\n"));
    }

    #[test]
    fn quotes_commas_and_newlines_come_back() {
        let text = "a \"b\", c\nd";
        let documents = [rawdoc! {"a": text}];
        let found = rows(&documents, 1);
        let mut reader = csv::Reader::from_reader(found.as_bytes());
        assert_eq!(&reader.records().next().unwrap().unwrap()[0], text);
    }
}
