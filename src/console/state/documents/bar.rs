//! The fields that a query is typed into, with completion and history.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::{
    super::{
        command::Command,
        model::{Model, Top},
        textfield::{self, Completing},
    },
    DocumentsView, pages,
};
use crate::domain::query::{Mistake, Part, QueryText};

/// Longest text that a field takes, in characters.
pub(super) const LONGEST: usize = 20_000;

/// The fields.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Filter, sort, projection, collation.
    pub inputs: [Input; 4],
    /// The field that keys go to.
    pub focus: usize,
    /// What is wrong with what was typed, once it was to be run.
    pub mistake: Option<Mistake>,
    /// What the piece before the cursor can become.
    pub completion: Option<Completing>,
    /// The entry of the history that is shown, and what was typed before it.
    pub recalled: Option<Recalled>,
}

/// An entry of the history.
#[derive(Debug, Clone)]
pub struct Recalled {
    typed: QueryText,
    /// How far back it is; 0 is the newest that matches.
    pub back: usize,
}

/// What going through the history came to.
pub(in super::super) enum Recall {
    /// This entry is to be shown.
    Entry(Recalled, QueryText),
    /// What was typed is to be shown again.
    Typed(QueryText),
    /// There is no older one.
    Oldest,
}

impl Recalled {
    /// Goes back, or with −1 forth again, among the queries that hold what was typed: either
    /// pipelines or finds.
    pub(in super::super) fn go(
        earlier: Option<&Self>,
        (typed, is_pipeline): (QueryText, bool),
        (history, by): (&[QueryText], isize),
    ) -> Recall {
        let (typed, back) = match earlier {
            Some(earlier) => (earlier.typed.clone(), earlier.back.checked_add_signed(by)),
            None => (typed, Some(0)),
        };
        let Some(back) = back else { return Recall::Typed(typed) };
        let matches = |entry: &&QueryText| {
            entry.pipeline.is_empty() != is_pipeline
                && entry.filter.contains(typed.filter.trim())
                && entry.pipeline.contains(typed.pipeline.trim())
                && **entry != typed
                && !entry.is_empty()
        };
        match history.iter().rev().filter(matches).nth(back) {
            Some(entry) => Recall::Entry(Self { typed, back }, entry.clone()),
            None => Recall::Oldest,
        }
    }
}

/// The parts in the order of the fields.
pub const PARTS: [Part; 4] = [Part::Filter, Part::Sort, Part::Projection, Part::Collation];

impl Bar {
    fn new(text: &QueryText) -> Self {
        let input = |text: &String| Input::new(text.clone());
        Self {
            inputs: [
                input(&text.filter),
                input(&text.sort),
                input(&text.projection),
                input(&text.collation),
            ],
            focus: 0,
            mistake: None,
            completion: None,
            recalled: None,
        }
    }

    /// What is typed.
    pub fn text(&self) -> QueryText {
        let [filter, sort, projection, collation] =
            self.inputs.each_ref().map(|input| input.value().to_owned());
        QueryText { filter, sort, projection, collation, pipeline: String::new() }
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.inputs.get_mut(self.focus)
    }

    fn go(&mut self, by: isize) {
        let n = isize::try_from(self.inputs.len()).unwrap_or(1);
        let focus = isize::try_from(self.focus).unwrap_or(0);
        self.focus = usize::try_from((focus + by).rem_euclid(n)).unwrap_or(0);
        self.completion = None;
    }

    fn show(&mut self, text: &QueryText) {
        let focus = self.focus;
        let recalled = self.recalled.take();
        *self = Self { focus, recalled, ..Self::new(text) };
    }

    /// Completes the piece before the cursor; again, with the next candidate.
    fn complete(&mut self, fields: &[String]) -> bool {
        let Some(input) = self.inputs.get_mut(self.focus) else { return false };
        self.completion = Completing::next(self.completion.take(), input, (fields, false));
        self.completion.is_some()
    }
}

/// Opens the fields with the query that is shown.
pub(super) fn open(model: &mut Model) {
    if let Top::Documents(view) = &mut model.top {
        view.bar = Some(Bar::new(&view.text));
        view.export = None;
    }
}

/// Goes to the field with this number, and opens the fields for that.
pub(super) fn focus(model: &mut Model, field: usize) {
    if let Top::Documents(view) = &mut model.top {
        let bar = view.bar.get_or_insert_with(|| Bar::new(&view.text));
        bar.focus = field.min(bar.inputs.len() - 1);
        bar.completion = None;
    }
}

/// Opens the fields with a query that is not run yet, in the field with this number.
pub(super) fn open_with(model: &mut Model, text: &QueryText, focus: usize) {
    open(model);
    if let Top::Documents(view) = &mut model.top {
        view.bar = Some(Bar { focus, ..Bar::new(text) });
    }
    model.notify("enter runs this, esc leaves it");
}

/// Reads the history, where it has not been read yet.
pub(in super::super) fn load_history(model: &mut Model, commands: &mut Vec<Command>) {
    if model.history.is_none() {
        model.history = Some(Vec::new());
        commands.push(Command::LoadHistory);
    }
}

/// Whether keys go to the fields.
pub(in super::super) const fn has_keys(model: &Model) -> bool {
    matches!(&model.top, Top::Documents(view) if view.bar.is_some())
}

/// Takes a key for the fields.
pub(in super::super) fn take_key(model: &mut Model, key: KeyEvent, commands: &mut Vec<Command>) {
    model.redraw = true;
    let fields = fields(model);
    let Top::Documents(view) = &mut model.top else { return };
    let Some(bar) = &mut view.bar else { return };
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match super::super::question::without_shift(&key) {
        KeyCode::Enter => submit(model, commands),
        KeyCode::Esc if bar.completion.is_some() => {
            if let (Some(completing), Some(input)) = (bar.completion.take(), bar.input()) {
                completing.undo(input);
            }
        }
        KeyCode::Esc => view.bar = None,
        KeyCode::Tab => {
            let is_empty = bar.input().is_some_and(|input| input.value().is_empty());
            if is_empty || !bar.complete(&fields) {
                bar.go(1);
            }
        }
        KeyCode::BackTab => bar.go(-1),
        KeyCode::Up => recall(model, 1),
        KeyCode::Down if bar.recalled.is_some() => recall(model, -1),
        KeyCode::Down => bar.go(1),
        KeyCode::Char('r') if is_control => recall(model, 1),
        KeyCode::Char('u') if is_control => {
            if let Some(input) = bar.input() {
                *input = Input::default();
            }
            changed(bar);
        }
        _ => {
            if bar.input().is_some_and(|input| textfield::press(input, key, LONGEST)) {
                changed(bar);
            }
        }
    }
}

fn changed(bar: &mut Bar) {
    (bar.mistake, bar.completion, bar.recalled) = (None, None, None);
}

/// Field names that completion knows: those of the sample, else those of the page.
fn fields(model: &Model) -> Vec<String> {
    let Top::Documents(view) = &model.top else { return Vec::new() };
    if let Some(schema) = &view.schema {
        return schema.paths();
    }
    let documents = view.trees.iter().map(|tree| tree.raw().as_ref().as_ref());
    crate::domain::schema::Schema::of(documents).paths()
}

/// Pastes into the field; nothing is run by it.
pub(in super::super) fn paste(view: &mut DocumentsView, text: &str) {
    let Some(bar) = &mut view.bar else { return };
    if let Some(input) = bar.input() {
        textfield::paste(input, text, LONGEST);
    }
    changed(bar);
}

/// Goes back in the history, to entries that hold what was typed, or forth again.
fn recall(model: &mut Model, by: isize) {
    let history = model.history.as_deref().unwrap_or_default();
    let Top::Documents(view) = &mut model.top else { return };
    let Some(bar) = &mut view.bar else { return };
    match Recalled::go(bar.recalled.as_ref(), (bar.text(), false), (history, by)) {
        Recall::Entry(recalled, entry) => {
            bar.recalled = Some(recalled);
            bar.show(&entry);
        }
        Recall::Typed(typed) => {
            bar.recalled = None;
            bar.show(&typed);
        }
        Recall::Oldest => model.notify("there is no older query like this"),
    }
}

/// Keeps a query for another time.
pub(in super::super) fn remember(model: &mut Model, text: QueryText, commands: &mut Vec<Command>) {
    if text.is_empty() {
        return;
    }
    let history = model.history.get_or_insert_default();
    history.retain(|entry| *entry != text);
    history.push(text.clone());
    commands.push(Command::Remember(Box::new(text)));
}

/// Runs what is typed, or says what is wrong with it.
fn submit(model: &mut Model, commands: &mut Vec<Command>) {
    let now = model.now;
    let Top::Documents(view) = &mut model.top else { return };
    let Some(bar) = &mut view.bar else { return };
    bar.completion = None;
    let text = bar.text();
    let query = match text.read(now) {
        Err(mistake) => {
            bar.focus = PARTS.iter().position(|part| *part == mistake.part).unwrap_or(0);
            if let Some(input) = bar.input() {
                textfield::point_at(input, mistake.error.at);
            }
            bar.mistake = Some(mistake);
            return;
        }
        Ok(query) => query,
    };
    if let Err(failure) = query.check() {
        return model.complain_of(&failure);
    }
    view.bar = None;
    remember(model, text.clone(), commands);
    pages::run(model, (text, query), commands);
}
