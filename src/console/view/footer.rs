//! The last two lines: what happened, and what can be pressed here.

use ratatui::layout::Rect;

use super::Canvas;
use crate::{
    console::state::{
        action::Action,
        create::Stage,
        doctor::{Since, is_repairable},
        documents::{DocumentsView, panel::Panel},
        model::{Model, Pane, Top},
        query,
    },
    domain::text::safe,
};

/// The latest event, or the answer to the last key.
pub(super) fn event_line(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut row = canvas.row(area, 0);
    if let Some(notice) = &model.notice {
        let style = if notice.is_error { theme.bad } else { theme.accent };
        let glyph = if notice.is_error { theme.glyphs.bad } else { theme.glyphs.arrow };
        row.gap(1).put(glyph, style).gap(1).text(&notice.text, style);
        return;
    }
    let Some(entry) = model.events.latest() else { return };
    let (glyph, style) = theme.severity(entry.severity);
    row.gap(1).text(&time_of_day(entry.at), theme.dim).gap(1).put(glyph, style).gap(1);
    row.text(&entry.text, theme.text);
}

/// Hours, minutes and seconds in UTC, as logs have them.
pub(super) fn time_of_day(at: jiff::Timestamp) -> crate::domain::text::SafeText {
    safe(&at.strftime("%H:%M:%SZ").to_string())
}

/// The keys that are useful here, with what they do.
pub(super) fn hints(canvas: &mut Canvas, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let typing = [("enter", "keep"), ("esc", "clear")];
    let mut row = canvas.row(area, 0);
    row.gap(1);
    if model.stores.is_typing && matches!(model.top, Top::Panes) {
        for (key, words) in typing {
            row.put(key, theme.accent).gap(1).put(words, theme.dim).gap(2);
        }
        row.put("!word leaves out", theme.dim);
        return;
    }
    for (key, words) in fixed(model) {
        if usize::from(row.left_over()) >= key.len() + words.len() + 3 {
            row.put(key, theme.accent).gap(1).put(words, theme.dim).gap(2);
        }
    }
    for (action, words) in useful(model) {
        let key = safe(&model.keymap.key_of(action));
        let needed = key.width() + words.len() + 3;
        if key.as_str().is_empty() || usize::from(row.left_over()) < needed {
            continue;
        }
        row.text(&key, theme.accent).gap(1).put(words, theme.dim).gap(2);
    }
}

/// The keys of the doctor: those of a finding only where one is selected.
fn of_doctor(model: &Model) -> Vec<(Action, &'static str)> {
    let doctor = &model.doctor;
    let mut hints = Vec::new();
    if let Some((finding, since)) = doctor.finding(doctor.cursor.row) {
        let is_there = since != Since::Gone;
        if is_there && is_repairable(finding) && !model.session.read_only {
            hints.push((Action::Repair, "repair"));
        }
        hints.push((Action::Explain, "explain"));
        if finding.record.is_some() {
            hints.push((Action::GoToStore, "store"));
        }
        hints.extend([(Action::Filter, "filter"), (Action::Retry, "again")]);
        let words = if doctor.is_unfolded { "less" } else { "more" };
        hints.extend([(Action::Enter, words), (Action::Back, "back"), (Action::Copy, "copy")]);
    } else {
        hints.extend([(Action::Retry, "examine again"), (Action::Back, "back")]);
    }
    hints
}

/// The keys of the documents.
fn of_documents(view: &DocumentsView) -> Vec<(Action, &'static str)> {
    let names_a_file = view.export.as_ref().is_some_and(|export| export.running.is_none());
    if view.asking.is_some() || view.bar.is_some() || view.search.is_typing || names_a_file {
        return Vec::new();
    }
    let mut hints = vec![(Action::Help, "help")];
    if view.under_way().is_some() {
        hints.push((Action::Back, "end it"));
    }
    if view.panel == Panel::Value {
        hints.extend([(Action::Back, "back"), (Action::Copy, "copy"), (Action::Down, "scroll")]);
        return hints;
    }
    if view.panel.has_lines() {
        if view.panel == Panel::Fields {
            hints.push((Action::Mark, "column"));
        }
        hints.extend([
            (Action::Back, "documents"),
            (Action::Enter, "in full"),
            (Action::Copy, "copy"),
            (Action::Retry, "again"),
        ]);
        return hints;
    }
    hints.push((Action::Filter, "query"));
    if view.has_next {
        hints.push((Action::NextPage, "next page"));
    }
    if view.has_previous {
        hints.push((Action::PreviousPage, "previous"));
    }
    if !view.trees.is_empty() && view.failure.is_none() {
        let is_value = view.panel == Panel::Tree && !view.is_foldable();
        let (enter, other) = match view.panel {
            Panel::Table => ("open", "trees"),
            _ if is_value => ("read", "table"),
            _ => ("fold", "table"),
        };
        hints.extend([(Action::Enter, enter), (Action::ToggleTable, other)]);
        if is_value {
            hints.push((Action::FilterByValue, "filter by it"));
        }
    }
    hints.extend([
        (Action::Back, "back"),
        (Action::Explain, "plan"),
        (Action::Count, "count"),
        (Action::Export, "export"),
        (Action::Indexes, "indexes"),
        (Action::Fields, "fields"),
        (Action::Follow, "changes"),
        (Action::Search, "search"),
        (Action::Copy, "copy"),
    ]);
    hints
}

/// Keys that are the same whatever the configuration says: those of a form and a question.
fn fixed(model: &Model) -> &'static [(&'static str, &'static str)] {
    let is_asked = matches!(model.creation.stage, Stage::Asking(_));
    match (&model.top, &model.creation.stage) {
        (Top::Create, Stage::Filling) => &[
            ("enter", "make it"),
            ("tab", "next field"),
            ("left/right", "choose"),
            ("esc", "leave"),
            ("f1", "help"),
        ],
        (Top::Create, _) if is_asked => QUESTION,
        (Top::Jobs, _) if model.jobs.asking.is_some() => QUESTION,
        (Top::Doctor, _) if model.doctor.asking.is_some() => QUESTION,
        (Top::Doctor, _) if model.doctor.is_typing => &[("enter", "keep"), ("esc", "clear")],
        (Top::Documents(view), _) => fixed_of_documents(view),
        (Top::Query, _)
            if model.query.export.as_ref().is_some_and(|export| export.asking.is_some()) =>
        {
            QUESTION
        }
        (Top::Query, _)
            if model.query.export.as_ref().is_some_and(|export| export.running.is_none()) =>
        {
            EXPORT
        }
        (Top::Query, _) if query::has_keys(model) => &[
            ("enter", "ask"),
            ("tab", "next, completes"),
            ("ctrl-r", "history"),
            ("left/right", "choose"),
            ("esc", "leave"),
        ],
        (Top::Why, _) if model.why.is_typing => &[("enter", "ask"), ("esc", "leave")],
        _ => &[],
    }
}

fn fixed_of_documents(view: &DocumentsView) -> &'static [(&'static str, &'static str)] {
    if view.asking.is_some() {
        QUESTION
    } else if view.bar.is_some() {
        &[("enter", "run"), ("esc", "leave"), ("tab", "complete, next field"), ("up", "history")]
    } else if view.search.is_typing {
        &[("enter", "search"), ("esc", "leave")]
    } else if view.export.as_ref().is_some_and(|export| export.running.is_none()) {
        EXPORT
    } else {
        &[]
    }
}

const EXPORT: &[(&str, &str)] =
    &[("enter", "write"), ("up/down", "what and as what"), ("esc", "leave")];

const QUESTION: &[(&str, &str)] =
    &[("left/right", "choose"), ("enter", "answer"), ("esc", "cancel")];

fn useful(model: &Model) -> Vec<(Action, &'static str)> {
    let mut hints = match (&model.top, model.focus) {
        (Top::Help(_), _) => vec![(Action::Back, "close")],
        (Top::Palette(_), _) => vec![(Action::Enter, "go"), (Action::Back, "close")],
        (Top::Documents(view), _) => return of_documents(view),
        (Top::Query, _) if query::has_keys(model) => return Vec::new(),
        (Top::Query, _) => vec![
            (Action::Filter, "question"),
            (Action::Back, if model.query.running.is_some() { "end it" } else { "back" }),
            (Action::NextMeasure, "rows/totals/bars"),
            (Action::Export, "export"),
            (Action::GoToStore, "store"),
            (Action::Copy, "copy"),
            (Action::Retry, "ask again"),
        ],
        (Top::Events(_), _) => vec![(Action::Back, "back"), (Action::Copy, "copy")],
        (Top::Create, _) if matches!(model.creation.stage, Stage::Running) => {
            vec![(Action::Back, "back"), (Action::Copy, "copy")]
        }
        (Top::Jobs, _) if model.jobs.asking.is_none() => vec![
            (Action::Enter, "finish or undo"),
            (Action::Back, "back"),
            (Action::Retry, "read again"),
            (Action::Copy, "copy the id"),
        ],
        (Top::Doctor, _) if model.doctor.asking.is_none() && !model.doctor.is_typing => {
            of_doctor(model)
        }
        (Top::Why, _) if !model.why.is_typing => vec![
            (Action::Filter, "ask another"),
            (Action::GoToStore, "go to store"),
            (Action::Copy, "copy"),
            (Action::Back, "back"),
            (Action::Retry, "ask again"),
        ],
        (Top::Create | Top::Jobs | Top::Doctor | Top::Why, _) => return Vec::new(),
        (Top::Panes, Pane::Databases) => vec![
            (Action::Retry, "retry now"),
            (Action::Enter, "its stores"),
            (Action::Copy, "copy the cause"),
        ],
        (Top::Panes, Pane::Distribution) => {
            vec![(Action::NextMeasure, "stores/documents/bytes"), (Action::Enter, "its stores")]
        }
        (Top::Panes, Pane::Stores) => vec![
            (Action::Filter, "filter"),
            (Action::Enter, "collections"),
            (Action::Query, "ask all"),
            (Action::Sort, "sort"),
            (Action::ToggleProblems, "problems"),
            (Action::Copy, "copy"),
        ],
        (Top::Panes, Pane::Collections) => {
            vec![
                (Action::Enter, "documents"),
                (Action::Retry, "read again"),
                (Action::Copy, "copy"),
            ]
        }
    };
    if matches!((&model.top, model.focus), (Top::Panes, Pane::Stores)) && !model.session.read_only {
        hints.insert(1, (Action::NewStore, "new store"));
    }
    if matches!(model.top, Top::Panes) {
        hints.insert(0, (Action::NextPane, "next pane"));
        hints.extend([(Action::Events, "events"), (Action::Zoom, "zoom")]);
    }
    if matches!((&model.top, model.focus), (Top::Panes, Pane::Stores)) {
        let after = hints.iter().position(|(action, _)| *action == Action::Enter).unwrap_or(0);
        hints.insert(after, (Action::Why, "why lost"));
        hints.insert(after + 1, (Action::Doctor, "doctor"));
    }
    if matches!(model.top, Top::Query) && model.query.can_open() {
        hints.insert(1, (Action::Enter, "open"));
    }
    if !matches!(model.top, Top::Help(_) | Top::Palette(_)) {
        hints.insert(0, (Action::Help, "help"));
        hints.insert(1, (Action::Palette, "go to"));
        hints.insert(2, (Action::Quit, "quit"));
    }
    hints
}
