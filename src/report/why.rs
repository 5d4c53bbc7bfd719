//! `why`: the backend's path to a store, step by step.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::{error::ErrorBody, look::Look, stores::database_id};
use crate::domain::{
    text::safe,
    why::{Matched, Outcome, Step, Suggestion, Trace},
};

/// The answer, for `--json`.
#[derive(Debug, Serialize)]
pub struct WhyReport {
    query: String,
    matched: MatchedBody,
    reachable: bool,
    cause: Option<ErrorBody>,
    steps: Vec<StepBody>,
    suggestions: Vec<SuggestionBody>,
}

#[derive(Debug, Default, Serialize)]
struct MatchedBody {
    by: Option<&'static str>,
    store_id: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    database_id: Option<serde_json::Number>,
}

#[derive(Debug, Serialize)]
struct StepBody {
    n: usize,
    name: String,
    outcome: &'static str,
    detail: String,
}

#[derive(Debug, Serialize)]
struct SuggestionBody {
    store_id: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    reason: String,
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

impl WhyReport {
    /// The answer for `--json`.
    pub fn new(trace: &Trace) -> Self {
        let step = |(n, step): (usize, &Step)| StepBody {
            n,
            name: step.name.clone(),
            outcome: step.outcome.name(),
            detail: step.detail.clone(),
        };
        let suggestion = |one: &Suggestion| SuggestionBody {
            store_id: owned(one.store_id.as_deref()),
            name: owned(one.name.as_deref()),
            prefix: owned(one.prefix.as_deref()),
            reason: one.reason.clone(),
        };
        Self {
            query: trace.query.clone(),
            matched: trace.matched.as_ref().map(MatchedBody::new).unwrap_or_default(),
            reachable: trace.is_reachable(),
            cause: trace.cause.as_ref().map(ErrorBody::new),
            steps: (1..).zip(&trace.steps).map(step).collect(),
            suggestions: trace.suggestions.iter().map(suggestion).collect(),
        }
    }

    /// The answer for people.
    pub fn text(trace: &Trace, look: Look) -> String {
        let mut text = String::new();
        if let Some(matched) = &trace.matched {
            let fields = [&matched.store_id, &matched.name, &matched.prefix];
            let fields: Vec<String> =
                fields.into_iter().flatten().map(|one| safe(one).to_string()).collect();
            let by = matched.by.name().replace('_', " ");
            let _ = writeln!(text, "found by {by}: {}\n", fields.join(look.dot()));
        }
        let width = trace.steps.iter().map(|step| safe(&step.name).width()).max().unwrap_or(0);
        for (number, step) in (1..).zip(&trace.steps) {
            text.push_str(&line(number, step, width, look));
        }
        let bold = Style::new().bold();
        match &trace.cause {
            Some(cause) => {
                let red = bold.fg_color(Some(AnsiColor::Red.into()));
                let _ = writeln!(text, "\n{red}cause:{red:#} {}", cause.message);
                let _ = writeln!(text, "{bold}next:{bold:#}  {}", cause.hint);
            }
            None => text.push_str("\nthe backend can reach it\n"),
        }
        for one in &trace.suggestions {
            let _ = writeln!(text, "  did you mean: {}", safe(&one.reason));
        }
        text
    }
}

impl MatchedBody {
    fn new(matched: &Matched) -> Self {
        Self {
            by: Some(matched.by.name()),
            store_id: owned(matched.store_id.as_deref()),
            name: owned(matched.name.as_deref()),
            prefix: owned(matched.prefix.as_deref()),
            database_id: database_id(&matched.route),
        }
    }
}

fn line(number: usize, step: &Step, width: usize, look: Look) -> String {
    let (glyph, ascii, colour) = match step.outcome {
        Outcome::Ok => ("✔", "+", Some(AnsiColor::Green)),
        Outcome::Warning => ("▲", "!", Some(AnsiColor::Yellow)),
        Outcome::Failed => ("✖", "x", Some(AnsiColor::Red)),
        Outcome::Skipped => ("·", "-", None),
    };
    let style = Style::new().fg_color(colour.map(Into::into));
    let mark = if look.ascii { ascii } else { glyph };
    let name = safe(&step.name);
    let gap = " ".repeat(width.saturating_sub(name.width()));
    let word = step.outcome.name();
    format!("{number:2}  {style}{mark} {word:<7}{style:#}  {name}{gap}  {}\n", safe(&step.detail))
}
