//! From a store to its database and collections, as the backend's own helpers go: by storeId
//! or by record, the shard's number resolved from the registry, legacy stores to main.

use std::sync::Arc;

use super::{
    database::{CollectionType, Database, Layout},
    failure::{Failure, FailureKind},
    inventory::Place,
    lookup,
    ownership::collection_name,
    registry::Registry,
    store::Store,
};

/// The store with this storeId, as `getDatabaseIdForStore` looks it up: by nothing else, and
/// in exactly this spelling.
///
/// # Errors
///
/// `not_found`, with what may have been meant; `duplicate` where two records have it, of
/// which the backend would take whichever comes first.
pub fn by_store_id<'a>(registry: &'a Registry, store_id: &str) -> Result<&'a Arc<Store>, Failure> {
    let has_it = |store: &&Arc<Store>| store.store_id.as_deref() == Some(store_id);
    let mut found = registry.stores.iter().filter(has_it);
    match (found.next(), found.next()) {
        (Some(store), None) => Ok(store),
        (Some(_), Some(_)) => Err(Failure::new(
            FailureKind::Duplicate,
            &format!("several records have the storeId `{store_id}`"),
            "Look at them with `tilldeck doctor --rule duplicate-store-id`",
        )),
        (None, _) => match lookup::find(registry, store_id) {
            Err(failure) => Err(failure),
            // It is a prefix or a name, which the backend's helpers do not take.
            Ok(store) => Err(Failure::new(
                FailureKind::NotFound,
                &format!("no store has the storeId `{store_id}`"),
                &format!("Use `{}`, the storeId of the store that is meant", which(store)),
            )),
        },
    }
}

/// The database that a store's collections live in.
///
/// # Errors
///
/// `not_found` for a record whose number leads nowhere.
pub fn home(store: &Store) -> Result<Database, Failure> {
    store.route.database().ok_or_else(|| {
        let why: Vec<_> = store.problems.iter().map(ToString::to_string).collect();
        let (which, why) = (which(store), why.join("; "));
        Failure::new(
            FailureKind::NotFound,
            &format!("the record of store `{which}` leads to no database: {why}"),
            "Correct the database number in the store's record",
        )
    })
}

/// What a store's collections begin with.
///
/// # Errors
///
/// `not_found` for a record without it: its collections have no names.
pub fn prefix<'a>(store: &'a Store, layout: &Layout) -> Result<&'a str, Failure> {
    store.prefix.as_deref().ok_or_else(|| {
        let (which, field) = (which(store), &layout.registry.prefix);
        Failure::new(
            FailureKind::NotFound,
            &format!("store `{which}` has no `{field}`, so its collections have no names"),
            &format!("Set `{field}` in the store's record"),
        )
    })
}

/// Where one collection of a store is, as `getStoreModel`, `getBrandModelForStore` and
/// `getCategoryModelForStore` find it. Whether it exists is another question.
///
/// # Errors
///
/// As [`by_store_id`], [`home`] and [`prefix`].
pub fn collection_of(
    registry: &Registry,
    layout: &Layout,
    store_id: &str,
    of_type: &CollectionType,
) -> Result<Place, Failure> {
    let store = by_store_id(registry, store_id)?;
    let collection = collection_name(prefix(store, layout)?, of_type).into_boxed_str();
    Ok(Place { database: home(store)?, collection })
}

fn which(store: &Store) -> &str {
    store.store_id.as_deref().unwrap_or(store.record.as_str())
}

#[cfg(test)]
mod tests {
    use bson::{Document, RawDocumentBuf, doc};

    use super::*;
    use crate::domain::database::DatabaseId;

    fn registry(records: &[Document]) -> Registry {
        let layout = Layout::default();
        let store = |record: &Document| {
            let raw = RawDocumentBuf::try_from(record).unwrap();
            Arc::new(Store::decode(&raw, &layout))
        };
        Registry { stores: records.iter().map(store).collect(), ..Registry::default() }
    }

    fn place(records: &[Document], store_id: &str, of_type: &str) -> Result<Place, Failure> {
        let of_type = CollectionType::new(of_type);
        collection_of(&registry(records), &Layout::default(), store_id, &of_type)
    }

    #[test]
    fn stores_lead_to_their_shard_and_legacy_ones_to_main() {
        let records = [
            doc! {"_id": 1, "storeId": "a", "name": "A", "prefix": "acme", "databaseId": 3},
            doc! {"_id": 2, "storeId": "b", "name": "B", "prefix": "bolt", "databaseId": "2"},
            doc! {"_id": 3, "storeId": "c", "name": "C", "prefix": "corn"},
            doc! {"_id": 4, "storeId": "d", "name": "D", "prefix": "dust", "databaseId": null},
        ];
        let shard = |number| DatabaseId::new(number).map(Database::Shard).unwrap();
        for (store_id, of_type, database, collection) in [
            ("a", "brands", shard(3), "acme_brands"),
            ("b", "categories", shard(2), "bolt_categories"),
            ("c", "orders", Database::Main, "corn_orders"),
            ("d", "users", Database::Main, "dust_users"),
        ] {
            let expected = Place { database, collection: collection.into() };
            assert_eq!(place(&records, store_id, of_type), Ok(expected));
        }
    }

    #[test]
    fn each_failure_of_the_helpers_has_its_words() {
        let records = [
            doc! {"_id": 1, "storeId": "far", "name": "A", "prefix": "acme", "databaseId": 9},
            doc! {"_id": 2, "storeId": "bare", "name": "B", "databaseId": 1},
            doc! {"_id": 3, "storeId": "twin", "name": "C", "prefix": "c1", "databaseId": 1},
            doc! {"_id": 4, "storeId": "twin", "name": "D", "prefix": "c2", "databaseId": 1},
        ];
        for (store_id, kind, words) in [
            ("far", FailureKind::NotFound, "leads to no database: databaseId 9 is not in 1 to 5"),
            ("bare", FailureKind::NotFound, "store `bare` has no `prefix`"),
            ("twin", FailureKind::Duplicate, "several records have the storeId `twin`"),
            ("nobody", FailureKind::NotFound, "`nobody`"),
            // The helpers take the storeId alone, and in this case.
            ("acme", FailureKind::NotFound, "no store has the storeId `acme`"),
            ("FAR", FailureKind::NotFound, "`FAR`"),
        ] {
            let failure = place(&records, store_id, "brands").unwrap_err();
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.as_str().contains(words), "{failure}");
            assert!(!failure.hint.as_str().is_empty());
        }
    }
}
