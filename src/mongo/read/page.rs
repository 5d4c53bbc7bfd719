//! Pages by key.

use std::sync::Arc;

use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use jiff::SignedDuration;
use tokio::time::Instant;

use super::{
    facts::explain_plan,
    stream::{Ask, open},
};
use crate::{
    config::QueryConfig,
    domain::{
        collection::Form,
        document::raw::without,
        failure::{Failure, FailureKind},
        keyset::{self, Mark, Order, Ties, Way},
        order::SortKey,
        page::{From, Page, PageRequest},
        query::Query,
    },
    mongo::probe::Handle,
};

/// A page ends early when its documents hold more bytes than this.
const PAGE_BYTES: usize = 48 << 20;
/// The field that brings the sort key along where a projection may leave it out.
const SORT_KEY: &str = "__tilldeck_sort_key";

/// Reads one page. Never skips: it costs what it holds, wherever it is.
///
/// # Errors
///
/// `usage` for a sort that cannot be paged that way; the failure of the read.
pub(super) async fn page(
    handle: &Handle,
    request: PageRequest,
    config: &QueryConfig,
) -> Result<Page, Failure> {
    let begun = Instant::now();
    let order = match request.order.clone() {
        Some(order) => Some(order),
        None => order_of(handle, &request, config).await?,
    };
    let mut page = match order {
        Some(order) => by_key(handle, &request, &order, config).await?,
        None => only_page(handle, &request, config).await?,
    };
    page.took = SignedDuration::try_from(begun.elapsed()).unwrap_or_default();
    Ok(page)
}

/// The order of the pages; `None` for a sort that pages cannot follow.
async fn order_of(
    handle: &Handle,
    request: &PageRequest,
    config: &QueryConfig,
) -> Result<Option<Order>, Failure> {
    let query = &request.query;
    if query.sort.is_empty() {
        let first = |path: &str| vec![SortKey { path: path.into(), ascending: true }];
        return Ok(Some(match (&request.facts.form, &request.facts.time_field) {
            (Form::TimeSeries, Some(field)) => Order { keys: first(field), ties: Ties::Counted },
            (Form::View, _) => Order { keys: first("_id"), ties: Ties::Counted },
            _ => Order::by_id(vec![]),
        }));
    }
    let Some(keys) = keyset::keys(&query.sort)? else { return Ok(None) };
    let has_id = keys.last().is_some_and(|key| key.path == "_id");
    Ok(Some(match request.facts.form {
        Form::TimeSeries => Order { keys, ties: Ties::Counted },
        Form::View => Order { ties: Ties::Counted, ..Order::by_id(keys) },
        Form::Collection if has_id => Order::by_id(keys),
        Form::Collection => {
            let with_id = Order::by_id(keys.clone());
            let hides_id = query.projection.get("_id").is_some_and(|shown| !is_shown(shown));
            // An index that serves the sort alone is worth leaving `_id` out of the order:
            // with it, each page would sort everything.
            if !hides_id
                && is_sorted_in_memory(handle, request, with_id.sort(Way::Forwards), config).await
                && !is_sorted_in_memory(handle, request, query.sort.clone(), config).await
            {
                Order { keys, ties: Ties::Seen }
            } else {
                with_id
            }
        }
    }))
}

fn is_shown(value: &Bson) -> bool {
    !matches!(value, Bson::Boolean(false) | Bson::Int32(0) | Bson::Int64(0))
        && value.as_f64() != Some(0.0)
}

/// Whether no index gives this order. Unknown counts as yes: then nothing is relied on.
async fn is_sorted_in_memory(
    handle: &Handle,
    request: &PageRequest,
    sort: Document,
    config: &QueryConfig,
) -> bool {
    let query = Query { sort, ..request.query.clone() };
    let plan = explain_plan(handle, &request.collection, &query, config.max_time).await;
    plan.is_ok_and(|plan| plan.sorts_in_memory)
}

/// The one page of an order that has no keys.
async fn only_page(
    handle: &Handle,
    request: &PageRequest,
    config: &QueryConfig,
) -> Result<Page, Failure> {
    if request.from != From::First {
        return Err(Failure::new(
            FailureKind::Usage,
            "this sort has no pages: it is by no field",
            "Sort by a field, or raise the limit",
        ));
    }
    let mut found = Found::default();
    let query = &request.query;
    found
        .read(
            handle,
            ask(request, query.filter.clone(), query.sort.clone(), config),
            request.size,
            0,
        )
        .await?;
    let has_more = found.has_more(request.size);
    Ok(found.page(None, has_more))
}

async fn by_key(
    handle: &Handle,
    request: &PageRequest,
    order: &Order,
    config: &QueryConfig,
) -> Result<Page, Failure> {
    let way = match request.from {
        From::First | From::After(_) => Way::Forwards,
        From::Last | From::Before(_) => Way::Backwards,
    };
    let mark = match &request.from {
        From::After(mark) | From::Before(mark) => Some(mark),
        From::First | From::Last => None,
    };
    let has_projection = !request.query.projection.is_empty();
    let compares_its_own_way = request.facts.has_collation || !request.query.collation.is_empty();
    let request = &if has_projection && compares_its_own_way {
        with_sort_fields(request.clone(), order)
    } else {
        request.clone()
    };
    let takes_key = has_projection && !compares_its_own_way;
    let mut found = Found { takes_key, ..Found::default() };
    match mark {
        None => {
            let ask = ask(request, request.query.filter.clone(), order.sort(way), config);
            found.read(handle, with_key(ask, &found), request.size, 0).await?;
        }
        Some(mark) => {
            for segment in order.segments(mark, way)? {
                let filter = both(&request.query.filter, segment.filter);
                let ask = ask(request, filter, order.sort(way), config);
                found.read(handle, with_key(ask, &found), request.size, segment.skip).await?;
                if found.has_more(request.size) {
                    break;
                }
            }
        }
    }
    let has_more = found.has_more(request.size);
    found.truncate(request.size);
    if way == Way::Backwards {
        found.documents.reverse();
        found.keys.reverse();
    }
    let keys = found.keys(order);
    let mut page = found.page(Some(order.clone()), has_more);
    page.first =
        edge(&page.documents, &keys, order, mark.filter(|_| way == Way::Backwards), Edge::First);
    page.last =
        edge(&page.documents, &keys, order, mark.filter(|_| way == Way::Forwards), Edge::Last);
    Ok(page)
}

/// The person's filter and ours.
fn both(theirs: &Document, ours: Document) -> Document {
    if theirs.is_empty() {
        ours
    } else {
        doc! {"$and": [theirs.clone(), ours]}
    }
}

fn ask(request: &PageRequest, filter: Document, sort: Document, config: &QueryConfig) -> Ask {
    Ask {
        collection: request.collection.clone(),
        verb: "find",
        filter,
        sort,
        projection: request.query.projection.clone(),
        collation: request.query.collation.clone(),
        max_time: config.max_time,
        ..Ask::default()
    }
}

fn with_key(mut ask: Ask, found: &Found) -> Ask {
    if found.takes_key {
        ask.projection.insert(SORT_KEY, doc! {"$meta": "sortKey"});
    }
    ask
}

/// Under a collation the server's sort keys are no values to go on from, so the projection
/// shows the fields of the sort, whether it was asked to or not.
fn with_sort_fields(mut request: PageRequest, order: &Order) -> PageRequest {
    let projection = &mut request.query.projection;
    let is_part = |one: &str, other: &str| {
        one == other || one.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'))
    };
    let shows = projection.iter().any(|(path, value)| path != "_id" && is_shown(value));
    for key in &order.keys {
        let hidden: Vec<String> = projection
            .iter()
            .filter(|(path, value)| !is_shown(value) && is_part(&key.path, path))
            .map(|(path, _)| path.clone())
            .collect();
        for path in hidden {
            projection.remove(path);
        }
        if shows
            && !projection.keys().any(|path| is_part(&key.path, path) || is_part(path, &key.path))
        {
            projection.insert(key.path.clone(), 1);
        }
    }
    request
}

/// Which end of a page.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    First,
    Last,
}

/// The place at one end of a page. Where equal documents go on from the mark that the page
/// began with, what that mark had seen is still seen.
fn edge(
    documents: &[Arc<RawDocumentBuf>],
    keys: &[Vec<Bson>],
    order: &Order,
    began: Option<&Mark>,
    edge: Edge,
) -> Option<Mark> {
    let in_order: Vec<(&Arc<RawDocumentBuf>, &Vec<Bson>)> = match edge {
        Edge::First => documents.iter().zip(keys).collect(),
        Edge::Last => documents.iter().zip(keys).rev().collect(),
    };
    let values = in_order.first()?.1.clone();
    let equal: Vec<_> =
        in_order.iter().take_while(|(_, key)| order.is_same(key, &values)).collect();
    let goes_on = began
        .filter(|began| equal.len() == in_order.len() && order.is_same(&began.values, &values));
    let mut mark = Mark { values, seen: vec![], count: 0 };
    match order.ties {
        Ties::Id => {}
        Ties::Counted => mark.count = equal.len() + goes_on.map_or(0, |began| began.count),
        Ties::Seen => {
            mark.seen = goes_on.map(|began| began.seen.clone()).unwrap_or_default();
            let ids = equal.iter().filter_map(|(document, _)| id_of(document));
            mark.seen.extend(ids);
        }
    }
    Some(mark)
}

fn id_of(document: &RawDocument) -> Option<Bson> {
    document.get("_id").ok()?.and_then(|id| Bson::try_from(id).ok())
}

/// The documents of a page while it is read.
#[derive(Default)]
struct Found {
    documents: Vec<Arc<RawDocumentBuf>>,
    /// The sort keys that the server sent along.
    keys: Vec<Vec<Bson>>,
    takes_key: bool,
    n_bytes: usize,
    is_full: bool,
}

impl Found {
    /// Reads on until there is one document more than the page holds, which says that there
    /// are more.
    async fn read(
        &mut self,
        handle: &Handle,
        mut ask: Ask,
        size: u32,
        skip: usize,
    ) -> Result<(), Failure> {
        let wanted = (size as usize + 1).saturating_sub(self.documents.len()) + skip;
        ask.limit = Some(wanted as u64);
        ask.batch = u32::try_from(wanted + 1).ok();
        let mut stream = open(handle, ask)?;
        let mut n_passed = 0;
        while let Some(batch) = stream.next().await? {
            for document in batch.documents() {
                n_passed += 1;
                if n_passed <= skip {
                    continue;
                }
                if self.n_bytes > PAGE_BYTES && !self.documents.is_empty() {
                    self.is_full = true;
                    return Ok(());
                }
                self.n_bytes += document.as_bytes().len();
                let (document, key) = if self.takes_key {
                    without_key(document)
                } else {
                    (document.to_owned(), None)
                };
                self.documents.push(Arc::new(document));
                self.keys.extend(key);
            }
        }
        Ok(())
    }

    fn has_more(&self, size: u32) -> bool {
        self.is_full || self.documents.len() > size as usize
    }

    fn truncate(&mut self, size: u32) {
        self.documents.truncate(size as usize);
        self.keys.truncate(size as usize);
    }

    /// The key of each document: its own values, or where a projection has hidden them, what
    /// the server sorted by.
    fn keys(&self, order: &Order) -> Vec<Vec<Bson>> {
        if self.takes_key && self.keys.len() == self.documents.len() {
            return self.keys.clone();
        }
        self.documents.iter().map(|document| order.key_of(document)).collect()
    }

    fn page(self, order: Option<Order>, has_more: bool) -> Page {
        Page {
            documents: self.documents,
            order,
            first: None,
            last: None,
            has_more,
            took: SignedDuration::ZERO,
        }
    }
}

/// Takes the sort key out of a document.
fn without_key(document: &RawDocument) -> (RawDocumentBuf, Option<Vec<Bson>>) {
    let (rest, _) = without(document, SORT_KEY);
    let key = document.get(SORT_KEY).ok().flatten().and_then(|value| Bson::try_from(value).ok());
    let key = key.and_then(|value| match value {
        Bson::Array(values) => Some(values),
        _ => None,
    });
    (rest, key)
}
