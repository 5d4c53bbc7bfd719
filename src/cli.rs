//! Arguments, and one file for each headless command.

use std::process::ExitCode;

/// Runs tilldeck with the arguments of the process.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
