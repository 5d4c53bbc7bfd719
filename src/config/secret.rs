//! URIs that are written plainly, or kept in a variable or a file.

use std::{io::Read as _, os::unix::fs::PermissionsExt as _};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Environment, Fault, fault::reason};

/// The longest URI file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The URI that `given` is or refers to: `env:NAME`, `file:PATH`, or the URI itself.
///
/// # Errors
///
/// The variable is not set, or the file cannot be read or is open to others.
pub(super) fn resolve(
    given: &SecretString,
    environment: Environment,
) -> Result<SecretString, Fault> {
    let text = given.expose_secret();
    if let Some(name) = text.strip_prefix("env:") {
        return from_environment(name, environment);
    }
    if let Some(path) = text.strip_prefix("file:") {
        return from_file(path, environment);
    }
    Ok(given.clone())
}

fn from_environment(name: &str, environment: Environment) -> Result<SecretString, Fault> {
    let hint = format!("Set the variable `{name}` to the URI");
    match environment(name).map(std::ffi::OsString::into_string) {
        None => Err(Fault::new(&format!("the variable `{name}` is not set")).hint(&hint)),
        Some(Err(_)) => Err(Fault::new(&format!("the variable `{name}` is not UTF-8")).hint(&hint)),
        Some(Ok(uri)) if uri.trim().is_empty() => {
            Err(Fault::new(&format!("the variable `{name}` is empty")).hint(&hint))
        }
        Some(Ok(uri)) => Ok(uri.trim().into()),
    }
}

fn from_file(path: &str, environment: Environment) -> Result<SecretString, Fault> {
    let expanded = match (path.strip_prefix("~/"), environment("HOME")) {
        (Some(rest), Some(home)) => std::path::Path::new(&home).join(rest),
        _ => path.into(),
    };
    let unreadable = |error: std::io::Error| {
        Fault::new(&format!("the URI file `{path}` cannot be read: {}", reason(&error)))
            .hint("Name a file that holds the URI and nothing else")
    };
    let file = std::fs::File::open(&expanded).map_err(unreadable)?;
    // The open file is asked, not the path: nobody can exchange it in between.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        let message =
            format!("the URI file `{path}` is open to others: its mode is {:04o}", mode & 0o7777);
        return Err(Fault::new(&message).hint(&format!("Run `chmod 600 {path}`")));
    }
    let mut uri = String::new();
    file.take(LONGEST).read_to_string(&mut uri).map_err(unreadable)?;
    if uri.trim().is_empty() {
        return Err(Fault::new(&format!("the URI file `{path}` is empty"))
            .hint("Write the URI into the file"));
    }
    Ok(uri.trim().into())
}
