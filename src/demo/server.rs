//! A private server on a free loopback port that cannot outlive this process.

use std::{net::SocketAddr, path::PathBuf};

use rustix::process::Signal;

pub use super::find::find_or_fetch;
use super::{
    directory::Directory,
    node::{Arguments, Node, data_of},
    replica::{self, Access},
};
use crate::domain::failure::{Failure, FailureKind};

const SET_NAME: &str = "rs0";

/// What kind of server is started.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// The binary; `None` finds or fetches one.
    pub binary: Option<PathBuf>,
    /// How many members there are, and whether they are a replica set.
    pub shape: Shape,
    /// A user with every right; with one, the server asks everybody for a login.
    pub login: Option<Login>,
    /// With these, the server takes TLS connections only.
    pub tls: Option<TlsFiles>,
    /// The port of the first member; `None` takes a free one.
    pub port: Option<u16>,
    /// Server parameters, as `name=value`, for `--setParameter`.
    pub parameters: Vec<String>,
    /// A folder that stays, and that is used again when it was kept before.
    pub keep: Option<PathBuf>,
}

/// How many members a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One process that is no replica set: no change streams, no transactions.
    Standalone,
    /// A replica set of this many members, with quick elections.
    ReplicaSet {
        /// At least 1.
        members: u32,
    },
}

impl Default for Shape {
    fn default() -> Self {
        Self::ReplicaSet { members: 1 }
    }
}

/// A user that is made at the start, in `admin`, with the role `root`.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Certificates in PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate and its private key.
    pub certificate_key: PathBuf,
    /// The authority that clients check it against.
    pub authority: PathBuf,
}

/// A running server: killed, and its folder removed, when dropped. The kernel kills it when
/// this process ends in any other way.
#[derive(Debug)]
pub struct Server {
    nodes: Vec<Node>,
    shape: Shape,
    access: Access,
    keeps: bool,
    /// Dropped last: the folder goes when nobody writes to it any more.
    _directory: Directory,
}

impl Server {
    /// Starts a server and waits until it takes writes. Blocks for about half a second.
    ///
    /// # Errors
    ///
    /// Why there is no server, with the one next step.
    pub fn start(options: ServerOptions) -> Result<Self, Failure> {
        let binary = match &options.binary {
            Some(binary) => binary.clone(),
            None => find_or_fetch()?,
        };
        let n_members = options.shape.members();
        let directory = match &options.keep {
            Some(folder) => Directory::kept(folder)?,
            None => Directory::temporary(n_members)?,
        };
        let extra = extra_arguments(&options, &directory)?;
        let nodes = (0..n_members).map(|member| {
            let port = if member == 0 { options.port.unwrap_or(0) } else { 0 };
            let data = data_of(directory.path(), member);
            Node::start(Arguments { binary: binary.clone(), data, port, extra: extra.clone() })
        });
        let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        let access = Access { login: options.login, tls: options.tls };
        let keeps = options.keep.is_some();
        let server = Self { nodes, shape: options.shape, access, keeps, _directory: directory };
        replica::prepare(&server.addresses(), server.set_name(), &server.access)?;
        Ok(server)
    }

    /// The URI of the server, without a database. Holds the password when there is a login.
    pub fn uri(&self) -> String {
        self.uri_of("")
    }

    /// The URI with this database in its path.
    pub fn uri_of(&self, database: &str) -> String {
        let hosts: Vec<_> = self.addresses().iter().map(ToString::to_string).collect();
        let login = self.access.login.as_ref().map_or_else(String::new, |login| {
            format!("{}:{}@", percent(&login.user), percent(&login.password))
        });
        let mut options = Vec::new();
        options.extend(self.set_name().map(|set| format!("replicaSet={set}")));
        options.extend(self.access.login.is_some().then(|| "authSource=admin".to_owned()));
        if let Some(tls) = &self.access.tls {
            options
                .push(format!("tls=true&tlsCAFile={}", percent(&tls.authority.to_string_lossy())));
        }
        let query =
            if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
        format!("mongodb://{login}{}/{database}{query}", hosts.join(","))
    }

    /// The addresses of the members.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The port of the first member.
    pub fn port(&self) -> u16 {
        self.nodes.first().map_or(0, Node::port)
    }

    /// The process of the first member.
    pub fn pid(&self) -> u32 {
        self.pid_of(0)
    }

    /// The process of a member; 0 where there is no such member.
    pub fn pid_of(&self, member: usize) -> u32 {
        self.nodes.get(member).map_or(0, Node::pid)
    }

    /// Kills every member at once, as a power cut would. The data stay for [`Self::restart`].
    pub fn kill9(&mut self) {
        self.nodes.iter_mut().for_each(Node::kill);
    }

    /// Kills one member.
    pub fn kill9_member(&mut self, member: usize) {
        self.nodes.get_mut(member).into_iter().for_each(Node::kill);
    }

    /// Starts every member again, on the same data and ports.
    ///
    /// # Errors
    ///
    /// A member does not start, or none takes writes.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.nodes.iter_mut().try_for_each(Node::restart)?;
        replica::prepare(&self.addresses(), self.set_name(), &self.access)
    }

    /// Starts one member again.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn restart_member(&mut self, member: usize) -> Result<(), Failure> {
        self.nodes.get_mut(member).into_iter().try_for_each(Node::restart)
    }

    /// Freezes every member: connections stay open, and nothing answers.
    pub fn stop(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.signal(Signal::STOP));
    }

    /// Lets frozen members go on.
    pub fn cont(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.signal(Signal::CONT));
    }

    fn set_name(&self) -> Option<&'static str> {
        (self.shape != Shape::Standalone).then_some(SET_NAME)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.keeps {
            self.nodes.iter_mut().for_each(Node::close);
        }
    }
}

impl Shape {
    fn members(self) -> u32 {
        match self {
            Self::Standalone => 1,
            Self::ReplicaSet { members } => members.max(1),
        }
    }
}

fn extra_arguments(options: &ServerOptions, directory: &Directory) -> Result<Vec<String>, Failure> {
    let mut arguments = Vec::new();
    if options.shape != Shape::Standalone {
        arguments.extend(["--replSet".into(), SET_NAME.into(), "--oplogSize".into(), "16".into()]);
    }
    if options.login.is_some() {
        arguments.extend(["--auth".into(), "--keyFile".into(), key_file(directory)?]);
    }
    if let Some(tls) = &options.tls {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        arguments.extend(["--tlsMode".into(), "requireTLS".into()]);
        arguments.extend(["--tlsCertificateKeyFile".into(), text(&tls.certificate_key)]);
        arguments.extend(["--tlsCAFile".into(), text(&tls.authority)]);
        arguments.push("--tlsAllowConnectionsWithoutCertificates".into());
    }
    for parameter in &options.parameters {
        arguments.extend(["--setParameter".into(), parameter.clone()]);
    }
    Ok(arguments)
}

/// The secret that the members of one set share among themselves.
fn key_file(directory: &Directory) -> Result<String, Failure> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let path = directory.path().join("key");
    let secret: String = std::iter::repeat_with(fastrand::alphanumeric).take(64).collect();
    let written = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(secret.as_bytes()));
    written.map_err(|error| {
        let message = format!("`{}` cannot be written: {}", path.display(), error.kind());
        Failure::new(FailureKind::Io, &message, "Check that you may write there")
    })?;
    Ok(path.to_string_lossy().into_owned())
}

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
