//! The documents of a page while it is read, and the places at its two ends.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bson::{Bson, RawDocument, RawDocumentBuf, doc};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        document::raw::without,
        failure::Failure,
        keyset::{MOST_TIES, Mark, Order, Pick, Ties, Way},
        page::Page,
    },
    mongo::{
        probe::Handle,
        read::stream::{Ask, open},
    },
};

/// A page ends early when its documents hold more bytes than this.
const PAGE_BYTES: usize = 48 << 20;
/// The field that brings the sort key along.
const SORT_KEY: &str = "__tilldeck_sort_key";

/// Where the sort key of a document is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// From the document itself.
    Own,
    /// The server sends it along, since a projection may hide it.
    Sent,
    /// The document has the values, and the server sends along what it compares.
    Compared,
}

/// The documents of a page, in the order in which they are read.
pub(super) struct Found<'a> {
    size: usize,
    order: Option<&'a Order>,
    key: Key,
    rows: Vec<Row>,
    n_bytes: usize,
    is_full: bool,
}

/// A document of a page, and what tells its place.
struct Row {
    document: Arc<RawDocumentBuf>,
    /// The values that it is sorted by.
    values: Vec<Bson>,
    /// What the server compares, in short; `None` where it compares the values.
    compared: Option<i64>,
    /// What tells it from others of the same values.
    name: Option<Bson>,
    /// Whether it has the values of the mark that the page began with.
    is_tied: bool,
}

impl<'a> Found<'a> {
    pub(super) const fn new(size: u32, order: Option<&'a Order>, key: Key) -> Self {
        Self { size: size as usize, order, key, rows: vec![], n_bytes: 0, is_full: false }
    }

    /// Reads on until there is one document more than the page holds, which says that there
    /// are more.
    pub(super) async fn read(
        &mut self,
        handle: &Handle,
        mut ask: Ask,
        pick: Pick,
    ) -> Result<(), Failure> {
        let is_tied = pick != Pick::Beyond;
        let by_content = self.order.is_some_and(|order| order.ties == Ties::Content);
        let mut wanted = (self.size + 1).saturating_sub(self.rows.len());
        let mut except = Names::default();
        let mut only = None;
        match pick {
            Pick::Except(seen) if by_content => {
                wanted += seen.len();
                except = Names::of(&seen);
            }
            // The filter leaves them out.
            Pick::Beyond | Pick::Except(_) => {}
            Pick::Only(seen) => {
                wanted = if by_content { MOST_TIES } else { seen.len() };
                only = Some((Names::of(&seen), Vec::new()));
            }
        }
        if self.key != Key::Own {
            ask.projection.insert(SORT_KEY, doc! {"$meta": "sortKey"});
        }
        ask.limit = Some(wanted as u64);
        ask.batch = u32::try_from(wanted + 1).ok();
        let mut stream = open(handle, ask)?;
        while let Some(batch) = stream.next().await? {
            for document in batch.documents() {
                let row = self.row(document, is_tied);
                match &mut only {
                    Some((names, placed)) => {
                        placed.extend(names.take(row.name.as_ref()).map(|at| (at, row)));
                    }
                    None if except.take(row.name.as_ref()).is_some() => {}
                    None => self.push(row),
                }
                if self.has_more() {
                    return Ok(());
                }
            }
        }
        let (_, mut placed) = only.unwrap_or_default();
        placed.sort_by_key(|(at, _)| *at);
        for (_, row) in placed {
            self.push(row);
        }
        Ok(())
    }

    fn push(&mut self, row: Row) {
        if self.n_bytes > PAGE_BYTES && !self.rows.is_empty() {
            self.is_full = true;
        }
        if !self.has_more() {
            self.n_bytes += row.document.as_bytes().len();
            self.rows.push(row);
        }
    }

    /// Whether there is more than the page holds.
    pub(super) fn has_more(&self) -> bool {
        self.is_full || self.rows.len() > self.size
    }

    fn row(&self, document: &RawDocument, is_tied: bool) -> Row {
        let sent = match self.key {
            Key::Own => None,
            Key::Sent | Key::Compared => document.get(SORT_KEY).ok().flatten(),
        };
        let document = match self.key {
            Key::Own => document.to_owned(),
            Key::Sent | Key::Compared => without(document, SORT_KEY).0,
        };
        let Some(order) = self.order else {
            let document = Arc::new(document);
            return Row { document, values: vec![], compared: None, name: None, is_tied };
        };
        let array = sent.and_then(bson::RawBsonRef::as_array);
        let (compared, sent) = match self.key {
            // Such a key need not be a text, although it says so.
            Key::Compared => (array.map(|array| digest(array.as_bytes())), None),
            Key::Own | Key::Sent => (None, array),
        };
        let sent = sent.and_then(|sent| {
            sent.into_iter().map(|value| Bson::try_from(value.ok()?).ok()).collect()
        });
        let values = sent.unwrap_or_else(|| order.key_of(&document));
        let name = match order.ties {
            Ties::Id => None,
            Ties::Seen => document.get("_id").ok().flatten().and_then(|id| Bson::try_from(id).ok()),
            Ties::Content => Some(Bson::Int64(digest(document.as_bytes()))),
        };
        Row { document: Arc::new(document), values, compared, name, is_tied }
    }

    /// The page, which began at this mark.
    pub(super) fn page(mut self, mark: Option<&Mark>, way: Way) -> Page {
        let has_more = self.has_more();
        self.rows.truncate(self.size);
        let near = self.near(mark, way);
        let far = self.far(mark, way);
        let mut documents: Vec<_> = self.rows.into_iter().map(|row| row.document).collect();
        if way == Way::Backwards {
            documents.reverse();
        }
        let (first, last) = if way == Way::Forwards { (near, far) } else { (far, near) };
        let order = self.order.cloned();
        Page { documents, order, first, last, has_more, took: SignedDuration::ZERO }
    }

    /// The place where the page began.
    fn near(&self, mark: Option<&Mark>, way: Way) -> Option<Mark> {
        self.order?;
        let row = self.rows.first()?;
        let began = mark.filter(|_| row.is_tied);
        let here = || Mark { read: way, ..Mark::at(row.values.clone()) };
        Some(began.cloned().unwrap_or_else(here))
    }

    /// The place where the page ended. Where all on it has the values of the mark that it began
    /// with, what that one had seen is still seen.
    fn far(&self, mark: Option<&Mark>, way: Way) -> Option<Mark> {
        let order = self.order?;
        let row = self.rows.last()?;
        let equal = self.rows.iter().rev().take_while(|one| one.is_as(row, order));
        let mut names: Vec<Bson> = equal.filter_map(|one| one.name.clone()).collect();
        let began = mark.filter(|_| row.is_tied);
        if let Some(began) = began.filter(|began| began.read != way) {
            let n = names.iter().skip(1).filter(|name| Some(*name) == row.name.as_ref()).count();
            return Some(began.beyond(row.name.as_ref(), n, way));
        }
        let before = began.map_or_else(Vec::new, |began| began.seen.clone());
        let seen = if way == Way::Forwards {
            names.reverse();
            [before, names].concat()
        } else {
            [names, before].concat()
        };
        Some(Mark { values: row.values.clone(), seen, read: way })
    }
}

impl Row {
    /// Whether the server takes both for the same.
    fn is_as(&self, other: &Self, order: &Order) -> bool {
        match (self.compared, other.compared) {
            (Some(one), Some(other)) => one == other,
            _ => order.is_same(&self.values, &other.values),
        }
    }
}

/// Names that documents go by, each with its places.
#[derive(Default)]
struct Names(HashMap<String, VecDeque<usize>>);

impl Names {
    fn of(names: &[Bson]) -> Self {
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            places.entry(name.to_string()).or_default().push_back(at);
        }
        Self(places)
    }

    /// The first place that is left of this name.
    fn take(&mut self, name: Option<&Bson>) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get_mut(&name?.to_string())?.pop_front()
    }
}

/// What tells these bytes from others.
fn digest(bytes: &[u8]) -> i64 {
    let hash = Sha256::digest(bytes);
    let first = hash.first_chunk().copied().unwrap_or_default();
    i64::from_le_bytes(first)
}
