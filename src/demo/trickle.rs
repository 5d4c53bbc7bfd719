//! Life in the demo: orders that come in, and now and then a store that closes for a refit.

use std::time::Duration;

use bson::{DateTime, doc, oid::ObjectId};
use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use super::{
    catalogue,
    seed::{Fleet, lacks_orders},
};
use crate::{
    domain::{
        database::{CollectionType, Database},
        failure::Failure,
    },
    mongo::provision::NewStore,
};

const ORDER_PAUSE_MS: std::ops::Range<u64> = 200..600;
/// Every so many orders, a store closes or opens again: about twice a minute.
const ORDERS_A_CHANGE: u32 = 80;
const BEHIND_THE_NAME: &str = " (closed for refit)";

/// Writes orders until it is told to stop. A write that fails is left out: the server may
/// be frozen or killed to see what the console says.
pub async fn run(fleet: Fleet, stop: CancellationToken) {
    let mut rng = Rng::new();
    let mut closed = None;
    for number in 1_u32.. {
        let pause = Duration::from_millis(rng.u64(ORDER_PAUSE_MS));
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            break;
        }
        let _ = take_order(&fleet, &mut rng).await;
        if number.is_multiple_of(ORDERS_A_CHANGE) {
            let _ = close_or_open(&fleet, &mut closed, &mut rng).await;
        }
    }
}

async fn take_order(fleet: &Fleet, rng: &mut Rng) -> Result<(), Failure> {
    let Some((index, store)) = any_store(fleet, rng) else { return Ok(()) };
    if lacks_orders(index) {
        return Ok(());
    }
    let mut order = catalogue::order(store, rng.u32(1_000..1_000_000), DateTime::now(), rng);
    order.insert("_id", ObjectId::new());
    let name = store.collection(&CollectionType::new("orders"));
    fleet.writers.to(store.database)?.insert_new(&name, vec![order]).await
}

async fn close_or_open(
    fleet: &Fleet,
    closed: &mut Option<NewStore>,
    rng: &mut Rng,
) -> Result<(), Failure> {
    let (store, name) = if let Some(store) = closed.take() {
        let name = store.name.clone();
        (store, name)
    } else {
        // Stores further on hold blemishes of names that are to stay.
        let Some((_, store)) = any_store(fleet, rng).filter(|(index, _)| *index < 58) else {
            return Ok(());
        };
        *closed = Some(store.clone());
        (store.clone(), format!("{}{BEHIND_THE_NAME}", store.name))
    };
    let names = &fleet.layout.registry;
    let update = doc! { "$set": { &names.name: name, "updatedAt": DateTime::now() } };
    fleet.writers.to(Database::Main)?.update(&names.collection, store.record, update).await
}

fn any_store<'a>(fleet: &'a Fleet, rng: &mut Rng) -> Option<(usize, &'a NewStore)> {
    let index = rng.usize(0..fleet.furnished.len().max(1));
    fleet.furnished.get(index).map(|store| (index, store))
}
