//! A failure as `--json` prints it.

use serde::Serialize;

use crate::domain::failure::Failure;

/// `{"error": {…}}`: what a failed command prints.
#[derive(Debug, Serialize)]
pub struct ErrorReport {
    error: ErrorBody,
}

/// A failure, also inside other reports.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorBody {
    kind: &'static str,
    message: String,
    hint: Option<String>,
}

impl ErrorReport {
    /// The report of this failure.
    pub fn new(failure: &Failure) -> Self {
        Self { error: ErrorBody::new(failure) }
    }
}

impl ErrorBody {
    /// What failed.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The failure, with an empty hint as none.
    pub fn new(failure: &Failure) -> Self {
        let hint = failure.hint.as_str();
        Self {
            kind: failure.kind.name(),
            message: failure.message.as_str().to_owned(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        }
    }
}
