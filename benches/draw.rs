//! What a frame costs the console, with 100 and with 100 000 stores, and over a document
//! of 16 MB.

use std::{hint::black_box, sync::Arc, time::Duration};

use bson::{RawDocumentBuf, doc};
use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use ratatui::{Terminal, backend::TestBackend};
use tilldeck::{
    config::ConsoleConfig,
    console::{
        state::{
            command::Command,
            event::Event,
            geometry::Geometry,
            keymap::Keymap,
            model::{Model, Session, Switches},
            update::update,
        },
        view,
    },
    domain::{
        collection::{Collection, Details, Facts, Form, Presence, StoreCollections},
        database::{DatabaseId, Layout},
        page::{Page, Read},
        pool::{PoolState, Pools, Sample},
        registry::{Registry, Source},
        store::{RecordId, Route, Store},
    },
};

const SIZES: [u32; 2] = [100, 100_000];

/// The console with a screen in memory.
struct Console {
    model: Model,
    terminal: Terminal<TestBackend>,
}

impl Console {
    fn new(n_stores: u32) -> Self {
        let session = Session::default();
        let switches = Switches::new(&ConsoleConfig::default());
        let model = Model::new(session, switches, Timestamp::UNIX_EPOCH, Keymap::default());
        let Ok(terminal) = Terminal::new(TestBackend::new(120, 40));
        let mut console = Self { model, terminal };
        console.draw();
        let pools = Arc::new(healthy(&console.model.pools));
        console.settle(Event::PoolsChanged(pools));
        console.settle(Event::RegistryChanged(Arc::new(registry(n_stores))));
        let rested = console.model.now + SignedDuration::from_secs(1);
        console.settle(Event::TimeReached(rested));
        console.draw();
        console
    }

    fn draw(&mut self) {
        let mut geometry = Geometry::default();
        let Ok(_) = self.terminal.draw(|frame| geometry = view::draw(&self.model, frame));
        self.settle(Event::FrameDrawn(geometry));
    }

    /// Folds an event, and answers what it asks to have done elsewhere.
    fn settle(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let commands = update(&mut self.model, event);
            events.extend(commands.into_iter().filter_map(answer));
        }
    }

    fn key(&mut self, code: KeyCode) {
        self.settle(Event::KeyPressed(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

fn answer(command: Command) -> Option<Event> {
    match command {
        Command::ArrangeStores { request, task } => {
            Some(Event::StoresArranged { request, arrangement: task.run() })
        }
        Command::SearchStores { request, task } => {
            Some(Event::StoresFound { request, found: task.run() })
        }
        Command::LoadCollections { request, store } => {
            Some(Event::CollectionsLoaded { request, collections: Ok(collections(&store)?) })
        }
        Command::LoadPage { request, .. } => {
            Some(Event::PageLoaded { request, page: Ok(Box::new(large_page())) })
        }
        _ => None,
    }
}

fn healthy(pools: &Pools) -> Pools {
    let mut pools = pools.clone();
    for pool in &mut pools.pools {
        pool.state = PoolState::Up;
        pool.latency = Some(Duration::from_millis(2));
        pool.history = (0..40).map(|at| Sample::Answered(at % 3)).collect();
    }
    pools
}

fn registry(n_stores: u32) -> Registry {
    let store = |number: u32| {
        Arc::new(Store {
            record: RecordId::new(&format!("{number:024x}")),
            store_id: Some(format!("store-{number}").into()),
            name: Some(format!("Bäckerei Süß No. {number}").into()),
            prefix: Some(format!("baeckerei_{number}").into()),
            route: DatabaseId::new(number % 5 + 1).map_or(Route::Legacy, Route::Shard),
            problems: Vec::new(),
        })
    };
    Registry {
        stores: (1..=n_stores).map(store).collect(),
        source: Source::ChangeStream,
        as_of: Some(Timestamp::UNIX_EPOCH),
        failure: None,
    }
}

fn collections(store: &Store) -> Option<StoreCollections> {
    let details = Details {
        form: Form::Collection,
        documents: Some(1_234_567),
        bytes: Some(7_654_321),
        indexes: Some(3),
        failure: None,
    };
    let prefix = store.prefix.as_deref()?;
    let collection = |collection_type| Collection {
        name: format!("{prefix}_orders"),
        collection_type,
        presence: Presence::Present(details.clone()),
    };
    let types = Layout::default().collection_types;
    let collections = types.into_iter().map(collection).collect();
    Some(StoreCollections { database: store.route.database()?, collections })
}

fn large_page() -> Read {
    let numbers = doc! {"n": (0..1_350_000).collect::<Vec<i32>>()};
    let raw = RawDocumentBuf::try_from(&numbers).unwrap_or_default();
    let facts = Facts {
        form: Form::Collection,
        options: bson::Document::new(),
        time_field: None,
        has_collation: false,
        estimated: Some(1),
    };
    let page = Page { documents: vec![Arc::new(raw)], ..Page::default() };
    Read { facts: Arc::new(facts), page }
}

fn fleets(criterion: &mut Criterion) {
    for n_stores in SIZES {
        let mut console = Console::new(n_stores);
        let mut group = criterion.benchmark_group(format!("draw/{n_stores}"));
        group.bench_function("nothing changed", |bencher| bencher.iter(|| console.draw()));
        group.bench_function("a step", |bencher| {
            let mut steps = [KeyCode::Down, KeyCode::Up].into_iter().cycle();
            bencher.iter(|| {
                if let Some(step) = steps.next() {
                    console.key(black_box(step));
                }
                console.draw();
            });
        });
        console.key(KeyCode::Char('?'));
        group.bench_function("the help", |bencher| bencher.iter(|| console.draw()));
    }
}

fn documents(criterion: &mut Criterion) {
    let mut console = Console::new(100);
    console.key(KeyCode::Char('4'));
    console.key(KeyCode::Enter);
    console.draw();
    let mut group = criterion.benchmark_group("draw/a document of 16 MB");
    group.bench_function("nothing changed", |bencher| bencher.iter(|| console.draw()));
    // Into the array, and to its end.
    for key in [KeyCode::Down, KeyCode::Enter, KeyCode::End] {
        console.key(key);
        console.draw();
    }
    group.bench_function("a step at the end of its array", |bencher| {
        let mut steps = [KeyCode::Up, KeyCode::Down].into_iter().cycle();
        bencher.iter(|| {
            if let Some(step) = steps.next() {
                console.key(black_box(step));
            }
            console.draw();
        });
    });
}

criterion_group!(benches, fleets, documents);
criterion_main!(benches);
