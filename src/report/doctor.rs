//! `doctor`: findings with their evidence and the way out.

// Writing to a string cannot fail, so what `write!` returns is dropped below.
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use bson::Bson;
use serde::Serialize;

use super::{error::ErrorBody, look::Look, names::Names};
use crate::{
    doctor::explain,
    domain::{
        database::Layout,
        failure::Failure,
        finding::{Checked, Examination, Finding, Rule, Severity},
        text::safe,
    },
};

/// What an examination brought, for `--json`.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    findings: Vec<FindingBody>,
    checked: CheckedBody,
    incomplete: Vec<IncompleteBody>,
    /// What came of each repair; empty without `--fix`.
    repairs: Vec<Repaired>,
}

#[derive(Debug, Serialize)]
struct FindingBody {
    rule: &'static str,
    severity: &'static str,
    store_id: Option<String>,
    prefix: Option<String>,
    database: Option<String>,
    collection: Option<String>,
    message: String,
    evidence: serde_json::Value,
    fix: Option<FixBody>,
}

#[derive(Debug, Serialize)]
struct FixBody {
    summary: String,
    command: String,
    safe: bool,
}

#[derive(Debug, Serialize)]
struct CheckedBody {
    databases: usize,
    stores: usize,
    collections: usize,
}

#[derive(Debug, Serialize)]
struct IncompleteBody {
    database: String,
    error: ErrorBody,
}

/// What came of one repair.
#[derive(Debug, Clone, Serialize)]
pub struct Repaired {
    rule: &'static str,
    message: String,
    outcome: &'static str,
    error: Option<ErrorBody>,
}

impl Repaired {
    /// The outcome of the repair of a finding.
    pub fn new(finding: &Finding, outcome: Result<(), Failure>) -> Self {
        let error = outcome.err();
        Self {
            rule: finding.rule.id(),
            message: finding.message.clone(),
            outcome: if error.is_some() { "failed" } else { "done" },
            error: error.as_ref().map(ErrorBody::new),
        }
    }

    /// Whether it failed.
    pub const fn has_failed(&self) -> bool {
        self.error.is_some()
    }
}

impl DoctorReport {
    /// The report for `--json`.
    pub fn new(examination: &Examination, repaired: &[Repaired], names: &Names) -> Self {
        let Checked { databases, stores, collections } = examination.checked;
        let incomplete = examination.incomplete.iter().map(|(database, failure)| IncompleteBody {
            database: names.of(*database).to_owned(),
            error: ErrorBody::new(failure),
        });
        Self {
            findings: examination.findings.iter().map(|one| FindingBody::new(one, names)).collect(),
            checked: CheckedBody { databases, stores, collections },
            incomplete: incomplete.collect(),
            repairs: repaired.to_vec(),
        }
    }

    /// The report for people: worst first, one heading a severity.
    pub fn text(
        examination: &Examination,
        repaired: &[Repaired],
        names: &Names,
        look: Look,
    ) -> String {
        let mut text = String::new();
        for one in repaired {
            let why = one
                .error
                .as_ref()
                .map_or_else(String::new, |error| format!(": {}", error.message()));
            let _ = writeln!(text, "{} {}{why}", one.outcome, safe(&one.message));
        }
        if !repaired.is_empty() {
            text.push('\n');
        }
        for severity in Severity::ALL {
            let of_severity: Vec<&Finding> = examination
                .findings
                .iter()
                .filter(|finding| finding.rule.severity() == severity)
                .collect();
            group(severity, &of_severity, look, &mut text);
        }
        for (database, failure) in &examination.incomplete {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            let name = safe(names.of(*database));
            let mark = look.cross();
            let _ =
                writeln!(text, "{red}{mark} not looked at: {name}{red:#}\n    {}", failure.message);
            if !failure.hint.as_str().is_empty() {
                let _ = writeln!(text, "    {}", failure.hint);
            }
        }
        text + &summary(examination, look)
    }

    /// What the repairs will do, for people.
    pub fn repairs_text(examination: &Examination, layout: &Layout, look: Look) -> String {
        let mut text = String::new();
        for finding in &examination.findings {
            let Some(repair) = finding.fix.as_ref().and_then(|fix| fix.repair.as_ref()) else {
                continue;
            };
            let _ = writeln!(text, "{} {}", finding.rule.id(), safe(&finding.message));
            for line in repair.lines(layout) {
                let _ = writeln!(text, "    {}{}", look.arrow(), safe(&line));
            }
        }
        text
    }
}

fn group(severity: Severity, findings: &[&Finding], look: Look, text: &mut String) {
    if findings.is_empty() {
        return;
    }
    let style = Style::new().bold().fg_color(Some(colour(severity).into()));
    let _ = writeln!(text, "{style}{} ({}){style:#}", severity.name(), findings.len());
    for finding in findings {
        let dim = Style::new().dimmed();
        let _ = writeln!(text, "  {} {}", finding.rule.id(), safe(&finding.message));
        if let Some(fix) = &finding.fix {
            let arrow = look.arrow();
            let _ = writeln!(text, "    {arrow}{}", safe(&fix.summary));
            let _ = writeln!(text, "    {dim}{}{dim:#}", safe(&fix.command));
        }
    }
    text.push('\n');
}

const fn colour(severity: Severity) -> AnsiColor {
    match severity {
        Severity::Critical | Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Cyan,
    }
}

fn summary(examination: &Examination, look: Look) -> String {
    let count = |severity: Severity| {
        examination.findings.iter().filter(|one| one.rule.severity() == severity).count()
    };
    let counts = Severity::ALL.map(|severity| format!("{} {}", count(severity), severity.name()));
    let Checked { databases, stores, collections } = examination.checked;
    let dot = look.dot();
    let findings =
        if examination.findings.is_empty() { "nothing found".to_owned() } else { counts.join(dot) };
    let incomplete = match examination.incomplete.len() {
        0 => String::new(),
        n => format!("{dot}INCOMPLETE: {n} databases were not looked at"),
    };
    format!(
        "{findings}{incomplete}\nlooked at {databases} databases, {stores} stores, {collections} collections\n"
    )
}

impl FindingBody {
    fn new(finding: &Finding, names: &Names) -> Self {
        let owned = |text: &Option<Box<str>>| text.as_deref().map(ToOwned::to_owned);
        let fix = finding.fix.as_ref().map(|fix| FixBody {
            summary: fix.summary.clone(),
            command: fix.command.clone(),
            safe: fix.repair.is_some(),
        });
        Self {
            rule: finding.rule.id(),
            severity: finding.rule.severity().name(),
            store_id: owned(&finding.store_id),
            prefix: owned(&finding.prefix),
            database: finding.database.map(|database| names.of(database).to_owned()),
            collection: owned(&finding.collection),
            message: finding.message.clone(),
            evidence: Bson::Document(finding.evidence.clone()).into_relaxed_extjson(),
            fix,
        }
    }
}

/// What the findings of a rule mean.
#[derive(Debug, Serialize)]
pub struct ExplanationReport {
    rule: &'static str,
    severity: &'static str,
    title: &'static str,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
}

impl ExplanationReport {
    /// The explanation of a rule.
    pub fn new(rule: Rule) -> Self {
        let told = explain(rule);
        Self {
            rule: rule.id(),
            severity: rule.severity().name(),
            title: told.title,
            meaning: told.meaning,
            cause: told.cause,
            remedy: told.remedy,
        }
    }

    /// The explanation for people.
    pub fn text(&self) -> String {
        let Self { rule, severity, title, meaning, cause, remedy } = self;
        let bold = Style::new().bold();
        format!(
            "{bold}{rule}{bold:#} ({severity}): {title}\n\n\
             {bold}What it means{bold:#}\n{meaning}\n\n\
             {bold}How it comes about{bold:#}\n{cause}\n\n\
             {bold}What to do{bold:#}\n{remedy}\n"
        )
    }
}
