//! The configuration file: every key read on its own, so that every fault is found at once.

use std::{collections::BTreeMap, io, ops::Range, path::Path, time::Duration};

use secrecy::SecretString;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Config, ConsoleConfig, Fault, Faults, KeyCheck, QueryConfig, SavedQuery, ShardOverride, Timing,
    fault::reason,
    names,
    value::{self, Read},
};
use crate::domain::{
    database::{CollectionType, DatabaseId, Layout, RegistryNames},
    query::Part,
};

/// Most shards that a fleet may have; each costs a pool and a row.
const MOST_SHARDS: u32 = 1000;

/// Most stores that a shard may take.
const MOST_STORES: u32 = 1_000_000;

/// URIs as the file gives them, before `env:` and `file:` are looked up, with their places.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The main database's.
    pub(super) uri: Option<(SecretString, Range<usize>)>,
    /// Those of shards with a cluster of their own.
    pub(super) shards: BTreeMap<DatabaseId, (SecretString, Range<usize>)>,
}

/// The file's text, or `None` where there is none to read.
pub(super) fn text(path: &Path, is_named: bool, faults: &mut Faults) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => None,
        Err(error) => {
            let message = format!(
                "the configuration `{}` cannot be read: {}",
                path.display(),
                reason(&error)
            );
            faults.add_outside(Fault::new(&message).hint("Name a file that exists and is yours"));
            None
        }
    }
}

/// Reads the file's text over `config`.
pub(super) fn read(
    text: &str,
    config: &mut Config,
    sources: &mut Sources,
    (faults, check_keys): (&mut Faults, KeyCheck),
) {
    faults.set_text(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        // Only the parser's own words: its display would quote the line, password included.
        faults.add(error.span().unwrap_or_default(), Fault::new(error.message()));
    }
    let mut shards = None;
    let mut reader = Reader { section: "", faults };
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "shards" => shards = Some(value),
            _ => top_level(key, value, config, sources, &mut reader),
        }
    }
    // Shards come last, because their numbers are checked against `database_count`.
    if let Some(value) = shards {
        read_shards(value, config, sources, reader.faults);
    }
    check_layout(&config.layout, table.get_ref(), reader.faults);
    if let Some(section) = table.get_ref().get("keys") {
        for message in check_keys(&config.keys) {
            reader.faults.add(place_of(&message, section), Fault::new(&message));
        }
    }
}

/// Where the action is that the message names; the section, where it names none.
fn place_of(message: &str, section: &Spanned<DeValue>) -> Range<usize> {
    let DeValue::Table(actions) = section.get_ref() else { return section.span() };
    let named = actions.keys().find(|action| message.contains(&format!("`{}`", action.get_ref())));
    named.map_or(section.span(), Spanned::span)
}

/// A key as it stands in the file.
type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;

/// Collects the faults of one section.
struct Reader<'f> {
    /// The section's name; empty at the top.
    section: &'static str,
    faults: &'f mut Faults,
}

impl Reader<'_> {
    /// Puts the value into `target`, or says what is wrong with it.
    fn set<T>(
        &mut self,
        target: &mut T,
        key: &Key,
        value: &Spanned<DeValue>,
        read: impl FnOnce(&DeValue) -> Read<T>,
    ) {
        match read(value.get_ref()) {
            Ok(value) => *target = value,
            Err(fault) => {
                let message = format!("`{}` {fault}", key.get_ref());
                self.faults.add(value.span(), Fault::new(&message));
            }
        }
    }

    /// Says that there is no such key, and which one may be meant.
    fn unknown(&mut self, key: &Key, known: &[&str]) {
        let place =
            if self.section.is_empty() { String::new() } else { format!(" in [{}]", self.section) };
        let name = key.get_ref();
        let fault = match names::nearest(name, known.iter().copied()) {
            Some(meant) => {
                Fault::new(&format!("unknown key `{name}`{place}, did you mean `{meant}`?"))
            }
            None => Fault::new(&format!("unknown key `{name}`{place}"))
                .hint(&format!("Use one of {}", known.join(", "))),
        };
        self.faults.add(key.span(), fault);
    }

    /// Reads each key of a section with `read`, which returns false for a key it does not know.
    fn section(
        &mut self,
        name: &'static str,
        value: &Spanned<DeValue>,
        known: &[&str],
        mut read: impl FnMut(&mut Reader, &Key, &Spanned<DeValue>) -> bool,
    ) {
        let DeValue::Table(table) = value.get_ref() else {
            self.faults
                .add(value.span(), Fault::new(&format!("`{name}` must be a section: [{name}]")));
            return;
        };
        let mut reader = Reader { section: name, faults: self.faults };
        for (key, value) in table {
            if !read(&mut reader, key, value) {
                reader.unknown(key, known);
            }
        }
    }
}

const TOP_LEVEL: &[&str] = &[
    "uri",
    "environment",
    "read_only",
    "main_database",
    "database_prefix",
    "database_count",
    "stores_per_database",
    "placement",
    "read_preference",
    "log_level",
    "shards",
    "collections",
    "registry",
    "timing",
    "query",
    "queries",
    "console",
    "keys",
];

fn top_level(
    key: &Key,
    value: &Spanned<DeValue>,
    config: &mut Config,
    sources: &mut Sources,
    reader: &mut Reader,
) {
    let layout = &mut config.layout;
    match key.get_ref().as_ref() {
        "uri" => reader.set(&mut sources.uri, key, value, |found| source(found, value.span())),
        "environment" => reader.set(&mut config.environment, key, value, value::optional_text),
        "read_only" => reader.set(&mut config.read_only, key, value, value::boolean),
        "main_database" => reader.set(&mut layout.main_database, key, value, value::database_name),
        "database_prefix" => {
            reader.set(&mut layout.database_prefix, key, value, value::database_name);
        }
        "database_count" => reader
            .set(&mut layout.database_count, key, value, |found| value::count(found, MOST_SHARDS)),
        "stores_per_database" => reader.set(&mut layout.stores_per_database, key, value, |found| {
            value::count(found, MOST_STORES)
        }),
        "placement" => reader.set(&mut config.placement, key, value, value::placement),
        "read_preference" => {
            reader.set(&mut config.read_preference, key, value, value::read_preference);
        }
        "log_level" => reader.set(&mut config.log_level, key, value, value::log_level),
        "collections" => read_collections(reader, value, layout),
        "registry" => read_registry(reader, value, &mut layout.registry),
        "timing" => read_timing(reader, value, &mut config.timing),
        "query" => read_query(reader, value, &mut config.query),
        "queries" => read_queries(reader, value, &mut config.queries),
        "console" => read_console(reader, value, &mut config.console),
        "keys" => read_keys(reader, value, &mut config.keys),
        _ => reader.unknown(key, TOP_LEVEL),
    }
}

fn source(value: &DeValue, span: Range<usize>) -> Read<Option<(SecretString, Range<usize>)>> {
    Ok(value::optional_text(value)?.map(|text| (text.into(), span)))
}

fn read_collections(reader: &mut Reader, value: &Spanned<DeValue>, layout: &mut Layout) {
    const KNOWN: &[&str] = &["types", "required", "created"];
    reader.section("collections", value, KNOWN, |reader, key, value| {
        let target: &mut Vec<CollectionType> = match key.get_ref().as_ref() {
            "types" => &mut layout.collection_types,
            "required" => &mut layout.required_types,
            "created" => &mut layout.created_types,
            _ => return false,
        };
        reader.set(target, key, value, value::collection_types);
        true
    });
}

fn read_registry(reader: &mut Reader, value: &Spanned<DeValue>, registry: &mut RegistryNames) {
    const KNOWN: &[&str] = &["collection", "store_id", "name", "prefix", "database_id", "users"];
    reader.section("registry", value, KNOWN, |reader, key, value| {
        let target: &mut String = match key.get_ref().as_ref() {
            "collection" => &mut registry.collection,
            "store_id" => &mut registry.store_id,
            "name" => &mut registry.name,
            "prefix" => &mut registry.prefix,
            "database_id" => &mut registry.database_id,
            "users" => &mut registry.users,
            _ => return false,
        };
        reader.set(target, key, value, value::plain_name);
        true
    });
}

fn read_timing(reader: &mut Reader, value: &Spanned<DeValue>, timing: &mut Timing) {
    const KNOWN: &[&str] = &[
        "probe_interval",
        "probe_timeout",
        "slow_after",
        "login_interval",
        "retry_at_most",
        "registry_poll",
        "read_timeout",
    ];
    reader.section("timing", value, KNOWN, |reader, key, value| {
        let target: &mut Duration = match key.get_ref().as_ref() {
            "probe_interval" => &mut timing.probe_interval,
            "probe_timeout" => &mut timing.probe_timeout,
            "slow_after" => &mut timing.slow_after,
            "login_interval" => &mut timing.login_interval,
            "retry_at_most" => &mut timing.retry_at_most,
            "registry_poll" => &mut timing.registry_poll,
            "read_timeout" => &mut timing.read_timeout,
            _ => return false,
        };
        reader.set(target, key, value, value::duration);
        true
    });
}

fn read_console(reader: &mut Reader, value: &Spanned<DeValue>, console: &mut ConsoleConfig) {
    const KNOWN: &[&str] = &["theme", "ascii", "mouse", "no_color", "time_zone"];
    reader.section("console", value, KNOWN, |reader, key, value| {
        match key.get_ref().as_ref() {
            "theme" => reader.set(&mut console.theme, key, value, value::theme),
            "ascii" => reader.set(&mut console.ascii, key, value, value::boolean),
            "mouse" => reader.set(&mut console.mouse, key, value, value::boolean),
            "no_color" => reader.set(&mut console.no_color, key, value, value::boolean),
            "time_zone" => reader.set(&mut console.time_zone, key, value, value::time_zone),
            _ => return false,
        }
        true
    });
}

/// Action names and keys are known to the console alone, which checks them.
/// Most documents on a page or in a sample.
const MOST_DOCUMENTS: u32 = 10_000;
/// Most commands at once on one database; the pools are small on purpose.
const MOST_AT_ONCE: u32 = 32;

fn read_query(reader: &mut Reader, value: &Spanned<DeValue>, query: &mut QueryConfig) {
    const KNOWN: &[&str] =
        &["max_time", "export_time", "per_database", "deadline", "page", "sample", "ask_above"];
    reader.section("query", value, KNOWN, |reader, key, value| {
        let (duration, number) = match key.get_ref().as_ref() {
            "max_time" => (Some(&mut query.max_time), None),
            "export_time" => (Some(&mut query.export_time), None),
            "deadline" => (Some(&mut query.deadline), None),
            "per_database" => (None, Some((&mut query.per_database, MOST_AT_ONCE))),
            "page" => (None, Some((&mut query.page, MOST_DOCUMENTS))),
            "sample" => (None, Some((&mut query.sample, MOST_DOCUMENTS))),
            "ask_above" => (None, Some((&mut query.ask_above, u32::MAX))),
            _ => return false,
        };
        if let Some(target) = duration {
            reader.set(target, key, value, value::duration);
        }
        if let Some((target, most)) = number {
            reader.set(target, key, value, |found| value::count(found, most));
        }
        true
    });
}

fn read_queries(
    reader: &mut Reader,
    value: &Spanned<DeValue>,
    queries: &mut BTreeMap<String, SavedQuery>,
) {
    const KNOWN: &[&str] = &[
        "type",
        "filter",
        "sort",
        "project",
        "collation",
        "distinct",
        "aggregate",
        "count",
        "limit",
        "stores",
        "database",
    ];
    reader.section("queries", value, &[], |reader, name, value| {
        let mut query = SavedQuery::default();
        reader.section("queries", value, KNOWN, |reader, key, value| {
            let text = match key.get_ref().as_ref() {
                "type" => &mut query.of_type,
                "filter" => &mut query.filter,
                "sort" => &mut query.sort,
                "project" => &mut query.project,
                "collation" => &mut query.collation,
                "distinct" => &mut query.distinct,
                "aggregate" => &mut query.aggregate,
                "stores" => &mut query.stores,
                "database" => &mut query.database,
                "count" => {
                    reader.set(&mut query.count, key, value, value::boolean);
                    return true;
                }
                "limit" => {
                    reader.set(&mut query.limit, key, value, |found| {
                        value::count(found, u32::MAX).map(Some)
                    });
                    return true;
                }
                _ => return false,
            };
            let part = match key.get_ref().as_ref() {
                "filter" => Some(Part::Filter),
                "sort" => Some(Part::Sort),
                "project" => Some(Part::Projection),
                "collation" => Some(Part::Collation),
                "aggregate" => Some(Part::Pipeline),
                _ => None,
            };
            reader.set(text, key, value, |found| match part {
                Some(part) => value::shell(found, part),
                None => value::optional_text(found),
            });
            true
        });
        let asked = [query.count, query.distinct.is_some(), query.aggregate.is_some()];
        if asked.iter().filter(|asked| **asked).count() > 1 {
            let message = "one query takes only one of `count`, `distinct` and `aggregate`";
            reader.faults.add(value.span(), Fault::new(message));
        }
        queries.insert(name.get_ref().to_string(), query);
        true
    });
}

fn read_keys(
    reader: &mut Reader,
    value: &Spanned<DeValue>,
    keys: &mut BTreeMap<String, Vec<String>>,
) {
    reader.section("keys", value, &[], |reader, key, value| {
        let mut texts = Vec::new();
        reader.set(&mut texts, key, value, value::texts);
        keys.insert(key.get_ref().to_string(), texts);
        true
    });
}

fn read_shards(
    value: &Spanned<DeValue>,
    config: &mut Config,
    sources: &mut Sources,
    faults: &mut Faults,
) {
    let DeValue::Table(shards) = value.get_ref() else {
        faults.add(value.span(), Fault::new("`shards` must be sections: [shards.1]"));
        return;
    };
    for (key, value) in shards {
        let number = key.get_ref().parse::<i64>().ok();
        let Some(id) = number.and_then(|number| config.layout.shard(number)) else {
            let highest = config.layout.database_count;
            let message =
                format!("[shards.{}] is no shard: they are 1 to {highest}", key.get_ref());
            faults
                .add(key.span(), Fault::new(&message).hint("Mend the number or `database_count`"));
            continue;
        };
        let shard = read_shard(id, value, sources, faults);
        if shard.read_preference.is_some() {
            config.shards.insert(id, shard);
        }
    }
}

fn read_shard(
    id: DatabaseId,
    value: &Spanned<DeValue>,
    sources: &mut Sources,
    faults: &mut Faults,
) -> ShardOverride {
    let mut shard = ShardOverride::default();
    let mut uri = None;
    let mut reader = Reader { section: "", faults };
    reader.section("shards", value, &["uri", "read_preference"], |reader, key, value| {
        match key.get_ref().as_ref() {
            "uri" => reader.set(&mut uri, key, value, |found| source(found, value.span())),
            "read_preference" => {
                let target = &mut shard.read_preference;
                reader.set(target, key, value, value::optional_read_preference);
            }
            _ => return false,
        }
        true
    });
    if let Some(uri) = uri {
        sources.shards.insert(id, uri);
    }
    shard
}

/// What only shows when every key has been read: values that do not go together.
fn check_layout(layout: &Layout, table: &DeTable, faults: &mut Faults) {
    let section = |name: &str| table.get(name).map(Spanned::span).unwrap_or_default();
    for (name, types) in [("required", &layout.required_types), ("created", &layout.created_types)]
    {
        for missing in types.iter().filter(|one| !layout.collection_types.contains(one)) {
            let message = format!("`{name}` holds `{}`, which is not in `types`", missing.as_str());
            faults.add(section("collections"), Fault::new(&message));
        }
    }
    if layout.collection_types.is_empty() {
        faults.add(section("collections"), Fault::new("`types` must not be empty"));
    }
    let registry = &layout.registry;
    let fields = [&registry.store_id, &registry.name, &registry.prefix, &registry.database_id];
    for (index, field) in fields.iter().enumerate() {
        if fields.iter().take(index).any(|earlier| earlier == field) {
            let message = format!("two fields of the registry are called `{field}`");
            faults.add(section("registry"), Fault::new(&message));
        }
    }
    let names =
        layout.shards().map(|id| layout.name_of(crate::domain::database::Database::Shard(id)));
    // The server takes no two databases whose names differ only in case.
    if let Some(name) =
        names.into_iter().find(|name| name.eq_ignore_ascii_case(&layout.main_database))
    {
        let message = format!("`main_database` is called like the shard `{name}`");
        faults.add(section("main_database"), Fault::new(&message));
    }
    let longest = layout.database_prefix.len() + 1 + layout.database_count.to_string().len();
    if longest > 63 {
        let message = format!("`database_prefix` makes names of {longest} bytes, the limit is 63");
        faults.add(section("database_prefix"), Fault::new(&message));
    }
}
