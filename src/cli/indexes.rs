//! `indexes ensure`: the unique indexes of the registry.

use std::collections::BTreeSet;

use super::{
    confirm::Consent,
    doctor::{Chosen, examine, fixed},
    fleet::with_fleet,
    output::{Answer, Output},
};
use crate::{
    config::Config,
    domain::{
        database::Database,
        failure::{Failure, FailureKind},
        finding::Rule,
    },
    jobs::repair::repairable,
    mongo::gate::Gate,
};

/// What can be done with indexes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Makes the unique indexes on storeId and prefix where they are missing. With duplicates
    /// present it says which, and does nothing.
    Ensure {
        #[command(flatten)]
        consent: Consent,
    },
}

/// Makes the unique indexes, by the repair of the doctor's rule.
///
/// # Errors
///
/// `duplicate` where an index cannot be made: nothing is done then. The failure of the main
/// database; and as `doctor --fix`.
pub(super) fn run(command: &Command, config: &Config, output: Output) -> Result<Answer, Failure> {
    let Command::Ensure { consent } = command;
    let rules = BTreeSet::from([Rule::UniqueIndexMissing]);
    if !consent.plan {
        Gate::new(config.read_only).permit(&config.layout.main_database)?;
    }
    with_fleet(config, async |session| {
        let chosen = Chosen { rules: &rules, store: None };
        let examination = examine(session, &chosen).await;
        // A shard that is down says nothing about the registry.
        let main = |(database, _): &&(Database, Failure)| *database == Database::Main;
        if let Some((_, failure)) = examination.incomplete.iter().find(main) {
            return Err(failure.clone());
        }
        let in_the_way = examination
            .findings
            .iter()
            .find(|finding| finding.fix.as_ref().is_none_or(|fix| fix.repair.is_none()));
        if let Some(finding) = in_the_way {
            let hint = finding.fix.as_ref().map_or("", |fix| fix.summary.as_str());
            return Err(Failure::new(FailureKind::Duplicate, &finding.message, hint));
        }
        let is_there = repairable(&examination.findings).next().is_none();
        let answer = fixed(*consent, config, (session, &chosen, output), examination).await?;
        if is_there {
            let text = "storeId and prefix have their unique indexes\n".to_owned();
            return Ok(Answer { text, ..answer });
        }
        Ok(answer)
    })
}
