//! `stores`: the registry.

use super::{
    args::{SortField, StoresArgs},
    fleet::with_fleet,
    output::Answer,
    place::database,
    to_json,
};
use crate::{
    config::Config,
    domain::failure::Failure,
    report::stores::{StoreList, StoreOrder, StoreQuery},
};

/// Lists the stores that the arguments ask for; from the cache while the registry is out of
/// reach, and says so.
///
/// # Errors
///
/// There is no usable URI, no such database, or no registry, not even an old one.
pub(super) fn run(args: &StoresArgs, config: &Config) -> Result<Answer, Failure> {
    with_fleet(config, async |session| {
        let database = match &args.database {
            Some(text) => Some(database(text, session)?),
            None => None,
        };
        let query = StoreQuery {
            filter: args.filter.clone().unwrap_or_default(),
            problems_only: args.problems,
            database,
            order: order(args.sort),
            reverse: args.reverse,
        };
        let registry = session.registry().await?;
        let stores = query.run(&registry);
        let list = StoreList::new(&stores, &registry, &session.names, session.look);
        let text = StoreList::text(&stores, &registry, &session.names, session.look);
        Ok(Answer { warnings: session.warnings(&registry), ..Answer::done(to_json(&list)?, text) })
    })
}

const fn order(field: SortField) -> StoreOrder {
    match field {
        SortField::StoreId => StoreOrder::StoreId,
        SortField::Name => StoreOrder::Name,
        SortField::Prefix => StoreOrder::Prefix,
        SortField::Database => StoreOrder::Database,
        SortField::State => StoreOrder::State,
    }
}
