//! Pictures of the doctor and of why a store is not found.

use std::sync::Arc;

use bson::doc;
use ratatui::{buffer::Cell, style::Color};

use super::{
    pictures::{BOTH, hold},
    stage::{SMALL, Stage, WIDE, failure_of, fleet},
};
use crate::{
    console::state::{command::Command, event::Event},
    domain::{
        database::{Database, DatabaseId},
        failure::{Failure, FailureKind},
        finding::{Checked, Examination, Finding, Fix, Repair, Rule},
        store::{RecordId, Route},
        why::{Matched, MatchedBy, Outcome, Step, Suggestion, Trace},
    },
};

fn finding(rule: Rule, message: &str) -> Finding {
    let repair = Repair::CreateUniqueIndex { field: "prefix".into() };
    let is_safe = matches!(rule, Rule::UniqueIndexMissing | Rule::DatabaseIdType);
    Finding {
        rule,
        record: Some(RecordId::new("1")),
        store_id: Some("store-001".into()),
        prefix: Some("acme".into()),
        database: DatabaseId::new(2).map(Database::Shard),
        collection: None,
        message: message.into(),
        evidence: doc! {"home": "pos_db_2", "elsewhere": ["pos_db_3"], "documents": 12},
        fix: Some(Fix {
            summary: "Make it right before somebody notices.".into(),
            command: format!("tilldeck doctor --rule {} --fix", rule.id()),
            repair: is_safe.then_some(repair),
        }),
    }
}

/// Findings of each severity, with a text of somebody else in them.
pub(super) fn examination(odd: &str, incomplete: Option<Failure>) -> Arc<Examination> {
    let findings = vec![
        finding(Rule::StoreSplit, &format!("store `store-001` {odd} has data in two databases")),
        finding(Rule::CollectionsMissing, "store `store-007` lacks `lyon_07_orders`"),
        finding(Rule::DatabaseIdType, "store `store-009`: databaseId 3 is stored as string"),
        finding(Rule::UniqueIndexMissing, "`stores` has no unique index on prefix"),
        finding(Rule::NameUnsafe, "store `store-011`: its name has U+202E"),
    ];
    let checked = Checked { databases: 6, stores: 63, collections: 315 };
    let incomplete = incomplete.map(|failure| (Database::Main, failure)).into_iter().collect();
    Arc::new(Examination { findings, checked, incomplete })
}

/// Opens the doctor, and has the fleet examined.
pub(super) fn examine(stage: &mut Stage, examination: Result<Arc<Examination>, Failure>) {
    stage.press("d");
    let request = stage.request(|command| match command {
        Command::ExamineFleet { request } => Some(*request),
        _ => None,
    });
    stage.feed(Event::FleetExamined { request, examination });
}

/// An answer: the store is found and fails at a step, or is not found and others are.
pub(super) fn trace(odd: &str, is_found: bool) -> Trace {
    let step = |name: &str, outcome, detail: &str| Step {
        name: name.into(),
        outcome,
        detail: detail.into(),
    };
    let cause = |message: &str| {
        Failure::new(FailureKind::Misplaced, message, "Read the doctor, and correct the record")
    };
    if !is_found {
        let one = Suggestion {
            record: Some(RecordId::new("1")),
            store_id: Some("store-001".into()),
            name: Some(odd.into()),
            prefix: Some("acme".into()),
            shard: None,
            reason: "`store-001` differs in case".into(),
        };
        let message = "the registry has no storeId, name or prefix `STORE-001`";
        return Trace {
            query: odd.into(),
            matched: None,
            steps: vec![step("registry record", Outcome::Failed, message)],
            cause: Some(cause(message)),
            suggestions: vec![one],
        };
    }
    let message = "`acme_orders` is not in `pos_db_2`, where the record leads, but in `pos_db_3`";
    let matched = Matched {
        by: MatchedBy::Prefix,
        record: RecordId::new("1"),
        store_id: Some("store-001".into()),
        name: Some(odd.into()),
        prefix: Some("acme".into()),
        route: Route::Legacy,
    };
    Trace {
        query: "acme".into(),
        matched: Some(matched),
        steps: vec![
            step("registry record", Outcome::Warning, &format!("name {odd}")),
            step("databaseId", Outcome::Ok, "2"),
            step(
                "database",
                Outcome::Ok,
                "pos_db_2 at mongodb://ops:***@db1.example:27017/pos_db_2",
            ),
            step("login", Outcome::Ok, "accepted"),
            step("ping", Outcome::Ok, "up, 2 ms"),
            step("acme_products", Outcome::Ok, "collection"),
            step("acme_orders", Outcome::Failed, message),
            step("acme_categories", Outcome::Skipped, ""),
        ],
        cause: Some(cause(message)),
        suggestions: Vec::new(),
    }
}

/// Asks why for the selected store, and has it answered.
pub(super) fn ask(stage: &mut Stage, trace: Trace) {
    stage.press("w");
    let request = stage.request(|command| match command {
        Command::AskWhy { request, .. } => Some(*request),
        _ => None,
    });
    stage.feed(Event::WhyAnswered { request, trace: Ok(Box::new(trace)) });
}

#[test]
fn the_doctor_in_each_state() {
    let mut stage = Stage::of(fleet(63));
    stage.wait(1);
    examine(&mut stage, Ok(examination("", None)));
    hold("doctor", &mut stage, &[WIDE, SMALL, (60, 15), (200, 60)]);
    stage.press("<enter>");
    hold("doctor_unfolded", &mut stage, &[SMALL]);
    stage.press("i");
    hold("doctor_explained", &mut stage, BOTH);
    stage.press("<esc>i/type<enter>x");
    hold("doctor_question", &mut stage, BOTH);
    stage.press("<esc>/zzz");
    hold("doctor_filtered_away", &mut stage, &[SMALL]);
    let mut stage = Stage::of(fleet(63));
    examine(&mut stage, Ok(examination("", Some(failure_of(FailureKind::NotAuthorised)))));
    hold("doctor_incomplete", &mut stage, BOTH);
    let mut stage = Stage::of(fleet(63));
    examine(&mut stage, Ok(Arc::default()));
    hold("doctor_healthy", &mut stage, &[SMALL]);
    stage.press("<esc>r");
}

#[test]
fn why_in_each_state() {
    let mut stage = Stage::of(fleet(63));
    stage.wait(1);
    ask(&mut stage, trace("Corner Shop", true));
    hold("why", &mut stage, &[WIDE, SMALL, (60, 15), (200, 60)]);
    stage.press("/abc");
    hold("why_typing", &mut stage, &[SMALL]);
    let mut stage = Stage::of(fleet(63));
    ask(&mut stage, trace("Corner Shop", false));
    hold("why_unknown", &mut stage, BOTH);
    let mut stage = Stage::of(Vec::new());
    stage.press("w");
    hold("why_empty", &mut stage, &[SMALL]);
}

#[test]
fn a_hint_names_keys_that_work_while_the_filter_is_typed() {
    let mut stage = Stage::of(fleet(5));
    stage.press("/nobody");
    let picture = stage.picture(SMALL);
    assert!(picture.contains("enter, then w"), "{picture}");
    stage.press("<enter>w");
    assert!(stage.picture(SMALL).contains("Why is nobody not found?"));
}

#[test]
fn a_question_shows_every_repair_that_it_asks_for() {
    let mut stage = Stage::of(fleet(5));
    let repairable = |number: u32| {
        let mut finding = finding(Rule::DatabaseIdType, &format!("odd number {number}"));
        let field = format!("field_{number}").into();
        finding.record = Some(RecordId::new(&number.to_string()));
        finding.fix.as_mut().unwrap().repair = Some(Repair::CreateUniqueIndex { field });
        finding
    };
    let findings = (0..40).map(repairable).collect();
    examine(&mut stage, Ok(Arc::new(Examination { findings, ..Examination::default() })));
    stage.press("x");
    hold("doctor_question_about_many", &mut stage, BOTH);
    let mut seen = String::new();
    for _ in 0..100 {
        seen += &stage.picture(SMALL);
        stage.press("<down>");
    }
    for number in 0..40 {
        assert!(seen.contains(&format!("field_{number} ")), "{number} is not shown");
    }
    assert!(stage.picture(SMALL).contains("Cancel (n)"));
}

#[test]
fn all_of_a_long_finding_can_be_read() {
    let mut stage = Stage::of(fleet(5));
    let mut long = finding(Rule::OrphanCollections, "many");
    for number in 0..60 {
        long.evidence.insert(format!("key_{number}"), number);
    }
    let findings = vec![long];
    examine(&mut stage, Ok(Arc::new(Examination { findings, ..Examination::default() })));
    stage.press("<enter>");
    let mut seen = String::new();
    for _ in 0..20 {
        seen += &stage.picture(SMALL);
        stage.press("<pgdn>");
    }
    for number in 0..60 {
        assert!(seen.contains(&format!("key_{number}:")), "{number} is not shown");
    }
    stage.press("<pgup>");
    assert!(!stage.picture(SMALL).contains("key_59:"), "the end was not overshot");
}

#[test]
fn the_last_look_says_when_it_was_and_what_is_gone() {
    let mut stage = Stage::of(fleet(5));
    stage.wait(1);
    examine(&mut stage, Ok(examination("", None)));
    let when = crate::console::view::footer::time_of_day(stage.model.now);
    stage.wait(7_200);
    assert!(stage.picture(SMALL).contains(when.as_str()));
    let mut later = (*examination("", None)).clone();
    later.findings.remove(1);
    stage.press("r");
    let request = stage.request(|command| match command {
        Command::ExamineFleet { request } => Some(*request),
        _ => None,
    });
    stage.feed(Event::FleetExamined { request, examination: Ok(Arc::new(later)) });
    let picture = stage.picture(SMALL);
    assert!(picture.contains("0 new, 1 gone"), "{picture}");
    assert!(picture.contains("lyon_07_orders"), "{picture}");
    hold("doctor_gone", &mut stage, BOTH);
    stage.press("Gx");
    assert!(stage.model.doctor.asking.is_none(), "what is gone is not repaired");
}

#[test]
fn databases_that_were_not_looked_at_are_named_and_leave_room_for_findings() {
    let mut stage = Stage::of(fleet(5));
    let databases = stage.model.session.layout.databases();
    let failed = |database| (database, failure_of(FailureKind::TimedOut));
    // Main fails in two ways, and is one database all the same.
    let twice = failed(Database::Main);
    let incomplete = std::iter::once(twice).chain(databases.map(failed)).collect();
    let examination = Examination { incomplete, ..(*examination("", None)).clone() };
    examine(&mut stage, Ok(Arc::new(examination)));
    for size in [SMALL, (60, 15)] {
        let picture = stage.picture(size);
        assert!(picture.contains("6 databases not looked at: main_db"), "{picture}");
        assert!(picture.contains("store-001"), "{picture}");
    }
}

#[test]
fn the_cause_and_its_next_step_are_whole_on_the_smallest_screen() {
    let mut stage = Stage::of(fleet(5));
    let mut trace = trace("Corner Shop", true);
    let message = "`acme_orders` is not in `pos_db_2`, where the record leads, but in `pos_db_3`, \
                   and so are `acme_products` and `acme_categories`";
    let hint = "Run `tilldeck doctor --rule store-wrong-database` and correct the record's number";
    trace.cause = Some(Failure::new(FailureKind::Misplaced, message, hint));
    ask(&mut stage, trace);
    let picture = stage.picture((60, 15));
    assert!(picture.contains("number"), "{picture}");
    assert!(picture.contains("failed"), "the step that failed is selected: {picture}");
}

#[test]
fn ten_thousand_findings_are_walked_through() {
    let mut stage = Stage::of(fleet(5));
    let numbered = |number: u32| {
        let mut finding = finding(Rule::NameUnsafe, &format!("finding {number}"));
        finding.record = Some(RecordId::new(&number.to_string()));
        finding
    };
    let findings = (0..10_000).map(numbered).collect();
    examine(&mut stage, Ok(Arc::new(Examination { findings, ..Examination::default() })));
    stage.press("G");
    assert!(stage.picture(WIDE).contains("finding 9999"));
    stage.press("k<pgup>");
    let picture = stage.picture(WIDE);
    assert!(!picture.contains("finding 9999") && picture.contains("finding 99"), "{picture}");
    stage.press("/4711<enter>");
    assert_eq!(stage.model.doctor.rows.len(), 1);
}

#[test]
fn without_colours_the_severities_and_outcomes_are_still_told() {
    let mut doctor = Stage::of(fleet(5));
    examine(&mut doctor, Ok(examination("", Some(failure_of(FailureKind::NotAuthorised)))));
    let mut why = Stage::of(fleet(5));
    ask(&mut why, trace("Corner Shop", true));
    let told = [
        (doctor, &["critical", "error", "warning", "info", "not looked at: main_db"][..]),
        (why, &["ok", "warning", "failed", "skipped"][..]),
    ];
    for (mut stage, words) in told {
        stage.model.switches.no_color = true;
        let (buffer, _) = stage.draw(SMALL);
        let plain = |cell: &Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
        assert!(buffer.content().iter().all(plain));
        let picture = stage.picture(SMALL);
        assert!(words.iter().all(|word| picture.contains(word)), "{picture}");
    }
}
