//! Gathers what the answer to "why is my store not found" is made of.

use std::{collections::BTreeMap, time::Duration};

use bson::{Bson, Document, doc};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{browse, fleet::Fleet, inventory};
use crate::domain::{
    collection::Form,
    database::Database,
    inventory::Listing,
    ownership::collection_name,
    text::{SafeText, safe},
    uri::Show,
    why::{Evidence, Matched, Trace, explain},
};

/// Answers why the store that a text means is, or is not, found. Never fails: what cannot be
/// read becomes a step of the answer.
pub(super) async fn answer(fleet: &Fleet, text: &str, limit: Duration) -> Trace {
    let listings = inventory::listings(fleet, limit).await;
    let uris = uris(fleet, limit).await;
    let (registry, pools) = (fleet.registry().borrow().clone(), fleet.pools().borrow().clone());
    let mut evidence = Evidence {
        registry: &registry,
        pools: &pools,
        layout: fleet.layout(),
        uris: &uris,
        listings: &listings,
        tombstone: None,
    };
    let trace = explain(text, &evidence);
    let view = trace.matched.as_ref().and_then(|matched| view_of(matched, &listings, fleet));
    let Some((home, view)) = view else { return trace };
    let Some(said) = tombstone(fleet, home, &view, limit).await else { return trace };
    evidence.tombstone = Some(&said);
    explain(text, &evidence)
}

/// The effective URI of each database, without its password.
async fn uris(fleet: &Fleet, limit: Duration) -> BTreeMap<Database, SafeText> {
    let described = fleet.targets().iter().map(|target| async move {
        // Only a name server can keep it waiting; the login says who without it.
        let uri = match timeout(limit, target.describe(Show::Redacted)).await {
            Ok(effective) => safe(&effective.uri),
            Err(_) => target.login.clone(),
        };
        (target.database, uri)
    });
    join_all(described).await.into_iter().collect()
}

/// A view under the name of one of the store's collections, at its home.
fn view_of(matched: &Matched, listings: &[Listing], fleet: &Fleet) -> Option<(Database, String)> {
    let (home, prefix) = (matched.route.database()?, matched.prefix.as_deref()?);
    let listing = listings.iter().find(|listing| listing.database == home)?;
    let views = listing.collections.as_ref().ok()?.iter().filter(|one| one.form == Form::View);
    let types = &fleet.layout().collection_types;
    let names: Vec<String> = types.iter().map(|of_type| collection_name(prefix, of_type)).collect();
    let mut views = views.map(|view| view.name.to_string());
    views.find(|name| names.contains(name)).map(|name| (home, name))
}

/// What a tombstone says: the text that it makes the server fail to read as a number.
async fn tombstone(fleet: &Fleet, home: Database, view: &str, limit: Duration) -> Option<String> {
    let handle = fleet.handle(home).ok()?;
    let listing = doc! {
        "listCollections": 1, "filter": {"name": view}, "cursor": {},
        "maxTimeMS": i64::try_from(limit.as_millis()).unwrap_or(i64::MAX), "comment": "tilldeck",
    };
    let answer =
        browse::ask(&handle, listing, limit, "read the definition of a view").await.ok()?;
    let batch = answer.get_document("cursor").ok()?.get_array("firstBatch").ok()?;
    let options = batch.first()?.as_document()?.get_document("options").ok()?;
    said(&Bson::Array(options.get_array("pipeline").ok()?.clone()))
}

/// The text under `$toInt`, however deep.
fn said(value: &Bson) -> Option<String> {
    let in_document = |document: &Document| {
        let number = document.get("$toInt").and_then(|value| value.as_str()).map(ToOwned::to_owned);
        number.or_else(|| document.values().find_map(said))
    };
    match value {
        Bson::Document(document) => in_document(document),
        Bson::Array(values) => values.iter().find_map(said),
        _ => None,
    }
}
