//! `why`: why is my store not found?

use super::{fleet::with_fleet, output::Answer, to_json};
use crate::{config::Config, domain::failure::Failure, report::why::WhyReport};

/// What `why` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A storeId, a prefix, a name, or the name of a collection.
    text: String,
    /// Print Markdown for an incident channel.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Walks the backend's path to the store. The exit code is 1 when it cannot be reached.
///
/// # Errors
///
/// There is no usable URI.
pub(super) fn run(args: &Args, config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        session.settle().await;
        // Without a registry, the answer says why there is none.
        let registry = session.registry().await;
        let trace = session.fleet.why(&args.text).await;
        let text = if args.markdown {
            trace.markdown(config.environment.as_deref())
        } else {
            WhyReport::text(&trace, session.look)
        };
        let code = u8::from(!trace.is_reachable());
        let warnings = registry.map(|registry| session.warnings(&registry)).unwrap_or_default();
        Ok(Answer { warnings, code, ..Answer::done(to_json(&WhyReport::new(&trace))?, text) })
    })
}
