//! A new store: what a person types, what is wrong with it, and the plan that comes of it.

mod names;
mod plan;
mod prefix;

use std::{collections::BTreeMap, fmt};

use super::{
    database::{CollectionType, DatabaseId},
    failure::Failure,
    index::IndexSpec,
    inventory::{Named, Place},
    job::Step,
    placement::{Placement, Strategy},
    store::RecordId,
};

pub use self::{
    names::{Taken, check},
    plan::{Chosen, Known, choose, plan},
    prefix::suggest_prefix,
};

/// What a person typed, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The store's id.
    pub store_id: String,
    /// The store's name.
    pub name: String,
    /// What its collections are to begin with.
    pub prefix: String,
    /// Where it is to be.
    pub choice: Choice,
    /// Whether its collections get the indexes that most stores have.
    pub without_indexes: bool,
}

/// Who picks the shard of a new store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// A rule picks it, when the store is made.
    Strategy(Strategy),
    /// A person picked it.
    Shard(DatabaseId),
}

impl Default for Choice {
    fn default() -> Self {
        Self::Strategy(Strategy::default())
    }
}

/// A field of the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The store's id.
    StoreId,
    /// The store's name.
    Name,
    /// The prefix of its collections.
    Prefix,
    /// The shard.
    Database,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which field.
    pub field: Field,
    /// Why it cannot be used, to stand beside the field: lower case, no full stop. Names of
    /// other stores are as stored.
    pub reason: String,
}

/// What the plan of a new store needs to know of the fleet, besides registry and pools.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The collections of each shard, ordered by name, or why they are not known.
    pub shards: BTreeMap<DatabaseId, Result<Vec<Named>, Failure>>,
    /// Documents in those collections that no store owns, as far as they were counted.
    pub documents: BTreeMap<Place, u64>,
    /// The indexes that most stores have on each type of collection, `_id` left out.
    pub usual_indexes: BTreeMap<CollectionType, Vec<IndexSpec>>,
    /// The fields of the registry on which no unique index stands, or why that is not known.
    pub without_unique_index: Result<Vec<Box<str>>, Failure>,
}

/// What will be done to make a store. Pure data: it can be shown, and then run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The store's id, without blanks around it.
    pub store_id: String,
    /// The store's name, without blanks around it.
    pub name: String,
    /// What its collections begin with.
    pub prefix: String,
    /// Who picked the shard. When the store is made, a rule decides again on what the
    /// registry holds then.
    pub choice: Choice,
    /// The shard.
    pub shard: DatabaseId,
    /// Why this shard, with the numbers.
    pub why: String,
    /// Where every rule would put it.
    pub alternatives: Vec<Placement>,
    /// Every collection that will be there.
    pub collections: Vec<PlannedCollection>,
    /// What a person should know before saying yes.
    pub warnings: Vec<Warning>,
}

/// One collection of a new store.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCollection {
    /// Its full name.
    pub name: String,
    /// What it holds.
    pub collection_type: CollectionType,
    /// The indexes that it gets besides `_id`.
    pub indexes: Vec<IndexSpec>,
    /// Whether a collection of this name is there already, and would be adopted.
    pub is_leftover: bool,
    /// How many documents a leftover holds, where that is known.
    pub documents: Option<u64>,
}

/// A store that was made, and was found to be there afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Its registry record.
    pub record: RecordId,
    /// Where it is: another shard than planned, where the rule decided otherwise meanwhile.
    pub shard: DatabaseId,
    /// The full names of its collections.
    pub collections: Vec<String>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What a person should know, in words: lower case, no full stop.
    pub warnings: Vec<String>,
}

/// What a person should know before a store is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The shard has its full number of stores already, and so has every other one, or a
    /// person picked it.
    Full {
        /// Its name.
        database: String,
        /// How many stores it has.
        stores: u32,
        /// How many it should have at most.
        capacity: u32,
    },
    /// The rule's own shard is full, so the next one with room is taken.
    Spilled {
        /// The name of the shard that the rule picks.
        from: String,
        /// The name of the shard that is taken.
        to: String,
    },
    /// The shard answers slowly.
    Slow {
        /// Its name.
        database: String,
    },
    /// The shard cannot be reached: the store cannot be made there now.
    Down {
        /// Its name.
        database: String,
        /// Why.
        failure: Failure,
    },
    /// Collections of these names are there already, and become the store's.
    Adopts {
        /// The shard's name.
        database: String,
        /// Their full names, and how many documents they hold where that is known.
        collections: Vec<(String, Option<u64>)>,
    },
    /// Nothing on the server stops a second record with the same value.
    NoUniqueIndex {
        /// The registry's fields.
        fields: Vec<Box<str>>,
    },
    /// Collections of this store can be read as those of another one, or the other way.
    AmbiguousPrefix {
        /// The other prefix, as stored.
        other: String,
    },
    /// Something of the fleet is not known, so that the plan may lack warnings.
    Unknown {
        /// What.
        failure: Failure,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { database, stores, capacity } => {
                write!(f, "{database} is full: {stores} stores, room for {capacity}")
            }
            Self::Spilled { from, to } => {
                write!(f, "{from}, which the rule picks, is full: the store goes to {to}")
            }
            Self::Slow { database } => write!(f, "{database} answers slowly"),
            Self::Down { database, failure } => {
                write!(f, "{database} is down, so the store cannot be made now: {failure}")
            }
            Self::Adopts { database, collections } => {
                let names: Vec<String> = collections.iter().map(leftover).collect();
                let names = names.join(", ");
                write!(f, "{database} has {names} already: the store takes them over as they are")
            }
            Self::NoUniqueIndex { fields } => {
                let fields = fields.join(" and ");
                write!(
                    f,
                    "no unique index on {fields}: a creator outside of tilldeck can make a \
                     duplicate; `tilldeck indexes ensure` makes them"
                )
            }
            Self::AmbiguousPrefix { other } => {
                write!(f, "one of the prefixes begins with the other: `{other}`")
            }
            Self::Unknown { failure } => write!(f, "not everything is known: {failure}"),
        }
    }
}

/// A collection with its count of documents, where that is known.
fn leftover((name, documents): &(String, Option<u64>)) -> String {
    match documents {
        None => name.clone(),
        Some(1) => format!("{name} (1 document)"),
        Some(documents) => format!("{name} ({documents} documents)"),
    }
}
