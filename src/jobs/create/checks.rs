//! What is looked at while no other creator writes: names, free places, leftovers.

use bson::{Bson, Document, RawDocumentBuf, doc};

use super::target::{Target, vanished};
use crate::{
    domain::{
        creation::{Plan, choose},
        database::{Database, DatabaseId},
        distribution::Occupancy,
        failure::{Failure, FailureKind},
        pool::Topology,
        store::{Route, Store},
    },
    mongo::{
        fleet::Fleet,
        gate::{Gate, Writer},
    },
};

/// What the checks look with.
pub(super) struct Checks<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) gate: Gate,
    pub(super) main: &'a Writer,
}

/// What they found.
pub(super) struct Checked {
    pub(super) shard: DatabaseId,
    /// Collections of the store's names that are there already.
    pub(super) existing: Vec<String>,
    /// Whether everything can be made in one transaction.
    pub(super) is_atomic: bool,
    pub(super) warnings: Vec<String>,
}

impl Checks<'_> {
    /// Checks a plan against what the databases hold now.
    pub(super) async fn of_plan(&self, plan: &Plan) -> Result<Checked, Failure> {
        self.no_other(&plan.store_id, &plan.prefix, None).await?;
        let layout = self.fleet.layout();
        let occupancy = self.occupancy().await?;
        let chosen = choose(plan.choice, &occupancy, layout).ok_or_else(no_shard)?;
        let shard = chosen.shard;
        let home = self.gate.writer(&self.fleet.handle(Database::Shard(shard))?)?;
        let names: Vec<String> = plan.collections.iter().map(|one| one.name.clone()).collect();
        let existing = home.existing(&names).await?;
        let mut warnings = Vec::new();
        if shard != plan.shard {
            let (now, planned) = (self.name_of(shard), self.name_of(plan.shard));
            warnings.push(format!("others made stores meanwhile: it is in {now}, not {planned}"));
        }
        let unseen = |name: &&String| {
            plan.collections.iter().any(|one| one.name == **name && !one.is_leftover)
        };
        let adopted: Vec<&str> = existing.iter().filter(unseen).map(String::as_str).collect();
        if !adopted.is_empty() {
            let database = self.name_of(shard);
            warnings.push(format!(
                "{} was in {database} already and is taken over",
                adopted.join(", ")
            ));
        }
        let is_atomic = existing.is_empty() && self.is_one_replica_set(shard);
        Ok(Checked { shard, existing, is_atomic, warnings })
    }

    /// Looks for another record with the names of this store, in whatever case.
    pub(super) async fn no_other_has(&self, target: &Target) -> Result<(), Failure> {
        self.no_other(target.store_id(), target.prefix(), Some(&target.key.into())).await
    }

    async fn no_other(
        &self,
        store_id: &str,
        prefix: &str,
        own: Option<&Bson>,
    ) -> Result<(), Failure> {
        let names = &self.fleet.layout().registry;
        let matching = doc! {
            "$or": [{&names.store_id: store_id}, {&names.prefix: prefix}],
            "_id": {"$ne": own.cloned().unwrap_or(Bson::MinKey)},
        };
        let pipeline = vec![doc! {"$match": matching}, doc! {"$limit": 1}];
        // Letters that differ only in case are equal at this strength.
        let collation = doc! {"locale": "en", "strength": 2};
        let found = self.main.read(&names.collection, pipeline, Some(collation)).await?;
        match found.first() {
            None => Ok(()),
            Some(other) => Err(self.taken(other, store_id, prefix)),
        }
    }

    fn taken(&self, other: &Document, store_id: &str, prefix: &str) -> Failure {
        let names = &self.fleet.layout().registry;
        let text = |field: &str| other.get_str(field).unwrap_or_default();
        let (their_id, their_prefix) = (text(&names.store_id), text(&names.prefix));
        let is_id = their_id.to_lowercase() == store_id.to_lowercase();
        let message = if is_id {
            format!(
                "another record has the storeId `{their_id}`; this one was to be `{store_id}`, with prefix `{prefix}`"
            )
        } else {
            format!(
                "store `{their_id}` has the prefix `{their_prefix}`; this one was to be `{prefix}`"
            )
        };
        let hint = if is_id { "Choose another storeId" } else { "Choose another prefix" };
        Failure::new(FailureKind::Duplicate, &message, hint)
    }

    /// Looks whether the record is there as it was made.
    pub(super) async fn is_registered(&self, target: &Target) -> Result<(), Failure> {
        if target.has_own_record(self.main).await? {
            return Ok(());
        }
        Err(vanished("the registry record"))
    }

    /// What to say when the shard has more stores than it should, made by somebody who does
    /// not wait for a turn.
    pub(super) async fn crowding(&self, target: &Target) -> Result<Vec<String>, Failure> {
        let occupancy = self.occupancy().await?;
        let (stores, capacity) =
            (occupancy.of(target.shard), self.fleet.layout().stores_per_database);
        let database = self.name_of(target.shard);
        let crowded = (stores > capacity)
            .then(|| format!("{database} has {stores} stores now, room is for {capacity}"));
        Ok(crowded.into_iter().collect())
    }

    /// How the stores are spread, by one count on the server.
    async fn occupancy(&self) -> Result<Occupancy, Failure> {
        let layout = self.fleet.layout();
        let names = &layout.registry;
        let group = doc! {"$group": {
            "_id": format!("${}", names.database_id), "stores": {"$sum": 1},
        }};
        let groups = self.main.read(&names.collection, vec![group], None).await?;
        let route = |group: &Document| -> Option<(Route, u32)> {
            let stores = u32::try_from(group.get_i32("stores").ok()?).ok()?;
            let record = doc! {&names.database_id: group.get("_id").cloned()};
            let record = RawDocumentBuf::try_from(&record).ok()?;
            Some((Store::decode(&record, layout).route, stores))
        };
        Ok(Occupancy::of_routes(groups.iter().filter_map(route)))
    }

    /// Whether main and the shard are databases of one replica set.
    fn is_one_replica_set(&self, shard: DatabaseId) -> bool {
        let shard = Database::Shard(shard);
        let pools = self.fleet.pools().borrow().clone();
        let topology = |database| {
            pools.get(database).and_then(|pool| pool.server.as_ref()).map(|server| server.topology)
        };
        let is_set = [Database::Main, shard]
            .into_iter()
            .all(|database| topology(database) == Some(Topology::ReplicaSet));
        is_set && self.fleet.route(Database::Main) == self.fleet.route(shard)
    }

    fn name_of(&self, shard: DatabaseId) -> String {
        self.fleet.layout().name_of(Database::Shard(shard))
    }
}

fn no_shard() -> Failure {
    Failure::new(
        FailureKind::Usage,
        "the fleet has no such shard",
        "Look at `database_count` in the configuration",
    )
}

/// A unique index of the registry refused the record: somebody was faster, after the look.
pub(super) fn duplicate_key(target: &Target) -> Failure {
    Failure::new(
        FailureKind::Duplicate,
        &format!(
            "another record has the storeId `{}` or the prefix `{}`",
            target.store_id(),
            target.prefix()
        ),
        "Look which one with `tilldeck why`, and choose another",
    )
}
