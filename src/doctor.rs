//! The doctor: what is wrong with the fleet, found by pure functions over one inventory.
//!
//! A rule is one small file: its `check` turns the prepared `Facts` into findings, and its
//! `EXPLANATION` says what such a finding means. Facts that several rules need are worked
//! out once, in `facts`; every rule is linear in what the fleet holds.
//!
//! Two principles keep a fault from being told twice, or where there is none. A fault that
//! explains another silences it: collections that are in the wrong database are not missing
//! as well. And what could not be read is never judged: the database is named as not looked
//! at, and the rules that need it say nothing about it.

use std::collections::BTreeMap;

use self::facts::Facts;
use crate::domain::{
    creation::Survey,
    database::{CollectionType, Database},
    finding::{Examination, Finding, Rule},
    index::IndexSpec,
    inventory::Inventory,
};

mod collections_missing;
mod command;
mod coverage;
mod database_id_missing;
mod database_id_out_of_range;
mod database_id_type;
mod distribution_skew;
mod duplicate_prefix;
mod duplicate_store_id;
mod facts;
mod index_drift;
mod legacy_store;
mod name_unsafe;
mod orphan_collections;
mod prefix_ambiguous;
mod prefix_case;
mod record_malformed;
mod shard_over_capacity;
mod store_split;
mod store_wrong_database;
mod unique_index_missing;
mod users_dangling;
mod users_half_moved;
mod words;

/// What a rule is about, for a person who meets it at night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The finding in a few words.
    pub title: &'static str,
    /// What it means for the store and its people.
    pub meaning: &'static str,
    /// How it comes about.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What each rule is: how it checks, and what its findings mean.
type Entry = (fn(&Facts<'_>) -> Vec<Finding>, &'static Explanation);

/// Applies every rule. Findings are ordered by rule, worst first, then by place; equal
/// inventories give equal examinations. Linear in stores and collections.
pub fn examine(inventory: &Inventory) -> Examination {
    let facts = Facts::new(inventory);
    let mut findings: Vec<Finding> =
        Rule::ALL.into_iter().flat_map(|rule| entry(rule).0(&facts)).collect();
    findings.sort_by(|a, b| place(a).cmp(&place(b)));
    Examination {
        findings,
        checked: coverage::checked(inventory),
        incomplete: coverage::incomplete(inventory),
    }
}

/// What the findings of a rule mean, how they come about, and what to do.
pub fn explain(rule: Rule) -> &'static Explanation {
    entry(rule).1
}

/// The indexes that most stores have on each type of collection, `_id` left out.
///
/// A type is absent where no set of indexes is shared by more than half of its collections,
/// and by at least three.
pub fn usual_indexes(inventory: &Inventory) -> BTreeMap<CollectionType, Vec<IndexSpec>> {
    Facts::new(inventory).usual_indexes()
}

/// What the plan of a new store needs to know of the fleet.
pub fn survey(inventory: &Inventory) -> Survey {
    let shards = inventory.listings.iter().filter_map(|listing| {
        let Database::Shard(shard) = listing.database else { return None };
        Some((shard, listing.collections.clone()))
    });
    let names = &inventory.layout.registry;
    let without_unique_index = inventory.registry_indexes.clone().map(|indexes| {
        let fields = [names.store_id.as_str(), names.prefix.as_str()].into_iter();
        fields
            .filter(|field| !indexes.iter().any(|index| index.is_unique_on(field)))
            .map(Box::from)
            .collect()
    });
    Survey {
        shards: shards.collect(),
        documents: inventory.documents.clone(),
        usual_indexes: usual_indexes(inventory),
        without_unique_index,
    }
}

/// By rule, which orders by severity, then by place.
fn place(finding: &Finding) -> impl Ord + '_ {
    (
        finding.rule,
        finding.database,
        &finding.prefix,
        &finding.store_id,
        &finding.collection,
        &finding.record,
        &finding.message,
    )
}

fn entry(rule: Rule) -> Entry {
    macro_rules! of {
        ($rule:ident) => {
            ($rule::check, &$rule::EXPLANATION)
        };
    }
    match rule {
        Rule::StoreSplit => of!(store_split),
        Rule::StoreWrongDatabase => of!(store_wrong_database),
        Rule::DuplicateStoreId => of!(duplicate_store_id),
        Rule::DuplicatePrefix => of!(duplicate_prefix),
        Rule::DatabaseIdOutOfRange => of!(database_id_out_of_range),
        Rule::RecordMalformed => of!(record_malformed),
        Rule::CollectionsMissing => of!(collections_missing),
        Rule::PrefixCase => of!(prefix_case),
        Rule::DatabaseIdMissing => of!(database_id_missing),
        Rule::DatabaseIdType => of!(database_id_type),
        Rule::OrphanCollections => of!(orphan_collections),
        Rule::PrefixAmbiguous => of!(prefix_ambiguous),
        Rule::UniqueIndexMissing => of!(unique_index_missing),
        Rule::UsersDangling => of!(users_dangling),
        Rule::UsersHalfMoved => of!(users_half_moved),
        Rule::ShardOverCapacity => of!(shard_over_capacity),
        Rule::LegacyStore => of!(legacy_store),
        Rule::IndexDrift => of!(index_drift),
        Rule::DistributionSkew => of!(distribution_skew),
        Rule::NameUnsafe => of!(name_unsafe),
    }
}

#[cfg(test)]
mod tests;
