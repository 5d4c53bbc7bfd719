//! The rows of the answer, written into a file.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::{
    super::{
        command::{Command, RequestId},
        documents::{OVERWRITE, export::CHOICES},
        geometry::Geometry,
        model::{Model, Top},
        question::{Question, without_shift},
        textfield,
    },
    of_type,
};
use crate::domain::{
    export::Format,
    failure::{Failure, FailureKind},
    format, text,
};

/// Longest file name.
const LONGEST: usize = 1_000;

/// An export: its file being named, or under way.
#[derive(Debug)]
pub struct RowsExport {
    /// The name of the file.
    pub input: Input,
    /// Which of the formats.
    choice: usize,
    /// The export that is under way.
    pub running: Option<RequestId>,
    /// Whether the file that is there may be replaced.
    pub asking: Option<Question>,
    /// Whether that was answered with yes.
    overwrites: bool,
}

/// Formats of a file of rows.
const FORMATS: [(Format, &str); 3] =
    [(CHOICES[0].1, "JSON Lines"), (CHOICES[1].1, "canonical JSON Lines"), (CHOICES[2].1, "CSV")];

impl RowsExport {
    /// The chosen format, and what it is called.
    pub fn format(&self) -> (Format, &'static str) {
        FORMATS[self.choice % FORMATS.len()]
    }

    fn turn(&mut self, by: usize) {
        let before = self.format().0.extension();
        self.choice = (self.choice + by) % FORMATS.len();
        let after = self.format().0.extension();
        if let Some(stem) = self.input.value().strip_suffix(before) {
            self.input = Input::new(format!("{stem}{after}"));
        }
    }
}

/// Opens the field for the file's name.
pub(super) fn open(model: &mut Model) {
    let of_type = of_type(model);
    let board = &mut model.query;
    if board.rows.is_empty() {
        return model.notify("there are no rows to write");
    }
    if board.export.is_some() {
        return model.notify("an export is under way; esc ends it");
    }
    let input = Input::new(format!("{}.jsonl", text::file_name(of_type.as_str())));
    board.export =
        Some(RowsExport { input, choice: 0, running: None, asking: None, overwrites: false });
}

/// Whether keys go to the name of the file, or to the question about it.
pub(super) const fn has_keys(model: &Model) -> bool {
    matches!(&model.query.export, Some(RowsExport { running: None, .. }))
}

/// Takes a key.
pub(super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    let Some(export) = &mut model.query.export else { return };
    if let Some(question) = &mut export.asking {
        if let Some(answer) = question.press(&key) {
            self::answer(model, answer, commands);
        }
        return;
    }
    match without_shift(&key) {
        KeyCode::Enter => start(model, false, commands),
        KeyCode::Esc => model.query.export = None,
        KeyCode::Down | KeyCode::Tab => export.turn(1),
        KeyCode::Up | KeyCode::BackTab => export.turn(FORMATS.len() - 1),
        _ => drop(textfield::press(&mut export.input, key, LONGEST)),
    }
}

/// Pastes into the name; a question is not answered by it.
pub(super) fn paste(export: &mut RowsExport, text: &str) {
    if export.asking.is_none() {
        textfield::paste(&mut export.input, text, LONGEST);
    }
}

/// Takes a click on an answer, once it was on the screen.
pub(in super::super) fn clicked(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    let question = model.query.export.as_ref().and_then(|export| export.asking.as_ref());
    if question.is_some_and(Question::is_seen) {
        self::answer(model, answer, commands);
    }
}

/// Takes what a frame showed of the question.
pub(in super::super) fn note_drawn(model: &mut Model, geometry: &Geometry) {
    if matches!(model.top, Top::Query)
        && let Some(export) = &mut model.query.export
        && let Some(question) = &mut export.asking
    {
        question.note_drawn(geometry);
    }
}

fn answer(model: &mut Model, answer: usize, commands: &mut Vec<Command>) {
    model.redraw = true;
    let Some(export) = &mut model.query.export else { return };
    export.asking = None;
    if answer == 0 {
        // The name can be changed.
        return model.notify("nothing was written");
    }
    start(model, true, commands);
}

fn start(model: &mut Model, overwrite: bool, commands: &mut Vec<Command>) {
    let request = model.next_request();
    let names = |database| model.session.layout.name_of(database);
    let board = &model.query;
    let rows = board.rows.iter().filter_map(|row| {
        let target = board.plan.targets.get(row.target)?;
        Some((target.store_id.clone(), names(target.database), Arc::new(row.document.clone())))
    });
    let rows: Vec<_> = rows.collect();
    let Some(export) = &mut model.query.export else { return };
    let path = export.input.value().trim().to_owned();
    if path.is_empty() {
        return model.complain("type the name of a file");
    }
    (export.running, export.overwrites) = (Some(request), overwrite);
    let (format, _) = export.format();
    commands.push(Command::ExportRows { request, rows, format, path, overwrite });
}

/// Takes how an export of rows ended. Returns whether it was one.
pub(in super::super) fn ended(
    model: &mut Model,
    request: RequestId,
    outcome: &Result<(u64, u64), Failure>,
) -> bool {
    let Some(export) = &mut model.query.export else { return false };
    if export.running != Some(request) {
        return false;
    }
    export.running = None;
    match outcome {
        Ok((rows, _)) => {
            let noun = if *rows == 1 { "row is" } else { "rows are" };
            let told = format!("{} {noun} in {}", format::count(*rows), export.input.value());
            model.query.export = None;
            model.notify(&told);
        }
        Err(failure) if failure.kind == FailureKind::Usage && !export.overwrites => {
            export.asking = Some(Question::new(OVERWRITE));
        }
        // The name can be changed.
        Err(failure) => model.complain_of(failure),
    }
    model.redraw = true;
    true
}
