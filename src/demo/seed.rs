//! A fleet that looks like a real one, made through the code that makes stores elsewhere.
//!
//! The same options give the same stores, products and people every time; only the dates
//! follow the clock. Stores are placed by the strategy of the configuration. The first six
//! are legacy: they were there before the shards. A few blemishes are planted, so that there
//! is something to see:
//!
//! | store | blemish |
//! |---|---|
//! | 13th | its `databaseId` is a double |
//! | 38th | its `databaseId` is a string |
//! | 59th | its record has no name |
//! | 74th | its `orders` collection is missing |
//! | 89th | its name holds a bidi override |

use std::{collections::BTreeMap, time::Duration};

use bson::{Bson, DateTime, Document, doc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use mongodb::{Client, options::ClientOptions};

use super::catalogue;
use crate::{
    config::Config,
    domain::{
        database::{CollectionType, Database, Layout},
        distribution::Occupancy,
        failure::{Failure, FailureKind},
        placement::place,
    },
    mongo::{
        fleet::Handle,
        gate::{Durability, Gate, Writer},
        provision::{NewStore, furnish, register},
    },
};

/// The most registry records that are made.
pub const MAX_STORES: u32 = 100_000;
/// Stores beyond these are registry records only.
pub const MAX_FURNISHED: u32 = 300;
const LEGACY_STORES: u32 = 6;
/// Stores that are filled at the same time.
const CONCURRENCY: usize = 12;
/// The collection of main in which the demo notes what it has made.
const NOTES: &str = "demo";
const COMPLETE: &str = "complete";
const STORES: &str = include_str!("data/stores.tsv");

/// A fleet that was made.
#[derive(Debug)]
pub struct Fleet {
    /// The stores that have collections.
    pub furnished: Vec<NewStore>,
    /// How many registry records there are.
    pub stores: u32,
    pub(super) writers: Writers,
    pub(super) layout: Layout,
}

/// A writer for each database.
#[derive(Debug, Clone)]
pub(super) struct Writers(BTreeMap<Database, Writer>);

/// Fills the server at this URI with `stores` stores. A fleet that was made before stays as
/// it is, and one that was made in part is completed.
///
/// # Errors
///
/// A write fails, or more than [`MAX_STORES`] are asked for.
pub async fn seed(uri: &str, stores: u32, config: &Config) -> Result<Fleet, Failure> {
    if stores > MAX_STORES {
        let message = format!("`{stores}` stores are more than the demo makes");
        let hint = format!("Ask for {MAX_STORES} at most");
        return Err(Failure::new(FailureKind::Usage, &message, &hint));
    }
    let layout = config.layout.clone();
    let writers = Writers::connect(uri, &layout).await?;
    let main = writers.to(Database::Main)?;
    let Begun { stores, at: now, is_complete } = begin(main, stores).await?;
    let made = plan(stores, config, now);
    let mut records: Vec<_> = made.iter().map(|store| store.record(&layout.registry)).collect();
    blemish(&mut records, &layout);
    let furnished: Vec<_> = made.into_iter().take(MAX_FURNISHED as usize).collect();
    if is_complete {
        return Ok(Fleet { furnished, stores, writers, layout });
    }
    main.insert_new("users", catalogue::system_users(now)).await?;
    stream::iter(furnished.iter().enumerate())
        .map(|(index, store)| fill(index, store, &writers, &layout, now))
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    // Last: a store that is in the registry has its collections.
    register(records, main, &layout).await?;
    let complete = doc! { "_id": COMPLETE };
    main.insert_unless_there(NOTES, complete.clone(), complete).await?;
    Ok(Fleet { furnished, stores, writers, layout })
}

/// What a fleet was begun with. A kept one goes by the notes that it was made by: asking for
/// another count, or on another day, does not make it twice.
struct Begun {
    stores: u32,
    at: DateTime,
    is_complete: bool,
}

async fn begin(main: &Writer, stores: u32) -> Result<Begun, Failure> {
    let now = DateTime::now();
    let fleet = doc! { "stores": i64::from(stores), "at": now };
    let noted = main.insert_unless_there(NOTES, doc! { "_id": "fleet" }, fleet).await?;
    let noted_stores = noted.get_i64("stores").ok().and_then(|count| u32::try_from(count).ok());
    Ok(Begun {
        stores: noted_stores.unwrap_or(stores),
        at: noted.get_datetime("at").copied().unwrap_or(now),
        is_complete: main.has(NOTES, doc! { "_id": COMPLETE }).await?,
    })
}

/// The stores, in the order in which they were opened, placed by the configured strategy.
fn plan(stores: u32, config: &Config, now: DateTime) -> Vec<NewStore> {
    let names: Vec<_> = STORES.lines().filter_map(|line| line.split_once('\t')).collect();
    let mut occupancy = Occupancy::default();
    let mut made = Vec::new();
    for (index, (prefix, name)) in (0..stores).zip(names.iter().cycle()) {
        let is_legacy = index < LEGACY_STORES.min(stores / 2);
        let placed = place(config.placement, &occupancy, &config.layout);
        let database = match placed {
            Some(placed) if !is_legacy => {
                *occupancy.shards.entry(placed.shard).or_default() += 1;
                Database::Shard(placed.shard)
            }
            _ => {
                occupancy.legacy += 1;
                Database::Main
            }
        };
        occupancy.total += 1;
        let round = index as usize / names.len().max(1) + 1;
        let (prefix, name) = match round {
            1 => ((*prefix).to_owned(), (*name).to_owned()),
            _ => (format!("{prefix}{round}"), format!("{name} {round}")),
        };
        let created_at = opened(index, stores, now);
        let record = catalogue::object_id(created_at, 0, index);
        let store_id = format!("ST-{:04}", index + 1);
        made.push(NewStore { record, store_id, name, prefix, database, created_at });
    }
    made
}

/// Stores were opened evenly over the last three years.
fn opened(index: u32, stores: u32, now: DateTime) -> DateTime {
    const PERIOD_MS: i64 = 3 * 365 * 24 * 3_600_000;
    // Whole days: a fleet that is made again on the same day gets the same ids.
    const DAY_MS: i64 = 24 * 3_600_000;
    let today = now.timestamp_millis() / DAY_MS * DAY_MS;
    DateTime::from_millis(
        today - PERIOD_MS + PERIOD_MS * i64::from(index) / i64::from(stores.max(1)),
    )
}

/// Plants what this module's documentation lists.
fn blemish(records: &mut [Document], layout: &Layout) {
    let names = &layout.registry;
    let change = |record: Option<&mut Document>, field: &str, change: &dyn Fn(i32) -> Bson| {
        if let Some(record) = record {
            let number = record.get_i32(field).unwrap_or_default();
            record.insert(field, change(number));
        }
    };
    change(records.get_mut(12), &names.database_id, &|number| Bson::Double(number.into()));
    change(records.get_mut(37), &names.database_id, &|number| Bson::String(number.to_string()));
    change(records.get_mut(88), &names.name, &|_| "Rue de la \u{202e}xiaP".into());
    if let Some(record) = records.get_mut(58) {
        record.remove(&names.name);
    }
}

/// Whether this store's orders are the ones that are missing.
pub(super) const fn lacks_orders(index: usize) -> bool {
    index == 73
}

async fn fill(
    index: usize,
    store: &NewStore,
    writers: &Writers,
    layout: &Layout,
    now: DateTime,
) -> Result<(), Failure> {
    let home = writers.to(store.database)?;
    let is_legacy = store.database == Database::Main;
    let mut created = layout.clone();
    created.created_types.retain(|made| match made.as_str() {
        "orders" => !lacks_orders(index),
        // Users of legacy stores are among the others in main.
        "users" => !is_legacy,
        _ => true,
    });
    furnish(store, home, &created).await?;
    for (collection_type, documents) in catalogue::documents(index, store, now) {
        let name = match collection_type {
            "orders" if lacks_orders(index) => continue,
            "users" if is_legacy => "users".to_owned(),
            _ => store.collection(&CollectionType::new(collection_type)),
        };
        home.insert_new(&name, documents).await?;
    }
    Ok(())
}

impl Writers {
    async fn connect(uri: &str, layout: &Layout) -> Result<Self, Failure> {
        let failed = |_| {
            let message = "the demo cannot connect to its own server";
            Failure::new(FailureKind::Internal, message, "Try again")
        };
        let mut options = ClientOptions::parse(uri).await.map_err(failed)?;
        options.app_name = Some("tilldeck demo".into());
        options.max_pool_size = Some(16);
        options.server_selection_timeout = Some(Duration::from_secs(10));
        let client = Client::with_options(options).map_err(failed)?;
        let writer = |database: Database| {
            let name = layout.name_of(database);
            let db = client.database(&name);
            let hosts = "127.0.0.1".to_owned();
            let handle = Handle { database, db, name, hosts, user: None };
            // The server is the demo's own: `--read-only` speaks of the console.
            Ok((database, Gate::new(false).writer(&handle)?.with(Durability::Memory)))
        };
        layout.databases().map(writer).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn to(&self, database: Database) -> Result<&Writer, Failure> {
        self.0.get(&database).ok_or_else(|| {
            let message = "the demo has no such database";
            Failure::new(FailureKind::Internal, message, "Report this fault")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn planned(stores: u32) -> Vec<NewStore> {
        plan(stores, &Config::default(), DateTime::from_millis(1_700_000_000_000))
    }

    fn in_shard(stores: &[NewStore], number: u32) -> usize {
        let id = crate::domain::database::DatabaseId::new(number).unwrap();
        stores.iter().filter(|store| store.database == Database::Shard(id)).count()
    }

    #[test]
    fn the_documented_formula_fills_the_shards_in_turn() {
        let stores = planned(100);
        let counts = [1, 2, 3, 4, 5].map(|number| in_shard(&stores, number));
        assert_eq!(counts, [14, 20, 20, 20, 20]);
        assert_eq!(stores.iter().filter(|store| store.database == Database::Main).count(), 6);
    }

    #[test]
    fn every_store_is_told_apart_by_id_prefix_and_record() {
        let stores = planned(2_500);
        let distinct = |part: &dyn Fn(&NewStore) -> String| {
            stores.iter().map(part).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(distinct(&|store| store.store_id.clone()), 2_500);
        assert_eq!(distinct(&|store| store.prefix.to_lowercase()), 2_500);
        assert_eq!(distinct(&|store| store.record.to_hex()), 2_500);
    }

    #[test]
    fn the_same_day_gives_the_same_fleet() {
        assert_eq!(planned(100), planned(100));
    }

    #[test]
    fn the_planted_blemishes_are_the_documented_ones() {
        let layout = Layout::default();
        let mut records: Vec<_> =
            planned(100).iter().map(|store| store.record(&layout.registry)).collect();
        let healthy = records.clone();
        blemish(&mut records, &layout);
        let changed: Vec<_> = (0..100).filter(|&index| records[index] != healthy[index]).collect();
        assert_eq!(changed, [12, 37, 58, 88]);
        assert_eq!(records[37].get("databaseId"), Some(&Bson::String("2".into())));
    }
}
