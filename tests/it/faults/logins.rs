//! Logins that are wrong, lack a role, or change while connections are open.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use tilldeck::{
    demo::server::{Login, Server, ServerOptions, Shape},
    domain::{database::Database, failure::FailureKind, pool::Pool},
};

use super::watch::{PATIENCE, fleet, is_down, is_up};
use crate::support::{client, start};

/// A server that asks everybody for a login.
struct Guarded(Server);

impl Guarded {
    fn start() -> Self {
        let login = Login { user: "root".to_owned(), password: "root".to_owned() };
        let shape = Shape::Standalone;
        Self(start(ServerOptions { shape, login: Some(login), ..ServerOptions::default() }))
    }

    async fn as_root(&self, database: &str, command: Document) -> Document {
        client(&self.0.uri()).await.database(database).run_command(command).await.unwrap()
    }

    /// The URI for the login `app:secret`, which is looked up where the path says.
    fn uri(&self) -> String {
        format!("mongodb://app:secret@{}/main_db", self.0.addresses()[0])
    }
}

fn everywhere() -> Document {
    doc! {"role": "readWriteAnyDatabase", "db": "admin"}
}

fn app(password: &str, roles: &[Document]) -> Document {
    doc! {"createUser": "app", "pwd": password, "roles": roles}
}

#[tokio::test]
async fn the_user_is_looked_up_in_the_main_database() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
}

#[tokio::test]
async fn a_user_of_the_same_name_in_a_shard_is_not_taken_for_ours() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    server.as_root("pos_db_3", app("secret", &[])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
}

#[tokio::test]
async fn a_wrong_password_is_named_and_mended_on_the_server() {
    let server = Guarded::start();
    server.as_root("main_db", app("other", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    let pools = watched.until_down(FailureKind::Login).await;
    assert!(pools.pools[0].failure.as_ref().unwrap().message.as_str().contains("`app`"));
    server.as_root("main_db", doc! {"updateUser": "app", "pwd": "secret"}).await;
    watched.until_up().await;
}

#[tokio::test]
async fn a_shard_without_a_role_is_the_only_one_down() {
    let server = Guarded::start();
    let roles: Vec<_> = ["main_db", "pos_db_1", "pos_db_2", "pos_db_4", "pos_db_5"]
        .map(|db| doc! {"role": "readWrite", "db": db})
        .into();
    server.as_root("main_db", app("secret", &roles)).await;
    let watched = fleet(&server.uri());
    let one_down = |pool: &Pool| {
        let is_third = pool.name.as_str() == "pos_db_3";
        if is_third { is_down(pool, FailureKind::NotAuthorised) } else { is_up(pool) }
    };
    let pools = watched.until("one down", |pools| pools.pools.iter().all(one_down)).await;
    assert!(pools.shared_cause().unwrap().contains("pos_db_3"));
    let grant = doc! {"role": "readWrite", "db": "pos_db_3"};
    server.as_root("main_db", doc! {"grantRolesToUser": "app", "roles": [grant]}).await;
    watched.until_up().await;
}

#[tokio::test]
async fn a_revoked_role_is_seen_although_a_ping_stays_green() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
    let revoke = doc! {"revokeRolesFromUser": "app", "roles": [everywhere()]};
    server.as_root("main_db", revoke).await;
    watched.until_down(FailureKind::NotAuthorised).await;
    let grant = doc! {"grantRolesToUser": "app", "roles": [everywhere()]};
    server.as_root("main_db", grant).await;
    watched.until_up().await;
}

#[tokio::test]
async fn a_rotated_password_is_seen_although_open_connections_still_work() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
    server.as_root("main_db", doc! {"updateUser": "app", "pwd": "rotated"}).await;
    let pools = watched.until_down(FailureKind::Login).await;
    let message = &pools.get(Database::Main).unwrap().failure.as_ref().unwrap().message;
    assert!(message.as_str().contains("connections that are open still work"), "{message}");
    server.as_root("main_db", doc! {"updateUser": "app", "pwd": "secret"}).await;
    watched.until_up().await;
}

#[tokio::test]
async fn a_dropped_user_is_a_refused_login_and_may_come_back() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
    server.as_root("main_db", doc! {"dropUser": "app"}).await;
    watched.until_down(FailureKind::Login).await;
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    watched.until_up().await;
}

#[tokio::test]
async fn each_login_check_opens_a_connection_of_its_own() {
    let server = Guarded::start();
    server.as_root("main_db", app("secret", &[everywhere()])).await;
    let watched = fleet(&server.uri());
    watched.until_up().await;
    // The pools log in once each and then keep their connection, and so does this client: only
    // the checks add to what the server counts.
    let root = client(&server.0.uri()).await.database("admin");
    let before = n_logins(&root).await;
    let start = Instant::now();
    while n_logins(&root).await < before + 4 {
        assert!(start.elapsed() < PATIENCE, "nobody logs in afresh");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The checks have a client of their own, so the pools did not grow.
    let pools = watched.fleet.pools().borrow().clone();
    assert!(pools.pools.iter().all(|pool| pool.connections.open == 1), "{pools:?}");
}

async fn n_logins(admin: &mongodb::Database) -> i64 {
    let status = admin.run_command(doc! {"serverStatus": 1}).await.unwrap();
    let path = ["security", "authentication", "mechanisms", "SCRAM-SHA-256", "authenticate"];
    let counts = path.iter().fold(&status, |inner, &name| inner.get_document(name).unwrap());
    counts.get_i64("successful").unwrap()
}
