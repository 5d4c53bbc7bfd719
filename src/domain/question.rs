//! One question to many stores: what is asked, whom, and how the answers become one.

use std::collections::BTreeMap;

use bson::{Document, RawDocumentBuf};

use super::{
    access,
    database::{CollectionType, Database, Layout},
    failure::{Failure, FailureKind},
    keyset,
    ownership::collection_name,
    query::{Query, refuse},
    registry::Registry,
    store::{RecordId, Store},
};

mod group;
mod merge;
#[cfg(test)]
mod tests;

pub use self::{
    group::{Grouping, NotMerged},
    merge::{Merger, Totals},
};

/// What is asked of each store.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Documents.
    Find,
    /// How many documents match.
    Count,
    /// The different values of a field.
    Distinct(String),
    /// An aggregation.
    Aggregate(Vec<Document>),
}

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The collection of each store.
    pub of_type: CollectionType,
    /// Which documents, in which order.
    pub query: Query,
    /// What of them.
    pub kind: Kind,
    /// Most rows in all; `None` for no limit.
    pub limit: Option<u64>,
}

/// Which stores are asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only stores whose storeId, name or prefix holds this, in any case.
    pub text: String,
    /// Only stores of this database.
    pub database: Option<Database>,
    /// Only these records, where it is given.
    pub records: Option<Vec<RecordId>>,
}

/// One collection that is asked, once, whoever shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The store, as its rows name it: its storeId, else its record.
    pub store_id: String,
    /// The record that led here.
    pub record: RecordId,
    /// Where it is.
    pub database: Database,
    /// Its name, as stored.
    pub collection: String,
    /// Further stores whose records lead to the same collection.
    pub shared_with: Vec<String>,
}

/// What will be asked, before anything is sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// In the order of the registry, each collection once.
    pub targets: Vec<Target>,
    /// Stores that cannot be asked, with the reason.
    pub failed: Vec<Failed>,
}

/// A store, or a whole database, that did not answer, or not to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The store; `None` for what is about a database as a whole.
    pub store_id: Option<String>,
    /// The database, where one is known.
    pub database: Option<Database>,
    /// Why.
    pub failure: Failure,
}

/// A store whose route was another one at the end than at the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The store.
    pub store_id: String,
    /// Where it was asked.
    pub asked: (Database, String),
    /// Where its record leads now; `None` where it is gone or leads nowhere.
    pub now: Option<(Database, String)>,
}

/// One row of one store.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which of the plan's targets it is of.
    pub target: usize,
    /// The document, or what was computed.
    pub document: RawDocumentBuf,
}

/// What is told while the stores answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// One more row.
    Row(Row),
    /// A store has answered to the end.
    Answered {
        /// Which of the plan's targets.
        target: usize,
    },
    /// A store, or a database, has not.
    Failed(Failed),
}

/// How the question ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Everything that did not answer, or not to the end.
    pub failed: Vec<Failed>,
    /// Stores whose record leads elsewhere now.
    pub changed: Vec<Changed>,
    /// Targets whose collection does not exist although each store must have it: they answer
    /// as empty ones, and their data may be elsewhere.
    pub missing: Vec<usize>,
    /// Whether there were more rows than the limit.
    pub limited: bool,
    /// Totals of databases and fleet, where there are some.
    pub totals: Option<Totals>,
    /// Why there are none, where one would expect them.
    pub totals_refused: Option<NotMerged>,
}

impl Outcome {
    /// Whether every store has answered to the end, where its data were all the time.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.changed.is_empty()
    }
}
impl Question {
    /// Refuses what is never sent, and a sort that no merge can follow.
    ///
    /// # Errors
    ///
    /// `usage`.
    pub fn check(&self) -> Result<(), Failure> {
        self.query.check()?;
        if let Kind::Aggregate(pipeline) = &self.kind {
            pipeline.iter().try_for_each(refuse)?;
            if !self.query.filter.is_empty()
                || !self.query.sort.is_empty()
                || !self.query.projection.is_empty()
            {
                return Err(Failure::new(
                    FailureKind::Usage,
                    "an aggregation takes no filter, sort or projection beside its stages",
                    "Write them as `$match`, `$sort` and `$project` stages",
                ));
            }
        }
        if keyset::keys(&self.query.sort)?.is_none() {
            return Err(Failure::new(
                FailureKind::Usage,
                "a question to several stores can only be sorted by fields",
                "Write the sort as `{total: -1}`",
            ));
        }
        Ok(())
    }
}

impl Plan {
    /// Who is asked: routes are those of the registry.
    pub fn of(
        registry: &Registry,
        layout: &Layout,
        of_type: &CollectionType,
        selection: &Selection,
    ) -> Self {
        let mut plan = Self::default();
        let mut places: BTreeMap<(Database, String), usize> = BTreeMap::new();
        for store in registry.stores.iter().filter(|store| selection.takes(store)) {
            let store_id = name_of(store);
            match route(store, layout, of_type) {
                Err(failure) => plan.failed.push(Failed {
                    store_id: Some(store_id),
                    database: store.route.database(),
                    failure,
                }),
                Ok((database, collection)) => {
                    let place = (database, collection.clone());
                    let known = places.get(&place).and_then(|index| plan.targets.get_mut(*index));
                    if let Some(target) = known {
                        target.shared_with.push(store_id);
                        continue;
                    }
                    places.insert(place, plan.targets.len());
                    plan.targets.push(Target {
                        store_id,
                        record: store.record.clone(),
                        database,
                        collection,
                        shared_with: Vec::new(),
                    });
                }
            }
        }
        plan
    }

    /// How many commands go to which database: one for each collection, and one that looks
    /// which of them exist.
    pub fn commands(&self) -> BTreeMap<Database, u64> {
        let mut commands = BTreeMap::new();
        for target in &self.targets {
            *commands.entry(target.database).or_insert(1) += 1;
        }
        commands
    }

    /// The stores whose route is another one now.
    pub fn changed(
        &self,
        now: &Registry,
        layout: &Layout,
        of_type: &CollectionType,
    ) -> Vec<Changed> {
        let by_record: BTreeMap<&RecordId, &Store> =
            now.stores.iter().map(|store| (&store.record, store.as_ref())).collect();
        let change = |target: &Target| {
            let asked = (target.database, target.collection.clone());
            let now =
                by_record.get(&target.record).and_then(|store| route(store, layout, of_type).ok());
            (now.as_ref() != Some(&asked)).then(|| Changed {
                store_id: target.store_id.clone(),
                asked,
                now,
            })
        };
        self.targets.iter().filter_map(change).collect()
    }
}

impl Selection {
    fn takes(&self, store: &Store) -> bool {
        let text = self.text.to_lowercase();
        let fields = [&store.store_id, &store.name, &store.prefix];
        let holds = |field: &&Option<Box<str>>| {
            field.as_deref().is_some_and(|field| field.to_lowercase().contains(&text))
        };
        (text.is_empty() || fields.iter().any(holds))
            && self.database.is_none_or(|database| store.route.database() == Some(database))
            && self.records.as_ref().is_none_or(|records| records.contains(&store.record))
    }
}

fn name_of(store: &Store) -> String {
    store.store_id.as_deref().unwrap_or(store.record.as_str()).to_owned()
}

/// Where the collection of a store is.
fn route(
    store: &Store,
    layout: &Layout,
    of_type: &CollectionType,
) -> Result<(Database, String), Failure> {
    let database = access::home(store)?;
    let prefix = access::prefix(store, layout)?;
    Ok((database, collection_name(prefix, of_type)))
}
