//! The store list: filter, order, selection by id, marks.

pub mod arrange;
pub mod filter;
pub mod order;

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tui_input::Input;

use self::{
    arrange::{ArrangeTask, Follower, Moved},
    filter::StoreMatcher,
};
use super::{
    action::Action,
    command::{Command, RequestId},
    list::{self, Extent},
    model::{Model, Pane},
};
use crate::domain::{
    database::Database,
    registry::{Change, Counts, Registry},
    store::{RecordId, Store, StoreState},
};

/// From this many records on, lists are sorted and filtered away from the screen's thread.
pub const LARGE: usize = 5_000;

/// More changes at once than this, and arranging anew is cheaper than following each.
const MANY_CHANGES: usize = 64;

/// How long to wait before a command that was lost is sent again.
pub(super) const SECOND_TRY: SignedDuration = SignedDuration::from_secs(1);

/// How far to look for a neighbour of a selected store that went away.
const NEIGHBOURHOOD: usize = 100;

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
    /// Malformed, drifted, legacy or ok, the worst first.
    State,
}

impl StoreColumn {
    /// Every column, in the order of the screen.
    pub const ALL: [Self; 5] =
        [Self::StoreId, Self::Name, Self::Prefix, Self::Database, Self::State];

    /// What a notice calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreId => "storeId",
            Self::Name => "name",
            Self::Prefix => "prefix",
            Self::Database => "database",
            Self::State => "state",
        }
    }

    fn next(self) -> Self {
        let index = Self::ALL.iter().position(|column| *column == self).unwrap_or(0);
        Self::ALL[(index + 1) % Self::ALL.len()]
    }
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
    /// Words, all of which must match fuzzily; a word after `!` must not occur, one after `=`
    /// must be a whole field. Empty: all.
    pub text: String,
    /// Only stores with problems.
    pub problems_only: bool,
}

impl StoreFilter {
    /// Whether it can only keep stores that the other one keeps.
    fn narrows(&self, other: &Self) -> bool {
        let widens = |text: &str| text.contains(['!', '=']);
        (self.problems_only || !other.problems_only)
            && self.text.starts_with(&other.text)
            && !widens(&other.text)
    }

    /// Whether it keeps every store.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && !self.problems_only
    }
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
    /// The filter that the rows obey, or will when an arrangement that is under way is there.
    pub filter: StoreFilter,
    /// The text field of the filter.
    pub input: Input,
    /// Whether keys go to the text field.
    pub is_typing: bool,
    /// Every record by its state, whatever the filter. Kept up to date with each change.
    pub counts: Counts,
    /// The order of the rows.
    pub order: Order,
    /// The rows that are shown.
    pub arrangement: Arrangement,
    /// The arrangement that is under way elsewhere.
    pub arranging: Option<RequestId>,
    /// What is under way elsewhere. Changes of the registry since then are put in later.
    pub(super) task: Option<ArrangeTask>,
    /// When to ask again for an arrangement that may have been lost.
    pub(super) ask_at: Option<Timestamp>,
    /// The filter and the order that the shown rows obey.
    pub(super) shown_by: (StoreFilter, Order),
    /// The selected store. Kept by id, so that a change of the registry cannot select another.
    /// It outlives a filter that hides every row.
    pub selected: Option<RecordId>,
    /// Where the selected store is in the rows; `None` only where there are no rows.
    pub row: Option<usize>,
    /// A store to select as soon as an arrangement shows it.
    pub(super) sought: Option<RecordId>,
    /// The first visible row.
    pub first: usize,
    /// Marked stores.
    pub marked: BTreeSet<RecordId>,
}

impl StoresPane {
    /// The rows that are shown.
    pub fn rows(&self) -> &[Arc<Store>] {
        &self.arrangement.rows
    }

    /// The store under the cursor, if a row is shown.
    pub fn selected_store(&self) -> Option<&Arc<Store>> {
        self.rows().get(self.row?)
    }

    /// Selects a row, at most the last one.
    pub(super) fn select_row(&mut self, row: usize, visible: usize) {
        let len = self.rows().len();
        self.row = len.checked_sub(1).map(|last| row.min(last));
        if let Some(store) = self.selected_store() {
            self.selected = Some(store.record.clone());
        }
        self.keep_visible(visible);
    }

    /// Brings the visible rows to the selected one.
    pub(super) fn keep_visible(&mut self, visible: usize) {
        let extent = Extent { len: self.rows().len(), visible };
        self.first = list::first_visible(self.first, self.row.unwrap_or(0), extent);
    }

    /// Follows one change of the rows with the selection, so that it stays on its store, or
    /// goes to the next one where the store went away.
    fn follow(&mut self, change: &Change, moved: Moved) {
        let Some(mut row) = self.row else { return };
        let offset = row.saturating_sub(self.first);
        let is_selected = moved.removed == Some(row);
        if moved.removed.is_some_and(|removed| removed < row) {
            row -= 1;
        }
        match moved.inserted {
            Some(inserted) if is_selected && matches!(change, Change::Changed(..)) => {
                row = inserted;
            }
            Some(inserted) if inserted <= row => row += 1,
            _ => {}
        }
        self.row = Some(row);
        self.first = row.saturating_sub(offset);
    }

    /// Finds the selected store in rows that were arranged anew, or its nearest neighbour.
    fn settle(&mut self, before: &[Arc<Store>], registry: &Registry) {
        let offset = self.row.map_or(0, |row| row.saturating_sub(self.first));
        let sought = self.sought.as_ref().and_then(|record| self.locate(record, registry));
        let is_gone = |record: &RecordId| registry.get(record).is_none();
        if sought.is_some() || self.sought.as_ref().is_some_and(is_gone) {
            self.sought = None;
        }
        let selected = || self.locate(self.selected.as_ref()?, registry);
        let row = sought.or_else(selected).or_else(|| self.nearest(before)).or(self.row);
        self.row = row;
        self.first = row.unwrap_or(0).saturating_sub(offset);
    }

    /// The row of the store that stood nearest to the selected one.
    fn nearest(&self, before: &[Arc<Store>]) -> Option<usize> {
        let (ahead, after) = before.split_at_checked(self.row?)?;
        after
            .iter()
            .take(NEIGHBOURHOOD)
            .chain(ahead.iter().rev().take(NEIGHBOURHOOD))
            .find_map(|store| self.find(store))
    }

    /// The row of a record, also where the rows have not caught up with the registry.
    fn locate(&self, record: &RecordId, registry: &Registry) -> Option<usize> {
        let store = registry.get(record)?;
        self.find(store).or_else(|| self.rows().iter().position(|store| store.record == *record))
    }

    /// Where a store is that has not changed since it was put into the rows.
    fn find(&self, store: &Arc<Store>) -> Option<usize> {
        order::position(self.rows(), store, self.shown_by.1).ok()
    }
}

/// Does what the action means in the store list. Returns whether it means something.
pub(super) fn apply(model: &mut Model, action: Action, commands: &mut Vec<Command>) -> bool {
    let visible = model.geometry.rows_of(Pane::Stores);
    let extent = Extent { len: model.stores.rows().len(), visible };
    if let Some(row) = list::destination(action, model.stores.row.unwrap_or(0), extent) {
        model.stores.sought = None;
        model.stores.select_row(row, visible);
        return true;
    }
    match action {
        Action::Enter | Action::Right => enter(model),
        Action::Sort => {
            let column = model.stores.order.column.next();
            sort_by(model, column, commands);
        }
        Action::ReverseSort => {
            model.stores.order.descending = !model.stores.order.descending;
            rearrange(model, commands);
        }
        Action::Mark => mark(model),
        _ => return false,
    }
    true
}

/// Sorts by a column, or turns the order around where that column decides already.
pub(super) fn sort_by(model: &mut Model, column: StoreColumn, commands: &mut Vec<Command>) {
    let order = &mut model.stores.order;
    if order.column == column {
        order.descending = !order.descending;
    } else {
        *order = Order { column, descending: false };
    }
    rearrange(model, commands);
}

fn enter(model: &mut Model) {
    if model.stores.selected_store().is_some() {
        model.focus = Pane::Collections;
        model.collections.hurry(model.now);
    }
}

fn mark(model: &mut Model) {
    let Some(record) = model.stores.selected_store().map(|store| store.record.clone()) else {
        return;
    };
    if !model.stores.marked.remove(&record) {
        model.stores.marked.insert(record);
    }
    let next = model.stores.row.map_or(0, |row| row + 1);
    model.stores.select_row(next, model.geometry.rows_of(Pane::Stores));
}

/// Shows only the stores of a database: `pos_db_1` as a whole, and not `pos_db_10`.
pub(super) fn show_only(model: &mut Model, database: Database, commands: &mut Vec<Command>) {
    model.stores.input = Input::new(format!("={}", model.session.layout.name_of(database)));
    text_changed(model, commands);
}

/// Takes over what is in the text field.
pub(super) fn text_changed(model: &mut Model, commands: &mut Vec<Command>) {
    model.redraw = true;
    let text = model.stores.input.value();
    if text.split_whitespace().eq(model.stores.filter.text.split_whitespace()) {
        return;
    }
    model.stores.filter.text = text.to_owned();
    refilter(model, commands);
}

/// Shows only stores with problems, or all again.
pub(super) fn toggle_problems(model: &mut Model, commands: &mut Vec<Command>) {
    model.stores.filter.problems_only = !model.stores.filter.problems_only;
    model.focus = Pane::Stores;
    rearrange(model, commands);
}

/// Lets every store be shown.
pub(super) fn clear_filter(model: &mut Model, commands: &mut Vec<Command>) {
    let was_empty = model.stores.filter.is_empty();
    model.stores.input.reset();
    model.stores.filter = StoreFilter::default();
    model.redraw = true;
    if !was_empty {
        rearrange(model, commands);
    }
}

/// Selects a store, and lets it be shown where the filter hides it.
pub(super) fn go_to(model: &mut Model, record: &RecordId, commands: &mut Vec<Command>) {
    model.focus = Pane::Stores;
    model.redraw = true;
    if let Some(row) = model.stores.locate(record, &model.registry) {
        model.stores.select_row(row, model.geometry.rows_of(Pane::Stores));
        return;
    }
    model.stores.sought = Some(record.clone());
    clear_filter(model, commands);
}

/// Filters anew. Rows that a longer filter can only narrow down are not sorted again.
fn refilter(model: &mut Model, commands: &mut Vec<Command>) {
    let stores = &model.stores;
    let (shown_filter, shown_order) = &stores.shown_by;
    let can_narrow = stores.arranging.is_none()
        && stores.rows().len() <= LARGE
        && *shown_order == stores.order
        && stores.filter.narrows(shown_filter);
    if !can_narrow {
        rearrange(model, commands);
        return;
    }
    let mut matcher = StoreMatcher::new(&stores.filter, &model.session.layout);
    let kept = stores.rows().iter().filter(|store| matcher.keeps(store)).cloned().collect();
    model.stores.shown_by.0 = model.stores.filter.clone();
    show(model, Arrangement { rows: Arc::new(kept) }, commands);
}

/// Sorts and filters anew: here when the list is short, elsewhere when it is long.
pub(super) fn rearrange(model: &mut Model, commands: &mut Vec<Command>) {
    model.redraw = true;
    let task = ArrangeTask {
        registry: Arc::clone(&model.registry),
        layout: Arc::new(model.session.layout.clone()),
        filter: model.stores.filter.clone(),
        order: model.stores.order,
    };
    if model.registry.stores.len() <= LARGE {
        model.stores.arranging = None;
        model.stores.task = None;
        let arrangement = task.run();
        model.stores.shown_by = (task.filter, task.order);
        show(model, arrangement, commands);
        return;
    }
    if model.stores.arranging.is_some() {
        // One at a time. What is under way catches up with the filter when it arrives.
        return;
    }
    let request = model.next_request();
    model.stores.arranging = Some(request);
    model.stores.task = Some(task.clone());
    commands.push(Command::ArrangeStores { request, task });
}

/// Takes an arrangement that was made elsewhere, unless a newer one is under way.
pub(super) fn arranged(
    model: &mut Model,
    request: RequestId,
    arrangement: Arrangement,
    commands: &mut Vec<Command>,
) {
    if model.stores.arranging != Some(request) {
        commands.push(Command::Discard(Arc::default(), arrangement));
        return;
    }
    model.stores.arranging = None;
    model.stores.ask_at = None;
    let Some(task) = model.stores.task.take() else { return };
    model.stores.shown_by = (task.filter, task.order);
    show(model, arrangement, commands);
    // The registry may have changed while the list was arranged elsewhere.
    let missed = model.registry.changes_since(&task.registry);
    follow_rows(model, &missed, commands);
    discard(task.registry, Arrangement::default(), commands);
    if model.stores.shown_by != (model.stores.filter.clone(), model.stores.order) {
        refilter(model, commands);
    }
    model.redraw = true;
}

/// Takes changes of the registry into the list.
pub(super) fn follow(model: &mut Model, changes: &[Change], commands: &mut Vec<Command>) {
    for change in changes {
        count(&mut model.stores.counts, change);
        if let Change::Removed(store) = change {
            model.stores.marked.remove(&store.record);
        }
    }
    follow_rows(model, changes, commands);
}

fn follow_rows(model: &mut Model, changes: &[Change], commands: &mut Vec<Command>) {
    if changes.is_empty() {
        return;
    }
    if changes.len() <= MANY_CHANGES {
        follow_each(model, changes);
    } else if model.stores.arranging.is_none() {
        rearrange(model, commands);
    }
    // Otherwise the arrangement under way catches up when it arrives. Asking anew for each
    // burst would never let one arrive.
}

fn count(counts: &mut Counts, change: &Change) {
    let (before, after) = match change {
        Change::Added(after) => (None, Some(after)),
        Change::Removed(before) => (Some(before), None),
        Change::Changed(before, after) => (Some(before), Some(after)),
    };
    if let Some(before) = before {
        counts.total = counts.total.saturating_sub(1);
        if let Some(count) = count_of(counts, before.state()) {
            *count = count.saturating_sub(1);
        }
    }
    if let Some(after) = after {
        counts.total += 1;
        if let Some(count) = count_of(counts, after.state()) {
            *count += 1;
        }
    }
}

const fn count_of(counts: &mut Counts, state: StoreState) -> Option<&mut usize> {
    match state {
        StoreState::Ok => None,
        StoreState::Legacy => Some(&mut counts.legacy),
        StoreState::Malformed => Some(&mut counts.malformed),
    }
}

/// Asks again for an arrangement that may have been lost on the way.
pub(super) fn ask_again(model: &mut Model, commands: &mut Vec<Command>) {
    if model.stores.ask_at.is_some_and(|at| at <= model.now) {
        model.stores.ask_at = None;
        if model.stores.arranging.take().is_some() {
            rearrange(model, commands);
        }
    }
}

fn follow_each(model: &mut Model, changes: &[Change]) {
    let mut rows = std::mem::take(&mut model.stores.arrangement.rows);
    let (filter, order) = model.stores.shown_by.clone();
    let mut follower =
        Follower::new(Arc::make_mut(&mut rows), &model.session.layout, &filter, order);
    for change in changes {
        let moved = follower.follow(change);
        model.stores.follow(change, moved);
    }
    model.stores.arrangement.rows = rows;
    select_something(model);
}

/// Shows other rows.
fn show(model: &mut Model, arrangement: Arrangement, commands: &mut Vec<Command>) {
    let before = std::mem::replace(&mut model.stores.arrangement, arrangement);
    model.stores.settle(&before.rows, &model.registry);
    select_something(model);
    discard(Arc::default(), before, commands);
}

/// Sees to it that a row is selected wherever there are rows.
fn select_something(model: &mut Model) {
    let visible = model.geometry.rows_of(Pane::Stores);
    let remembered = || model.stores.locate(model.stores.selected.as_ref()?, &model.registry);
    let row = model.stores.row.or_else(remembered).unwrap_or(0);
    model.stores.select_row(row, visible);
    let gone = |record: &RecordId| model.registry.get(record).is_none();
    if model.stores.row.is_none() && model.stores.selected.as_ref().is_some_and(gone) {
        model.stores.selected = None;
    }
}

/// Has large data freed elsewhere; small data is freed at once.
pub(super) fn discard(
    registry: Arc<Registry>,
    arrangement: Arrangement,
    commands: &mut Vec<Command>,
) {
    if registry.stores.len().max(arrangement.rows.len()) > LARGE {
        commands.push(Command::Discard(registry, arrangement));
    }
}
