//! A fleet of the shared server, configured for the binary.

use std::collections::BTreeMap;

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};

use crate::support::{Home, Output, database_name, on_server, shared};

/// A fleet with databases of its own names.
pub(super) struct Fleet {
    pub(super) home: Home,
    pub(super) main: String,
    uri: String,
}

impl Fleet {
    /// An empty fleet: three shards that take two stores each.
    pub(super) fn new() -> Self {
        Self::on(&shared().uri_of("x").replace("/x", "/"))
    }

    /// The same with more in its configuration.
    pub(super) fn with(more: &str) -> Self {
        Self::configured(&shared().uri_of("x").replace("/x", "/"), more)
    }

    /// The same on another server; the URI ends before the name of the database.
    pub(super) fn on(server: &str) -> Self {
        Self::configured(server, "")
    }

    fn configured(server: &str, more: &str) -> Self {
        let main = database_name("create");
        let (address, options) =
            server.split_once('?').map_or((server, ""), |(address, options)| (address, options));
        let uri = format!("{}/{main}?{options}", address.trim_end_matches('/'));
        let home = Home::new();
        home.configure(&format!(
            "uri = \"{uri}\"\ndatabase_prefix = \"{main}\"\ndatabase_count = 3\nstores_per_database = 2\n{more}\n"
        ));
        Self { home, main, uri }
    }

    pub(super) fn shard(&self, number: u32) -> String {
        format!("{}_{number}", self.main)
    }

    /// The arguments for one store.
    pub(super) fn arguments<'a>(store_id: &'a str, prefix: &'a str) -> Vec<&'a str> {
        vec!["create", "--json", "--store-id", store_id, "--name", "Some Store", "--prefix", prefix]
    }

    pub(super) fn create(&self, store_id: &str, prefix: &str, more: &[&str]) -> Output {
        self.home.run([&Self::arguments(store_id, prefix)[..], more].concat())
    }

    pub(super) fn records(&self) -> Vec<Document> {
        self.documents("stores")
    }

    /// Does something to the server, besides the program.
    pub(super) fn with_client<T>(&self, work: impl AsyncFnOnce(Client) -> T) -> T {
        on_server(&self.uri, work)
    }

    pub(super) fn documents(&self, collection: &str) -> Vec<Document> {
        self.with_client(async |client| {
            let collection = client.database(&self.main).collection::<Document>(collection);
            let mut found = collection.find(doc! {}).await.unwrap();
            let mut documents = Vec::new();
            while found.advance().await.unwrap() {
                documents.push(found.deserialize_current().unwrap());
            }
            documents
        })
    }

    pub(super) fn insert(&self, store_id: &str, prefix: &str, number: i32) {
        let record = doc! {
            "storeId": store_id, "name": "Old", "prefix": prefix, "databaseId": number,
        };
        on_server(&self.uri, async |client| {
            client.database(&self.main).collection("stores").insert_one(record).await.unwrap();
        });
    }

    /// How many records each shard has.
    pub(super) fn spread(&self) -> BTreeMap<i32, usize> {
        let mut spread = BTreeMap::new();
        for record in self.records() {
            let number = record.get("databaseId").and_then(Bson::as_i32).unwrap();
            *spread.entry(number).or_default() += 1;
        }
        spread
    }

    /// Everything there is, by name and content: equal where nothing was written.
    pub(super) fn state(&self) -> String {
        on_server(&self.uri, async |client| {
            let mut state = Vec::new();
            for name in [self.main.clone(), self.shard(1), self.shard(2), self.shard(3)] {
                let hash = client.database(&name).run_command(doc! {"dbHash": 1}).await.unwrap();
                state.push(format!("{name} {:?}", hash.get_document("collections")));
            }
            state.join("\n")
        })
    }

    /// The names of the collections of a shard.
    pub(super) fn collections(&self, number: u32) -> Vec<String> {
        self.with_client(async |client| {
            client.database(&self.shard(number)).list_collection_names().await.unwrap()
        })
    }

    /// The prefixes that have collections in a shard.
    pub(super) fn furnished(&self, number: u32) -> Vec<String> {
        let mut prefixes: Vec<String> = self
            .collections(number)
            .iter()
            .filter_map(|name| name.strip_suffix("_orders").map(ToOwned::to_owned))
            .collect();
        prefixes.sort();
        prefixes
    }
}
