use super::{
    super::{event::Event, fixture::*, update::update},
    *,
};
use crate::domain::{
    failure::FailureKind,
    store::{RecordId, Route},
    why::{Matched, MatchedBy, Outcome, Step},
};

fn trace(text: &str, suggestions: Vec<Suggestion>) -> Trace {
    let step = |name: &str| Step { name: name.into(), outcome: Outcome::Ok, detail: String::new() };
    let is_found = suggestions.is_empty();
    let matched = Matched {
        by: MatchedBy::StoreId,
        record: RecordId::new("3"),
        store_id: Some(text.into()),
        name: None,
        prefix: None,
        route: Route::Legacy,
    };
    Trace {
        query: text.into(),
        matched: is_found.then_some(matched),
        steps: vec![step("registry record"), step("databaseId")],
        cause: (!is_found).then(|| Failure::new(FailureKind::NotFound, "nobody", "Look")),
        suggestions,
    }
}

fn suggestion(record: Option<&str>) -> Suggestion {
    Suggestion {
        record: record.map(RecordId::new),
        store_id: Some("store-003".into()),
        name: None,
        prefix: None,
        shard: None,
        reason: "differs in case".into(),
    }
}

fn asked(commands: &[Command]) -> (RequestId, String) {
    let asked = commands.iter().find_map(|command| match command {
        Command::AskWhy { request, text } => Some((*request, text.clone())),
        _ => None,
    });
    asked.expect("a question")
}

fn answer(model: &mut Model, request: RequestId, trace: Trace) {
    update(model, Event::WhyAnswered { request, trace: Ok(Box::new(trace)) });
}

#[test]
fn the_selected_store_is_asked_for_and_any_text_after_it() {
    let mut model = model_of(fleet(5));
    let (request, text) = asked(&press(&mut model, "jw"));
    assert_eq!(text, selected(&model));
    answer(&mut model, request, trace(&text, Vec::new()));
    assert!(model.why.trace.is_some());
    let (_, text) = asked(&press(&mut model, "/some store<enter>"));
    assert_eq!(text, "some store");
    // The answer to the first question comes too late.
    answer(&mut model, request, trace("late", Vec::new()));
    assert_eq!(model.why.trace, None);
    press(&mut model, "<esc>");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn a_filter_that_finds_nothing_becomes_the_question() {
    let mut model = model_of(fleet(5));
    let (_, text) = asked(&press(&mut model, "/nobody here<enter>w"));
    assert_eq!(text, "nobody here");
    let mut empty = empty_model();
    let commands = press(&mut empty, "wabc<enter>");
    assert_eq!(asked(&commands).1, "abc");
}

#[test]
fn a_suggestion_is_selected_followed_and_gone_to() {
    let mut model = model_of(fleet(5));
    let (request, _) = asked(&press(&mut model, "w"));
    answer(&mut model, request, trace("x", vec![suggestion(Some("3")), suggestion(None)]));
    assert_eq!(model.why.cursor.row, 2);
    let commands = press(&mut model, "<enter>");
    let (request, text) = asked(&commands);
    assert_eq!(text, "store-003");
    answer(&mut model, request, trace("x", vec![suggestion(None)]));
    assert!(press(&mut model, "<enter>").is_empty());
    let commands = press(&mut model, "y");
    assert!(matches!(&commands[..], [Command::Copy { what: "trace as Markdown", .. }]));
    let (request, _) = asked(&press(&mut model, "r"));
    answer(&mut model, request, trace("x", Vec::new()));
    press(&mut model, "o");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn a_paste_asks_nothing_and_a_failure_is_shown() {
    let mut model = model_of(fleet(2));
    let (request, _) = asked(&press(&mut model, "w"));
    update(&mut model, Event::WhyAnswered { request, trace: Err(refused()) });
    assert!(model.why.failure.is_some() && model.why.loading.is_none());
    press(&mut model, "/");
    let commands = update(&mut model, Event::Pasted("acme\n".into()));
    assert!(commands.is_empty());
    assert_eq!(model.why.input.value(), "acme");
}
