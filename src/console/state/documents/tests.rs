use std::sync::Arc;

use bson::{RawDocumentBuf, doc, rawdoc};

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
    console::state::command::Exported,
    domain::{
        collection::Form,
        explain::Plan,
        export::Format,
        failure::FailureKind,
        page::{Page, Read},
    },
};

fn read(documents: Vec<RawDocumentBuf>, has_more: bool) -> Box<Read> {
    let facts = Facts {
        form: Form::Collection,
        options: bson::Document::new(),
        time_field: None,
        has_collation: false,
        estimated: Some(500_000),
    };
    let order = Order::by_id(vec![]);
    let mark = |document: Option<&RawDocumentBuf>| {
        document.map(|document| Mark::at(order.key_of(document)))
    };
    let (first, last) = (mark(documents.first()), mark(documents.last()));
    let documents = documents.into_iter().map(Arc::new).collect();
    let page =
        Page { documents, order: Some(order), first, last, has_more, took: SignedDuration::ZERO };
    Box::new(Read { facts: Arc::new(facts), page })
}

fn orders() -> Vec<RawDocumentBuf> {
    vec![
        rawdoc! { "_id": 1, "total": 5, "lines": [{ "sku": "a\u{202e}" }, 2] },
        rawdoc! { "_id": 2, "total": 7 },
    ]
}

fn request_of(commands: &[Command]) -> RequestId {
    let found = commands.iter().find_map(|command| match command {
        Command::LoadPage { request, .. } => Some(*request),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no page was asked for: {commands:?}"))
}

fn answer(model: &mut Model, commands: &[Command], page: Result<Box<Read>, Failure>) {
    let request = request_of(commands);
    update(model, Event::PageLoaded { request, page });
}

fn opened() -> Model {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, ":s1_orders<enter>");
    answer(&mut model, &commands, Ok(read(orders(), true)));
    model
}

fn view(model: &Model) -> &DocumentsView {
    let Top::Documents(view) = &model.top else { panic!("the documents are open") };
    view
}

fn wanted(commands: &[Command]) -> &super::super::command::PageWanted {
    let found = commands.iter().find_map(|command| match command {
        Command::LoadPage { wanted, .. } => Some(wanted.as_ref()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no page was asked for: {commands:?}"))
}

#[test]
fn the_newest_document_is_unfolded_and_the_tree_is_walked_with_keys() {
    let mut model = opened();
    assert_eq!(view(&model).extent(0).len, 5);
    press(&mut model, "jjjl");
    assert_eq!(view(&model).extent(0).len, 7);
    press(&mut model, "ll");
    assert_eq!((view(&model).cursor.row, view(&model).extent(0).len), (4, 8));
    press(&mut model, "hh");
    assert_eq!((view(&model).cursor.row, view(&model).extent(0).len), (3, 7));
    press(&mut model, "h<enter><enter>G<space>");
    assert_eq!(view(&model).locate(view(&model).cursor.row), Some((1, 0)));
}

#[test]
fn values_are_copied_as_extended_json_for_the_shell_and_by_path() {
    let mut model = opened();
    let copied = |model: &mut Model, keys: &str| match &press(model, keys)[..] {
        [Command::Copy { text, what }] => (text.clone(), *what),
        other => panic!("{other:?}"),
    };
    let (text, what) = copied(&mut model, "jjjy");
    assert!(text.contains("a\\u202e") && !text.contains('\u{202e}') && what == "value");
    assert_eq!(copied(&mut model, "P"), ("lines".to_owned(), "path"));
    let (text, what) = copied(&mut model, "gY");
    assert!(text.starts_with("{_id: 1, total: 5") && what == "document for mongosh", "{text}");
    assert_eq!(copied(&mut model, "y").1, "document");
}

fn lines(model: &Model) -> Vec<String> {
    panel::lines(view(model)).into_iter().map(|line| line.text.into()).collect()
}

fn opened_with(documents: Vec<RawDocumentBuf>) -> Model {
    let mut model = model_of(fleet(3));
    let commands = press(&mut model, ":s1_orders<enter>");
    answer(&mut model, &commands, Ok(read(documents, false)));
    model
}

#[test]
fn a_long_value_is_read_in_full_and_broken_anew_after_a_resize() {
    let text = format!("at main\n\tat {} \u{202e}end\\n", "x".repeat(200));
    let mut model = opened_with(vec![rawdoc! { "_id": 1, "stack": text.as_str() }]);
    let size = |model: &mut Model, width| {
        let size = super::super::geometry::Size { width, height: 24 };
        update(model, Event::FrameDrawn(Geometry { size, top_rows: 20, ..Geometry::default() }));
    };
    size(&mut model, 80);
    press(&mut model, "jj<enter>");
    let whole = |model: &Model| lines(model).concat();
    assert!(lines(&model).iter().all(|line| line.len() <= 77), "{:?}", lines(&model));
    assert_eq!(lines(&model)[0], "at main");
    let shown = format!("at main\\tat {} \\u202eend\\\\n", "x".repeat(200));
    assert_eq!(whole(&model), shown);
    let n_lines = lines(&model).len();
    size(&mut model, 40);
    assert!(lines(&model).len() > n_lines);
    assert_eq!(whole(&model), shown);
    // Whoever is at the end stays there, and in the middle in the middle.
    let selected = |model: &Model| lines(model)[view(model).panel_cursor.row].clone();
    press(&mut model, "G");
    assert!(selected(&model).ends_with("end\\\\n"));
    size(&mut model, 80);
    assert!(selected(&model).ends_with("end\\\\n") && lines(&model).len() == n_lines);
    press(&mut model, "gj");
    assert!(selected(&model).starts_with("\\tat xxx"));
    size(&mut model, 20);
    assert!(selected(&model).starts_with("\\tat xxx"));
    press(&mut model, "jjjj");
    let n_before = lines(&model)[..view(&model).panel_cursor.row].concat().len();
    size(&mut model, 78);
    let row = view(&model).panel_cursor.row;
    let begin = lines(&model)[..row].concat().len();
    assert!((begin..begin + lines(&model)[row].len()).contains(&n_before));
    assert!(matches!(&press(&mut model, "y")[..], [Command::Copy { what: "value", .. }]));
    press(&mut model, "<esc>");
    assert_eq!((view(&model).panel, view(&model).cursor.row), (Panel::Tree, 2));
}

#[test]
fn a_plan_that_reads_nothing_names_no_index() {
    let lines = panel::plan_text(&Plan::default());
    assert_eq!(lines[0].text.as_str(), "nothing has to be read for it");
    let served = Plan { indexes: vec!["_id_".into()], ..Plan::default() };
    assert_eq!(panel::plan_text(&served)[0].text.as_str(), "served by _id_");
}

#[test]
fn of_a_huge_value_the_beginning_is_read_and_it_is_said() {
    let mut model = opened_with(vec![rawdoc! { "_id": 1, "text": "ä".repeat(1_000_000) }]);
    press(&mut model, "jj<enter>");
    assert!(lines(&model).last().unwrap().contains("this is the first"));
    assert!(lines(&model).concat().len() < 70_000);
}

#[test]
fn a_line_of_a_panel_is_read_in_full_and_left_to_the_panel() {
    let mut model = opened();
    let commands = press(&mut model, "F");
    let Command::LookAt { request, .. } = &commands[0] else { panic!("{commands:?}") };
    let documents = orders();
    let schema = Schema::of(documents.iter().map(AsRef::as_ref));
    let looked = Ok(panel::Looked::Fields(schema));
    update(&mut model, Event::LookedAt { request: *request, looked });
    // What is copied is what is seen, not a value behind it.
    assert!(matches!(&press(&mut model, "jP")[..], [Command::Copy { text, .. }] if text == "_id"));
    assert!(matches!(&press(&mut model, "Y")[..], [Command::Copy { what: "line", .. }]));
    press(&mut model, "<enter>");
    assert_eq!(view(&model).panel, Panel::Value);
    press(&mut model, "<esc>");
    assert_eq!((view(&model).panel, view(&model).panel_cursor.row), (Panel::Fields, 1));
}

#[test]
fn a_panel_that_is_left_shows_the_table_where_it_was() {
    let mut model = opened();
    press(&mut model, "vjI<esc><esc>");
    assert_eq!((view(&model).panel, view(&model).cursor.row), (Panel::Table, 1));
    press(&mut model, "II");
    assert_eq!((view(&model).panel, view(&model).cursor.row), (Panel::Table, 1));
    press(&mut model, "IN*7<enter>");
    assert_eq!(view(&model).panel, Panel::Tree);
    // The trees are as they are folded, and the table finds the document of the tree.
    press(&mut model, "gjIv");
    assert_eq!((view(&model).panel, view(&model).cursor.row), (Panel::Table, 0));
}

#[test]
fn the_selected_value_becomes_a_part_of_the_query_that_is_shown_first() {
    let mut model = opened();
    let typed =
        |model: &Model, at: usize| view(model).bar.as_ref().unwrap().inputs[at].value().to_owned();
    assert!(press(&mut model, "jj=").is_empty());
    assert_eq!(typed(&model, 0), "{total: 5}");
    let commands = press(&mut model, "<enter>");
    assert_eq!(wanted(&commands).query.filter, doc! {"total": 5});
    answer(&mut model, &commands, Ok(read(orders(), false)));
    // Of an element of an array, any of them is meant; what was asked stays.
    press(&mut model, "jjjlljl=");
    press(&mut model, "<esc>");
    press(&mut model, "gjjjlll=");
    assert_eq!(typed(&model, 0), "{total: 5, \"lines.sku\": \"a\u{202e}\"}");
    press(&mut model, "<esc>gjjS");
    assert_eq!((typed(&model, 0), typed(&model, 1)), ("{total: 5}".into(), "{total: -1}".into()));
    press(&mut model, "<esc>g=");
    assert!(view(&model).bar.is_none() && model.notice.is_some());
}

#[test]
fn the_palette_sorts_the_documents_that_it_covers() {
    let mut model = opened();
    press(&mut model, "jj:sort by the next<enter>");
    assert_eq!(view(&model).bar.as_ref().unwrap().inputs[1].value(), "{total: 1}");
}

#[test]
fn a_click_on_a_heading_sorts_and_one_on_the_query_types() {
    let mut model = opened();
    let typed = |model: &Model, at: usize| {
        view(model).bar.as_ref().map(|bar| bar.inputs[at].value().to_owned())
    };
    press(&mut model, "v");
    let total = view(&model).columns.iter().position(|path| path == "total").unwrap();
    let frame = shown_targets(&[Target::Column(total), Target::Field(0), Target::Column(99)]);
    let draw = |model: &mut Model| update(model, Event::FrameDrawn(frame.clone()));
    draw(&mut model);
    assert!(click(&mut model, 1, 2).is_empty());
    assert_eq!(typed(&model, 1), None);
    assert!(click(&mut model, 1, 0).is_empty(), "it is shown before it is run");
    assert_eq!(typed(&model, 1).as_deref(), Some("{total: 1}"));
    click(&mut model, 1, 1);
    press(&mut model, "{n: 2}");
    // Again, the other way around; what was typed stays.
    click(&mut model, 1, 0);
    assert_eq!(typed(&model, 0).as_deref(), Some("{n: 2}"));
    let commands = press(&mut model, "<enter>");
    let query = &wanted(&commands).query;
    assert_eq!((&query.filter, &query.sort), (&doc! {"n": 2}, &doc! {"total": -1}));
    // An export waits for its name, and keeps it.
    answer(&mut model, &commands, Ok(read(orders(), false)));
    press(&mut model, "E");
    draw(&mut model);
    click(&mut model, 1, 0);
    click(&mut model, 1, 1);
    assert!(view(&model).bar.is_none() && view(&model).export.is_some());
    press(&mut model, "<esc>");
    click(&mut model, 1, 1);
    assert_eq!(typed(&model, 0).as_deref(), Some("{n: 2}"));
}

#[test]
fn a_key_goes_to_the_next_document() {
    let mut model = opened();
    press(&mut model, "jj<tab>");
    assert_eq!(view(&model).locate(view(&model).cursor.row), Some((1, 0)));
    press(&mut model, "<tab><shift-tab>");
    assert_eq!(view(&model).locate(view(&model).cursor.row), Some((0, 0)));
    press(&mut model, "jj<shift-tab>");
    assert_eq!(view(&model).locate(view(&model).cursor.row), Some((0, 0)));
}

#[test]
fn a_page_that_was_asked_for_earlier_is_dropped_and_ended() {
    let mut model = opened();
    let first = press(&mut model, "r");
    let second = press(&mut model, "r");
    assert!(matches!(second[0], Command::EndWork { request } if request == request_of(&first)));
    answer(&mut model, &first, Ok(read(vec![], false)));
    assert_eq!(view(&model).trees.len(), 2);
    answer(&mut model, &second, Ok(read(vec![], false)));
    assert!(view(&model).trees.is_empty());
}

#[test]
fn pages_are_turned_by_key_and_their_ends_are_told() {
    let mut model = opened();
    assert!(press(&mut model, "[").is_empty());
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("first page"));
    let commands = press(&mut model, "]");
    let expected = Mark::at(vec![2.into()]);
    assert_eq!(wanted(&commands).from, From::After(expected));
    answer(&mut model, &commands, Ok(read(vec![rawdoc! {"_id": 3}], false)));
    assert_eq!((view(&model).number, view(&model).has_previous), (Some(2), true));
    assert!(press(&mut model, "]").is_empty());
    let commands = press(&mut model, "[");
    assert!(matches!(&wanted(&commands).from, From::Before(_)));
    answer(&mut model, &commands, Ok(read(orders(), false)));
    assert_eq!((view(&model).number, view(&model).has_next), (Some(1), true));
    let commands = press(&mut model, "}");
    assert_eq!(wanted(&commands).from, From::Last);
    answer(&mut model, &commands, Ok(read(orders(), true)));
    assert_eq!(
        (view(&model).number, view(&model).has_next, view(&model).has_previous),
        (None, false, true)
    );
    assert_eq!(wanted(&press(&mut model, "{")).from, From::First);
}

#[test]
fn a_query_is_typed_run_and_remembered() {
    let mut model = opened();
    press(&mut model, "/{total: {$gt: }}<enter>");
    let mistake = view(&model).bar.as_ref().unwrap().mistake.clone().unwrap();
    assert_eq!(mistake.error.at, 14);
    // The cursor stands where the mistake is.
    let commands = press(&mut model, "6<enter>");
    assert_eq!(wanted(&commands).query.filter, doc! {"total": {"$gt": 6}});
    assert!(commands.iter().any(|command| matches!(command, Command::Remember(_))));
    assert!(wanted(&commands).order.is_none());
    answer(&mut model, &commands, Ok(read(orders(), false)));
    press(&mut model, "/<ctrl-u>");
    press(&mut model, "<up>");
    assert_eq!(view(&model).bar.as_ref().unwrap().text().filter, "{total: {$gt: 6}}");
    press(&mut model, "<down>");
    assert_eq!(view(&model).bar.as_ref().unwrap().text().filter, "");
    press(&mut model, "<esc>");
    assert!(view(&model).bar.is_none());
}

#[test]
fn field_names_and_operators_are_completed() {
    let mut model = opened();
    press(&mut model, "/{tot<tab>: {$gt<tab>: 5}}");
    assert_eq!(view(&model).bar.as_ref().unwrap().text().filter, "{total: {$gte: 5}}");
    press(&mut model, "<tab>");
    assert_eq!(view(&model).bar.as_ref().unwrap().focus, 1);
}

#[test]
fn what_writes_is_refused_before_it_is_sent() {
    let mut model = opened();
    let commands = press(&mut model, "/{$where: '1'}<enter>");
    assert!(commands.is_empty());
    assert!(model.notice.as_ref().unwrap().is_error);
}

#[test]
fn a_paste_goes_into_the_field_and_runs_nothing() {
    let mut model = opened();
    press(&mut model, "/");
    let commands = update(&mut model, Event::Pasted("{a: 1}\n".into()));
    assert!(commands.is_empty());
    assert_eq!(view(&model).bar.as_ref().unwrap().text().filter, "{a: 1}");
    press(&mut model, "<esc>");
    assert!(update(&mut model, Event::Pasted("y\n".into())).is_empty());
}

#[test]
fn a_query_that_no_index_serves_is_asked_about() {
    let mut model = opened();
    let commands = press(&mut model, "/{total: 5}<enter>");
    let request = request_of(&commands);
    let doubt = |model: &mut Model, request| {
        let plan = Box::new(Plan { scans_collection: true, ..Plan::default() });
        update(model, Event::PageDoubted { request, plan, documents: 500_000 });
        let geometry =
            Geometry { targets: vec![(Area::default(), Target::Answer(0))], ..geometry(10) };
        update(model, Event::FrameDrawn(geometry));
    };
    doubt(&mut model, request);
    // Enter alone does nothing.
    assert!(press(&mut model, "<enter>").is_empty());
    assert!(view(&model).asking.is_none());
    let commands = press(&mut model, "/<enter>");
    doubt(&mut model, request_of(&commands));
    let commands = press(&mut model, "y");
    assert!(wanted(&commands).is_sure);
}

#[test]
fn esc_ends_what_is_under_way_before_it_leaves() {
    let mut model = opened();
    let commands = press(&mut model, "r");
    let request = request_of(&commands);
    let ended = press(&mut model, "<esc>");
    assert!(matches!(ended[..], [Command::EndWork { request: ended }] if ended == request));
    let counting = press(&mut model, "c");
    let [Command::CountDocuments { request, .. }] = counting[..] else { panic!("{counting:?}") };
    update(&mut model, Event::DocumentsCounted { request, count: Ok(7) });
    assert_eq!(view(&model).exact, Some(Ok(7)));
    assert!(press(&mut model, "<esc>").is_empty());
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn a_view_that_is_left_by_a_jump_ends_what_it_waited_for() {
    let mut model = opened();
    let commands = press(&mut model, "T");
    let [Command::FollowChanges { request: following, .. }] = commands[..] else {
        panic!("{commands:?}")
    };
    press(&mut model, "E<enter>");
    let commands = press(&mut model, ":store-2<enter>");
    let ended: Vec<RequestId> = commands
        .iter()
        .filter_map(|command| match command {
            Command::EndWork { request } => Some(*request),
            _ => None,
        })
        .collect();
    assert!(ended.contains(&following) && ended.len() == 2, "{commands:?}");
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("no file is left"));
}

#[test]
fn the_table_and_the_trees_keep_the_document() {
    let mut model = opened();
    press(&mut model, "v");
    assert_eq!((view(&model).panel, view(&model).extent(0).len), (Panel::Table, 2));
    assert_eq!(view(&model).columns[..2], ["_id", "total"]);
    press(&mut model, "j<enter>");
    assert_eq!(view(&model).panel, Panel::Tree);
    assert_eq!(view(&model).locate(view(&model).cursor.row), Some((1, 0)));
}

#[test]
fn a_search_finds_what_is_folded_and_goes_around() {
    let mut model = opened();
    press(&mut model, "*SKU<enter>");
    let (tree, line) = view(&model).locate(view(&model).cursor.row).unwrap();
    assert_eq!(view(&model).trees[tree].path(line).as_deref(), Some("lines.0.sku"));
    press(&mut model, "N");
    let (tree, line) = view(&model).locate(view(&model).cursor.row).unwrap();
    assert_eq!(view(&model).trees[tree].path(line).as_deref(), Some("lines.0.sku"));
    press(&mut model, "*7<enter>");
    assert_eq!(view(&model).locate(view(&model).cursor.row).map(|(tree, _)| tree), Some(1));
    press(&mut model, "*nowhere<enter>");
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("not on this page"));
}

#[test]
fn an_export_is_typed_runs_and_never_overwrites_unasked() {
    let mut model = opened();
    press(&mut model, "E<down><down>");
    assert_eq!(view(&model).export.as_ref().unwrap().input.value(), "s1_orders.csv");
    let commands = press(&mut model, "<enter>");
    let [
        Command::ExportDocuments {
            request,
            what: Exported::Query(_),
            format: Format::Csv,
            overwrite: false,
            ..
        },
    ] = commands[..]
    else {
        panic!("{commands:?}")
    };
    update(&mut model, Event::ExportAdvanced { request, written: (5, 100) });
    let failure = Failure::new(FailureKind::Usage, "it exists", "");
    update(&mut model, Event::ExportEnded { request, outcome: Err(failure) });
    assert!(view(&model).asking.is_some());
    let answers = Geometry { targets: vec![(Area::default(), Target::Answer(0))], ..geometry(10) };
    update(&mut model, Event::FrameDrawn(answers));
    let commands = press(&mut model, "y");
    let [Command::ExportDocuments { request, overwrite: true, .. }] = commands[..] else {
        panic!("{commands:?}")
    };
    let failure = Failure::new(FailureKind::Usage, "it is a folder", "");
    update(&mut model, Event::ExportEnded { request, outcome: Err(failure) });
    assert!(view(&model).asking.is_none(), "that was answered");
    let commands = press(&mut model, "<enter>");
    let [Command::ExportDocuments { request, overwrite: false, .. }] = commands[..] else {
        panic!("{commands:?}")
    };
    update(&mut model, Event::ExportEnded { request, outcome: Ok((2, 80)) });
    assert!(view(&model).export.is_none());
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("s1_orders.csv"));
}

#[test]
fn edit_keys_say_that_documents_are_only_read() {
    let mut model = opened();
    press(&mut model, "e");
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("only read"));
}

#[test]
fn changes_are_followed_until_they_are_left() {
    let mut model = opened();
    let commands = press(&mut model, "T");
    let [Command::FollowChanges { request, .. }] = commands[..] else { panic!("{commands:?}") };
    let change = |id: i32| Event::DocumentChanged {
        request,
        change: Box::new(crate::domain::change::Summary {
            at: Some(bson::DateTime::from_millis(1)),
            operation: "insert".into(),
            collection: "s1_orders".into(),
            id: id.to_string(),
            what: String::new(),
        }),
    };
    update(&mut model, change(1));
    model.session.zone = Some(jiff::tz::TimeZone::fixed(jiff::tz::offset(2)));
    update(&mut model, change(2));
    let lines = panel::lines(view(&model));
    assert!(lines[0].text.as_str().starts_with("02:00:00.001  insert   s1_orders  2"), "{lines:?}");
    assert!(lines[1].text.as_str().starts_with("00:00:00.001  insert   s1_orders  1"), "{lines:?}");
    let commands = press(&mut model, "T");
    let [Command::EndWork { .. }, Command::FollowChanges { collections, .. }] = &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert!(collections.contains(&"s1_products".to_owned()) && collections.len() == 5);
    let commands = press(&mut model, "<esc>");
    assert!(matches!(commands[..], [Command::EndWork { .. }]));
    assert_eq!(view(&model).panel, Panel::Tree);
    update(&mut model, change(3));
    assert_eq!(view(&model).changes.len(), 2);
}

#[test]
fn following_that_ends_says_so_over_another_panel_and_in_its_own() {
    let mut model = opened();
    for (keys, is_its_own) in [("T", true), ("<esc>TI", false)] {
        let commands = press(&mut model, keys);
        let followed = commands.iter().rev().find_map(|command| match command {
            Command::FollowChanges { request, .. } => Some(*request),
            _ => None,
        });
        let ended = Event::FollowingEnded { request: followed.unwrap(), failure: Some(refused()) };
        update(&mut model, ended);
        assert_eq!(view(&model).look_failure.is_some(), is_its_own);
        assert_eq!(model.notice.as_ref().is_some_and(|notice| notice.is_error), !is_its_own);
    }
}
