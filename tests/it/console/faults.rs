//! Faults that happen under an open console: the screen names the cause, takes every key
//! meanwhile, and is well again by itself.

use mongodb::bson::{Document, doc};
use tilldeck::demo::server::{Login, Server, ServerOptions, Shape};

use super::terminal::{Terminal, command};
use crate::support::{Authority, Home, Mode, Proxy, on_server, start};

/// Soon enough for a test; the words and the order of things are those of the defaults.
const FAST: &str = "[timing]\nprobe_interval = \"500ms\"\nprobe_timeout = \"2s\"\n\
                    slow_after = \"20s\"\nlogin_interval = \"700ms\"\nretry_at_most = \"1s\"\n";

/// Wide enough for a whole cause on the event line.
const WIDE: (u16, u16) = (200, 60);

fn open(home: &Home, uri: &str) -> Terminal {
    home.configure(FAST);
    Terminal::start(&mut command(home, uri), WIDE)
}

/// Every key is taken: what is typed stands on the screen, and `Esc` takes it away.
fn takes_keys(terminal: &mut Terminal, word: &str) {
    // No cause has this in its words.
    let word = format!("typed-while-{word}");
    terminal.press(format!("/{word}"));
    terminal.wait_for(&word);
    terminal.press("\x1b");
    terminal.wait_until_gone(&word);
}

fn guarded() -> Server {
    let login = Login { user: "root".to_owned(), password: "root".to_owned() };
    let shape = Shape::Standalone;
    start(ServerOptions { shape, login: Some(login), ..ServerOptions::default() })
}

fn as_root(server: &Server, database: &str, command: Document) {
    on_server(&server.uri(), async |client| {
        client.database(database).run_command(command).await.unwrap();
    });
}

#[test]
fn logins_and_grants_that_change_are_named_and_heal() {
    let server = guarded();
    let everywhere = doc! {"role": "readWriteAnyDatabase", "db": "admin"};
    let user = |password: &str, roles: &[Document]| doc! {"createUser": "app", "pwd": password, "roles": roles};
    as_root(&server, "main_db", user("secret", std::slice::from_ref(&everywhere)));
    // A user of the same name and password in a shard, who may do nothing.
    as_root(&server, "pos_db_3", user("secret", &[]));
    let home = Home::new();
    let uri = format!("mongodb://app:secret@{}/main_db", server.addresses()[0]);
    let mut terminal = open(&home, &uri);
    terminal.wait_for("6/6 up");

    as_root(&server, "main_db", doc! {"revokeRolesFromUser": "app", "roles": [&everywhere]});
    terminal.wait_for("the grants of the login that they share");
    takes_keys(&mut terminal, "revoked");
    as_root(&server, "main_db", doc! {"grantRolesToUser": "app", "roles": [&everywhere]});
    terminal.wait_for("6/6 up");

    as_root(&server, "main_db", doc! {"updateUser": "app", "pwd": "rotated"});
    terminal.wait_for("the login that they share");
    takes_keys(&mut terminal, "rotated");
    as_root(&server, "main_db", doc! {"updateUser": "app", "pwd": "secret"});
    terminal.wait_for("6/6 up");
    terminal.quit();
    assert!(!terminal.wrote("secret"), "the password was on the screen");
}

#[test]
fn one_shard_without_a_grant_is_the_only_one_down() {
    let server = guarded();
    let roles: Vec<_> = ["main_db", "pos_db_1", "pos_db_2", "pos_db_4", "pos_db_5"]
        .map(|db| doc! {"role": "readWrite", "db": db})
        .into();
    as_root(&server, "main_db", doc! {"createUser": "app", "pwd": "secret", "roles": roles});
    let home = Home::new();
    let uri = format!("mongodb://app:secret@{}/main_db", server.addresses()[0]);
    let mut terminal = open(&home, &uri);
    terminal.wait_for("5/6 up");
    terminal.wait_for("`app` may not run `listCollections`");
    takes_keys(&mut terminal, "granted");
    let grant = doc! {"role": "readWrite", "db": "pos_db_3"};
    as_root(&server, "main_db", doc! {"grantRolesToUser": "app", "roles": [grant]});
    terminal.wait_for("6/6 up");
    terminal.quit();
}

#[test]
fn a_frozen_server_and_a_network_that_swallows_everything_are_named_and_heal() {
    let mut server = start(ServerOptions::default());
    let proxy = Proxy::before(server.addresses()[0]);
    let home = Home::new();
    let mut terminal = open(&home, &proxy.uri_of("main_db"));
    terminal.wait_for("6/6 up");

    server.stop();
    terminal.wait_for("all 6 down");
    terminal.wait_for("the host or the network that they share");
    takes_keys(&mut terminal, "frozen");
    server.cont();
    terminal.wait_for("6/6 up");

    proxy.set(Mode::Blackhole);
    terminal.wait_for("all 6 down");
    takes_keys(&mut terminal, "blackhole");
    proxy.heal();
    terminal.wait_for("6/6 up");
    terminal.quit();
}

#[test]
fn a_certificate_of_a_stranger_is_named() {
    let (signer, trusted) = (Authority::new(), Authority::new());
    let tls = Some(signer.certificate_for(&["127.0.0.1"]));
    let server = start(ServerOptions { shape: Shape::Standalone, tls, ..ServerOptions::default() });
    let home = Home::new();
    let authority = trusted.path();
    let query = format!("tls=true&tlsCAFile={}", authority.display());
    let mut terminal = open(&home, &format!("mongodb://{}/main_db?{query}", server.addresses()[0]));
    terminal.wait_for("all 6 down");
    terminal.wait_for("the TLS set-up that they share");
    takes_keys(&mut terminal, "stranger");
    terminal.quit();
}

#[test]
fn a_step_down_passes_by_and_the_keys_go_on() {
    let shape = Shape::ReplicaSet { members: 3 };
    let server = start(ServerOptions { shape, ..ServerOptions::default() });
    let home = Home::new();
    let mut terminal = open(&home, &server.uri_of("main_db"));
    terminal.wait_for("6/6 up");
    // The one who steps down may close the connection that asked for it.
    on_server(&server.uri(), async |client| {
        let step_down = doc! {"replSetStepDown": 20, "secondaryCatchUpPeriodSecs": 5};
        let _ = client.database("admin").run_command(step_down).await;
        let stores = client.database("main_db").collection::<Document>("stores");
        let record =
            doc! {"storeId": "after-1", "name": "After", "prefix": "after", "databaseId": 2};
        stores.insert_one(record).await.unwrap();
    });
    takes_keys(&mut terminal, "elected");
    // What the new primary was told is on the screen.
    terminal.wait_for("after-1");
    terminal.wait_for("6/6 up");
    terminal.quit();
}
