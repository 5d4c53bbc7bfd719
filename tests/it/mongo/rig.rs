//! A fleet on a server, and what tests wait for.

use std::sync::Arc;

use mongodb::{
    Client, Collection,
    bson::{Document, doc},
};
use tilldeck::{
    config::Config,
    domain::registry::{Registry, Source},
    mongo::{fleet::Fleet, targets::Targets},
};
use tokio::time::timeout;

use crate::support::{PATIENCE, client, database_name, fleet_config};

/// One fleet with databases of its own names.
pub(super) struct Rig {
    pub(super) fleet: Fleet,
    pub(super) config: Config,
    pub(super) client: Client,
    pub(super) main: String,
    /// Removed at the end, with the cache in it.
    _home: tempfile::TempDir,
}

impl Rig {
    /// A fleet on the server with this URI, which ends in its port.
    pub(super) async fn on(uri: &str) -> Self {
        Self::named(uri, &database_name("feed")).await
    }

    pub(super) async fn named(uri: &str, main: &str) -> Self {
        let client = client(uri).await;
        let home = tempfile::tempdir().unwrap();
        let config = fleet_config(uri, main, home.path());
        Self { fleet: start(&config), config, client, main: main.to_owned(), _home: home }
    }

    /// The registry collection.
    pub(super) fn stores(&self) -> Collection<Document> {
        self.client.database(&self.main).collection("stores")
    }

    /// Inserts a sound store into shard 1.
    pub(super) async fn insert(&self, id: &str) {
        self.stores().insert_one(store(id)).await.unwrap();
    }

    /// Waits until the registry is as wanted.
    pub(super) async fn until(
        &self,
        what: &str,
        wanted: impl Fn(&Registry) -> bool,
    ) -> Arc<Registry> {
        until(&self.fleet, what, wanted).await
    }

    /// Waits until the list is followed by change stream.
    pub(super) async fn live(&self) -> Arc<Registry> {
        self.until("it is live", |registry| registry.source == Source::ChangeStream).await
    }
}

pub(super) async fn until(
    fleet: &Fleet,
    what: &str,
    wanted: impl Fn(&Registry) -> bool,
) -> Arc<Registry> {
    let mut registry = fleet.registry();
    let waited = timeout(PATIENCE, registry.wait_for(|registry| wanted(registry))).await;
    let Ok(found) = waited else {
        panic!("it never happened that {what}: {:?}", fleet.registry().borrow())
    };
    found.unwrap().clone()
}

pub(super) fn start(config: &Config) -> Fleet {
    Fleet::start(Targets::parse(config).unwrap(), config)
}

pub(super) fn store(id: &str) -> Document {
    doc! {"storeId": id, "name": format!("Store {id}"), "prefix": id, "databaseId": 1}
}

/// The store ids in the list, sorted.
pub(super) fn ids(registry: &Registry) -> Vec<String> {
    let mut ids: Vec<String> = registry
        .stores
        .iter()
        .filter_map(|store| store.store_id.as_deref().map(Into::into))
        .collect();
    ids.sort();
    ids
}
