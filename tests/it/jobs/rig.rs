//! A fleet that stores are made in, and what is left in it.

use std::{collections::BTreeSet, path::Path, time::Duration};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use secrecy::SecretString;
use tilldeck::{
    config::{Config, ShardOverride},
    domain::{
        creation::{Choice, Created, Draft, Known, Plan, Taken, plan},
        database::{Database, DatabaseId},
        distribution::Occupancy,
        failure::Failure,
        index::IndexSpec,
        job::Progress,
    },
    jobs::create::Creator,
    mongo::{fleet::Fleet, gate::Gate, targets::Targets},
};
use tokio::sync::watch;

use crate::support::{PATIENCE, client, database_name, eventually_async, fleet_config};

/// One fleet with databases of its own names: main, and two shards.
pub(super) struct Rig {
    pub(super) fleet: Fleet,
    pub(super) client: Client,
    /// Where shard 2 is; the same server unless a test says otherwise.
    pub(super) second: Client,
    pub(super) main: String,
    _home: tempfile::TempDir,
}

impl Rig {
    pub(super) async fn on(uri: &str) -> Self {
        Self::with_second(uri, uri).await
    }

    /// A fleet whose second shard is on a server of its own.
    pub(super) async fn with_second(uri: &str, second: &str) -> Self {
        let main = database_name("jobs");
        let home = tempfile::tempdir().unwrap();
        Self::started(config(uri, &main, home.path()), (uri, second), main, home).await
    }

    /// A fleet that asks nothing of its databases by itself, once it is connected.
    pub(super) async fn quiet(uri: &str) -> Self {
        let main = database_name("jobs");
        let home = tempfile::tempdir().unwrap();
        let mut config = config(uri, &main, home.path());
        config.timing.probe_interval = Duration::from_secs(3_600);
        config.timing.registry_poll = Duration::from_secs(3_600);
        Self::started(config, (uri, uri), main, home).await
    }

    async fn started(
        mut config: Config,
        (uri, second): (&str, &str),
        main: String,
        home: tempfile::TempDir,
    ) -> Self {
        if uri != second {
            let uri = Some(SecretString::from(second.to_owned()));
            let own = ShardOverride { uri, ..ShardOverride::default() };
            config.shards.insert(shard(2), own);
        }
        let fleet = Fleet::start(Targets::parse(&config).unwrap(), &config);
        fleet.settle(PATIENCE).await;
        let (client, second) = (client(uri).await, crate::support::client(second).await);
        Self { fleet, client, second, main, _home: home }
    }

    /// Waits until every database can be used. What fails commands may have met a probe of the
    /// fleet: one that the driver asks for when it has lost sight of a server for a moment.
    pub(super) async fn recover(&self) {
        let recovered = || async {
            let pools = self.fleet.pools().borrow().clone();
            let is_up = pools.pools.iter().all(|pool| pool.state.is_usable());
            if !is_up {
                self.fleet.retry(None);
            }
            is_up.then_some(())
        };
        eventually_async("every database can be used", recovered).await;
    }

    /// Waits until the fleet knows that a shard cannot be used.
    pub(super) async fn wait_for_loss(&self, number: u32) {
        let lost = || async {
            let pools = self.fleet.pools().borrow().clone();
            let pool = pools.get(Database::Shard(shard(number))).unwrap();
            (!pool.state.is_usable()).then_some(())
        };
        eventually_async("the shard is down", lost).await;
    }

    pub(super) async fn create(&self, plan: &Plan) -> (Result<Created, Failure>, Progress) {
        let (progress, seen) = watch::channel(Progress::default());
        let creator = Creator::new(self.fleet.clone(), Gate::new(false));
        let created = creator.run(plan, &progress).await;
        let seen = seen.borrow().clone();
        (created, seen)
    }

    /// A plan for a store with this prefix, by the documented rule or in a shard.
    pub(super) fn plan(&self, prefix: &str, number: Option<u32>) -> Plan {
        let choice = number.map_or_else(Choice::default, |number| Choice::Shard(shard(number)));
        let draft = Draft {
            store_id: format!("ID-{prefix}"),
            name: format!("Store {prefix}"),
            prefix: prefix.into(),
            choice,
            without_indexes: false,
        };
        let (taken, occupancy) = (Taken::default(), Occupancy::default());
        let pools = self.fleet.pools().borrow().clone();
        let layout = self.fleet.layout();
        let known =
            Known { taken: &taken, occupancy: &occupancy, pools: &pools, layout, survey: None };
        let mut plan = plan(&draft, &known).unwrap();
        let sku = doc! {"key": {"sku": 1}, "name": "sku_1", "unique": true};
        plan.collections[0].indexes = vec![IndexSpec::new(&sku)];
        plan
    }

    pub(super) fn database(&self, number: u32) -> mongodb::Database {
        let client = if number == 2 { &self.second } else { &self.client };
        client.database(&format!("{}_{number}", self.main))
    }

    pub(super) async fn records(&self) -> Vec<Document> {
        documents(&self.client, &self.main, "stores").await
    }

    pub(super) async fn jobs(&self) -> Vec<Document> {
        documents(&self.client, &self.main, "tilldeck_jobs").await
    }

    /// The names of the collections in a shard.
    pub(super) async fn collections(&self, number: u32) -> BTreeSet<String> {
        self.database(number).list_collection_names().await.unwrap().into_iter().collect()
    }
}

async fn documents(client: &Client, database: &str, name: &str) -> Vec<Document> {
    let mut found =
        client.database(database).collection::<Document>(name).find(doc! {}).await.unwrap();
    let mut documents = Vec::new();
    while found.advance().await.unwrap() {
        documents.push(found.deserialize_current().unwrap());
    }
    documents
}

pub(super) fn shard(number: u32) -> DatabaseId {
    DatabaseId::new(number).unwrap()
}

/// The four collections of a store.
pub(super) fn four(prefix: &str) -> BTreeSet<String> {
    ["products", "orders", "categories", "users"].map(|one| format!("{prefix}_{one}")).into()
}

fn config(uri: &str, main: &str, home: &Path) -> Config {
    let mut config = fleet_config(uri, main, home);
    config.layout.stores_per_database = 3;
    config
}
