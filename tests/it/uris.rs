//! Connection strings against a real server that asks for logins.
//!
//! The user of the application lives in the main database, so that a derivation which
//! swaps the path of the URI would fail here, or log in as somebody else.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};
use tempfile::TempDir;
use tilldeck::{
    config::{Config, ShardOverride},
    domain::{
        database::DatabaseId,
        failure::FailureKind,
        uri::{Secrets, Show},
    },
    mongo::{
        error::{Context, classify},
        targets::{Target, Targets},
    },
};

use crate::support::{Home, PATIENCE, mongod};

mod certificates;

/// Every character that means something in a URI.
const PASSWORD: &str = "p@ss:w/rd%?#[]";
const ENCODED: &str = "p%40ss%3Aw%2Frd%25%3F%23%5B%5D";

/// A server on IPv4, IPv6 and a socket file.
struct Server {
    port: u16,
    dir: TempDir,
    child: Child,
}

impl Server {
    /// A server with `--auth`; `root` is in `admin`, and `pos` in `main_db` with every
    /// shard open to it.
    async fn start() -> Self {
        let server = Self::spawn(&["--auth"]).await;
        let root = doc! { "createUser": "root", "pwd": PASSWORD, "roles": ["root"] };
        server.run("", "admin", root).await;
        let any = doc! { "role": "readWriteAnyDatabase", "db": "admin" };
        server.make_user("main_db", &[any]).await;
        server
    }

    async fn spawn(args: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let child = Command::new(mongod())
            .args(["--port", &port.to_string(), "--ipv6", "--bind_ip", "127.0.0.1,::1"])
            .args(["--wiredTigerCacheSizeGB", "0.25"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .args(args)
            .arg("--unixSocketPrefix")
            .arg(dir.path())
            .arg("--dbpath")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { port, dir, child };
        server.wait_until_it_listens().await;
        server
    }

    async fn wait_until_it_listens(&self) {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(start.elapsed() < PATIENCE, "mongod does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn run(&self, login: &str, database: &str, command: Document) {
        let uri = format!("mongodb://{login}127.0.0.1:{}/?directConnection=true", self.port);
        let client = Client::with_uri_str(uri).await.unwrap();
        client.database(database).run_command(command).await.unwrap();
    }

    async fn make_user(&self, database: &str, roles: &[Document]) {
        let make = doc! { "createUser": "pos", "pwd": PASSWORD, "roles": roles };
        self.run(&format!("root:{ENCODED}@"), database, make).await;
    }

    fn uri(&self, user: &str, rest: &str) -> String {
        format!("mongodb://{user}:{ENCODED}@127.0.0.1:{}/{rest}", self.port)
    }

    fn socket(&self) -> String {
        let socket = self.dir.path().join(format!("mongodb-{}.sock", self.port));
        socket.to_str().unwrap().replace('/', "%2F")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(uri: &str) -> Config {
    let mut config = Config { uri: Some(uri.into()), ..Config::default() };
    config.timing.probe_timeout = PATIENCE;
    config
}

/// Who the target's options log in as, by the word of the server: `user@database`.
async fn who_is(options: ClientOptions, name: &str) -> mongodb::error::Result<String> {
    let client = Client::with_options(options)?;
    let database = client.database(name);
    // Reading proves the grant, and that the login happened at all.
    database.list_collection_names().await?;
    let status = database.run_command(doc! { "connectionStatus": 1 }).await?;
    let users = status.get_document("authInfo").unwrap().get_array("authenticatedUsers").unwrap();
    let user = users[0].as_document().unwrap();
    let text = format!("{}@{}", user.get_str("user").unwrap(), user.get_str("db").unwrap());
    client.shutdown().await;
    Ok(text)
}

async fn who_logs_in(target: &Target) -> String {
    let options = target.resolve().await.unwrap();
    assert_eq!(options.app_name.as_deref(), Some("tilldeck"));
    who_is(options, &target.name).await.unwrap()
}

#[tokio::test]
async fn the_user_of_the_main_database_reaches_every_shard() {
    let server = Server::start().await;
    // A user of the same name and password in a shard, who may do nothing: not ours.
    server.make_user("pos_db_3", &[]).await;
    let socket = format!("mongodb://pos:{ENCODED}@{}/main_db", server.socket());
    let ipv6 = format!("mongodb://pos:{ENCODED}@[::1]:{}/main_db", server.port);
    let field = "main_db?useNewUrlParser=true&useUnifiedTopology=true&socketTimeoutMS=9&timeoutMS=9&j=true&compressors=zstd,snappy&maxPoolSize=0&w=0&";
    for (uri, expected) in [
        (server.uri("pos", "main_db"), "pos@main_db"),
        (server.uri("pos", "?authSource=main_db"), "pos@main_db"),
        (server.uri("pos", "main_db?AUTHSOURCE=main_db"), "pos@main_db"),
        (server.uri("pos", field), "pos@main_db"),
        (server.uri("root", ""), "root@admin"),
        (server.uri("root", "main_db?authSource=admin"), "root@admin"),
        (socket, "pos@main_db"),
        (ipv6, "pos@main_db"),
    ] {
        let targets = Targets::parse(&config(&uri)).unwrap();
        assert_eq!(targets.databases.len(), 6);
        for target in &targets.databases {
            assert_eq!(who_logs_in(target).await, expected, "{} {uri}", target.name);
        }
    }
}

#[tokio::test]
async fn the_printed_uri_logs_in_by_itself() {
    let server = Server::start().await;
    server.make_user("pos_db_3", &[]).await;
    for (uri, expected) in [
        (server.uri("pos", "main_db?retryWrites=true"), "pos@main_db"),
        (server.uri("root", ""), "root@admin"),
    ] {
        let targets = Targets::parse(&config(&uri)).unwrap();
        for description in targets.describe(Show::Secrets).await {
            let options = ClientOptions::parse(&description.uri).await.unwrap();
            assert_eq!(options.default_database.as_ref(), Some(&description.name));
            assert_eq!(who_is(options, &description.name).await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_shard_logs_in_as_its_own_uri_says() {
    let server = Server::start().await;
    server.make_user("pos_db_3", &[doc! { "role": "read", "db": "pos_db_3" }]).await;
    let mut config = config(&server.uri("pos", "main_db"));
    let own =
        ShardOverride { uri: Some(server.uri("pos", "pos_db_3").into()), ..Default::default() };
    config.shards.insert(DatabaseId::new(3).unwrap(), own);
    let targets = Targets::parse(&config).unwrap();
    assert_eq!(who_logs_in(&targets.databases[2]).await, "pos@main_db");
    assert_eq!(who_logs_in(&targets.databases[3]).await, "pos@pos_db_3");
    assert_ne!(targets.databases[2].route, targets.databases[3].route);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_words_without_a_secret() {
    let server = Server::start().await;
    server.make_user("pos_db_3", &[]).await;
    let read = doc! { "role": "read", "db": "pos_db_1" };
    let grants = doc! { "createUser": "one", "pwd": PASSWORD, "roles": [read] };
    server.run(&format!("root:{ENCODED}@"), "main_db", grants).await;
    let wrong = server.uri("pos", "main_db").replace(ENCODED, "HUSHHUSH");
    let nobody = format!("mongodb://127.0.0.1:{}/main_db", server.port);
    for (uri, at, kind, words) in [
        (wrong, 1, FailureKind::Login, "login of `pos`"),
        (server.uri("nobody", "main_db"), 1, FailureKind::Login, "login of `nobody`"),
        // What the swapped path would be: the user of the same name.
        (
            server.uri("pos", "pos_db_3"),
            3,
            FailureKind::NotAuthorised,
            "`listCollections` on `pos_db_3`",
        ),
        (
            server.uri("one", "main_db"),
            2,
            FailureKind::NotAuthorised,
            "`listCollections` on `pos_db_2`",
        ),
        (nobody, 1, FailureKind::Login, "wants a login"),
    ] {
        let target = &Targets::parse(&config(&uri)).unwrap().databases[at];
        let error = who_is(target.resolve().await.unwrap(), &target.name).await.unwrap_err();
        let hosts = target.hosts();
        let context = Context {
            database: &target.name,
            hosts: &hosts,
            user: target.user(),
            limit: PATIENCE,
            doing: "list its collections",
            answered_before: false,
        };
        let failure = classify(&error, &context);
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.as_str().contains(words), "{failure}");
        let told = format!("{failure} {}", failure.hint);
        assert!(!Secrets::of([uri.as_str()]).are_in(&told), "{told}");
    }
}

#[test]
fn the_command_prints_every_uri_and_hides_the_password() {
    let uri = format!("mongodb://pos:{ENCODED}@127.0.0.1:1/main_db?j=true");
    let home = Home::new();
    let output = home.run_on(&uri, ["uris", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let databases = json["databases"].as_array().unwrap();
    assert_eq!(databases.len(), 6);
    assert_eq!(databases[0]["role"], "main");
    assert_eq!(databases[3]["name"], "pos_db_3");
    assert_eq!(databases[3]["auth_source"], "main_db");
    assert_eq!(databases[3]["overridden"], false);
    assert_eq!(databases[3]["ignored_options"], serde_json::json!(["j"]));
    let printed = "mongodb://pos:***@127.0.0.1:1/pos_db_3?j=true&authSource=main_db";
    assert_eq!(databases[3]["uri"], printed);
    let text = home.run_on(&uri, ["uris"]);
    assert_eq!(text.code, 0);
    assert!(text.stdout.contains(printed), "{}", text.stdout);
    let secrets = Secrets::of([uri.as_str()]);
    for told in [&output.stdout, &output.stderr, &text.stdout, &text.stderr] {
        assert!(!secrets.are_in(told), "{told}");
    }
    let shown = home.run_on(&uri, ["uris", "--show-secrets", "--json"]);
    assert!(shown.stdout.contains(ENCODED), "{}", shown.stdout);
}

#[test]
fn the_command_names_the_fault_of_a_malformed_uri_and_quotes_nothing() {
    let home = Home::new();
    for uri in ["mongodb://user:HUSHpw?x@host/db", "HUSHpw://x", "mongodb://u:HU@SH@host/HUSH"] {
        for arguments in [&["uris", "--json"] as &[&str], &["uris"]] {
            let output = home.run_on(uri, arguments);
            assert_ne!(output.code, 0);
            let told = output.stdout + &output.stderr;
            assert!(told.contains("malformed"), "{told}");
            assert!(!told.contains("HU"), "{told}");
        }
    }
}

/// Everything that the command left in its home: logs, caches.
fn files_below(folder: &std::path::Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(files_below(&path));
        } else {
            texts.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
        }
    }
    texts
}

#[tokio::test]
async fn no_spelling_of_the_password_is_left_behind_anywhere() {
    let server = Server::start().await;
    let home = Home::new();
    let right = server.uri("pos", "main_db");
    let wrong = server.uri("nobody", "main_db");
    let gone = format!("mongodb://pos:{ENCODED}@127.0.0.1:1/main_db");
    let secrets = Secrets::of([right.as_str()]);
    for uri in [&right, &wrong, &gone, &right.replace("%40", "@")] {
        for arguments in [&["status", "--json"] as &[&str], &["status"], &["stores"]] {
            let mut command = home.command(arguments);
            let output = command.env("MONGODB_URI", uri).env("TILLDECK_LOG", "trace").output();
            let output = output.unwrap();
            for told in [output.stdout, output.stderr] {
                let told = String::from_utf8(told).unwrap();
                assert!(!secrets.are_in(&told), "{told}");
            }
        }
    }
    let left = files_below(home.path());
    assert!(left.iter().any(|text| text.contains("a target is derived")), "no log");
    for text in left {
        assert!(!secrets.are_in(&text), "{text}");
    }
}
