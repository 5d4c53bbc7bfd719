//! `config`: makes, checks and finds the configuration file.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use serde_json::json;

use super::{args::ConfigCommand, output::Answer};
use crate::{
    config::{self, Config, Fault, Faults, Flags},
    domain::{
        failure::{Failure, FailureKind},
        text::{SafeText, safe},
    },
    mongo::targets::Targets,
};

/// Runs one of the `config` commands.
///
/// # Errors
///
/// The file exists already, cannot be written, or the paths cannot be found.
pub(super) fn run(command: &ConfigCommand, flags: &Flags) -> Result<Answer, Failure> {
    let environment = |name: &str| std::env::var_os(name);
    match command {
        ConfigCommand::Init => init(&paths(flags)?.config),
        ConfigCommand::Paths => Ok(show(&paths(flags)?)),
        ConfigCommand::Check => {
            let checked = Config::load(flags, &environment, &super::key_faults)
                .and_then(|config| sound_uris(&config));
            Ok(check(checked.as_ref().err(), &paths(flags)?.config))
        }
    }
}

/// Whether every URI can be used as far as that shows without connecting. None at all is no
/// fault of the configuration.
fn sound_uris(config: &Config) -> Result<(), Faults> {
    match Targets::parse(config) {
        Err(Failure { kind, message, hint }) if kind != FailureKind::Usage => {
            Err(Fault { place: None, message, hint: Some(hint) }.into())
        }
        _ => Ok(()),
    }
}

fn paths(flags: &Flags) -> Result<config::Paths, Failure> {
    let environment = |name: &str| std::env::var_os(name);
    config::Paths::find(flags.config.as_deref(), &environment).map_err(|faults| faults.to_failure())
}

fn init(file: &Path) -> Result<Answer, Failure> {
    let shown = safe(&file.to_string_lossy());
    let written = folder_of(file).and_then(|()| {
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)?
            .write_all(config::EXAMPLE.as_bytes())
    });
    match written {
        Ok(()) => Ok(Answer::done(
            json!({ "config": file.to_string_lossy() }),
            format!("wrote {shown}; every key in it is at its default\n"),
        )),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure {
            kind: FailureKind::Io,
            message: quoted(&shown, " exists already and is left as it is"),
            hint: safe("Edit the file, or name another one with `--config`"),
        }),
        Err(error) => Err(Failure {
            kind: FailureKind::Io,
            message: SafeText::join(
                [&quoted(&shown, " cannot be written: "), &safe(&config::fault::reason(&error))],
                "",
            ),
            hint: safe("Name a file that you may write with `--config`"),
        }),
    }
}

fn folder_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
        }
        _ => Ok(()),
    }
}

/// The name in back-ticks, and what is said of it.
fn quoted(name: &SafeText, said: &str) -> SafeText {
    SafeText::join([&SafeText::default(), name, &safe(said)], "`")
}

fn check(faults: Option<&Faults>, file: &Path) -> Answer {
    let listed: Vec<_> = faults.map(Faults::list).unwrap_or_default().iter().map(as_json).collect();
    let json = json!({
        "config": file.to_string_lossy(),
        "exists": file.exists(),
        "ok": listed.is_empty(),
        "faults": listed,
    });
    let shown = safe(&file.to_string_lossy());
    let Some(faults) = faults else {
        let text = if file.exists() {
            format!("{shown} is fine\n")
        } else {
            format!(
                "{shown} does not exist, so every default holds; `tilldeck config init` writes it\n"
            )
        };
        return Answer::done(json, text);
    };
    let text = faults
        .lines()
        .zip(faults.list())
        .map(|(line, fault)| match &fault.hint {
            Some(hint) => format!("{line}\n  hint: {hint}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    Answer { code: 1, ..Answer::done(json, text) }
}

fn as_json(fault: &Fault) -> serde_json::Value {
    json!({
        "line": fault.place.map(|place| place.line),
        "column": fault.place.map(|place| place.column),
        "message": fault.message.as_str(),
        "hint": fault.hint.as_ref().map(SafeText::as_str),
    })
}

fn show(paths: &config::Paths) -> Answer {
    let rows = [("config", &paths.config), ("state", &paths.state), ("cache", &paths.cache)];
    let json = rows
        .iter()
        .map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into()))
        .collect::<serde_json::Map<_, _>>();
    let lines = rows.map(|(name, path)| format!("{name:<7} {}\n", safe(&path.to_string_lossy())));
    Answer::done(json.into(), lines.concat())
}
