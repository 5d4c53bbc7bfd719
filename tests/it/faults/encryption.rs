//! Certificates that do not fit.

use tilldeck::domain::failure::FailureKind;

use super::{rig::Server, watch::fleet};

/// A server whose certificate is for `name`, and a directory with `ca.pem` to trust it by.
async fn server_called(name: &str) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let pem = dir.path().join("server.pem");
    let both = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    std::fs::write(&pem, both).unwrap();
    std::fs::write(dir.path().join("ca.pem"), made.cert.pem()).unwrap();
    let pem = pem.to_str().unwrap();
    let args = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", pem];
    (Server::started(&args).await, dir)
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (server, _dir) = server_called("127.0.0.1").await;
    let watched = fleet(&server.uri("", "main_db?tls=true"));
    watched.until_down(FailureKind::Tls).await;
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let (server, dir) = server_called("elsewhere.example").await;
    let ca = dir.path().join("ca.pem");
    let watched = fleet(&server.uri("", &format!("main_db?tls=true&tlsCAFile={}", ca.display())));
    watched.until_down(FailureKind::Tls).await;
}

#[tokio::test]
async fn a_certificate_that_fits_is_taken() {
    let (server, dir) = server_called("127.0.0.1").await;
    let ca = dir.path().join("ca.pem");
    let watched = fleet(&server.uri("", &format!("main_db?tls=true&tlsCAFile={}", ca.display())));
    watched.until_up().await;
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named_as_such() {
    let server = Server::started(&[]).await;
    let watched = fleet(&server.uri("", "main_db?tls=true"));
    watched.until_down(FailureKind::Tls).await;
}
