//! Servers that fail between and within pages: the cause is named, and when they are back the
//! next page goes on from the same mark.

use std::time::Duration;

use mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};
use tilldeck::{
    config::QueryConfig,
    demo::server::ServerOptions,
    domain::{
        failure::FailureKind,
        page::{From, Page, PageRequest},
    },
};

use super::rig::{Rig, by, number};
use crate::{
    query::rig::{Faulty, fail, wait_for_failure},
    support::{eventually_async, start},
};

/// Runs what blocks from a test on tokio.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// The server that fails, let go in a place where that may block.
struct Held(Option<Faulty>);

impl Held {
    fn take() -> Self {
        Self(Some(blocking(Faulty::take)))
    }

    fn uri(&self) -> String {
        self.0.as_ref().unwrap().uri()
    }

    fn fail(&self, commands: &[&str], how: Document) {
        blocking(|| self.0.as_ref().unwrap().fail(commands, how));
    }

    fn heal(&self) {
        blocking(|| self.0.as_ref().unwrap().heal());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        blocking(|| self.0 = None);
    }
}

fn brief() -> QueryConfig {
    QueryConfig { max_time: Duration::from_secs(1), ..QueryConfig::default() }
}

fn numbers(page: &Page) -> Vec<i32> {
    page.documents.iter().map(|one| number(one)).collect()
}

/// The request of the page after this one.
fn after(request: &PageRequest, page: &Page) -> PageRequest {
    let from = From::After(page.last.clone().unwrap());
    PageRequest { from, order: page.order.clone(), ..request.clone() }
}

/// Numbered documents by a sort of two keys, whose pages are read in several commands.
async fn plant(rig: &Rig) -> PageRequest {
    rig.plant("orders", (0..40).map(|n| doc! {"_id": n, "v": n / 20})).await;
    rig.request("orders", &by(doc! {"v": 1}), 6).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_is_named_and_asked_for_again() {
    let faulty = Held::take();
    let rig = Rig::on(&faulty.uri(), brief()).await;
    let request = plant(&rig).await;
    let namespace = format!("{}.orders", rig.shard.name());
    let first = rig.page(request.clone()).await.unwrap();
    assert_eq!(numbers(&first), [0, 1, 2, 3, 4, 5]);
    let mut page = first;
    for (how, kinds) in [
        (doc! {"errorCode": 50}, &[FailureKind::TimedOut][..]),
        (doc! {"errorCode": 13}, &[FailureKind::NotAuthorised]),
        (doc! {"errorCode": 11_601}, &[FailureKind::Cancelled]),
        (doc! {"errorCode": 91}, &[FailureKind::NoPrimary, FailureKind::Network]),
        (doc! {"closeConnection": true}, &[FailureKind::Network]),
        (doc! {"blockConnection": true, "blockTimeMS": 10_000}, &[FailureKind::TimedOut]),
    ] {
        let mut data = doc! {"namespace": &namespace};
        data.extend(how.clone());
        faulty.fail(&["find"], data);
        let next = after(&request, &page);
        let failure = rig.page(next.clone()).await.unwrap_err();
        assert!(kinds.contains(&failure.kind), "{how}: {failure:?}");
        faulty.heal();
        let begin = numbers(&page).last().unwrap() + 1;
        page = come_back(&rig, &next).await;
        assert_eq!(numbers(&page), (begin..begin + 6).collect::<Vec<_>>(), "{how}");
        page = if begin > 25 { rig.page(request.clone()).await.unwrap() } else { page };
    }
    rig.end().await;
}

/// The page, when the database is there again.
async fn come_back(rig: &Rig, request: &PageRequest) -> Page {
    eventually_async("the page is read", || async { rig.page(request.clone()).await.ok() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_half_way_is_no_short_page() {
    let faulty = Held::take();
    let rig = Rig::on(&faulty.uri(), brief()).await;
    let request = PageRequest { size: 30, ..plant(&rig).await };
    let namespace = format!("{}.orders", rig.shard.name());
    let begin = rig.page(PageRequest { size: 15, ..request.clone() }).await.unwrap();
    let next = after(&request, &begin);
    // It needs at least two commands, and the second of them fails, and its repetition.
    for how in [doc! {"errorCode": 50}, doc! {"closeConnection": true}] {
        let mut data = doc! {"namespace": &namespace};
        data.extend(how.clone());
        blocking(|| {
            fail(&faulty.uri(), &["find"], doc! {"skip": 1}, data);
        });
        let failure = rig.page(next.clone()).await.unwrap_err();
        let is_named = matches!(failure.kind, FailureKind::TimedOut | FailureKind::Network);
        assert!(is_named, "{how}: {failure:?}");
        faulty.heal();
        let page = come_back(&rig, &next).await;
        assert_eq!(numbers(&page), (15..40).collect::<Vec<_>>(), "{how}");
        assert!(!page.has_more);
    }
    // One that comes in several batches, of which the first is there.
    let bytes = vec![7; 1 << 20];
    let large = Binary { subtype: BinarySubtype::Generic, bytes };
    rig.plant("large", (0..25).map(|n| doc! {"_id": n, "large": large.clone()})).await;
    let request = rig.request("large", &by(doc! {}), 25).await;
    for how in [doc! {"errorCode": 43}, doc! {"closeConnection": true}] {
        let mut data = doc! {"namespace": format!("{}.large", rig.shard.name())};
        data.extend(how.clone());
        faulty.fail(&["getMore"], data);
        rig.page(request.clone()).await.unwrap_err();
        faulty.heal();
        let page = come_back(&rig, &request).await;
        assert_eq!(numbers(&page), (0..25).collect::<Vec<_>>(), "{how}");
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_power_cut_pages_go_on_from_the_mark() {
    let start = || start(ServerOptions::default());
    let mut server = blocking(start);
    let config = QueryConfig { max_time: Duration::from_secs(8), ..QueryConfig::default() };
    let rig = Rig::on(&server.uri(), config).await;
    let request = plant(&rig).await;
    let first = rig.page(request.clone()).await.unwrap();
    let next = after(&request, &first);
    let gone =
        [FailureKind::Refused, FailureKind::Network, FailureKind::NoPrimary, FailureKind::TimedOut];
    // While a page is read, and then between two pages.
    let held = doc! {"blockConnection": true, "blockTimeMS": 60_000};
    let n_before = blocking(|| fail(&server.uri(), &["find"], "alwaysOn", held));
    let (fleet, asked) = (rig.fleet.clone(), next.clone());
    let reading = tokio::spawn(async move { fleet.page(Rig::database(), asked).await });
    blocking(|| wait_for_failure(&server.uri(), n_before));
    blocking(|| server.kill9());
    let failure = reading.await.unwrap().unwrap_err();
    assert!(gone.contains(&failure.kind), "{failure:?}");
    let failure = rig.page(next.clone()).await.unwrap_err();
    assert!(gone.contains(&failure.kind), "{failure:?}");
    blocking(|| server.restart()).unwrap();
    let page = come_back(&rig, &next).await;
    assert_eq!(numbers(&page), (6..12).collect::<Vec<_>>());
    assert_eq!(numbers(&rig.page(after(&request, &page)).await.unwrap()), [12, 13, 14, 15, 16, 17]);
    rig.end().await;
}
