//! Exporting a page, a query or a whole collection into a file.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::{
    super::{
        command::{Command, Exported, RequestId},
        model::{Model, Top},
        question::Question,
        textfield,
    },
    About, Asking, OVERWRITE, view_of,
};
use crate::domain::{
    document::JsonForm,
    export::Format,
    failure::{Failure, FailureKind},
    format,
};

/// Longest file name.
const LONGEST: usize = 1_000;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything that the query matches.
    Query,
    /// The documents on the screen.
    Page,
    /// The whole collection.
    Collection,
}

/// An export: being typed, under way, or over.
#[derive(Debug)]
pub struct ExportBox {
    /// The name of the file.
    pub input: Input,
    /// Which of [`CHOICES`].
    pub choice: usize,
    /// The export that is under way, and how many documents and bytes are written.
    pub running: Option<(RequestId, u64, u64)>,
    /// When it began, for the rate.
    pub began: jiff::Timestamp,
    /// Whether a file that is there may be replaced.
    overwrites: bool,
}

/// What can be exported, and as what.
pub const CHOICES: [(Scope, Format, &str); 9] = [
    (Scope::Query, Format::Jsonl(JsonForm::Relaxed), "what the query matches, as JSON Lines"),
    (
        Scope::Query,
        Format::Jsonl(JsonForm::Canonical),
        "what the query matches, as canonical JSON Lines",
    ),
    (Scope::Query, Format::Csv, "what the query matches, as CSV"),
    (Scope::Page, Format::Jsonl(JsonForm::Relaxed), "this page, as JSON Lines"),
    (Scope::Page, Format::Jsonl(JsonForm::Canonical), "this page, as canonical JSON Lines"),
    (Scope::Page, Format::Csv, "this page, as CSV"),
    (Scope::Collection, Format::Jsonl(JsonForm::Relaxed), "the whole collection, as JSON Lines"),
    (
        Scope::Collection,
        Format::Jsonl(JsonForm::Canonical),
        "the whole collection, as canonical JSON Lines",
    ),
    (Scope::Collection, Format::Csv, "the whole collection, as CSV"),
];

impl ExportBox {
    /// The request of the export that is under way.
    pub fn under_way(&self) -> Option<RequestId> {
        self.running.map(|(request, _, _)| request)
    }

    /// What is chosen.
    pub fn chosen(&self) -> (Scope, Format, &'static str) {
        CHOICES.get(self.choice).copied().unwrap_or(CHOICES[0])
    }

    /// Pastes into the name.
    pub(super) fn paste(&mut self, text: &str) {
        textfield::paste(&mut self.input, text, LONGEST);
    }

    fn choose(&mut self, by: usize) {
        let before = self.chosen().1.extension();
        self.choice = (self.choice + by) % CHOICES.len();
        let after = self.chosen().1.extension();
        if let Some(stem) = self.input.value().strip_suffix(before) {
            self.input = Input::new(format!("{stem}{after}"));
        }
    }
}

/// Opens the field for the file's name.
pub(super) fn open(model: &mut Model) {
    let now = model.now;
    let Top::Documents(view) = &mut model.top else { return };
    if view.export.as_ref().is_some_and(|export| export.running.is_some()) {
        return model.notify("an export is under way; esc ends it");
    }
    let name = crate::domain::text::file_name(&view.collection);
    let input = Input::new(format!("{name}.jsonl"));
    view.export =
        Some(ExportBox { input, choice: 0, running: None, began: now, overwrites: false });
}

/// Whether keys go to the field.
pub(in super::super) fn has_keys(model: &Model) -> bool {
    matches!(&model.top, Top::Documents(view)
        if view.asking.is_none() && view.export.as_ref().is_some_and(|export| export.running.is_none()))
}

/// Takes a key for the field.
pub(in super::super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Top::Documents(view) = &mut model.top else { return };
    let Some(export) = &mut view.export else { return };
    match super::super::question::without_shift(&key) {
        KeyCode::Enter => start(model, false, commands),
        KeyCode::Esc => view.export = None,
        KeyCode::Down | KeyCode::Tab => export.choose(1),
        KeyCode::Up | KeyCode::BackTab => export.choose(CHOICES.len() - 1),
        _ => drop(textfield::press(&mut export.input, key, LONGEST)),
    }
}

/// Begins.
pub(super) fn start(model: &mut Model, overwrite: bool, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let now = model.now;
    let Top::Documents(view) = &mut model.top else { return };
    let Some(export) = &mut view.export else { return };
    let path = export.input.value().trim().to_owned();
    if path.is_empty() {
        return model.complain("type the name of a file");
    }
    let (scope, format, _) = export.chosen();
    (export.running, export.began) = (Some((request, 0, 0)), now);
    export.overwrites = overwrite;
    let what = match scope {
        Scope::Page => {
            Exported::Documents(view.trees.iter().map(|tree| tree.raw().clone()).collect())
        }
        Scope::Query => Exported::Query(Box::new(view.query.clone())),
        Scope::Collection => Exported::Query(Box::default()),
    };
    commands.push(Command::ExportDocuments {
        request,
        database: view.database,
        collection: view.collection.clone(),
        what,
        format,
        path,
        overwrite,
    });
}

/// Ends it; no file is left.
pub(super) fn cancel(model: &mut Model, commands: &mut Vec<Command>) {
    let Top::Documents(view) = &mut model.top else { return };
    let export = view.export.take();
    if let Some(request) = export.and_then(|export| export.under_way()) {
        commands.push(Command::EndWork { request });
        model.notify("the export is ended; no file is left");
    }
}

/// Takes how far it is.
pub(in super::super) fn advanced(
    model: &mut Model,
    request: RequestId,
    (documents, bytes): (u64, u64),
) {
    let Some(view) = view_of(model) else { return };
    if let Some(export) = &mut view.export
        && export.under_way() == Some(request)
    {
        export.running = Some((request, documents, bytes));
        model.redraw = true;
    }
}

/// Takes how it ended.
pub(in super::super) fn ended(
    model: &mut Model,
    request: RequestId,
    outcome: Result<(u64, u64), Failure>,
) {
    let Some(view) = view_of(model) else { return };
    let Some(export) = &mut view.export else { return };
    if export.under_way() != Some(request) {
        return;
    }
    export.running = None;
    let path = export.input.value().to_owned();
    match outcome {
        Ok((documents, bytes)) => {
            view.export = None;
            let (documents, bytes) = (format::count(documents), format::bytes(bytes));
            let are = if documents == "1" { "document, XX, is" } else { "documents, XX, are" };
            model.notify(&format!("{documents} {} in {path}", are.replace("XX", &bytes)));
        }
        Err(failure) if failure.kind == FailureKind::Usage && !export.overwrites => {
            view.asking =
                Some(Asking { about: About::Overwrite, question: Question::new(OVERWRITE) });
        }
        Err(failure) => model.complain_of(&failure),
    }
    model.redraw = true;
}
