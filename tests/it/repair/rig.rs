//! The fleet of a test, examined in this process, so that something can change before the
//! repair.

use mongodb::bson::Document;
use tilldeck::{
    doctor::examine,
    domain::{
        failure::Failure,
        finding::{Finding, Rule},
        registry::Source,
    },
    jobs::repair,
    mongo::{fleet::Fleet as Connected, gate::Gate, targets::Targets},
};
use tokio::time::timeout;

use crate::{
    doctor::fleet::{Fleet, Place, Plant},
    support::{PATIENCE, fleet_config, shared},
};

/// Plants, examines, changes what was found, and applies the repair of the first finding of
/// the rule. Gives what came of it, and the states before and after the repair.
pub(super) fn repaired_after(
    plant: Plant,
    rule: Rule,
    between: Vec<(Place, Document)>,
) -> (Fleet, Result<(), Failure>, [String; 2]) {
    let fleet = Fleet::new(plant);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (connected, finding) = runtime.block_on(found(&fleet, rule));
    for (place, command) in between {
        fleet.tell(place, command);
    }
    let before = fleet.state();
    let outcome = runtime.block_on(repair::apply(&connected, Gate::new(false), &finding));
    let after = fleet.state();
    runtime.block_on(connected.shutdown());
    (fleet, outcome, [before, after])
}

async fn found(fleet: &Fleet, rule: Rule) -> (Connected, Finding) {
    let mut config = fleet_config(&shared().uri(), &fleet.main, fleet.home.path());
    config.layout.database_count = 3;
    let connected = Connected::start(Targets::parse(&config).unwrap(), &config);
    connected.settle(PATIENCE).await;
    let mut registry = connected.registry();
    let is_live = |source: Source| matches!(source, Source::ChangeStream | Source::Polling);
    let live = timeout(PATIENCE, registry.wait_for(|registry| is_live(registry.source))).await;
    drop(live.unwrap().unwrap());
    let examination = examine(&connected.inventory().await);
    let finding = examination.findings.into_iter().find(|finding| finding.rule == rule);
    (connected, finding.unwrap())
}
