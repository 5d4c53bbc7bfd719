//! The console: what it needs before it can open, and what is said when it cannot.

use std::process::ExitCode;

use crate::{
    config::Config,
    console,
    console::state::keymap::Keymap,
    domain::{
        failure::{Failure, FailureKind},
        text::safe,
    },
    log,
    mongo::targets::Targets,
};

/// Opens the console and runs it to its end.
///
/// # Errors
///
/// There is no URI, the URI is malformed, or there is no terminal. Databases out of reach
/// are no error.
pub(super) fn run(config: &Config) -> Result<ExitCode, Failure> {
    let targets = Targets::parse(config)?;
    check_terminal()?;
    let keymap = Keymap::with_overrides(&config.keys).map_err(|faults| {
        let hint = "Correct `[keys]` in the configuration";
        Failure::new(FailureKind::Usage, &faults.join("; "), hint)
    })?;
    console::open(config, targets, keymap, log::secrets(config)).map_err(|report| {
        let hint = "Check the terminal; `tilldeck status` works without one";
        Failure::new(FailureKind::Io, safe(&format!("{report:#}")).as_str(), hint)
    })
}

/// Whether there can be a console here.
///
/// # Errors
///
/// Input or output is no terminal, or one that cannot show a screen.
pub(super) fn check_terminal() -> Result<(), Failure> {
    match console::obstacle() {
        None => Ok(()),
        Some(obstacle) => Err(Failure::new(
            FailureKind::Usage,
            &format!("the console needs a terminal: {obstacle}"),
            "Use a headless command instead, such as `tilldeck status`",
        )),
    }
}
