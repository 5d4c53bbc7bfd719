//! Nothing is written in read-only mode.

use mongodb::bson::doc;
use tilldeck::{
    domain::{database::Database, failure::FailureKind},
    mongo::{fleet::Handle, gate::Gate},
};

use crate::support::{client, shared};

#[tokio::test]
async fn the_gate_is_closed_in_read_only_mode() {
    let client = client(&shared().uri()).await;
    let db = client.database("gate");
    let hosts = "127.0.0.1".to_owned();
    let name = "gate".to_owned();
    let handle = Handle { database: Database::Main, db, name, hosts, user: None };
    let failure = Gate::new(true).writer(&handle).unwrap_err();
    assert_eq!(failure.kind, FailureKind::ReadOnly);
    assert!(failure.message.as_str().contains("`gate`"), "{failure}");
    let writer = Gate::new(false).writer(&handle).unwrap();
    writer.insert("through", doc! {"_id": 1}).await.unwrap();
    assert_eq!(writer.existing(&["through".to_owned()]).await.unwrap(), ["through"]);
}
