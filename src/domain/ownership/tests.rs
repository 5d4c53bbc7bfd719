use bson::{RawDocumentBuf, doc};

use super::*;

fn registry(prefixes: &[&str]) -> Registry {
    let layout = Layout::default();
    let store = |(index, prefix): (usize, &&str)| {
        let index = i32::try_from(index).unwrap();
        let record = doc! {"_id": index, "storeId": *prefix, "name": "n", "prefix": *prefix};
        Arc::new(Store::decode(&RawDocumentBuf::try_from(&record).unwrap(), &layout))
    };
    Registry { stores: prefixes.iter().enumerate().map(store).collect(), ..Registry::default() }
}

fn owners_of(prefixes: &[&str], types: &[&str], collection: &str) -> Vec<String> {
    let collection_types = types.iter().copied().map(CollectionType::new).collect();
    let layout = Layout { collection_types, ..Layout::default() };
    let claims = Owners::new(&registry(prefixes), &layout).of(collection);
    let told = |claim: Claim| {
        format!("{}+{}", claim.store.prefix.as_deref().unwrap(), claim.collection_type.as_str())
    };
    claims.into_iter().map(told).collect()
}

#[test]
fn prefixes_are_compared_as_strings() {
    let types = ["products", "orders"];
    for (collection, owners) in [
        ("a_orders", vec!["a+orders"]),
        ("a_b_orders", vec!["a_b+orders"]),
        ("A_orders", vec![]),
        ("a_orders_old", vec![]),
        ("xa_orders", vec![]),
        ("a__orders", vec![]),
        ("aorders", vec![]),
        ("_orders", vec![]),
        ("orders", vec![]),
        ("a.b_orders", vec![]),
        (".*_orders", vec![".*+orders"]),
        ("\u{1b}_products", vec!["\u{1b}+products"]),
        ("", vec![]),
    ] {
        let found = owners_of(&["a", "a_b", ".*", "\u{1b}"], &types, collection);
        assert_eq!(found, owners, "{collection:?}");
    }
}

#[test]
fn a_name_that_can_be_read_two_ways_has_two_owners() {
    let types = ["items", "order_items"];
    assert_eq!(
        owners_of(&["a", "a_order"], &types, "a_order_items"),
        ["a_order+items", "a+order_items"]
    );
    assert_eq!(owners_of(&["a"], &types, "a_order_items"), ["a+order_items"]);
}

#[test]
fn a_shared_prefix_has_two_owners() {
    assert_eq!(owners_of(&["a", "a"], &["orders"], "a_orders").len(), 2);
}

#[test]
fn names_are_made_as_they_are_read() {
    let orders = CollectionType::new("orders");
    assert_eq!(collection_name("a_b", &orders), "a_b_orders");
    assert_eq!(owners_of(&["a_b"], &["orders"], &collection_name("a_b", &orders)), ["a_b+orders"]);
}
