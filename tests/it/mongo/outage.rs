//! The main database goes away and comes back.

use std::os::unix::fs::PermissionsExt;

use tilldeck::{
    demo::server::ServerOptions,
    domain::{failure::FailureKind, registry::Source},
};

use super::rig::{Rig, ids, start as start_fleet, until};
use crate::support::{eventually, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_known_list_bridges_an_outage_and_a_restart() {
    let mut server = start(ServerOptions::default());
    let rig = Rig::on(&server.uri()).await;
    rig.insert("a").await;
    let live = rig.until("it is read", |registry| ids(registry) == ["a"]).await;

    server.kill9();
    let kept = rig.until("it is kept", |registry| registry.source == Source::Cache).await;
    assert_eq!(ids(&kept), ["a"]);
    assert_eq!(kept.failure.as_ref().unwrap().kind, FailureKind::Refused);
    assert!(kept.as_of.is_some());
    assert!(kept.changes_since(&live).is_empty());

    // Another start, with the server still gone, opens on the file.
    let cache = rig.config.paths.cache.clone();
    let file = eventually("it is saved", || {
        let found = std::fs::read_dir(&cache).ok()?.filter_map(Result::ok);
        found.map(|entry| entry.path()).find(|path| path.extension() == Some("bson".as_ref()))
    });
    // Earlier lists were saved as well: this one has the time of the last answer in it.
    let as_of = kept.as_of.unwrap().as_millisecond().to_le_bytes();
    eventually("the last list is saved", || {
        let bytes = std::fs::read(&file).ok()?;
        bytes.windows(as_of.len()).any(|window| window == as_of).then_some(())
    });
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&cache), mode(&file)), (0o700, 0o600));
    let other = start_fleet(&rig.config);
    let opened =
        until(&other, "it opens on the file", |registry| registry.source == Source::Cache).await;
    assert_eq!(ids(&opened), ["a"]);
    assert!(opened.as_of.unwrap() <= kept.as_of.unwrap());

    server.restart().unwrap();
    for fleet in [&rig.fleet, &other] {
        until(fleet, "it is live again", |registry| {
            registry.source == Source::ChangeStream && registry.failure.is_none()
        })
        .await;
    }
    rig.insert("b").await;
    rig.until("changes are followed again", |registry| ids(registry) == ["a", "b"]).await;
    rig.fleet.shutdown().await;
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_file_is_ignored() {
    let mut server = start(ServerOptions::default());
    let rig = Rig::on(&server.uri()).await;
    rig.insert("a").await;
    rig.live().await;
    let cache = rig.config.paths.cache.clone();
    let file = eventually("it is saved", || {
        let found = std::fs::read_dir(&cache).ok()?.filter_map(Result::ok);
        found.map(|entry| entry.path()).find(|path| path.extension() == Some("bson".as_ref()))
    });
    rig.fleet.shutdown().await;
    server.kill9();
    std::fs::write(&file, b"\x10\0\0\0spoilt").unwrap();
    let other = start_fleet(&rig.config);
    let empty = until(&other, "it says why", |registry| registry.failure.is_some()).await;
    assert_eq!((empty.source, empty.stores.len()), (Source::Loading, 0));
    other.shutdown().await;
}
