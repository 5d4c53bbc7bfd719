//! Marks of a cause: server codes, kinds of system errors, and fixed words in texts.

use std::io;

use super::{Cause, LoginFault, Missing, TlsFault};

/// The cause behind a code that the server answered with.
pub(super) fn by_code(code: i32, name: &str, message: &str) -> Cause {
    match code {
        // Unauthorized: either a privilege is missing, or nobody is logged in.
        13 if message.contains("requires authentication") => Cause::Login(LoginFault::Wanted),
        13 => Cause::NotAuthorised(missing(message)),
        // UserNotFound, AuthenticationFailed, and the proxy in front of Atlas.
        11 | 18 => Cause::Login(LoginFault::Refused),
        8000 if message.to_ascii_lowercase().contains("auth") => Cause::Login(LoginFault::Refused),
        // ReauthenticationRequired: the session behind the connection is gone.
        391 => Cause::Login(LoginFault::Lost),
        // MechanismUnavailable.
        334 => Cause::Login(LoginFault::Mechanism),
        // NotWritablePrimary and its kin, a stepping down or a starting member.
        91 | 189 | 10058 | 10107 | 11600 | 11602 | 13435 | 13436 => Cause::NotPrimary,
        // FailedToSatisfyReadPreference, as `mongos` answers.
        133 => Cause::NoPrimary,
        // MaxTimeMSExpired, WriteConcernFailed by time, NetworkTimeout, ExceededTimeLimit.
        50 | 64 | 89 | 202 | 262 => Cause::TimedOut,
        // HostUnreachable, HostNotFound, SocketException: between the servers.
        6 | 7 | 9001 => Cause::Broken,
        // DuplicateKey.
        11000 => Cause::Duplicate,
        _ => Cause::Server { code, name: name.to_owned() },
    }
}

/// The privilege in `not authorized on pos_db_3 to execute command { listCollections: 1, …`.
fn missing(message: &str) -> Option<Missing> {
    let (_, after) = message.split_once("not authorized on ")?;
    let (database, after) = after.split_once(" to execute command {")?;
    let action: String =
        after.trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
    (!action.is_empty()).then(|| Missing { action, database: database.to_owned() })
}

/// The cause behind an error of the system.
pub(super) fn by_io(error: &io::Error) -> Cause {
    use io::ErrorKind as Kind;
    let text = error.to_string();
    if let Some(cause) = by_text(&text) {
        return cause;
    }
    match error.kind() {
        Kind::ConnectionRefused => Cause::Refused,
        Kind::TimedOut => Cause::TimedOut,
        Kind::NotFound => Cause::SocketMissing,
        Kind::PermissionDenied => Cause::SocketDenied,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => Cause::Unreachable,
        Kind::InvalidData => Cause::Tls(TlsFault::Handshake),
        _ => Cause::Broken,
    }
}

/// Fixed words of the system, of the TLS library and of the driver, most telling first.
const MARKS: &[(&str, Cause)] = &[
    ("failed to lookup address information", Cause::Dns),
    ("No DNS results", Cause::Dns),
    ("UnknownIssuer", Cause::Tls(TlsFault::UnknownIssuer)),
    ("CaUsedAsEndEntity", Cause::Tls(TlsFault::UnknownIssuer)),
    ("certificate expired", Cause::Tls(TlsFault::Expired)),
    ("certificate: Expired", Cause::Tls(TlsFault::Expired)),
    ("certificate not valid yet", Cause::Tls(TlsFault::NotYetValid)),
    ("NotValidYet", Cause::Tls(TlsFault::NotYetValid)),
    ("certificate not valid for name", Cause::Tls(TlsFault::WrongName)),
    ("NotValidForName", Cause::Tls(TlsFault::WrongName)),
    ("certificate: Revoked", Cause::Tls(TlsFault::Revoked)),
    ("invalid peer certificate", Cause::Tls(TlsFault::OtherCertificate)),
    ("received fatal alert: CertificateRequired", Cause::Tls(TlsFault::ClientCertificate)),
    ("received fatal alert: BadCertificate", Cause::Tls(TlsFault::ClientCertificate)),
    ("received fatal alert: UnknownCA", Cause::Tls(TlsFault::ClientCertificate)),
    ("received fatal alert: CertificateUnknown", Cause::Tls(TlsFault::ClientCertificate)),
    ("received fatal alert: CertificateExpired", Cause::Tls(TlsFault::ClientCertificate)),
    ("received corrupt message", Cause::Tls(TlsFault::NotSpoken)),
    ("tls handshake eof", Cause::Tls(TlsFault::ClosedByServer)),
    ("without sending TLS close_notify", Cause::BrokenTls),
    ("received fatal alert", Cause::Tls(TlsFault::Handshake)),
    ("Authentication failed", Cause::Login(LoginFault::Refused)),
    ("SCRAM failure", Cause::Login(LoginFault::Refused)),
    ("Connection refused", Cause::Refused),
    ("server monitor timeout", Cause::TimedOut),
    ("timed out", Cause::TimedOut),
    ("No such file or directory", Cause::SocketMissing),
    ("Permission denied", Cause::SocketDenied),
    ("No route to host", Cause::Unreachable),
    ("Network is unreachable", Cause::Unreachable),
    ("Connection reset", Cause::Broken),
    ("Broken pipe", Cause::Broken),
    ("end of file", Cause::Broken),
];

/// The cause that a text carries a mark of.
pub(super) fn by_text(text: &str) -> Option<Cause> {
    MARKS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, cause)| cause.clone())
}
