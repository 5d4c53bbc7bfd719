//! Pictures of the doctor and of why a store is not found.

use std::sync::Arc;

use bson::doc;

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
