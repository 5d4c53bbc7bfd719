//! Commands that can be pasted into a shell as they are printed.
//!
//! No backslash, quote or hostile character of a name gets into a command: making a text
//! safe to show doubles backslashes, and the command has to work afterwards.

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::{
    database::{Database, DatabaseId, Layout},
    finding::Rule,
    store::{Problem, RecordId, Route, Store},
    text::safe,
};

/// What every change of the registry asks for.
const DURABLE: &str = r#"{writeConcern: {w: "majority"}}"#;

/// Lets tilldeck do what it can do by itself.
pub(super) fn fix(rule: Rule) -> String {
    format!("tilldeck doctor --rule {} --fix", rule.id())
}

/// Lets tilldeck do what it can do by itself for one store; for all, where neither its storeId
/// nor its prefix can be an argument.
pub(super) fn fix_store(rule: Rule, store: &Store) -> String {
    let texts = [&store.store_id, &store.prefix].into_iter().flatten();
    match texts.filter(|text| !text.starts_with('-')).find_map(|text| quoted(text)) {
        Some(store) => format!("tilldeck doctor --rule {} --store {store} --fix", rule.id()),
        None => fix(rule),
    }
}

/// A command of tilldeck about one store, by whichever of its texts a shell takes as it is.
pub(super) fn about(command: &str, store: &Store) -> Option<String> {
    let texts = [&store.store_id, &store.prefix, &store.name];
    let argument = texts.into_iter().flatten().find_map(|text| quoted(text))?;
    Some(format!("tilldeck {command} {argument}"))
}

/// A script for mongosh on the main database's deployment. It must hold no single quote.
pub(super) fn mongosh(script: &str) -> String {
    format!("mongosh \"$MONGODB_URI\" --quiet --eval '{script}'")
}

/// One record of the registry, printed; all that cannot be named otherwise are listed.
pub(super) fn show_record(layout: &Layout, store: &Store) -> String {
    let Some(id) = id(&store.record) else { return "tilldeck stores --problems".into() };
    let registry = collection(layout, Database::Main, &layout.registry.collection);
    mongosh(&format!("print(EJSON.stringify({registry}.findOne({{_id: {id}}})))"))
}

/// Records with this value in a field, printed.
pub(super) fn show_records(layout: &Layout, field: &str, value: &str) -> String {
    let registry = collection(layout, Database::Main, &layout.registry.collection);
    let filter = format!("{{{}: {}}}", key(field), js(value));
    mongosh(&format!("{registry}.find({filter}).forEach(r => print(EJSON.stringify(r)))"))
}

/// How many documents collections hold, and the newest `_id` of each: what tells which of
/// two places is in use.
pub(super) fn compare<'n>(
    layout: &Layout,
    places: impl IntoIterator<Item = (Database, Vec<&'n str>)>,
) -> String {
    let place = |(database, names): (Database, Vec<&str>)| {
        let names: Vec<_> = names.into_iter().map(js).collect();
        format!("[{}, [{}]]", js(&layout.name_of(database)), names.join(", "))
    };
    let places = places.into_iter().filter(|(_, names)| !names.is_empty());
    let places: Vec<_> = places.map(place).collect();
    mongosh(&format!(
        "[{}].forEach(([d, names]) => names.forEach(n => {{ \
         const c = db.getSiblingDB(d).getCollection(n); \
         const newest = c.find({{}}, {{_id: 1}}).sort({{_id: -1}}).limit(1).toArray(); \
         print(d, n, c.estimatedDocumentCount(), EJSON.stringify(newest)) }}))",
        places.join(", ")
    ))
}

/// Drops collections, each only if it is empty when the command runs.
pub(super) fn drop_empty<'n>(
    layout: &Layout,
    database: Database,
    names: impl IntoIterator<Item = &'n str>,
) -> String {
    let names: Vec<_> = names.into_iter().map(js).collect();
    mongosh(&format!(
        "[{}].forEach(n => {{ const c = {}.getCollection(n); \
         if (c.countDocuments({{}}, {{limit: 1}}) === 0) print(n, c.drop()); \
         else print(n, \"is not empty, kept\") }})",
        names.join(", "),
        sibling(layout, database)
    ))
}

/// Points a record at a shard, or with `None` at the main database, if it still is as it was
/// found. `None` for a record that cannot be named.
pub(super) fn route(layout: &Layout, store: &Store, to: Option<DatabaseId>) -> Option<String> {
    let field = key(&layout.registry.database_id);
    let change = match to {
        Some(to) => format!("{{$set: {{{field}: NumberInt({to})}}}}"),
        None => format!("{{$unset: {{{field}: \"\"}}}}"),
    };
    change_record(layout, store, &still_routed(layout, store), &change)
}

/// Gives a record another text in one field, if it still has the one that was found there;
/// `None` stands for no text at all, or an empty one.
pub(super) fn rename(
    layout: &Layout,
    store: &Store,
    field: &str,
    found: Option<&str>,
    to: &str,
) -> Option<String> {
    let field = key(field);
    let found = found.map_or_else(|| r#"{$not: {$gt: ""}}"#.to_owned(), js);
    let condition = format!(", {field}: {found}");
    change_record(layout, store, &condition, &format!("{{$set: {{{field}: {}}}}}", js(to)))
}

/// A collection in mongosh.
pub(super) fn collection(layout: &Layout, database: Database, name: &str) -> String {
    format!("{}.getCollection({})", sibling(layout, database), js(name))
}

fn change_record(layout: &Layout, store: &Store, condition: &str, change: &str) -> Option<String> {
    let id = id(&store.record)?;
    let registry = collection(layout, Database::Main, &layout.registry.collection);
    Some(mongosh(&format!("{registry}.updateOne({{_id: {id}{condition}}}, {change}, {DURABLE})")))
}

/// The condition that the record still says what it said. Only a plain number can be
/// compared: the value of a drifted one is not known as it is stored.
fn still_routed(layout: &Layout, store: &Store) -> String {
    let is_drifted = store.problems.iter().any(|p| matches!(p, Problem::DriftedType { .. }));
    let field = key(&layout.registry.database_id);
    match store.route {
        Route::Legacy => format!(", {field}: null"),
        Route::Shard(id) if !is_drifted => format!(", {field}: {id}"),
        Route::OutOfRange(number) if !is_drifted && number.is_finite() => {
            format!(", {field}: {number}")
        }
        _ => String::new(),
    }
}

fn sibling(layout: &Layout, database: Database) -> String {
    format!("db.getSiblingDB({})", js(&layout.name_of(database)))
}

/// The `_id` as mongosh reads it; `None` where the record has none that can be read.
fn id(record: &RecordId) -> Option<String> {
    serde_json::from_str(record.as_str()).ok().map(|id| value(&id))
}

/// A value, given as relaxed Extended JSON, as mongosh reads it.
pub(super) fn value(json: &Value) -> String {
    if let Some(number) = json.as_i64() {
        let is_small = i32::try_from(number).is_ok();
        return if is_small { number.to_string() } else { format!("NumberLong(\"{number}\")") };
    }
    match (json, json.get("$oid").and_then(Value::as_str)) {
        (_, Some(hex)) => format!("ObjectId({})", js(hex)),
        (Value::String(text), _) => js(text),
        (Value::Object(_) | Value::Array(_), _) => {
            format!("EJSON.parse({})", js(&json.to_string()))
        }
        (other, _) => other.to_string(),
    }
}

/// A field's name inside an object of JavaScript.
pub(super) fn key(field: &str) -> String {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let is_plain = field.chars().all(is_word) && !field.starts_with(|c: char| c.is_ascii_digit());
    if is_plain && !field.is_empty() { field.to_owned() } else { format!("[{}]", js(field)) }
}

/// A text as JavaScript: what is no plain character is spelled by its number.
pub(super) fn js(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for char in text.chars() {
        if is_harmless(char) && !matches!(char, '\'' | '"') {
            plain.push(char);
            continue;
        }
        if !plain.is_empty() {
            parts.push(format!("\"{}\"", std::mem::take(&mut plain)));
        }
        let mut part = String::new();
        // Writing to a string cannot fail.
        let _ = write!(part, "String.fromCodePoint({})", u32::from(char));
        parts.push(part);
    }
    if !plain.is_empty() || parts.is_empty() {
        parts.push(format!("\"{plain}\""));
    }
    parts.join(" + ")
}

/// A text as one argument of a shell; `None` where that takes characters that cannot be
/// printed as they are.
fn quoted(text: &str) -> Option<String> {
    if !text.chars().all(is_harmless) {
        return None;
    }
    let argument = format!("'{}'", text.replace('\'', r#"'"'"'"#));
    Some(if text.starts_with('-') { format!("-- {argument}") } else { argument })
}

fn is_harmless(char: char) -> bool {
    safe(char.encode_utf8(&mut [0; 4])).as_str().chars().eq([char])
}
