//! `shard-over-capacity`: a shard has more stores than it should.

use bson::doc;

use super::{Explanation, facts::Facts, words};
use crate::domain::{
    database::{Database, DatabaseId},
    finding::{Finding, Fix, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a shard has more stores than its capacity",
    meaning: "Nothing is broken. The shard carries more load than planned, and its stores may \
              become slow before those of the others.",
    cause: "The documented formula counts all stores, not those of the shard: after deletions, \
            or with creators at the same time, it fills a shard beyond its limit, and every store \
            after the last shard is full goes there.",
    remedy: "Place new stores with `placement = \"least-loaded\"`, add a shard, or raise \
             `stores_per_database` if the shard can carry them.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let capacity = facts.layout.stores_per_database;
    let over = |shard: DatabaseId| {
        let stores = facts.occupancy.of(shard);
        if stores <= capacity {
            return None;
        }
        let database = Database::Shard(shard);
        let name = facts.name_of(database);
        Some(Finding {
            database: Some(database),
            message: format!(
                "`{name}` has {}, {} more than its capacity of {capacity}",
                words::counted(stores, "store"),
                stores - capacity
            ),
            evidence: doc! {
                "database": &name,
                "stores": stores,
                "capacity": capacity,
                "over": stores - capacity,
            },
            fix: Some(Fix {
                summary: "See which stores it has; place new ones elsewhere with `least-loaded`."
                    .into(),
                command: format!("tilldeck stores --database {shard}"),
                repair: None,
            }),
            ..Facts::finding(Rule::ShardOverCapacity)
        })
    };
    facts.layout.shards().filter_map(over).collect()
}
