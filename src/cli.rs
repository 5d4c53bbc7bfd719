//! Arguments, and one file for each headless command.

mod args;
mod config;
mod manual;
mod output;
mod usage;

use std::{ffi::OsString, process::ExitCode};

use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;

use self::{
    args::{Arguments, Command, Parsed},
    output::{Answer, Output},
};
use crate::{
    config::{Config, Flags},
    domain::{failure::Failure, text::safe},
};

/// Runs tilldeck with the arguments of the process.
pub fn run() -> ExitCode {
    // Whatever is written from here on, no other user of the host can read.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let matches = Arguments::command().try_get_matches_from(&arguments);
    match matches.and_then(|matches| Parsed::new(&matches)) {
        Ok(parsed) => dispatch(&parsed),
        Err(error) => usage::finish(&error, &arguments),
    }
}

fn dispatch(parsed: &Parsed) -> ExitCode {
    let Arguments { global, command } = &parsed.arguments;
    let flags = global.flags();
    let output = Output { json: global.json, no_color: false };
    let answer = match command {
        Some(Command::Config { command }) => config::run(command, &flags),
        Some(Command::Completions { shell }) => Ok(manual::completions(*shell)),
        Some(Command::Man) => manual::page(),
        _ => load(&flags).map(|config| {
            warn_of_open_password(parsed, &config, output);
            Answer::done(serde_json::Value::Null, String::new())
        }),
    };
    output.finish(answer)
}

fn load(flags: &Flags) -> Result<Config, Failure> {
    Config::load(flags, &|name| std::env::var_os(name)).map_err(|faults| faults.to_failure())
}

/// Says once that a password among the arguments is open to every user of the host.
fn warn_of_open_password(parsed: &Parsed, config: &Config, output: Output) {
    let has_login = config.uri.as_ref().is_some_and(|uri| uri.expose_secret().contains('@'));
    let is_plain = parsed.arguments.global.names_plain_uri();
    if parsed.uri_is_argument && is_plain && has_login {
        output.warn(&safe(
            "other users of this host can read the password in `--uri`; use MONGODB_URI, `env:NAME` or `file:PATH`",
        ));
    }
}
