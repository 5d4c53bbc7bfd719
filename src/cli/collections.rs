//! `collections`: what one store has.

use super::{fleet::with_fleet, output::Answer, to_json};
use crate::{
    config::Config,
    domain::{failure::Failure, lookup},
    report::collections::CollectionList,
};

/// Lists the collections of the store that the text means.
///
/// # Errors
///
/// No store is meant, or several; or its database cannot be read.
pub(super) fn run(text: &str, config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        let registry = session.registry().await?;
        let store = lookup::find(&registry, text)?;
        if let Some(database) = store.route.database() {
            session.pool_decided(database).await;
        }
        let found = session.fleet.collections(store).await?;
        let list = CollectionList::new(store, &found, &session.names);
        let text = CollectionList::text(store, &found, &session.names, session.look);
        Ok(Answer { warnings: session.warnings(&registry), ..Answer::done(to_json(&list)?, text) })
    })
}
