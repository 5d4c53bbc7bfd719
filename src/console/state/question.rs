//! A question before something is written. Cancel is the default, a paste answers nothing,
//! and what was typed before the question was on the screen does not count.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    geometry::{Geometry, Target},
    list::Extent,
};

/// One way to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The letter that gives it.
    pub key: char,
    /// What it says.
    pub words: &'static str,
}

/// The answer that does nothing: the first one of every question, and its default.
pub const CANCEL: Answer = Answer { key: 'n', words: "Cancel" };

/// Answers to choose from, the first one chosen until a person chooses another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The answers, [`CANCEL`] first.
    pub answers: &'static [Answer],
    /// The one that Enter gives.
    pub chosen: usize,
    /// The first visible line of what is asked.
    pub first: usize,
    /// The lines of what is asked, as drawn last.
    text: Extent,
    /// Whether the answers were on the screen.
    is_drawn: bool,
}

impl Question {
    /// A question that nobody has seen yet.
    pub const fn new(answers: &'static [Answer]) -> Self {
        let text = Extent { len: 0, visible: 0 };
        Self { answers, chosen: 0, first: 0, text, is_drawn: false }
    }

    /// Whether the answers were on the screen, so that a click on one of them counts.
    pub const fn is_seen(&self) -> bool {
        self.is_drawn
    }

    /// Takes a key. Gives the number of the answer once there is one; 0 is to do nothing.
    ///
    /// Before the answers were on the screen only Esc counts: whatever else was typed ahead
    /// was meant for something else.
    pub fn press(&mut self, key: &KeyEvent) -> Option<usize> {
        if key.code == KeyCode::Esc {
            return Some(0);
        }
        if !self.is_drawn || key.modifiers.contains(KeyModifiers::CONTROL) {
            return None;
        }
        let last = self.answers.len().saturating_sub(1);
        match without_shift(key) {
            KeyCode::Enter => return Some(self.chosen),
            KeyCode::Left => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Right => self.chosen = (self.chosen + 1).min(last),
            KeyCode::Tab => self.chosen = if self.chosen == last { 0 } else { self.chosen + 1 },
            KeyCode::BackTab => self.chosen = self.chosen.checked_sub(1).unwrap_or(last),
            KeyCode::Up => self.first = self.first.saturating_sub(1),
            KeyCode::Down => self.first = (self.first + 1).min(self.text.last_first()),
            KeyCode::PageUp => self.first = self.first.saturating_sub(self.text.page()),
            KeyCode::PageDown => {
                self.first = (self.first + self.text.page()).min(self.text.last_first());
            }
            KeyCode::Char(typed) => {
                return self.answers.iter().position(|answer| answer.key == typed);
            }
            _ => {}
        }
        None
    }

    /// Takes what a frame showed.
    pub fn note_drawn(&mut self, geometry: &Geometry) {
        let is_answer = |target: &Target| matches!(target, Target::Answer(_));
        self.is_drawn |= geometry.targets.iter().any(|(_, target)| is_answer(target));
        self.text = geometry.text;
        self.first = self.first.min(self.text.last_first());
    }
}

/// The key's code, with Shift-Tab as a key of its own, however the terminal tells it.
pub(super) fn without_shift(key: &KeyEvent) -> KeyCode {
    if key.code == KeyCode::Tab && key.modifiers.contains(KeyModifiers::SHIFT) {
        KeyCode::BackTab
    } else {
        key.code
    }
}

#[cfg(test)]
mod tests {
    use super::{super::geometry::Area, *};

    const ANSWERS: &[Answer] = &[CANCEL, Answer { key: 'y', words: "Do it" }];

    fn seen() -> Question {
        let mut question = Question::new(ANSWERS);
        let targets = vec![(Area::default(), Target::Answer(0))];
        question.note_drawn(&Geometry { targets, ..Geometry::default() });
        question
    }

    fn answered(question: &mut Question, codes: &[KeyCode]) -> Option<usize> {
        codes.iter().find_map(|code| question.press(&KeyEvent::new(*code, KeyModifiers::NONE)))
    }

    #[test]
    fn enter_alone_does_nothing() {
        assert_eq!(answered(&mut seen(), &[KeyCode::Enter]), Some(0));
        assert_eq!(answered(&mut seen(), &[KeyCode::Esc]), Some(0));
        assert_eq!(answered(&mut seen(), &[KeyCode::Char('n')]), Some(0));
        assert_eq!(answered(&mut seen(), &[KeyCode::Char('x'), KeyCode::Down]), None);
    }

    #[test]
    fn another_answer_is_chosen_by_keys() {
        for keys in [
            &[KeyCode::Right, KeyCode::Right, KeyCode::Enter][..],
            &[KeyCode::Tab, KeyCode::Enter],
            &[KeyCode::BackTab, KeyCode::Enter],
            &[KeyCode::Char('y')],
        ] {
            assert_eq!(answered(&mut seen(), keys), Some(1), "{keys:?}");
        }
        let there_and_back = [KeyCode::Tab, KeyCode::Tab, KeyCode::Right, KeyCode::Left];
        let mut question = seen();
        assert_eq!(answered(&mut question, &there_and_back), None);
        assert_eq!(question.chosen, 0);
    }

    #[test]
    fn keys_that_were_typed_ahead_do_not_count() {
        let mut question = Question::new(ANSWERS);
        let ahead = [KeyCode::Char('y'), KeyCode::Right, KeyCode::Enter, KeyCode::Tab];
        assert_eq!(answered(&mut question, &ahead), None);
        assert_eq!(question.chosen, 0);
        // A frame that has no room for the answers does not show them either.
        question.note_drawn(&Geometry::default());
        assert_eq!(answered(&mut question, &ahead), None);
        assert_eq!(answered(&mut question, &[KeyCode::Esc]), Some(0));
    }
}
