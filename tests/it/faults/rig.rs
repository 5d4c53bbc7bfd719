//! Servers that can be broken in every way, and a network that can swallow everything.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// The longest that anything may take on a loaded machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A mongod on a port of its own, which it keeps when it is started again.
pub(super) struct Server {
    port: u16,
    dir: tempfile::TempDir,
    args: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// A port with nothing behind it yet.
    pub(super) fn reserve(args: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let args = args.iter().map(ToString::to_string).collect();
        Self { port, dir: tempfile::tempdir().unwrap(), args, child: None }
    }

    pub(super) async fn started(args: &[&str]) -> Self {
        let mut server = Self::reserve(args);
        server.start().await;
        server
    }

    /// A server with `--auth` and the user `root:root` in `admin`.
    pub(super) async fn with_logins() -> Self {
        let server = Self::started(&["--auth"]).await;
        let root = doc! {"createUser": "root", "pwd": "root", "roles": ["root"]};
        server.run("", "admin", root).await;
        server
    }

    pub(super) async fn start(&mut self) {
        let mongod =
            std::env::home_dir().unwrap().join(".cache/tilldeck/mongod-6.0.5-268063f487a8/mongod");
        let child = Command::new(mongod)
            .args(["--port", &self.port.to_string(), "--bind_ip", "127.0.0.1", "--nounixsocket"])
            .args(["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "16"])
            .args(["--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=2MB)"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .arg("--dbpath")
            .arg(self.dir.path())
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap());
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(start.elapsed() < PATIENCE, "mongod does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends `STOP` or `CONT`.
    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn uri(&self, login: &str, rest: &str) -> String {
        format!("mongodb://{login}{}/{rest}", self.address())
    }

    /// Runs a command as `login`, such as `root:root@`, or as nobody.
    pub(super) async fn run(&self, login: &str, db: &str, command: Document) -> Document {
        let uri = self.uri(login, "?authSource=admin&directConnection=true");
        let uri = if login.is_empty() { self.uri("", "?directConnection=true") } else { uri };
        let client = Client::with_uri_str(uri).await.unwrap();
        client.database(db).run_command(command).await.unwrap()
    }

    pub(super) async fn as_root(&self, db: &str, command: Document) -> Document {
        self.run("root:root@", db, command).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A TCP proxy in front of a server. While it is a blackhole it takes everything, and
/// nothing comes out on the other side; what was connected before stays connected.
pub(super) struct Proxy {
    port: u16,
    is_blackhole: Arc<AtomicBool>,
}

impl Proxy {
    pub(super) async fn before(server: &Server) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_blackhole = Arc::new(AtomicBool::new(false));
        let (swallow, address) = (is_blackhole.clone(), server.address());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&address).await else { continue };
                let ((from, to), (answers, back)) = (client.into_split(), server.into_split());
                tokio::spawn(pump(from, back, swallow.clone()));
                tokio::spawn(pump(answers, to, swallow.clone()));
            }
        });
        Self { port, is_blackhole }
    }

    pub(super) fn swallow(&self, everything: bool) {
        self.is_blackhole.store(everything, Ordering::Relaxed);
    }

    pub(super) fn uri(&self, rest: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{rest}", self.port)
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallow: Arc<AtomicBool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n_read @ 1..) = from.read(&mut buffer).await {
        if !swallow.load(Ordering::Relaxed) && to.write_all(&buffer[..n_read]).await.is_err() {
            return;
        }
    }
}
