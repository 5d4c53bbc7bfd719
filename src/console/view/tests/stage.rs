//! A console without a terminal: events go in, pictures come out.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use jiff::SignedDuration;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        state::{
            command::{Command, RequestId},
            documents::panel::Looked,
            event::Event,
            fixture::{self, press},
            geometry::Geometry,
            model::Model,
            update::update,
        },
        view,
    },
    domain::{
        collection::{Collection, Details, Facts, Form, Presence, StoreCollections, Usage},
        database::{Database, DatabaseId},
        explain::Plan,
        failure::{Failure, FailureKind},
        keyset::{Mark, Order},
        page::{Page, Read},
        pool::{Connections, Pool, PoolState, Pools, Sample, ServerInfo, Topology},
        question::{Outcome, Told},
        registry::{Registry, Source},
        store::{Problem, RecordId, Route, Store},
        text::safe,
    },
};

pub(crate) const WIDE: (u16, u16) = (120, 40);
pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const HUGE: (u16, u16) = (200, 60);

/// A console, and the requests that nobody has answered yet.
pub(crate) struct Stage {
    pub(crate) model: Model,
    requests: Vec<Command>,
}

impl Stage {
    /// Every database connecting, the registry loading.
    pub(crate) fn new() -> Self {
        let mut model = fixture::empty_model();
        model.session.login = safe("ops@db1.fleet.example:27017");
        Self { model, requests: Vec::new() }
    }

    /// Every database up, and these stores.
    pub(crate) fn of(stores: Vec<Arc<Store>>) -> Self {
        let mut stage = Self::new();
        stage.pools(|_| PoolState::Up);
        stage.feed(Event::RegistryChanged(fixture::registry(stores)));
        stage
    }

    /// A hundred stores in good order, and the collections of the first one.
    pub(crate) fn healthy() -> Self {
        let mut stage = Self::of(fleet(100));
        stage.wait(3_600);
        stage.collections(Ok(all_present));
        stage
    }

    /// Folds an event, and does at once what is done on another thread.
    pub(crate) fn feed(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for command in update(&mut self.model, event) {
                self.obey(command, &mut events);
            }
        }
    }

    fn obey(&mut self, command: Command, events: &mut Vec<Event>) {
        match command {
            Command::ArrangeStores { request, task } => {
                events.push(Event::StoresArranged { request, arrangement: task.run() });
            }
            Command::SearchStores { request, task } => {
                events.push(Event::StoresFound { request, found: task.run() });
            }
            command => self.requests.push(command),
        }
    }

    /// Presses keys as a person would write them down, with the picture before them drawn.
    pub(crate) fn press(&mut self, script: &str) {
        let mut events = Vec::new();
        for command in press(&mut self.model, script) {
            self.obey(command, &mut events);
        }
        for event in events {
            self.feed(event);
        }
    }

    /// Lets seconds pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        let now = self.model.now + SignedDuration::from_secs(seconds);
        self.feed(Event::TimeReached(now));
    }

    /// Publishes pools, each in the state that `state` gives for its number, main being 0.
    pub(crate) fn pools(&mut self, state: impl Fn(usize) -> PoolState) {
        let mut pools = fixture::pools(&self.model, state);
        for (number, pool) in pools.pools.iter_mut().enumerate() {
            furnish(pool, number);
        }
        self.feed(Event::PoolsChanged(Arc::new(pools)));
    }

    /// Publishes the present pools with something changed.
    pub(crate) fn change_pools(&mut self, change: impl FnOnce(&mut Pools)) {
        let mut pools = Pools::clone(&self.model.pools);
        change(&mut pools);
        self.feed(Event::PoolsChanged(Arc::new(pools)));
    }

    /// Publishes a registry that is not live.
    pub(crate) fn registry(&mut self, source: Source, failure: Option<Failure>) {
        let registry = Registry { source, failure, ..Registry::clone(&self.model.registry) };
        self.feed(Event::RegistryChanged(Arc::new(registry)));
    }

    pub(super) fn request(&mut self, is_it: impl Fn(&Command) -> Option<RequestId>) -> RequestId {
        self.requests.iter().rev().find_map(is_it).expect("it was asked for")
    }

    /// Answers the request for the collections of the selected store.
    pub(crate) fn collections(&mut self, answer: Result<fn(&Model) -> Vec<Collection>, Failure>) {
        let request = self.request(|command| match command {
            Command::LoadCollections { request, .. } => Some(*request),
            _ => None,
        });
        let database = self.model.collections.database().expect("a store that has a database");
        let collections =
            answer.map(|make| StoreCollections { database, collections: make(&self.model) });
        self.feed(Event::CollectionsLoaded { request, collections });
    }

    /// Answers the request for the documents of a collection.
    pub(crate) fn page(&mut self, page: Result<Read, Failure>) {
        let request = self.request(|command| match command {
            Command::LoadPage { request, .. } => Some(*request),
            _ => None,
        });
        self.feed(Event::PageLoaded { request, page: page.map(Box::new) });
    }

    /// Says of the page that no index serves it.
    pub(crate) fn doubt(&mut self, plan: Plan, documents: u64) {
        let request = self.request(|command| match command {
            Command::LoadPage { request, .. } => Some(*request),
            _ => None,
        });
        self.feed(Event::PageDoubted { request, plan: Box::new(plan), documents });
    }

    /// Answers the look at a collection.
    pub(crate) fn look(&mut self, looked: Looked) {
        let request = self.request(|command| match command {
            Command::LookAt { request, .. } => Some(*request),
            _ => None,
        });
        self.feed(Event::LookedAt { request, looked: Ok(looked) });
    }

    fn question(&mut self) -> RequestId {
        self.request(|command| match command {
            Command::AskStores { request, .. } => Some(*request),
            _ => None,
        })
    }

    /// Lets stores answer the question.
    pub(crate) fn told(&mut self, told: Vec<Told>) {
        let request = self.question();
        self.feed(Event::StoresTold { request, told });
    }

    /// Ends the question.
    pub(crate) fn asked(&mut self, outcome: Outcome) {
        let request = self.question();
        self.feed(Event::StoresAsked { request, outcome: Ok(Box::new(outcome)) });
    }

    /// Answers the request for documents and bytes of the databases.
    pub(crate) fn usage(&mut self) {
        let request = self.request(|command| match command {
            Command::LoadUsage { request } => Some(*request),
            _ => None,
        });
        let usage = |(number, database)| match number {
            3 => Err(failure_of(FailureKind::TimedOut)),
            number => Ok(Usage { database, documents: number * 12_345, bytes: number << 27 }),
        };
        let usage = (0..).zip(self.model.session.layout.databases()).map(usage).collect();
        self.feed(Event::UsageLoaded { request, usage });
    }

    /// Draws as the loop does: again, when drawing taught the model something.
    pub(crate) fn draw(&mut self, (width, height): (u16, u16)) -> (Buffer, Geometry) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let mut drawn = Geometry::default();
        for _ in 0..3 {
            let frame = terminal.draw(|frame| drawn = view::draw(&self.model, frame));
            frame.expect("a frame");
            self.feed(Event::FrameDrawn(drawn.clone()));
        }
        (terminal.backend().buffer().clone(), drawn)
    }

    /// The picture as text.
    pub(crate) fn picture(&mut self, size: (u16, u16)) -> String {
        let (buffer, _) = self.draw(size);
        let width = usize::from(buffer.area.width.max(1));
        let mut text = String::new();
        for row in buffer.content().chunks(width) {
            let mut line = String::new();
            let mut covered = 0;
            for cell in row {
                // A wide character covers the cell after it.
                if covered == 0 {
                    line.push_str(cell.symbol());
                    covered = cell.symbol().width().saturating_sub(1);
                } else {
                    covered -= 1;
                }
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

fn furnish(pool: &mut Pool, number: usize) {
    pool.hosts = safe(&format!("db{number}.fleet.example:27017"));
    pool.history = (0..40).map(|at| Sample::Answered(u8::from(at % 7 == number % 7))).collect();
    pool.connections = Connections { open: 3, in_use: 0, waiting: 0, max: 10 };
    let (version, topology) = (safe("6.0.5"), Topology::ReplicaSet);
    pool.server = Some(ServerInfo { version, topology });
    match pool.state {
        PoolState::Connecting => {
            pool.history.clear();
            pool.connections = Connections::default();
            pool.server = None;
        }
        PoolState::Slow => {
            pool.latency = Some(Duration::from_millis(640));
            pool.history.extend([Sample::Answered(6); 3]);
            pool.failure = Some(Failure::new(
                FailureKind::TimedOut,
                &format!("`{}` took 640 ms to answer, more than 250 ms", pool.name),
                "Look at the slow operations on the server",
            ));
        }
        PoolState::Down => {
            pool.history.extend([Sample::Failed; 4]);
            pool.connections.open = 0;
            let message = format!("nothing listens on `{}`", pool.hosts);
            let hint = "Start `mongod` there, or correct the port in the URI";
            pool.failure = Some(Failure::new(FailureKind::Refused, &message, hint));
        }
        PoolState::Up => {}
    }
}

/// A failure as the driver's classifier makes them.
pub(crate) fn failure_of(kind: FailureKind) -> Failure {
    let (message, hint) = match kind {
        FailureKind::NotAuthorised => (
            "`ops` may not read `pos_db_2`.`lyon_1_orders`",
            "Grant the role `read` on `pos_db_2` to `ops`",
        ),
        _ => ("`pos_db_2` did not answer within 5 s", "Press r to try again"),
    };
    Failure::new(kind, message, hint)
}

const PLACES: [&str; 8] = [
    "Bäckerei Süß",
    "Boulangerie de la Gare",
    "Corner Shop",
    "Café Olé",
    "Kiosk",
    "Fish & Chips",
    "Pâtisserie Émile et Fils du Boulevard",
    "Apotheke",
];

/// Stores in good order, spread evenly.
pub(crate) fn fleet(n_stores: u32) -> Vec<Arc<Store>> {
    let sound = |number: u32| {
        let place = PLACES[number as usize % PLACES.len()];
        Arc::new(Store {
            store_id: Some(format!("store-{number:03}").into()),
            name: Some(format!("{place} {number}").into()),
            prefix: Some(format!("lyon_{number}").into()),
            ..(*fixture::store(number, number % 5 + 1)).clone()
        })
    };
    (1..=n_stores).map(sound).collect()
}

/// A fleet with a record of each kind of trouble.
pub(crate) fn troubled() -> Vec<Arc<Store>> {
    let mut stores = fleet(60);
    let mut spoil = |number: usize, change: fn(&mut Store)| {
        let mut store = Store::clone(&stores[number]);
        change(&mut store);
        stores[number] = Arc::new(store);
    };
    spoil(1, |store| {
        store.prefix = None;
        store.problems = vec![Problem::Missing { field: "prefix".into() }];
    });
    spoil(2, |store| {
        store.route = Route::OutOfRange(7.0);
        store.problems =
            vec![Problem::OutOfRange { field: "databaseId".into(), value: 7.0, highest: 5 }];
    });
    spoil(3, |store| {
        store.route = Route::Unreadable;
        store.problems = vec![Problem::WrongType { field: "databaseId".into(), found: "object" }];
    });
    spoil(4, |store| store.route = Route::Legacy);
    spoil(5, |store| {
        store.problems = vec![Problem::DriftedType { field: "databaseId".into(), found: "string" }];
    });
    spoil(6, |store| {
        store.store_id = None;
        store.problems = vec![Problem::Null { field: "storeId".into() }];
    });
    stores
}

/// One shard over its capacity.
pub(crate) fn crowded() -> Vec<Arc<Store>> {
    let mut stores = fleet(70);
    stores.extend((100..114).map(|number| fixture::store(number, 1)));
    stores
}

/// Names that a terminal would obey or hide, and names in other scripts.
pub(crate) fn hostile() -> Vec<Arc<Store>> {
    let names = [
        "\u{1b}]0;owned\u{7}",
        "\u{1b}[2J\u{1b}[H",
        "\u{9b}31mred",
        "gro\u{202e}rev\u{2066}",
        "zero\u{200b}width\u{feff}\u{200d}",
        "tab\there\nand there\r",
        "麺屋一番 渋谷店 とても長い名前のお店です",
        "👩‍👩‍👧‍👦 family 🇫🇷 🧁🧁🧁🧁🧁🧁🧁🧁🧁🧁",
        "مخبز السعادة",
        "Cafe\u{301} n\u{303}o z\u{335}\u{336}a\u{337}lgo",
        "\u{34f}\u{3164}\u{2800}",
        "back\\slash `tick` \"quote\"",
    ];
    let make = |(number, name): (u32, &str)| {
        Arc::new(Store {
            record: RecordId::new(&format!("{number:03}{name}")),
            store_id: Some(name.into()),
            name: Some(name.into()),
            prefix: Some(name.into()),
            ..(*fixture::store(number, number % 5 + 1)).clone()
        })
    };
    (1..).zip(names).map(make).collect()
}

fn named(model: &Model, presence: impl Fn(usize) -> Presence) -> Vec<Collection> {
    let store = model.collections.store.as_ref().expect("a store is selected");
    let prefix = store.prefix.as_deref().expect("it has a prefix");
    let types = model.session.layout.collection_types.iter().enumerate();
    let make =
        |(number, collection_type): (usize, &crate::domain::database::CollectionType)| Collection {
            name: format!("{prefix}_{}", collection_type.as_str()),
            collection_type: collection_type.clone(),
            presence: presence(number),
        };
    types.map(make).collect()
}

fn details(number: usize) -> Details {
    let figure = number as u64 + 1;
    Details {
        form: Form::Collection,
        documents: Some(figure * 4_321),
        bytes: Some(figure * 1_234_567),
        indexes: Some(3),
        failure: None,
    }
}

pub(crate) fn all_present(model: &Model) -> Vec<Collection> {
    named(model, |number| Presence::Present(details(number)))
}

/// A missing, an absent, a view, a time series and one that may not be read.
pub(crate) fn of_every_kind(model: &Model) -> Vec<Collection> {
    named(model, |number| match number {
        0 => Presence::Missing,
        1 => Presence::Present(Details {
            documents: None,
            bytes: None,
            indexes: None,
            failure: Some(failure_of(FailureKind::NotAuthorised)),
            ..details(number)
        }),
        2 => Presence::Present(Details {
            form: Form::View,
            documents: None,
            bytes: None,
            indexes: None,
            ..details(number)
        }),
        3 => Presence::Absent,
        _ => Presence::Present(Details { form: Form::TimeSeries, ..details(number) }),
    })
}

/// Two orders, the first of them with something nested and something hostile in it.
pub(crate) fn orders() -> Read {
    let order = bson::rawdoc! {
        "_id": bson::oid::ObjectId::from_bytes([7; 12]),
        "total": 1234.5,
        "customer": { "name": "Zoë \u{202e}\u{1b}[31m", "vip": true },
        "lines": [{ "sku": "A-1", "quantity": 2 }, { "sku": "B-2", "quantity": 1 }],
        "createdAt": bson::DateTime::from_millis(0),
        "note": bson::RawBson::Null,
    };
    let documents = vec![Arc::new(order), Arc::new(bson::rawdoc! { "_id": 2, "total": 7 })];
    read(documents, true)
}

/// A page of an ordinary collection of 4321 documents.
pub(crate) fn read(documents: Vec<Arc<bson::RawDocumentBuf>>, has_more: bool) -> Read {
    let facts = Facts {
        form: Form::Collection,
        options: bson::Document::new(),
        time_field: None,
        has_collation: false,
        estimated: Some(4_321),
    };
    let order = Order::by_id(vec![]);
    let mark = |document: Option<&Arc<bson::RawDocumentBuf>>| {
        document.map(|document| Mark::at(order.key_of(document)))
    };
    let (first, last) = (mark(documents.first()), mark(documents.last()));
    let took = jiff::SignedDuration::from_millis(3);
    let page = Page { documents, order: Some(order), first, last, has_more, took };
    Read { facts: Arc::new(facts), page }
}

pub(crate) fn shard(number: u32) -> Database {
    DatabaseId::new(number).map_or(Database::Main, Database::Shard)
}
