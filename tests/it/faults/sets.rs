//! Replica sets that change their primary.

use std::time::{Duration, Instant};

use mongodb::bson::{Bson, doc};
use tilldeck::domain::{
    failure::FailureKind,
    pool::{Pool, PoolState, Topology},
};

use super::{
    rig::{PATIENCE, Server},
    watch::{fleet, is_up},
};

async fn set_of_three() -> Vec<Server> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Server::started(&["--replSet", "fleet"]).await);
    }
    let members: Vec<Bson> = (0..)
        .zip(&servers)
        .map(|(id, server)| doc! {"_id": id, "host": server.address()}.into())
        .collect();
    let settings = doc! {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500};
    let config = doc! {"_id": "fleet", "members": members, "settings": settings};
    servers[0].run("", "admin", doc! {"replSetInitiate": config}).await;
    servers
}

async fn primary(servers: &[Server]) -> &Server {
    let start = Instant::now();
    loop {
        for server in servers {
            let hello = server.run("", "admin", doc! {"hello": 1}).await;
            if hello.get_bool("isWritablePrimary").unwrap() {
                return server;
            }
        }
        assert!(start.elapsed() < PATIENCE, "no primary is elected");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_step_down_shows_at_most_as_a_missing_primary() {
    let servers = set_of_three().await;
    let old = primary(&servers).await;
    let hosts: Vec<_> = servers.iter().map(Server::address).collect();
    let watched = fleet(&format!("mongodb://{}/main_db?replicaSet=fleet", hosts.join(",")));
    let pools = watched.until_up().await;
    assert_eq!(pools.pools[0].server.as_ref().unwrap().topology, Topology::ReplicaSet);

    let mut seen = watched.fleet.pools();
    let causes = tokio::spawn(async move {
        let mut causes = Vec::new();
        while seen.changed().await.is_ok() {
            let pools = seen.borrow_and_update().clone();
            let down = pools.pools.iter().filter(|pool| pool.state == PoolState::Down);
            causes.extend(down.filter_map(|pool| pool.failure.clone()));
        }
        causes
    });
    let step_down = doc! {"replSetStepDown": 20, "secondaryCatchUpPeriodSecs": 10};
    old.run("", "admin", step_down).await;
    let new = primary(&servers).await;
    assert_ne!(new.address(), old.address());
    watched.until_up().await;
    watched.fleet.shutdown().await;
    drop(watched);
    for cause in causes.await.unwrap() {
        assert_eq!(cause.kind, FailureKind::NoPrimary, "{cause:?}");
    }
}

#[tokio::test]
async fn a_set_that_lost_its_majority_has_no_primary_until_it_is_back() {
    let servers = set_of_three().await;
    let left = primary(&servers).await;
    let hosts: Vec<_> = servers.iter().map(Server::address).collect();
    let watched = fleet(&format!("mongodb://{}/main_db?replicaSet=fleet", hosts.join(",")));
    watched.until_up().await;
    let frozen: Vec<_> =
        servers.iter().filter(|server| server.address() != left.address()).collect();
    for server in &frozen {
        server.signal("STOP");
    }
    watched.until_down(FailureKind::NoPrimary).await;
    for server in &frozen {
        server.signal("CONT");
    }
    let recovered = |pool: &Pool| is_up(pool);
    watched.until("up again", |pools| pools.pools.iter().all(recovered)).await;
}
