use std::{fmt::Write as _, io, sync::Arc};

use mongodb::bson::{deserialize_from_document, doc};
use mongodb::error::CommandError;

use super::*;
use crate::domain::failure::FailureKind;

fn context() -> Context<'static> {
    Context {
        database: "pos_db_3",
        hosts: "db.example:27017",
        user: Some("pos"),
        limit: Duration::from_secs(3),
        doing: "list its collections",
        answered_before: false,
    }
}

fn answer(code: i32, name: &str, message: &str) -> Error {
    let reply = doc! { "code": code, "codeName": name, "errmsg": message };
    let error: CommandError = deserialize_from_document(reply).unwrap();
    Error::from(ErrorKind::Command(error))
}

fn system(kind: io::ErrorKind, text: &str) -> Error {
    Error::from(io::Error::new(kind, text.to_owned()))
}

fn every_cause() -> Vec<Cause> {
    let tls = [
        TlsFault::UnknownIssuer,
        TlsFault::Expired,
        TlsFault::NotYetValid,
        TlsFault::WrongName,
        TlsFault::Revoked,
        TlsFault::OtherCertificate,
        TlsFault::ClientCertificate,
        TlsFault::NotSpoken,
        TlsFault::ClosedByServer,
        TlsFault::Files,
        TlsFault::Handshake,
    ];
    let login = [
        LoginFault::Refused,
        LoginFault::Wanted,
        LoginFault::Lost,
        LoginFault::Mechanism,
        LoginFault::NoPassword,
    ];
    let missing = Missing { action: "listCollections".into(), database: "pos_db_3".into() };
    let mut causes = vec![
        Cause::Dns,
        Cause::SrvRecord,
        Cause::Refused,
        Cause::SocketMissing,
        Cause::SocketDenied,
        Cause::Unreachable,
        Cause::Silent,
        Cause::TimedOut,
        Cause::NotAuthorised(Some(missing)),
        Cause::NotAuthorised(None),
        Cause::NoPrimary,
        Cause::NotPrimary,
        Cause::NoSuitableMember,
        Cause::WrongSetName,
        Cause::PoolExhausted(4),
        Cause::WrongOptions,
        Cause::ServerTooOld,
        Cause::ServerTooNew,
        Cause::NotSupported,
        Cause::Broken,
        Cause::BrokenTls,
        Cause::Server { code: 26, name: "NamespaceNotFound".into() },
        Cause::Server { code: 26, name: String::new() },
        Cause::Unreadable,
        Cause::ShutDown,
        Cause::Internal,
    ];
    causes.extend(tls.map(Cause::Tls));
    causes.extend(login.map(Cause::Login));
    causes
}

#[test]
fn every_cause_has_its_words_and_its_next_step() {
    let mut told = String::new();
    let mut tell = |failure: Failure| {
        let Failure { kind, message, hint } = failure;
        // Writing to a string cannot fail.
        let _ = writeln!(told, "{:<15} {message}\n{:<15} {hint}", kind.name(), "");
        assert!(!message.as_str().ends_with('.') && !hint.as_str().ends_with('.'));
        assert!(hint.as_str().starts_with(char::is_uppercase));
    };
    for cause in every_cause() {
        tell(failure(&cause, &context()));
    }
    let socket = Context { hosts: "/run/mongodb-27017.sock", ..context() };
    tell(failure(&Cause::SocketMissing, &socket));
    tell(failure(&Cause::SocketDenied, &socket));
    let rotated = Context { answered_before: true, ..context() };
    let nobody = Context { user: None, ..context() };
    tell(failure(&Cause::Login(LoginFault::Refused), &rotated));
    tell(failure(&Cause::Login(LoginFault::Refused), &nobody));
    tell(failure(&Cause::Login(LoginFault::Wanted), &nobody));
    tell(failure(&Cause::NotAuthorised(None), &nobody));
    tell(texts::of_uri(&Cause::SrvRecord, "cluster.example"));
    tell(texts::of_uri(&Cause::WrongOptions, "cluster.example"));
    insta::assert_snapshot!(told);
}

#[test]
fn codes_of_the_server_are_told_apart() {
    let refusal =
        "not authorized on pos_db_3 to execute command { listCollections: 1, filter: {} }";
    for (code, message, kind) in [
        (13, refusal, FailureKind::NotAuthorised),
        (13, "command find requires authentication", FailureKind::Login),
        (11, "Could not find user", FailureKind::Login),
        (18, "Authentication failed.", FailureKind::Login),
        (334, "mechanism", FailureKind::Login),
        (391, "reauthenticate", FailureKind::Login),
        (8000, "bad auth : Authentication failed.", FailureKind::Login),
        (8000, "you are over your space quota", FailureKind::Server),
        (91, "", FailureKind::NoPrimary),
        (189, "", FailureKind::NoPrimary),
        (10107, "", FailureKind::NoPrimary),
        (11600, "", FailureKind::NoPrimary),
        (13435, "", FailureKind::NoPrimary),
        (133, "", FailureKind::NoPrimary),
        (50, "operation exceeded time limit", FailureKind::TimedOut),
        (262, "", FailureKind::TimedOut),
        (7, "", FailureKind::Network),
        (11000, "dup key: { email: \"a@b\" }", FailureKind::Duplicate),
        (59, "no such command", FailureKind::Server),
    ] {
        let failure = classify(&answer(code, "Name", message), &context());
        assert_eq!(failure.kind, kind, "{code} {message}");
        // The server's own words may hold a customer's data.
        assert!(!failure.message.as_str().contains("dup key"));
    }
}

#[test]
fn the_missing_privilege_is_named() {
    let message = "not authorized on pos_db_3 to execute command { listCollections: 1, lsid: {} }";
    let failure = classify(&answer(13, "Unauthorized", message), &context());
    assert_eq!(
        failure.message.as_str(),
        "`pos_db_3`: `pos` may not run `listCollections` on `pos_db_3`"
    );
    let strange = classify(&answer(13, "Unauthorized", "no"), &context());
    assert_eq!(strange.message.as_str(), "`pos_db_3`: `pos` may not list its collections");
}

#[test]
fn errors_of_the_system_are_told_apart() {
    use io::ErrorKind as Kind;
    for (kind, text, expected) in [
        (Kind::ConnectionRefused, "Connection refused (os error 111)", FailureKind::Refused),
        // There is no socket among the hosts: what is missing is a certificate.
        (Kind::NotFound, "No such file or directory (os error 2)", FailureKind::Tls),
        (Kind::PermissionDenied, "Permission denied (os error 13)", FailureKind::Tls),
        (Kind::TimedOut, "timed out", FailureKind::TimedOut),
        (
            Kind::Other,
            "failed to lookup address information: Name or service not known",
            FailureKind::Dns,
        ),
        (Kind::HostUnreachable, "No route to host (os error 113)", FailureKind::Network),
        (Kind::NetworkUnreachable, "Network is unreachable", FailureKind::Network),
        (Kind::ConnectionReset, "Connection reset by peer", FailureKind::Network),
        (Kind::UnexpectedEof, "unexpected end of file", FailureKind::Network),
        (Kind::UnexpectedEof, "tls handshake eof", FailureKind::Tls),
        (Kind::InvalidData, "invalid peer certificate: UnknownIssuer", FailureKind::Tls),
        (Kind::InvalidData, "something of TLS", FailureKind::Tls),
    ] {
        let error = system(kind, text);
        assert_eq!(classify(&error, &context()).kind, expected, "{text}");
        let other = Error::from(ErrorKind::Io(Arc::new(io::Error::new(kind, text))));
        assert_eq!(classify(&other, &context()).kind, expected, "{text}");
    }
}

#[test]
fn faults_of_certificates_are_told_apart() {
    for (text, fault) in [
        ("invalid peer certificate: UnknownIssuer", TlsFault::UnknownIssuer),
        ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", TlsFault::UnknownIssuer),
        ("invalid peer certificate: certificate expired: verified at", TlsFault::Expired),
        ("invalid peer certificate: Expired", TlsFault::Expired),
        ("invalid peer certificate: certificate not valid yet", TlsFault::NotYetValid),
        ("invalid peer certificate: certificate not valid for name \"a\"", TlsFault::WrongName),
        ("invalid peer certificate: Revoked", TlsFault::Revoked),
        ("invalid peer certificate: BadSignature", TlsFault::OtherCertificate),
        ("received fatal alert: CertificateRequired", TlsFault::ClientCertificate),
        ("received fatal alert: ProtocolVersion", TlsFault::Handshake),
        ("received corrupt message of type InvalidContentType", TlsFault::NotSpoken),
    ] {
        assert_eq!(by_text(text), Some(Cause::Tls(fault)), "{text}");
    }
}

#[test]
fn behind_a_failed_selection_stands_the_cause() {
    let refused = system(io::ErrorKind::ConnectionRefused, "Connection refused (os error 111)");
    let nobody = "Server selection timeout: No available servers. Topology: { Type: Unknown, \
                  Servers: [ { Address: a:1, Type: Unknown, Error: Kind: I/O error: ";
    assert_eq!(selection(nobody, Some(&refused)), Cause::Refused);
    assert_eq!(selection(&format!("{nobody}Connection refused"), None), Cause::Refused);
    assert_eq!(selection(&format!("{nobody}timed out"), None), Cause::Silent);
    assert_eq!(selection(nobody, None), Cause::Broken);
    let waiting = nobody.split(", Error").next().unwrap();
    assert_eq!(selection(waiting, None), Cause::Silent);
    // Members are there, one of them is down, and there is no primary: that is the cause.
    let none = "Server selection timeout: None of the available servers suitable for criteria \
                ReadPreference(Primary). Topology: { Type: ReplicaSetNoPrimary, Servers: [ ";
    assert_eq!(selection(none, Some(&refused)), Cause::NoPrimary);
    let secondary = none.replace("(Primary)", "(Secondary { options: None })");
    assert_eq!(selection(&secondary, None), Cause::NoSuitableMember);
    let wrong_set = "Server selection timeout: No available servers. Topology: { Type: \
                     ReplicaSetNoPrimary, Set Name: rs1 }";
    assert_eq!(selection(wrong_set, Some(&refused)), Cause::WrongSetName);
    let old = "Server at a:1 reports wire version 6, but this version requires at least 9";
    assert_eq!(selection(old, None), Cause::ServerTooOld);
}

#[test]
fn a_passed_deadline_names_the_limit_unless_the_monitors_know_better() {
    let failure = deadline(None, &context());
    assert_eq!(failure.kind, FailureKind::TimedOut);
    assert!(failure.message.as_str().contains("3000 ms"), "{failure}");
    let refused = system(io::ErrorKind::ConnectionRefused, "Connection refused (os error 111)");
    assert_eq!(deadline(Some(&refused), &context()).kind, FailureKind::Refused);
    assert_eq!(exhausted(4, &context()).kind, FailureKind::PoolExhausted);
}

#[tokio::test]
async fn a_real_error_of_the_driver_is_classified() {
    let limit = Duration::from_millis(300);
    let kind_at = async |uri: &str, hosts: &str| {
        let mut options = mongodb::options::ClientOptions::parse(uri).await.unwrap();
        options.server_selection_timeout = Some(limit);
        options.connect_timeout = Some(limit);
        let client = mongodb::Client::with_options(options).unwrap();
        let error = client.database("admin").run_command(doc! { "ping": 1 }).await.unwrap_err();
        classify(&error, &Context { hosts, ..context() }).kind
    };
    // A port that was free a moment ago: nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(kind_at(&format!("mongodb://{free}"), "").await, FailureKind::Refused);
    assert_eq!(
        kind_at("mongodb://%2Fnowhere%2Fm.sock", "/nowhere/m.sock").await,
        FailureKind::Refused
    );
    assert_eq!(kind_at("mongodb://nowhere.invalid", "").await, FailureKind::Dns);
    // One that accepts and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("mongodb://{}", silent.local_addr().unwrap());
    assert_eq!(kind_at(&uri, "").await, FailureKind::TimedOut);
}
