//! One write of a repair. Taken again, it changes nothing more.

use bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

use super::{Hands, changed};
use crate::{
    domain::{
        database::{Database, DatabaseId},
        failure::Failure,
        index::IndexSpec,
    },
    mongo::gate::Writer,
};

/// One write, as the journal keeps it. Databases are numbers: 0 for main.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(super) enum Act {
    /// Make a collection and its indexes.
    Collection { database: u32, name: String, indexes: Vec<Document> },
    /// Set the shard's number in a record that still has this value of this type.
    Number { record: Bson, found: Option<Bson>, kind: String, to: u32 },
    /// Make indexes; those in the way of one of them are made again, or come back.
    Indexes { database: u32, name: String, found: Vec<Document>, wanted: Vec<Document> },
}

/// The number that stands for a database in the journal.
pub(super) fn number_of(database: Database) -> u32 {
    database.id().map_or(0, DatabaseId::get)
}

fn database_of(number: u32) -> Database {
    DatabaseId::new(number).map_or(Database::Main, Database::Shard)
}

impl Act {
    /// The step's name in the journal.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Collection { name, .. } => format!("collection {name}"),
            Self::Number { .. } => "shard number".into(),
            Self::Indexes { name, .. } => format!("indexes of {name}"),
        }
    }

    pub(super) async fn carry_out(&self, hands: &Hands<'_>) -> Result<(), Failure> {
        match self {
            Self::Collection { database, name, indexes } => {
                let home = hands.writer(database_of(*database))?;
                home.create_collection(name).await?;
                if indexes.is_empty() {
                    return Ok(());
                }
                home.create_indexes(name, indexes).await
            }
            Self::Number { record, found, kind, to } => {
                set_number((record, found.as_ref(), kind), *to, hands).await
            }
            Self::Indexes { database, name, wanted, .. } => {
                let home = hands.writer(database_of(*database))?;
                let wanted: Vec<IndexSpec> = wanted.iter().map(IndexSpec::new).collect();
                make_indexes(&home, name, &wanted).await
            }
        }
    }

    /// Brings back what a repair that was broken off took away.
    pub(super) async fn take_back(&self, hands: &Hands<'_>) -> Result<(), Failure> {
        let Self::Indexes { database, name, found, .. } = self else { return Ok(()) };
        let home = hands.writer(database_of(*database))?;
        let found: Vec<IndexSpec> = found.iter().map(IndexSpec::new).collect();
        make_indexes(&home, name, &found).await
    }
}

/// Sets the number by compare-and-set on its value and its type.
async fn set_number(
    (record, found, kind): (&Bson, Option<&Bson>, &str),
    to: u32,
    hands: &Hands<'_>,
) -> Result<(), Failure> {
    let names = &hands.fleet.layout().registry;
    let field = format!("${}", names.database_id);
    let mut same = vec![doc! {"$eq": [{"$type": &field}, kind]}];
    if let Some(found) = found {
        same.push(doc! {"$eq": [&field, {"$literal": found}]});
    }
    let number = i32::try_from(to).map_or(Bson::Int64(to.into()), Bson::Int32);
    let set = doc! {"$set": {&names.database_id: {"$literal": &number}}};
    let filter = doc! {"_id": record, "$expr": {"$and": same}};
    if hands.main.change(&names.collection, filter, vec![set]).await?.is_some() {
        return Ok(());
    }
    let done = doc! {"_id": record, &names.database_id: number};
    let there = hands.main.read(&names.collection, vec![doc! {"$match": done}], None).await?;
    if there.is_empty() { Err(changed("the store's record")) } else { Ok(()) }
}

/// Makes the indexes that are not there. One of the same name or key that does something
/// else is taken away right before, and comes back where the new one cannot be made.
async fn make_indexes(home: &Writer, name: &str, wanted: &[IndexSpec]) -> Result<(), Failure> {
    let there = home.indexes(name).await?;
    for index in wanted.iter().filter(|index| !index.is_of_id()) {
        if there.iter().any(|one| one.effect() == index.effect()) {
            continue;
        }
        let in_the_way: Vec<&IndexSpec> = there
            .iter()
            .filter(|one| {
                one.name() == index.name() || one.key().to_string() == index.key().to_string()
            })
            .collect();
        for old in &in_the_way {
            home.drop_index(name, old.name()).await?;
        }
        let made = home.create_indexes(name, &[index.document().clone()]).await;
        if let Err(failure) = made {
            for old in &in_the_way {
                home.create_indexes(name, &[old.document().clone()]).await?;
            }
            return Err(failure);
        }
    }
    Ok(())
}
