//! Servers that are gone, frozen or cut off.

use mongodb::bson::{Document, doc};
use tilldeck::{
    demo::server::{Server, ServerOptions, Shape},
    domain::{
        database::{Database, DatabaseId},
        failure::FailureKind,
        pool::{Pools, Topology},
    },
};
use tokio::task::JoinSet;

use super::watch::{PATIENCE, fleet, is_down, is_up};
use crate::support::{Mode, Proxy, start};

fn standalone() -> Server {
    start(ServerOptions { shape: Shape::Standalone, ..ServerOptions::default() })
}

#[tokio::test]
async fn nothing_listens_and_later_a_server_appears() {
    let mut server = standalone();
    server.kill9();
    let watched = fleet(&server.uri_of("main_db"));
    let pools = watched.until_down(FailureKind::Refused).await;
    assert!(pools.shared_cause().unwrap().starts_with("6 of 6 down"));
    server.restart().unwrap();
    let pools = watched.until_up().await;
    let main = &pools.pools[0];
    assert_eq!(main.server.as_ref().unwrap().version.as_str(), "6.0.5");
    assert_eq!(main.server.as_ref().unwrap().topology, Topology::Standalone);
    assert_eq!(main.hosts.as_str(), server.addresses()[0].to_string());
    watched
        .until("counted", |pools| pools.pools.iter().all(|pool| pool.connections.open > 0))
        .await;
}

#[tokio::test]
async fn a_server_is_killed_and_started_again() {
    let mut server = standalone();
    let watched = fleet(&server.uri_of("main_db"));
    watched.until_up().await;
    server.kill9();
    let pools = watched.until_down(FailureKind::Refused).await;
    assert!(pools.pools.iter().all(|pool| pool.last_answer.is_some() && pool.latency.is_none()));
    server.restart().unwrap();
    watched.until_up().await;
}

#[tokio::test]
async fn a_server_freezes_and_goes_on() {
    let mut server = standalone();
    let watched = fleet(&server.uri_of("main_db"));
    watched.until_up().await;
    server.stop();
    watched.until_down(FailureKind::TimedOut).await;
    server.cont();
    watched.until_up().await;
}

#[tokio::test]
async fn a_fleet_ends_although_its_server_is_frozen() {
    let mut server = standalone();
    let watched = fleet(&server.uri_of("main_db"));
    watched.until_up().await;
    server.stop();
    let ended = tokio::time::timeout(PATIENCE, watched.fleet.shutdown()).await;
    assert!(ended.is_ok());
}

/// Breaks the line in this way, and mends it again.
async fn break_and_heal(mode: Mode, kinds: &[FailureKind]) {
    let server = standalone();
    let proxy = Proxy::before(server.addresses()[0]);
    let watched = fleet(&proxy.uri_of("main_db"));
    watched.until_up().await;
    proxy.set(mode);
    watched.until_down_for_one_of(kinds).await;
    proxy.heal();
    watched.until_up().await;
}

#[tokio::test]
async fn the_network_swallows_everything_and_recovers() {
    break_and_heal(Mode::Blackhole, &[FailureKind::TimedOut]).await;
}

#[tokio::test]
async fn the_answers_get_lost_and_come_again() {
    break_and_heal(Mode::HalfOpen, &[FailureKind::TimedOut]).await;
}

#[tokio::test]
async fn every_connection_is_reset_and_then_holds() {
    break_and_heal(Mode::Reset, &[FailureKind::Network]).await;
}

#[tokio::test]
async fn the_port_is_closed_and_opened_again() {
    break_and_heal(Mode::Refuse, &[FailureKind::Refused]).await;
}

#[tokio::test]
async fn a_pool_that_is_used_up_says_so_and_recovers() {
    let server = standalone();
    let watched = fleet(&server.uri_of("main_db"));
    watched.until_up().await;
    let shard = Database::Shard(DatabaseId::new(1).unwrap());
    let db = watched.fleet.handle(shard).unwrap().db;
    db.collection::<Document>("one").insert_one(doc! {"_id": 1}).await.unwrap();
    let is_used_up = |pools: &Pools| is_down(pools.get(shard).unwrap(), FailureKind::PoolExhausted);
    let mut reads = JoinSet::new();
    for _ in 0..8 {
        let reading = db.clone();
        reads.spawn(async move {
            let slowly = doc! {"$where": "sleep(6000) || true"};
            reading.collection::<Document>("one").find_one(slowly).await.unwrap();
        });
    }
    let pools = watched.until("used up", is_used_up).await;
    assert!(is_up(pools.get(Database::Main).unwrap()), "{pools:?}");
    while let Some(read) = reads.join_next().await {
        read.unwrap();
    }
    watched.until_up().await;
}
