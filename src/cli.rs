//! Arguments, and one file for each headless command.

mod args;
mod collections;
mod config;
mod confirm;
mod console;
mod create;
mod demo;
mod doctor;
mod find;
mod fleet;
mod indexes;
mod inspect;
mod jobs;
mod manual;
mod output;
mod place;
mod query;
mod status;
mod stores;
mod uris;
mod usage;
mod why;

use std::{collections::BTreeMap, ffi::OsString, process::ExitCode};

use secrecy::ExposeSecret as _;

use self::{
    args::{Arguments, Command, Live, Parsed},
    output::Output,
};
use crate::{
    config::{Config, Flags},
    console::state::keymap::Keymap,
    domain::{
        failure::{Failure, FailureKind},
        text::safe,
        uri::Show,
    },
    log,
};

/// Runs tilldeck with the arguments of the process.
pub fn run() -> ExitCode {
    // Whatever is written from here on, no other user of the host can read.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let matches = args::command().try_get_matches_from(&arguments);
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
        Some(Command::Demo(args)) => match load(&Flags { uri: None, ..flags }) {
            Ok(config) => return demo::run(args, config, output),
            Err(failure) => Err(failure),
        },
        Some(Command::Live(command)) => match load(&flags) {
            Ok(config) => return live(command, parsed, &config),
            Err(failure) => Err(failure),
        },
        None => match load(&flags) {
            Ok(config) => return open_console(parsed, &config, output),
            Err(failure) => Err(failure),
        },
    };
    output.finish(answer)
}

/// Opens the console; it has its own answer, or says why there can be none.
fn open_console(parsed: &Parsed, config: &Config, output: Output) -> ExitCode {
    warn_of_open_password(parsed, config, output);
    match console::run(config) {
        Ok(code) => code,
        Err(failure) => output.finish(Err(failure)),
    }
}

/// Runs a command that needs the fleet's configuration.
fn live(command: &Live, parsed: &Parsed, config: &Config) -> ExitCode {
    let output = Output { json: parsed.arguments.global.json, no_color: config.console.no_color };
    warn_of_open_password(parsed, config, output);
    let _log = log::start(config);
    let answer = match command {
        Live::Status => status::run(config),
        Live::Stores(args) => stores::run(args, config),
        Live::Why(args) => why::run(args, config),
        Live::Doctor(args) => doctor::run(args, config, output),
        Live::Indexes { command } => indexes::run(command, config, output),
        Live::Jobs(args) => jobs::run(args, config, output),
        Live::Create(args) => create::run(args, config, output),
        Live::Find(args) => return find::run(args, config, output),
        Live::Query(args) => return query::run(args, config, output),
        Live::Tail(args) => return inspect::tail(args, config, output),
        Live::Inspect(args) => inspect::run(args, config),
        Live::Schema(args) => inspect::schema(args, config),
        Live::Collections { store } => collections::run(store, config),
        Live::Uris { show_secrets: true } => uris::run(Show::Secrets, config),
        Live::Uris { show_secrets: false } => uris::run(Show::Redacted, config),
    };
    output.finish(answer)
}

/// A report as JSON.
///
/// # Errors
///
/// It has no JSON form, which is a fault of tilldeck.
fn to_json(report: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(report).map_err(|error| {
        let message = format!("the report has no JSON form: {error}");
        Failure::new(FailureKind::Internal, &message, "Report this fault")
    })
}

fn load(flags: &Flags) -> Result<Config, Failure> {
    Config::load(flags, &|name| std::env::var_os(name), &key_faults)
        .map_err(|faults| faults.to_failure())
}

/// What is wrong with keys that the configuration gives to actions.
fn key_faults(keys: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    Keymap::with_overrides(keys).err().unwrap_or_default()
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
