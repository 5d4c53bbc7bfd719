//! Sorted streams of many stores → one.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use bson::{Bson, RawDocument, RawDocumentBuf, doc, spec::ElementType};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Round, too_late};
use crate::{
    domain::{
        database::Database,
        document::raw::{elements, text, without},
        failure::Failure,
        keyset,
        order::{SortKey, compare_keys},
    },
    mongo::read::{Stream, open},
};

/// The field that brings along what the server sorted by.
const SORT_KEY: &str = "__tilldeck_sort_key";
/// Fewest and most rows of a store that are fetched at once.
const BATCH: std::ops::RangeInclusive<u64> = 20..=1_000;
/// Batches of a store that a limited question is spread over, were all rows evenly spread.
const SPREAD: u64 = 4;

/// How long each database was waited for: one that is silent does not take the others' time.
type Waited = HashMap<Option<Database>, Duration>;

/// The rows of one store that are at hand, and where more come from.
struct Source {
    target: usize,
    rows: VecDeque<(Vec<Bson>, RawDocumentBuf)>,
    stream: Stream,
    /// When the last batch came.
    arrived: Instant,
    is_over: bool,
}

/// The next row of one source, in the heap: the lowest is on top.
struct Head<'a> {
    keys: &'a [SortKey],
    key: Vec<Bson>,
    document: RawDocumentBuf,
    source: usize,
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives the greatest first. Of equal ones, the first store comes first.
        compare_keys(self.keys, &other.key, &self.key).then_with(|| other.source.cmp(&self.source))
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head<'_> {}

impl Source {
    /// Fetches the next rows.
    async fn fill(&mut self) -> Result<(), Failure> {
        match self.stream.next().await? {
            None => self.is_over = true,
            Some(batch) => {
                self.arrived = batch.arrived();
                self.rows.extend(batch.documents().map(keyed));
            }
        }
        Ok(())
    }
}

impl Round<'_> {
    /// Asks every store for its rows in order, and takes the lowest of all until nobody has
    /// more, or enough are taken.
    pub(super) async fn merge(&mut self) {
        let Ok(Some(keys)) = keyset::keys(&self.question.query.sort) else { return };
        let mut sources = self.sources().await;
        let mut heap = BinaryHeap::new();
        let mut waited = Waited::new();
        for index in 0..sources.len() {
            self.advance(&mut sources, index, (&keys, &mut heap, &mut waited)).await;
        }
        while let Some(head) = heap.pop() {
            let Some(target) = sources.get(head.source).map(|source| source.target) else {
                continue;
            };
            if !self.row(target, head.document).await {
                return;
            }
            self.advance(&mut sources, head.source, (&keys, &mut heap, &mut waited)).await;
        }
    }

    /// Opens every stream and waits for its first rows, as many at once on each database as
    /// are allowed.
    async fn sources(&mut self) -> Vec<Source> {
        let n_stores = self.asked.len().max(1) as u64;
        let batch = self.question.limit.map_or(*BATCH.end() / 4, |limit| limit * SPREAD / n_stores);
        let batch = batch.clamp(*BATCH.start(), *BATCH.end());
        let opened = self.asked.iter().filter_map(|index| {
            let target = self.plan.targets.get(*index)?;
            let (permits, handle) = (
                self.permits.get(&target.database)?.clone(),
                self.handles.get(&target.database)?.clone(),
            );
            let mut ask = self.ask_of(target);
            ask.projection.insert(SORT_KEY, doc! {"$meta": "sortKey"});
            ask.batch = u32::try_from(batch).ok();
            ask.is_lazy = true;
            let (index, deadline, limit, name) =
                (*index, self.deadline, self.config.deadline, target.collection.clone());
            Some(async move {
                let first = async {
                    let _permit = permits.acquire_owned().await;
                    let stream = open(&handle?, ask)?;
                    let mut source = Source {
                        target: index,
                        rows: VecDeque::new(),
                        stream,
                        arrived: Instant::now(),
                        is_over: false,
                    };
                    source.fill().await?;
                    Ok(source)
                };
                let first = timeout_at(deadline, first)
                    .await
                    .unwrap_or_else(|_| Err(too_late(&name, limit)));
                (index, first)
            })
        });
        let mut opened: FuturesUnordered<_> = opened.collect();
        let mut sources = Vec::new();
        let mut failures = Vec::new();
        while let Some((index, source)) = opened.next().await {
            match source {
                Ok(source) => sources.push(source),
                Err(failure) => failures.push((index, failure)),
            }
        }
        drop(opened);
        for (index, failure) in failures {
            self.fail_target(index, failure).await;
        }
        sources.sort_by_key(|source| source.target);
        sources
    }

    /// Puts the next row of a source on the heap. A store that fails in the middle is told of.
    async fn advance<'k>(
        &mut self,
        sources: &mut [Source],
        index: usize,
        (keys, heap, waited): (&'k [SortKey], &mut BinaryHeap<Head<'k>>, &mut Waited),
    ) {
        let Some(source) = sources.get_mut(index) else { return };
        while source.rows.is_empty() && !source.is_over {
            let database = self.plan.targets.get(source.target).map(|target| target.database);
            let waited = waited.entry(database).or_default();
            let begun = Instant::now();
            let left = self.config.deadline.saturating_sub(*waited);
            let filled = timeout(left, source.fill()).await;
            // Whoever takes the rows may have kept this from looking: that is not the store's.
            *waited += match filled {
                Ok(Ok(())) => source.arrived.saturating_duration_since(begun),
                _ => begun.elapsed(),
            };
            if let Err(failure) = filled.unwrap_or_else(|_| Err(self.late(source.target))) {
                source.is_over = true;
                self.fail_target(source.target, failure).await;
                return;
            }
        }
        match source.rows.pop_front() {
            Some((key, document)) => heap.push(Head { keys, key, document, source: index }),
            None => self.answered(source.target).await,
        }
    }
}

/// The document without the key that it brought along.
fn keyed(document: &RawDocument) -> (Vec<Bson>, RawDocumentBuf) {
    let (rest, brought) = without(document, SORT_KEY);
    let key = brought.map(|element| comparable(element.value).map(|(_, value)| value).collect());
    (key.unwrap_or_default(), rest)
}

/// The values of a sort key. Under a collation, its texts are bytes that are no UTF-8: each
/// byte of a text becomes a character of its own, which leaves the order as it is.
fn comparable(document: &[u8]) -> impl Iterator<Item = (String, Bson)> {
    elements(document, 0).map_while(Result::ok).map(|element| {
        let inner = || comparable(element.value);
        let value = match element.kind {
            ElementType::String | ElementType::Symbol => {
                Bson::String(text(element.value).iter().copied().map(char::from).collect())
            }
            ElementType::EmbeddedDocument => Bson::Document(inner().collect()),
            ElementType::Array => Bson::Array(inner().map(|(_, value)| value).collect()),
            _ => RawDocument::from_bytes(document)
                .ok()
                .and_then(|document| {
                    let name = std::str::from_utf8(element.key).ok()?;
                    Bson::try_from(document.get(name).ok()??).ok()
                })
                .unwrap_or(Bson::Null),
        };
        (String::from_utf8_lossy(element.key).into_owned(), value)
    })
}
