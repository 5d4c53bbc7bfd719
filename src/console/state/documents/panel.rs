//! What is known about the collection: indexes, fields, the plan of the query, changes.

use bson::{Bson, Document};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    super::{
        action::Action,
        command::{Command, Look, RequestId},
        list::Extent,
        model::{ListCursor, Model, Top},
    },
    CHANGES, DocumentsView, followed,
    reading::{self, Reading},
    view_of,
};
use crate::domain::{
    change,
    failure::Failure,
    format,
    shell::{self, dates},
    text::{SafeText, safe, safe_shell},
};

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Panel {
    /// The documents of the page, as trees.
    Tree,
    /// The documents of the page, a row each.
    Table,
    /// Indexes, validator and options.
    Indexes,
    /// The fields of a sample.
    Fields,
    /// The plan of the query.
    Plan,
    /// Changes as they happen.
    Changes,
    /// One value in full.
    Value,
}

impl Panel {
    /// Whether it is made of lines of text.
    pub const fn has_lines(self) -> bool {
        !matches!(self, Self::Tree | Self::Table)
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "documents",
            Self::Table => "table",
            Self::Indexes => "indexes and options",
            Self::Fields => "fields",
            Self::Plan => "plan",
            Self::Changes => "changes",
            Self::Value => "in full",
        }
    }
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Head,
    /// A line like others.
    Plain,
    /// Beside the matter.
    Dim,
    /// Good to know.
    Warning,
    /// Bad.
    Bad,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub text: SafeText,
    /// How it is meant.
    pub tone: Tone,
    /// What it stands for: the path of a field.
    pub path: Option<String>,
}

pub(super) fn line(text: &str, tone: Tone) -> Line {
    Line { text: safe(text), tone, path: None }
}

/// Text whose backslashes are those of JSON already.
fn json_line(text: &str, tone: Tone) -> Line {
    Line { text: safe_shell(text), tone, path: None }
}

fn printed(document: &Document) -> String {
    shell::print(&Bson::Document(document.clone()))
}

/// The panel that is read anew by "again", where it is one that is read.
pub(super) const fn lookable(view: &DocumentsView) -> Option<(RequestId, Panel)> {
    match view.panel {
        Panel::Indexes | Panel::Fields | Panel::Plan => Some((RequestId(0), view.panel)),
        _ => None,
    }
}

/// Shows a panel; the same key again shows the documents.
pub(super) fn show(model: &mut Model, panel: Panel, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    view.panel_cursor = ListCursor::default();
    view.reading = None;
    if view.panel == panel {
        return view.show_documents();
    }
    (view.panel, view.look_failure) = (panel, None);
    let is_known = match panel {
        Panel::Indexes => view.inspection.is_some(),
        Panel::Fields => view.schema.is_some(),
        _ => false,
    };
    if !is_known {
        look(model, panel, commands);
    }
}

/// Asks for what the panel shows.
pub(super) fn look(model: &mut Model, panel: Panel, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let Top::Documents(view) = &mut model.top else { return };
    if let Some((earlier, _)) = view.looking.replace((request, panel)) {
        commands.push(Command::EndWork { request: earlier });
    }
    view.look_failure = None;
    let look = match panel {
        Panel::Fields => Look::Fields,
        Panel::Plan => Look::Plan(Box::new(view.query.clone())),
        _ => Look::Indexes,
    };
    commands.push(Command::LookAt {
        request,
        database: view.database,
        collection: view.collection.clone(),
        look,
    });
}

/// What was looked at.
#[derive(Debug)]
pub enum Looked {
    /// Indexes, validator and options.
    Indexes(Box<crate::domain::collection::Inspection>),
    /// Fields of a sample.
    Fields(crate::domain::schema::Schema),
    /// The plan of a query.
    Plan(Box<crate::domain::explain::Plan>),
}

/// Takes what was looked at.
pub(in super::super) fn looked(
    model: &mut Model,
    request: RequestId,
    looked: Result<Looked, Failure>,
) {
    let Some(view) = view_of(model) else { return };
    if view.looking.map(|(request, _)| request) != Some(request) {
        return;
    }
    view.looking = None;
    match looked {
        Ok(Looked::Indexes(inspection)) => view.inspection = Some(*inspection),
        Ok(Looked::Fields(schema)) => view.schema = Some(schema),
        Ok(Looked::Plan(plan)) => view.plan = Some(*plan),
        Err(failure) => view.look_failure = Some(failure),
    }
    model.redraw = true;
}

/// Shows changes as they happen: of the collection, and asked again, of the whole store.
pub(super) fn follow(model: &mut Model, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let types = model.session.layout.collection_types.clone();
    let Top::Documents(view) = &mut model.top else { return };
    if view.panel == Panel::Changes {
        view.follows_store = !view.follows_store;
    } else if view.following.is_some() {
        view.panel = Panel::Changes;
        return;
    }
    view.panel = Panel::Changes;
    view.panel_cursor = ListCursor::default();
    view.look_failure = None;
    if let Some(earlier) = view.following.replace(request) {
        commands.push(Command::EndWork { request: earlier });
    }
    let (database, collections) = (view.database, followed(view, &types));
    commands.push(Command::FollowChanges { request, database, collections });
    let what = if view.follows_store { "every collection of the store" } else { "this collection" };
    let key = model.keymap.key_of(Action::Follow);
    model.notify(&format!("following {what}; {key} changes that"));
}

pub(super) fn stop_following(model: &mut Model, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    view.show_documents();
    view.follows_store = false;
    if let Some(request) = view.following.take() {
        commands.push(Command::EndWork { request });
        model.notify("no longer followed");
    }
}

/// Takes a change, the newest on top.
pub(in super::super) fn changed(model: &mut Model, request: RequestId, change: &change::Summary) {
    let zone = model.session.zone.clone().unwrap_or(TimeZone::UTC);
    let Some(view) = view_of(model) else { return };
    if view.following != Some(request) {
        return;
    }
    view.changes.push_front(change_line(change, &zone));
    view.changes.truncate(CHANGES);
    // Whoever looks at an older one keeps it.
    let cursor = match (view.panel, &mut view.reading) {
        (Panel::Changes, _) => Some(&mut view.panel_cursor),
        (Panel::Value, Some(reading)) if reading.before.0 == Panel::Changes => {
            Some(&mut reading.before.1)
        }
        _ => None,
    };
    if let Some(cursor) = cursor.filter(|cursor| cursor.row > 0) {
        cursor.row += 1;
        cursor.first += 1;
    }
    model.redraw = true;
}

/// The changes are not told any more.
pub(in super::super) fn unfollowed(
    model: &mut Model,
    request: RequestId,
    failure: Option<Failure>,
) {
    let Some(view) = view_of(model) else { return };
    if view.following != Some(request) {
        return;
    }
    view.following = None;
    if view.panel == Panel::Changes {
        view.look_failure = failure;
        model.redraw = true;
    } else if let Some(failure) = failure {
        // What is on the screen is something else, and has not failed.
        model.complain_of(&failure);
    }
}

/// Does what the action means for a panel of lines.
pub(super) fn apply(model: &mut Model, action: Action) {
    let visible = model.geometry.top_rows;
    let Top::Documents(view) = &mut model.top else { return };
    let lines = lines(view);
    let extent = Extent { len: lines.len(), visible };
    if action == Action::Enter {
        return reading::open(model);
    }
    if action == Action::Mark && view.panel == Panel::Fields {
        let path = lines.get(view.panel_cursor.row).and_then(|line| line.path.clone());
        if let Some(path) = path {
            match view.columns.iter().position(|column| *column == path) {
                Some(at) => drop(view.columns.remove(at)),
                None => view.columns.push(path),
            }
        }
        view.panel_cursor.apply(Action::Down, extent);
        return;
    }
    view.panel_cursor.apply(action, extent);
}

/// The lines of the panel.
pub fn lines(view: &DocumentsView) -> Vec<Line> {
    match view.panel {
        Panel::Tree | Panel::Table => Vec::new(),
        Panel::Indexes => index_lines(view),
        Panel::Fields => field_lines(view),
        Panel::Plan => plan_lines(view),
        Panel::Changes => view.changes.iter().cloned().collect(),
        Panel::Value => view.reading.as_ref().map(Reading::lines).unwrap_or_default(),
    }
}

fn index_lines(view: &DocumentsView) -> Vec<Line> {
    let Some(found) = &view.inspection else { return Vec::new() };
    let mut lines =
        vec![line(&format!("{:<28} {:>9} {:>9}  key", "index", "size", "uses"), Tone::Head)];
    for index in &found.indexes {
        let size = index.bytes.map_or_else(|| "-".to_owned(), format::bytes);
        let uses = index.uses.map_or_else(|| "-".to_owned(), |(uses, _)| format::count(uses));
        let options =
            if index.options.is_empty() { String::new() } else { printed(&index.options) };
        let is_unused = index.uses.is_some_and(|(uses, _)| uses == 0) && index.name != "_id_";
        let text =
            format!("{:<28} {size:>9} {uses:>9}  {}  {options}", index.name, printed(&index.key));
        lines.push(json_line(&text, if is_unused { Tone::Dim } else { Tone::Plain }));
        if let Some(since) =
            index.uses.and_then(|(_, since)| dates::to_text(since.timestamp_millis()))
        {
            lines.push(line(&format!("{:<28} uses since {since}", ""), Tone::Dim));
        }
    }
    if found.indexes.is_empty() {
        lines.push(line("no indexes: this is a view", Tone::Dim));
    }
    let mut options = found.facts.options.clone();
    lines.push(line("", Tone::Plain));
    lines.push(line("validator", Tone::Head));
    match options.remove("validator") {
        Some(validator) => lines.push(json_line(&shell::print(&validator), Tone::Plain)),
        None => lines.push(line("none", Tone::Dim)),
    }
    lines.push(line("", Tone::Plain));
    lines.push(line("options", Tone::Head));
    for (name, value) in &options {
        lines.push(json_line(&format!("{name}: {}", shell::print(value)), Tone::Plain));
    }
    if options.is_empty() {
        lines.push(line("none", Tone::Dim));
    }
    let failures = found.failures.iter().map(|failure| line(failure.message.as_str(), Tone::Bad));
    lines.extend(failures);
    lines
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of a sample")]
fn field_lines(view: &DocumentsView) -> Vec<Line> {
    let Some(schema) = &view.schema else { return Vec::new() };
    let widest = schema
        .fields
        .iter()
        .map(|field| field.path.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(5, 40);
    let head = format!("  {:<widest$} {:>6}  {:<18} values", "field", "in", "types");
    let mut lines = vec![line(&head, Tone::Head)];
    for field in &schema.fields {
        let share = field.n_documents as f64 / schema.n_documents.max(1) as f64 * 100.0;
        let types: Vec<&str> = field.types.iter().map(|(name, _)| *name).collect();
        let mark = if view.columns.contains(&field.path) { "+" } else { " " };
        let head = safe(&format!(
            "{mark} {:<widest$} {share:>4.0} %  {:<18} ",
            field.path,
            types.join(" | ")
        ));
        let text = head.followed_by("", &SafeText::join(&field.values, ", "));
        let tone = if types.len() > 1 { Tone::Warning } else { Tone::Plain };
        lines.push(Line { text, tone, path: Some(field.path.clone()) });
    }
    lines.push(line("", Tone::Plain));
    let n = format::count(schema.n_documents);
    lines.push(line(
        &format!("{n} documents looked at; + is a column of the table, space changes it"),
        Tone::Dim,
    ));
    if schema.is_cut {
        lines.push(line("there are more fields than are kept", Tone::Warning));
    }
    lines
}

fn plan_lines(view: &DocumentsView) -> Vec<Line> {
    view.plan.as_ref().map(plan_text).unwrap_or_default()
}

/// A plan as lines: what should worry first, then its steps.
pub fn plan_text(plan: &crate::domain::explain::Plan) -> Vec<Line> {
    let mut lines: Vec<Line> =
        plan.warnings().iter().map(|warning| line(warning, Tone::Warning)).collect();
    if lines.is_empty() {
        let text = match &plan.indexes[..] {
            [] => "nothing has to be read for it".to_owned(),
            indexes => format!("served by {}", indexes.join(", ")),
        };
        lines.push(line(&text, Tone::Dim));
    }
    if let Some(run) = plan.run {
        let text = format!(
            "{} returned, {} documents and {} keys read, {} ms",
            format::count(run.returned),
            format::count(run.documents),
            format::count(run.keys),
            run.milliseconds
        );
        lines.push(line(&text, Tone::Plain));
    }
    lines.push(line("", Tone::Plain));
    for stage in &plan.stages {
        let indent = " ".repeat(2 * stage.depth);
        lines.push(json_line(&format!("{indent}{}  {}", stage.name, stage.detail), Tone::Plain));
    }
    lines
}

fn change_line(change: &change::Summary, zone: &TimeZone) -> Line {
    let change::Summary { at, operation, collection, id, what } = change;
    let at = at.and_then(|at| Timestamp::from_millisecond(at.timestamp_millis()).ok());
    let at = at.map_or_else(String::new, |at| {
        at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
    });
    let tone = if operation == "delete" { Tone::Warning } else { Tone::Plain };
    json_line(&format!("{at:<12}  {operation:<8} {collection}  {id}  {what}"), tone)
}
