//! The order of the store list. Numbers inside texts count as numbers: `store-2` comes
//! before `store-10`.

use std::{cmp::Ordering, sync::Arc};

use super::{Order, StoreColumn};
use crate::domain::store::{Route, Store, StoreState};

/// What decides the place of one store: made once for each store when many are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    column: Vec<u8>,
    /// Empty when the column is `storeId` itself.
    store_id: Vec<u8>,
}

impl SortKey {
    /// The key of a store for a column.
    pub fn new(store: &Store, column: StoreColumn) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map_or_else(|| vec![1], collation);
        let store_id = if column == StoreColumn::StoreId { vec![] } else { text(&store.store_id) };
        let column = match column {
            StoreColumn::StoreId => text(&store.store_id),
            StoreColumn::Name => text(&store.name),
            StoreColumn::Prefix => text(&store.prefix),
            StoreColumn::Database => route_rank(&store.route),
            StoreColumn::State => vec![state_rank(store)],
        };
        Self { column, store_id }
    }

    /// Compares two stores by their keys. Never equal for two records.
    pub fn compare(&self, store: &Store, other: (&Self, &Store), order: Order) -> Ordering {
        let (other_key, other_store) = other;
        let by_column = self.column.cmp(&other_key.column);
        let by_column = if order.descending { by_column.reverse() } else { by_column };
        by_column
            .then_with(|| self.store_id.cmp(&other_key.store_id))
            .then_with(|| store.record.cmp(&other_store.record))
    }
}

/// Where the store is in rows that are in this order.
///
/// # Errors
///
/// Where it would be inserted, when it is not there.
pub fn position(rows: &[Arc<Store>], store: &Store, order: Order) -> Result<usize, usize> {
    let key = SortKey::new(store, order.column);
    rows.binary_search_by(|row| SortKey::new(row, order.column).compare(row, (&key, store), order))
}

/// Sorts stores. The keys are made once, because making one costs more than comparing two.
pub fn sort(stores: Vec<Arc<Store>>, order: Order) -> Vec<Arc<Store>> {
    let mut keyed: Vec<(SortKey, Arc<Store>)> =
        stores.into_iter().map(|store| (SortKey::new(&store, order.column), store)).collect();
    keyed.sort_unstable_by(|(key, store), (other_key, other)| {
        key.compare(store, (other_key, other), order)
    });
    keyed.into_iter().map(|(_, store)| store).collect()
}

/// Bytes that order as people expect: without regard to case, a run of digits by its value.
/// Begins with 0, so that a missing text, which is 1, comes last.
fn collation(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 4);
    key.push(0);
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if char.is_ascii_digit() {
            let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
            let digits = rest[..end].trim_start_matches('0');
            // A longer number is a larger one; the length stands before the digits.
            key.push(b'0');
            key.push(u8::try_from(digits.len()).unwrap_or(u8::MAX));
            key.extend_from_slice(digits.as_bytes());
            rest = &rest[end..];
        } else {
            let mut bytes = [0; 4];
            for lower in char.to_lowercase() {
                key.extend_from_slice(lower.encode_utf8(&mut bytes).as_bytes());
            }
            rest = &rest[char.len_utf8()..];
        }
    }
    key
}

fn route_rank(route: &Route) -> Vec<u8> {
    match route {
        Route::Legacy => vec![0],
        Route::Shard(id) => {
            let mut rank = vec![1];
            rank.extend_from_slice(&id.get().to_be_bytes());
            rank
        }
        Route::OutOfRange(number) => {
            let mut rank = vec![2];
            rank.extend_from_slice(&ordered_bits(*number).to_be_bytes());
            rank
        }
        Route::Unreadable => vec![3],
    }
}

/// Bits that order as the numbers do.
const fn ordered_bits(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The worst first: who sorts by state looks for trouble.
fn state_rank(store: &Store) -> u8 {
    match store.state() {
        StoreState::Malformed => 0,
        _ if !store.problems.is_empty() => 1,
        StoreState::Legacy => 2,
        StoreState::Ok => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_count_as_numbers() {
        let mut texts = ["store-10", "Store-2", "store-2b", "store", "store-0003", "étoile"];
        texts.sort_by_key(|text| collation(text));
        assert_eq!(texts, ["store", "Store-2", "store-2b", "store-0003", "store-10", "étoile"]);
    }

    #[test]
    fn numbers_that_are_no_shard_are_in_order() {
        let numbers = [-30.0, -1.0, 0.0, 0.5, 7.0, 1e9];
        assert!(numbers.is_sorted_by_key(|number| ordered_bits(*number)));
    }
}
