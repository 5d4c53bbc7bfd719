use std::collections::BTreeMap;

use bson::{Document, RawDocumentBuf, doc};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    collection::Form,
    database::{DatabaseId, Layout},
    inventory::{Listing, Named},
    pool::{Pool, Pools},
    registry::Registry,
    text::{SafeText, safe},
};

/// A fleet as a few words: records, and the collections of each database by number.
struct Fleet {
    registry: Registry,
    pools: Pools,
    layout: Layout,
    uris: BTreeMap<Database, SafeText>,
    listings: Vec<Listing>,
    tombstone: Option<&'static str>,
}

fn database(number: u32) -> Database {
    DatabaseId::new(number).map_or(Database::Main, Database::Shard)
}

impl Fleet {
    fn new(records: &[Document], collections: &[(u32, &[&str])]) -> Self {
        let layout = Layout::default();
        let stores = records.iter().map(|record| {
            let raw = RawDocumentBuf::try_from(record).unwrap();
            Arc::new(Store::decode(&raw, &layout))
        });
        let registry = Registry {
            stores: stores.collect(),
            source: Source::ChangeStream,
            ..Registry::default()
        };
        let pool = |one| {
            let mut pool = Pool::connecting(one, safe("x"), Timestamp::default());
            pool.state = PoolState::Up;
            pool
        };
        let pools = Pools { pools: layout.databases().map(pool).collect() };
        let named = |name: &&str| Named {
            name: name.trim_end_matches('*').into(),
            form: if name.ends_with('*') { Form::View } else { Form::Collection },
            indexes: None,
        };
        let listing = |one: Database| {
            let number = one.id().map_or(0, DatabaseId::get);
            let there = collections.iter().filter(|(at, _)| *at == number);
            let mut names: Vec<Named> =
                there.flat_map(|(_, names)| names.iter().map(named)).collect();
            names.sort_by(|a, b| a.name.cmp(&b.name));
            Listing { database: one, collections: Ok(names) }
        };
        let listings = layout.databases().map(listing).collect();
        let uris = BTreeMap::from([(database(2), safe("mongodb://u:***@h/pos_db_2"))]);
        Self { registry, pools, layout, uris, listings, tombstone: None }
    }

    fn why(&self, text: &str) -> Trace {
        explain(
            text,
            &Evidence {
                registry: &self.registry,
                pools: &self.pools,
                layout: &self.layout,
                uris: &self.uris,
                listings: &self.listings,
                tombstone: self.tombstone,
            },
        )
    }

    fn cause(&self, text: &str) -> (FailureKind, String, String) {
        let trace = self.why(text);
        assert!(!trace.is_reachable());
        let cause = trace.cause.unwrap();
        (cause.kind, cause.message.to_string(), cause.hint.to_string())
    }
}

const WHOLE: &[&str] = &["acme_products", "acme_orders", "acme_categories", "acme_users"];

fn acme(more: Document) -> Document {
    let mut record = doc! {"_id": 1, "storeId": "ST-1", "name": "Acme Bakery", "prefix": "acme"};
    record.extend(more);
    record
}

fn failed(trace: &Trace) -> Vec<&str> {
    let failed = trace.steps.iter().filter(|step| step.outcome == Outcome::Failed);
    failed.map(|step| step.name.as_str()).collect()
}

#[test]
fn a_sound_store_is_reachable_by_each_of_its_names() {
    let fleet = Fleet::new(&[acme(doc! {"databaseId": 2})], &[(2, WHOLE)]);
    for (text, by) in [
        ("ST-1", MatchedBy::StoreId),
        ("acme", MatchedBy::Prefix),
        ("Acme Bakery", MatchedBy::Name),
        ("acme_orders", MatchedBy::Collection),
    ] {
        let trace = fleet.why(text);
        assert!(trace.is_reachable(), "{trace:#?}");
        assert_eq!(trace.matched.as_ref().unwrap().by, by);
        let names: Vec<&str> = trace.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names[..5], ["registry record", "databaseId", "database", "login", "ping"]);
        assert_eq!(names[5..].len(), 5);
        assert_eq!(trace.steps[2].detail, "pos_db_2 at mongodb://u:***@h/pos_db_2");
    }
    let legacy = Fleet::new(&[acme(doc! {})], &[(0, WHOLE)]);
    assert!(legacy.why("acme").is_reachable());
}

#[test]
fn each_cause_is_found_at_its_step_with_the_next_one() {
    use FailureKind as Kind;
    let two = doc! {"databaseId": 2};
    for (record, collections, step, kind, words) in [
        (
            acme(doc! {}),
            &[(3, WHOLE)][..],
            "databaseId",
            Kind::DatabaseId,
            "is missing, so the backend looks in `main_db`, but its collections are in `pos_db_3`",
        ),
        (
            acme(doc! {"databaseId": 9}),
            &[(3, WHOLE)],
            "databaseId",
            Kind::DatabaseId,
            "databaseId 9 is not in 1 to 5",
        ),
        (
            acme(doc! {"databaseId": {"a": 1}}),
            &[(3, WHOLE)],
            "databaseId",
            Kind::DatabaseId,
            "of type object",
        ),
        (
            acme(two.clone()),
            &[(3, WHOLE)],
            "acme_products",
            Kind::Misplaced,
            "not in `pos_db_2`, where the record of `ST-1` leads, but in `pos_db_3`",
        ),
        (
            acme(two.clone()),
            &[(2, WHOLE), (4, &["acme_orders"])],
            "acme_orders",
            Kind::Misplaced,
            "in `pos_db_2` and in `pos_db_4` as well",
        ),
        (
            acme(two.clone()),
            &[(2, &["acme_products", "acme_orders"])],
            "acme_categories",
            Kind::Missing,
            "does not exist in `pos_db_2`",
        ),
        (
            acme(two.clone()),
            &[(2, &["ACME_products", "ACME_orders", "ACME_categories"])],
            "acme_products",
            Kind::Misplaced,
            "`ACME_products` does, in `pos_db_2`",
        ),
        (
            acme(doc! {"prefix": null, "databaseId": 2}),
            &[],
            "registry record",
            Kind::Malformed,
            "prefix is null",
        ),
    ] {
        let fleet = Fleet::new(&[record], collections);
        let (found, message, hint) = fleet.cause("ST-1");
        assert_eq!(found, kind, "{message}");
        assert!(message.contains(words), "{message}");
        assert!(!hint.is_empty() && hint.starts_with(char::is_uppercase), "{hint}");
        let trace = fleet.why("ST-1");
        assert_eq!(failed(&trace), [step], "{trace:#?}");
        let after = trace.steps.iter().skip_while(|one| one.outcome != Outcome::Failed).skip(1);
        assert!(after.clone().all(|one| one.outcome == Outcome::Skipped), "{trace:#?}");
    }
}

#[test]
fn nobody_and_several_are_told_apart() {
    let orphaned =
        Fleet::new(&[acme(doc! {"databaseId": 2})], &[(2, WHOLE), (3, &["gone_orders"])]);
    let (kind, message, hint) = orphaned.cause("ST-2");
    assert_eq!(
        (kind, message.as_str()),
        (FailureKind::NotFound, "the registry has no storeId, name or prefix `ST-2`")
    );
    assert_eq!(hint, "Ask for `ST-1`, which is called nearly so");
    for text in ["gone", "GONE", "gone_orders"] {
        let (_, _, hint) = orphaned.cause(text);
        assert!(hint.starts_with("Restore the record that was probably deleted"), "{hint}");
        let trace = orphaned.why(text);
        assert_eq!(trace.suggestions[0].record, None);
        assert!(trace.suggestions[0].reason.contains("gone_orders in pos_db_3 have no record"));
    }
    let other =
        doc! {"_id": 2, "storeId": "ST-1", "name": "Acme Bakery", "prefix": "b", "databaseId": 1};
    let twins = Fleet::new(&[acme(doc! {"databaseId": 2}), other], &[]);
    assert_eq!(twins.cause("ST-1").0, FailureKind::Duplicate);
    assert_eq!(twins.cause("Acme Bakery").1, "2 stores are called `Acme Bakery`");
    assert_eq!(twins.why("ST-1").suggestions.len(), 2);
}

#[test]
fn a_database_that_is_down_or_denied_is_the_cause() {
    let mut fleet = Fleet::new(&[acme(doc! {"databaseId": 2})], &[(2, WHOLE)]);
    let denied = |kind| Failure::new(kind, "may not", "Grant it");
    for (kind, step) in [
        (FailureKind::Refused, "ping"),
        (FailureKind::Login, "login"),
        (FailureKind::NotAuthorised, "login"),
    ] {
        let pool = fleet.pools.pools.iter_mut().find(|pool| pool.database == database(2)).unwrap();
        (pool.state, pool.failure) = (PoolState::Down, Some(denied(kind)));
        assert_eq!(fleet.cause("acme").0, kind);
        assert_eq!(failed(&fleet.why("acme")), [step]);
    }
    let mut fleet = Fleet::new(&[acme(doc! {"databaseId": 2})], &[(2, WHOLE)]);
    fleet.listings[4].collections = Err(denied(FailureKind::NotAuthorised));
    let trace = fleet.why("acme");
    assert!(trace.is_reachable());
    assert_eq!(trace.steps.last().unwrap().outcome, Outcome::Warning);
    fleet.listings[2].collections = Err(denied(FailureKind::NotAuthorised));
    assert_eq!(failed(&fleet.why("acme")), ["collections"]);
}

#[test]
fn a_tombstone_and_an_old_list_are_said() {
    let moved = ["acme_products*", "acme_orders", "acme_categories"];
    let mut fleet = Fleet::new(&[acme(doc! {"databaseId": "2"})], &[(2, &moved)]);
    assert_eq!(fleet.why("acme").steps[1].outcome, Outcome::Warning);
    fleet.tombstone = Some("STORE MOVED to pos_db_3");
    let (kind, message, _) = fleet.cause("acme");
    assert_eq!(kind, FailureKind::Moved);
    assert!(message.ends_with("STORE MOVED to pos_db_3"), "{message}");
    fleet.registry.source = Source::Cache;
    let trace = fleet.why("acme");
    assert_eq!(trace.steps[0].outcome, Outcome::Warning);
    assert!(trace.steps[0].detail.contains("last known registry"));
    fleet.registry = Registry::default();
    assert_eq!(fleet.cause("acme").0, FailureKind::Busy);
}

#[test]
fn markdown_is_safe_to_post() {
    let hostile = acme(doc! {"name": "x`\u{1b}[2J\n# big", "databaseId": 9});
    let markdown = Fleet::new(&[hostile], &[]).why("ST-1").markdown(Some("prod`uction"));
    assert!(markdown.starts_with("**Why is `ST-1` not found?** (`prod'uction`)\n"), "{markdown}");
    assert!(markdown.contains("`x'\\u{1b}[2J\\u{a}# big`"), "{markdown}");
    assert!(markdown.contains("**Cause:** `the record of store 'ST-1' leads to no database"));
    assert!(markdown.contains("2. FAILED `databaseId`"), "{markdown}");
}

proptest! {
    #[test]
    fn no_text_breaks_it_or_gets_out(text in any::<String>(), name in any::<String>()) {
        let record = acme(doc! {"name": name, "databaseId": 2});
        let fleet = Fleet::new(&[record], &[(2, WHOLE), (3, &["x_orders"])]);
        let markdown = fleet.why(&text).markdown(None);
        let hostile = |char: char| char.is_control() && char != '\n';
        prop_assert!(!markdown.contains(hostile), "{markdown:?}");
        prop_assert!(markdown.lines().all(|line| line.matches('`').count() % 2 == 0), "{markdown}");
    }
}
