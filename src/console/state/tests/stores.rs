use std::sync::Arc;

use super::super::{
    command::{Command, RequestId},
    event::Event,
    fixture::*,
    stores::{LARGE, StoreColumn, arrange::ArrangeTask},
    update::update,
};
use crate::domain::store::{Route, Store};

fn arrangement_asked_for(commands: &[Command]) -> Option<(RequestId, ArrangeTask)> {
    commands.iter().rev().find_map(|command| match command {
        Command::ArrangeStores { request, task } => Some((*request, task.clone())),
        _ => None,
    })
}

#[test]
fn a_filter_is_typed_and_left_with_enter() {
    let mut model = model_of(vec![named("acme"), named("bolt"), named("acorn")]);
    press(&mut model, "/ac");
    assert_eq!(shown(&model), ["acme", "acorn"]);
    press(&mut model, "m<enter>");
    assert_eq!(shown(&model), ["acme"]);
    assert!(!model.stores.is_typing);
    press(&mut model, "<esc>");
    assert_eq!(shown(&model), ["acme", "acorn", "bolt"]);
    assert_eq!(selected(&model), "acme");
}

#[test]
fn keys_that_mean_something_elsewhere_are_text_in_the_filter() {
    let mut model = model_of(vec![named("quit"), named("bolt")]);
    let commands = press(&mut model, "/q");
    assert!(commands.is_empty());
    assert_eq!(shown(&model), ["quit"]);
    assert_eq!(model.stores.input.value(), "q");
}

#[test]
fn every_word_must_match_and_inverse_words_must_not_occur() {
    let mut model = model_of(fleet(20));
    press(&mut model, "/pos_db_3 bakery");
    assert_eq!(shown(&model), ["store-2", "store-7", "store-12", "store-17"]);
    press(&mut model, " !STORE-1<enter>");
    assert_eq!(shown(&model), ["store-2", "store-7"]);
    press(&mut model, "<esc>/ ! <enter>");
    assert_eq!(shown(&model).len(), 20);
}

#[test]
fn only_problems_are_shown_on_demand() {
    let mut model = model_of(vec![store(1, 1), malformed(2), store(3, 0)]);
    press(&mut model, "p");
    assert_eq!(shown(&model), ["store-2"]);
    press(&mut model, "<esc>");
    assert_eq!(shown(&model).len(), 3);
}

#[test]
fn numbers_sort_as_numbers_and_ties_by_store_id() {
    let mut model = model_of(fleet(12));
    assert_eq!(shown(&model)[..3], ["store-1", "store-2", "store-3"]);
    press(&mut model, "S");
    assert_eq!(shown(&model)[..3], ["store-12", "store-11", "store-10"]);
    press(&mut model, "Ssss");
    assert_eq!(model.stores.order.column, StoreColumn::Database);
    assert_eq!(shown(&model)[..3], ["store-5", "store-10", "store-1"]);
}

#[test]
fn the_worst_come_first_by_state() {
    let mut model = model_of(vec![store(1, 1), store(2, 0), malformed(3)]);
    press(&mut model, "ssss");
    assert_eq!(shown(&model), ["store-3", "store-2", "store-1"]);
}

#[test]
fn the_selection_stays_on_its_store() {
    let mut model = model_of(vec![named("b"), named("d"), named("f")]);
    press(&mut model, "j");
    assert_eq!(selected(&model), "d");
    let stores = ["a", "b", "c", "d", "f"].map(named).to_vec();
    update(&mut model, Event::RegistryChanged(registry(stores)));
    assert_eq!((selected(&model), model.stores.row), ("d", Some(3)));
    let renamed = Store { store_id: Some("z".into()), ..(*named("d")).clone() };
    let mut stores = ["a", "b", "c", "f"].map(named).to_vec();
    stores.push(Arc::new(renamed));
    update(&mut model, Event::RegistryChanged(registry(stores)));
    assert_eq!((selected(&model), model.stores.row), ("z", Some(4)));
}

#[test]
fn a_selected_store_that_is_deleted_leaves_the_selection_to_its_neighbour() {
    let mut model = model_of(vec![named("a"), named("b"), named("c")]);
    press(&mut model, "j");
    update(&mut model, Event::RegistryChanged(registry(vec![named("a"), named("c")])));
    assert_eq!(selected(&model), "c");
    update(&mut model, Event::RegistryChanged(registry(vec![named("a")])));
    assert_eq!(selected(&model), "a");
    update(&mut model, Event::RegistryChanged(registry(vec![])));
    assert_eq!((model.stores.row, &model.stores.selected), (None, &None));
}

#[test]
fn a_filter_that_hides_everything_forgets_nothing() {
    let mut model = model_of(vec![named("a"), named("b")]);
    press(&mut model, "j/zzz");
    assert_eq!(model.stores.row, None);
    press(&mut model, "<esc>");
    assert_eq!(selected(&model), "b");
}

#[test]
fn marks_move_on_and_die_with_their_store() {
    let mut model = model_of(vec![named("a"), named("b"), named("c")]);
    press(&mut model, "  ");
    assert_eq!((model.stores.marked.len(), selected(&model)), (2, "c"));
    update(&mut model, Event::RegistryChanged(registry(vec![named("b"), named("c")])));
    assert_eq!(model.stores.marked.len(), 1);
    press(&mut model, "u");
    assert!(model.stores.marked.is_empty());
}

#[test]
fn a_large_list_is_arranged_elsewhere_and_late_answers_are_dropped() {
    let mut model = empty_model();
    let n_stores = u32::try_from(LARGE).unwrap() + 1;
    let commands = update(&mut model, Event::RegistryChanged(registry(fleet(n_stores))));
    let (first, first_task) = arrangement_asked_for(&commands).unwrap();
    assert!(press(&mut model, "SG").is_empty());
    let arranged = || Event::StoresArranged { request: first, arrangement: first_task.run() };
    let (second, task) = arrangement_asked_for(&update(&mut model, arranged())).unwrap();
    assert_eq!(shown(&model)[0], "store-1");
    let arrangement = task.run();
    update(&mut model, Event::StoresArranged { request: second, arrangement });
    let last = format!("store-{n_stores}");
    assert_eq!(shown(&model)[0], last);
    update(&mut model, arranged());
    assert_eq!(shown(&model)[0], last);
}

#[test]
fn changes_during_an_arrangement_are_not_lost() {
    let mut model = empty_model();
    let n_stores = u32::try_from(LARGE).unwrap() + 10;
    let mut stores = fleet(n_stores);
    let commands = update(&mut model, Event::RegistryChanged(registry(stores.clone())));
    let (request, task) = arrangement_asked_for(&commands).unwrap();
    stores.remove(4);
    stores.push(named("a-new-one"));
    update(&mut model, Event::RegistryChanged(registry(stores.clone())));
    update(&mut model, Event::StoresArranged { request, arrangement: task.run() });
    let ids = shown(&model);
    assert_eq!(ids.len(), stores.len());
    assert!(ids.contains(&"a-new-one") && !ids.contains(&"store-5"));
    assert!(model.stores.arranging.is_none());
}

#[test]
fn a_burst_during_an_arrangement_is_arranged_once_more() {
    let mut model = empty_model();
    let n_stores = u32::try_from(LARGE).unwrap() + 200;
    let stores = fleet(n_stores);
    let commands = update(&mut model, Event::RegistryChanged(registry(stores.clone())));
    let (request, task) = arrangement_asked_for(&commands).unwrap();
    let burst = registry(stores[..stores.len() - 150].to_vec());
    let commands = update(&mut model, Event::RegistryChanged(Arc::clone(&burst)));
    assert!(arrangement_asked_for(&commands).is_none());
    let arrangement = task.run();
    let commands = update(&mut model, Event::StoresArranged { request, arrangement });
    let (request, task) = arrangement_asked_for(&commands).unwrap();
    update(&mut model, Event::StoresArranged { request, arrangement: task.run() });
    assert_eq!(shown(&model).len(), burst.stores.len());
}

#[test]
fn letters_typed_meanwhile_narrow_what_arrives() {
    let mut model = empty_model();
    let n_stores = u32::try_from(LARGE).unwrap() + 100;
    let commands = update(&mut model, Event::RegistryChanged(registry(fleet(n_stores))));
    let (request, task) = arrangement_asked_for(&commands).unwrap();
    update(&mut model, Event::StoresArranged { request, arrangement: task.run() });
    let (request, task) = arrangement_asked_for(&press(&mut model, "/5")).unwrap();
    assert!(press(&mut model, "099").is_empty());
    let arrangement = task.run();
    let commands = update(&mut model, Event::StoresArranged { request, arrangement });
    assert!(arrangement_asked_for(&commands).is_none());
    assert_eq!(shown(&model), ["store-5099"]);
    let (request, task) = arrangement_asked_for(&press(&mut model, "<esc>")).unwrap();
    update(&mut model, Event::StoresArranged { request, arrangement: task.run() });
    assert_eq!((shown(&model).len(), selected(&model)), (n_stores as usize, "store-5099"));
}

#[test]
fn an_arrangement_that_was_lost_is_asked_for_again() {
    let mut model = empty_model();
    let n_stores = u32::try_from(LARGE).unwrap() + 1;
    update(&mut model, Event::RegistryChanged(registry(fleet(n_stores))));
    update(&mut model, Event::QueueFilled);
    let (request, task) = arrangement_asked_for(&wait(&mut model, 1000)).unwrap();
    update(&mut model, Event::StoresArranged { request, arrangement: task.run() });
    assert_eq!(model.stores.counts.total, shown(&model).len());
}

#[test]
fn occupancy_follows_the_registry() {
    let mut model = model_of(vec![store(1, 1), store(2, 2), store(3, 0)]);
    let lost = Store { route: Route::OutOfRange(9.0), ..(*store(1, 1)).clone() };
    update(&mut model, Event::RegistryChanged(registry(vec![Arc::new(lost), store(3, 0)])));
    let occupancy = &model.distribution.occupancy;
    assert_eq!((occupancy.total, occupancy.legacy, occupancy.out_of_range), (2, 1, 1));
    assert!(occupancy.shards.values().all(|count| *count == 0));
    assert_eq!((model.stores.counts.total, model.stores.counts.legacy), (2, 1));
}
