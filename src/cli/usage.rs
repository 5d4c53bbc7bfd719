//! Wrong arguments, said without repeating anything hostile or secret in them.

use std::{ffi::OsString, process::ExitCode};

use clap::error::{ContextKind, ErrorKind};

use super::output::{Output, code_of, ended, only_json};
use crate::{
    domain::{
        failure::{Failure, FailureKind},
        text::safe,
    },
    report::error::ErrorReport,
};

/// Prints the help or the version that was asked for, or what is wrong with the arguments.
pub(super) fn finish(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return ended(error.print(), ExitCode::SUCCESS);
    }
    let text = masked(&error.render().to_string(), arguments);
    let output = Output { json: arguments.iter().any(|one| one == "--json"), no_color: false };
    for line in text.lines() {
        output.diagnose(safe(line).as_str());
    }
    if !output.json {
        return ExitCode::from(code_of(FailureKind::Usage));
    }
    let hint = match error.get(ContextKind::SuggestedArg) {
        Some(suggested) => format!("Use `{suggested}`"),
        None => "Run `tilldeck --help`".to_owned(),
    };
    let failure = Failure::new(FailureKind::Usage, &complaint(&text), &hint);
    only_json(&ErrorReport::new(&failure), code_of(failure.kind))
}

/// What is wrong, on one line: the first paragraph, where clap puts names and possible values
/// on lines of their own.
fn complaint(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    let joined = lines.collect::<Vec<_>>().join(" ");
    joined.strip_prefix("error: ").map_or(joined.clone(), ToOwned::to_owned)
}

/// The text without what the arguments carry between `://` and the last `@`: a login.
fn masked(text: &str, arguments: &[OsString]) -> String {
    let mut text = text.to_owned();
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let Some((_, rest)) = argument.split_once("://") else { continue };
        let login = rest.rsplit_once('@').map_or(rest, |(login, _)| login);
        if !login.is_empty() {
            text = text.replace(login, "***");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complaint_is_one_whole_line() {
        let text =
            "error: the following required arguments were not provided:\n  <STORE>\n\nUsage: x";
        assert_eq!(complaint(text), "the following required arguments were not provided: <STORE>");
    }

    #[test]
    fn a_uri_in_the_wrong_place_is_not_repeated() {
        let arguments = ["tilldeck".into(), "mongodb://ops:S3cr3t-p@ss:w/rd@db1/main".into()];
        let text = "unrecognized subcommand 'mongodb://ops:S3cr3t-p@ss:w/rd@db1/main'";
        assert_eq!(masked(text, &arguments), "unrecognized subcommand 'mongodb://***@db1/main'");
    }
}
