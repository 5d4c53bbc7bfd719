//! The probe of a live database, and the client behind it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bson::{Document, doc};
use mongodb::{
    Client,
    error::{Error, Result as DriverResult},
    options::{ClientOptions, ServerMonitoringMode},
};
use tokio::{sync::watch, time::timeout};

use super::{
    call::{CallError, OneAtATime},
    condition::Answer,
    error::{Context, classify_with, deadline, exhausted},
    events::Signals,
    monitor::Probe,
    targets::Target,
};
use crate::domain::{
    database::Database,
    failure::{Failure, FailureKind},
    pool::{ServerInfo, Topology},
    text::{SafeText, safe},
};

/// One database to work with, and what its failures are told with.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Which database it is.
    pub database: Database,
    /// The driver's handle, with the read preference of the configuration.
    pub db: mongodb::Database,
    /// The database's name on the server.
    pub name: String,
    /// The addresses it is looked for at, as `host:port, …`.
    pub hosts: String,
    /// Whom the connections are logged in as.
    pub user: Option<String>,
}

impl Handle {
    /// What a failure of a call on this database is told with. `doing` completes "may not …".
    pub fn context<'a>(&'a self, limit: Duration, doing: &'a str) -> Context<'a> {
        Context {
            database: &self.name,
            hosts: &self.hosts,
            user: self.user.as_deref(),
            limit,
            doing,
            answered_before: true,
        }
    }
}

impl CallError {
    /// The failure that a person sees. `heartbeat` is why the driver's last look at the
    /// servers failed, where it did.
    pub(crate) fn failure(&self, heartbeat: Option<&Error>, context: &Context<'_>) -> Failure {
        match self {
            Self::Driver(error) => classify_with(error, heartbeat, context),
            Self::Deadline => deadline(heartbeat, context),
            Self::Panicked(text) => Failure::new(
                FailureKind::Internal,
                &format!("a call to `{}` panicked: {text}", context.database),
                "Report the panic that the log file shows",
            ),
        }
    }
}

/// Where the client of one database is, once its URI is resolved. Outlives the monitor that
/// made it, so that a monitor which is started again goes on with the same connections.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<Option<Handle>>);

impl Slot {
    /// The handle, once there is one.
    pub(crate) fn get(&self) -> Option<Handle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, handle: Option<Handle>) -> Option<Handle> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), handle)
    }
}

/// Deadlines after which a call that is still under way is given up together with its client.
///
/// By then the driver has asked the server by itself, and has broken off what waits for a
/// server that does not answer.
pub(crate) const HANGING: u32 = 4;

/// Shuts a client down that is not used any more. What it still does may fail.
pub(crate) async fn end(handle: Handle) {
    handle.db.client().clone().shutdown().immediate(true).await;
}

/// How long a pool lets the first one on its route log in before it does so itself.
///
/// A SCRAM login costs one long computation for each password, which the driver remembers:
/// when six pools log in at once it is done six times, else once.
const HEAD_START: Duration = Duration::from_millis(50);

/// Opened when the first pool on a route has logged in or failed to.
pub(crate) type HeadStart = watch::Sender<bool>;

/// Probes a live database: lists it by name, which needs a role there, and pings it.
#[derive(Debug)]
pub(crate) struct DriverProbe {
    target: Arc<Target>,
    slot: Arc<Slot>,
    signals: Arc<Signals>,
    limit: Duration,
    calls: OneAtATime<Answered>,
    version: Option<SafeText>,
    /// Whether any probe was ever answered.
    has_answered: bool,
    head_start: Arc<HeadStart>,
    is_first: bool,
}

/// What the calls of one probe brought.
#[derive(Debug)]
struct Answered {
    latency: Duration,
    version: Option<SafeText>,
}

/// What several probes of one route share, and which one leads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    /// Opened by the first probe.
    pub(crate) head_start: Arc<HeadStart>,
    /// Whether this is the first one.
    pub(crate) is_first: bool,
}

impl DriverProbe {
    /// A probe of the target, with `limit` as the deadline of each.
    pub(crate) fn new(
        target: Arc<Target>,
        slot: Arc<Slot>,
        signals: Arc<Signals>,
        limit: Duration,
        order: Order,
    ) -> Self {
        let Order { head_start, is_first } = order;
        Self {
            target,
            slot,
            signals,
            limit,
            calls: OneAtATime::new(),
            version: None,
            has_answered: false,
            head_start,
            is_first,
        }
    }

    async fn handle(&self) -> Result<Handle, Failure> {
        if let Some(handle) = self.slot.get() {
            return Ok(handle);
        }
        let mut options = resolve(&self.target).await?;
        self.signals.listen(&mut options);
        let handle = connect(&self.target, options, self.limit)?;
        self.slot.replace(Some(handle.clone()));
        Ok(handle)
    }

    /// Forgets what may be different when the database answers again.
    ///
    /// A connection that lost its privileges may have lost its user: then it stays useless
    /// even when the user comes back, and only a new one tells which of both it is. So a
    /// client that has worked is given up then; one that never worked is kept. A call that
    /// hangs on, although the driver would have noticed a server that is gone, hangs on a
    /// connection that is dead without knowing it; its client is given up as well.
    fn forget(&mut self, kind: FailureKind) {
        let has_worked = self.version.take().is_some();
        let lost_login = matches!(kind, FailureKind::NotAuthorised | FailureKind::Login);
        if has_worked && lost_login || self.calls.hangs_for(self.limit * HANGING) {
            self.calls.abort();
            if let Some(handle) = self.slot.replace(None) {
                tokio::spawn(end(handle));
            }
        }
    }

    /// Lets the first pool on the route log in first, but never for long.
    async fn take_turn(&self) {
        if !self.is_first && !*self.head_start.borrow() {
            let mut opened = self.head_start.subscribe();
            let _ = timeout(HEAD_START, opened.wait_for(|opened| *opened)).await;
        }
    }

    async fn ask(&mut self, handle: &Handle) -> Result<Answered, Failure> {
        let start = Instant::now();
        let Self { calls, signals, limit, version, has_answered, .. } = self;
        let (limit, wants_version, answered_before) = (*limit, version.is_none(), *has_answered);
        let db = handle.db.clone();
        let asked = async {
            calls.clear(limit).await?;
            calls.call(limit, ask(db, wants_version, limit)).await
        };
        let context = Context { answered_before, ..handle.context(limit, LISTING) };
        tokio::select! {
            answered = asked => answered.map_err(|error| match (&error, signals.exhausted()) {
                (CallError::Deadline, Some(max)) => exhausted(max, &context),
                _ => error.failure(signals.last_failure().as_ref(), &context),
            }),
            error = signals.unreachable_since(start) => {
                Err(classify_with(&error, Some(&error), &context))
            }
        }
    }
}

impl Probe for DriverProbe {
    async fn probe(&mut self) -> Result<Answer, Failure> {
        let asked = match self.handle().await {
            Ok(handle) => {
                self.take_turn().await;
                self.ask(&handle).await
            }
            Err(failure) => Err(failure),
        };
        self.head_start.send_replace(true);
        let answered = match asked {
            Ok(answered) => answered,
            Err(failure) => {
                self.forget(failure.kind);
                return Err(failure);
            }
        };
        self.has_answered = true;
        if answered.version.is_some() {
            self.version = answered.version;
        }
        let topology = self.signals.topology().unwrap_or(Topology::Standalone);
        let server = self.version.clone().map(|version| ServerInfo { version, topology });
        Ok(Answer { latency: answered.latency, server })
    }

    async fn stirred(&mut self) {
        self.calls.late_answer().await;
    }

    fn hosts(&self) -> SafeText {
        self.slot.get().map(|handle| safe(&handle.hosts)).unwrap_or_default()
    }
}

/// What a probe needs a privilege for, as a failure tells it.
const LISTING: &str = "list its collections";

async fn ask(
    db: mongodb::Database,
    wants_version: bool,
    limit: Duration,
) -> DriverResult<Answered> {
    let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    // A ping stays green when every role is revoked; a listing does not. One name that no
    // collection has keeps the answer small.
    let listing = doc! {
        "listCollections": 1, "nameOnly": true, "authorizedCollections": false,
        "filter": {"name": "tilldeck.probe"}, "maxTimeMS": limit_ms,
    };
    run(&db, listing).await?;
    let start = Instant::now();
    run(&db, doc! {"ping": 1, "maxTimeMS": limit_ms}).await?;
    let latency = start.elapsed();
    let version = if wants_version {
        let told = run(&db, doc! {"buildInfo": 1, "maxTimeMS": limit_ms}).await.ok();
        let told = told.and_then(|told| told.get_str("version").map(safe).ok());
        Some(told.unwrap_or_else(|| safe("unknown")))
    } else {
        None
    };
    Ok(Answered { latency, version })
}

/// Runs a command where the database's read preference leads; the driver's own default for
/// commands is the primary, whatever the client was told.
pub(crate) async fn run(db: &mongodb::Database, command: Document) -> DriverResult<Document> {
    let command = db.run_command(command);
    match db.selection_criteria() {
        Some(criteria) => command.selection_criteria(criteria.clone()).await,
        None => command.await,
    }
}

/// The target's options, as probes need them.
///
/// # Errors
///
/// Whatever the resolution of names failed with.
pub(crate) async fn resolve(target: &Target) -> Result<ClientOptions, Failure> {
    let mut options = target.resolve().await?;
    // By polling, the driver looks at once when an operation finds no server, and keeps one
    // connection for it instead of two.
    options.server_monitoring_mode = Some(ServerMonitoringMode::Poll);
    Ok(options)
}

/// A client for the target; connects in the background.
///
/// # Errors
///
/// Options that the driver refuses.
pub(crate) fn connect(
    target: &Target,
    options: ClientOptions,
    limit: Duration,
) -> Result<Handle, Failure> {
    let hosts: Vec<_> = options.hosts.iter().map(ToString::to_string).collect();
    let hosts = hosts.join(", ");
    let user = options.credential.as_ref().and_then(|credential| credential.username.clone());
    let client = Client::with_options(options).map_err(|error| {
        let user = user.as_deref();
        let context = Context {
            database: &target.name,
            hosts: &hosts,
            user,
            limit,
            doing: "connect",
            answered_before: false,
        };
        classify_with(&error, None, &context)
    })?;
    let db = client.database(&target.name);
    Ok(Handle { database: target.database, db, name: target.name.clone(), hosts, user })
}
