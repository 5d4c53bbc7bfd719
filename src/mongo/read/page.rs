//! Pages by key.

mod found;

use bson::{Bson, Document, doc};
use jiff::SignedDuration;
use tokio::time::Instant;

use self::found::{Found, Key};
use super::{facts::explain_plan, stream::Ask};
use crate::{
    config::QueryConfig,
    domain::{
        collection::Form,
        failure::{Failure, FailureKind},
        keyset::{self, Order, Pick, Ties, Way},
        order::SortKey,
        page::{From, Page, PageRequest},
        query::Query,
    },
    mongo::probe::Handle,
};

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
            (Form::TimeSeries, Some(field)) => {
                Order { ties: Ties::Content, keys: first(field), arrays: false }
            }
            (Form::View, _) => Order { ties: Ties::Content, keys: first("_id"), arrays: true },
            _ => of_collection(query, vec![]),
        }));
    }
    let Some(keys) = keyset::keys(&query.sort)? else { return Ok(None) };
    Ok(Some(match request.facts.form {
        Form::TimeSeries => Order { keys, ties: Ties::Content, arrays: true },
        Form::View => Order { ties: Ties::Content, arrays: true, ..Order::by_id(keys) },
        Form::Collection => of_plan(handle, request, keys, config).await,
    }))
}

/// The order of a collection's pages, as its indexes serve it best.
async fn of_plan(
    handle: &Handle,
    request: &PageRequest,
    keys: Vec<SortKey>,
    config: &QueryConfig,
) -> Order {
    let query = &request.query;
    let with_id = of_collection(query, keys.clone());
    if !with_id.arrays {
        return with_id;
    }
    let has_id = keys.last().is_some_and(|key| key.path == "_id");
    let is_told = with_id.ties == Ties::Content || query.projection.get("_id").is_none_or(is_shown);
    let served = served(handle, request, with_id.sort(Way::Forwards), config).await;
    // An index that serves the sort alone is worth leaving `_id` out of the order: with it,
    // each page would sort everything.
    if served == Some(Served::Not)
        && !has_id
        && is_told
        && let Some(Served::InOrder { arrays }) =
            self::served(handle, request, query.sort.clone(), config).await
    {
        let ties = if with_id.ties == Ties::Id { Ties::Seen } else { with_id.ties };
        return Order { keys, ties, arrays };
    }
    let arrays = served != Some(Served::InOrder { arrays: false });
    Order { arrays, ..with_id }
}

/// By these keys and `_id`, which the query's own way to compare may take for the same where
/// the collection's does not.
fn of_collection(query: &Query, keys: Vec<SortKey>) -> Order {
    let order = Order::by_id(keys);
    if query.collation.is_empty() { order } else { Order { ties: Ties::Content, ..order } }
}

fn is_shown(value: &Bson) -> bool {
    !matches!(value, Bson::Boolean(false) | Bson::Int32(0) | Bson::Int64(0))
        && value.as_f64() != Some(0.0)
}

/// How the indexes serve an order.
#[derive(Clone, Copy, PartialEq)]
enum Served {
    /// What is found is sorted in memory.
    Not,
    /// It is read in order; whether there may be arrays among the keys.
    InOrder { arrays: bool },
}

/// How the indexes serve this order; `None` where the server does not say.
async fn served(
    handle: &Handle,
    request: &PageRequest,
    sort: Document,
    config: &QueryConfig,
) -> Option<Served> {
    let query = Query { sort, ..request.query.clone() };
    let plan = explain_plan(handle, &request.collection, &query, config.max_time).await.ok()?;
    let arrays = plan.holds_no_array != Some(true);
    Some(if plan.sorts_in_memory { Served::Not } else { Served::InOrder { arrays } })
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
    let mut found = Found::new(request.size, None, Key::Own);
    let query = &request.query;
    let ask = ask(request, query.filter.clone(), query.sort.clone(), config);
    found.read(handle, ask, Pick::Beyond).await?;
    Ok(found.page(None, Way::Forwards))
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
    let needs_key = if compares_its_own_way { order.ties != Ties::Id } else { has_projection };
    let key = match (needs_key, compares_its_own_way) {
        (false, _) => Key::Own,
        (true, false) => Key::Sent,
        (true, true) => Key::Compared,
    };
    let mut found = Found::new(request.size, Some(order), key);
    match mark {
        None => {
            let ask = ask(request, request.query.filter.clone(), order.sort(way), config);
            found.read(handle, ask, Pick::Beyond).await?;
        }
        Some(mark) => {
            for segment in order.segments(mark, way)? {
                let filter = both(&request.query.filter, segment.filter);
                let ask = ask(request, filter, order.sort(way), config);
                found.read(handle, ask, segment.pick).await?;
                if found.has_more() {
                    break;
                }
            }
        }
    }
    Ok(found.page(mark, way))
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
