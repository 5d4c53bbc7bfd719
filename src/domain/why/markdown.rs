//! A trace for an incident channel.

use super::{Matched, Outcome, Trace};
use crate::domain::text::safe;

impl Trace {
    /// The trace as Markdown, safe and without secrets. Names cannot break out of it: they
    /// stand in code spans, and back-ticks in them become apostrophes.
    pub fn markdown(&self, environment: Option<&str>) -> String {
        let place = environment.map(|name| format!(" ({})", code(name))).unwrap_or_default();
        let mut lines = vec![format!("**Why is {} not found?**{place}", code(&self.query))];
        if let Some(matched) = &self.matched {
            lines.push(meant(matched));
        }
        lines.push(String::new());
        for (number, step) in (1..).zip(&self.steps) {
            let mark = match step.outcome {
                Outcome::Ok => "ok",
                Outcome::Warning => "WARNING",
                Outcome::Failed => "FAILED",
                Outcome::Skipped => "skipped",
            };
            let detail = if step.detail.is_empty() {
                String::new()
            } else {
                format!(": {}", code(&step.detail))
            };
            lines.push(format!("{number}. {mark} {}{detail}", code(&step.name)));
        }
        lines.push(String::new());
        match &self.cause {
            Some(cause) => {
                lines.push(format!("**Cause:** {}", code(cause.message.as_str())));
                lines.push(format!("**Next:** {}", code(cause.hint.as_str())));
            }
            None => lines.push("The backend can reach it.".into()),
        }
        for suggestion in &self.suggestions {
            lines.push(format!("- did you mean: {}", code(&suggestion.reason)));
        }
        lines.join("\n") + "\n"
    }
}

fn meant(matched: &Matched) -> String {
    let fields = [&matched.store_id, &matched.name, &matched.prefix];
    let fields: Vec<String> = fields.into_iter().flatten().map(|field| code(field)).collect();
    format!("Found by {}: {}", matched.by.name(), fields.join(", "))
}

/// A text from outside as a code span.
fn code(text: &str) -> String {
    format!("`{}`", safe(text).as_str().replace('`', "'"))
}
