//! The fields of a new store.

use std::collections::BTreeSet;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, backend::crossterm::EventHandler as _};

use crate::domain::{
    creation::{Choice, Draft, Field},
    database::Layout,
    placement::Strategy,
};

/// Longest text of a field in characters: what is beyond cannot be right.
const LONGEST: usize = 255;

/// A line of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormField {
    /// The store's id.
    StoreId,
    /// The store's name.
    Name,
    /// The prefix of its collections.
    Prefix,
    /// Who picks the shard, or which one it is.
    Database,
    /// Whether its collections get indexes.
    Indexes,
}

impl FormField {
    /// Every line, from the top.
    pub const ALL: [Self; 5] =
        [Self::StoreId, Self::Name, Self::Prefix, Self::Database, Self::Indexes];

    /// The line of a field of the draft.
    pub const fn of(field: Field) -> Self {
        match field {
            Field::StoreId => Self::StoreId,
            Field::Name => Self::Name,
            Field::Prefix => Self::Prefix,
            Field::Database => Self::Database,
        }
    }

    /// The field of the draft; the switch for the indexes is none that can be wrong.
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::StoreId => Some(Field::StoreId),
            Self::Name => Some(Field::Name),
            Self::Prefix => Some(Field::Prefix),
            Self::Database => Some(Field::Database),
            Self::Indexes => None,
        }
    }

    /// What stands before it: the registry's own names, as stored in the configuration.
    pub fn label(self, layout: &Layout) -> String {
        match self {
            Self::StoreId => layout.registry.store_id.clone(),
            Self::Name => layout.registry.name.clone(),
            Self::Prefix => layout.registry.prefix.clone(),
            Self::Database => "database".to_owned(),
            Self::Indexes => "indexes".to_owned(),
        }
    }

    /// What it is for, for somebody who has never seen the form.
    pub const fn help(self) -> &'static str {
        match self {
            Self::StoreId => "What the backend finds the store by. No other store may have it",
            Self::Name => "What people call the store",
            Self::Prefix => {
                "What the names of its collections begin with. Suggested from the name until \
                 you type one"
            }
            Self::Database => {
                "Left and Right choose: a rule that picks the shard, or one of the shards"
            }
            Self::Indexes => {
                "Left and Right choose: the indexes that most stores have, or none besides _id"
            }
        }
    }

    fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}

/// What was typed and chosen.
#[derive(Debug, Clone)]
pub struct Form {
    /// The store's id.
    pub store_id: Input,
    /// The store's name.
    pub name: Input,
    /// The prefix that a person typed; empty while the suggested one is taken.
    pub prefix: Input,
    /// Who picks the shard.
    pub choice: Choice,
    /// Whether the store gets no indexes.
    pub without_indexes: bool,
    /// The line that keys go to.
    pub focus: FormField,
    /// Lines that were left: an empty one of them is a mistake, and not just to be filled.
    left: BTreeSet<FormField>,
    /// The rule that was chosen at the beginning.
    configured: Strategy,
}

impl Default for Form {
    fn default() -> Self {
        Self::new(Strategy::default())
    }
}

impl Form {
    /// An empty form, with the rule that is configured.
    pub fn new(configured: Strategy) -> Self {
        Self {
            store_id: Input::default(),
            name: Input::default(),
            prefix: Input::default(),
            choice: Choice::Strategy(configured),
            without_indexes: false,
            focus: FormField::StoreId,
            left: BTreeSet::new(),
            configured,
        }
    }

    /// The draft. Where no prefix was typed, it is for the plan to suggest one.
    pub fn draft(&self) -> Draft {
        Draft {
            store_id: self.store_id.value().to_owned(),
            name: self.name.value().to_owned(),
            prefix: self.prefix.value().to_owned(),
            choice: self.choice,
            without_indexes: self.without_indexes,
        }
    }

    /// Whether a person typed the prefix.
    pub fn has_own_prefix(&self) -> bool {
        !self.prefix.value().is_empty()
    }

    /// Whether nothing was typed or chosen.
    pub fn is_pristine(&self) -> bool {
        [&self.store_id, &self.name, &self.prefix].iter().all(|input| input.value().is_empty())
            && self.choice == Choice::Strategy(self.configured)
            && !self.without_indexes
    }

    /// Whether the line was left, so that what is missing there is a mistake.
    pub fn was_left(&self, field: FormField) -> bool {
        self.left.contains(&field)
    }

    pub(super) fn focus_on(&mut self, field: FormField) {
        self.left.insert(self.focus);
        self.focus = field;
    }

    pub(super) fn focus_next(&mut self) {
        self.focus_on(self.focus.next());
    }

    pub(super) fn focus_previous(&mut self) {
        self.focus_on(self.focus.previous());
    }

    pub(super) fn leave_all(&mut self) {
        self.left.extend(FormField::ALL);
    }

    /// The text field that has the focus.
    pub(super) fn text_field(&mut self) -> Option<&mut Input> {
        match self.focus {
            FormField::StoreId => Some(&mut self.store_id),
            FormField::Name => Some(&mut self.name),
            FormField::Prefix => Some(&mut self.prefix),
            FormField::Database | FormField::Indexes => None,
        }
    }

    /// Takes a key. Returns whether it changed what is typed or chosen.
    pub(super) fn press(&mut self, key: &KeyEvent, suggested: &str, layout: &Layout) -> bool {
        match self.focus {
            FormField::Database => self.step(key.code, layout),
            FormField::Indexes => self.toggle(key.code),
            FormField::StoreId | FormField::Name | FormField::Prefix => self.edit(key, suggested),
        }
    }

    fn edit(&mut self, key: &KeyEvent, suggested: &str) -> bool {
        let is_suggested = self.focus == FormField::Prefix && !self.has_own_prefix();
        let types = matches!(key.code, KeyCode::Char(_))
            && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        if is_suggested && !types {
            // Whoever goes into the suggestion or takes a letter away works on it.
            self.prefix = Input::new(suggested.to_owned());
        }
        let Some(input) = self.text_field() else { return false };
        if types && input.value().chars().count() >= LONGEST {
            return false;
        }
        let changes = input.handle_event(&TerminalEvent::Key(*key));
        changes.is_some_and(|changes| changes.value) || (is_suggested && !types)
    }

    /// Goes through the rules, the configured one first, and then through the shards.
    fn step(&mut self, code: KeyCode, layout: &Layout) -> bool {
        let mut strategies = Strategy::ALL;
        strategies.sort_by_key(|strategy| *strategy != self.configured);
        let choices: Vec<Choice> = strategies
            .into_iter()
            .map(Choice::Strategy)
            .chain(layout.shards().map(Choice::Shard))
            .collect();
        let at = choices.iter().position(|choice| *choice == self.choice).unwrap_or(0);
        let next = match code {
            KeyCode::Left => (at + choices.len() - 1) % choices.len(),
            KeyCode::Right | KeyCode::Char(' ') => (at + 1) % choices.len(),
            _ => return false,
        };
        self.choice = choices[next];
        true
    }

    const fn toggle(&mut self, code: KeyCode) -> bool {
        let toggles = matches!(code, KeyCode::Left | KeyCode::Right | KeyCode::Char(' '));
        if toggles {
            self.without_indexes = !self.without_indexes;
        }
        toggles
    }
}
