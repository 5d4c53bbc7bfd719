//! Servers that are gone, frozen or cut off.

use tilldeck::domain::{failure::FailureKind, pool::Topology};

use super::{
    rig::{Proxy, Server},
    watch::fleet,
};

#[tokio::test]
async fn nothing_listens_and_later_a_server_appears() {
    let mut server = Server::reserve(&[]);
    let watched = fleet(&server.uri("", "main_db"));
    let pools = watched.until_down(FailureKind::Refused).await;
    assert!(pools.shared_cause().unwrap().starts_with("6 of 6 down"));
    server.start().await;
    let pools = watched.until_up().await;
    let main = &pools.pools[0];
    assert_eq!(main.server.as_ref().unwrap().version.as_str(), "6.0.5");
    assert_eq!(main.server.as_ref().unwrap().topology, Topology::Standalone);
    assert_eq!(main.hosts.as_str(), server.address());
    watched
        .until("counted", |pools| pools.pools.iter().all(|pool| pool.connections.open > 0))
        .await;
}

#[tokio::test]
async fn a_server_is_killed_and_started_again() {
    let mut server = Server::started(&[]).await;
    let watched = fleet(&server.uri("", "main_db"));
    watched.until_up().await;
    server.kill();
    let pools = watched.until_down(FailureKind::Refused).await;
    assert!(pools.pools.iter().all(|pool| pool.last_answer.is_some() && pool.latency.is_none()));
    server.start().await;
    watched.until_up().await;
}

#[tokio::test]
async fn a_server_freezes_and_goes_on() {
    let server = Server::started(&[]).await;
    let watched = fleet(&server.uri("", "main_db"));
    watched.until_up().await;
    server.signal("STOP");
    watched.until_down(FailureKind::TimedOut).await;
    server.signal("CONT");
    watched.until_up().await;
}

#[tokio::test]
async fn the_network_swallows_everything_and_recovers() {
    let server = Server::started(&[]).await;
    let proxy = Proxy::before(&server).await;
    let watched = fleet(&proxy.uri("main_db"));
    watched.until_up().await;
    proxy.swallow(true);
    watched.until_down(FailureKind::TimedOut).await;
    proxy.swallow(false);
    watched.until_up().await;
}

#[tokio::test]
async fn a_fleet_ends_although_its_server_is_frozen() {
    let server = Server::started(&[]).await;
    let watched = fleet(&server.uri("", "main_db"));
    watched.until_up().await;
    server.signal("STOP");
    let ended = tokio::time::timeout(super::rig::PATIENCE, watched.fleet.shutdown()).await;
    server.signal("CONT");
    assert!(ended.is_ok());
}
