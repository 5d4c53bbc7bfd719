use bson::{Document, RawDocumentBuf, doc};

use super::*;

fn raw(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap()
}

fn store(id: i32, name: &str) -> Store {
    let record = doc! {"_id": id, "storeId": "a", "name": name, "prefix": "p", "databaseId": 1};
    Store::decode(&raw(&record), &Layout::default())
}

fn told(event: &Document) -> Result<Option<RecordEvent>, Unfollowable> {
    decode(&raw(event), &Layout::default())
}

#[test]
fn a_full_read_keeps_what_did_not_change() {
    let mut ledger = Ledger::default();
    ledger.replace_all(vec![store(3, "c"), store(1, "a"), store(2, "b")]);
    assert!(ledger.take_changed());
    let before = ledger.stores().to_vec();
    ledger.replace_all(vec![store(1, "a"), store(2, "b"), store(3, "c")]);
    assert!(!ledger.is_changed());
    ledger.replace_all(vec![store(1, "a"), store(2, "other"), store(4, "d")]);
    assert!(ledger.take_changed());
    assert!(Arc::ptr_eq(&before[0], &ledger.stores()[0]));
    assert_eq!(ledger.stores().len(), 3);
    ledger.replace_all(vec![store(1, "a")]);
    assert!(ledger.is_changed(), "a removal is a change");
}

#[test]
fn an_event_that_was_read_already_changes_nothing() {
    let mut ledger = Ledger::default();
    ledger.replace_all(vec![store(1, "a")]);
    ledger.take_changed();
    ledger.apply(RecordEvent::Put(Box::new(store(1, "a"))));
    ledger.apply(RecordEvent::Gone(store(2, "b").record));
    assert!(!ledger.is_changed());
    ledger.apply(RecordEvent::Put(Box::new(store(2, "b"))));
    ledger.apply(RecordEvent::Gone(store(1, "a").record));
    assert!(ledger.is_changed());
    assert_eq!(ledger.stores().len(), 1);
}

#[test]
fn events_are_read_by_their_kind() {
    let full = doc! {"_id": 1, "storeId": "a", "name": "n", "prefix": "p", "databaseId": 1};
    let of = |kind: &str| doc! {"operationType": kind, "documentKey": {"_id": 1}};
    for kind in ["insert", "replace", "update"] {
        let mut event = of(kind);
        event.insert("fullDocument", full.clone());
        let wanted = RecordEvent::Put(Box::new(store(1, "n")));
        assert_eq!(told(&event), Ok(Some(wanted)), "{kind}");
    }
    let gone = Ok(Some(RecordEvent::Gone(RecordId::new("1"))));
    assert_eq!(told(&of("delete")), gone);
    assert_eq!(told(&of("update")), gone, "deleted before it could be looked up");
    for kind in ["drop", "rename", "dropDatabase", "invalidate"] {
        assert_eq!(told(&doc! {"operationType": kind}), Err(Unfollowable), "{kind}");
    }
    assert_eq!(told(&doc! {"operationType": "createIndexes"}), Ok(None));
}
