//! One full read of the registry.

use std::time::Duration;

use bson::{Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::{
    Collection,
    error::Result as DriverResult,
    options::{CollectionOptions, ReadConcern, ReadPreference, SelectionCriteria},
    raw_batch_cursor::RawBatch,
};

use crate::{
    domain::{
        database::Layout, document::raw::elements, failure::Failure, pool::Topology, store::Store,
    },
    mongo::{call::within, probe::Handle},
};

/// Records of one batch: some hundred kilobytes.
const BATCH: u32 = 5000;
/// How much longer than one read for a person the whole registry may take.
const PATIENCE: u32 = 3;

/// Reads every record, in no order. `read_timeout` is how long one read for a person may
/// take; the whole registry takes longer.
///
/// From the primary, and with read concern majority where there is a replica set, so that
/// nothing is shown that could be rolled back.
///
/// # Errors
///
/// The classified failure of the read.
pub(in crate::mongo) async fn read_all(
    handle: &Handle,
    layout: &Layout,
    read_timeout: Duration,
    topology: Option<Topology>,
) -> Result<Vec<Store>, Failure> {
    let limit = read_timeout * PATIENCE;
    let is_replicated = topology.is_some_and(|topology| topology != Topology::Standalone);
    let collection = collection(handle, layout, is_replicated);
    let read = read(collection, layout.clone(), limit);
    let context = handle.context(limit, "read the registry");
    within(limit, read).await.map_err(|error| error.failure(None, &context))
}

async fn read(
    collection: Collection<RawDocumentBuf>,
    layout: Layout,
    limit: Duration,
) -> DriverResult<Vec<Store>> {
    let mut batches = collection
        .find(doc! {})
        .projection(projection(&layout))
        .batch_size(BATCH)
        .max_time(limit)
        .comment("tilldeck")
        .batch()
        .await?;
    let mut stores = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        decode(&batch, &layout, &mut stores)?;
    }
    Ok(stores)
}

fn decode(batch: &RawBatch, layout: &Layout, stores: &mut Vec<Store>) -> DriverResult<()> {
    for element in elements(batch.doc_slices()?.as_bytes(), 0).map_while(Result::ok) {
        if let Ok(record) = RawDocument::from_bytes(element.value) {
            stores.push(Store::decode(record, layout));
        }
    }
    Ok(())
}

/// The registry, read from the primary.
pub(super) fn collection(
    handle: &Handle,
    layout: &Layout,
    is_replicated: bool,
) -> Collection<RawDocumentBuf> {
    let options = CollectionOptions::builder()
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
        .read_concern(is_replicated.then(ReadConcern::majority))
        .build();
    handle.db.collection_with_options(&layout.registry.collection, options)
}

/// Only the fields that a store is made of: a record may carry much more.
pub(super) fn projection(layout: &Layout) -> Document {
    let names = &layout.registry;
    let fields = [&names.store_id, &names.name, &names.prefix, &names.database_id];
    fields.into_iter().map(|field| (field.clone(), 1.into())).collect()
}
