//! The findings that a filter leaves.

use super::Doctor;
use crate::domain::{database::Layout, finding::Finding};

/// Keeps the findings in which each word of the field occurs. O(n).
pub(super) fn filter(doctor: &mut Doctor, layout: &Layout) {
    let words: Vec<String> =
        doctor.input.value().split_whitespace().map(str::to_lowercase).collect();
    let findings = doctor.examination.as_ref().map_or(&[][..], |one| &one.findings);
    let matches = |finding: &Finding| {
        let text = if words.is_empty() { String::new() } else { text_of(finding, layout) };
        words.iter().all(|word| text.contains(word))
    };
    let kept =
        findings.iter().chain(&doctor.gone).enumerate().filter(|(_, finding)| matches(finding));
    doctor.rows = kept.map(|(index, _)| index).collect();
}

/// What can be looked for in a finding, in lower case.
fn text_of(finding: &Finding, layout: &Layout) -> String {
    let database = finding.database.map(|database| layout.name_of(database)).unwrap_or_default();
    let texts = [&finding.store_id, &finding.prefix, &finding.collection];
    let texts: Vec<&str> = texts.into_iter().flatten().map(AsRef::as_ref).collect();
    let (rule, severity) = (finding.rule.id(), finding.rule.severity().name());
    format!("{rule} {severity} {database} {} {}", texts.join(" "), finding.message).to_lowercase()
}
