//! The schemas that hold the output of `--json`.

use std::{fs, path::Path};

use serde_json::Value;

/// What of a document is not as its schema in `assets/schemas` says.
pub(crate) fn schema_faults(schema: &str, document: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets/schemas")
        .join(format!("{schema}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator
        .iter_errors(document)
        .map(|error| format!("{} at {}", error, error.instance_path))
        .collect()
}
