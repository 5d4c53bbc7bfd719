//! A fleet whose stores hold documents, the binary that asks it, and one collection with all
//! the documents together, which says what the right answer is.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    process::Command,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use futures_util::TryStreamExt as _;
use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};
use serde_json::Value;
use tilldeck::demo::server::{Server, ServerOptions};

use crate::{
    doctor::fleet::{Place, name_of, record},
    support::{Home, Output, database_name, eventually, on_server, shared, start, uri_of},
};

/// A store with its orders; in place 0 it is a legacy one, whose record has no databaseId.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    prefix: String,
    place: Place,
    orders: Vec<Document>,
}

/// A store of this prefix; its storeId is `S-` and the prefix.
pub(crate) fn store(prefix: &str, place: Place, orders: Vec<Document>) -> Store {
    Store { prefix: prefix.into(), place, orders }
}

/// Deals documents to one store in each of four databases, the legacy one included, and to a
/// second one in shard 1.
pub(crate) fn dealt(orders: impl IntoIterator<Item = Document>) -> Vec<Store> {
    let homes = [("old", 0), ("one", 1), ("uno", 1), ("two", 2), ("three", 3)];
    let mut stores = homes.map(|(prefix, place)| store(prefix, place, Vec::new()));
    for (at, order) in orders.into_iter().enumerate() {
        stores[at % homes.len()].orders.push(order);
    }
    stores.into()
}

/// So many orders, numbered from 0 in `_id` and `n`, dealt to five stores.
pub(crate) fn numbered(n_orders: i32) -> Vec<Store> {
    dealt((0..n_orders).map(|n| doc! {"_id": n, "n": n}))
}

/// A fleet of a main database and three shards, and a home of the binary.
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) main: String,
    pub(crate) stores: Vec<Store>,
    /// Whoever plants may do everything, which the program's own login may not.
    root: String,
    /// Where shard 2 is, when it is elsewhere.
    second: Option<String>,
}

/// Who plants a fleet, and what the program is told of it.
pub(crate) struct Ground<'a> {
    pub(crate) main: String,
    pub(crate) root: &'a str,
    pub(crate) second: Option<&'a str>,
    /// All of the configuration but what the databases are called.
    pub(crate) settings: String,
}

/// What the binary answered with `--json`.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) report: Value,
    pub(crate) stderr: String,
}

impl Rig {
    /// A fleet on the shared server.
    pub(crate) fn new(stores: Vec<Store>) -> Self {
        Self::with(stores, "")
    }

    /// The same with more settings.
    pub(crate) fn with(stores: Vec<Store>, settings: &str) -> Self {
        Self::on(&shared().uri(), stores, settings)
    }

    /// A fleet on a server, which the program reaches as whoever plants does.
    pub(crate) fn on(server: &str, stores: Vec<Store>, settings: &str) -> Self {
        let main = database_name("query");
        let settings = format!("uri = \"{}\"\n{settings}", uri_of(server, &main));
        Self::planted(Ground { main, root: server, second: None, settings }, stores)
    }

    /// A fleet whose shard 2 is on a second server.
    pub(crate) fn apart(server: &str, second: &str, stores: Vec<Store>, settings: &str) -> Self {
        let main = database_name("query");
        let shard = uri_of(second, &name_of(&main, 2));
        let settings = format!(
            "uri = \"{}\"\n{settings}\n[shards.2]\nuri = \"{shard}\"\n",
            uri_of(server, &main)
        );
        Self::planted(Ground { main, root: server, second: Some(second), settings }, stores)
    }

    pub(crate) fn planted(ground: Ground<'_>, stores: Vec<Store>) -> Self {
        let home = Home::new();
        let Ground { main, root, second, settings } = ground;
        home.configure(&format!("database_prefix = \"{main}\"\ndatabase_count = 3\n{settings}"));
        let (root, second) = (root.to_owned(), second.map(ToOwned::to_owned));
        let rig = Self { home, main, stores, root, second };
        let records: Vec<Document> = rig.stores.iter().map(Store::record).collect();
        rig.insert(0, "stores", &records);
        for one in &rig.stores {
            rig.insert(one.place, &one.collection(), &one.orders);
        }
        rig
    }

    /// Runs driver code on the server where this place is.
    pub(crate) fn at<T>(&self, place: Place, work: impl AsyncFnOnce(Client) -> T) -> T {
        let elsewhere = self.second.as_ref().filter(|_| place == 2);
        on_server(elsewhere.unwrap_or(&self.root), work)
    }

    pub(crate) fn name_of(&self, place: Place) -> String {
        name_of(&self.main, place)
    }

    /// Puts documents into a collection, which is there afterwards even without any.
    pub(crate) fn insert(&self, place: Place, collection: &str, documents: &[Document]) {
        let name = self.name_of(place);
        self.at(place, async |client| {
            let database = client.database(&name);
            if documents.is_empty() {
                database.create_collection(collection).await.unwrap();
            } else {
                database.collection::<Document>(collection).insert_many(documents).await.unwrap();
            }
        });
    }

    /// Runs one command on a database of the fleet.
    pub(crate) fn tell(&self, place: Place, command: Document) -> Document {
        let name = self.name_of(place);
        self.at(place, async |client| client.database(&name).run_command(command).await.unwrap())
    }

    /// What a pipeline gives on the collection of a store.
    pub(crate) fn store_gives(&self, prefix: &str, pipeline: &[Document]) -> Vec<Document> {
        let one = self.stores.iter().find(|one| one.prefix == prefix).unwrap();
        let name = self.name_of(one.place);
        self.at(one.place, async |client| {
            let orders = client.database(&name).collection::<Document>(&one.collection());
            orders.aggregate(pipeline.to_vec()).await.unwrap().try_collect().await.unwrap()
        })
    }

    /// One collection with the orders of all stores, or of those of one place. No two of them
    /// may have the same `_id`.
    pub(crate) fn together(&self, place: Option<Place>) -> Together {
        let stores = self.stores.iter().filter(|one| place.is_none_or(|at| one.place == at));
        let orders: Vec<Document> = stores.flat_map(|one| one.orders.clone()).collect();
        let collection = place.map_or("all".to_owned(), |at| format!("of_{at}"));
        let (root, database) = (self.root.clone(), format!("{}_together", self.main));
        on_server(&root, async |client| {
            let database = client.database(&database);
            database.collection::<Document>(&collection).drop().await.unwrap();
            database.create_collection(&collection).await.unwrap();
            if !orders.is_empty() {
                let all = database.collection::<Document>(&collection);
                all.insert_many(orders).await.unwrap();
            }
        });
        Together { root, database, collection }
    }

    /// `query` with these arguments and `--json`; held to its schema.
    #[track_caller]
    pub(crate) fn query(&self, arguments: &[&str]) -> Answer {
        Answer::of(&self.run(&[arguments, &["--json"]].concat()))
    }

    /// The same, where all of it was read.
    #[track_caller]
    pub(crate) fn whole(&self, arguments: &[&str]) -> Answer {
        let answer = self.query(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}: {answer:#?}");
        assert_eq!(answer.report["complete"], true, "{arguments:?}: {answer:#?}");
        assert_eq!(answer.failures(), [], "{arguments:?}: {answer:#?}");
        assert_eq!(answer.report["changed"], serde_json::json!([]), "{arguments:?}: {answer:#?}");
        answer
    }

    /// `query` with these arguments and no others.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Output::of(&mut self.command(arguments))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.home.command([&["query"], arguments].concat())
    }

    /// The storeIds of the stores in these places, sorted.
    pub(crate) fn ids_in(&self, places: &[Place]) -> Vec<String> {
        let there = self.stores.iter().filter(|one| places.contains(&one.place));
        let mut ids: Vec<String> = there.map(Store::id).collect();
        ids.sort();
        ids
    }

    /// How many orders the store of this id has.
    pub(crate) fn n_orders_of(&self, id: &str) -> usize {
        self.stores.iter().find(|one| one.id() == id).unwrap().orders.len()
    }

    pub(crate) fn n_orders(&self) -> usize {
        self.stores.iter().map(|one| one.orders.len()).sum()
    }

    /// The name of the database where the store of this id is.
    pub(crate) fn database_of(&self, id: &str) -> String {
        self.name_of(self.stores.iter().find(|one| one.id() == id).unwrap().place)
    }

    /// Every row says where it is from, and is one that its store has, and comes once; the
    /// documents are told apart by their `_id`.
    #[track_caller]
    pub(crate) fn assert_rows_are_at_home(&self, answer: &Answer) {
        let text = |order: &Document| json(order.get("_id").unwrap()).to_string();
        let mut left: HashMap<String, HashSet<String>> = HashMap::new();
        for one in &self.stores {
            left.insert(one.id(), one.orders.iter().map(text).collect());
        }
        for (id, database, document) in answer.rows() {
            assert_eq!(database, self.database_of(&id));
            let was_there = left.get_mut(&id).unwrap().remove(&text(&document));
            assert!(was_there, "{id} has no {document}, or not twice");
        }
    }

    /// The orders of these stores, and no others, are all there.
    #[track_caller]
    pub(crate) fn assert_all_of(&self, answer: &Answer, ids: &[String]) {
        self.assert_rows_are_at_home(answer);
        let rows = answer.rows();
        for id in ids {
            let n_rows = rows.iter().filter(|(of, ..)| of == id).count();
            assert_eq!(n_rows, self.n_orders_of(id), "of {id}: {:?}", answer.failures());
        }
    }
}

impl Store {
    pub(crate) fn id(&self) -> String {
        format!("S-{}", self.prefix)
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn collection(&self) -> String {
        format!("{}_orders", self.prefix)
    }

    fn record(&self) -> Document {
        let mut sound = record(&self.prefix, i32::try_from(self.place).unwrap());
        if self.place == 0 {
            sound.remove("databaseId");
        }
        sound
    }
}

/// One collection that holds the documents of many.
pub(crate) struct Together {
    root: String,
    database: String,
    collection: String,
}

impl Together {
    pub(crate) fn gives(&self, pipeline: &[Document], collation: Option<&str>) -> Vec<Document> {
        on_server(&self.root, async |client| {
            let database = client.database(&self.database);
            let mut command = doc! {
                "aggregate": &self.collection, "pipeline": pipeline, "cursor": {"batchSize": 10_000},
            };
            if let Some(collation) = collation {
                let collation: Value = serde_json::from_str(collation).unwrap();
                command.insert("collation", Bson::try_from(collation).unwrap());
            }
            let answer = database.run_command(command).await.unwrap();
            let batch = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
            batch.iter().map(|one| one.as_document().unwrap().clone()).collect()
        })
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn of(output: &Output) -> Self {
        assert!(matches!(output.code, 0 | 1), "{output:?}");
        let stderr = output.stderr.clone();
        Self { code: output.code, report: output.held_to("query"), stderr }
    }

    /// The rows: storeId, database and document.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<(String, String, Document)> {
        let rows = self.report["rows"].as_array().unwrap_or_else(|| panic!("{self:#?}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rows.iter()
            .map(|row| (text(&row["store_id"]), text(&row["database"]), document(&row["document"])))
            .collect()
    }

    /// The documents of the rows, in the order of the rows.
    #[track_caller]
    pub(crate) fn documents(&self) -> Vec<Document> {
        self.rows().into_iter().map(|(.., document)| document).collect()
    }

    /// Of every store that was not read: storeId, database and the kind of the cause; sorted.
    #[track_caller]
    pub(crate) fn failures(&self) -> Vec<(String, String, String)> {
        let failed = self.report["failed"].as_array().unwrap_or_else(|| panic!("{self:#?}"));
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let one = |one: &Value| {
            (text(&one["store_id"]), text(&one["database"]), text(&one["error"]["kind"]))
        };
        let mut failures: Vec<_> = failed.iter().map(one).collect();
        failures.sort();
        failures
    }

    /// Nothing was kept back: the stores of these ids are all of those that failed, for one
    /// of these kinds of cause, and the answer says that it is not complete.
    #[track_caller]
    pub(crate) fn assert_failed(&self, rig: &Rig, ids: &[String], kinds: &[&str]) {
        let failures = self.failures();
        let failed: Vec<&String> = failures.iter().map(|(id, ..)| id).collect();
        assert_eq!(failed, ids.iter().collect::<Vec<_>>(), "{self:#?}");
        for (id, database, kind) in &failures {
            assert_eq!(database, &rig.database_of(id), "{self:#?}");
            assert!(kinds.contains(&kind.as_str()), "{id} failed for {kind}: {self:#?}");
        }
        assert_eq!((self.code, &self.report["complete"]), (1, &false.into()), "{self:#?}");
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.report["limited"].as_bool().unwrap()
    }
}

/// A document in Extended JSON, relaxed or canonical.
#[track_caller]
pub(crate) fn document(value: &Value) -> Document {
    match Bson::try_from(value.clone()).unwrap() {
        Bson::Document(document) => document,
        other => panic!("{other:?} is no document"),
    }
}

/// A value in relaxed Extended JSON.
pub(crate) fn json(value: &Bson) -> Value {
    value.clone().into_relaxed_extjson()
}

/// Documents in relaxed Extended JSON, as text, in an order of its own: equal where the same
/// documents are there.
pub(crate) fn heap(documents: &[Document]) -> Vec<String> {
    let mut heap: Vec<String> =
        documents.iter().map(|one| json(&one.clone().into()).to_string()).collect();
    heap.sort();
    heap
}

/// A server whose commands fail, which one test at a time may have.
pub(crate) struct Faulty {
    server: MutexGuard<'static, Server>,
}

impl Faulty {
    pub(crate) fn take() -> Self {
        static SERVER: LazyLock<Mutex<Server>> =
            LazyLock::new(|| Mutex::new(start(ServerOptions::default())));
        Self { server: SERVER.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    pub(crate) fn uri(&self) -> String {
        self.server.uri()
    }

    /// The program's commands of these names fail like this from now on.
    pub(crate) fn fail(&self, commands: &[&str], how: Document) {
        fail(&self.uri(), commands, "alwaysOn", how);
    }

    /// The first of them fails, and no other.
    pub(crate) fn fail_once(&self, commands: &[&str], how: Document) -> i64 {
        fail(&self.uri(), commands, doc! {"times": 1}, how)
    }

    /// Every command works again.
    pub(crate) fn heal(&self) {
        heal(&self.uri());
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.heal();
    }
}

/// The program's commands of these names fail like this on a server. How often commands
/// failed before is given back.
pub(crate) fn fail(server: &str, commands: &[&str], mode: impl Into<Bson>, how: Document) -> i64 {
    let mut data = doc! {"failCommands": commands, "appName": "tilldeck"};
    data.extend(how);
    let command = doc! {"configureFailPoint": "failCommand", "mode": mode.into(), "data": data};
    let answer = on_server(server, async |client| {
        client.database("admin").run_command(command).await.unwrap()
    });
    number(answer.get("count").unwrap())
}

pub(crate) fn heal(server: &str) {
    let off = doc! {"configureFailPoint": "failCommand", "mode": "off"};
    on_server(server, async |client| client.database("admin").run_command(off).await.unwrap());
}

/// Waits until more commands than this have failed on a server.
pub(crate) fn wait_for_failure(server: &str, n_before: i64) {
    eventually("a command fails", || {
        let asked = doc! {"getParameter": 1, "failpoint.failCommand": 1};
        let answer = on_server(server, async |client| {
            client.database("admin").run_command(asked).await.unwrap()
        });
        let state = answer.get_document("failpoint.failCommand").unwrap();
        (number(state.get("timesEntered").unwrap()) > n_before).then_some(())
    });
}

/// What the program does on a server.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) database: String,
    pub(crate) collection: String,
    /// It is at work; the others are cursors that wait to be asked for more.
    pub(crate) is_active: bool,
}

/// The operations on a server that carry a comment of `query`, in the databases of a fleet.
pub(crate) async fn operations(client: &Client, main: &str) -> Vec<Operation> {
    let comment = doc! {"$regex": "^tilldeck query "};
    let ours = doc! {"$or": [
        {"command.comment": comment.clone()},
        {"cursor.originatingCommand.comment": comment},
    ]};
    let pipeline = [
        doc! {"$currentOp": {"allUsers": true, "idleCursors": true}},
        doc! {"$match": {"ns": {"$regex": format!("^{main}[._]")}}},
        doc! {"$match": ours},
    ];
    let found = client.database("admin").aggregate(pipeline).await.unwrap();
    let found: Vec<Document> = found.try_collect().await.unwrap();
    found.iter().map(Operation::of).collect()
}

impl Operation {
    fn of(found: &Document) -> Self {
        let (database, collection) = found.get_str("ns").unwrap().split_once('.').unwrap();
        // A command that is held up is not yet said to be one of its collection.
        let named = found.get_document("command").ok().and_then(|command| {
            let keys = ["find", "aggregate", "count", "distinct", "collection"];
            keys.iter().find_map(|key| command.get_str(key).ok())
        });
        Self {
            database: database.into(),
            collection: named.unwrap_or(collection).into(),
            is_active: found.get_bool("active").unwrap_or_default(),
        }
    }
}

pub(crate) fn number(value: &Bson) -> i64 {
    value.as_i64().or_else(|| value.as_i32().map(i64::from)).unwrap()
}

/// Asks every database to write down what it is told from now on.
pub(crate) fn profile(rig: &Rig) {
    for place in 0..=3 {
        rig.tell(place, doc! {"profile": 2});
    }
}

/// What the program told a database since it was asked to write it down.
pub(crate) fn profiled(rig: &Rig, place: Place) -> Vec<Document> {
    let name = rig.name_of(place);
    rig.at(place, async |client| {
        let written = client.database(&name).collection::<Document>("system.profile");
        let ours = written.find(doc! {"appName": "tilldeck"}).await.unwrap();
        ours.try_collect().await.unwrap()
    })
}

/// The lines of a file that the program wrote into its home.
pub(crate) fn lines_of(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}
