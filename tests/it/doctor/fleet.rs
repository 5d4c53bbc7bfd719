//! A fleet whose data a plain driver plants, and the binary that examines it.

use futures_util::future::join_all;
use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};
use serde_json::Value;

use crate::support::{Home, Output, database_name, on_server, shared, uri_of};

/// What every store must have.
const REQUIRED: [&str; 3] = ["products", "orders", "categories"];

/// Where something is planted: 0 for the main database, else the number of a shard.
pub(crate) type Place = u32;

/// A fleet with databases of its own names.
pub(crate) struct Fleet {
    pub(crate) home: Home,
    pub(crate) main: String,
    /// Whoever plants may do everything, which the program's own login may not.
    uri: String,
}

/// What a fleet holds, to be planted at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plant {
    records: Vec<Document>,
    collections: Vec<(Place, String)>,
    documents: Vec<(Place, String, Document)>,
    /// Whatever else: indexes, views, users.
    commands: Vec<(Place, Document)>,
    /// Fields of the registry that get a unique index.
    unique: Vec<&'static str>,
}

impl Plant {
    /// Nothing but a registry that refuses duplicates.
    pub(crate) fn empty() -> Self {
        Self { unique: vec!["storeId", "prefix"], ..Self::default() }
    }

    /// One whole store in each of three shards: `S-one`, `S-two` and `S-three`.
    pub(crate) fn healthy() -> Self {
        Self::empty().store("one", 1).store("two", 2).store("three", 3)
    }

    /// A whole store with this prefix, at home in this shard.
    pub(crate) fn store(self, prefix: &str, shard: Place) -> Self {
        self.record(record(prefix, i32::try_from(shard).unwrap())).furnished(shard, prefix)
    }

    pub(crate) fn record(mut self, record: Document) -> Self {
        self.records.push(record);
        self
    }

    /// The collections that a store must have.
    pub(crate) fn furnished(self, place: Place, prefix: &str) -> Self {
        REQUIRED.iter().fold(self, |plant, one| plant.collection(place, &format!("{prefix}_{one}")))
    }

    pub(crate) fn collection(mut self, place: Place, name: &str) -> Self {
        self.collections.push((place, name.into()));
        self
    }

    pub(crate) fn document(mut self, place: Place, name: &str, document: Document) -> Self {
        self.documents.push((place, name.into(), document));
        self
    }

    pub(crate) fn command(mut self, place: Place, command: Document) -> Self {
        self.commands.push((place, command));
        self
    }

    /// An index on one field, called as drivers call it.
    pub(crate) fn index(self, place: Place, name: &str, field: &str) -> Self {
        let index = doc! {"key": {field: 1}, "name": format!("{field}_1")};
        self.command(place, doc! {"createIndexes": name, "indexes": [index]})
    }

    /// Only these fields of the registry get a unique index.
    pub(crate) fn unique_on(self, unique: &[&'static str]) -> Self {
        Self { unique: unique.to_vec(), ..self }
    }

    async fn carry_out(self, client: &Client, main: &str) {
        let database = |place: Place| client.database(&name_of(main, place));
        let unique: Vec<Document> = self.unique.iter().map(|field| unique_on(field)).collect();
        database(0).create_collection("stores").await.unwrap();
        if !unique.is_empty() {
            let indexes = doc! {"createIndexes": "stores", "indexes": unique};
            database(0).run_command(indexes).await.unwrap();
        }
        if !self.records.is_empty() {
            database(0).collection("stores").insert_many(self.records).await.unwrap();
        }
        let made = self.collections.into_iter().map(|(place, name)| async move {
            database(place).create_collection(&name).await.unwrap();
        });
        join_all(made).await;
        for (place, command) in self.commands {
            database(place).run_command(command).await.unwrap();
        }
        for (place, name, document) in self.documents {
            database(place).collection(&name).insert_one(document).await.unwrap();
        }
    }
}

/// A sound record.
pub(crate) fn record(prefix: &str, number: impl Into<Bson>) -> Document {
    doc! {
        "storeId": format!("S-{prefix}"), "name": format!("Store {prefix}"), "prefix": prefix,
        "databaseId": number.into(),
    }
}

/// A unique index on one field, called as drivers call it.
pub(crate) fn unique_on(field: &str) -> Document {
    doc! {"key": {field: 1}, "name": format!("{field}_1"), "unique": true}
}

/// What the backend leaves under the name of a collection that was moved: a view that fails
/// whoever reads it, and says where the store is now.
pub(crate) fn tombstone(name: &str) -> Document {
    let says = doc! {"$project": {"e": {"$toInt": "STORE MOVED to pos_db_3"}}};
    doc! {"create": name, "viewOn": "gone", "pipeline": [{"$collStats": {"count": {}}}, says]}
}

pub(crate) fn name_of(main: &str, place: Place) -> String {
    if place == 0 { main.to_owned() } else { format!("{main}_{place}") }
}

impl Fleet {
    /// A fleet of three shards on the shared server.
    pub(crate) fn new(plant: Plant) -> Self {
        Self::with(plant, "database_count = 3\nstores_per_database = 20\n")
    }

    /// The same with other limits.
    pub(crate) fn with(plant: Plant, limits: &str) -> Self {
        let (main, server) = (database_name("planted"), shared().uri());
        let home = Home::new();
        let uri = uri_of(&server, &main);
        home.configure(&format!("uri = \"{uri}\"\ndatabase_prefix = \"{main}\"\n{limits}"));
        let fleet = Self { home, main, uri: server };
        fleet.plant(plant);
        fleet
    }

    /// A fleet on a server of the test's own, planted by `root` and examined by way of the
    /// settings.
    pub(crate) fn on(root: &str, main: &str, settings: &str, plant: Plant) -> Self {
        let home = Home::new();
        home.configure(&format!("database_prefix = \"{main}\"\ndatabase_count = 3\n{settings}"));
        let fleet = Self { home, main: main.into(), uri: root.into() };
        fleet.plant(plant);
        fleet
    }

    pub(crate) fn plant(&self, plant: Plant) {
        on_server(&self.uri, async |client| plant.carry_out(&client, &self.main).await);
    }

    /// Runs one command on a database of the fleet.
    pub(crate) fn tell(&self, place: Place, command: Document) -> Document {
        on_server(&self.uri, async |client| {
            client.database(&self.name_of(place)).run_command(command).await.unwrap()
        })
    }

    pub(crate) fn name_of(&self, place: Place) -> String {
        name_of(&self.main, place)
    }

    /// The first batch of a collection, which is all of the few documents that a test has.
    pub(crate) fn documents(&self, place: Place, name: &str) -> Vec<Document> {
        batch(&self.tell(place, doc! {"find": name}))
    }

    /// The names of a collection's indexes and whether each is unique.
    pub(crate) fn indexes(&self, place: Place, name: &str) -> Vec<(String, bool)> {
        let listed = batch(&self.tell(place, doc! {"listIndexes": name}));
        let named = |one: &Document| {
            (one.get_str("name").unwrap().to_owned(), one.get_bool("unique").unwrap_or(false))
        };
        let mut indexes: Vec<_> = listed.iter().map(named).collect();
        indexes.sort();
        indexes
    }

    /// Everything there is, by name and content: equal where nothing was written.
    pub(crate) fn state(&self) -> String {
        let hash = |place| {
            let told = self.tell(place, doc! {"dbHash": 1});
            format!("{place} {:?}", told.get_document("collections").unwrap())
        };
        (0..=3).map(hash).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(arguments)
    }

    /// What `doctor --json` says with these arguments, held to its schema, and its exit code.
    #[track_caller]
    pub(crate) fn doctor(&self, more: &[&str]) -> (i32, Value) {
        let output = self.run(&[&["doctor", "--json"][..], more].concat());
        (output.code, output.held_to("doctor"))
    }

    /// Each finding of a report in one line: rule, storeId, prefix and place.
    pub(crate) fn lines(&self, report: &Value) -> Vec<String> {
        let line = |finding: &Value| {
            let text = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
            let place = text("database");
            let place = place.strip_prefix(&self.main).map_or(place.as_str(), |rest| {
                if rest.is_empty() { "main" } else { rest.trim_start_matches('_') }
            });
            format!("{} {} {} {place}", text("rule"), text("store_id"), text("prefix"))
        };
        report["findings"].as_array().unwrap().iter().map(line).collect()
    }

    /// The names of the databases that could not be looked at, and the kinds of the causes.
    pub(crate) fn gaps(report: &Value) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let gaps = report["incomplete"].as_array().unwrap();
        gaps.iter().map(|gap| (text(&gap["database"]), text(&gap["error"]["kind"]))).collect()
    }
}

fn batch(answer: &Document) -> Vec<Document> {
    let batch = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    batch.iter().map(|one| one.as_document().unwrap().clone()).collect()
}

/// Nothing in the output that a terminal would obey.
#[track_caller]
pub(crate) fn assert_harmless(output: &Output) {
    let is_hostile = |char: &char| {
        (char.is_control() && *char != '\n') || "\u{202e}\u{200b}\u{2028}".contains(*char)
    };
    for text in [&output.stdout, &output.stderr] {
        assert_eq!(text.chars().find(is_hostile), None, "{text:?}");
    }
}
