//! One store with orders, and the binary that looks into it.

use std::path::Path;

use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, RawDocumentBuf, doc};

use crate::{
    query::rig::{Rig, store},
    support::{Output, on_server},
};

/// The shard where the store is.
pub(super) const SHARD: u32 = 1;

/// The server of all tests may have much to write, and then it answers late.
const PATIENT: &str = "[timing]\nprobe_timeout = \"20s\"\nread_timeout = \"20s\"\n";

/// A fleet with one store, `S-one`, that has these orders.
pub(super) fn shop(orders: Vec<Document>) -> Rig {
    Rig::with(vec![store("one", SHARD, orders)], PATIENT)
}

/// The same on a server of its own.
pub(super) fn shop_on(server: &str, orders: Vec<Document>) -> Rig {
    Rig::on(server, vec![store("one", SHARD, orders)], PATIENT)
}

/// Puts documents into the orders as the bytes that they are.
pub(super) fn insert_raw(rig: &Rig, documents: &[RawDocumentBuf]) {
    let name = rig.name_of(SHARD);
    rig.at(SHARD, async |client| {
        let orders = client.database(&name).collection::<RawDocumentBuf>("one_orders");
        orders.insert_many(documents).await.unwrap();
    });
}

/// `find` in the orders with these arguments.
pub(super) fn find(rig: &Rig, arguments: &[&str]) -> Output {
    rig.home.run(finding(arguments))
}

/// The same where all is well.
#[track_caller]
pub(super) fn found(rig: &Rig, arguments: &[&str]) -> Output {
    let output = find(rig, arguments);
    assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
    output
}

/// The arguments of a `find` in the orders.
pub(super) fn finding<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["find", "S-one", "orders"], arguments].concat()
}

/// What of the program runs or waits on a server, in the databases of a fleet.
pub(super) fn at_work(server: &str, main: &str) -> Vec<Document> {
    let pipeline = [
        doc! {"$currentOp": {"allUsers": true, "idleCursors": true}},
        doc! {"$match": {"ns": {"$regex": format!("^{main}[._]")}}},
        doc! {"$match": {"$or": [
            {"appName": "tilldeck", "active": true},
            {"cursor.originatingCommand.comment": {"$regex": "^tilldeck"}},
            {"type": "idleCursor"},
        ]}},
    ];
    on_server(server, async |client| {
        let found = client.database("admin").aggregate(pipeline).await.unwrap();
        found.try_collect().await.unwrap()
    })
}

/// Ends what [`at_work`] finds: a command that is held up holds up the end of the hold, too.
pub(super) fn let_go(server: &str, main: &str) {
    for one in at_work(server, main) {
        let kill = doc! {"killOp": 1, "op": one.get("opid").unwrap()};
        on_server(server, async |client| client.database("admin").run_command(kill).await.unwrap());
    }
}

/// The files in a folder that are not those which the program keeps.
pub(super) fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| !["config", "state", "cache"].contains(&name.as_str())).collect();
    names.sort();
    names
}
