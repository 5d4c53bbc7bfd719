//! What a key and a snapshot cost the console, with 100 and with 100 000 stores.

use std::{hint::black_box, sync::Arc};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use tilldeck::{
    config::ConsoleConfig,
    console::state::{
        command::Command,
        event::Event,
        geometry::Geometry,
        keymap::Keymap,
        model::{Model, Pane, Session, Switches},
        update::update,
    },
    domain::{
        creation::Taken,
        database::DatabaseId,
        registry::{Registry, Source},
        store::{RecordId, Route, Store},
    },
};

const SIZES: [u32; 2] = [100, 100_000];

fn store(number: u32) -> Arc<Store> {
    Arc::new(Store {
        record: RecordId::new(&format!("{{\"$oid\":\"{number:024x}\"}}")),
        store_id: Some(format!("store-{number}").into()),
        name: Some(format!("Bäckerei Süß No. {number}").into()),
        prefix: Some(format!("baeckerei_{number}").into()),
        route: DatabaseId::new(number % 5 + 1).map_or(Route::Legacy, Route::Shard),
        problems: Vec::new(),
    })
}

fn registry(n_stores: u32) -> Registry {
    Registry {
        stores: (1..=n_stores).map(store).collect(),
        source: Source::ChangeStream,
        as_of: Some(Timestamp::UNIX_EPOCH),
        failure: None,
    }
}

fn model(n_stores: u32) -> Model {
    let session = Session::default();
    let switches = Switches::new(&ConsoleConfig::default());
    let mut model = Model::new(session, switches, Timestamp::UNIX_EPOCH, Keymap::default());
    let rows = Pane::ALL.map(|pane| (pane, 20)).to_vec();
    settle(&mut model, Event::FrameDrawn(Geometry { rows, top_rows: 30, ..Geometry::default() }));
    settle(&mut model, Event::RegistryChanged(Arc::new(registry(n_stores))));
    model
}

/// Folds an event, and answers what it asks to have arranged or searched.
fn settle(model: &mut Model, event: Event) {
    let mut events = vec![event];
    while let Some(event) = events.pop() {
        for command in update(model, event) {
            match command {
                Command::ArrangeStores { request, task } => {
                    events.push(Event::StoresArranged { request, arrangement: task.run() });
                }
                Command::SearchStores { request, task } => {
                    events.push(Event::StoresFound { request, found: task.run() });
                }
                Command::GatherNames { request, registry } => {
                    let taken = Some(Arc::new(Taken::of(&registry)));
                    events.push(Event::NamesGathered { request, taken });
                }
                _ => {}
            }
        }
    }
}

fn key(char: char) -> Event {
    Event::KeyPressed(KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE))
}

fn keys(criterion: &mut Criterion) {
    for n_stores in SIZES {
        let mut model = model(n_stores);
        let mut group = criterion.benchmark_group(format!("key/{n_stores}"));
        group.bench_function("down", |bencher| {
            bencher.iter(|| black_box(update(&mut model, key('j'))));
        });
        settle(&mut model, key('/'));
        group.bench_function("letter of the filter", |bencher| {
            bencher.iter(|| {
                let commands = update(&mut model, key('7'));
                update(&mut model, Event::KeyPressed(KeyCode::Backspace.into()));
                black_box(commands)
            });
        });
        settle(&mut model, Event::KeyPressed(KeyCode::Esc.into()));
        settle(&mut model, key(':'));
        group.bench_function("letter of the palette", |bencher| {
            bencher.iter(|| {
                let commands = update(&mut model, key('7'));
                update(&mut model, Event::KeyPressed(KeyCode::Backspace.into()));
                black_box(commands)
            });
        });
    }
}

/// The form of a new store: every letter is checked against every store and planned anew.
fn form(criterion: &mut Criterion) {
    for n_stores in SIZES {
        let mut model = model(n_stores);
        settle(&mut model, key('n'));
        for char in "new-id\tBäckerei Süd".chars() {
            let code = if char == '\t' { KeyCode::Tab } else { KeyCode::Char(char) };
            settle(&mut model, Event::KeyPressed(code.into()));
        }
        let name = format!("key/{n_stores}/letter of the form");
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| {
                let commands = update(&mut model, key('7'));
                update(&mut model, Event::KeyPressed(KeyCode::Backspace.into()));
                black_box(commands)
            });
        });
    }
}

fn snapshots(criterion: &mut Criterion) {
    for n_stores in SIZES {
        let before = Arc::new(registry(n_stores));
        let mut after = Registry::clone(&before);
        let changed = Store { name: Some("Changed".into()), ..(*after.stores[7]).clone() };
        after.stores[7] = Arc::new(changed);
        let after = Arc::new(after);
        criterion.bench_function(&format!("the registry arrives/{n_stores}"), |bencher| {
            bencher.iter_batched(
                || (model(0), Arc::clone(&before)),
                |(mut model, registry)| {
                    let commands = update(&mut model, Event::RegistryChanged(registry));
                    (model, commands)
                },
                BatchSize::LargeInput,
            );
        });
        let mut model = model(n_stores);
        settle(&mut model, Event::RegistryChanged(Arc::clone(&before)));
        criterion.bench_function(&format!("one record changes/{n_stores}"), |bencher| {
            let mut snapshots = [&before, &after].into_iter().cycle();
            bencher.iter_batched(
                || snapshots.next().map(Arc::clone).unwrap_or_default(),
                |registry| black_box(update(&mut model, Event::RegistryChanged(registry))),
                BatchSize::SmallInput,
            );
        });
    }
}

/// What is done away from the screen's thread when the fleet is large.
fn elsewhere(criterion: &mut Criterion) {
    for n_stores in SIZES {
        let mut group = criterion.benchmark_group(format!("elsewhere/{n_stores}"));
        group.sample_size(10);
        group.bench_function("sort", |bencher| {
            let mut model = model(n_stores);
            bencher.iter(|| settle(&mut model, key('S')));
        });
        group.bench_function("filter", |bencher| {
            let mut model = model(n_stores);
            settle(&mut model, key('/'));
            bencher.iter(|| {
                settle(&mut model, key('7'));
                settle(&mut model, Event::KeyPressed(KeyCode::Backspace.into()));
            });
        });
        group.bench_function("palette", |bencher| {
            let mut model = model(n_stores);
            settle(&mut model, key(':'));
            bencher.iter(|| {
                settle(&mut model, key('7'));
                settle(&mut model, Event::KeyPressed(KeyCode::Backspace.into()));
            });
        });
    }
}

criterion_group!(benches, keys, form, snapshots, elsewhere);
criterion_main!(benches);
