//! Certificates that do not fit.

use tilldeck::{
    demo::server::{Server, ServerOptions, Shape, TlsFiles},
    domain::failure::FailureKind,
};

use super::watch::fleet;
use crate::support::{Authority, start};

fn server_with(tls: TlsFiles) -> Server {
    let shape = Shape::Standalone;
    start(ServerOptions { shape, tls: Some(tls), ..ServerOptions::default() })
}

/// The URI of the server as somebody sees it who trusts this authority only.
fn uri(server: &Server, trusted: &Authority) -> String {
    let authority = trusted.path();
    let query = format!("tls=true&tlsCAFile={}", authority.display());
    format!("mongodb://{}/main_db?{query}", server.addresses()[0])
}

#[tokio::test]
async fn a_certificate_that_nobody_trusted_has_signed_is_refused() {
    let (signer, trusted) = (Authority::new(), Authority::new());
    let server = server_with(signer.certificate_for(&["127.0.0.1"]));
    let watched = fleet(&uri(&server, &trusted));
    let pools = watched.until_down(FailureKind::Tls).await;
    assert!(pools.shared_cause().unwrap().contains("TLS"));
    let mended = fleet(&uri(&server, &signer));
    mended.until_up().await;
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named_as_such() {
    let options = ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() };
    let server = start(options);
    let watched = fleet(&uri(&server, &Authority::new()));
    watched.until_down(FailureKind::Tls).await;
}
