//! `doctor`: what is wrong with the fleet, what it means, and the repairs that lose nothing.

use std::collections::BTreeSet;

use super::{
    confirm::Consent,
    fleet::{Session, interrupted, with_fleet, writing},
    output::{Answer, Output},
    to_json,
};
use crate::{
    config::Config,
    doctor,
    domain::{
        failure::{Failure, FailureKind},
        finding::{Examination, Finding, Rule},
    },
    jobs::repair::{self, repairable},
    mongo::gate::Gate,
    report::doctor::{DoctorReport, ExplanationReport, Repaired},
};

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this rule; may be given several times.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Only findings of the store with this storeId or prefix.
    #[arg(long, value_name = "TEXT")]
    store: Option<String>,
    /// Show the repairs that lose nothing, ask, and apply them.
    #[arg(long)]
    fix: bool,
    /// What the findings of a rule mean, how they come about, and what to do.
    #[arg(long, value_name = "ID", conflicts_with_all = ["rule", "fix", "store"])]
    explain: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

/// Examines the fleet, or explains a rule.
///
/// # Errors
///
/// `usage` for a rule that does not exist; `read_only`, `cancelled` and what asking fails
/// with under `--fix`.
pub(super) fn run(args: &Args, config: &Config, output: Output) -> Result<Answer, Failure> {
    let rules = args.rule.iter().map(|id| rule(id)).collect::<Result<BTreeSet<Rule>, _>>()?;
    if let Some(id) = &args.explain {
        let report = ExplanationReport::new(rule(id)?);
        return Ok(Answer::done(to_json(&report)?, report.text()));
    }
    if args.fix && !args.consent.plan {
        Gate::new(config.read_only).permit(&config.layout.main_database)?;
    }
    with_fleet(config, async |session| {
        let chosen = Chosen { rules: &rules, store: args.store.as_deref() };
        let examination = examine(session, &chosen).await;
        if args.fix {
            let tools = (session, &chosen, output);
            return fixed(args.consent, config, tools, examination).await;
        }
        answer(&examination, &[], session)
    })
}

/// Which findings are asked for.
pub(super) struct Chosen<'a> {
    /// None means all.
    pub(super) rules: &'a BTreeSet<Rule>,
    pub(super) store: Option<&'a str>,
}

impl Chosen<'_> {
    fn takes(&self, finding: &Finding) -> bool {
        let is_store = |text: &str| {
            [&finding.store_id, &finding.prefix].into_iter().any(|one| one.as_deref() == Some(text))
        };
        (self.rules.is_empty() || self.rules.contains(&finding.rule))
            && self.store.is_none_or(is_store)
    }
}

/// Examines the fleet, and keeps the findings that are asked for.
pub(super) async fn examine(session: &Session, chosen: &Chosen<'_>) -> Examination {
    session.settle().await;
    // A registry that is not there makes the examination incomplete, which it says itself.
    let _ = session.registry().await;
    let inventory = session.fleet.inventory().await;
    let mut examination = doctor::examine(&inventory);
    examination.findings.retain(|finding| chosen.takes(finding));
    examination
}

/// Shows the repairs, asks, applies them, and examines again.
///
/// # Errors
///
/// `usage` and `cancelled` from asking.
pub(super) async fn fixed(
    consent: Consent,
    config: &Config,
    (session, chosen, output): (&Session, &Chosen<'_>, Output),
    examination: Examination,
) -> Result<Answer, Failure> {
    let layout = session.fleet.layout();
    let n_repairs = repairable(&examination.findings).count();
    let plan = DoctorReport::repairs_text(&examination, layout, session.look);
    if consent.plan || n_repairs == 0 {
        let answer = answer(&examination, &[], session)?;
        let text = if n_repairs == 0 { answer.text } else { plan };
        return Ok(Answer { text, ..answer });
    }
    consent.ask(&plan, &format!("Apply {n_repairs} repairs?"), output)?;
    let mut repaired = Vec::new();
    for (finding, _) in repairable(&examination.findings) {
        if interrupted().is_some() {
            break;
        }
        let gate = Gate::new(config.read_only);
        let outcome = writing(repair::apply(&session.fleet, gate, finding)).await;
        repaired.push(Repaired::new(finding, outcome));
    }
    // The list of stores was read before the repairs, which have changed it.
    let session = Session::anew(config).await?;
    let again = examine(&session, chosen).await;
    session.fleet.shutdown().await;
    let answer = answer(&again, &repaired, &session)?;
    let has_failed = repaired.iter().any(Repaired::has_failed);
    let code = interrupted().unwrap_or(answer.code.max(u8::from(has_failed)));
    Ok(Answer { code, ..answer })
}

fn answer(
    examination: &Examination,
    repaired: &[Repaired],
    session: &Session,
) -> Result<Answer, Failure> {
    let report = DoctorReport::new(examination, repaired, &session.names);
    let text = DoctorReport::text(examination, repaired, &session.names, session.look);
    let code = u8::from(examination.has_failed());
    Ok(Answer { code, ..Answer::done(to_json(&report)?, text) })
}

fn rule(id: &str) -> Result<Rule, Failure> {
    Rule::of_id(id).ok_or_else(|| {
        let nearest = Rule::ALL
            .into_iter()
            .min_by_key(|rule| strsim::damerau_levenshtein(rule.id(), id))
            .map_or("", Rule::id);
        Failure::new(
            FailureKind::Usage,
            &format!("there is no rule `{id}`"),
            &format!("Did you mean `{nearest}`? `tilldeck doctor --help` lists every rule"),
        )
    })
}
