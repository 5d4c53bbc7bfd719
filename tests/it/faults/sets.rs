//! Replica sets that change or lose their primary.

use mongodb::bson::doc;
use tilldeck::{
    demo::server::{Server, ServerOptions, Shape},
    domain::{
        failure::FailureKind,
        pool::{PoolState, Topology},
    },
};

use super::watch::fleet;
use crate::support::{client, eventually_async, start};

fn set_of_three() -> Server {
    let shape = Shape::ReplicaSet { members: 3 };
    start(ServerOptions { shape, ..ServerOptions::default() })
}

/// Which member is the primary, once there is one.
async fn primary(server: &Server) -> usize {
    let mut members = Vec::new();
    for address in server.addresses() {
        let uri = format!("mongodb://{address}/?directConnection=true");
        members.push(client(&uri).await.database("admin"));
    }
    eventually_async("a primary is elected", async || {
        for (member, admin) in members.iter().enumerate() {
            let hello = admin.run_command(doc! {"hello": 1}).await;
            if hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap()) {
                return Some(member);
            }
        }
        None
    })
    .await
}

#[tokio::test]
async fn a_step_down_shows_at_most_as_a_missing_primary() {
    let server = set_of_three();
    let old = primary(&server).await;
    let watched = fleet(&server.uri_of("main_db"));
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
    let uri = format!("mongodb://{}/?directConnection=true", server.addresses()[old]);
    client(&uri).await.database("admin").run_command(step_down).await.unwrap();
    assert_ne!(primary(&server).await, old);
    watched.until_up().await;
    watched.fleet.shutdown().await;
    drop(watched);
    for cause in causes.await.unwrap() {
        assert_eq!(cause.kind, FailureKind::NoPrimary, "{cause:?}");
    }
}

#[tokio::test]
async fn a_set_that_lost_its_majority_has_no_primary_until_it_is_back() {
    let mut server = set_of_three();
    let left = primary(&server).await;
    let watched = fleet(&server.uri_of("main_db"));
    watched.until_up().await;
    let others: Vec<_> = (0..3).filter(|&member| member != left).collect();
    for &member in &others {
        server.kill9_member(member);
    }
    watched.until_down(FailureKind::NoPrimary).await;
    for &member in &others {
        server.restart_member(member).unwrap();
    }
    watched.until_up().await;
}
