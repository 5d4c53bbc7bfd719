//! The store list: filter, order, selection by id, marks.

use std::{collections::BTreeSet, sync::Arc};

use tui_input::Input;

use super::command::RequestId;
use crate::domain::store::{RecordId, Store};

/// The columns that the list can be sorted by, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum StoreColumn {
    /// `storeId`.
    #[default]
    StoreId,
    /// `name`.
    Name,
    /// `prefix`.
    Prefix,
    /// The database that the record routes to.
    Database,
    /// Ok, legacy or malformed.
    State,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// The column that decides; `storeId` and the record id break ties.
    pub column: StoreColumn,
    /// Whether the order is turned around.
    pub descending: bool,
}

/// Which stores the list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreFilter {
    /// Words, all of which must match fuzzily; a word after `!` must not occur. Empty: all.
    pub text: String,
    /// Only stores with problems.
    pub problems_only: bool,
}

/// The rows of the list, filtered and in order.
#[derive(Debug, Clone, Default)]
pub struct Arrangement {
    /// The rows.
    pub rows: Arc<Vec<Arc<Store>>>,
}

/// The store list.
#[derive(Debug, Default)]
pub struct StoresPane {
    /// The filter that the rows obey.
    pub filter: StoreFilter,
    /// The text field of the filter.
    pub input: Input,
    /// Whether keys go to the text field.
    pub is_typing: bool,
    /// The order of the rows.
    pub order: Order,
    /// The rows that are shown.
    pub arrangement: Arrangement,
    /// The arrangement that is under way elsewhere.
    pub arranging: Option<RequestId>,
    /// The selected store. Kept by id, so that a change of the registry cannot select another.
    pub selected: Option<RecordId>,
    /// Where the selected store is in the rows.
    pub row: Option<usize>,
    /// The first visible row.
    pub first: usize,
    /// Marked stores.
    pub marked: BTreeSet<RecordId>,
}
