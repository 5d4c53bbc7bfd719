//! `uris`: the effective URI of each database.

use super::{
    fleet::{look, on_runtime},
    output::Answer,
    to_json,
};
use crate::{
    config::Config,
    domain::{failure::Failure, uri::Show},
    mongo::targets::Targets,
    report::uris::UriList,
};

/// Derives the URIs, and asks the name server where they say so; connects to no database.
/// The exit code is 1 when a name server does not answer.
///
/// # Errors
///
/// There is no usable URI.
pub(super) fn run(show: Show, config: &Config) -> Result<Answer, Failure> {
    let targets = Targets::parse(config)?;
    let facts = on_runtime(async { Ok(targets.describe(show).await) })?;
    let code = u8::from(facts.iter().any(|fact| fact.failure.is_some()));
    let json = to_json(&UriList::new(&facts))?;
    let text = UriList::text(&facts, look(config));
    Ok(Answer { code, warnings: targets.warnings, ..Answer::done(json, text) })
}
