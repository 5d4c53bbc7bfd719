use jiff::Timestamp;
use proptest::{prelude::any, prop_assert, proptest};

use super::*;
use crate::domain::{pool::Pool, text::safe};

fn shard(number: u32) -> DatabaseId {
    DatabaseId::new(number).unwrap()
}

/// This many records, of which the shards hold so many.
fn occupancy(total: u32, shards: &[u32]) -> Occupancy {
    let numbered = shards.iter().zip(1..).map(|(stores, number)| (shard(number), *stores));
    Occupancy { total, shards: numbered.collect(), ..Occupancy::default() }
}

fn placed(strategy: Strategy, occupancy: &Occupancy) -> Placement {
    place(strategy, occupancy, &Layout::default()).unwrap()
}

#[test]
fn the_documented_formula_fills_one_shard_after_the_other() {
    for (total, number) in [(0, 1), (19, 1), (20, 2), (99, 5), (100, 5), (u32::MAX, 5)] {
        let placement = placed(Strategy::Documented, &occupancy(total, &[]));
        assert_eq!(placement.shard, shard(number), "{total} records");
    }
}

#[test]
fn the_documented_formula_counts_records_and_not_occupancy() {
    let placement = placed(Strategy::Documented, &occupancy(25, &[0, 20, 0, 0, 0]));
    assert_eq!(placement.shard, shard(2));
    assert!(placement.full);
    assert_eq!(placement.target_count, 20);
}

#[test]
fn round_robin_takes_turns() {
    let turns: Vec<u32> = (0..7)
        .map(|total| placed(Strategy::RoundRobin, &occupancy(total, &[])).shard.get())
        .collect();
    assert_eq!(turns, [1, 2, 3, 4, 5, 1, 2]);
}

#[test]
fn least_loaded_takes_the_lowest_number_of_equals() {
    let fewest = |shards: &[u32]| placed(Strategy::LeastLoaded, &occupancy(50, shards)).shard.get();
    assert_eq!(fewest(&[3, 2, 2, 9, 2]), 2);
    assert_eq!(fewest(&[1, 1, 1, 1]), 5, "a shard without stores is not in the list");
}

#[test]
fn each_says_how_it_came_to_its_shard() {
    let occupancy = occupancy(107, &[20, 20, 20, 20, 27]);
    let why: Vec<String> =
        Strategy::ALL.iter().map(|strategy| placed(*strategy, &occupancy).why).collect();
    assert_eq!(
        why,
        [
            "107 records: floor(107 / 20) + 1 = 6, at most 5",
            "107 records: 107 mod 5 + 1 = 3",
            "fewest stores: 20 of 20",
        ]
    );
}

#[test]
fn the_preview_tells_targets_that_are_down() {
    let mut pool =
        Pool::connecting(Database::Shard(shard(1)), safe("pos_db_1"), Timestamp::UNIX_EPOCH);
    pool.state = PoolState::Down;
    let pools = Pools { pools: vec![pool] };
    let agreed = preview(&occupancy(0, &[]), &Layout::default(), &pools);
    assert!(!agreed.differs());
    assert!(agreed.placements.iter().all(|placement| agreed.is_down(placement)));
    let other = preview(&occupancy(27, &[20, 3, 2, 1, 1]), &Layout::default(), &pools);
    assert!(other.differs());
    assert_eq!(other.down, []);
    assert_eq!(other.under(Strategy::LeastLoaded).unwrap().shard, shard(4));
}

#[test]
fn without_shards_there_is_no_place() {
    let layout = Layout { database_count: 0, ..Layout::default() };
    assert!(preview(&occupancy(3, &[]), &layout, &Pools::default()).placements.is_empty());
}

proptest! {
    #[test]
    fn every_placement_is_a_shard_of_the_fleet(total in any::<u32>(), count in 1_u32..50, capacity in any::<u32>()) {
        let layout = Layout { database_count: count, stores_per_database: capacity, ..Layout::default() };
        for strategy in Strategy::ALL {
            let placement = place(strategy, &occupancy(total, &[]), &layout).unwrap();
            prop_assert!((1..=count).contains(&placement.shard.get()));
        }
    }
}
