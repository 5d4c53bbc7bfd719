//! Arguments → `tilldeck::cli::run` → exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    tilldeck::cli::run()
}
