//! The words for each cause: what failed, and the one next step.

use super::{Cause, Context, LoginFault, Missing, TlsFault};
use crate::domain::failure::{Failure, FailureKind};

/// The failure that a person and a script get to see.
pub(super) fn failure(cause: &Cause, context: &Context<'_>) -> Failure {
    let (kind, message, hint) = match cause {
        // Besides a socket, only the certificates of the URI are files.
        Cause::SocketMissing | Cause::SocketDenied if !context.hosts.ends_with(SOCKET_SUFFIX) => {
            with_kind(FailureKind::Tls, tls(TlsFault::Files, context))
        }
        Cause::Tls(fault) => with_kind(FailureKind::Tls, tls(*fault, context)),
        Cause::Login(fault) => with_kind(FailureKind::Login, login(*fault, context)),
        Cause::NotAuthorised(missing) => {
            with_kind(FailureKind::NotAuthorised, not_authorised(missing.as_ref(), context))
        }
        Cause::Dns
        | Cause::SrvRecord
        | Cause::Refused
        | Cause::SocketMissing
        | Cause::SocketDenied
        | Cause::Unreachable
        | Cause::Silent
        | Cause::TimedOut
        | Cause::BrokenTls
        | Cause::Broken => on_the_way(cause, context),
        _ => at_the_server(cause, context),
    };
    Failure::new(kind, &format!("`{}`: {message}", context.database), &hint)
}

/// A URI that the driver refuses, or whose hosts cannot be found.
pub(super) fn of_uri(cause: &Cause, hosts: &str) -> Failure {
    match cause {
        Cause::SrvRecord => Failure::new(
            FailureKind::Dns,
            &format!("`{hosts}` has no SRV record that can be used"),
            "Check the host name in the URI and the resolver of this machine",
        ),
        _ => Failure::new(
            FailureKind::WrongOptions,
            &format!("the connection string of `{hosts}` has options that exclude each other"),
            "Take out its options one by one until it is accepted",
        ),
    }
}

/// How the name of a socket file ends.
const SOCKET_SUFFIX: &str = ".sock";

type Words = (String, String);

fn with_kind(kind: FailureKind, (message, hint): Words) -> (FailureKind, String, String) {
    (kind, message, hint)
}

/// Causes between here and the server.
fn on_the_way(cause: &Cause, context: &Context<'_>) -> (FailureKind, String, String) {
    let hosts = context.hosts;
    let (kind, message, hint) = match cause {
        Cause::Dns => (
            FailureKind::Dns,
            format!("the host name of `{hosts}` does not resolve"),
            "Check the host name in the URI and the resolver of this machine",
        ),
        Cause::SrvRecord => (
            FailureKind::Dns,
            format!("`{hosts}` has no SRV record that can be used"),
            "Check the host name in the URI and the resolver of this machine",
        ),
        Cause::Refused => (
            FailureKind::Refused,
            format!("nothing listens on `{hosts}`"),
            "Start the server there, or correct host and port in the URI",
        ),
        Cause::SocketMissing => (
            FailureKind::Refused,
            format!("there is no socket `{hosts}`"),
            "Start the server, or correct the path of the socket in the URI",
        ),
        Cause::SocketDenied => (
            FailureKind::Refused,
            format!("the socket `{hosts}` may not be opened"),
            "Give your user access to the socket, or connect over TCP",
        ),
        Cause::Unreachable => (
            FailureKind::Network,
            format!("there is no route to `{hosts}`"),
            "Check the network and the VPN of this machine",
        ),
        Cause::Silent => (
            FailureKind::TimedOut,
            format!("`{hosts}` does not answer"),
            "Check whether the server is frozen or overloaded, and whether a firewall drops packets",
        ),
        Cause::TimedOut => (
            FailureKind::TimedOut,
            format!(
                "`{hosts}` gave no answer within {} ms when asked to {}",
                context.limit.as_millis(),
                context.doing
            ),
            "Check whether the server is frozen or overloaded, and whether a firewall drops packets",
        ),
        // After the handshake a server that misses a client certificate just hangs up.
        Cause::BrokenTls => (
            FailureKind::Network,
            format!("`{hosts}` closed the encrypted connection when asked to {}", context.doing),
            "Check whether the server restarts, and whether it wants a client certificate",
        ),
        _ => (
            FailureKind::Network,
            format!("the connection to `{hosts}` broke when asked to {}", context.doing),
            "Check whether the server restarts, and whether it wants TLS that the URI does not ask for",
        ),
    };
    (kind, message, hint.to_owned())
}

/// Causes at the server, or in what it was asked.
fn at_the_server(cause: &Cause, context: &Context<'_>) -> (FailureKind, String, String) {
    let Context { hosts, doing, limit, .. } = context;
    let (kind, message, hint) = match cause {
        Cause::NoPrimary => (
            FailureKind::NoPrimary,
            format!("the replica set at `{hosts}` has no primary"),
            "Wait for the election; if it lasts, check that most members of the set are up",
        ),
        Cause::NotPrimary => (
            FailureKind::NoPrimary,
            format!("the server at `{hosts}` is not, or not yet, the primary"),
            "Wait for the election; if it lasts, check that the URI names every member of the set",
        ),
        Cause::NoSuitableMember => (
            FailureKind::NoPrimary,
            format!("no member of the replica set at `{hosts}` fits the read preference"),
            "Start a secondary, or choose a read preference that allows the primary",
        ),
        Cause::WrongSetName => (
            FailureKind::WrongOptions,
            format!("no server at `{hosts}` belongs to the replica set that the URI names"),
            "Correct `replicaSet` in the URI",
        ),
        Cause::PoolExhausted(max) => (
            FailureKind::PoolExhausted,
            format!(
                "all {max} connections were in use for {} ms when asked to {doing}",
                limit.as_millis()
            ),
            "Wait until the requests that are under way have ended",
        ),
        Cause::WrongOptions => (
            FailureKind::WrongOptions,
            format!("the driver refuses what it was asked to do: {doing}"),
            "Check the options of the URI",
        ),
        Cause::ServerTooOld => (
            FailureKind::ServerTooOld,
            format!("the server at `{hosts}` is older than MongoDB 4.4"),
            "Upgrade the server, or use a console of its age",
        ),
        Cause::ServerTooNew => (
            FailureKind::Server,
            format!("the server at `{hosts}` no longer speaks the protocol of this tilldeck"),
            "Upgrade tilldeck",
        ),
        Cause::NotSupported => (
            FailureKind::ServerTooOld,
            format!("the server at `{hosts}` does not support to {doing}"),
            "Upgrade the server, or leave out the option that needs a newer one",
        ),
        other => unusual(other, context),
    };
    (kind, message, hint.to_owned())
}

/// What should not happen, and is said all the same.
fn unusual(cause: &Cause, context: &Context<'_>) -> (FailureKind, String, &'static str) {
    let doing = context.doing;
    match cause {
        Cause::Server { code, name } if name.is_empty() => (
            FailureKind::Server,
            format!("the server answered with error {code} when asked to {doing}"),
            "Look into the log of the server",
        ),
        Cause::Server { code, name } => (
            FailureKind::Server,
            format!("the server answered with error {code} `{name}` when asked to {doing}"),
            "Look into the log of the server",
        ),
        Cause::Duplicate => (
            FailureKind::Duplicate,
            format!("a unique index has the same key already, when asked to {doing}"),
            "Look for the duplicate, and choose another value",
        ),
        Cause::Unreadable => (
            FailureKind::Server,
            format!("the answer of the server cannot be read when asked to {doing}"),
            "Check that the port belongs to a MongoDB server",
        ),
        Cause::ShutDown => (
            FailureKind::Internal,
            format!("the pool was closed before it could {doing}"),
            "Try again",
        ),
        _ => (
            FailureKind::Internal,
            format!("the driver failed when asked to {doing}"),
            "Try again, and report it if it stays so",
        ),
    }
}

fn tls(fault: TlsFault, context: &Context<'_>) -> Words {
    let hosts = context.hosts;
    let (message, hint) = match fault {
        TlsFault::UnknownIssuer => (
            format!("the certificate of `{hosts}` is signed by an authority that is not trusted"),
            "Name the authority's certificate with `tlsCAFile` in the URI",
        ),
        TlsFault::Expired => {
            (format!("the certificate of `{hosts}` has expired"), "Renew the server's certificate")
        }
        TlsFault::NotYetValid => (
            format!("the certificate of `{hosts}` is not valid yet"),
            "Check the clocks of this machine and the server",
        ),
        TlsFault::WrongName => (
            format!("the certificate of `{hosts}` is for another host name"),
            "Use the host name that is in the server's certificate",
        ),
        TlsFault::Revoked => {
            (format!("the certificate of `{hosts}` is revoked"), "Replace the server's certificate")
        }
        TlsFault::OtherCertificate => (
            format!("the certificate of `{hosts}` is not acceptable"),
            "Check the server's certificate: version, signature, purpose",
        ),
        TlsFault::ClientCertificate => (
            format!("`{hosts}` wants a client certificate that it trusts"),
            "Name a client certificate with `tlsCertificateKeyFile` in the URI",
        ),
        TlsFault::NotSpoken => (
            format!("`{hosts}` does not speak TLS"),
            "Remove `tls=true` from the URI, or switch TLS on at the server",
        ),
        TlsFault::ClosedByServer => (
            format!("`{hosts}` closed the connection during the TLS handshake"),
            "Check that the server has TLS switched on, and the versions that it allows",
        ),
        TlsFault::Files => (
            "a certificate file of the URI cannot be read".to_owned(),
            "Check that `tlsCAFile` and `tlsCertificateKeyFile` name readable, unencrypted PEM files",
        ),
        TlsFault::Handshake => (
            format!("the TLS handshake with `{hosts}` failed"),
            "Compare the TLS versions and ciphers of both sides in the log of the server",
        ),
    };
    (message, hint.to_owned())
}

fn login(fault: LoginFault, context: &Context<'_>) -> Words {
    let hosts = context.hosts;
    let user = context.user.map_or_else(String::new, |user| format!(" of `{user}`"));
    let (message, hint) = match fault {
        LoginFault::Refused if context.answered_before => (
            format!("the login{user} at `{hosts}` is refused, although it worked before"),
            "Check whether the password was changed or the user removed, and start again with the new one",
        ),
        LoginFault::Refused => (
            format!("the login{user} at `{hosts}` is refused"),
            "Check user and password, and with `tilldeck uris` the database that the user is looked up in",
        ),
        LoginFault::Wanted if context.user.is_some() => (
            format!("the login{user} at `{hosts}` is no longer valid"),
            "Check whether the user was removed or made anew",
        ),
        LoginFault::Wanted => (
            format!("`{hosts}` wants a login, and the URI has none"),
            "Put user and password into the URI",
        ),
        LoginFault::Lost => {
            (format!("the login{user} at `{hosts}` has run out"), "Press retry to log in again")
        }
        LoginFault::Mechanism => (
            format!("`{hosts}` does not know the way of logging in that the URI asks for"),
            "Correct `authMechanism` in the URI",
        ),
        LoginFault::NoPassword => {
            (format!("the login{user} has no password"), "Put the password into the URI")
        }
    };
    (message, hint.to_owned())
}

fn not_authorised(missing: Option<&Missing>, context: &Context<'_>) -> Words {
    let user = context.user.map_or_else(|| "the login".to_owned(), |user| format!("`{user}`"));
    let Some(Missing { action, database }) = missing else {
        let hint = format!("Grant a role on `{}` that allows it", context.database);
        return (format!("{user} may not {}", context.doing), hint);
    };
    (
        format!("{user} may not run `{action}` on `{database}`"),
        format!("Grant {user} a role that allows `{action}` on `{database}`"),
    )
}
