//! Gathers the inventory: what every database holds, by name, in few commands.
//!
//! One read of the registry, one listing of names a database, one catalog of indexes a server, one count of users a
//! storeId, and a count of those few collections whose emptiness decides something. No
//! other document is read.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bson::{Bson, Document, doc};
use futures_util::{TryStreamExt as _, future::join_all};
use jiff::Timestamp;
use mongodb::error::Result as DriverResult;

use super::{call::within, fleet::Fleet, probe::Handle, registry::read_all};
use crate::domain::{
    collection::Form,
    database::{Database, Layout},
    failure::{Failure, FailureKind},
    index::IndexSpec,
    inventory::{Inventory, Listing, Named, Place, UserGroup},
    registry::{Registry, Source},
};

mod counts;
mod indexes;

/// How many times the deadline of one read a whole listing may take: it has many batches.
const PATIENCE: u32 = 3;

/// One database that answers, and the deadline of what is asked of it.
#[derive(Debug, Clone)]
struct Asked {
    handle: Handle,
    limit: Duration,
}

impl Asked {
    /// Runs one read to its end.
    async fn read<T: Send + 'static>(
        &self,
        doing: &str,
        operation: impl Future<Output = DriverResult<T>> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = self.handle.context(self.limit, doing);
        within(self.limit, operation).await.map_err(|error| error.failure(None, &context))
    }

    /// Runs an aggregation to its end. `collection` is `None` for one of the whole database.
    async fn aggregate(
        &self,
        doing: &str,
        collection: Option<&str>,
        pipeline: Vec<Document>,
    ) -> Result<Vec<Document>, Failure> {
        let (db, limit) = (self.handle.db.clone(), self.limit);
        let collection = collection.map(|name| db.collection::<Document>(name));
        self.read(doing, async move {
            let asked = match &collection {
                Some(collection) => collection.aggregate(pipeline),
                None => db.aggregate(pipeline),
            };
            asked.max_time(limit).comment("tilldeck").await?.try_collect().await
        })
        .await
    }
}

/// Gathers what the fleet holds. Never fails as a whole; waits for no pool.
pub(super) async fn gather(fleet: &Fleet, limit: Duration) -> Inventory {
    let layout = fleet.layout().clone();
    let asked = asked(fleet, limit * PATIENCE);
    let listed = listed(&asked);
    let main = asked.first().map(|(_, asked)| asked.as_ref().map_err(Clone::clone));
    let main = main.unwrap_or_else(|| Err(no_main()));
    let (mut listings, users, registry) =
        tokio::join!(listed, users(main.clone(), &layout), registry(fleet, limit));
    indexes::add(fleet, &asked, &mut listings).await;
    let registry_indexes = registry_indexes(main, &listings, &layout);
    let mut inventory = Inventory {
        layout,
        registry,
        listings,
        registry_indexes,
        users,
        documents: BTreeMap::new(),
    };
    inventory.documents = counts::of_suspects(&inventory, &asked).await;
    inventory
}

/// The collections of every database by name, without their indexes.
pub(super) async fn listings(fleet: &Fleet, limit: Duration) -> Vec<Listing> {
    listed(&asked(fleet, limit)).await
}

/// The registry as it is now. The list that the fleet follows may be a moment old, and would
/// tell what has just been repaired once more. Where it cannot be read, the followed one, which
/// is then not called live.
pub(super) async fn registry(fleet: &Fleet, limit: Duration) -> Arc<Registry> {
    let followed = fleet.registry().borrow().clone();
    let pools = fleet.pools().borrow().clone();
    let server = pools.get(Database::Main).and_then(|main| main.server.as_ref());
    let topology = server.map(|server| server.topology);
    let read = match fleet.handle(Database::Main) {
        Ok(handle) => read_all(&handle, fleet.layout(), limit, topology).await,
        Err(failure) => Err(failure),
    };
    Arc::new(match read {
        Ok(mut stores) => {
            stores.sort_unstable_by(|one, other| one.record.cmp(&other.record));
            let stores = stores.into_iter().map(Arc::new).collect();
            let as_of = Some(Timestamp::now());
            Registry { stores, source: Source::Polling, as_of, failure: None }
        }
        Err(failure) => {
            let source = match followed.source {
                Source::Loading => Source::Loading,
                _ => Source::Cache,
            };
            Registry { source, failure: Some(failure), ..(*followed).clone() }
        }
    })
}

fn asked(fleet: &Fleet, limit: Duration) -> Vec<(Database, Result<Asked, Failure>)> {
    let asked = |database| fleet.handle(database).map(|handle| Asked { handle, limit });
    fleet.layout().databases().map(|database| (database, asked(database))).collect()
}

async fn listed(asked: &[(Database, Result<Asked, Failure>)]) -> Vec<Listing> {
    join_all(asked.iter().map(|(database, asked)| async move {
        let collections = match asked {
            Ok(asked) => names(asked).await,
            Err(failure) => Err(failure.clone()),
        };
        Listing { database: *database, collections }
    }))
    .await
}

fn no_main() -> Failure {
    Failure::new(FailureKind::Internal, "the fleet has no main database", "Report this fault")
}

/// The collections of one database by name, without what the server keeps for itself.
async fn names(asked: &Asked) -> Result<Vec<Named>, Failure> {
    let (db, limit) = (asked.handle.db.clone(), asked.limit);
    let listing = doc! {
        "listCollections": 1, "nameOnly": true, "authorizedCollections": true,
        "cursor": {"batchSize": 20_000},
        "maxTimeMS": i64::try_from(limit.as_millis()).unwrap_or(i64::MAX), "comment": "tilldeck",
    };
    let read = async move {
        let cursor = db.run_cursor_command(listing).await?;
        cursor.try_filter_map(|listed| async move { Ok(named(&listed)) }).try_collect().await
    };
    let mut names: Vec<Named> = asked.read("list its collections", read).await?;
    names.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(names)
}

fn named(listed: &Document) -> Option<Named> {
    let name = listed.get_str("name").ok().filter(|name| !name.starts_with("system."))?;
    let form = match listed.get_str("type") {
        Ok("view") => Form::View,
        Ok("timeseries") => Form::TimeSeries,
        _ => Form::Collection,
    };
    Some(Named { name: name.into(), form, indexes: None })
}

/// The users in the main database by storeId, those of the system left out.
async fn users(main: Result<&Asked, Failure>, layout: &Layout) -> Result<Vec<UserGroup>, Failure> {
    let field = &layout.registry.store_id;
    let pipeline = vec![
        doc! {"$match": {field: {"$ne": null}}},
        doc! {"$group": {"_id": format!("${field}"), "n": {"$sum": 1_i64}}},
        doc! {"$sort": {"_id": 1}},
    ];
    let doing = format!("read `{}`", layout.registry.users);
    let groups = main?.aggregate(&doing, Some(&layout.registry.users), pipeline).await?;
    let group = |mut group: Document| {
        let store_id = group.remove("_id").unwrap_or(Bson::Null);
        let count = group.get_i64("n").ok().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        UserGroup { store_id, count }
    };
    Ok(groups.into_iter().map(group).collect())
}

/// The indexes of the registry, as the listing of the main database has them.
fn registry_indexes(
    main: Result<&Asked, Failure>,
    listings: &[Listing],
    layout: &Layout,
) -> Result<Vec<IndexSpec>, Failure> {
    let name = &layout.registry.collection;
    let main = main?;
    let listing = listings.iter().find(|listing| listing.database == Database::Main);
    let collections = match listing.map(|listing| &listing.collections) {
        Some(Ok(collections)) => collections,
        Some(Err(failure)) => return Err(failure.clone()),
        None => return Err(no_main()),
    };
    let Some(registry) = collections.iter().find(|one| one.name.as_ref() == name) else {
        return Ok(Vec::new());
    };
    registry.indexes.as_ref().map(|indexes| indexes.to_vec()).ok_or_else(|| {
        let message = format!("the indexes of `{name}` in `{}` cannot be read", main.handle.name);
        let hint = "Grant the login `listIndexes` there, which the role `read` has";
        Failure::new(FailureKind::NotAuthorised, &message, hint)
    })
}

type Suspects = BTreeMap<Database, BTreeSet<Box<str>>>;
type Catalog = HashMap<(String, String), Arc<[IndexSpec]>>;
type Counted = BTreeMap<Place, u64>;
