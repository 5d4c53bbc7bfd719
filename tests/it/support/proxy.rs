//! A TCP proxy between the program and a server, to make the network fail in every way.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::net::sockopt::set_socket_linger;

/// What the proxy does with connections, old and new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything passes.
    Pass,
    /// Everything passes, later.
    Delay(Duration),
    /// Connections are taken and stay open, and nothing passes.
    Blackhole,
    /// What the program says passes, and what the server answers does not.
    HalfOpen,
    /// New and old connections are reset.
    Reset,
    /// Old connections are closed, and nothing listens any more.
    Refuse,
}

/// A running proxy on a port of its own; ends when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    mode: Mutex<Mode>,
    links: Mutex<Vec<TcpStream>>,
    has_ended: AtomicBool,
}

impl Proxy {
    /// Starts a proxy before this server.
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target,
            mode: Mutex::new(Mode::Pass),
            links: Mutex::default(),
            has_ended: AtomicBool::new(false),
        });
        let serving = shared.clone();
        thread::spawn(move || serving.serve(listener));
        Self { address, shared }
    }

    /// The URI of this database by way of the proxy. Direct: the members of a replica set
    /// would name their own addresses, and the proxy would be passed by.
    pub(crate) fn uri_of(&self, database: &str) -> String {
        format!("mongodb://{}/{database}?directConnection=true", self.address)
    }

    /// Changes what happens to connections, and waits until it holds.
    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
        if matches!(mode, Mode::Reset | Mode::Refuse) {
            for link in self.shared.links.lock().unwrap().drain(..) {
                reset(&link);
            }
        }
        if mode == Mode::Refuse {
            super::eventually("the proxy refuses", || TcpStream::connect(self.address).err());
        } else {
            super::eventually("the proxy listens", || TcpStream::connect(self.address).ok());
        }
    }

    /// Lets everything pass again. Links that were held up stay broken, as in real life a
    /// program must find that out by itself.
    pub(crate) fn heal(&self) {
        self.set(Mode::Pass);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::Relaxed);
        for link in self.shared.links.lock().unwrap().drain(..) {
            let _ = link.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    /// Takes connections until the end; the listener is closed while the mode is to refuse.
    fn serve(self: Arc<Self>, listener: TcpListener) {
        let address = listener.local_addr().unwrap();
        let mut listener = Some(listener);
        while !self.has_ended.load(Ordering::Relaxed) {
            if self.mode() == Mode::Refuse {
                listener = None;
            } else if listener.is_none() {
                listener = TcpListener::bind(address).ok();
            }
            match listener.as_ref().map(|listener| {
                listener.set_nonblocking(true).unwrap();
                listener.accept()
            }) {
                Some(Ok((client, _))) => self.clone().link(client),
                Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => return,
                _ => thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn link(self: Arc<Self>, client: TcpStream) {
        client.set_nonblocking(false).unwrap();
        if self.mode() == Mode::Reset {
            return reset(&client);
        }
        let Ok(server) = TcpStream::connect(self.target) else { return reset(&client) };
        let mut links = self.links.lock().unwrap();
        links.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        drop(links);
        let (back_from, back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let this = self.clone();
        thread::spawn(move || this.pump(back_from, back_to, Direction::ToProgram));
        thread::spawn(move || self.pump(client, server, Direction::ToServer));
    }

    /// Carries bytes one way. Bytes that the mode swallows are lost, and the link with them.
    fn pump(&self, mut from: TcpStream, mut to: TcpStream, direction: Direction) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n_read) = from.read(&mut buffer) {
            if n_read == 0 {
                break;
            }
            let is_swallowed = match self.mode() {
                Mode::Blackhole => true,
                Mode::HalfOpen => direction == Direction::ToProgram,
                Mode::Delay(delay) => {
                    thread::sleep(delay);
                    false
                }
                Mode::Pass | Mode::Reset | Mode::Refuse => false,
            };
            if is_swallowed {
                // For good: a stream with a hole in it would be another fault.
                while from.read(&mut buffer).is_ok_and(|n_read| n_read > 0) {}
                break;
            }
            if to.write_all(&buffer[..n_read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToProgram,
}

/// Closes a connection the hard way: the other side gets "connection reset by peer".
fn reset(link: &TcpStream) {
    let _ = set_socket_linger(link, Some(Duration::ZERO));
    let _ = link.shutdown(Shutdown::Both);
}
