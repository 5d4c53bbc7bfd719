use bson::{Bson, RawDocumentBuf, doc};

use super::*;
use crate::domain::store::Store;

fn store(id: i32, database_id: impl Into<Bson>) -> Arc<Store> {
    let record = doc! {
        "_id": id, "storeId": "a\u{202e}", "name": 7, "prefix": "p", "databaseId": database_id.into(),
    };
    Arc::new(Store::decode(&RawDocumentBuf::try_from(&record).unwrap(), &Layout::default()))
}

fn file(directory: &Path) -> CacheFile {
    CacheFile::new(path(directory, "h:1", "main_db"), Arc::new(Layout::default()))
}

fn registry() -> Registry {
    let ids: [Bson; 6] =
        [1.into(), "2".into(), 9.into(), f64::INFINITY.into(), true.into(), Bson::Null];
    let stores = (1..).zip(ids).map(|(id, database_id)| store(id, database_id)).collect();
    let as_of = Some(Timestamp::from_millisecond(1_700_000_000_123).unwrap());
    Registry { stores, source: Source::ChangeStream, as_of, failure: None }
}

#[test]
fn what_is_saved_is_read_again() {
    let home = tempfile::tempdir().unwrap();
    let file = file(&home.path().join("made"));
    let saved = registry();
    file.save(&saved, 1);
    let read = file.load().unwrap();
    assert_eq!(read.stores, saved.stores);
    assert_eq!((read.source, read.as_of), (Source::Cache, saved.as_of));
}

#[test]
fn a_smaller_fleet_judges_the_numbers_again() {
    let home = tempfile::tempdir().unwrap();
    file(home.path()).save(&registry(), 1);
    let smaller = Arc::new(Layout { database_count: 1, ..Layout::default() });
    let read = CacheFile::new(path(home.path(), "h:1", "main_db"), smaller.clone()).load().unwrap();
    assert_eq!(read.stores[0].route.database(), registry().stores[0].route.database());
    assert_eq!(read.stores[1].route.database(), None, "shard 2 is not there any more");
}

#[test]
fn a_file_that_cannot_be_used_is_ignored() {
    let home = tempfile::tempdir().unwrap();
    let file = file(home.path());
    assert!(file.load().is_none());
    file.save(&registry(), 1);
    let whole = fs::read(&file.path).unwrap();
    for spoilt in [&whole[..whole.len() - 1], &whole[..40], b"", b"\xff\xff\xff\xff", b"\0\0\0\0"] {
        fs::write(&file.path, spoilt).unwrap();
        assert!(file.load().is_none(), "{} bytes", spoilt.len());
    }
}

#[test]
fn an_older_list_never_replaces_a_newer_one() {
    let home = tempfile::tempdir().unwrap();
    let file = file(home.path());
    let (older, newer) = (file.next_turn(), file.clone().next_turn());
    file.clone().save(&registry(), newer);
    file.save(&Registry { stores: Vec::new(), ..registry() }, older);
    assert_eq!(file.load().unwrap().stores.len(), registry().stores.len());
}

#[test]
fn fleets_have_files_of_their_own() {
    let of = |hosts, database| path(Path::new("/c"), hosts, database);
    assert_ne!(of("h:1", "a"), of("h:2", "a"));
    assert_ne!(of("h:1", "a"), of("h:1", "b"));
    assert_ne!(of("h:1a", "b"), of("h:1", "ab"));
    assert_eq!(of("h:1", "a"), of("h:1", "a"));
}
