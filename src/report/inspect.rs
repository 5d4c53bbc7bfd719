//! `inspect` and `schema`: what a collection is made of.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use bson::{Bson, Document};
use serde::Serialize;
use serde_json::Value;

use super::{
    error::ErrorBody,
    look::Look,
    table::{Cell, Side, Table},
};
use crate::domain::{
    collection::{IndexFacts, Inspection},
    format,
    schema::{Field, Schema},
    shell::{self, dates},
    text::{SafeText, safe},
};

/// A collection from all sides, for `--json`.
#[derive(Debug, Serialize)]
pub struct InspectReport {
    database: String,
    collection: String,
    kind: &'static str,
    documents: Option<u64>,
    options: Value,
    validator: Value,
    indexes: Vec<IndexRow>,
    /// Why figures are null.
    errors: Vec<ErrorBody>,
}

#[derive(Debug, Serialize)]
struct IndexRow {
    name: String,
    key: Value,
    options: Value,
    bytes: Option<u64>,
    uses: Option<u64>,
    since: Option<String>,
}

fn extended(document: &Document) -> Value {
    Bson::Document(document.clone()).into_relaxed_extjson()
}

impl InspectReport {
    /// The report for `--json`.
    pub fn new(database: &str, collection: &str, found: &Inspection) -> Self {
        let index = |index: &IndexFacts| IndexRow {
            name: index.name.clone(),
            key: extended(&index.key),
            options: extended(&index.options),
            bytes: index.bytes,
            uses: index.uses.map(|(uses, _)| uses),
            since: index.uses.and_then(|(_, since)| dates::to_text(since.timestamp_millis())),
        };
        let validator = found.facts.options.get_document("validator").ok();
        Self {
            database: database.to_owned(),
            collection: collection.to_owned(),
            kind: found.facts.form.name(),
            documents: found.facts.estimated,
            options: extended(&found.facts.options),
            validator: validator.map_or(Value::Null, extended),
            indexes: found.indexes.iter().map(index).collect(),
            errors: found.failures.iter().map(ErrorBody::new).collect(),
        }
    }

    /// The report for people.
    pub fn text(database: &str, collection: &str, found: &Inspection, look: Look) -> String {
        let parts = [safe(collection), safe(database), safe(found.facts.form.name())];
        let mut text = format!("{}\n\n", SafeText::join(&parts, look.dot()));
        let mut table = Table::new(&[
            ("INDEX", Side::Left),
            ("KEY", Side::Left),
            ("SIZE", Side::Right),
            ("USES", Side::Right),
            ("SINCE", Side::Left),
            ("OPTIONS", Side::Left),
        ]);
        for index in &found.indexes {
            table.row(index_cells(index));
        }
        text.push_str(&table.render());
        if found.indexes.is_empty() {
            text.push_str("no indexes\n");
        }
        let printed = |document: &Document| safe(&shell::print(&Bson::Document(document.clone())));
        let mut options = found.facts.options.clone();
        let validator = options.remove("validator");
        let _ = match validator.as_ref().and_then(Bson::as_document) {
            Some(validator) => writeln!(text, "\nvalidator  {}", printed(validator)),
            None => writeln!(text, "\nvalidator  none"),
        };
        let _ = writeln!(text, "options    {}", printed(&options));
        for failure in &found.failures {
            let _ = writeln!(text, "{} {}", look.cross(), failure.message);
        }
        text
    }
}

fn index_cells(index: &IndexFacts) -> Vec<Cell> {
    let printed = |document: &Document| safe(&shell::print(&Bson::Document(document.clone())));
    let figure = |figure: Option<String>| match figure {
        Some(text) => Cell::plain(safe(&text)),
        None => Cell::dim(safe("-")),
    };
    let options =
        if index.options.is_empty() { SafeText::default() } else { printed(&index.options) };
    let since = index.uses.and_then(|(_, since)| dates::to_text(since.timestamp_millis()));
    vec![
        Cell::plain(safe(&index.name)),
        Cell::plain(printed(&index.key)),
        figure(index.bytes.map(format::bytes)),
        figure(index.uses.map(|(uses, _)| format::count(uses))),
        figure(since),
        Cell::plain(options),
    ]
}

/// What a sample looks like, for `--json`.
#[derive(Debug, Serialize)]
pub struct SchemaReport {
    database: String,
    collection: String,
    documents: u64,
    fields: Vec<FieldRow>,
    /// Whether there were more fields than are kept.
    cut: bool,
}

#[derive(Debug, Serialize)]
struct FieldRow {
    path: String,
    documents: u64,
    /// Part of the documents that have it, from 0 to 1.
    presence: f64,
    types: Vec<TypeRow>,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TypeRow {
    #[serde(rename = "type")]
    name: &'static str,
    values: u64,
}

impl SchemaReport {
    /// The report for `--json`.
    pub fn new(database: &str, collection: &str, schema: &Schema) -> Self {
        let field = |field: &Field| FieldRow {
            path: field.path.clone(),
            documents: field.n_documents,
            presence: presence(field, schema),
            types: field
                .types
                .iter()
                .map(|(name, values)| TypeRow { name, values: *values })
                .collect(),
            values: field.values.iter().map(|value| value.as_str().to_owned()).collect(),
        };
        Self {
            database: database.to_owned(),
            collection: collection.to_owned(),
            documents: schema.n_documents,
            fields: schema.fields.iter().map(field).collect(),
            cut: schema.is_cut,
        }
    }

    /// The report for people.
    pub fn text(schema: &Schema) -> String {
        let mut table = Table::new(&[
            ("FIELD", Side::Left),
            ("IN", Side::Right),
            ("TYPES", Side::Left),
            ("VALUES", Side::Left),
        ]);
        for field in &schema.fields {
            let types: Vec<String> =
                field.types.iter().map(|(name, _)| (*name).to_owned()).collect();
            table.row(vec![
                Cell::plain(safe(&field.path)),
                Cell::plain(safe(&format!("{:.0} %", presence(field, schema) * 100.0))),
                Cell::plain(safe(&types.join(" | "))),
                Cell::dim(SafeText::join(&field.values, ", ")),
            ]);
        }
        let count = format::count(schema.n_documents);
        format!("{}\n{count} documents looked at\n", table.render())
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn presence(field: &Field, schema: &Schema) -> f64 {
    field.n_documents as f64 / (schema.n_documents.max(1)) as f64
}
