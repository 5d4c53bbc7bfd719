//! What the doctor finds: rules with stable ids, severities, evidence, and the way out.

use bson::Document;

use super::{
    database::{Database, DatabaseId, Layout},
    failure::Failure,
    index::IndexSpec,
    store::{RecordId, Store},
};

/// How bad a finding is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Data go to two places, or two stores share theirs.
    Critical,
    /// A store does not work, or not wholly.
    Error,
    /// It works, and will not for ever.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Error, Self::Warning, Self::Info];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// Whether a check with such a finding has failed.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Critical | Self::Error)
    }
}

/// A rule of the doctor. Orders by severity, worst first, then as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// One store has data in two databases.
    StoreSplit,
    /// A store's collections are only in a database other than its record says.
    StoreWrongDatabase,
    /// Two records, one storeId.
    DuplicateStoreId,
    /// Two records, one prefix.
    DuplicatePrefix,
    /// The shard's number is 0, negative, above N, or not whole.
    DatabaseIdOutOfRange,
    /// storeId, name or prefix is missing, null, empty or of another type.
    RecordMalformed,
    /// A collection that every store must have is missing.
    CollectionsMissing,
    /// The collections exist under another case of the prefix.
    PrefixCase,
    /// The shard's number is missing, but the collections are in a shard.
    DatabaseIdMissing,
    /// The shard's number is stored as a string, or as another type that still works.
    DatabaseIdType,
    /// Collections that no record owns.
    OrphanCollections,
    /// One prefix begins another, so that a collection can be read two ways.
    PrefixAmbiguous,
    /// No unique index on storeId or on prefix.
    UniqueIndexMissing,
    /// A user whose storeId is in no record.
    UsersDangling,
    /// A store's users are both in main and in its own collection.
    UsersHalfMoved,
    /// A shard has more stores than its capacity.
    ShardOverCapacity,
    /// The shard's number is missing, and the collections are in main.
    LegacyStore,
    /// A store's indexes differ from the majority of the fleet.
    IndexDrift,
    /// Fullest and emptiest shard differ by more than a fifth of the capacity.
    DistributionSkew,
    /// A name with control or bidi characters.
    NameUnsafe,
}

impl Rule {
    /// Every rule, in their order.
    pub const ALL: [Self; 20] = [
        Self::StoreSplit,
        Self::StoreWrongDatabase,
        Self::DuplicateStoreId,
        Self::DuplicatePrefix,
        Self::DatabaseIdOutOfRange,
        Self::RecordMalformed,
        Self::CollectionsMissing,
        Self::PrefixCase,
        Self::DatabaseIdMissing,
        Self::DatabaseIdType,
        Self::OrphanCollections,
        Self::PrefixAmbiguous,
        Self::UniqueIndexMissing,
        Self::UsersDangling,
        Self::UsersHalfMoved,
        Self::ShardOverCapacity,
        Self::LegacyStore,
        Self::IndexDrift,
        Self::DistributionSkew,
        Self::NameUnsafe,
    ];

    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::StoreSplit => "store-split",
            Self::StoreWrongDatabase => "store-wrong-database",
            Self::DuplicateStoreId => "duplicate-store-id",
            Self::DuplicatePrefix => "duplicate-prefix",
            Self::DatabaseIdOutOfRange => "database-id-out-of-range",
            Self::RecordMalformed => "record-malformed",
            Self::CollectionsMissing => "collections-missing",
            Self::PrefixCase => "prefix-case",
            Self::DatabaseIdMissing => "database-id-missing",
            Self::DatabaseIdType => "database-id-type",
            Self::OrphanCollections => "orphan-collections",
            Self::PrefixAmbiguous => "prefix-ambiguous",
            Self::UniqueIndexMissing => "unique-index-missing",
            Self::UsersDangling => "users-dangling",
            Self::UsersHalfMoved => "users-half-moved",
            Self::ShardOverCapacity => "shard-over-capacity",
            Self::LegacyStore => "legacy-store",
            Self::IndexDrift => "index-drift",
            Self::DistributionSkew => "distribution-skew",
            Self::NameUnsafe => "name-unsafe",
        }
    }

    /// The rule with this id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// How bad its findings are.
    pub const fn severity(self) -> Severity {
        match self {
            Self::StoreSplit
            | Self::StoreWrongDatabase
            | Self::DuplicateStoreId
            | Self::DuplicatePrefix => Severity::Critical,
            Self::DatabaseIdOutOfRange
            | Self::RecordMalformed
            | Self::CollectionsMissing
            | Self::PrefixCase
            | Self::DatabaseIdMissing => Severity::Error,
            Self::DatabaseIdType
            | Self::OrphanCollections
            | Self::PrefixAmbiguous
            | Self::UniqueIndexMissing
            | Self::UsersDangling
            | Self::UsersHalfMoved
            | Self::ShardOverCapacity => Severity::Warning,
            Self::LegacyStore | Self::IndexDrift | Self::DistributionSkew | Self::NameUnsafe => {
                Severity::Info
            }
        }
    }
}

/// One result of the doctor. Texts hold names as stored; they are made safe where they are
/// shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which rule it is of.
    pub rule: Rule,
    /// The record that it is about, to go there.
    pub record: Option<RecordId>,
    /// The store's id, where one store is concerned and has one.
    pub store_id: Option<Box<str>>,
    /// The prefix, where one is concerned.
    pub prefix: Option<Box<str>>,
    /// The database, where one is concerned.
    pub database: Option<Database>,
    /// The collection, where exactly one is concerned.
    pub collection: Option<Box<str>>,
    /// What is wrong, with names and counts: one sentence, lower case, no full stop.
    pub message: String,
    /// Names, counts and both places, for a script: `snake_case` keys.
    pub evidence: Document,
    /// The way out.
    pub fix: Option<Fix>,
}

/// The way out of a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What to do, as one imperative sentence.
    pub summary: String,
    /// The exact command to run: of tilldeck where it can do it, else of mongosh.
    pub command: String,
    /// What tilldeck can do by itself, because it loses nothing; `None` where a person decides.
    pub repair: Option<Repair>,
}

/// A repair that loses nothing, as data. It holds what it relies on: where that has changed
/// in between, it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Repair {
    /// Make collections that are missing, with the indexes that most stores have.
    CreateCollections {
        /// Where.
        database: Database,
        /// The record that they belong to, as it was found.
        store: Box<Store>,
        /// Their full names and indexes.
        collections: Vec<(Box<str>, Vec<IndexSpec>)>,
    },
    /// Store the shard's number as an Int32: its value does not change.
    SetDatabaseIdType {
        /// The record as it was found.
        store: Box<Store>,
        /// The number that its value stands for.
        to: DatabaseId,
    },
    /// Set the shard's number where all of the store's collections are in exactly one shard.
    SetDatabaseId {
        /// The record as it was found.
        store: Box<Store>,
        /// Where its collections are.
        to: DatabaseId,
    },
    /// Make a unique index on a field of the registry.
    CreateUniqueIndex {
        /// The field's name.
        field: Box<str>,
    },
    /// Make the indexes that most stores have and one collection lacks, and make those
    /// again that have the same name and do something else.
    RebuildIndexes {
        /// Where.
        database: Database,
        /// One entry a collection: its name, its indexes as they were found, and what they
        /// should be.
        collections: Vec<Rebuild>,
    },
}

impl Repair {
    /// What it will do, line by line. Names are as stored.
    pub fn lines(&self, layout: &Layout) -> Vec<String> {
        let named = |indexes: &[IndexSpec]| {
            let names: Vec<&str> =
                indexes.iter().filter(|index| !index.is_of_id()).map(IndexSpec::name).collect();
            if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) }
        };
        match self {
            Self::CreateCollections { database, collections, .. } => {
                let place = layout.name_of(*database);
                let line = |(name, indexes): &(Box<str>, Vec<IndexSpec>)| {
                    format!("make {place}.{name}{}", named(indexes))
                };
                collections.iter().map(line).collect()
            }
            Self::SetDatabaseIdType { store, to } | Self::SetDatabaseId { store, to } => {
                let field = &layout.registry.database_id;
                let which = store.store_id.as_deref().unwrap_or(store.record.as_str());
                vec![format!("set {field} of store {which} to {to} (int)")]
            }
            Self::CreateUniqueIndex { field } => {
                vec![format!("make a unique index on {field} of {}", layout.registry.collection)]
            }
            Self::RebuildIndexes { database, collections } => {
                let place = layout.name_of(*database);
                let line = |one: &Rebuild| {
                    format!("rebuild {place}.{}{}", one.collection, named(&one.wanted))
                };
                collections.iter().map(line).collect()
            }
        }
    }
}

/// The indexes of one collection, now and as they should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebuild {
    /// The collection's full name.
    pub collection: Box<str>,
    /// As they were found, the one on `_id` left out.
    pub found: Vec<IndexSpec>,
    /// As most stores have them, the one on `_id` left out. Those of `found` that are not
    /// among them stay.
    pub wanted: Vec<IndexSpec>,
}

/// What one run of the doctor brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examination {
    /// Worst first, then by rule, then by place.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub checked: Checked,
    /// What could not be looked at: a database, and why.
    pub incomplete: Vec<(Database, Failure)>,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Databases whose collections are known.
    pub databases: usize,
    /// Registry records.
    pub stores: usize,
    /// Collections and views.
    pub collections: usize,
}

impl Examination {
    /// Whether something is critical or an error, or could not be looked at.
    pub fn has_failed(&self) -> bool {
        !self.incomplete.is_empty()
            || self.findings.iter().any(|finding| finding.rule.severity().is_failure())
    }
}

impl Finding {
    /// What it is about, as text: equal for two findings about the same thing, though their
    /// counts may differ. It tells a new finding from one that the last run had already. Of
    /// the evidence, only what names the thing counts: a field of the registry, a value, or
    /// the other one of two prefixes.
    pub fn identity(&self) -> String {
        let named = ["field", "value", "other_prefix"].map(|key| self.evidence.get(key));
        let Self { rule, record, store_id, prefix, database, collection, .. } = self;
        format!("{named:?} {rule:?} {record:?} {store_id:?} {prefix:?} {database:?} {collection:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_ordered_by_severity_and_have_ids_of_their_own() {
        assert!(Rule::ALL.is_sorted_by_key(|rule| (rule.severity(), *rule)));
        for rule in Rule::ALL {
            assert_eq!(Rule::of_id(rule.id()), Some(rule));
        }
    }
}
