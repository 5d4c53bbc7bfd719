use bson::doc;

use super::{
    super::{
        event::Event,
        fixture::*,
        geometry::{Area, Geometry, Target},
        update::update,
    },
    *,
};
use crate::domain::{
    database::{Database, DatabaseId},
    failure::FailureKind,
    finding::{Fix, Repair, Rule},
    store::RecordId,
};

fn finding(rule: Rule, store: &str) -> Finding {
    let repair = Repair::CreateUniqueIndex { field: store.into() };
    let is_safe = rule == Rule::DatabaseIdType;
    Finding {
        rule,
        record: Some(RecordId::new("1")),
        store_id: Some(store.into()),
        prefix: None,
        database: Some(Database::Main),
        collection: None,
        message: format!("store {store}\u{1b} is odd"),
        evidence: doc! {"store": store},
        fix: Some(Fix {
            summary: "Mend it".into(),
            command: "tilldeck x `y`".into(),
            repair: is_safe.then_some(repair),
        }),
    }
}

fn examination() -> Arc<Examination> {
    let findings = vec![
        finding(Rule::StoreSplit, "a"),
        finding(Rule::DatabaseIdType, "b"),
        finding(Rule::DatabaseIdType, "c"),
    ];
    Arc::new(Examination { findings, ..Examination::default() })
}

fn request(commands: &[Command]) -> RequestId {
    let request = commands.iter().find_map(|command| match command {
        Command::ExamineFleet { request } => Some(*request),
        _ => None,
    });
    request.expect("an examination")
}

fn opened() -> Model {
    let mut model = model_of(fleet(3));
    let request = request(&press(&mut model, "d"));
    update(&mut model, Event::FleetExamined { request, examination: Ok(examination()) });
    model
}

fn see_question(model: &mut Model) {
    let targets = vec![(Area::default(), Target::Answer(0))];
    let seen = Geometry { targets, ..model.geometry.clone() };
    update(model, Event::FrameDrawn(seen));
}

#[test]
fn the_last_examination_is_kept_and_renewed_on_request() {
    let mut model = opened();
    assert_eq!(model.doctor.rows.len(), 3);
    press(&mut model, "<esc>");
    assert!(press(&mut model, "d").is_empty());
    let request = request(&press(&mut model, "r"));
    let mut later = (*examination()).clone();
    later.findings.remove(0);
    later.findings.push(finding(Rule::NameUnsafe, "d"));
    let late = RequestId(request.0 - 1);
    update(&mut model, Event::FleetExamined { request: late, examination: Err(refused()) });
    update(&mut model, Event::FleetExamined { request, examination: Ok(Arc::new(later)) });
    assert_eq!(model.doctor.is_new, [false, false, true]);
    assert_eq!(model.doctor.gone.len(), 1);
}

#[test]
fn what_was_not_looked_at_is_not_gone() {
    let mut model = opened();
    let request = request(&press(&mut model, "r"));
    let later =
        Examination { incomplete: vec![(Database::Main, refused())], ..Examination::default() };
    update(&mut model, Event::FleetExamined { request, examination: Ok(Arc::new(later)) });
    assert!(model.doctor.gone.is_empty());
}

#[test]
fn findings_are_filtered_unfolded_explained_and_copied() {
    let mut model = opened();
    press(&mut model, "/type c<enter>");
    assert_eq!(model.doctor.rows, [2]);
    press(&mut model, "<enter>i");
    assert!(model.doctor.is_unfolded && model.doctor.is_explained);
    press(&mut model, "<esc>");
    assert!(!model.doctor.is_unfolded);
    press(&mut model, "<esc>");
    assert_eq!(model.doctor.rows.len(), 3);
    let commands = press(&mut model, "y");
    let [Command::Copy { text, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert!(text.contains("store a\\u{1b} is odd") && text.contains("tilldeck x `y`"), "{text}");
    press(&mut model, "o");
    assert!(matches!(model.top, Top::Panes));
}

#[test]
fn a_repair_is_asked_for_and_only_a_seen_question_counts() {
    let mut model = opened();
    assert!(press(&mut model, "x").is_empty());
    assert!(model.doctor.asking.is_none(), "a person must decide");
    // Keys that were typed ahead of the question answer nothing.
    assert!(press(&mut model, "jxy<enter>").is_empty());
    assert!(model.doctor.asking.is_some());
    update(&mut model, Event::Pasted("y".into()));
    see_question(&mut model);
    assert!(press(&mut model, "<enter>").is_empty(), "Cancel is the default");
    press(&mut model, "x");
    see_question(&mut model);
    let commands = press(&mut model, "a");
    let [Command::Repair { request, findings }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(findings.len(), 2);
    assert!(model.under_way().is_some());
    let mut repaired = |message: &str, outcome| {
        let message = message.to_owned();
        update(&mut model, Event::Repaired { request: *request, message, outcome })
    };
    assert!(repaired("one", Ok(())).is_empty());
    let refused = Failure::new(FailureKind::Changed, "changed", "Look again");
    let commands = repaired("two", Err(refused));
    assert!(matches!(&commands[..], [Command::ExamineFleet { .. }]), "{commands:?}");
    assert!(model.under_way().is_none());
}

#[test]
fn read_only_repairs_nothing_and_lost_repairs_end() {
    let mut model = opened();
    model.session.read_only = true;
    assert!(press(&mut model, "jx").is_empty());
    assert!(model.doctor.asking.is_none());
    assert!(model.notice.as_ref().unwrap().text.as_str().contains("read-only"));
    model.session.read_only = false;
    press(&mut model, "x");
    see_question(&mut model);
    let commands = press(&mut model, "y");
    let [Command::Repair { request, .. }] = &commands[..] else { panic!("{commands:?}") };
    update(&mut model, Event::RepairsLost { request: *request, failure: refused() });
    assert!(model.under_way().is_none());
}

#[test]
fn what_depends_on_a_database_that_was_not_looked_at_is_not_gone() {
    // A split store is at home in one shard, and main was not looked at: nothing is known.
    let mut split = finding(Rule::StoreSplit, "a");
    split.database = DatabaseId::new(2).map(Database::Shard);
    let mut missing = finding(Rule::CollectionsMissing, "b");
    missing.database = DatabaseId::new(2).map(Database::Shard);
    let before = Examination { findings: vec![split, missing], ..Examination::default() };
    let gone_when = |unknown: Option<u32>| {
        let database = unknown.and_then(DatabaseId::new).map_or(Database::Main, Database::Shard);
        let now = Examination { incomplete: vec![(database, refused())], ..Examination::default() };
        let rules = changes(&before, &now).1.into_iter().map(|finding| finding.rule);
        rules.collect::<Vec<_>>()
    };
    assert_eq!(gone_when(None), []);
    assert_eq!(gone_when(Some(2)), []);
    // Its other place may be the shard that is unknown.
    assert_eq!(gone_when(Some(3)), [Rule::CollectionsMissing]);
}

#[test]
fn one_examination_at_a_time_is_asked_for_by_hand() {
    let mut model = opened();
    request(&press(&mut model, "r"));
    assert!(press(&mut model, "rrr").is_empty());
    assert!(model.notice.is_some());
}

#[test]
fn an_examination_that_fails_is_told_beside_the_last_one() {
    let mut model = opened();
    let request = request(&press(&mut model, "r"));
    update(&mut model, Event::FleetExamined { request, examination: Err(refused()) });
    assert!(model.doctor.failure.is_some());
    assert_eq!(model.doctor.rows.len(), 3, "the last findings stay");
}

#[test]
fn a_click_where_another_question_was_repairs_nothing() {
    let mut model = opened();
    press(&mut model, "jx");
    see_question(&mut model);
    press(&mut model, "nx");
    let mut commands = Vec::new();
    repair::clicked(&mut model, 1, &mut commands);
    assert!(commands.is_empty() && model.doctor.asking.is_some());
    see_question(&mut model);
    repair::clicked(&mut model, 1, &mut commands);
    assert!(matches!(&commands[..], [Command::Repair { .. }]), "{commands:?}");
}
