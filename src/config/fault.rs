//! What is wrong with a configuration: all of it at once, each with its place.

use std::{
    fmt, io,
    ops::Range,
    path::{Path, PathBuf},
};

use crate::domain::{
    failure::{Failure, FailureKind},
    text::{SafeText, safe},
};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is; `None` for what is not in the file.
    pub place: Option<Place>,
    /// What is wrong: lower case, no full stop. Never quotes a URI.
    pub message: SafeText,
    /// The next step, where the message does not say it already.
    pub hint: Option<SafeText>,
}

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

impl Fault {
    /// A fault that has no place yet.
    pub fn new(message: &str) -> Self {
        Self { place: None, message: safe(message), hint: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(safe(hint));
        self
    }
}

/// Why a file cannot be read or written, in a person's words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        kind => kind.to_string(),
    }
}

/// Every fault of a configuration, and the file that they are in.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    file: PathBuf,
    /// What spans refer to. Dropped before the faults leave, since it can hold a password.
    text: String,
    list: Vec<Fault>,
}

impl Faults {
    /// No faults yet in this file.
    pub(super) fn in_file(file: &Path) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Keeps the text that spans refer to.
    pub(super) fn set_text(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }

    /// Adds a fault at these bytes of the text.
    pub(super) fn add(&mut self, span: Range<usize>, fault: Fault) {
        let place = Some(self.place(span.start));
        self.list.push(Fault { place, ..fault });
    }

    /// Adds a fault that is not in the file's text.
    pub(super) fn add_outside(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    /// Every fault, ordered by place.
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// The value, when nothing is wrong.
    ///
    /// # Errors
    ///
    /// The faults, when there are any.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list.sort_by_key(|fault| fault.place);
        self.text.clear();
        Err(self)
    }

    fn place(&self, byte: usize) -> Place {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// The faults as one failure.
    pub fn to_failure(&self) -> Failure {
        let hint = match self.list.as_slice() {
            [Fault { hint: Some(hint), .. }] => hint.clone(),
            _ => safe("Run `tilldeck config check` and mend the file"),
        };
        let lines: Vec<_> = self.lines().collect();
        Failure { kind: FailureKind::Usage, message: SafeText::join(&lines, "; "), hint }
    }

    /// Each fault as `file:line:column: message`.
    pub fn lines(&self) -> impl Iterator<Item = SafeText> + '_ {
        let file = safe(&self.file.to_string_lossy());
        self.list.iter().map(move |fault| match fault.place {
            Some(Place { line, column }) => {
                let place = safe(&format!("{line}:{column}: "));
                SafeText::join([&SafeText::join([&file, &place], ":"), &fault.message], "")
            }
            None => fault.message.clone(),
        })
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { list: vec![fault], ..Self::default() }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
