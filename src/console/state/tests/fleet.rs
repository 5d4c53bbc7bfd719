use std::sync::Arc;

use jiff::SignedDuration;

use super::super::{
    command::{Command, RequestId},
    event::Event,
    eventlog::Severity,
    fixture::*,
    model::{Model, Top},
    update::update,
};
use crate::domain::{
    collection::Presence,
    pool::PoolState,
    registry::{Registry, Source},
};

fn collections_asked_for(commands: &[Command]) -> Vec<(RequestId, String)> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::LoadCollections { request, store } => {
                Some((*request, store.store_id.as_deref().unwrap_or_default().to_owned()))
            }
            _ => None,
        })
        .collect()
}

fn take_down(model: &mut Model, is_down: impl Fn(usize) -> bool) {
    let state = |number| if is_down(number) { PoolState::Down } else { PoolState::Up };
    let pools = pools(model, state);
    update(model, Event::PoolsChanged(Arc::new(pools)));
}

fn texts(model: &Model) -> Vec<&str> {
    model.events.entries.iter().map(|entry| entry.text.as_str()).collect()
}

#[test]
fn a_held_key_does_not_flood_the_server() {
    let mut model = model_of(fleet(100));
    let mut commands = Vec::new();
    for _ in 0..50 {
        commands.extend(press(&mut model, "j"));
        commands.extend(wait(&mut model, 30));
    }
    // The first rest is short; while the key repeats, a read comes at most every 400 ms.
    let n_reads = collections_asked_for(&commands).len();
    assert!((1..=4).contains(&n_reads), "{n_reads} reads in 1.5 s of a held key");
    let wake = model.next_wake().unwrap();
    let asked = collections_asked_for(&update(&mut model, Event::TimeReached(wake)));
    assert_eq!(asked.iter().map(|(_, store)| store.as_str()).collect::<Vec<_>>(), ["store-51"]);
    assert_eq!(model.collections.load_at, None);
}

#[test]
fn going_back_to_a_store_shows_its_collections_at_once_and_reads_them_again() {
    let mut model = model_of(fleet(3));
    let (request, _) = collections_asked_for(&wait(&mut model, 100))[0].clone();
    let of_first = collections(&model, &["s1_products"]);
    update(&mut model, Event::CollectionsLoaded { request, collections: Ok(of_first) });
    press(&mut model, "j");
    assert!(model.collections.rows().is_empty());
    press(&mut model, "k");
    assert_eq!(model.collections.rows().len(), 1);
    let asked = collections_asked_for(&wait(&mut model, 100));
    assert_eq!(asked.iter().map(|(_, store)| store.as_str()).collect::<Vec<_>>(), ["store-1"]);
}

#[test]
fn collections_of_a_store_that_is_no_longer_selected_are_dropped() {
    let mut model = model_of(fleet(3));
    let (late, _) = collections_asked_for(&wait(&mut model, 100))[0].clone();
    press(&mut model, "j");
    let (request, _) = collections_asked_for(&wait(&mut model, 100))[0].clone();
    let of_first = collections(&model, &["s1_products"]);
    update(&mut model, Event::CollectionsLoaded { request: late, collections: Ok(of_first) });
    assert!(model.collections.loaded.is_none());
    let of_second = collections(&model, &["s2_products", "s2_orders"]);
    update(&mut model, Event::CollectionsLoaded { request, collections: Ok(of_second) });
    assert_eq!(model.collections.rows().len(), 2);
}

#[test]
fn enter_opens_the_documents_of_a_collection_that_exists() {
    let mut model = model_of(fleet(3));
    let (request, _) = collections_asked_for(&wait(&mut model, 100))[0].clone();
    let mut loaded = collections(&model, &["s1_products", "s1_orders"]);
    loaded.collections[1].presence = Presence::Missing;
    update(&mut model, Event::CollectionsLoaded { request, collections: Ok(loaded) });
    assert!(press(&mut model, "<enter>j<enter>").is_empty());
    assert!(model.notice.as_ref().unwrap().is_error);
    let commands = press(&mut model, "k<enter>");
    let [Command::LoadPage { request, collection, .. }, ..] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(collection, "s1_products");
    let failed = Event::PageLoaded { request: *request, page: Err(refused()) };
    update(&mut model, failed);
    let Top::Documents(view) = &model.top else { panic!("the documents are open") };
    assert_eq!((view.loading, view.failure.is_some()), (None, true));
    assert!(matches!(press(&mut model, "r")[..], [Command::LoadPage { .. }]));
}

#[test]
fn collections_are_read_again_when_their_database_comes_back() {
    let mut model = model_of(fleet(3));
    let (request, _) = collections_asked_for(&wait(&mut model, 100))[0].clone();
    take_down(&mut model, |number| number == 2);
    update(&mut model, Event::CollectionsLoaded { request, collections: Err(refused()) });
    let up = pools(&model, |_| PoolState::Up);
    let commands = update(&mut model, Event::PoolsChanged(Arc::new(up)));
    assert_eq!(collections_asked_for(&commands).len(), 1);
}

#[test]
fn an_idle_healthy_fleet_wakes_only_where_an_age_reads_differently() {
    let mut model = model_of(fleet(100));
    wait(&mut model, 100);
    assert_eq!(model.next_wake(), Some(time(60)));
    wait(&mut model, 7_300_000);
    assert_eq!(model.next_wake(), Some(time(3 * 3600)));
    model.redraw = false;
    let mut pools = pools(&model, |_| PoolState::Up);
    pools.pools[0].last_answer = Some(time(60));
    update(&mut model, Event::PoolsChanged(Arc::new(pools)));
    let same = Registry { as_of: Some(time(60)), ..Registry::clone(&model.registry) };
    update(&mut model, Event::RegistryChanged(Arc::new(same)));
    update(&mut model, Event::TimeReached(time(3 * 3600 - 1)));
    let drawn = model.geometry.clone();
    update(&mut model, Event::FrameDrawn(drawn));
    assert!(!model.redraw);
    press(&mut model, "3z");
    let mut zoomed = geometry(10);
    zoomed.rows[0].1 = 0;
    update(&mut model, Event::FrameDrawn(zoomed));
    assert_eq!(model.next_wake(), None);
}

#[test]
fn a_countdown_wakes_at_whole_seconds_until_the_retry() {
    let mut model = model_of(fleet(3));
    wait(&mut model, 100);
    take_down(&mut model, |number| number == 3);
    let retry = model.pools.pools[3].next_retry.unwrap();
    let wake = model.next_wake().unwrap();
    assert_eq!(retry.duration_since(wake), SignedDuration::from_secs(4));
    model.redraw = false;
    update(&mut model, Event::TimeReached(wake));
    assert!(model.redraw);
    assert!(model.next_wake().unwrap() > wake);
    press(&mut model, ":s1_products<enter>");
    assert_eq!(model.next_wake(), None);
}

#[test]
fn a_notice_expires() {
    let mut model = model_of(fleet(3));
    wait(&mut model, 100);
    press(&mut model, "t");
    let until = model.next_wake().unwrap();
    assert_eq!(until.duration_since(model.now), SignedDuration::from_secs(4));
    update(&mut model, Event::TimeReached(until));
    assert!(model.notice.is_none());
}

#[test]
fn outages_and_recoveries_are_told_with_cause_and_length() {
    let mut model = model_of(fleet(3));
    assert!(model.events.entries.is_empty());
    take_down(&mut model, |number| number == 3);
    assert_eq!(texts(&model), ["pos_db_3 is down: nothing listens on `db1:27017`"]);
    wait(&mut model, 125_000);
    take_down(&mut model, |_| false);
    assert_eq!(model.events.latest().unwrap().text.as_str(), "pos_db_3 is up after 2 min");
    assert_eq!(model.events.latest().unwrap().severity, Severity::Info);
    take_down(&mut model, |_| true);
    assert_eq!(
        model.events.latest().unwrap().text.as_str(),
        "6 of 6 down: the host or the network that they share"
    );
}

#[test]
fn the_history_holds_still_while_events_come_in() {
    let mut model = model_of(fleet(3));
    take_down(&mut model, |number| number == 1);
    take_down(&mut model, |number| number == 1 || number == 2);
    press(&mut model, "ej");
    let chosen = |model: &Model| match &model.top {
        Top::Events(cursor) => model.events.row(cursor.row).unwrap().text.clone(),
        _ => panic!("the history is open"),
    };
    assert!(chosen(&model).as_str().starts_with("pos_db_1 is down"));
    take_down(&mut model, |_| true);
    assert!(chosen(&model).as_str().starts_with("pos_db_1 is down"));
    assert!(model.next_wake().unwrap() <= model.now + SignedDuration::from_secs(1));
}

#[test]
fn registry_changes_are_told_and_bursts_are_summed_up() {
    let mut model = model_of(fleet(50));
    let mut stores = fleet(50);
    stores[0] = store(1, 4);
    stores.push(store(51, 0));
    update(&mut model, Event::RegistryChanged(registry(stores.clone())));
    assert_eq!(
        texts(&model),
        [
            "store `store-1` now routes to shard 4, before to shard 2",
            "store `store-51` added in the main database",
        ]
    );
    update(&mut model, Event::RegistryChanged(registry(stores[..14].to_vec())));
    assert_eq!(model.events.latest().unwrap().text.as_str(), "37 stores removed");
    let cached = Registry { source: Source::Cache, ..Registry::clone(&model.registry) };
    update(&mut model, Event::RegistryChanged(Arc::new(cached)));
    assert_eq!(model.events.latest().unwrap().severity, Severity::Warning);
    assert!(model.next_wake().is_some());
}

#[test]
fn a_frozen_screen_holds_the_latest_and_keys_still_work() {
    let mut model = model_of(fleet(3));
    press(&mut model, "f");
    update(&mut model, Event::RegistryChanged(registry(fleet(4))));
    update(&mut model, Event::RegistryChanged(registry(fleet(9))));
    take_down(&mut model, |_| true);
    assert_eq!(shown(&model).len(), 3);
    assert_eq!(model.pools.n_usable(), 6);
    assert_eq!(model.held.as_ref().unwrap().n_held, 3);
    press(&mut model, "jj");
    assert_eq!(selected(&model), "store-3");
    press(&mut model, "f");
    assert_eq!(shown(&model).len(), 9);
    assert_eq!(model.pools.n_usable(), 0);
    assert_eq!(selected(&model), "store-3");
}

#[test]
fn documents_and_bytes_are_read_only_when_they_are_shown() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "b");
    let [Command::LoadUsage { request }] = commands[..] else { panic!("{commands:?}") };
    update(&mut model, Event::UsageLoaded { request, usage: vec![Err(refused())] });
    assert_eq!(model.distribution.loading, None);
    assert!(press(&mut model, "bb").is_empty());
}

#[test]
fn a_lost_command_is_said() {
    let mut model = model_of(fleet(3));
    wait(&mut model, 100);
    assert!(model.collections.loading.is_some());
    update(&mut model, Event::QueueFilled);
    assert_eq!(model.collections.loading, None);
    assert_eq!(model.notice.as_ref().unwrap().text.as_str(), "busy; try again");
    let commands = wait(&mut model, 1000);
    assert_eq!(collections_asked_for(&commands).len(), 1);
}
