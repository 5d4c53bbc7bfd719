//! Pictures of the screen in each of its states.

use std::sync::Arc;

use bson::doc;

use super::stage::{
    HUGE, SMALL, Stage, WIDE, all_present, crowded, failure_of, fleet, hostile, of_every_kind,
    orders, read, shard, troubled,
};
use crate::{
    console::state::{documents::panel::Looked, event::Event, fixture},
    domain::{
        collection::{IndexFacts, Inspection},
        explain::{Plan, Stage as PlanStage},
        failure::{Failure, FailureKind},
        pool::PoolState,
        question::{Failed, Outcome, Row, Told, Totals},
        registry::Source,
        schema::Schema,
        text::safe,
    },
};

pub(super) const BOTH: &[(u16, u16)] = &[WIDE, SMALL];
pub(super) const ONE: &[(u16, u16)] = &[WIDE];

/// Holds the pictures to those that were accepted.
pub(super) fn hold(name: &str, stage: &mut Stage, sizes: &[(u16, u16)]) {
    for size in sizes {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = format!("{name}_{}x{}", size.0, size.1);
        settings.bind(|| insta::assert_snapshot!(name, stage.picture(*size)));
    }
}

#[test]
fn fleets() {
    hold("healthy", &mut Stage::healthy(), &[WIDE, SMALL, HUGE]);
    let mut stage = Stage::healthy();
    stage.pools(|number| if number == 3 { PoolState::Down } else { PoolState::Up });
    stage.wait(2);
    hold("one_down", &mut stage, &[WIDE, SMALL, HUGE]);
    stage.pools(|_| PoolState::Down);
    stage.wait(70);
    hold("all_down", &mut stage, BOTH);
    let mut stage = Stage::healthy();
    stage.pools(|number| if number == 2 { PoolState::Slow } else { PoolState::Up });
    hold("slow", &mut stage, BOTH);
}

#[test]
fn beginnings() {
    hold("connecting", &mut Stage::new(), BOTH);
    let mut stage = Stage::new();
    stage.pools(|_| PoolState::Up);
    hold("registry_loading", &mut stage, ONE);
    stage.registry(Source::Loading, Some(failure_of(FailureKind::TimedOut)));
    hold("registry_failed", &mut stage, ONE);
    hold("registry_empty", &mut Stage::of(Vec::new()), ONE);
    let mut stage = Stage::healthy();
    stage.registry(Source::Cache, Some(failure_of(FailureKind::TimedOut)));
    stage.pools(|number| if number == 0 { PoolState::Down } else { PoolState::Up });
    hold("registry_from_cache", &mut stage, BOTH);
    stage.registry(Source::Polling, None);
    hold("registry_polled", &mut stage, ONE);
}

#[test]
fn store_lists() {
    let mut stage = Stage::of(troubled());
    stage.press("/gare");
    hold("filter_typing", &mut stage, BOTH);
    stage.press("zzzz");
    hold("filter_without_matches", &mut stage, ONE);
    let mut stage = Stage::of(troubled());
    hold("troubled", &mut stage, BOTH);
    stage.press("p");
    hold("problems_only", &mut stage, BOTH);
    stage.press("j j ");
    hold("marks", &mut stage, ONE);
    let mut stage = Stage::of(fleet(1_100));
    stage.draw(WIDE);
    stage.press("<pgdn><pgdn><pgdn><pgdn>jjj");
    hold("scrolled", &mut stage, ONE);
    hold("hostile_names", &mut Stage::of(hostile()), BOTH);
    let mut stage = Stage::of(hostile());
    stage.model.switches.ascii = true;
    hold("hostile_names_ascii", &mut stage, ONE);
}

#[test]
fn titles() {
    let mut stage = Stage::healthy();
    stage.press("f");
    stage.wait(1);
    stage.pools(|number| if number == 3 { PoolState::Down } else { PoolState::Up });
    hold("frozen", &mut stage, BOTH);
    let mut stage = Stage::healthy();
    stage.model.session.environment = Some(safe("production"));
    stage.model.session.read_only = true;
    hold("production_read_only", &mut stage, BOTH);
    stage.model.session.warnings =
        vec![safe("tlsInsecure"), safe("option `foo` is ignored"), safe("no TLS")];
    hold("warnings", &mut stage, BOTH);
}

#[test]
fn lines_below() {
    let mut stage = Stage::healthy();
    stage.press("y");
    stage.feed(Event::Copied { outcome: Ok("through the terminal (OSC 52)".into()) });
    hold("notice", &mut stage, ONE);
    let failure = Failure::new(FailureKind::Io, "no clipboard was found", "Install `xclip`");
    stage.feed(Event::Copied { outcome: Err(failure) });
    hold("notice_of_failure", &mut stage, ONE);
}

#[test]
fn tops() {
    let mut stage = Stage::healthy();
    stage.press("?");
    hold("help", &mut stage, BOTH);
    stage.press("sort");
    hold("help_searched", &mut stage, ONE);
    let mut stage = Stage::healthy();
    stage.press(":");
    hold("palette", &mut stage, BOTH);
    stage.press("gare");
    hold("palette_typed", &mut stage, ONE);
    stage.press("zzzzzz");
    hold("palette_without_matches", &mut stage, ONE);
}

fn documents() -> Stage {
    let mut stage = Stage::healthy();
    stage.draw(WIDE);
    stage.press("4j<enter>");
    stage
}

#[test]
fn documents_of_a_collection() {
    let mut stage = documents();
    hold("documents_loading", &mut stage, ONE);
    stage.page(Ok(orders()));
    stage.draw(WIDE);
    stage.press("jjjljjljjl");
    hold("documents", &mut stage, BOTH);
    stage.press("r");
    stage.page(Err(failure_of(FailureKind::TimedOut)));
    hold("documents_failed", &mut stage, ONE);
    let mut stage = documents();
    stage.page(Ok(read(vec![], false)));
    hold("documents_none", &mut stage, ONE);
}

#[test]
fn documents_as_a_table_with_a_query_and_from_other_sides() {
    let mut stage = documents();
    stage.page(Ok(orders()));
    stage.draw(WIDE);
    stage.press("v");
    hold("documents_table", &mut stage, BOTH);
    stage.press("/{total: {$gt: 5}");
    hold("documents_bar", &mut stage, BOTH);
    stage.press("<enter>");
    hold("documents_mistake", &mut stage, ONE);
    stage.press("}<enter>");
    let plan = Plan {
        stages: vec![PlanStage {
            depth: 0,
            name: "COLLSCAN".into(),
            detail: "filter {total: 5}".into(),
        }],
        scans_collection: true,
        ..Plan::default()
    };
    stage.doubt(plan.clone(), 4_000_000);
    hold("documents_doubt", &mut stage, BOTH);
    stage.press("<esc>i");
    stage.look(Looked::Plan(Box::new(plan)));
    hold("documents_plan", &mut stage, ONE);
    stage.press("F");
    let order = bson::rawdoc! {"_id": 1, "total": 7, "lines": [{"sku": "a\u{202e}"}]};
    stage.look(Looked::Fields(Schema::of([order.as_ref()])));
    hold("documents_fields", &mut stage, BOTH);
    stage.press("I");
    stage.look(Looked::Indexes(Box::new(inspection())));
    hold("documents_indexes", &mut stage, BOTH);
    stage.press("<esc>E");
    hold("documents_export", &mut stage, ONE);
}

fn inspection() -> Inspection {
    let index = |name: &str, key, uses| IndexFacts {
        name: name.into(),
        key,
        options: bson::Document::new(),
        bytes: Some(20_480),
        uses: Some((uses, bson::DateTime::from_millis(0))),
    };
    Inspection {
        facts: (*orders().facts).clone(),
        indexes: vec![index("_id_", doc! {"_id": 1}, 12), index("total_-1", doc! {"total": -1}, 0)],
        failures: vec![failure_of(FailureKind::NotAuthorised)],
    }
}

#[test]
fn one_question_to_many_stores() {
    let mut stage = Stage::of(fleet(40));
    stage.draw(WIDE);
    stage.press("Q");
    hold("query_form", &mut stage, BOTH);
    stage.press("{status: }<enter>");
    hold("query_mistake", &mut stage, ONE);
    stage.press("<left>'paid'<enter>");
    hold("query_asking", &mut stage, ONE);
    let row = |target| {
        Told::Row(Row {
            target,
            document: bson::rawdoc! {"_id": 1, "total": 7, "note": "a\u{202e}"},
        })
    };
    let lost = Failed {
        store_id: Some("store-003".into()),
        database: Some(shard(3)),
        failure: failure_of(FailureKind::Refused),
    };
    stage.told(vec![row(0), row(1), Told::Failed(lost.clone())]);
    stage.asked(Outcome { failed: vec![lost], limited: true, ..Outcome::default() });
    stage.draw(WIDE);
    stage.press("jj");
    hold("query_rows", &mut stage, BOTH);
    stage.press("/<up><up><right>");
    hold("query_count_form", &mut stage, ONE);
    stage.press("<enter>");
    let count = |target, n: i32| Told::Row(Row { target, document: bson::rawdoc! {"count": n} });
    stage.told(vec![count(0, 70), count(1, 35)]);
    let totals = Totals {
        fleet: vec![doc! {"count": 105}],
        databases: vec![(shard(1), vec![doc! {"count": 105}])],
    };
    stage.asked(Outcome { totals: Some(totals), ..Outcome::default() });
    hold("query_totals", &mut stage, ONE);
    stage.press("b");
    hold("query_chart", &mut stage, BOTH);
}

#[test]
fn events() {
    let mut stage = Stage::healthy();
    stage.press("e");
    hold("events_none", &mut stage, ONE);
    stage.press("<esc>");
    stage.pools(|number| if number == 3 { PoolState::Down } else { PoolState::Up });
    stage.wait(42);
    stage.pools(|number| if number == 2 { PoolState::Slow } else { PoolState::Up });
    stage.wait(600);
    let mut stores = fleet(100);
    stores.remove(7);
    stage.feed(Event::RegistryChanged(fixture::registry(stores)));
    stage.press("e");
    hold("events", &mut stage, BOTH);
}

#[test]
fn collections_of_a_store() {
    let loading = || {
        let mut stage = Stage::of(fleet(100));
        stage.wait(1);
        stage
    };
    let mut stage = loading();
    hold("collections_loading", &mut stage, ONE);
    stage.collections(Ok(of_every_kind));
    hold("collections_of_every_kind", &mut stage, BOTH);
    let mut stage = loading();
    stage.collections(Err(failure_of(FailureKind::NotAuthorised)));
    hold("collections_failed", &mut stage, ONE);
    let mut stage = Stage::of(troubled());
    stage.draw(WIDE);
    stage.press("jjj");
    hold("collections_of_no_database", &mut stage, ONE);
}

#[test]
fn distributions() {
    hold("over_capacity", &mut Stage::of(crowded()), BOTH);
    let mut stage = Stage::healthy();
    stage.press("b");
    hold("distribution_loading", &mut stage, ONE);
    stage.usage();
    hold("distribution_by_documents", &mut stage, ONE);
    stage.press("b");
    hold("distribution_by_bytes", &mut stage, ONE);
}

#[test]
fn zooms() {
    for (key, name) in
        [("1", "databases"), ("2", "distribution"), ("3", "stores"), ("4", "collections")]
    {
        let mut stage = Stage::of(troubled());
        stage.wait(1);
        stage.collections(Ok(all_present));
        stage.change_pools(|pools| {
            let pool = pools.pools.iter_mut().find(|pool| pool.database == shard(2));
            pool.expect("a second shard").connections.waiting = 2;
        });
        stage.press(key);
        stage.press("z");
        hold(&format!("zoom_{name}"), &mut stage, ONE);
    }
}

#[test]
fn other_terminals() {
    let mut stage = Stage::healthy();
    stage.pools(|number| if number == 3 { PoolState::Down } else { PoolState::Up });
    stage.model.switches.ascii = true;
    hold("ascii", &mut stage, BOTH);
    hold("smallest", &mut Stage::healthy(), &[(60, 15)]);
    hold("too_small", &mut Stage::healthy(), &[(59, 14), (20, 5)]);
}

#[test]
fn the_same_model_gives_the_same_picture() {
    let mut stage = Stage::healthy();
    let first = stage.picture(WIDE);
    stage.feed(Event::PoolsChanged(Arc::clone(&stage.model.pools)));
    assert_eq!(stage.picture(WIDE), first);
}
