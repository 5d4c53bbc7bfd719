//! `completions` and `man`: made from the arguments, so that they never disagree with them.

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use serde_json::json;

use super::{
    args::{AFTER_HELP, Arguments},
    output::Answer,
};
use crate::domain::failure::{Failure, FailureKind};

/// The completions of a shell.
pub(super) fn completions(shell: Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tilldeck", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::done(json!({ "shell": shell.to_string(), "script": script }), script)
}

/// The manual page of tilldeck and all its commands.
///
/// # Errors
///
/// The page cannot be rendered.
pub(super) fn page() -> Result<Answer, Failure> {
    let mut page = Vec::new();
    render(&mut page).map_err(|error| {
        let message = format!("the manual page cannot be made: {}", error.kind());
        Failure::new(FailureKind::Internal, &message, "Report this fault")
    })?;
    let page = String::from_utf8_lossy(&page).into_owned();
    Ok(Answer::done(json!({ "man": page }), page))
}

fn render(page: &mut Vec<u8>) -> std::io::Result<()> {
    // What stands below the help has sections of its own here.
    let mut command = Arguments::command().after_help("");
    command.build();
    let man = Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    commands(&command).to_writer(page)?;
    sections().to_writer(page)?;
    man.render_version_section(page)
}

/// Every command with its own arguments; the ones that all take stand above.
fn commands(command: &clap::Command) -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["COMMANDS"]);
    for command in command.get_subcommands() {
        describe(command, "tilldeck", &mut roff);
    }
    roff
}

fn describe(command: &clap::Command, path: &str, roff: &mut Roff) {
    let path = format!("{path} {}", command.get_name());
    roff.control("SS", [path.as_str()]);
    roff.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    for argument in command.get_arguments() {
        if argument.is_global_set() || ["help", "version"].contains(&argument.get_id().as_str()) {
            continue;
        }
        roff.control("TP", []);
        roff.text([bold(argument.to_string())]);
        roff.text([roman(explanation(argument))]);
    }
    for below in command.get_subcommands() {
        describe(below, &path, roff);
    }
}

/// What an argument is for, what it can be, and what it is without being told.
fn explanation(argument: &clap::Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let names = |value: &clap::builder::PossibleValue| value.get_name().to_owned();
    let values: Vec<_> = argument.get_possible_values().iter().map(names).collect();
    if takes_value && !values.is_empty() {
        text = format!("{text}. One of {}", values.join(", "));
    }
    let default = argument.get_default_values().first().filter(|_| takes_value);
    match default {
        Some(default) => format!("{text}. Default: {}", default.to_string_lossy()),
        None => text,
    }
}

fn sections() -> Roff {
    let mut roff = Roff::default();
    let mut section = |title: &str, rows: &[(&str, &str)]| {
        roff.control("SH", [title]);
        for (name, text) in rows {
            roff.control("TP", []);
            roff.text([bold(*name)]);
            roff.text([roman(*text)]);
        }
    };
    section(
        "EXIT STATUS",
        &[
            ("0", "Done."),
            ("1", "Failed; for status: a database cannot be used."),
            ("2", "Wrong arguments or a wrong configuration."),
            ("130", "Interrupted."),
            ("128+n", "Ended by signal n."),
        ],
    );
    section(
        "ENVIRONMENT",
        &[
            ("MONGODB_URI", "The main database: a URI, env:NAME or file:PATH."),
            ("TILLDECK_CONFIG", "The configuration file."),
            ("TILLDECK_ENVIRONMENT", "What the fleet is called."),
            ("TILLDECK_READ_ONLY", "Refuse every write."),
            ("TILLDECK_THEME", "The palette of colours."),
            ("TILLDECK_ASCII", "Draw with ASCII characters only."),
            ("TILLDECK_MOUSE", "Whether the console takes the mouse."),
            ("TILLDECK_LOG", "How much the log says."),
            ("MONGOD", "The server that the demo starts, instead of one that is found or fetched."),
            ("TILLDECK_NO_DOWNLOAD", "Forbids the demo to fetch a server, when it is not 0."),
            ("NO_COLOR", "Leave colours out, when it is not empty."),
        ],
    );
    section(
        "FILES",
        &[
            ("$XDG_CONFIG_HOME/tilldeck/config.toml", "The configuration."),
            ("$XDG_STATE_HOME/tilldeck/", "The log."),
            ("$XDG_CACHE_HOME/tilldeck/", "The last known registry, and the server of the demo."),
        ],
    );
    roff.control("SH", ["NOTES"]);
    for paragraph in AFTER_HELP.split("\n\n").skip(1) {
        roff.text([roman(paragraph.replace('\n', " "))]);
    }
    roff
}
