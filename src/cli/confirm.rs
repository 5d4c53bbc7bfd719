//! Asks before something is written.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::output::Output;
use crate::domain::failure::{Failure, FailureKind};

/// How a writing command was told to go about asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub(super) struct Consent {
    /// Only print the plan.
    #[arg(long)]
    pub(super) plan: bool,
    /// Do not ask.
    #[arg(long, conflicts_with = "plan")]
    pub(super) yes: bool,
}

impl Consent {
    /// Shows the plan and asks, unless `--yes` was given. The plan goes to stderr under
    /// `--json`, since stdout is for one document then.
    ///
    /// # Errors
    ///
    /// `usage` where there is no terminal to ask on; `cancelled` where the answer is no.
    pub(super) fn ask(self, plan: &str, question: &str, output: Output) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Failure::new(
                FailureKind::Usage,
                "nothing was done: there is no terminal to ask on",
                "Look at the plan with `--plan`, then give `--yes`",
            ));
        }
        output.show(plan);
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        let is_yes = ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str());
        if read.is_ok() && is_yes {
            return Ok(());
        }
        Err(Failure::new(FailureKind::Cancelled, "nothing was done", ""))
    }
}
