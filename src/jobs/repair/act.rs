//! One write of a repair. Taken again, it changes nothing more.

use bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

use super::{Hands, changed, evidence::is_only_in};
use crate::{
    domain::{
        database::{Database, DatabaseId},
        failure::{Failure, FailureKind},
        index::IndexSpec,
    },
    mongo::gate::Writer,
};

/// One write, as the journal keeps it. Databases are numbers: 0 for main.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(super) enum Act {
    /// Make a collection and its indexes, as long as a record matches the owner's filter.
    Collection { database: u32, name: String, indexes: Vec<Document>, owner: Document },
    /// Set the shard's number in a record that still has this value of this type, as long as
    /// the collections of these names, if any are given, are in that shard alone.
    Number { record: Bson, found: Option<Bson>, kind: String, to: u32, only_there: Vec<String> },
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
            Self::Collection { database, name, indexes, owner } => {
                let registry = &hands.fleet.layout().registry.collection;
                if !hands.main.has(registry, owner.clone()).await? {
                    return Err(changed("the store's record"));
                }
                let home = hands.writer(database_of(*database))?;
                home.create_collection(name).await?;
                if indexes.is_empty() {
                    return Ok(());
                }
                home.create_indexes(name, indexes).await
            }
            Self::Number { record, found, kind, to, only_there } => {
                if let (false, Some(to)) = (only_there.is_empty(), DatabaseId::new(*to)) {
                    is_only_in(only_there, to, hands).await?;
                }
                set_number((record, found.as_ref(), kind), *to, hands).await
            }
            Self::Indexes { database, name, found, wanted } => {
                let home = hands.writer(database_of(*database))?;
                make_indexes((&home, name), &specs(wanted), &specs(found)).await
            }
        }
    }

    /// Brings back what a repair that was broken off took away.
    pub(super) async fn take_back(&self, hands: &Hands<'_>) -> Result<(), Failure> {
        let Self::Indexes { database, name, found, wanted } = self else { return Ok(()) };
        let home = hands.writer(database_of(*database))?;
        make_indexes((&home, name), &specs(found), &specs(wanted)).await
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
    let whole = doc! {"$eq": number, "$type": ["int", "long"]};
    let done = doc! {"_id": record, &names.database_id: whole};
    let there = hands.main.read(&names.collection, vec![doc! {"$match": done}], None).await?;
    if there.is_empty() { Err(changed("the store's record")) } else { Ok(()) }
}

/// Makes the indexes that are not there. One that stands in the way and does something else
/// is taken away right before, and comes back where the new one cannot be made. It is
/// taken away only where it is among those that may be replaced.
async fn make_indexes(
    (home, name): (&Writer, &str),
    wanted: &[IndexSpec],
    replaceable: &[IndexSpec],
) -> Result<(), Failure> {
    let there = home.indexes(name).await?;
    for index in wanted.iter().filter(|index| !index.is_of_id()) {
        if there.iter().any(|one| one.effect() == index.effect()) {
            continue;
        }
        let in_the_way: Vec<&IndexSpec> = there.iter().filter(|one| excludes(one, index)).collect();
        let is_known = |old: &&IndexSpec| replaceable.iter().any(|one| one == *old);
        if !in_the_way.iter().all(is_known) {
            return Err(changed(&format!("an index of `{name}`")));
        }
        for old in &in_the_way {
            home.drop_index(name, old.name()).await?;
        }
        if let Err(failure) = home.create_indexes(name, &[index.document().clone()]).await {
            bring_back((home, name), &in_the_way).await?;
            return Err(failure);
        }
    }
    Ok(())
}

/// Whether a server refuses to have both: those of one name, and those of one key that differ
/// in nothing that tells indexes of one key apart.
fn excludes(one: &IndexSpec, other: &IndexSpec) -> bool {
    let tells_apart = |index: &IndexSpec| {
        ["key", "unique", "sparse", "partialFilterExpression", "collation"]
            .map(|option| index.document().get(option).map(ToString::to_string))
    };
    one.name() == other.name() || tells_apart(one) == tells_apart(other)
}

/// Makes the indexes again that were taken away.
async fn bring_back(
    (home, name): (&Writer, &str),
    taken_away: &[&IndexSpec],
) -> Result<(), Failure> {
    for old in taken_away {
        if let Err(failure) = home.create_indexes(name, &[old.document().clone()]).await {
            tracing::warn!(%failure, "an index cannot be brought back");
            // Not a clean refusal: the job must stay in the journal, which has the index.
            return Err(Failure::new(
                FailureKind::Internal,
                &format!("index `{}` of `{name}` was taken away and is not back yet", old.name()),
                "List the job with `tilldeck jobs`, and undo it",
            ));
        }
    }
    Ok(())
}

fn specs(indexes: &[Document]) -> Vec<IndexSpec> {
    indexes.iter().map(IndexSpec::new).collect()
}
