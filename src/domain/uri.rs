//! Connection strings: their parts, what is shown of them, and what must never be.
//!
//! The driver decides what a URI means; this module finds the usual faults before it does,
//! because the driver's own texts quote the URI, and prints URIs for people to read. It
//! never derives a connection from an edited string: swapping the path would change the
//! database that a login is looked up in.

use std::fmt;

pub use self::{
    effective::Effective,
    options::{Selection, UriOption, select},
    secrets::{Secrets, redact},
};

mod effective;
mod host;
mod options;
mod parse;
mod percent;
mod secrets;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Why a URI cannot be used. Says where and what, and never quotes the URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UriFault {
    /// The character where the fault is, counted from 1.
    pub position: usize,
    /// What is wrong, lower case and without a full stop.
    pub problem: &'static str,
    /// What to do, as an imperative sentence.
    pub remedy: &'static str,
}

impl fmt::Display for UriFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.problem, self.position)
    }
}

/// A well-formed connection string, taken apart.
///
/// `Debug` shows the redacted form.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    srv: bool,
    credentials: Option<Credentials>,
    hosts: Vec<String>,
    database: Option<String>,
    raw_path: String,
    options: Vec<UriOption>,
}

#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    raw: String,
    user: String,
    password: Option<String>,
}

/// Whether secrets are printed as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Every secret is replaced by [`MASK`].
    Redacted,
    /// The URI as a client would need it.
    Secrets,
}

impl Uri {
    /// Takes a connection string apart. White space around it is dropped.
    ///
    /// # Errors
    ///
    /// The first fault, with its position in `text`.
    pub fn parse(text: &str) -> Result<Self, UriFault> {
        let trimmed = text.trim();
        let skipped = text.len() - text.trim_start().len();
        parse::Cursor { whole: text, start: skipped }.parse(trimmed)
    }

    /// Whether the hosts come from a DNS SRV record.
    pub const fn is_srv(&self) -> bool {
        self.srv
    }

    /// The user name, decoded.
    pub fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(|credentials| credentials.user.as_str())
    }

    /// The password, decoded.
    pub fn password(&self) -> Option<&str> {
        self.credentials.as_ref()?.password.as_deref()
    }

    /// The addresses as they are written, in order.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The addresses in lower case and with their ports, sorted: equal for equal servers.
    pub fn address_set(&self) -> Vec<String> {
        let with_port = |host: &String| {
            let port_or_name = host.rsplit(']').next().unwrap_or_default();
            if host::is_socket(host) {
                percent::decode(host)
            } else if self.srv || port_or_name.contains(':') {
                host.to_ascii_lowercase()
            } else {
                format!("{}:27017", host.to_ascii_lowercase())
            }
        };
        let mut addresses: Vec<String> = self.hosts.iter().map(with_port).collect();
        addresses.sort();
        addresses
    }

    /// The addresses as people write them, `, ` between them: socket files are decoded.
    pub fn addresses(&self) -> String {
        let decoded: Vec<String> = self.hosts.iter().map(|host| percent::decode(host)).collect();
        decoded.join(", ")
    }

    /// The database that the path names, decoded.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The options as they are written, in order.
    pub fn options(&self) -> &[UriOption] {
        &self.options
    }

    /// The decoded value of the first option with this name, whatever its case.
    pub fn option(&self, name: &str) -> Option<String> {
        let option = self.options.iter().find(|option| option.is(name))?;
        Some(option.value())
    }

    /// `user@host:port` as people call a login: no password, and no more than one address.
    pub fn login(&self) -> String {
        let user = self.user().map(|user| format!("{user}@")).unwrap_or_default();
        let first = self.hosts.first().map(|host| percent::decode(host)).unwrap_or_default();
        let more = if self.hosts.len() > 1 { ",…" } else { "" };
        format!("{user}{first}{more}")
    }

    /// Whether every address is on this machine: a loopback address or a socket file.
    pub fn is_local(&self) -> bool {
        !self.srv && self.hosts.iter().all(|host| host::is_loopback(host))
    }

    /// The database that the user is looked up in when the URI has `database` in its path
    /// and neither `authSource` nor a TXT record says otherwise. `None` without a login.
    pub fn default_auth_source(&self, database: Option<&str>) -> Option<String> {
        let mechanism = self.option("authMechanism").map(|name| name.to_ascii_uppercase());
        if self.credentials.is_none() && mechanism.is_none() {
            return None;
        }
        let source = match mechanism.as_deref() {
            Some("MONGODB-X509" | "MONGODB-AWS" | "MONGODB-OIDC" | "GSSAPI") => "$external",
            Some("PLAIN") => database.unwrap_or("$external"),
            _ => database.unwrap_or("admin"),
        };
        Some(source.to_owned())
    }

    /// The URI with only these options, for the driver. Holds the password.
    pub fn with_options(&self, options: &[UriOption]) -> String {
        let credentials = self.credentials.as_ref().map(|credentials| credentials.raw.as_str());
        self.assemble(credentials, &self.raw_path, options.iter().map(UriOption::raw))
    }

    /// The URI that leads to `database` with the same login: the path is swapped, and the
    /// authentication database is named where the new path would change it.
    ///
    /// `auth_source` is the effective one; pass it only once SRV and TXT are resolved.
    pub fn printed(&self, database: &str, auth_source: Option<&str>, show: Show) -> String {
        let credentials = self.credentials.as_ref().map(|credentials| match show {
            Show::Secrets => credentials.raw.clone(),
            Show::Redacted => credentials.redacted(),
        });
        let mut options: Vec<String> = self
            .options
            .iter()
            .zip(secrets::after_a_secret(&self.options))
            .map(|(option, doubtful)| match show {
                Show::Secrets => option.raw(),
                Show::Redacted if doubtful => MASK.to_owned(),
                Show::Redacted => option.redacted(),
            })
            .collect();
        let named = self.options.iter().any(|option| option.is("authSource"));
        if let Some(source) = auth_source
            && !named
            && self.default_auth_source(Some(database)).as_deref() != Some(source)
        {
            options.push(format!("authSource={}", percent::encode_name(source)));
        }
        let path = percent::encode_name(database);
        self.assemble(credentials.as_deref(), &path, options.into_iter())
    }

    /// The URI as it is written, with every secret masked.
    pub fn redacted(&self) -> String {
        let credentials = self.credentials.as_ref().map(Credentials::redacted);
        let options = self.options.iter().zip(secrets::after_a_secret(&self.options));
        let shown = options.map(
            |(option, doubtful)| {
                if doubtful { MASK.to_owned() } else { option.redacted() }
            },
        );
        self.assemble(credentials.as_deref(), &self.raw_path, shown)
    }

    fn assemble(
        &self,
        credentials: Option<&str>,
        path: &str,
        options: impl Iterator<Item = String>,
    ) -> String {
        let scheme = if self.srv { "mongodb+srv" } else { "mongodb" };
        let at = credentials.map(|credentials| format!("{credentials}@")).unwrap_or_default();
        let hosts = self.hosts.join(",");
        let query = options.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{at}{hosts}/{path}{mark}{query}")
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Uri").field(&self.redacted()).finish()
    }
}

impl Credentials {
    fn redacted(&self) -> String {
        match self.raw.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}"),
            None => self.raw.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
