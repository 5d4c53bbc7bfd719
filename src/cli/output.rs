//! What leaves the process: data on stdout, diagnostics on stderr, both safe.

use std::{
    io::{self, IsTerminal as _, Write},
    process::ExitCode,
};

use anstream::{AutoStream, ColorChoice};
use serde_json::Value;

use super::fleet::interrupted;
use crate::{
    domain::{
        failure::{Failure, FailureKind},
        text::{SafeText, safe_json},
    },
    report::error::ErrorReport,
};

/// The answer of a headless command.
#[derive(Debug)]
pub(super) struct Answer {
    /// For `--json`.
    pub(super) json: Value,
    /// For people: may hold colours, and names that were made safe.
    pub(super) text: String,
    /// What a person should know beside the data.
    pub(super) warnings: Vec<SafeText>,
    /// 0 or 1.
    pub(super) code: u8,
}

impl Answer {
    /// An answer that is no failure and has nothing beside it.
    pub(super) fn done(json: Value, text: String) -> Self {
        Self { json, text, warnings: Vec::new(), code: 0 }
    }
}

/// How answers are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Output {
    pub(super) json: bool,
    pub(super) no_color: bool,
}

impl Output {
    /// Writes the answer, or what went wrong, and gives the exit code.
    pub(super) fn finish(self, answer: Result<Answer, Failure>) -> ExitCode {
        match answer {
            Ok(answer) => self.answer(&answer),
            Err(failure) => self.failure(&failure),
        }
    }

    fn answer(self, answer: &Answer) -> ExitCode {
        for warning in &answer.warnings {
            self.warn(warning);
        }
        let written = if self.json { write_json(&answer.json) } else { self.text(&answer.text) };
        ended(written, ExitCode::from(answer.code))
    }

    /// Says what failed on stderr, and on stdout as well under `--json`.
    pub(super) fn failure(self, failure: &Failure) -> ExitCode {
        let bold = anstyle::Style::new().bold();
        let red = bold.fg_color(Some(anstyle::AnsiColor::Red.into()));
        self.diagnose(&format!("{red}error:{red:#} {}", failure.message));
        if !failure.hint.as_str().is_empty() {
            self.diagnose(&format!("{bold}hint:{bold:#} {}", failure.hint));
        }
        let written = if self.json {
            let report = serde_json::to_value(ErrorReport::new(failure)).unwrap_or_default();
            write_json(&report)
        } else {
            Ok(())
        };
        ended(written, ExitCode::from(interrupted().unwrap_or(code_of(failure.kind))))
    }

    /// One line on stderr, for what does not change the answer.
    pub(super) fn warn(self, warning: &SafeText) {
        let yellow = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Yellow.into()));
        self.diagnose(&format!("{yellow}warning:{yellow:#} {warning}"));
    }

    /// One line on stderr. Nobody can be told that stderr is closed.
    pub(super) fn diagnose(self, line: &str) {
        let _ = writeln!(AutoStream::new(io::stderr(), self.choice(&io::stderr())), "{line}");
    }

    /// Shows what a question is about: on stdout, but for `--json` on stderr.
    pub(super) fn show(self, text: &str) {
        if self.json {
            self.diagnose(text.trim_end());
        } else {
            // A reader that has gone away sees no question either.
            let _ = self.text(text);
        }
    }

    /// Writes a piece of an answer that is still coming: text that was made safe, or JSON.
    ///
    /// # Errors
    ///
    /// The reader has gone away, or the disk is full.
    pub(super) fn piece(self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json && stdout.is_terminal() {
            return stdout.write_all(safe_json(text).as_bytes());
        }
        stdout.write_all(text.as_bytes())
    }

    /// Writes text that was made safe, and gives the exit code.
    pub(super) fn print(self, text: &str) -> ExitCode {
        ended(self.text(text), ExitCode::SUCCESS)
    }

    fn text(self, text: &str) -> io::Result<()> {
        let stdout = io::stdout();
        let choice = self.choice(&stdout);
        let mut stdout = AutoStream::new(stdout.lock(), choice);
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    fn choice(self, stream: &impl anstream::stream::RawStream) -> ColorChoice {
        if self.no_color { ColorChoice::Never } else { AutoStream::choice(stream) }
    }
}

/// Writes one JSON document; what a terminal would obey in it is escaped.
fn write_json(value: &Value) -> io::Result<()> {
    let stdout = io::stdout();
    let text = if stdout.is_terminal() {
        safe_json(&serde_json::to_string_pretty(value)?)
    } else {
        serde_json::to_string(value)?
    };
    let mut stdout = stdout.lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Writes a JSON document that is text already, as documents of the database are: going
/// through a map would lose duplicate keys and the order.
pub(super) fn json_text(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        stdout.write_all(safe_json(text).as_bytes())?;
    } else {
        stdout.write_all(text.as_bytes())?;
    }
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Writes a report and nothing else, and gives the exit code.
pub(super) fn only_json(report: &impl serde::Serialize, code: u8) -> ExitCode {
    let value = serde_json::to_value(report).unwrap_or_default();
    ended(write_json(&value), ExitCode::from(code))
}

/// The exit code, where a reader that has gone away (`| head -1`) is no failure.
pub(super) fn ended(written: io::Result<()>, code: ExitCode) -> ExitCode {
    match written {
        Ok(()) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            Output::default()
                .diagnose(&format!("error: stdout cannot be written: {}", error.kind()));
            ExitCode::FAILURE
        }
    }
}

/// 2 for what only another command line or configuration can mend, else 1.
pub(super) const fn code_of(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Usage | FailureKind::WrongOptions => 2,
        _ => 1,
    }
}
