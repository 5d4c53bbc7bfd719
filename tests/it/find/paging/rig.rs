//! A fleet whose shard 1 has collections to page through, and one `find` of the driver that
//! says what the right order is.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use mongodb::{
    Client, Collection,
    bson::{Bson, Document, RawDocumentBuf, deserialize_from_document, doc},
    options::{Collation, FindOptions},
};
use tilldeck::{
    config::{Config, QueryConfig},
    domain::{
        collection::{Facts, Form},
        database::{Database, DatabaseId},
        failure::Failure,
        keyset::Ties,
        order,
        page::{From, Page, PageRequest, from_token, token},
        query::Query,
    },
    mongo::{fleet::Fleet, targets::Targets},
};

use crate::support::{PATIENCE, client, database_name, fleet_config, shared};

/// One fleet with databases of its own names.
pub(super) struct Rig {
    pub(super) fleet: Fleet,
    pub(super) shard: mongodb::Database,
    pub(super) main: String,
    client: Client,
    /// Removed at the end, with the cache in it.
    _home: tempfile::TempDir,
}

/// Which way the pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// From the first page, each place through its text, as the command line does.
    Forwards,
    /// From the last page, as the console does.
    Backwards,
}

pub(super) const BOTH: [Walk; 2] = [Walk::Forwards, Walk::Backwards];

impl Rig {
    pub(super) async fn new() -> Self {
        Self::on(&shared().uri(), QueryConfig::default()).await
    }

    /// A fleet on this server, whose reads are bounded like this.
    pub(super) async fn on(uri: &str, query: QueryConfig) -> Self {
        let main = database_name("find");
        let client = client(uri).await;
        let home = tempfile::tempdir().unwrap();
        let mut config = Config { query, ..fleet_config(uri, &main, home.path()) };
        config.layout.database_count = 1;
        let fleet = Fleet::start(Targets::parse(&config).unwrap(), &config);
        fleet.settle(PATIENCE).await;
        let shard = client.database(&format!("{main}_1"));
        Self { fleet, shard, main, client, _home: home }
    }

    /// The database that the collections are in.
    pub(super) fn database() -> Database {
        Database::Shard(DatabaseId::new(1).unwrap())
    }

    pub(super) fn collection(&self, name: &str) -> Collection<Document> {
        self.shard.collection(name)
    }

    /// A collection with these documents, each with its number in `n`.
    pub(super) async fn plant(&self, name: &str, documents: impl IntoIterator<Item = Document>) {
        self.collection(name).insert_many(numbered(documents)).await.unwrap();
    }

    pub(super) async fn tell(&self, command: Document) -> Document {
        self.shard.run_command(command).await.unwrap()
    }

    pub(super) async fn index(&self, name: &str, key: Document) {
        let index = doc! {"key": key, "name": "of_the_test"};
        self.tell(doc! {"createIndexes": name, "indexes": [index]}).await;
    }

    pub(super) async fn facts(&self, name: &str) -> Arc<Facts> {
        Arc::new(self.fleet.facts(Self::database(), name).await.unwrap())
    }

    pub(super) async fn page(&self, request: PageRequest) -> Result<Page, Failure> {
        self.fleet.page(Self::database(), request).await
    }

    /// What is asked for first.
    pub(super) async fn request(&self, name: &str, query: &Query, size: u32) -> PageRequest {
        let (collection, query, from) = (name.to_owned(), query.clone(), From::First);
        let facts = self.facts(name).await;
        PageRequest { collection, facts, query, order: None, from, size }
    }

    /// Every page one after the other: the documents in the order of the sort, and what told
    /// equal ones apart.
    async fn walk(
        &self,
        name: &str,
        query: &Query,
        size: u32,
        walk: Walk,
    ) -> (Vec<Arc<RawDocumentBuf>>, Ties) {
        self.walk_while(name, query, (size, walk), async |_| ()).await
    }

    /// The same, where something happens after each page.
    pub(super) async fn walk_while(
        &self,
        name: &str,
        query: &Query,
        (size, walk): (u32, Walk),
        mut happens: impl AsyncFnMut(&Page),
    ) -> (Vec<Arc<RawDocumentBuf>>, Ties) {
        let mut request = self.request(name, query, size).await;
        if walk == Walk::Backwards {
            request.from = From::Last;
        }
        let mut pages = Vec::new();
        let mut ties = None;
        loop {
            let page = self.page(request.clone()).await;
            let page = page.unwrap_or_else(|failure| panic!("{name} {walk:?}: {failure}"));
            happens(&page).await;
            let order = page.order.clone().unwrap();
            assert_eq!(*ties.get_or_insert(order.ties), order.ties, "an order stays");
            assert!(page.documents.len() <= size as usize, "{walk:?}: more than the page holds");
            let is_last = !page.has_more;
            if !is_last {
                assert_eq!(page.documents.len(), size as usize, "{walk:?}: a page is full");
                let (order, from) = match walk {
                    Walk::Forwards => {
                        let text = token(&order, &page.last.unwrap());
                        let (order, mark) = from_token(&text).unwrap();
                        (order, From::After(mark))
                    }
                    Walk::Backwards => (order, From::Before(page.first.unwrap())),
                };
                (request.order, request.from) = (Some(order), from);
            }
            pages.push(page.documents);
            if is_last {
                break;
            }
            assert!(pages.len() < 5_000, "{name} {walk:?}: it does not end");
        }
        if walk == Walk::Backwards {
            pages.reverse();
        }
        (pages.concat(), ties.unwrap())
    }

    /// What the driver finds with this sort: number, sort key and the document as projected.
    async fn truth(&self, name: &str, query: &Query, sort: Document) -> Vec<Truth> {
        let collation: Option<Collation> = (!query.collation.is_empty())
            .then(|| deserialize_from_document(query.collation.clone()).unwrap());
        let options = FindOptions::builder().sort(sort).collation(collation).build();
        let collection = self.shard.collection::<RawDocumentBuf>(name);
        let find = |projection: Document| {
            let found = collection.find(query.filter.clone()).with_options(options.clone());
            found.projection(projection).allow_disk_use(true)
        };
        let keyed = find(doc! {"n": 1, "key": {"$meta": "sortKey"}}).await.unwrap();
        let keyed: Vec<RawDocumentBuf> = keyed.try_collect().await.unwrap();
        let shown = find(query.projection.clone()).await.unwrap();
        let shown: Vec<RawDocumentBuf> = shown.try_collect().await.unwrap();
        let truth = |keyed: RawDocumentBuf| {
            let n = number(&keyed);
            let shown = shown.iter().find(|shown| number(shown) == n).unwrap().clone();
            let key = Bson::try_from(keyed.get("key").unwrap().unwrap()).unwrap();
            Truth { n, key, shown }
        };
        keyed.into_iter().map(truth).collect()
    }

    /// Walks through all pages of this size and holds them to the server's own answer. Gives
    /// back what told equal documents apart.
    pub(super) async fn check(&self, name: &str, query: &Query, size: u32, walk: Walk) -> Ties {
        let (found, ties) = self.walk(name, query, size, walk).await;
        let facts = self.facts(name).await;
        let truth = self.truth(name, query, full_sort(query, &facts, ties)).await;
        let what = format!("{name} {walk:?} by {size}, {ties:?}: {query:?}");
        let ns: Vec<i32> = found.iter().map(|document| number(document)).collect();
        let of = |n: i32| truth.iter().find(|truth| truth.n == n).unwrap();
        let keys = |ns: Vec<i32>| -> Vec<String> {
            ns.into_iter().map(|n| format!("{n}: {}", of(n).key)).collect()
        };
        let right: Vec<i32> = truth.iter().map(|truth| truth.n).collect();
        let lost: Vec<i32> = right.iter().copied().filter(|n| !ns.contains(n)).collect();
        assert_eq!(keys(lost), [""; 0], "are lost: {what}");
        let repeated = ns.iter().enumerate().filter(|(at, n)| ns[..*at].contains(n));
        let repeated: Vec<i32> = repeated.map(|(_, n)| *n).collect();
        assert_eq!(keys(repeated), [""; 0], "come twice: {what}");
        if ties == Ties::Id {
            assert_eq!(keys(ns), keys(right), "in the server's order: {what}");
        } else {
            for (at, (n, right)) in ns.iter().zip(&truth).enumerate() {
                let is_same = order::compare(&of(*n).key, &right.key).is_eq();
                assert!(is_same, "at {at} comes {n}, not as {}: {what}", right.n);
            }
        }
        if query.collation.is_empty() && !facts.has_collation {
            for document in found {
                let shown = &of(number(&document)).shown;
                assert_eq!(document.as_bytes(), shown.as_bytes(), "{document:?}: {what}");
            }
        }
        ties
    }

    /// Ends the fleet, and takes away what was planted.
    pub(super) async fn end(self) {
        self.fleet.shutdown().await;
        self.shard.drop().await.unwrap();
        self.client.database(&self.main).drop().await.unwrap();
    }
}

/// A document as the driver finds it.
struct Truth {
    n: i32,
    key: Bson,
    shown: RawDocumentBuf,
}

/// The sort of the query with what the pages add to it.
fn full_sort(query: &Query, facts: &Facts, ties: Ties) -> Document {
    let mut sort = query.sort.clone();
    if facts.form == Form::TimeSeries {
        if let Some(field) = facts.time_field.as_ref().filter(|_| sort.is_empty()) {
            sort.insert(field, 1);
        }
    } else if ties != Ties::Seen && !sort.contains_key("_id") {
        let last = sort.values().last().cloned().unwrap_or(Bson::Int32(1));
        sort.insert("_id", last);
    }
    sort
}

pub(super) fn number(document: &RawDocumentBuf) -> i32 {
    document.get_i32("n").unwrap_or_else(|error| panic!("{error}: {document:?}"))
}

pub(super) fn numbered(documents: impl IntoIterator<Item = Document>) -> Vec<Document> {
    let numbered = |(n, mut document): (i32, Document)| {
        document.insert("n", n);
        document
    };
    (0..).zip(documents).map(numbered).collect()
}

pub(super) fn by(sort: Document) -> Query {
    Query { sort, ..Query::default() }
}
