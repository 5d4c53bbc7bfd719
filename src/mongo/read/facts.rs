//! What is known about a collection: its form, its indexes, counts, plans, samples.

use std::time::Duration;

use bson::{Bson, Document, doc};

use super::stream::{Ask, Operation, open};
use crate::{
    config::QueryConfig,
    domain::{
        collection::{Facts, Form, IndexFacts, Inspection},
        explain::Plan,
        failure::{Failure, FailureKind},
        query::{Query, refuse},
        schema::{Gatherer, Schema},
        text::safe,
    },
    mongo::{
        browse::{ask, number},
        probe::Handle,
    },
};

/// What a collection is.
///
/// # Errors
///
/// `missing` where it does not exist, or the failure of the listing.
pub(super) async fn facts(
    handle: &Handle,
    collection: &str,
    limit: Duration,
) -> Result<Facts, Failure> {
    let listing = doc! {
        "listCollections": 1, "filter": {"name": collection}, "authorizedCollections": true,
        "nameOnly": false, "cursor": {}, "maxTimeMS": milliseconds(limit), "comment": "tilldeck facts",
    };
    let doing = format!("describe `{}`", safe(collection));
    let answer = ask(handle, listing, limit, &doing).await?;
    let listed = first_batch(&answer).first().and_then(|listed| listed.as_document().cloned());
    let listed = listed.ok_or_else(|| missing(&handle.name, collection))?;
    let options = listed.get_document("options").cloned().unwrap_or_default();
    let form = match listed.get_str("type") {
        Ok("view") => Form::View,
        Ok("timeseries") => Form::TimeSeries,
        _ => Form::Collection,
    };
    let time = options.get_document("timeseries").ok();
    let time_field = time.and_then(|time| time.get_str("timeField").ok()).map(ToOwned::to_owned);
    let estimated = match form {
        Form::Collection => estimated_count(handle, collection, limit).await.ok(),
        Form::View | Form::TimeSeries => None,
    };
    Ok(Facts {
        form,
        time_field,
        has_collation: options.contains_key("collation"),
        estimated,
        options,
    })
}

fn missing(database: &str, collection: &str) -> Failure {
    Failure::new(
        FailureKind::Missing,
        &format!("there is no collection `{collection}` in `{database}`"),
        "Ask `tilldeck why` with the storeId where the collections of the store are",
    )
}

fn first_batch(answer: &Document) -> &[Bson] {
    let cursor = answer.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    cursor.map(Vec::as_slice).unwrap_or_default()
}

/// How many documents the server believes that there are. O(1), and may be off after a crash.
///
/// # Errors
///
/// The failure of the command.
pub(super) async fn estimated_count(
    handle: &Handle,
    collection: &str,
    limit: Duration,
) -> Result<u64, Failure> {
    let command =
        doc! {"count": collection, "maxTimeMS": milliseconds(limit), "comment": "tilldeck count"};
    let doing = format!("count `{}`", safe(collection));
    let answer = ask(handle, command, limit, &doing).await?;
    Ok(number(&answer, "n").unwrap_or(0))
}

/// How many documents match, counted one by one.
///
/// # Errors
///
/// The failure of the command; `usage` for what is never sent.
pub(super) async fn count(
    handle: &Handle,
    collection: &str,
    query: &Query,
    config: &QueryConfig,
) -> Result<u64, Failure> {
    query.check()?;
    let pipeline = vec![doc! {"$match": query.filter.clone()}, doc! {"$count": "n"}];
    let ask = Ask {
        collection: collection.to_owned(),
        verb: "count",
        collation: query.collation.clone(),
        pipeline: Some(pipeline),
        max_time: config.max_time,
        ..Ask::default()
    };
    let mut stream = open(handle, ask)?;
    let mut n = 0;
    while let Some(batch) = stream.next().await? {
        let counts = batch.documents().filter_map(|document| Document::try_from(document).ok());
        n += counts.filter_map(|count| number(&count, "n")).sum::<u64>();
    }
    Ok(n)
}

/// The plan of a query, as planned and not run.
///
/// # Errors
///
/// The failure of `explain`.
pub(super) async fn explain_plan(
    handle: &Handle,
    collection: &str,
    query: &Query,
    limit: Duration,
) -> Result<Plan, Failure> {
    explained(handle, find_command(collection, query), ("queryPlanner", limit)).await
}

/// The plan of a query and what it costs: the server runs it, and keeps the documents. Where
/// that takes too long, the plan alone.
///
/// # Errors
///
/// The failure of `explain`; `usage` for what is never sent.
pub(super) async fn explain(
    handle: &Handle,
    collection: &str,
    query: &Query,
    config: &QueryConfig,
) -> Result<Plan, Failure> {
    query.check()?;
    let command = find_command(collection, query);
    match explained(handle, command.clone(), ("executionStats", config.max_time)).await {
        Err(failure) if failure.kind == FailureKind::TimedOut => {
            explained(handle, command, ("queryPlanner", config.max_time)).await
        }
        other => other,
    }
}

fn find_command(collection: &str, query: &Query) -> Document {
    let mut command = doc! {"find": collection, "filter": query.filter.clone()};
    for (name, part) in
        [("sort", &query.sort), ("projection", &query.projection), ("collation", &query.collation)]
    {
        if !part.is_empty() {
            command.insert(name, part.clone());
        }
    }
    command
}

async fn explained(
    handle: &Handle,
    command: Document,
    (verbosity, limit): (&str, Duration),
) -> Result<Plan, Failure> {
    refuse(&command)?;
    let operation = Operation::new(handle, "explain");
    let explain = doc! {"explain": command, "verbosity": verbosity};
    let answer = operation.command(explain, limit, "explain a query").await?;
    Ok(Plan::read(&answer))
}

/// What documents look like, from a random sample of at most `n`; of a view from its first ones.
///
/// # Errors
///
/// The failure of the read.
pub(super) async fn sample(
    handle: &Handle,
    collection: &str,
    n: u32,
    config: &QueryConfig,
) -> Result<Schema, Failure> {
    let pipeline = vec![doc! {"$sample": {"size": i64::from(n)}}];
    let ask = Ask {
        collection: collection.to_owned(),
        verb: "sample",
        pipeline: Some(pipeline),
        max_time: config.max_time,
        ..Ask::default()
    };
    let mut stream = open(handle, ask)?;
    let mut gatherer = Gatherer::default();
    while let Some(batch) = stream.next().await? {
        batch.documents().for_each(|document| gatherer.add(document));
    }
    Ok(gatherer.finish())
}

/// A collection from all sides: indexes with size and use, validator and options.
///
/// # Errors
///
/// `missing` where it does not exist, or the failure of a listing. A figure that cannot be
/// read is told of in [`Inspection::failures`].
pub(super) async fn inspect(
    handle: &Handle,
    collection: &str,
    limit: Duration,
) -> Result<Inspection, Failure> {
    let facts = facts(handle, collection, limit).await?;
    let mut inspection = Inspection { indexes: Vec::new(), failures: Vec::new(), facts };
    if inspection.facts.form == Form::View {
        return Ok(inspection);
    }
    let doing = format!("list the indexes of `{}`", safe(collection));
    let listing = doc! {"listIndexes": collection, "cursor": {"batchSize": 1_000}, "maxTimeMS": milliseconds(limit), "comment": "tilldeck inspect"};
    let answer = ask(handle, listing, limit, &doing).await?;
    inspection.indexes =
        first_batch(&answer).iter().filter_map(Bson::as_document).map(index).collect();
    let figures = |stage: Document| {
        doc! {
            "aggregate": collection, "pipeline": [stage], "cursor": {}, "maxTimeMS": milliseconds(limit), "comment": "tilldeck inspect",
        }
    };
    match ask(handle, figures(doc! {"$indexStats": {}}), limit, "read the use of indexes").await {
        Ok(answer) => add_uses(&mut inspection.indexes, first_batch(&answer)),
        Err(failure) => inspection.failures.push(failure),
    }
    match ask(
        handle,
        figures(doc! {"$collStats": {"storageStats": {}}}),
        limit,
        "read the size of indexes",
    )
    .await
    {
        Ok(answer) => add_sizes(&mut inspection.indexes, first_batch(&answer)),
        Err(failure) => inspection.failures.push(failure),
    }
    Ok(inspection)
}

fn index(listed: &Document) -> IndexFacts {
    let mut options = listed.clone();
    for known in ["v", "key", "name", "ns"] {
        options.remove(known);
    }
    IndexFacts {
        name: listed.get_str("name").unwrap_or_default().to_owned(),
        key: listed.get_document("key").cloned().unwrap_or_default(),
        options,
        bytes: None,
        uses: None,
    }
}

/// Adds up over the members of a sharded cluster, since the earliest of them.
fn add_uses(indexes: &mut [IndexFacts], stats: &[Bson]) {
    for stats in stats.iter().filter_map(Bson::as_document) {
        let Ok(accesses) = stats.get_document("accesses") else { continue };
        let (Some(uses), Ok(since)) = (number(accesses, "ops"), accesses.get_datetime("since"))
        else {
            continue;
        };
        let name = stats.get_str("name").unwrap_or_default();
        if let Some(index) = indexes.iter_mut().find(|index| index.name == name) {
            let (before, earliest) = index.uses.unwrap_or((0, *since));
            index.uses = Some((before + uses, earliest.min(*since)));
        }
    }
}

fn add_sizes(indexes: &mut [IndexFacts], stats: &[Bson]) {
    for stats in stats.iter().filter_map(Bson::as_document) {
        let Ok(storage) = stats.get_document("storageStats") else { continue };
        let Ok(sizes) = storage.get_document("indexSizes") else { continue };
        for index in indexes.iter_mut() {
            if let Some(bytes) = number(sizes, &index.name) {
                index.bytes = Some(index.bytes.unwrap_or(0) + bytes);
            }
        }
    }
}

fn milliseconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}
