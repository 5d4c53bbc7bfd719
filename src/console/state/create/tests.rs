use std::collections::BTreeMap;

use bson::doc;

use super::{
    super::{event::Event, fixture::*, geometry::Area, model::Pane, update::update},
    *,
};
use crate::{
    console::state::geometry::{Geometry, Target},
    domain::{
        creation::{Choice, Created, Warning},
        database::{CollectionType, DatabaseId},
        index::IndexSpec,
        inventory::Named,
        job::{Progress, Step, StepState},
        placement::Strategy,
        pool::PoolState,
        store::Store,
    },
};

/// A frame with the answers of a question on it.
fn answers_drawn() -> Event {
    let targets = vec![(Area::default(), Target::Answer(0))];
    Event::FrameDrawn(Geometry { targets, ..geometry(10) })
}

fn survey() -> Survey {
    let index = |name: &str| IndexSpec::new(&doc! {"key": {name: 1}, "name": format!("{name}_1")});
    let usual = BTreeMap::from([(CollectionType::new("orders"), vec![index("createdAt")])]);
    let shards = (1..=5).filter_map(DatabaseId::new).map(|shard| (shard, Ok(Vec::new())));
    Survey {
        shards: shards.collect(),
        documents: BTreeMap::new(),
        usual_indexes: usual,
        without_unique_index: Ok(Vec::new()),
    }
}

fn survey_asked_for(commands: &[Command]) -> RequestId {
    let request = commands.iter().find_map(|command| match command {
        Command::SurveyFleet { request } => Some(*request),
        _ => None,
    });
    request.expect("the fleet is looked at")
}

fn creation_asked_for(commands: &[Command]) -> Option<(RequestId, Plan)> {
    commands.iter().find_map(|command| match command {
        Command::CreateStore { request, plan } => Some((*request, (**plan).clone())),
        _ => None,
    })
}

/// The form is open, the fleet was looked at.
fn opened() -> Model {
    let mut model = model_of(fleet(7));
    let request = survey_asked_for(&press(&mut model, "n"));
    update(&mut model, Event::FleetSurveyed { request, survey: Ok(Arc::new(survey())) });
    model
}

/// The question is on the screen.
fn asked() -> Model {
    let mut model = opened();
    press(&mut model, "store-8<tab>Corner Shop<enter>");
    update(&mut model, answers_drawn());
    model
}

/// The run has begun.
fn running() -> (Model, RequestId) {
    let mut model = asked();
    let (request, _) = creation_asked_for(&press(&mut model, "y")).expect("it is begun");
    (model, request)
}

fn faults(model: &Model) -> Vec<String> {
    let planned = model.creation.planned.as_ref().expect("it is planned");
    let faults = planned.outcome.as_ref().expect_err("something is wrong");
    faults.iter().map(|fault| format!("{:?} {}", fault.field, fault.reason)).collect()
}

fn plan(model: &Model) -> &Plan {
    let planned = model.creation.planned.as_ref().expect("it is planned");
    planned.outcome.as_ref().expect("nothing is wrong")
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map(|notice| notice.text.as_str()).unwrap_or_default()
}

fn is_asking(model: &Model) -> bool {
    matches!(model.creation.stage, Stage::Asking(_))
}

fn new_store() -> Arc<Store> {
    Arc::new(Store { store_id: Some("store-8".into()), ..(*store(8, 1)).clone() })
}

fn created() -> Created {
    Created {
        record: new_store().record.clone(),
        shard: DatabaseId::new(1).unwrap(),
        collections: vec!["corner_shop_orders".into()],
        steps: vec![step("registry record", StepState::Done)],
        warnings: Vec::new(),
    }
}

fn step(name: &str, state: StepState) -> Step {
    Step { name: name.into(), state, took_ms: Some(3) }
}

fn with(store: Arc<Store>) -> Event {
    let mut stores = fleet(7);
    stores.push(store);
    Event::RegistryChanged(registry(stores))
}

#[test]
fn fields_are_checked_and_planned_as_they_are_typed() {
    let mut model = opened();
    assert_eq!(faults(&model).len(), 3);
    press(&mut model, "STORE-3");
    assert!(faults(&model)[0].contains("store `store-3` has it already"), "{:?}", faults(&model));
    press(&mut model, "3");
    assert_eq!(faults(&model).len(), 2);
    press(&mut model, "<tab>Corner Shop");
    let plan = plan(&model);
    assert_eq!((plan.store_id.as_str(), plan.prefix.as_str()), ("STORE-33", "corner_shop"));
    assert_eq!(plan.collections[1].indexes[0].name(), "createdAt_1");
}

#[test]
fn the_prefix_follows_the_name_until_one_is_typed() {
    let mut model = opened();
    press(&mut model, "x<tab>Corner");
    assert_eq!(plan(&model).prefix, "corner");
    press(&mut model, "s");
    assert_eq!(plan(&model).prefix, "corners");
    // A letter begins a prefix of one's own, and the name changes it no more.
    press(&mut model, "<tab>kiosk<shift-tab>hop");
    assert_eq!(plan(&model).prefix, "kiosk");
    // Without a letter of one's own, the suggestion is back.
    press(&mut model, "<tab><backspace><backspace><backspace><backspace><backspace>");
    assert_eq!(plan(&model).prefix, "cornershop");
    // Taking a letter away works on the suggestion.
    press(&mut model, "<backspace>");
    assert_eq!(plan(&model).prefix, "cornersho");
    assert!(model.creation.form.has_own_prefix());
}

#[test]
fn the_shard_and_the_indexes_are_chosen_with_left_and_right() {
    let mut model = opened();
    press(&mut model, "x<tab>Corner<tab><tab>");
    assert_eq!(plan(&model).choice, Choice::Strategy(Strategy::Documented));
    press(&mut model, "<right>");
    assert_eq!(plan(&model).choice, Choice::Strategy(Strategy::RoundRobin));
    press(&mut model, "<right><right>");
    assert_eq!(plan(&model).choice, Choice::Shard(DatabaseId::new(1).unwrap()));
    press(&mut model, "<left><left><left><left>");
    assert_eq!(plan(&model).shard.get(), 5);
    press(&mut model, "<tab><space>");
    assert!(plan(&model).collections.iter().all(|one| one.indexes.is_empty()));
    press(&mut model, "<left>");
    assert!(!plan(&model).collections[1].indexes.is_empty());
    // The fields go around.
    press(&mut model, "<tab>");
    assert_eq!(model.creation.form.focus, FormField::StoreId);
    press(&mut model, "<up><up>");
    assert_eq!(model.creation.form.focus, FormField::Database);
}

#[test]
fn enter_asks_and_only_a_clear_yes_makes_the_store() {
    for no in ["<enter>", "n", "<esc>", "<right><left><enter>", "<tab><tab><enter>"] {
        let mut model = asked();
        assert!(is_asking(&model));
        assert!(creation_asked_for(&press(&mut model, no)).is_none(), "{no}");
        assert!(!is_asking(&model) && matches!(model.top, Top::Create), "{no}");
        assert_eq!(plan(&model).store_id, "store-8");
    }
    for yes in ["y", "<right><enter>", "<tab><enter>", "<shift-tab><enter>"] {
        let (_, plan) = creation_asked_for(&press(&mut asked(), yes)).expect(yes);
        assert_eq!((plan.store_id.as_str(), plan.name.as_str()), ("store-8", "Corner Shop"));
    }
}

#[test]
fn neither_a_paste_nor_keys_typed_ahead_confirm() {
    let mut model = asked();
    assert!(update(&mut model, Event::Pasted("y\ny\r\n".into())).is_empty());
    assert!(is_asking(&model));
    assert!(notice(&model).contains("a paste chooses and confirms nothing"));
    let mut model = opened();
    let commands = press(&mut model, "store-8<tab>Corner Shop<enter>y<enter><right><enter>y");
    assert!(creation_asked_for(&commands).is_none());
    assert!(is_asking(&model));
    // The frame that is drawn afterwards shows the question.
    update(&mut model, answers_drawn());
    assert!(creation_asked_for(&press(&mut model, "y")).is_some());
}

#[test]
fn a_paste_goes_into_the_field_as_one_line() {
    let mut model = opened();
    assert!(update(&mut model, Event::Pasted(" store-9\nx \n".into())).is_empty());
    assert_eq!(model.creation.form.store_id.value(), "store-9 x");
    press(&mut model, "<tab>Corner<tab>");
    update(&mut model, Event::Pasted("own".into()));
    assert_eq!(plan(&model).prefix, "own");
    press(&mut model, "<tab>");
    update(&mut model, Event::Pasted("5".into()));
    assert!(notice(&model).contains("no text field"));
}

#[test]
fn enter_with_a_fault_goes_to_the_field_and_says_why() {
    let mut model = opened();
    press(&mut model, "new-1<tab><tab><enter>");
    assert!(!is_asking(&model));
    assert_eq!(model.creation.form.focus, FormField::Name);
    assert_eq!(notice(&model), "name is empty");
}

#[test]
fn the_question_waits_for_the_look_at_the_fleet() {
    let mut model = model_of(fleet(7));
    let request = survey_asked_for(&press(&mut model, "n"));
    press(&mut model, "store-8<tab>Corner<enter>");
    assert!(!is_asking(&model));
    assert!(notice(&model).contains("still looked at"));
    let leftover = Named {
        name: "corner_orders".into(),
        form: crate::domain::collection::Form::Collection,
        indexes: None,
    };
    let mut survey = survey();
    survey.shards.insert(DatabaseId::new(1).unwrap(), Ok(vec![leftover]));
    update(&mut model, Event::FleetSurveyed { request, survey: Ok(Arc::new(survey)) });
    assert!(is_asking(&model));
    assert!(matches!(plan(&model).warnings[..], [Warning::Adopts { .. }]));
    // A key in between takes the wish back.
    let mut model = model_of(fleet(7));
    let request = survey_asked_for(&press(&mut model, "n"));
    press(&mut model, "store-8<tab>Corner<enter>x");
    update(&mut model, Event::FleetSurveyed { request, survey: Err(refused()) });
    assert!(!is_asking(&model));
    // A look that failed is no reason not to ask.
    press(&mut model, "<enter>");
    assert!(is_asking(&model));
}

#[test]
fn the_plan_follows_the_fleet() {
    let mut model = opened();
    press(&mut model, "store-8<tab>Corner");
    let slow = pools(&model, |number| if number == 1 { PoolState::Slow } else { PoolState::Up });
    update(&mut model, Event::PoolsChanged(Arc::new(slow)));
    assert!(matches!(plan(&model).warnings[..], [Warning::Slow { .. }]));
    update(&mut model, with(new_store()));
    assert!(faults(&model)[0].contains("store `store-8` has it already"));
}

#[test]
fn what_is_asked_about_is_asked_anew_when_it_changes() {
    let mut model = asked();
    let slow = pools(&model, |number| if number == 1 { PoolState::Slow } else { PoolState::Up });
    update(&mut model, Event::PoolsChanged(Arc::new(slow)));
    assert!(notice(&model).contains("look again"));
    assert!(creation_asked_for(&press(&mut model, "y")).is_none());
    update(&mut model, answers_drawn());
    assert!(creation_asked_for(&press(&mut model, "y")).is_some());
    let mut model = asked();
    update(&mut model, with(new_store()));
    assert!(!is_asking(&model) && notice(&model).contains("look at the fields again"));
}

#[test]
fn nothing_is_opened_where_nothing_can_be_written() {
    let mut model = model_of(fleet(3));
    model.session.read_only = true;
    assert!(press(&mut model, "n").is_empty());
    assert!(matches!(model.top, Top::Panes) && notice(&model).starts_with("read-only"));
    let mut model = empty_model();
    press(&mut model, "n");
    assert!(matches!(model.top, Top::Panes) && notice(&model).contains("not read yet"));
    let mut model = model_of(fleet(3));
    let cached = Registry { source: Source::Cache, ..Registry::clone(&model.registry) };
    update(&mut model, Event::RegistryChanged(Arc::new(cached.clone())));
    press(&mut model, "n");
    assert!(matches!(model.top, Top::Panes) && notice(&model).contains("out of reach"));
    // While the form is open, the question is refused.
    let mut model = opened();
    press(&mut model, "store-8<tab>Corner");
    update(&mut model, Event::RegistryChanged(Arc::new(cached)));
    press(&mut model, "<enter>");
    assert!(!is_asking(&model) && notice(&model).contains("out of reach"));
}

#[test]
fn a_draft_outlives_the_form() {
    let mut model = opened();
    press(&mut model, "store-8<tab>Cor<esc>");
    assert!(matches!(model.top, Top::Panes));
    press(&mut model, "n");
    assert_eq!(model.creation.form.store_id.value(), "store-8");
    press(&mut model, "ner");
    assert_eq!(model.creation.form.name.value(), "Corner");
    let mut model = opened();
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes) && model.notice.is_none());
}

#[test]
fn a_store_that_was_made_is_selected_once_the_registry_has_it() {
    let (mut model, request) = running();
    let progress = Progress { steps: vec![step("checks", StepState::Done)], failure: None };
    update(&mut model, Event::CreationAdvanced { request, progress: progress.clone() });
    assert_eq!(model.creation.run.as_ref().unwrap().progress, progress);
    update(&mut model, Event::StoreCreated { request, outcome: Ok(created()) });
    assert_eq!(notice(&model), "made store store-8 in pos_db_1");
    assert_eq!(selected(&model), "store-1");
    update(&mut model, with(new_store()));
    assert_eq!(selected(&model), "store-8");
    press(&mut model, "<enter>");
    assert!(matches!(model.top, Top::Panes) && model.focus == Pane::Stores);
    // The next form is an empty one.
    press(&mut model, "n");
    assert!(model.creation.form.is_pristine());
}

#[test]
fn whoever_goes_on_meanwhile_keeps_the_selection() {
    let (mut model, request) = running();
    update(&mut model, Event::StoreCreated { request, outcome: Ok(created()) });
    press(&mut model, "<enter>jj");
    update(&mut model, with(new_store()));
    assert_eq!(selected(&model), "store-3");
}

#[test]
fn an_open_form_wakes_nobody_and_a_run_once_a_second() {
    let mut model = opened();
    press(&mut model, "store-8<tab>Corner");
    wait(&mut model, 5_000);
    assert_eq!(model.next_wake(), None);
    let (mut model, _) = running();
    let in_a_second = model.now + jiff::SignedDuration::from_secs(1);
    wait(&mut model, 200);
    assert_eq!(model.next_wake(), Some(in_a_second));
}

#[test]
fn a_store_that_the_filter_hides_is_shown() {
    let (mut model, request) = running();
    press(&mut model, "<esc>/store-5<enter>");
    assert_eq!(shown(&model), ["store-5"]);
    press(&mut model, "n");
    update(&mut model, with(new_store()));
    update(&mut model, Event::StoreCreated { request, outcome: Ok(created()) });
    assert_eq!(selected(&model), "store-8");
}

#[test]
fn whoever_left_the_run_is_told_and_not_torn_away() {
    let (mut model, request) = running();
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes) && notice(&model).contains("the run goes on"));
    press(&mut model, "jj");
    update(&mut model, with(new_store()));
    update(&mut model, Event::StoreCreated { request, outcome: Ok(created()) });
    assert_eq!((selected(&model), notice(&model)), ("store-3", "made store store-8 in pos_db_1"));
    let (mut model, request) = running();
    press(&mut model, "<esc>");
    let commands = update(&mut model, Event::StoreCreated { request, outcome: Err(refused()) });
    assert!(commands.iter().any(|command| matches!(command, Command::LoadJobs { .. })));
    assert!(
        notice(&model).contains("store store-8 was not made")
            && notice(&model).contains("n shows more")
    );
    press(&mut model, "n");
    assert!(matches!(model.creation.stage, Stage::Running));
}

#[test]
fn a_run_that_failed_leads_back_to_the_fields() {
    let (mut model, request) = running();
    update(&mut model, Event::StoreCreated { request, outcome: Err(refused()) });
    let commands = press(&mut model, "y");
    assert!(matches!(&commands[..], [Command::Copy { what: "error", .. }]));
    let commands = press(&mut model, "<enter>");
    survey_asked_for(&commands);
    assert!(matches!(model.creation.stage, Stage::Filling));
    assert_eq!(model.creation.form.store_id.value(), "store-8");
}

#[test]
fn answers_to_another_run_are_dropped() {
    let (mut model, request) = running();
    let late = RequestId(request.0 - 1);
    update(&mut model, Event::StoreCreated { request: late, outcome: Err(refused()) });
    assert!(model.creation.run.as_ref().unwrap().outcome.is_none());
}

#[test]
fn names_of_a_large_fleet_are_gathered_elsewhere() {
    let n_stores = u32::try_from(stores::LARGE).unwrap() + 1;
    let mut model = model_of(fleet(n_stores));
    let commands = press(&mut model, "n");
    let survey_request = survey_asked_for(&commands);
    let gathering = |commands: &[Command]| {
        commands.iter().find_map(|command| match command {
            Command::GatherNames { request, registry } => Some((*request, Arc::clone(registry))),
            _ => None,
        })
    };
    let (request, names_of) = gathering(&commands).expect("names are gathered");
    let survey = Ok(Arc::new(survey()));
    update(&mut model, Event::FleetSurveyed { request: survey_request, survey });
    assert!(gathering(&press(&mut model, "store-3<tab>Corner<enter>")).is_none());
    assert!(model.creation.planned.is_none() && !is_asking(&model));
    let taken = Some(Arc::new(crate::domain::creation::Taken::of(&names_of)));
    update(&mut model, Event::NamesGathered { request, taken: taken.clone() });
    assert_eq!(notice(&model), "storeId store `store-3` has it already");
    press(&mut model, "-new<enter>");
    assert!(is_asking(&model));
    // One that the registry outdates is gathered anew, and asked about only then.
    press(&mut model, "<esc>");
    let mut stores = fleet(n_stores);
    stores.push(store(n_stores + 1, 1));
    let commands = update(&mut model, Event::RegistryChanged(registry(stores)));
    let (request, _) = gathering(&commands).expect("names are gathered anew");
    press(&mut model, "<enter>");
    assert!(!is_asking(&model));
    let commands = update(&mut model, Event::NamesGathered { request, taken });
    assert!(is_asking(&model));
    assert!(commands.iter().any(|command| matches!(command, Command::DiscardNames(_))));
}

#[test]
fn clicks_focus_fields_and_answer() {
    let mut model = opened();
    let frame = shown_targets(&[Target::Field(1), Target::Answer(0), Target::Answer(1)]);
    update(&mut model, Event::FrameDrawn(frame));
    press(&mut model, "store-8");
    click(&mut model, 1, 0);
    assert_eq!(model.creation.form.focus, FormField::Name);
    assert!(click(&mut model, 1, 2).is_empty());
    press(&mut model, "Corner<enter>");
    click(&mut model, 1, 1);
    assert!(!is_asking(&model));
    press(&mut model, "<enter>");
    assert!(creation_asked_for(&click(&mut model, 1, 2)).is_some());
}

#[derive(Debug, Clone)]
enum Happening {
    Keys(&'static str),
    Paste(String),
    Drawn,
    Surveyed,
    Slow(bool),
    Stores(u32),
    Ended(bool),
}

fn any_happening() -> impl proptest::strategy::Strategy<Value = Happening> {
    use proptest::prelude::*;
    let keys = vec![
        "n",
        "y",
        "<enter>",
        "<esc>",
        "<tab>",
        "<shift-tab>",
        "<left>",
        "<right>",
        "<space>",
        "<backspace>",
        "<up>",
        "<down>",
        "<pgdn>",
        "<f1>",
        "<f5>",
        "store-9<tab>Corner<enter>",
    ];
    prop_oneof![
        12 => prop::sample::select(keys).prop_map(Happening::Keys),
        1 => "[yn\r\na\u{202e}]{0,4}".prop_map(Happening::Paste),
        4 => Just(Happening::Drawn),
        2 => Just(Happening::Surveyed),
        1 => any::<bool>().prop_map(Happening::Slow),
        1 => (5_u32..10).prop_map(Happening::Stores),
        1 => any::<bool>().prop_map(Happening::Ended),
    ]
}

fn event_of(model: &Model, happening: &Happening) -> Event {
    match happening {
        Happening::Keys(_) => unreachable!("keys are pressed one by one"),
        Happening::Paste(text) => Event::Pasted(text.clone()),
        Happening::Drawn => answers_drawn(),
        Happening::Surveyed => {
            let request = model.creation.looked.looking.unwrap_or_default();
            Event::FleetSurveyed { request, survey: Ok(Arc::new(survey())) }
        }
        Happening::Slow(is_slow) => {
            let state = if *is_slow { PoolState::Slow } else { PoolState::Up };
            Event::PoolsChanged(Arc::new(pools(model, |_| state)))
        }
        Happening::Stores(number) => Event::RegistryChanged(registry(fleet(*number))),
        Happening::Ended(is_well) => {
            let outcome = if *is_well { Ok(created()) } else { Err(refused()) };
            Event::StoreCreated { request: model.last_request, outcome }
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_store_is_begun_only_by_a_key_and_a_question_that_was_seen(
        happenings in proptest::collection::vec(any_happening(), 1..60),
    ) {
        let mut model = opened();
        let mut was_seen = false;
        for happening in happenings {
            if let Happening::Keys(script) = happening {
                let could = was_seen && is_asking(&model) && matches!(model.top, Top::Create);
                let begun = creation_asked_for(&press(&mut model, script)).is_some();
                proptest::prop_assert!(!begun || could, "{script}");
            } else {
                let event = event_of(&model, &happening);
                proptest::prop_assert!(creation_asked_for(&update(&mut model, event)).is_none());
            }
            was_seen = is_asking(&model) && (was_seen || matches!(happening, Happening::Drawn));
            proptest::prop_assert!(model.next_wake().is_none_or(|wake| wake > model.now));
        }
    }
}
