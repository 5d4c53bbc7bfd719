//! `status`: databases, pools and stores.

use super::{fleet::with_fleet, output::Answer, to_json};
use crate::{
    config::Config,
    domain::failure::Failure,
    report::status::{Facts, Status},
};

/// Probes every database once. The exit code is 1 when one cannot be used.
///
/// # Errors
///
/// There is no usable URI.
pub(super) fn run(config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        session.settle().await;
        let pools = session.fleet.pools().borrow().clone();
        let registry = session.fleet.registry().borrow().clone();
        let look = super::fleet::look(config);
        let facts = Facts {
            environment: config.environment.as_deref(),
            layout: session.fleet.layout(),
            pools: &pools,
            registry: &registry,
        };
        let json = to_json(&Status::new(&facts, look))?;
        let all_usable = pools.n_usable() == pools.pools.len();
        let code = u8::from(!all_usable);
        Ok(Answer { code, ..Answer::done(json, Status::text(&facts, look)) })
    })
}
