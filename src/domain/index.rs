//! Indexes as plain data: what two collections must agree on to be indexed alike.

use bson::{Bson, Document, doc};

/// What a server adds to an index by itself, or what says nothing about its effect.
const SAYS_NOTHING: [&str; 3] = ["v", "ns", "background"];

/// One index of a collection, in a normal form: options sorted by name, whole numbers as
/// Int32, without what the server adds. The order of the key's fields is kept, since it matters.
#[derive(Debug, Clone)]
pub struct IndexSpec {
    spec: Document,
}

/// Documents compare without regard to the order of their fields, which matters in a key.
impl PartialEq for IndexSpec {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.effect() == other.effect()
    }
}

impl IndexSpec {
    /// The index that a server listed, or that is to be made: `{key, name, unique, …}`.
    pub fn new(listed: &Document) -> Self {
        let mut options: Vec<(&String, &Bson)> =
            listed.iter().filter(|(name, _)| !SAYS_NOTHING.contains(&name.as_str())).collect();
        options.sort_by_key(|(name, _)| *name);
        let spec = options.into_iter().map(|(name, value)| (name.clone(), whole(value))).collect();
        Self { spec }
    }

    /// As `createIndexes` takes it, the name included.
    pub const fn document(&self) -> &Document {
        &self.spec
    }

    /// Its name, such as `sku_1`; empty where it has none.
    pub fn name(&self) -> &str {
        self.spec.get_str("name").unwrap_or_default()
    }

    /// Its fields in order, such as `{sku: 1}`.
    pub fn key(&self) -> Document {
        self.spec.get_document("key").cloned().unwrap_or_default()
    }

    /// Whether it is the index on `_id` that every collection has.
    pub fn is_of_id(&self) -> bool {
        self.key() == doc! {"_id": 1}
    }

    /// Whether it refuses a second document with the same key.
    pub fn is_unique(&self) -> bool {
        self.spec.get_bool("unique").unwrap_or(false)
    }

    /// Whether it refuses a second document with the same value in this one field. A partial
    /// index counts where its filter is about the field alone, such as that it exists.
    pub fn is_unique_on(&self, field: &str) -> bool {
        let key = self.key();
        let filter = self.spec.get_document("partialFilterExpression");
        self.is_unique()
            && key.len() == 1
            && key.contains_key(field)
            && filter.map_or(true, |filter| concerns_only(field, filter))
    }

    /// What it does, without its name, as text: equal for two indexes that work alike.
    pub fn effect(&self) -> String {
        let mut effect = self.spec.clone();
        effect.remove("name");
        effect.to_string()
    }
}

/// Whether a filter asks for nothing but this field, such as that it exists.
fn concerns_only(field: &str, filter: &Document) -> bool {
    filter.iter().all(|(name, value)| match value {
        _ if name == field => true,
        Bson::Array(parts) if name.starts_with('$') => {
            let is_about_it =
                |part: &Bson| part.as_document().is_some_and(|p| concerns_only(field, p));
            parts.iter().all(is_about_it)
        }
        _ => false,
    })
}

/// The value with whole numbers as Int32, as one driver writes what another writes as Double.
#[expect(clippy::cast_possible_truncation, reason = "only what converts back unchanged is used")]
fn whole(value: &Bson) -> Bson {
    match value {
        Bson::Double(number) if f64::from(*number as i32).to_bits() == number.to_bits() => {
            Bson::Int32(*number as i32)
        }
        Bson::Int64(number) => i32::try_from(*number).map_or(Bson::Int64(*number), Bson::Int32),
        Bson::Document(inner) => {
            Bson::Document(inner.iter().map(|(name, value)| (name.clone(), whole(value))).collect())
        }
        Bson::Array(values) => Bson::Array(values.iter().map(whole).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_that_write_numbers_differently_make_equal_indexes() {
        let shell = doc! {"v": 2, "key": {"a": 1.0, "b": -1.0}, "name": "x", "unique": true};
        let driver =
            doc! {"unique": true, "key": {"a": 1, "b": -1_i64}, "name": "y", "background": true};
        let (shell, driver) = (IndexSpec::new(&shell), IndexSpec::new(&driver));
        assert_ne!(shell, driver);
        assert_eq!(shell.effect(), driver.effect());
        assert!(shell.is_unique() && !shell.is_of_id());
        assert_eq!((shell.name(), shell.key()), ("x", doc! {"a": 1, "b": -1}));
    }

    #[test]
    fn the_order_of_the_key_and_every_option_count() {
        let effect = |listed: Document| IndexSpec::new(&listed).effect();
        assert_ne!(effect(doc! {"key": {"a": 1, "b": 1}}), effect(doc! {"key": {"b": 1, "a": 1}}));
        assert_ne!(
            effect(doc! {"key": {"a": 1}, "expireAfterSeconds": 5}),
            effect(doc! {"key": {"a": 1}, "expireAfterSeconds": 5.5}),
        );
        assert_ne!(effect(doc! {"key": {"a": 1}}), effect(doc! {"key": {"a": 1}, "sparse": true}));
    }
}
