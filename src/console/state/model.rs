//! The whole state of the console.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    collections::CollectionsPane,
    command::RequestId,
    create::{self, Creation},
    databases::DatabasesPane,
    distribution::DistributionPane,
    doctor::{self, Doctor},
    documents::{DocumentsView, Watch},
    eventlog::EventLog,
    geometry::Geometry,
    help::HelpBox,
    jobs::{self, Jobs},
    keymap::Keymap,
    palette::PaletteBox,
    query::QueryBoard,
    stores::StoresPane,
    why::Why,
};
use crate::{
    config::{ConsoleConfig, SavedQuery, ThemeName},
    domain::{
        database::Layout,
        failure::Failure,
        placement::Strategy,
        pool::{Pool, Pools},
        query::QueryText,
        registry::Registry,
        text::{SafeText, safe},
    },
};

/// The panes of the fleet screen, in the order of their number keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// Health of each database: key 1.
    Databases,
    /// Stores against capacity, and where the next store goes: key 2.
    Distribution,
    /// The registry: key 3.
    Stores,
    /// Collections of the selected store: key 4.
    Collections,
}

impl Pane {
    /// Every pane, in the order of their number keys.
    pub const ALL: [Self; 4] =
        [Self::Databases, Self::Distribution, Self::Stores, Self::Collections];

    /// The digit that focuses it.
    pub const fn number(self) -> usize {
        match self {
            Self::Databases => 1,
            Self::Distribution => 2,
            Self::Stores => 3,
            Self::Collections => 4,
        }
    }

    /// The pane after this one, going around.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[self.number() % Self::ALL.len()]
    }

    /// The pane before this one, going around.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::ALL[(self.number() + Self::ALL.len() - 2) % Self::ALL.len()]
    }
}

/// The state of the console. `update` is its only writer, the view only reads it.
#[derive(Debug)]
pub struct Model {
    /// The time of the last event that brought one.
    pub now: Timestamp,
    /// What never changes while the console runs.
    pub session: Session,
    /// What a person can switch.
    pub switches: Switches,
    /// The pane that keys go to.
    pub focus: Pane,
    /// What covers the panes, if anything.
    pub top: Top,
    /// What the help or the palette covers, to come back to when it closes.
    pub covered: Top,
    /// Health of the databases, as last published.
    pub pools: Arc<Pools>,
    /// The registry, as last published.
    pub registry: Arc<Registry>,
    /// The databases pane.
    pub databases: DatabasesPane,
    /// The distribution pane.
    pub distribution: DistributionPane,
    /// The store list.
    pub stores: StoresPane,
    /// The collections of the selected store.
    pub collections: CollectionsPane,
    /// The store that is being made.
    pub creation: Creation,
    /// The jobs of the journal.
    pub jobs: Jobs,
    /// What the doctor found.
    pub doctor: Doctor,
    /// Why a store is not found.
    pub why: Why,
    /// What the documents view waits for.
    pub watch: Watch,
    /// One question to many stores.
    pub query: QueryBoard,
    /// Queries that were run on this fleet, the oldest first; `None` before they were read.
    pub history: Option<Vec<QueryText>>,
    /// What changed, and when.
    pub events: EventLog,
    /// A short answer to the last key, until it expires.
    pub notice: Option<Notice>,
    /// Snapshots that came while the screen is frozen; `None` while it is live.
    pub held: Option<Held>,
    /// What the last frame looked like.
    pub geometry: Geometry,
    /// What each key means.
    pub keymap: Keymap,
    /// The last click, to tell a double click.
    pub last_click: Option<Click>,
    /// The number of the last request.
    pub last_request: RequestId,
    /// Whether the screen no longer shows this state. The loop clears it when it draws.
    pub redraw: bool,
}

impl Model {
    /// The state before anything is known: every database connecting, the registry loading.
    pub fn new(session: Session, switches: Switches, now: Timestamp, keymap: Keymap) -> Self {
        let connecting =
            |database| Pool::connecting(database, safe(&session.layout.name_of(database)), now);
        let pools = Pools { pools: session.layout.databases().map(connecting).collect() };
        Self {
            now,
            session,
            switches,
            focus: Pane::Stores,
            top: Top::default(),
            covered: Top::default(),
            pools: Arc::new(pools),
            registry: Arc::default(),
            databases: DatabasesPane::default(),
            distribution: DistributionPane::default(),
            stores: StoresPane::default(),
            collections: CollectionsPane::default(),
            creation: Creation::default(),
            jobs: Jobs::default(),
            doctor: Doctor::default(),
            why: Why::default(),
            watch: Watch::default(),
            query: QueryBoard::default(),
            history: None,
            events: EventLog::default(),
            notice: None,
            held: None,
            geometry: Geometry::default(),
            keymap,
            last_click: None,
            last_request: RequestId::default(),
            redraw: true,
        }
    }

    /// A number that no request had before.
    pub(super) fn next_request(&mut self) -> RequestId {
        self.last_request.0 += 1;
        self.last_request
    }

    /// What is being written, in words; `None` where nothing is.
    pub fn under_way(&self) -> Option<SafeText> {
        create::run::under_way(self)
            .or_else(|| jobs::under_way(self))
            .or_else(|| doctor::repair::under_way(self))
    }

    /// Answers the last key in a few words, for a few seconds.
    pub(super) fn notify(&mut self, text: &str) {
        self.set_notice(safe(text), false);
    }

    /// Says that something failed, for a few seconds.
    pub(super) fn complain(&mut self, text: &str) {
        self.set_notice(safe(text), true);
    }

    /// Says that something failed, and the one next step.
    pub(super) fn complain_of(&mut self, failure: &Failure) {
        self.set_notice(failure.message.followed_by("; ", &failure.hint), true);
    }

    pub(super) fn set_notice(&mut self, text: SafeText, is_error: bool) {
        self.notice = Some(Notice { text, is_error, until: self.now + NOTICE_LIFE });
        self.redraw = true;
    }
}

/// How long a notice stays.
const NOTICE_LIFE: SignedDuration = SignedDuration::from_secs(4);

/// A click of the left button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// When.
    pub at: Timestamp,
    /// The column of the cell.
    pub column: u16,
    /// The row of the cell.
    pub row: u16,
}

/// What never changes while the console runs.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Names, counts and limits of the fleet.
    pub layout: Layout,
    /// The configured placement strategy.
    pub placement: Strategy,
    /// What the fleet is called, such as `production`.
    pub environment: Option<SafeText>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Who is logged in and where, without password: `ops@db1.example:27017`.
    pub login: SafeText,
    /// Insecure or ignored options of the URI, in words.
    pub warnings: Vec<SafeText>,
    /// Saved queries by name.
    pub queries: BTreeMap<String, SavedQuery>,
    /// The zone that dates of documents are shown in; `None` for UTC.
    pub zone: Option<TimeZone>,
}

/// What a person can switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each its own key")]
pub struct Switches {
    /// The palette of colours.
    pub theme: ThemeName,
    /// Whether colours are left out.
    pub no_color: bool,
    /// Whether only ASCII characters are drawn.
    pub ascii: bool,
    /// Whether tilldeck has the mouse.
    pub mouse: bool,
    /// Whether the focused pane has the whole screen.
    pub zoomed: bool,
}

impl Switches {
    /// As the configuration has them when the console opens.
    pub const fn new(config: &ConsoleConfig) -> Self {
        Self {
            theme: config.theme,
            no_color: config.no_color,
            ascii: config.ascii,
            mouse: config.mouse,
            zoomed: false,
        }
    }
}

/// What covers the panes. One at a time.
#[derive(Debug, Default)]
pub enum Top {
    /// Nothing: the panes have the keys.
    #[default]
    Panes,
    /// The help, searchable.
    Help(HelpBox),
    /// The palette of every action and jump.
    Palette(PaletteBox),
    /// The documents of a collection, on the whole screen.
    Documents(Box<DocumentsView>),
    /// The history of events, the newest first, on the whole screen.
    Events(ListCursor),
    /// A new store: the form, the question or the run, as [`Model::creation`] says.
    Create,
    /// The jobs of the journal, in [`Model::jobs`].
    Jobs,
    /// What the doctor found, in [`Model::doctor`].
    Doctor,
    /// Why a store is not found, in [`Model::why`].
    Why,
    /// One question to many stores, in [`Model::query`].
    Query,
}

/// Where a list stands: the selected row and the first visible one, both 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCursor {
    /// The selected row.
    pub row: usize,
    /// The first visible row.
    pub first: usize,
}

/// A short answer to the last key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What to say.
    pub text: SafeText,
    /// Whether it is bad news.
    pub is_error: bool,
    /// When it disappears.
    pub until: Timestamp,
}

/// What came while the screen is frozen: the latest of each, and how many in all.
#[derive(Debug, Default)]
pub struct Held {
    /// The latest pools.
    pub pools: Option<Arc<Pools>>,
    /// The latest registry.
    pub registry: Option<Arc<Registry>>,
    /// How many snapshots were held back.
    pub n_held: usize,
}
