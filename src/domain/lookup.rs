//! Finds the store that a person means.

use std::sync::Arc;

use super::{
    failure::{Failure, FailureKind},
    registry::Registry,
    store::Store,
    suggest::nearest,
};

/// Reads one field of a store.
type Field = fn(&Store) -> Option<&str>;

/// The store with this storeId, else with this prefix, else with this name.
///
/// # Errors
///
/// No store is called so, with the most similar ones in the hint; or several are.
pub fn find<'a>(registry: &'a Registry, text: &str) -> Result<&'a Arc<Store>, Failure> {
    match look_up(registry, text) {
        Meant::One(store) => Ok(store),
        Meant::Several(what, stores) => Err(ambiguous(registry, what, text, stores)),
        Meant::None => Err(unknown(registry, text)),
    }
}

/// Which stores a text means, and by which field several have it.
enum Meant<'a> {
    None,
    One(&'a Arc<Store>),
    Several(&'static str, [&'a Arc<Store>; 2]),
}

fn look_up<'a>(registry: &'a Registry, text: &str) -> Meant<'a> {
    let ways: [(&'static str, Field); 3] = [
        ("storeId", |store| store.store_id.as_deref()),
        ("prefix", |store| store.prefix.as_deref()),
        ("name", |store| store.name.as_deref()),
    ];
    for (what, field) in ways {
        let mut found = registry.stores.iter().filter(|store| field(store) == Some(text));
        match (found.next(), found.next()) {
            (Some(store), None) => return Meant::One(store),
            (Some(one), Some(other)) => return Meant::Several(what, [one, other]),
            (None, _) => {}
        }
    }
    Meant::None
}

fn ambiguous(registry: &Registry, what: &str, text: &str, stores: [&Arc<Store>; 2]) -> Failure {
    let names: Vec<_> = stores
        .iter()
        .filter_map(|store| {
            // Only what leads to this one store helps.
            let fields = [&store.store_id, &store.prefix, &store.name];
            fields.into_iter().flatten().find(|field| {
                matches!(look_up(registry, field), Meant::One(found) if Arc::ptr_eq(found, store))
            })
        })
        .map(|field| format!("`{field}`"))
        .collect();
    let hint = if names.len() == 2 {
        format!("Name one of {}", names.join(" and "))
    } else {
        format!("Mend the records that share this {what} first")
    };
    Failure::new(FailureKind::NotFound, &format!("several stores have the {what} `{text}`"), &hint)
}

fn unknown(registry: &Registry, text: &str) -> Failure {
    let similar = nearest(registry, text);
    let hint = if similar.is_empty() {
        "List the stores with `tilldeck stores`".to_owned()
    } else {
        let names: Vec<_> = similar.iter().map(|near| format!("`{}`", near.field)).collect();
        format!("Did you mean {}?", names.join(" or "))
    };
    let message = format!("no store has the storeId, prefix or name `{text}`");
    Failure::new(FailureKind::NotFound, &message, &hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::store::{RecordId, Route};

    fn registry(stores: &[(&str, &str, &str)]) -> Registry {
        let store = |(index, (id, prefix, name)): (usize, &(&str, &str, &str))| {
            Arc::new(Store {
                record: RecordId::new(&index.to_string()),
                store_id: Some((*id).into()),
                name: Some((*name).into()),
                prefix: Some((*prefix).into()),
                route: Route::Legacy,
                problems: Vec::new(),
            })
        };
        Registry { stores: stores.iter().enumerate().map(store).collect(), ..Registry::default() }
    }

    #[test]
    fn the_store_id_comes_before_the_prefix_and_the_name() {
        let registry = registry(&[("a", "b", "c"), ("b", "c", "d"), ("x", "y", "a")]);
        let record = |text: &str| find(&registry, text).unwrap().record.as_str().to_owned();
        assert_eq!(record("b"), "1");
        assert_eq!(record("a"), "0");
        assert_eq!(record("c"), "1");
        assert_eq!(record("d"), "1");
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        let registry =
            registry(&[("store-001", "acme", "Acme Bakery"), ("store-201", "bolt", "B")]);
        let failure = find(&registry, "STORE-001 ").unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert_eq!(failure.hint.as_str(), "Did you mean `store-001` or `store-201`?");
        let failure = find(&registry, "zzzzzz").unwrap_err();
        assert_eq!(failure.hint.as_str(), "List the stores with `tilldeck stores`");
    }

    #[test]
    fn a_shared_name_asks_which_one() {
        let registry = registry(&[
            ("a1", "p1", "Twin"),
            ("a2", "p2", "Twin"),
            ("d", "p", "x"),
            ("d", "p", "x"),
        ]);
        let failure = find(&registry, "Twin").unwrap_err();
        assert_eq!(failure.message.as_str(), "several stores have the name `Twin`");
        assert_eq!(failure.hint.as_str(), "Name one of `a1` and `a2`");
        let failure = find(&registry, "d").unwrap_err();
        assert_eq!(failure.message.as_str(), "several stores have the storeId `d`");
        assert_eq!(failure.hint.as_str(), "Mend the records that share this storeId first");
    }

    #[test]
    fn the_way_out_of_a_shared_name_does_not_lead_back() {
        let registry = registry(&[("x", "p", "First"), ("x", "q", "Second"), ("y", "p", "Third")]);
        let hint = |text: &str| find(&registry, text).unwrap_err().hint.as_str().to_owned();
        assert_eq!(hint("x"), "Name one of `First` and `q`");
        assert_eq!(hint("p"), "Name one of `First` and `y`");
    }
}
