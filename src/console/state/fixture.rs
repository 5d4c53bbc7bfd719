//! Fleets and key scripts for the tests of the console's state.

use std::{sync::Arc, time::Duration};

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::{SignedDuration, Timestamp};

use super::{
    command::Command,
    event::Event,
    geometry::{Area, Geometry, Size, Target},
    keymap::{Keymap, key::Key},
    list::Extent,
    model::{Model, Pane, Session, Switches},
    update::update,
};
use crate::{
    config::ConsoleConfig,
    domain::{
        collection::{Collection, Details, Form, Presence, StoreCollections},
        database::DatabaseId,
        failure::{Failure, FailureKind},
        pool::{PoolState, Pools},
        registry::{Registry, Source},
        store::{Problem, RecordId, Route, Store},
    },
};

pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000 + seconds)
}

/// A model with the default keys, before anything is known.
pub(crate) fn empty_model() -> Model {
    let session = Session::default();
    let switches = Switches::new(&ConsoleConfig::default());
    Model::new(session, switches, time(0), Keymap::default())
}

/// A model with every database up and these stores, shown in ten rows a pane.
pub(crate) fn model_of(stores: Vec<Arc<Store>>) -> Model {
    let mut model = empty_model();
    update(&mut model, Event::FrameDrawn(geometry(10)));
    let up = pools(&model, |_| PoolState::Up);
    update(&mut model, Event::PoolsChanged(Arc::new(up)));
    update(&mut model, Event::RegistryChanged(registry(stores)));
    model
}

/// `store-1` and so on, spread over the shards.
pub(crate) fn fleet(n_stores: u32) -> Vec<Arc<Store>> {
    (1..=n_stores).map(|number| store(number, number % 5 + 1)).collect()
}

pub(crate) fn store(number: u32, shard: u32) -> Arc<Store> {
    Arc::new(Store {
        record: RecordId::new(&format!("{number:08}")),
        store_id: Some(format!("store-{number}").into()),
        name: Some(format!("Bakery No. {number}").into()),
        prefix: Some(format!("s{number}").into()),
        route: DatabaseId::new(shard).map_or(Route::Legacy, Route::Shard),
        problems: Vec::new(),
    })
}

pub(crate) fn named(store_id: &str) -> Arc<Store> {
    Arc::new(Store {
        record: RecordId::new(store_id),
        store_id: Some(store_id.into()),
        name: Some(format!("The {store_id}").into()),
        prefix: Some(store_id.into()),
        ..(*store(1, 1)).clone()
    })
}

pub(crate) fn malformed(number: u32) -> Arc<Store> {
    let problem = Problem::Missing { field: "prefix".into() };
    Arc::new(Store { prefix: None, problems: vec![problem], ..(*store(number, 1)).clone() })
}

pub(crate) fn registry(mut stores: Vec<Arc<Store>>) -> Arc<Registry> {
    stores.sort_by(|a, b| a.record.cmp(&b.record));
    Arc::new(Registry { stores, source: Source::ChangeStream, as_of: Some(time(0)), failure: None })
}

/// The model's pools, each in the state that `state` gives for its number, main being 0.
pub(crate) fn pools(model: &Model, state: impl Fn(usize) -> PoolState) -> Pools {
    let mut pools = Pools::clone(&model.pools);
    for (number, pool) in pools.pools.iter_mut().enumerate() {
        let state = state(number);
        if pool.state != state {
            pool.since = model.now;
        }
        pool.state = state;
        pool.latency = state.is_usable().then_some(Duration::from_millis(2));
        pool.failure = (state == PoolState::Down).then(refused);
        pool.next_retry =
            (state == PoolState::Down).then(|| model.now + SignedDuration::from_millis(4_500));
    }
    pools
}

pub(crate) fn refused() -> Failure {
    Failure::new(FailureKind::Refused, "nothing listens on `db1:27017`", "start the server")
}

pub(crate) fn collections(model: &Model, names: &[&str]) -> StoreCollections {
    let details = Details {
        form: Form::Collection,
        documents: Some(3),
        bytes: Some(300),
        indexes: Some(1),
        failure: None,
    };
    let types = &model.session.layout.collection_types;
    StoreCollections {
        database: model.collections.database().expect("a store that has a database"),
        collections: names
            .iter()
            .zip(types)
            .map(|(name, collection_type)| Collection {
                name: (*name).to_owned(),
                collection_type: collection_type.clone(),
                presence: Presence::Present(details.clone()),
            })
            .collect(),
    }
}

/// Panes of `rows` rows each, one below the other, with a header above the stores.
pub(crate) fn geometry(rows: usize) -> Geometry {
    let height = u16::try_from(rows).unwrap_or(u16::MAX / 8);
    let mut targets = Vec::new();
    for (pane, y) in Pane::ALL.into_iter().zip((0..).step_by(usize::from(height) + 1)) {
        let area = Area { x: 0, y, width: 80, height: height + 1 };
        targets.push((area, Target::Pane(pane)));
        targets.push((Area { y: y + 1, height, ..area }, Target::Rows(pane)));
        if pane == Pane::Stores {
            targets.push((Area { height: 1, ..area }, Target::Column(1)));
        }
    }
    Geometry {
        size: Size { width: 80, height: (height + 1) * 4 },
        rows: Pane::ALL.map(|pane| (pane, rows)).to_vec(),
        top_rows: rows,
        top_len: 0,
        text: Extent::default(),
        targets,
    }
}

/// Presses keys as a person would write them down: `jj/acme<enter>`.
pub(crate) fn press(model: &mut Model, script: &str) -> Vec<Command> {
    keys(script).into_iter().flat_map(|key| update(model, Event::KeyPressed(key.event()))).collect()
}

/// Presses the left button of the mouse in a cell.
pub(crate) fn click(model: &mut Model, column: u16, row: u16) -> Vec<Command> {
    let kind = MouseEventKind::Down(MouseButton::Left);
    let modifiers = KeyModifiers::NONE;
    update(model, Event::MouseUsed(MouseEvent { kind, column, row, modifiers }))
}

/// A frame that shows these things to click on, each in a line of its own from the top.
pub(crate) fn shown_targets(targets: &[Target]) -> Geometry {
    let line = |y| Area { x: 0, y, width: 80, height: 1 };
    Geometry { targets: (0..).map(line).zip(targets.iter().copied()).collect(), ..geometry(10) }
}

fn keys(script: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(char) = rest.chars().next() {
        let (name, after) = match rest.strip_prefix('<').and_then(|tail| tail.split_once('>')) {
            Some((name, after)) => (name, after),
            None => rest.split_at(char.len_utf8()),
        };
        let name = if name == " " { "space" } else { name };
        keys.push(Key::parse(name).expect("a key"));
        rest = after;
    }
    keys
}

/// Lets time pass.
pub(crate) fn wait(model: &mut Model, milliseconds: i64) -> Vec<Command> {
    let now = model.now + SignedDuration::from_millis(milliseconds);
    update(model, Event::TimeReached(now))
}

/// The storeIds that are shown.
pub(crate) fn shown(model: &Model) -> Vec<&str> {
    model.stores.rows().iter().filter_map(|store| store.store_id.as_deref()).collect()
}

/// The storeId that is selected.
pub(crate) fn selected(model: &Model) -> &str {
    model.stores.selected_store().and_then(|store| store.store_id.as_deref()).unwrap_or_default()
}
