//! The one classifier: what the driver reports → the cause, with its next step.
//!
//! No text of the driver or the server is shown: the driver's quote URIs, the server's
//! quote documents. Texts of theirs are only searched for marks of a cause that has no type
//! of its own.

use std::time::Duration;

use mongodb::error::{Error, ErrorKind, WriteFailure};

use self::{
    marks::{by_code, by_io, by_text},
    texts::failure,
};
use crate::domain::failure::Failure;

mod marks;
mod texts;

/// What was being done, for the words of a failure.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The database's name.
    pub database: &'a str,
    /// The addresses that the pool connects to.
    pub hosts: &'a str,
    /// The user that logs in, if one does.
    pub user: Option<&'a str>,
    /// The deadline of the call.
    pub limit: Duration,
    /// What was asked for, as in "was asked to …": `list its collections`.
    pub doing: &'a str,
    /// Whether the same login has worked since tilldeck started.
    pub answered_before: bool,
}

/// Why a database cannot be used, as far as an error tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    Dns,
    SrvRecord,
    Refused,
    SocketMissing,
    SocketDenied,
    Unreachable,
    /// No server was found in the time that the driver has for that, which is not the limit.
    Silent,
    TimedOut,
    Tls(TlsFault),
    Login(LoginFault),
    /// What the server says is missing, as `action on database`.
    NotAuthorised(Option<Missing>),
    NoPrimary,
    NotPrimary,
    NoSuitableMember,
    WrongSetName,
    PoolExhausted(u32),
    WrongOptions,
    ServerTooOld,
    ServerTooNew,
    NotSupported,
    Broken,
    BrokenTls,
    Server {
        code: i32,
        name: String,
    },
    Duplicate,
    Unreadable,
    ShutDown,
    Internal,
}

/// A privilege that the server named in its refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Missing {
    action: String,
    database: String,
}

/// What is wrong with a certificate or a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TlsFault {
    UnknownIssuer,
    Expired,
    NotYetValid,
    WrongName,
    Revoked,
    OtherCertificate,
    ClientCertificate,
    NotSpoken,
    ClosedByServer,
    Files,
    Handshake,
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginFault {
    Refused,
    Wanted,
    Lost,
    Mechanism,
    NoPassword,
}

/// Classifies an error of the driver.
pub fn classify(error: &Error, context: &Context<'_>) -> Failure {
    classify_with(error, None, context)
}

/// Classifies an error of the driver. Where it only says that no server could be chosen, the
/// last failed heartbeat of the driver's monitors says why.
pub fn classify_with(error: &Error, heartbeat: Option<&Error>, context: &Context<'_>) -> Failure {
    failure(&cause(error, heartbeat), context)
}

/// No answer within `context.limit`: the server is frozen, or the line swallows packets.
/// The last failed heartbeat tells it apart from other causes.
pub fn deadline(heartbeat: Option<&Error>, context: &Context<'_>) -> Failure {
    let told = heartbeat.map(|error| cause(error, None));
    failure(&told.unwrap_or(Cause::TimedOut), context)
}

/// No connection became free within `context.limit`; the pool holds at most `max`.
pub fn exhausted(max: u32, context: &Context<'_>) -> Failure {
    failure(&Cause::PoolExhausted(max), context)
}

/// The driver refused a connection string, or could not resolve its SRV record.
pub fn refused_uri(error: &Error, hosts: &str) -> Failure {
    let cause = match &*error.kind {
        ErrorKind::DnsResolve { .. } | ErrorKind::Io(_) => Cause::SrvRecord,
        _ => Cause::WrongOptions,
    };
    texts::of_uri(&cause, hosts)
}

fn cause(error: &Error, heartbeat: Option<&Error>) -> Cause {
    match &*error.kind {
        ErrorKind::ServerSelection { message, .. } => selection(message, heartbeat),
        ErrorKind::ConnectionPoolCleared { message, .. } => match heartbeat {
            Some(heartbeat) => cause(heartbeat, None),
            None => by_text(message).unwrap_or(Cause::Broken),
        },
        ErrorKind::Io(error) => by_io(error),
        ErrorKind::DnsResolve { .. } => Cause::Dns,
        ErrorKind::Authentication { message, .. } => authentication(error, message),
        ErrorKind::InvalidTlsConfig { .. } => Cause::Tls(TlsFault::Files),
        ErrorKind::InvalidArgument { .. } => Cause::WrongOptions,
        ErrorKind::IncompatibleServer { .. } | ErrorKind::SessionsNotSupported => {
            Cause::NotSupported
        }
        ErrorKind::Shutdown => Cause::ShutDown,
        ErrorKind::InvalidResponse { .. } | ErrorKind::Bson(_) => Cause::Unreadable,
        kind => match answered(kind) {
            Some((code, name, message)) => by_code(code, name, message),
            None => Cause::Internal,
        },
    }
}

/// Code, name and text of an error that the server answered with.
fn answered(kind: &ErrorKind) -> Option<(i32, &str, &str)> {
    match kind {
        ErrorKind::Command(error) => Some((error.code, &error.code_name, &error.message)),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
            Some((error.code, &error.code_name, &error.message))
        }
        ErrorKind::Write(WriteFailure::WriteError(error)) => {
            Some((error.code, error.code_name.as_deref().unwrap_or_default(), &error.message))
        }
        ErrorKind::InsertMany(error) => {
            let first = error.write_errors.as_ref().and_then(|errors| errors.first());
            let concern = error.write_concern_error.as_ref();
            first
                .map(|error| {
                    let name = error.code_name.as_deref().unwrap_or_default();
                    (error.code, name, error.message.as_str())
                })
                .or_else(|| {
                    concern
                        .map(|error| (error.code, error.code_name.as_str(), error.message.as_str()))
                })
        }
        _ => None,
    }
}

/// Why the driver could not choose a server, by the shape of its message.
fn selection(message: &str, heartbeat: Option<&Error>) -> Cause {
    if message.contains("reports wire version") {
        return Cause::ServerTooOld;
    }
    if message.contains("requires wire version") {
        return Cause::ServerTooNew;
    }
    if message.contains("None of the available servers") {
        // The message quotes the wish: `ReadPreference(Secondary …)` and so on.
        let secondary_only = message.contains("ReadPreference(Secondary {")
            || message.contains("ReadPreference(Secondary)");
        return if secondary_only { Cause::NoSuitableMember } else { Cause::NoPrimary };
    }
    // A member of another set is struck off the list: in the end nobody is left on it.
    if message.contains("Topology: {") && !message.contains("Servers: [") {
        return Cause::WrongSetName;
    }
    let told = match heartbeat {
        Some(heartbeat) => Some(cause(heartbeat, None)),
        None => by_text(message).or_else(|| message.contains("Error: ").then_some(Cause::Broken)),
    };
    match told {
        Some(Cause::TimedOut) | None => Cause::Silent,
        Some(cause) => cause,
    }
}

/// The server's own answer behind an error of the driver's login.
fn server_reply(error: &Error) -> Option<&Error> {
    let source = std::error::Error::source(error)?;
    source
        .downcast_ref::<Error>()
        .or_else(|| source.downcast_ref::<Box<Error>>().map(AsRef::as_ref))
}

fn authentication(error: &Error, message: &str) -> Cause {
    let told = server_reply(error).and_then(|reply| answered(&reply.kind));
    if let Some((code, name, text)) = told {
        return match by_code(code, name, text) {
            cause @ (Cause::NotPrimary | Cause::TimedOut | Cause::Login(_)) => cause,
            _ => Cause::Login(LoginFault::Refused),
        };
    }
    Cause::Login(if message.contains("no password supplied") {
        LoginFault::NoPassword
    } else if message.contains("not supported") || message.contains("deprecated") {
        LoginFault::Mechanism
    } else {
        LoginFault::Refused
    })
}

#[cfg(test)]
mod tests;
