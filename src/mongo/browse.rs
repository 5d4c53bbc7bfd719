//! Reads for a person: the collections of a store, and the size of a
//! database.

use std::time::Duration;

use bson::{Bson, Document, doc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    call::within,
    probe::{Handle, run},
};
use crate::domain::{
    access,
    collection::{Collection, Details, Form, Presence, StoreCollections, Usage},
    database::{CollectionType, Layout},
    failure::Failure,
    ownership::collection_name,
    store::Store,
    text::safe,
};

/// Collections that are looked at side by side.
const AT_ONCE: usize = 3;

/// The collections that a store has or should have, in the order of the layout's types.
///
/// Names only at first, by exact name; then the figures of those that exist. A figure that
/// the login may not read is left out, with the failure beside it.
///
/// # Errors
///
/// `not_found` for a store without a prefix; the failure of the listing.
pub(crate) async fn collections(
    handle: &Handle,
    store: &Store,
    layout: &Layout,
    limit: Duration,
) -> Result<StoreCollections, Failure> {
    let prefix = access::prefix(store, layout)?;
    let wanted: Vec<(CollectionType, String)> = layout
        .collection_types
        .iter()
        .map(|of_type| (of_type.clone(), collection_name(prefix, of_type)))
        .collect();
    let found = forms(handle, &wanted, limit).await?;
    let looks = wanted.into_iter().map(|(collection_type, name)| {
        let form = found.iter().find(|(known, _)| *known == name).map(|(_, form)| *form);
        let is_required = layout.required_types.contains(&collection_type);
        async move {
            let presence = match form {
                Some(form) => Presence::Present(details(handle, &name, form, limit).await),
                None if is_required => Presence::Missing,
                None => Presence::Absent,
            };
            Collection { name, collection_type, presence }
        }
    });
    let collections = stream::iter(looks).buffered(AT_ONCE).collect().await;
    Ok(StoreCollections { database: handle.database, collections })
}

/// Which of the wanted collections exist, and as what.
async fn forms(
    handle: &Handle,
    wanted: &[(CollectionType, String)],
    limit: Duration,
) -> Result<Vec<(String, Form)>, Failure> {
    let names: Vec<&str> = wanted.iter().map(|(_, name)| name.as_str()).collect();
    let listing = doc! {
        "listCollections": 1, "nameOnly": true, "authorizedCollections": true,
        "filter": {"name": {"$in": names}}, "cursor": {"batchSize": 10_000},
        "maxTimeMS": milliseconds(limit), "comment": "tilldeck",
    };
    let answer = ask(handle, listing, limit, "list its collections").await?;
    let cursor = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let listed = cursor.map(Vec::as_slice).unwrap_or_default();
    Ok(listed.iter().filter_map(Bson::as_document).filter_map(form).collect())
}

fn form(listed: &Document) -> Option<(String, Form)> {
    let form = match listed.get_str("type") {
        Ok("view") => Form::View,
        Ok("timeseries") => Form::TimeSeries,
        _ => Form::Collection,
    };
    Some((listed.get_str("name").ok()?.to_owned(), form))
}

/// The figures of a collection that exists.
async fn details(handle: &Handle, name: &str, form: Form, limit: Duration) -> Details {
    let mut details = Details { form, documents: None, bytes: None, indexes: None, failure: None };
    if form == Form::View {
        return details;
    }
    let stats = doc! {
        "aggregate": name, "pipeline": [{"$collStats": {"storageStats": {}}}], "cursor": {},
        "maxTimeMS": milliseconds(limit), "comment": "tilldeck",
    };
    match ask(handle, stats, limit, "read the size of a collection").await {
        Ok(answer) => add_figures(&mut details, &answer),
        Err(failure) => {
            details.failure = Some(failure);
            let count =
                doc! {"count": name, "maxTimeMS": milliseconds(limit), "comment": "tilldeck"};
            if form == Form::Collection
                && let Ok(answer) = ask(handle, count, limit, "count documents").await
            {
                details.documents = number(&answer, "n");
            }
        }
    }
    details
}

/// Adds up the answer of `$collStats`: one document for each shard of the server's own.
fn add_figures(details: &mut Details, answer: &Document) {
    let cursor = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let parts = cursor.map(Vec::as_slice).unwrap_or_default();
    let stats = parts.iter().filter_map(Bson::as_document);
    for stats in stats.filter_map(|part| part.get_document("storageStats").ok()) {
        let add = |sum: &mut Option<u64>, name: &str| {
            if let Some(more) = number(stats, name) {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        };
        // A time-series collection counts its buckets, which tells nothing to a person.
        if details.form == Form::Collection {
            add(&mut details.documents, "count");
        }
        add(&mut details.bytes, "size");
        let indexes = number(stats, "nindexes").and_then(|number| u32::try_from(number).ok());
        details.indexes = details.indexes.max(indexes);
    }
}

/// What an aggregation gives on the primary, of what the majority of the replica set has.
///
/// # Errors
///
/// The failure of the read.
pub(crate) async fn read_majority(
    handle: &Handle,
    collection: &str,
    (pipeline, collation): (Vec<Document>, Option<Document>),
    limit: Duration,
) -> Result<Vec<Document>, Failure> {
    let mut command = doc! {
        "aggregate": collection, "pipeline": pipeline, "cursor": {"batchSize": 1_000},
        "readConcern": {"level": "majority"}, "maxTimeMS": milliseconds(limit),
        "comment": "tilldeck",
    };
    if let Some(collation) = collation {
        command.insert("collation", collation);
    }
    let db = handle.db.clone();
    let doing = format!("read `{}`", safe(collection));
    let context = handle.context(limit, &doing);
    let read = async move { db.run_cursor_command(command).await?.try_collect().await };
    within(limit, read).await.map_err(|error| error.failure(None, &context))
}

/// Documents and bytes of a whole database.
///
/// # Errors
///
/// The failure of `dbStats`.
pub(crate) async fn usage(handle: &Handle, limit: Duration) -> Result<Usage, Failure> {
    let stats = doc! {"dbStats": 1, "maxTimeMS": milliseconds(limit), "comment": "tilldeck"};
    let answer = ask(handle, stats, limit, "read its size").await?;
    Ok(Usage {
        database: handle.database,
        documents: number(&answer, "objects").unwrap_or(0),
        bytes: number(&answer, "dataSize").unwrap_or(0),
    })
}

/// Runs a command that only reads.
///
/// # Errors
///
/// The failure of the command.
pub(crate) async fn ask(
    handle: &Handle,
    command: Document,
    limit: Duration,
    doing: &str,
) -> Result<Document, Failure> {
    let db = handle.db.clone();
    let context = handle.context(limit, doing);
    let asked = within(limit, async move { run(&db, command).await }).await;
    asked.map_err(|error| error.failure(None, &context))
}

/// A count, which servers send as any type of number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and counts are not negative"
)]
pub(super) fn number(document: &Document, name: &str) -> Option<u64> {
    match document.get(name)? {
        Bson::Int32(number) => u64::try_from(*number).ok(),
        Bson::Int64(number) => u64::try_from(*number).ok(),
        Bson::Double(number) => Some(*number as u64),
        _ => None,
    }
}

fn milliseconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}
