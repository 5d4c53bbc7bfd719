//! Whatever happens in whatever order: nothing panics, and the selection holds.

use std::{collections::BTreeSet, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::super::{event::Event, fixture::*, model::Model, update::update};
use crate::domain::{
    pool::PoolState,
    store::{RecordId, Store},
};

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let codes = prop_oneof![
        8 => prop::sample::select("hjklgGsSfzrpbmte/?:!y 1234unJ".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up,
            KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End,
            KeyCode::Backspace, KeyCode::Left, KeyCode::Right, KeyCode::Delete,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    (codes, prop_oneof![9 => Just(0_u8), 1 => 0_u8..8])
        .prop_map(|(code, bits)| KeyEvent::new(code, KeyModifiers::from_bits_truncate(bits)))
}

#[derive(Debug, Clone)]
enum Step {
    Key(KeyEvent),
    Rows(usize),
    Stores(Vec<u8>),
    Pools(u8),
    Click(u16, u16),
    Wait(u16),
    Paste(String),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_key().prop_map(Step::Key),
        1 => (0_usize..40).prop_map(Step::Rows),
        2 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Step::Stores),
        1 => any::<u8>().prop_map(Step::Pools),
        1 => (0_u16..90, 0_u16..60).prop_map(|(column, row)| Step::Click(column, row)),
        1 => any::<u16>().prop_map(Step::Wait),
        1 => any::<String>().prop_map(Step::Paste),
    ]
}

/// Stores by number; the number also says what is odd about them.
fn some_stores(numbers: &[u8]) -> Vec<Arc<Store>> {
    let unique: BTreeSet<u8> = numbers.iter().copied().collect();
    unique
        .iter()
        .map(|number| match number % 7 {
            0 => malformed((*number).into()),
            shard => store((*number).into(), u32::from(shard) - 1),
        })
        .collect()
}

fn take(model: &mut Model, step: Step) {
    let event = match step {
        Step::Key(key) => Event::KeyPressed(key),
        Step::Rows(rows) => Event::FrameDrawn(geometry(rows)),
        Step::Stores(numbers) => Event::RegistryChanged(registry(some_stores(&numbers))),
        Step::Pools(bits) => {
            let state = |number: usize| {
                if bits >> number & 1 == 1 { PoolState::Down } else { PoolState::Up }
            };
            Event::PoolsChanged(Arc::new(pools(model, state)))
        }
        Step::Click(column, row) => Event::MouseUsed(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }),
        Step::Wait(milliseconds) => {
            wait(model, milliseconds.into());
            return;
        }
        Step::Paste(text) => Event::Pasted(text),
    };
    update(model, event);
}

fn check(model: &Model) -> Result<(), TestCaseError> {
    let len = model.stores.rows().len();
    prop_assert_eq!(model.stores.row.is_some(), len > 0);
    prop_assert!(model.stores.row.unwrap_or(0) < len.max(1));
    prop_assert!(model.stores.first <= model.stores.row.unwrap_or(0));
    if let Some(store) = model.stores.selected_store() {
        prop_assert_eq!(Some(&store.record), model.stores.selected.as_ref());
    }
    prop_assert!(model.next_wake().is_none_or(|wake| wake > model.now));
    Ok(())
}

proptest! {
    #[test]
    fn nothing_panics_whatever_happens(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut model = model_of(fleet(15));
        for step in steps {
            take(&mut model, step);
            check(&model)?;
        }
    }

    #[test]
    fn a_registry_change_never_selects_another_store(
        before in prop::collection::vec(any::<u8>(), 1..60),
        row in 0_usize..60,
        after in prop::collection::vec(any::<u8>(), 0..200),
        orders in 0_usize..10,
    ) {
        let mut model = model_of(some_stores(&before));
        press(&mut model, &"s".repeat(orders));
        press(&mut model, &"j".repeat(row));
        let chosen = model.stores.selected.clone().unwrap();
        // Every store changes its route, so that none keeps its place for certain.
        let changed: Vec<Arc<Store>> = some_stores(&after)
            .into_iter()
            .map(|old| Arc::new(Store { name: Some("renamed".into()), ..(*old).clone() }))
            .collect();
        let survives = changed.iter().any(|store| store.record == chosen);
        update(&mut model, Event::RegistryChanged(registry(changed)));
        if survives {
            prop_assert_eq!(model.stores.selected.as_ref(), Some(&chosen));
        }
        check(&model)?;
    }

    #[test]
    fn a_filter_keeps_the_same_whether_typed_or_applied_at_once(
        numbers in prop::collection::vec(any::<u8>(), 0..60),
        text in "[s!=1-3 b]{0,8}",
    ) {
        let mut typed = model_of(some_stores(&numbers));
        press(&mut typed, "/");
        press(&mut typed, &text);
        let mut pasted = model_of(some_stores(&numbers));
        press(&mut pasted, "/");
        update(&mut pasted, Event::Pasted(text));
        prop_assert_eq!(shown(&typed), shown(&pasted));
    }

    #[test]
    fn following_changes_gives_the_rows_that_sorting_anew_gives(
        before in prop::collection::vec(any::<u8>(), 0..40),
        after in prop::collection::vec(any::<u8>(), 0..40),
        script in "[sSp]{0,6}",
    ) {
        let mut model = model_of(some_stores(&before));
        press(&mut model, &script);
        update(&mut model, Event::RegistryChanged(registry(some_stores(&after))));
        let followed: Vec<RecordId> =
            model.stores.rows().iter().map(|store| store.record.clone()).collect();
        press(&mut model, "SS");
        let anew: Vec<RecordId> =
            model.stores.rows().iter().map(|store| store.record.clone()).collect();
        prop_assert_eq!(followed, anew);
    }
}
