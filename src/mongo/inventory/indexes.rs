//! The indexes of every collection: one catalog a server, or one listing a collection where
//! the login may not read the catalog.

use std::{collections::HashSet, sync::Arc};

use bson::{Bson, Document, doc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Asked, Catalog};
use crate::{
    domain::{
        collection::Form,
        database::Database,
        failure::Failure,
        index::IndexSpec,
        inventory::{Listing, Named},
    },
    mongo::fleet::Fleet,
};

/// Listings under way at the same time, in one database.
const AT_ONCE: usize = 4;

/// Adds the indexes to the collections of every database that was listed.
pub(super) async fn add(
    fleet: &Fleet,
    asked: &[(Database, Result<Asked, Failure>)],
    listings: &mut [Listing],
) {
    let names: Vec<&str> = asked
        .iter()
        .filter_map(|(_, asked)| Some(asked.as_ref().ok()?.handle.name.as_str()))
        .collect();
    let mut asked_servers = HashSet::new();
    let mut catalog = Catalog::new();
    let mut without_catalog = Vec::new();
    for (database, asked) in asked {
        let Ok(asked) = asked else { continue };
        let route = fleet.route(*database);
        if asked_servers.insert(route) {
            match read_catalog(asked, &names).await {
                Ok(more) => catalog.extend(more),
                // Needs a role on the whole server, which many logins do not have.
                Err(failure) => {
                    tracing::debug!(database = %asked.handle.name, %failure, "no catalog");
                    without_catalog.push(route);
                }
            }
        }
        let Some(listing) = listings.iter_mut().find(|listing| listing.database == *database)
        else {
            continue;
        };
        let Ok(collections) = &mut listing.collections else { continue };
        if without_catalog.contains(&route) {
            list_each(asked, collections).await;
        } else {
            let indexes =
                |name: &str| catalog.get(&(asked.handle.name.clone(), name.to_owned())).cloned();
            for collection in collections.iter_mut() {
                collection.indexes = indexes(&collection.name);
            }
        }
    }
}

/// The indexes of every collection of the fleet on this server, in one command.
async fn read_catalog(asked: &Asked, names: &[&str]) -> Result<Catalog, Failure> {
    let admin = asked.handle.db.client().database("admin");
    let pipeline = vec![
        doc! {"$listCatalog": {}},
        doc! {"$match": {"db": {"$in": names}, "type": "collection"}},
        doc! {"$project": {"_id": 0, "db": 1, "name": 1, "indexes": "$md.indexes.spec"}},
    ];
    let limit = asked.limit;
    let read = async move {
        let cursor = admin.aggregate(pipeline).max_time(limit).comment("tilldeck").await?;
        cursor.try_collect::<Vec<Document>>().await
    };
    let entries = asked.read("read the catalog of its server", read).await?;
    let mut shared = Shared::default();
    let entry = |entry: &Document| {
        let place = (entry.get_str("db").ok()?.to_owned(), entry.get_str("name").ok()?.to_owned());
        let listed = entry.get_array("indexes").ok()?.iter().filter_map(Bson::as_document);
        Some((place, shared.share(listed.map(IndexSpec::new).collect())))
    };
    Ok(entries.iter().filter_map(entry).collect())
}

/// Reads the indexes of each collection by itself.
async fn list_each(asked: &Asked, collections: &mut [Named]) {
    // A loop, since a future over such closures cannot be given to another thread.
    let mut reads = Vec::new();
    for (index, one) in collections.iter().enumerate() {
        if one.form == Form::View {
            continue;
        }
        let collection = asked.handle.db.collection::<Document>(&one.name);
        let limit = asked.limit;
        let read = async move {
            let name = collection.name().to_owned();
            let listing = doc! {
                "listIndexes": name, "cursor": {"batchSize": 1_000}, "comment": "tilldeck",
                "maxTimeMS": i64::try_from(limit.as_millis()).unwrap_or(i64::MAX),
            };
            let database = collection.client().database(&collection.namespace().db);
            database.run_cursor_command(listing).await?.try_collect::<Vec<Document>>().await
        };
        let read = asked.read("list the indexes of a collection", read);
        reads.push(async move { (index, read.await) });
    }
    let read: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
    let mut shared = Shared::default();
    for (index, listed) in read {
        if let (Some(collection), Ok(listed)) = (collections.get_mut(index), listed) {
            let specs = shared.share(listed.iter().map(IndexSpec::new).collect());
            collection.indexes = Some(specs);
        }
    }
}

/// Keeps one copy of each list of indexes: ten thousand stores have only a few different ones.
#[derive(Default)]
struct Shared(std::collections::HashMap<String, Arc<[IndexSpec]>>);

impl Shared {
    fn share(&mut self, specs: Vec<IndexSpec>) -> Arc<[IndexSpec]> {
        let key: String = specs.iter().map(|spec| spec.document().to_string()).collect();
        self.0.entry(key).or_insert_with(|| specs.into()).clone()
    }
}
