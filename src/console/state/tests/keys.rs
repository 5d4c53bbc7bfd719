use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};

use super::super::{
    command::Command,
    event::Event,
    fixture::*,
    model::{Pane, Top},
    palette::Choice,
    stores::StoreColumn,
    update::update,
};
use crate::domain::database::Database;

#[test]
fn five_hundred_keys_are_taken_in_order() {
    let mut model = model_of(fleet(1000));
    press(&mut model, &"j".repeat(500));
    assert_eq!(selected(&model), "store-501");
    press(&mut model, &"jjk".repeat(100));
    assert_eq!(selected(&model), "store-601");
    assert!(model.stores.row.unwrap() - model.stores.first < 10);
}

#[test]
fn escape_goes_out_step_by_step_and_never_quits() {
    let mut model = model_of(fleet(5));
    press(&mut model, " z/store-1<enter>");
    assert!(model.switches.zoomed && !model.stores.filter.is_empty());
    for _ in 0..10 {
        assert!(press(&mut model, "<esc>").is_empty());
    }
    assert!(!model.switches.zoomed && model.stores.filter.is_empty());
    assert!(model.stores.marked.is_empty());
    assert!(model.notice.unwrap().text.as_str().contains("q quits"));
}

#[test]
fn escape_leaves_the_collections_before_the_filter() {
    let mut model = model_of(fleet(5));
    press(&mut model, "/store-1<enter><enter>");
    assert_eq!(model.focus, Pane::Collections);
    press(&mut model, "<esc>");
    assert!(model.focus == Pane::Stores && !model.stores.filter.is_empty());
    press(&mut model, "<esc>");
    assert!(model.stores.filter.is_empty());
}

#[test]
fn control_c_quits_from_everywhere() {
    for script in ["", "?", ":", "/", "e"] {
        let mut model = model_of(fleet(5));
        press(&mut model, script);
        assert!(matches!(press(&mut model, "<ctrl-c>")[..], [Command::Quit]), "{script}");
    }
}

#[test]
fn a_paste_confirms_nothing() {
    let mut model = model_of(fleet(5));
    let pasted = || Event::Pasted("store-3\nq\r\n".into());
    assert!(update(&mut model, pasted()).is_empty());
    assert!(model.stores.filter.is_empty() && model.notice.is_some());
    press(&mut model, "/");
    assert!(update(&mut model, pasted()).is_empty());
    assert!(model.stores.is_typing);
    assert_eq!(model.stores.input.value(), "store-3 q");
    press(&mut model, "<esc>:");
    assert!(update(&mut model, Event::Pasted("quit\n".into())).is_empty());
    assert!(matches!(model.top, Top::Palette(_)));
}

#[test]
fn panes_are_focused_by_tab_and_by_number() {
    let mut model = model_of(fleet(5));
    press(&mut model, "1<tab>");
    assert_eq!(model.focus, Pane::Distribution);
    press(&mut model, "<shift-tab><shift-tab>");
    assert_eq!(model.focus, Pane::Collections);
    press(&mut model, "3");
    assert_eq!(model.focus, Pane::Stores);
}

#[test]
fn enter_on_a_database_shows_its_stores() {
    let mut model = model_of(fleet(10));
    press(&mut model, "1jj<enter>");
    assert_eq!(shown(&model), ["store-1", "store-6"]);
    assert_eq!(model.stores.input.value(), "=pos_db_2");
    assert_eq!(model.focus, Pane::Stores);
}

#[test]
fn enter_on_a_bar_shows_its_stores() {
    let mut model = model_of(fleet(10));
    press(&mut model, "2<enter>");
    assert_eq!(shown(&model), ["store-5", "store-10"]);
}

#[test]
fn the_palette_finds_actions_databases_stores_and_collections() {
    let mut model = model_of(fleet(50));
    for (script, choice) in [
        (":quit<enter>", "Quit"),
        (":store-42<enter>", "store-42"),
        (":pos_db_4<enter>", "pos_db_4"),
    ] {
        let commands = press(&mut model, script);
        match choice {
            "Quit" => assert!(matches!(commands[..], [Command::Quit])),
            "pos_db_4" => {
                assert_eq!((model.focus, model.databases.cursor.row), (Pane::Databases, 4));
            }
            store => assert_eq!(selected(&model), store),
        }
        assert!(matches!(model.top, Top::Panes));
    }
    press(&mut model, ":s7_ord");
    let Top::Palette(palette) = &model.top else { panic!("the palette is open") };
    let best = palette.selected().unwrap();
    assert_eq!(best.label.as_str(), "s7_orders");
    assert!(matches!(best.choice, Choice::GoToCollection(..)));
    let commands = press(&mut model, "<enter>");
    let loads_orders = |command: &Command| matches!(command, Command::LoadPage { collection, .. } if collection == "s7_orders");
    assert!(commands.iter().any(loads_orders));
    assert!(matches!(model.top, Top::Documents(_)));
}

#[test]
fn the_palette_searches_a_large_fleet_elsewhere_one_search_at_a_time() {
    fn asked_for(commands: Vec<Command>) -> Option<Event> {
        commands.into_iter().find_map(|command| match command {
            Command::SearchStores { request, task } => {
                Some(Event::StoresFound { request, found: task.run() })
            }
            _ => None,
        })
    }
    let mut model = model_of(fleet(6000));
    let early = asked_for(press(&mut model, ":s")).unwrap();
    assert!(asked_for(press(&mut model, "tore-5999")).is_none());
    let found = asked_for(update(&mut model, early)).unwrap();
    update(&mut model, found);
    let Top::Palette(palette) = &model.top else { panic!("the palette is open") };
    assert_eq!(palette.searching, None);
    assert_eq!(palette.selected().unwrap().label.as_str(), "store-5999 Bakery No. 5999");
}

#[test]
fn an_action_about_the_panes_leaves_the_documents() {
    let mut model = model_of(fleet(30));
    press(&mut model, ":s1_products<enter>:filter the<enter>");
    assert!(matches!(model.top, Top::Panes) && model.stores.is_typing);
}

#[test]
fn going_to_a_store_clears_a_filter_that_hides_it() {
    let mut model = model_of(fleet(30));
    press(&mut model, "/pos_db_1<enter>:store-22");
    press(&mut model, "<enter>");
    assert_eq!(selected(&model), "store-22");
    assert!(model.stores.filter.is_empty());
}

#[test]
fn help_over_the_documents_gives_them_back() {
    let mut model = model_of(fleet(3));
    press(&mut model, ":s1_products<enter>?filter");
    let Top::Help(help) = &model.top else { panic!("the help is open") };
    assert!(help.rows.iter().any(|row| row.keys == "/"));
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Documents(_)));
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn the_history_opens_and_closes_with_its_key() {
    let mut model = model_of(fleet(3));
    press(&mut model, "e");
    assert!(matches!(model.top, Top::Events(_)));
    press(&mut model, "e");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn what_is_copied_is_safe() {
    let mut model = model_of(vec![named("evil\u{202e}\u{1b}[2J")]);
    let commands = press(&mut model, "y");
    let [Command::Copy { text, what }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((text.as_str(), *what), ("evil\\u{202e}\\u{1b}[2J", "storeId"));
    let commands = press(&mut model, "1y");
    let [Command::Copy { text, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(text, "main_db");
}

#[test]
fn retry_asks_for_what_has_the_focus() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "1jr");
    let shard = model.pools.pools[1].database;
    assert!(matches!(shard, Database::Shard(_)));
    assert!(matches!(&commands[..], [Command::Retry(Some(database))] if *database == shard));
    assert!(matches!(press(&mut model, "2r")[..], [Command::LoadUsage { .. }]));
    assert!(matches!(press(&mut model, "3r")[..], [Command::Retry(None), ..]));
}

#[test]
fn the_mouse_selects_sorts_and_goes_in() {
    let mut model = model_of(fleet(30));
    click(&mut model, 5, 26);
    assert_eq!((selected(&model), model.focus), ("store-4", Pane::Stores));
    assert!(click(&mut model, 5, 26).is_empty() || model.focus == Pane::Collections);
    assert_eq!(model.focus, Pane::Collections);
    click(&mut model, 5, 22);
    assert_eq!(model.stores.order.column, StoreColumn::Name);
    click(&mut model, 5, 0);
    assert_eq!(model.focus, Pane::Databases);
    let down = MouseEvent {
        kind: MouseEventKind::ScrollDown,
        column: 5,
        row: 3,
        modifiers: KeyModifiers::NONE,
    };
    update(&mut model, Event::MouseUsed(down));
    assert_eq!(model.databases.cursor.row, 3);
}

#[test]
fn mouse_theme_and_suspension_are_switched_by_key() {
    let mut model = model_of(fleet(3));
    assert!(matches!(press(&mut model, "m")[..], [Command::CaptureMouse { captured: false }]));
    let theme = model.switches.theme;
    press(&mut model, "t");
    assert_ne!(model.switches.theme, theme);
    assert!(matches!(press(&mut model, "<ctrl-z>")[..], [Command::Suspend]));
}

#[test]
fn a_key_without_meaning_redraws_nothing() {
    let mut model = model_of(fleet(3));
    model.redraw = false;
    assert!(press(&mut model, "@~%").is_empty());
    assert!(!model.redraw);
}
