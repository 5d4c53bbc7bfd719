//! `distribution-skew`: fullest and emptiest shard differ by more than a fifth of the capacity.

use bson::doc;

use super::{Explanation, facts::Facts, words};
use crate::domain::{
    database::Database,
    finding::{Finding, Fix, Rule},
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "the stores are spread unevenly over the shards",
    meaning: "Nothing is broken. Some shards carry more than others.",
    cause: "The documented formula fills one shard after the other, so a fleet that still grows \
            is uneven by design; deletions leave gaps that it never fills.",
    remedy: "Place new stores with `placement = \"least-loaded\"` until the shards are even.",
};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let capacity = facts.layout.stores_per_database;
    let count = |shard| (facts.occupancy.of(shard), shard);
    let counts: Vec<_> = facts.layout.shards().map(count).collect();
    // Of several, the lowest number.
    let fullest = counts.iter().min_by_key(|(stores, shard)| (u32::MAX - stores, *shard));
    let (Some(&(most, fullest)), Some(&(least, emptiest))) = (fullest, counts.iter().min()) else {
        return Vec::new();
    };
    if u64::from(most - least) * 5 <= u64::from(capacity) {
        return Vec::new();
    }
    let name = |shard| facts.name_of(Database::Shard(shard));
    let by_shard = |(stores, shard): &(u32, _)| doc! {"database": name(*shard), "stores": *stores};
    vec![Finding {
        message: format!(
            "`{}` has {} and `{}` has {least}: more than a fifth of the capacity of {capacity} \
             apart",
            name(fullest),
            words::counted(most, "store"),
            name(emptiest)
        ),
        evidence: doc! {
            "fullest": {"database": name(fullest), "stores": most},
            "emptiest": {"database": name(emptiest), "stores": least},
            "capacity": capacity,
            "shards": counts.iter().map(by_shard).collect::<Vec<_>>(),
        },
        fix: Some(Fix {
            summary: "Place new stores with `least-loaded` until the shards are even.".into(),
            command: "tilldeck status".into(),
            repair: None,
        }),
        ..Facts::finding(Rule::DistributionSkew)
    }]
}
