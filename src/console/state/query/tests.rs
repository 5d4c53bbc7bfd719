use bson::{doc, rawdoc};

use super::{
    super::{
        event::Event,
        fixture::*,
        geometry::{Area, Geometry, Target},
        update::update,
    },
    *,
};
use crate::{
    config::SavedQuery,
    domain::{
        export::Format,
        question::{Kind, Totals},
        store::Store,
    },
};

fn request_of(commands: &[Command]) -> RequestId {
    let found = commands.iter().find_map(|command| match command {
        Command::AskStores { request, .. } => Some(*request),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing was asked: {commands:?}"))
}

fn question_of(commands: &[Command]) -> (&Question, &Plan) {
    let found = commands.iter().find_map(|command| match command {
        Command::AskStores { question, plan, .. } => Some((question.as_ref(), plan.as_ref())),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing was asked: {commands:?}"))
}

#[test]
fn a_question_is_typed_and_asked_to_all_stores() {
    let mut model = model_of(fleet(7));
    let commands = press(&mut model, "Q{total: {$gt: 5}}<down>{total: -1}<enter>");
    let (question, plan) = question_of(&commands);
    assert_eq!(question.query.filter, doc! {"total": {"$gt": 5}});
    assert_eq!(question.query.sort, doc! {"total": -1});
    assert_eq!((question.kind.clone(), question.limit), (Kind::Find, Some(100)));
    assert_eq!((plan.targets.len(), question.of_type.as_str()), (7, "orders"));
}

#[test]
fn marked_stores_are_asked_alone() {
    let mut model = model_of(fleet(7));
    let commands = press(&mut model, "<space>j<space>Q<enter>");
    assert_eq!(question_of(&commands).1.targets.len(), 2);
}

#[test]
fn a_click_goes_to_a_field_while_one_is_typed_into() {
    let mut model = model_of(fleet(7));
    press(&mut model, "Q{a: 1}");
    let frame = shown_targets(&[Target::Field(2), Target::Field(4), Target::Field(9)]);
    update(&mut model, Event::FrameDrawn(frame));
    click(&mut model, 3, 1);
    assert_eq!(model.query.focus, FormPart::Second);
    click(&mut model, 3, 2);
    assert_eq!(model.query.focus, FormPart::Second);
    press(&mut model, "{b: -1}");
    click(&mut model, 3, 0);
    press(&mut model, "<right>");
    assert_eq!((model.query.focus, model.query.scope), (FormPart::Stores, Scope::Marked));
    press(&mut model, "<left>");
    let commands = press(&mut model, "<enter>");
    let (question, _) = question_of(&commands);
    assert_eq!((&question.query.filter, &question.query.sort), (&doc! {"a": 1}, &doc! {"b": -1}));
    // It is asked, and the form is not there to be clicked on.
    click(&mut model, 3, 1);
    assert_eq!(model.query.focus, FormPart::Stores);
}

#[test]
fn mistakes_are_shown_in_their_field_and_nothing_is_sent() {
    let mut model = model_of(fleet(3));
    press(&mut model, "Q");
    assert!(press(&mut model, "{a: 1}<down>{b: }<enter>").is_empty());
    assert_eq!(model.query.focus, FormPart::Second);
    assert!(model.query.mistake.is_some() && model.query.is_editing);
    let commands = press(&mut model, "<left>x");
    assert!(commands.is_empty() && model.query.mistake.is_none());
    let mut model = model_of(fleet(3));
    press(&mut model, "Q");
    assert!(press(&mut model, "{$where: '1'}<enter>").is_empty());
    assert!(model.notice.as_ref().unwrap().is_error);
}

#[test]
fn rows_come_in_failures_are_first_and_late_answers_are_dropped() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q<enter>");
    let request = request_of(&commands);
    let row = |target| Told::Row(Row { target, document: rawdoc! {"total": 5} });
    let lost = Failed { store_id: Some("store-2".into()), database: None, failure: refused() };
    update(
        &mut model,
        Event::StoresTold { request, told: vec![row(0), Told::Failed(lost.clone()), row(2)] },
    );
    assert!(matches!(
        model.query.lines()[..],
        [BoardLine::Failed(_, 0), BoardLine::Row(_), BoardLine::Row(_)]
    ));
    let outcome = Outcome { failed: vec![lost], ..Outcome::default() };
    update(&mut model, Event::StoresAsked { request, outcome: Ok(Box::new(outcome)) });
    assert!(model.query.running.is_none());
    update(&mut model, Event::StoresTold { request, told: vec![row(1)] });
    assert_eq!(model.query.rows.len(), 2);
    press(&mut model, "jo");
    assert_eq!(selected(&model), "store-1");
}

#[test]
fn a_row_is_opened_in_its_store_and_left_to_the_answers() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q<enter>");
    let request = request_of(&commands);
    let row = |target, document| Told::Row(Row { target, document });
    let told = vec![row(0, rawdoc! {"total": 5}), row(2, rawdoc! {"_id": 7, "total": 5})];
    update(&mut model, Event::StoresTold { request, told });
    assert!(press(&mut model, "<enter>").is_empty());
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("no document"));
    let commands = press(&mut model, "j<enter>");
    let Command::LoadPage { collection, wanted, .. } = &commands[0] else { panic!("{commands:?}") };
    assert_eq!((collection.as_str(), &wanted.query.filter), ("s3_orders", &doc! {"_id": 7}));
    let Top::Documents(view) = &model.top else { panic!("the document is open") };
    assert_eq!(view.text.read(model.now).unwrap(), wanted.query);
    // Also over the help, and before the page has come.
    press(&mut model, "?<esc><esc>");
    assert!(matches!(model.top, Top::Query));
    assert_eq!((model.query.cursor.row, model.query.running), (1, Some(request)));
}

#[test]
fn many_stores_without_the_collection_do_not_hide_the_rows() {
    let mut model = model_of(fleet(7));
    let request = request_of(&press(&mut model, "Q<enter>"));
    let outcome = Outcome { missing: (0..7).collect(), ..Outcome::default() };
    update(&mut model, Event::StoresAsked { request, outcome: Ok(Box::new(outcome)) });
    let lines = model.query.lines();
    assert_eq!(lines.len(), 4);
    let BoardLine::Note(last, Some(3)) = &lines[3] else { panic!("{lines:?}") };
    assert_eq!(last, "store-4 and 3 more have no orders");
    press(&mut model, "jo");
    assert_eq!(selected(&model), "store-2");
}

#[test]
fn esc_ends_the_question_and_keeps_what_came() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q<enter>");
    let request = request_of(&commands);
    let ended = press(&mut model, "<esc>");
    assert!(matches!(ended[..], [Command::EndWork { request: ended }] if ended == request));
    assert!(model.query.failure.is_some());
    assert!(matches!(model.top, Top::Query));
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes));
    // What was asked is still there.
    press(&mut model, "Q");
    assert!(model.query.question.is_some() && !model.query.is_editing);
}

#[test]
fn counts_show_their_totals_and_bars() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q<up><up><right><enter>");
    assert_eq!(question_of(&commands).0.kind, Kind::Count);
    let request = request_of(&commands);
    let told = vec![Told::Row(Row { target: 0, document: rawdoc! {"count": 5} })];
    update(&mut model, Event::StoresTold { request, told });
    let totals = Totals { fleet: vec![doc! {"count": 5}], databases: vec![] };
    let outcome = Outcome { totals: Some(totals), ..Outcome::default() };
    update(&mut model, Event::StoresAsked { request, outcome: Ok(Box::new(outcome)) });
    assert_eq!(model.query.shown, Shown::Totals);
    press(&mut model, "b");
    assert_eq!(model.query.bars()[0].label.as_str(), "store-1");
    let commands = press(&mut model, "y");
    let [Command::Copy { text, what: "figures", .. }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(text.as_str(), "store-1\t5");
    press(&mut model, "b");
    assert_eq!(model.query.shown, Shown::Rows);
}

#[test]
fn saved_queries_are_asked_from_the_palette() {
    let mut model = model_of(fleet(3));
    let saved = SavedQuery {
        of_type: Some("products".into()),
        distinct: Some("category".into()),
        ..SavedQuery::default()
    };
    model.session.queries.insert("kinds".into(), saved);
    let commands = press(&mut model, ":query kinds<enter>");
    let (question, _) = question_of(&commands);
    assert_eq!(
        (question.of_type.as_str(), question.kind.clone()),
        ("products", Kind::Distinct("category".into()))
    );
}

#[test]
fn questions_are_kept_and_found_again() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q");
    assert!(commands.iter().any(|command| matches!(command, Command::LoadHistory)));
    update(&mut model, Event::HistoryLoaded(Vec::new()));
    let commands = press(&mut model, "{total: 1}<down>{total: -1}<enter>");
    assert!(commands.iter().any(|command| matches!(command, Command::Remember(_))));
    press(&mut model, "/<up><ctrl-u>{status: 'paid'}<enter>/<up><up><right><right><right>");
    press(&mut model, "<down><down>[{$count: 'n'}]<enter>");
    let kept = model.history.clone().unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[2].pipeline, "[{$count: 'n'}]");
    // Stages are found among stages, filters among filters that hold what was typed.
    press(&mut model, "/<ctrl-u><ctrl-r>");
    assert_eq!(model.query.pipeline.value(), "[{$count: 'n'}]");
    press(&mut model, "<up><up><right><down><down><ctrl-u>total<ctrl-r>");
    assert_eq!(model.query.asked, Asked::Find);
    assert_eq!(model.query.filter.value(), "{total: 1}");
    assert_eq!(model.query.sort.value(), "{total: -1}");
    press(&mut model, "<ctrl-r>");
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("no older"));
    assert_eq!(model.query.filter.value(), "{total: 1}");
}

#[test]
fn saved_queries_ask_the_stores_that_they_name() {
    let mut model = model_of(fleet(12));
    let home = |store: &Store| store.route.database();
    let first = home(&model.registry.stores[0]).unwrap();
    let n_there = model.registry.stores.iter().filter(|store| home(store) == Some(first)).count();
    let there = model.session.layout.name_of(first);
    let mut ask = |stores: Option<&str>, database: Option<&str>| {
        let saved = SavedQuery {
            of_type: Some("orders".into()),
            stores: stores.map(String::from),
            database: database.map(String::from),
            ..SavedQuery::default()
        };
        model.session.queries.insert("kinds".into(), saved);
        let commands = press(&mut model, ":query kinds<enter>");
        let asked = |command: &Command| match command {
            Command::AskStores { plan, .. } => Some(plan.targets.len()),
            _ => None,
        };
        (commands.iter().find_map(asked), model.query.scope)
    };
    assert!(n_there < 12);
    assert_eq!(ask(None, Some(&there)), (Some(n_there), Scope::Saved));
    assert_eq!(ask(Some("STORE-11"), None), (Some(1), Scope::Saved));
    assert_eq!(ask(None, Some("elsewhere")).0, None);
    assert_eq!(ask(None, None), (Some(12), Scope::All));
    assert!(model.query.saved.is_none());
}

#[test]
fn rows_are_exported_with_their_stores() {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, "Q<enter>");
    let request = request_of(&commands);
    let told = vec![Told::Row(Row { target: 1, document: rawdoc! {"total": 5} })];
    update(&mut model, Event::StoresTold { request, told });
    update(&mut model, Event::StoresAsked { request, outcome: Ok(Box::default()) });
    let commands = press(&mut model, "E<up><enter>");
    let [Command::ExportRows { request, rows, format: Format::Csv, path, overwrite: false }] =
        &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert_eq!((rows[0].0.as_str(), path.as_str()), ("store-2", "orders.csv"));
    update(&mut model, Event::ExportEnded { request: *request, outcome: Ok((1, 10)) });
    assert!(model.query.export.is_none());
}

#[test]
fn a_file_of_rows_is_named_by_a_paste_too_and_replaced_only_when_asked() {
    let mut model = model_of(fleet(3));
    let request = request_of(&press(&mut model, "Q<enter>"));
    let told = vec![Told::Row(Row { target: 1, document: rawdoc! {"total": 5} })];
    update(&mut model, Event::StoresTold { request, told });
    update(&mut model, Event::StoresAsked { request, outcome: Ok(Box::default()) });
    press(&mut model, "E");
    update(&mut model, Event::Pasted(".mine\n".into()));
    let commands = press(&mut model, "<enter>");
    let [Command::ExportRows { request, path, overwrite: false, .. }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(path, "orders.jsonl.mine");
    let exists = Failure::new(FailureKind::Usage, "it exists", "");
    update(&mut model, Event::ExportEnded { request: *request, outcome: Err(exists) });
    assert!(press(&mut model, "y").is_empty(), "nobody has seen the question");
    let answers = Geometry { targets: vec![(Area::default(), Target::Answer(0))], ..geometry(10) };
    update(&mut model, Event::FrameDrawn(answers));
    assert!(press(&mut model, "n").is_empty());
    assert!(model.query.export.as_ref().unwrap().asking.is_none());
    let commands = press(&mut model, "<enter>");
    let [Command::ExportRows { request, overwrite: false, .. }] = &commands[..] else {
        panic!("{commands:?}")
    };
    let exists = Failure::new(FailureKind::Usage, "it exists", "");
    update(&mut model, Event::ExportEnded { request: *request, outcome: Err(exists) });
    let answers = Geometry { targets: vec![(Area::default(), Target::Answer(0))], ..geometry(10) };
    update(&mut model, Event::FrameDrawn(answers));
    let commands = press(&mut model, "y");
    assert!(matches!(&commands[..], [Command::ExportRows { overwrite: true, .. }]), "{commands:?}");
}

#[test]
fn rows_that_are_too_large_to_be_kept_end_the_question_in_words() {
    let mut model = model_of(fleet(3));
    let request = request_of(&press(&mut model, "Q<enter>"));
    let row = |n_bytes: usize| {
        let content =
            bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![0; n_bytes] };
        let told = vec![Told::Row(Row { target: 1, document: rawdoc! {"content": content} })];
        Event::StoresTold { request, told }
    };
    assert!(update(&mut model, row(MOST_BYTES - 1_000)).is_empty());
    assert!(model.query.failure.is_none());
    let commands = update(&mut model, row(1_000));
    assert!(matches!(commands[..], [Command::EndWork { request: ended }] if ended == request));
    let failure = model.query.failure.as_ref().unwrap();
    assert!(failure.message.as_str().contains("64 MB"), "{failure:?}");
    // Those that came stay, and nothing comes after them.
    update(&mut model, row(1));
    assert_eq!(model.query.rows.len(), 2);
}
