use bson::{Bson, RawDocument, RawDocumentBuf, doc};
use proptest::{prelude::any, prop_assert, proptest};
use serde_json::Value;

use super::*;

const CASES: &str = include_str!("../../../assets/fixtures/registry.jsonl");

fn raw(record: &bson::Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(record).unwrap()
}

fn route_word(route: &Route) -> Value {
    match route {
        Route::Legacy => "legacy".into(),
        Route::Shard(id) => id.get().into(),
        Route::OutOfRange(_) => "out of range".into(),
        Route::Unreadable => "unreadable".into(),
    }
}

#[test]
fn every_record_of_the_fixture_is_judged_as_it_says() {
    for (index, line) in CASES.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Ok(Bson::Document(record)) = Bson::try_from(case["record"].clone()) else {
            panic!("line {}: no document", index + 1)
        };
        let store = Store::decode(&raw(&record), &Layout::default());
        let problems: Vec<String> = store.problems.iter().map(ToString::to_string).collect();
        let found = (route_word(&store.route), store.state().word().into(), problems.into());
        let wanted = (case["route"].clone(), case["state"].clone(), case["problems"].clone());
        assert_eq!(found, wanted, "line {}", index + 1);
    }
}

#[test]
fn texts_are_kept_as_stored() {
    let hostile = "\u{1b}[31m\u{202e} \n";
    let record = doc! {"_id": 1, "storeId": hostile, "name": hostile, "prefix": hostile};
    let store = Store::decode(&raw(&record), &Layout::default());
    assert_eq!(store.store_id.as_deref(), Some(hostile));
    assert_eq!(store.prefix.as_deref(), Some(hostile));
}

#[test]
fn fields_may_have_other_names() {
    let mut layout = Layout::default();
    layout.registry.database_id = "shard".into();
    let record =
        doc! {"_id": 1, "storeId": "a", "name": "n", "prefix": "p", "shard": 2, "databaseId": 3};
    assert_eq!(route_word(&Store::decode(&raw(&record), &layout).route), 2);
}

#[test]
fn of_duplicate_fields_the_first_counts() {
    let mut record = raw(&doc! {"_id": 1, "storeId": "first", "name": "n", "prefix": "p"});
    record.append(bson::cstr!("storeId"), "second");
    let store = Store::decode(&record, &Layout::default());
    assert_eq!(store.store_id.as_deref(), Some("first"));
}

#[test]
fn a_cut_off_record_keeps_what_can_be_read() {
    let mut bytes = raw(&doc! {"_id": 1, "storeId": "a", "name": "n", "prefix": "p"}).into_bytes();
    // The type of the last field becomes one that does not exist.
    let last = bytes.windows(7).position(|window| window == b"prefix\0").unwrap() - 1;
    bytes[last] = 0x42;
    let store = Store::decode(RawDocument::from_bytes(&bytes).unwrap(), &Layout::default());
    assert_eq!(store.store_id.as_deref(), Some("a"));
    assert_eq!(store.problems[0], Problem::Unreadable);
    assert_eq!(store.state(), StoreState::Malformed);
}

#[test]
fn text_that_is_no_utf8_is_a_problem_of_its_field() {
    let mut bytes = raw(&doc! {"_id": 1, "storeId": "a", "name": "~~", "prefix": "p"}).into_bytes();
    let tilde = bytes.iter().position(|byte| *byte == b'~').unwrap();
    bytes[tilde] = 0xFF;
    let store = Store::decode(RawDocument::from_bytes(&bytes).unwrap(), &Layout::default());
    assert!(matches!(
        store.problems.as_slice(),
        [Problem::WrongType { found: raw::INVALID_UTF8, .. }]
    ));
}

#[test]
fn records_without_an_id_are_told_apart() {
    let of = |record| Store::decode(&raw(&record), &Layout::default()).record;
    assert_eq!(of(doc! {"a": 1}), of(doc! {"a": 1}));
    assert_ne!(of(doc! {"a": 1}), of(doc! {"a": 2}));
}

proptest! {
    #[test]
    fn no_bytes_stop_the_decoding(mut bytes in any::<Vec<u8>>()) {
        bytes.truncate(500);
        let mut document = i32::try_from(bytes.len() + 5).unwrap().to_le_bytes().to_vec();
        document.extend(bytes);
        document.push(0);
        let store = Store::decode(RawDocument::from_bytes(&document).unwrap(), &Layout::default());
        prop_assert!(!store.record.as_str().is_empty());
    }
}
