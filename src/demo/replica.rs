//! From a process that listens to a server that takes writes: the replica set and its user.

use std::{net::SocketAddr, thread, time::Duration};

use bson::{Bson, Document, doc};
use mongodb::{
    Client,
    error::{Error, ErrorKind, Result as DriverResult},
    options::{ClientOptions, Credential, ServerAddress, Tls, TlsOptions},
};
use tokio::time::{Instant, sleep, timeout_at};

use super::server::{Login, TlsFiles};
use crate::domain::failure::{Failure, FailureKind};

/// A loaded machine takes most of this.
const LIMIT: Duration = Duration::from_secs(60);
const ALREADY_INITIALISED: i32 = 23;
const UNAUTHORIZED: i32 = 13;
const USER_EXISTS: i32 = 51003;
/// The set is being loaded, or changed.
const NOT_YET_INITIALIZED: i32 = 94;
const CONFIGURATION_IN_PROGRESS: i32 = 109;
/// The member is about to become the primary, or another one is.
const STEPPING: [i32; 5] = [189, 10107, 11602, 13435, 13436];
const POLL: Duration = Duration::from_millis(10);

/// How the server is reached.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) login: Option<Login>,
    pub(super) tls: Option<TlsFiles>,
}

/// Makes the replica set and the user where they are missing, and waits until writes are
/// taken and every member follows.
///
/// Runs in a thread and a runtime of its own, so that it can be called from anywhere.
pub(super) fn prepare(
    addresses: &[SocketAddr],
    set: Option<&str>,
    access: &Access,
) -> Result<(), Failure> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| gave_up("no runtime"))?;
        runtime.block_on(prepare_in_time(addresses, set, access))
    };
    thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|_| Err(gave_up("a panic")))
}

/// A server that has just started may turn a client away: it closes every connection when it
/// finds that a kept set does not name its new port, and some commands wait for the set to be
/// loaded. Each step finds what an earlier attempt has done.
async fn prepare_in_time(
    addresses: &[SocketAddr],
    set: Option<&str>,
    access: &Access,
) -> Result<(), Failure> {
    let deadline = Instant::now() + LIMIT;
    loop {
        match timeout_at(deadline, attempt(addresses, set, access)).await {
            Ok(Err(error)) if passes(&error) && Instant::now() < deadline => sleep(POLL).await,
            Ok(done) => return done.map_err(|error| gave_up(&reason(&error))),
            Err(_) => return Err(gave_up(&format!("no primary within {} s", LIMIT.as_secs()))),
        }
    }
}

async fn attempt(addresses: &[SocketAddr], set: Option<&str>, access: &Access) -> DriverResult<()> {
    let Some(first) = addresses.first() else { return Ok(()) };
    if let Some(set) = set {
        make_set(*first, set, addresses, access).await?;
        await_members(*first, addresses, access).await?;
    }
    if let Some(login) = &access.login {
        make_user(addresses, login, access).await?;
    }
    Ok(())
}

fn client(address: SocketAddr, access: &Access) -> DriverResult<Client> {
    Client::with_options(options(address, access))
}

fn logged_in(address: SocketAddr, login: &Login, access: &Access) -> DriverResult<Client> {
    let credential = Credential::builder()
        .username(login.user.clone())
        .password(login.password.clone())
        .source("admin".to_owned())
        .build();
    let mut options = options(address, access);
    options.credential = Some(credential);
    Client::with_options(options)
}

fn options(address: SocketAddr, access: &Access) -> ClientOptions {
    let host = ServerAddress::Tcp { host: address.ip().to_string(), port: Some(address.port()) };
    let mut options = ClientOptions::builder()
        .hosts(vec![host])
        .direct_connection(true)
        .app_name("tilldeck demo".to_owned())
        .server_selection_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(10))
        .build();
    if access.tls.is_some() {
        // Tests bring certificates that are wrong on purpose; this client only prepares.
        let tls = TlsOptions::builder().allow_invalid_certificates(true).build();
        options.tls = Some(Tls::Enabled(tls));
    }
    options
}

async fn make_set(
    first: SocketAddr,
    set: &str,
    addresses: &[SocketAddr],
    access: &Access,
) -> DriverResult<()> {
    let client = client(first, access)?;
    let admin = client.database("admin");
    let config = set_config(set, addresses);
    let Err(error) = admin.run_command(doc! { "replSetInitiate": config.clone() }).await else {
        return Ok(());
    };
    match (code_of(&error), &access.login) {
        (Some(ALREADY_INITIALISED), None) => adopt_addresses(&client, config).await,
        // An earlier attempt came this far: the server trusts its own host until it has a user.
        (Some(ALREADY_INITIALISED), Some(_)) => Ok(()),
        (Some(UNAUTHORIZED), Some(login)) => {
            adopt_addresses(&logged_in(first, login, access)?, config).await
        }
        _ => Err(error),
    }
}

/// A kept set remembers the ports of its last life: it is told the new ones.
async fn adopt_addresses(client: &Client, config: Document) -> DriverResult<()> {
    let admin = client.database("admin");
    let known = admin.run_command(doc! { "replSetGetConfig": 1 }).await?;
    let known = known.get_document("config").cloned().unwrap_or_default();
    if hosts_of(&known) == hosts_of(&config) {
        return Ok(());
    }
    let version = known.get_i32("version").unwrap_or(1) + 1;
    let mut config = config;
    config.insert("version", version);
    config.insert("term", known.get("term").cloned().unwrap_or(Bson::Int32(1)));
    config.insert("protocolVersion", 1_i64);
    let command = doc! { "replSetReconfig": config, "force": true };
    admin.run_command(command).await.map(|_| ())
}

fn hosts_of(config: &Document) -> Vec<String> {
    let members = config.get_array("members").map(Vec::as_slice).unwrap_or_default();
    let host = |member: &Bson| Some(member.as_document()?.get_str("host").ok()?.to_owned());
    members.iter().filter_map(host).collect()
}

fn set_config(set: &str, addresses: &[SocketAddr]) -> Document {
    let member = |(id, address): (i32, &SocketAddr)| {
        let priority = if id == 0 { 2 } else { 1 };
        doc! { "_id": id, "host": address.to_string(), "priority": priority }
    };
    let members: Vec<_> = (0..).zip(addresses).map(member).collect();
    let settings = doc! {
        "electionTimeoutMillis": 1_000,
        "heartbeatIntervalMillis": 200,
        "heartbeatTimeoutSecs": 2,
        "catchUpTimeoutMillis": 1_000,
    };
    doc! { "_id": set, "members": members, "settings": settings }
}

/// Waits for a primary that takes writes, and for every other member to follow it.
///
/// Has no limit of its own.
async fn await_members(
    first: SocketAddr,
    addresses: &[SocketAddr],
    access: &Access,
) -> DriverResult<()> {
    let admin = client(first, access)?.database("admin");
    loop {
        let hello = admin.run_command(doc! { "hello": 1 }).await?;
        let has_primary = hello.get_bool("isWritablePrimary").unwrap_or(false)
            || (addresses.len() > 1 && hello.get_str("primary").is_ok());
        if has_primary && (addresses.len() == 1 || all_follow(addresses, access).await) {
            return Ok(());
        }
        sleep(POLL).await;
    }
}

async fn all_follow(addresses: &[SocketAddr], access: &Access) -> bool {
    for address in addresses {
        let Ok(client) = client(*address, access) else { return false };
        let hello = client.database("admin").run_command(doc! { "hello": 1 }).await;
        let follows = hello.is_ok_and(|hello| {
            hello.get_bool("isWritablePrimary").unwrap_or(false)
                || hello.get_bool("secondary").unwrap_or(false)
        });
        if !follows {
            return false;
        }
    }
    true
}

/// Makes the user while the server still trusts whoever comes from its own host. Only the
/// primary takes it, and it may be any member.
async fn make_user(addresses: &[SocketAddr], login: &Login, access: &Access) -> DriverResult<()> {
    let mut last = Ok(());
    for address in addresses {
        if logged_in(*address, login, access)?
            .database("admin")
            .run_command(doc! { "ping": 1 })
            .await
            .is_ok()
        {
            return Ok(());
        }
        let admin = client(*address, access)?.database("admin");
        let command = doc! { "createUser": &login.user, "pwd": &login.password, "roles": ["root"] };
        last = match admin.run_command(command).await {
            Err(error) if code_of(&error) != Some(USER_EXISTS) => Err(error),
            _ => return Ok(()),
        };
    }
    last
}

/// Whether the same may succeed a moment later.
fn passes(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => true,
        _ => code_of(error).is_some_and(|code| {
            [NOT_YET_INITIALIZED, CONFIGURATION_IN_PROGRESS].contains(&code)
                || STEPPING.contains(&code)
        }),
    }
}

fn code_of(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

/// The error without the driver's own words.
fn reason(error: &Error) -> String {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => format!("code {} `{}`", command.code, command.code_name),
        _ => "the connection to it failed".into(),
    }
}

fn gave_up(reason: &str) -> Failure {
    let message = format!("the private server started, but does not take writes: {reason}");
    Failure::new(FailureKind::Server, &message, "Try again, or set `MONGOD` to another server")
}
