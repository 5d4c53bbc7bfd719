//! From a draft to a plan: which shard, which collections, and what to know before.

use super::{Choice, Draft, Fault, Field, Plan, PlannedCollection, Survey, Taken, Warning, check};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database, DatabaseId, Layout},
    distribution::Occupancy,
    inventory::{Named, Place},
    ownership::collection_name,
    placement::{self, Strategy},
    pool::{PoolState, Pools},
};

/// What a plan is made of, besides the draft.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What other stores have.
    pub taken: &'a Taken,
    /// How the stores are spread.
    pub occupancy: &'a Occupancy,
    /// How the databases are doing.
    pub pools: &'a Pools,
    /// Names, counts and limits of the fleet.
    pub layout: &'a Layout,
    /// What the shards hold; `None` while it is not known.
    pub survey: Option<&'a Survey>,
}

/// The shard that a choice leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The shard.
    pub shard: DatabaseId,
    /// Why, with the numbers.
    pub why: String,
    /// The shard that the rule picks, where that is full and another one is taken instead.
    pub spilled_from: Option<DatabaseId>,
}

/// The shard that a choice leads to now.
///
/// Where the shard of a rule is full, the next one with room is taken, going around; where
/// all are full, the rule's own. A shard that a person picked is taken as it is. `None` for
/// a fleet without shards, and for a shard that it does not have.
pub fn choose(choice: Choice, occupancy: &Occupancy, layout: &Layout) -> Option<Chosen> {
    let strategy = match choice {
        Choice::Shard(shard) => {
            let shard = layout.shard(shard.get().into())?;
            return Some(Chosen { shard, why: "chosen by hand".into(), spilled_from: None });
        }
        Choice::Strategy(strategy) => strategy,
    };
    let placed = placement::place(strategy, occupancy, layout)?;
    let has_room = |shard: &DatabaseId| occupancy.of(*shard) < layout.stores_per_database;
    let after = layout.shards().filter(|shard| *shard > placed.shard);
    let before = layout.shards().filter(|shard| *shard < placed.shard);
    let next = placed.full.then(|| after.chain(before).find(has_room)).flatten();
    Some(match next {
        None => Chosen { shard: placed.shard, why: placed.why, spilled_from: None },
        Some(shard) => {
            let full = layout.name_of(Database::Shard(placed.shard));
            let why = format!("{}; {full} is full, next with room", placed.why);
            Chosen { shard, why, spilled_from: Some(placed.shard) }
        }
    })
}

/// What will be done to make the store.
///
/// # Errors
///
/// What is wrong with the draft, field by field.
pub fn plan(draft: &Draft, known: &Known<'_>) -> Result<Plan, Vec<Fault>> {
    let mut faults = check(draft, known.taken, known.layout);
    let chosen = choose(draft.choice, known.occupancy, known.layout);
    let Some(chosen) = chosen.filter(|_| faults.is_empty()) else {
        if let Choice::Shard(shard) = draft.choice
            && known.layout.shard(shard.get().into()).is_none()
        {
            faults.push(no_such_shard(shard, known.layout));
        }
        return Err(faults);
    };
    let prefix = draft.prefix.trim();
    if let Some(fault) = view_in_the_way(prefix, chosen.shard, known) {
        return Err(vec![fault]);
    }
    let collections = collections(prefix, &chosen, draft, known);
    let warnings = warnings(prefix, (&chosen, draft.choice), &collections, known);
    let place = |strategy| placement::place(strategy, known.occupancy, known.layout);
    Ok(Plan {
        store_id: draft.store_id.trim().into(),
        name: draft.name.trim().into(),
        prefix: prefix.into(),
        choice: draft.choice,
        shard: chosen.shard,
        why: chosen.why,
        alternatives: Strategy::ALL.into_iter().filter_map(place).collect(),
        collections,
        warnings,
    })
}

fn no_such_shard(shard: DatabaseId, layout: &Layout) -> Fault {
    let reason = format!("there is no shard {shard}: 1 to {}", layout.database_count);
    Fault { field: Field::Database, reason }
}

/// A view of the name of one of the store's collections, as a moved store leaves it behind.
fn view_in_the_way(prefix: &str, shard: DatabaseId, known: &Known<'_>) -> Option<Fault> {
    let there = known.survey?.shards.get(&shard)?.as_ref().ok()?;
    let names = known.layout.created_types.iter().map(|one| collection_name(prefix, one));
    let is_view = |name: &String| found(there, name).is_some_and(|one| one.form == Form::View);
    let view = names.into_iter().find(is_view)?;
    let database = known.layout.name_of(Database::Shard(shard));
    let reason = format!("`{view}` is a view in {database}: was a store moved away from there?");
    Some(Fault { field: Field::Prefix, reason })
}

fn collections(
    prefix: &str,
    chosen: &Chosen,
    draft: &Draft,
    known: &Known<'_>,
) -> Vec<PlannedCollection> {
    let there = known.survey.and_then(|survey| survey.shards.get(&chosen.shard)?.as_ref().ok());
    let planned = |collection_type: &CollectionType| {
        let name = collection_name(prefix, collection_type);
        let usual = known
            .survey
            .filter(|_| !draft.without_indexes)
            .and_then(|survey| survey.usual_indexes.get(collection_type));
        let place =
            || Place { database: Database::Shard(chosen.shard), collection: name.as_str().into() };
        let is_leftover = there.is_some_and(|there| found(there, &name).is_some());
        let survey = known.survey.filter(|_| is_leftover);
        PlannedCollection {
            is_leftover,
            documents: survey.and_then(|survey| survey.documents.get(&place()).copied()),
            collection_type: collection_type.clone(),
            indexes: usual.cloned().unwrap_or_default(),
            name,
        }
    };
    known.layout.created_types.iter().map(planned).collect()
}

/// The collection of this name, in a list that is ordered by name. O(log n).
fn found<'a>(collections: &'a [Named], name: &str) -> Option<&'a Named> {
    let index = collections.binary_search_by(|one| one.name.as_ref().cmp(name)).ok()?;
    collections.get(index)
}

fn warnings(
    prefix: &str,
    (chosen, choice): (&Chosen, Choice),
    collections: &[PlannedCollection],
    known: &Known<'_>,
) -> Vec<Warning> {
    let database = known.layout.name_of(Database::Shard(chosen.shard));
    let mut warnings = Vec::new();
    let (stores, capacity) = (known.occupancy.of(chosen.shard), known.layout.stores_per_database);
    if stores >= capacity {
        warnings.push(Warning::Full { database: database.clone(), stores, capacity });
    }
    if let (Some(from), Choice::Strategy(_)) = (chosen.spilled_from, choice) {
        let from = known.layout.name_of(Database::Shard(from));
        warnings.push(Warning::Spilled { from, to: database.clone() });
    }
    warnings.extend(health(chosen.shard, &database, known.pools));
    let leftovers = collections.iter().filter(|one| one.is_leftover);
    let leftovers: Vec<_> = leftovers.map(|one| (one.name.clone(), one.documents)).collect();
    if !leftovers.is_empty() {
        warnings.push(Warning::Adopts { database, collections: leftovers });
    }
    if let Some(other) = known.taken.ambiguous_with(prefix) {
        warnings.push(Warning::AmbiguousPrefix { other: other.into() });
    }
    if let Some(survey) = known.survey {
        warnings.extend(unknown(survey, chosen.shard));
    }
    warnings
}

fn health(shard: DatabaseId, database: &str, pools: &Pools) -> Option<Warning> {
    let pool = pools.get(Database::Shard(shard))?;
    let database = database.to_owned();
    match (pool.state, &pool.failure) {
        (PoolState::Slow, _) => Some(Warning::Slow { database }),
        (PoolState::Down, Some(failure)) => {
            Some(Warning::Down { database, failure: failure.clone() })
        }
        _ => None,
    }
}

/// What the survey warns of, and what it does not know.
fn unknown(survey: &Survey, shard: DatabaseId) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(Err(failure)) = survey.shards.get(&shard) {
        warnings.push(Warning::Unknown { failure: failure.clone() });
    }
    match &survey.without_unique_index {
        Ok(fields) if fields.is_empty() => {}
        Ok(fields) => warnings.push(Warning::NoUniqueIndex { fields: fields.clone() }),
        Err(failure) => warnings.push(Warning::Unknown { failure: failure.clone() }),
    }
    warnings
}

#[cfg(test)]
mod tests;
