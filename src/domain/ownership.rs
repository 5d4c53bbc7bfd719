//! Which store a collection belongs to.
//!
//! A store's collections are `prefix + "_" + type` for the known types, compared as strings.
//! Never by pattern: `^a_` would also take the collections of store `a_b`.

use std::{collections::HashMap, sync::Arc};

use super::{
    database::{CollectionType, Layout},
    registry::Registry,
    store::Store,
};

/// The name of a store's collection.
pub fn collection_name(prefix: &str, collection_type: &CollectionType) -> String {
    format!("{prefix}_{}", collection_type.as_str())
}

/// What claims a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The record with the prefix.
    pub store: Arc<Store>,
    /// The type that makes the name complete.
    pub collection_type: CollectionType,
}

/// Answers whose a collection is. Built once for a registry, then one look-up a type.
#[derive(Debug)]
pub struct Owners {
    by_prefix: HashMap<Box<str>, Vec<Arc<Store>>>,
    types: Vec<CollectionType>,
}

impl Owners {
    /// Indexes the prefixes of a registry. O(n).
    pub fn new(registry: &Registry, layout: &Layout) -> Self {
        let mut by_prefix: HashMap<Box<str>, Vec<Arc<Store>>> = HashMap::new();
        for store in &registry.stores {
            if let Some(prefix) = &store.prefix {
                by_prefix.entry(prefix.clone()).or_default().push(store.clone());
            }
        }
        Self { by_prefix, types: layout.collection_types.clone() }
    }

    /// Every store that claims a collection of this name, in whatever database.
    ///
    /// Empty: unclaimed. More than one: two records share a prefix, or a type ends in another
    /// (`items` and `order_items`) and the name can be read two ways.
    pub fn of(&self, collection: &str) -> Vec<Claim> {
        let claims = self.types.iter().filter_map(|collection_type| {
            let prefix = collection.strip_suffix(collection_type.as_str())?.strip_suffix('_')?;
            Some((self.by_prefix.get(prefix)?, collection_type))
        });
        claims
            .flat_map(|(stores, collection_type)| {
                stores.iter().map(|store| Claim {
                    store: store.clone(),
                    collection_type: collection_type.clone(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
