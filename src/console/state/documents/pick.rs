//! What the selected value becomes: a part of the query, which is shown before it is run.

use bson::{Bson, Document, doc};

use super::{
    super::model::{Model, Top},
    DocumentsView,
    bar::{self, Bar},
    panel::Panel,
};
use crate::domain::{query::QueryText, shell};

/// Puts the selected value into the filter.
pub(super) fn filter(model: &mut Model) {
    let now = model.now;
    let Top::Documents(view) = &model.top else { return };
    let Some((field, index, line)) = field(view).filter(|_| view.panel == Panel::Tree) else {
        return model.notify("select a value of a document; it becomes a part of the query");
    };
    if view.is_foldable() {
        return model.notify("unfold it, and select one value; that becomes a part of the query");
    }
    let value = view.trees.get(index).and_then(|tree| tree.shell_text(line)).unwrap_or_default();
    if value.len() > bar::LONGEST / 2 {
        return model.notify("the value is too long for a query");
    }
    let read = shell::parse(&value, now).ok().filter(|value| *value != Bson::Undefined);
    let Some(value) = read else {
        return model.notify("a query cannot ask for a value like this");
    };
    let mut text = typed(view);
    let mut filter = view.query.filter.clone();
    filter.extend(equal(&field, value));
    text.filter = printed(&filter);
    bar::open_with(model, &text, 0);
}

/// Sorts by the selected field, or by the first column that the table shows.
pub(super) fn sort(model: &mut Model, direction: i32) {
    let Top::Documents(view) = &model.top else { return };
    let column = || view.columns.get(view.first_column).cloned();
    let field = match view.panel {
        Panel::Table => column(),
        Panel::Tree => field(view).map(|(field, ..)| field),
        _ => None,
    };
    let Some(field) = field else {
        return model.notify("select a field of a document; the query is sorted by it");
    };
    let mut text = typed(view);
    text.sort = printed(&doc! {field: direction});
    bar::open_with(model, &text, 1);
}

/// Sorts by a column of the table, upwards first.
pub(super) fn sort_by(model: &mut Model, column: usize) {
    let Top::Documents(view) = &model.top else { return };
    let Some(field) = view.columns.get(column) else { return };
    let mut text = view.bar.as_ref().map_or_else(|| typed(view), Bar::text);
    let upwards = printed(&doc! {field: 1});
    text.sort = if text.sort == upwards { printed(&doc! {field: -1}) } else { upwards };
    bar::open_with(model, &text, 1);
}

/// The filter for this value of a field.
pub(super) fn equal(field: &str, value: Bson) -> Document {
    match value {
        // Else it would be a pattern, and not the value.
        Bson::RegularExpression(_) => doc! {field: {"$eq": value}},
        value => doc! {field: value},
    }
}

/// The field of the selected line, as a query names it, its document and its line there.
fn field(view: &DocumentsView) -> Option<(String, usize, usize)> {
    let (index, line) = view.locate(view.cursor.row)?;
    Some((view.trees.get(index)?.field(line)?, index, line))
}

/// The query that is shown, part by part, also where it was pasted as one command.
fn typed(view: &DocumentsView) -> QueryText {
    let query = &view.query;
    let part = |typed: &String, read: &Document| {
        if typed.trim().is_empty() && !read.is_empty() { printed(read) } else { typed.clone() }
    };
    // A command that was pasted holds every part.
    let is_command = !query.filter.is_empty() && !view.text.filter.trim().starts_with('{');
    QueryText {
        filter: if is_command { printed(&query.filter) } else { view.text.filter.clone() },
        sort: part(&view.text.sort, &query.sort),
        projection: part(&view.text.projection, &query.projection),
        collation: part(&view.text.collation, &query.collation),
        ..view.text.clone()
    }
}

fn printed(document: &Document) -> String {
    shell::print(&Bson::Document(document.clone()))
}
