//! What one run makes: the record, the collections, and which of them were there before.

use bson::{Bson, Document, RawDocumentBuf, doc, oid::ObjectId};

use crate::{
    domain::{
        creation::{Created, Plan},
        database::{DatabaseId, Layout},
        failure::{Failure, FailureKind},
        index::IndexSpec,
        store::{RecordId, Route, Store},
    },
    mongo::{gate::Writer, provision::NewStore},
};

/// One collection of the store.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) indexes: Vec<IndexSpec>,
    /// Whether it was there before, and must stay when this run is undone.
    pub(super) existed: bool,
}

/// What a run makes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) key: ObjectId,
    pub(super) shard: DatabaseId,
    pub(super) record: Document,
    pub(super) parts: Vec<Part>,
    /// The registry's name in the main database.
    pub(super) registry: String,
    layout: Layout,
}

impl Target {
    pub(super) fn new(
        store: &NewStore,
        shard: DatabaseId,
        (plan, existing): (&Plan, &[String]),
        layout: &Layout,
    ) -> Self {
        let part = |planned: &crate::domain::creation::PlannedCollection| Part {
            name: planned.name.clone(),
            indexes: planned.indexes.clone(),
            existed: existing.contains(&planned.name),
        };
        Self {
            key: store.record,
            shard,
            record: store.record(&layout.registry),
            parts: plan.collections.iter().map(part).collect(),
            registry: layout.registry.collection.clone(),
            layout: layout.clone(),
        }
    }

    /// What the journal keeps, to finish or undo the run.
    pub(super) fn payload(&self) -> Document {
        let part = |part: &Part| {
            let indexes: Vec<&Document> = part.indexes.iter().map(IndexSpec::document).collect();
            doc! {
                "name": &part.name, "existed": part.existed,
                "indexes": indexes.into_iter().cloned().collect::<Vec<_>>(),
            }
        };
        let parts: Vec<Document> = self.parts.iter().map(part).collect();
        doc! {
            "shard": i64::from(self.shard.get()), "record": &self.record, "collections": parts,
        }
    }

    /// The target that the journal kept.
    ///
    /// # Errors
    ///
    /// The entry is of another version, or the fleet has fewer shards now.
    pub(super) fn of_payload(payload: &Document, layout: &Layout) -> Result<Self, Failure> {
        let part = |part: &Bson| {
            let part = part.as_document()?;
            let indexes = part.get_array("indexes").ok()?.iter().filter_map(Bson::as_document);
            Some(Part {
                name: part.get_str("name").ok()?.to_owned(),
                indexes: indexes.map(IndexSpec::new).collect(),
                existed: part.get_bool("existed").ok()?,
            })
        };
        let target = || {
            let record = payload.get_document("record").ok()?;
            let parts = payload.get_array("collections").ok()?;
            Some(Self {
                key: record.get_object_id("_id").ok()?,
                shard: layout.shard(payload.get_i64("shard").ok()?)?,
                record: record.clone(),
                parts: parts.iter().map(part).collect::<Option<_>>()?,
                registry: layout.registry.collection.clone(),
                layout: layout.clone(),
            })
        };
        target().ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                "the journal's entry cannot be read with this configuration",
                "Use the configuration and the version of tilldeck that the job was begun with",
            )
        })
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.name.as_str()).collect()
    }

    /// Collections that are not there yet, with their indexes.
    pub(super) fn missing(&self) -> Vec<(String, Vec<IndexSpec>)> {
        let missing = self.parts.iter().filter(|part| !part.existed);
        missing.map(|part| (part.name.clone(), part.indexes.clone())).collect()
    }

    pub(super) fn store_id(&self) -> &str {
        self.record.get_str(&self.layout.registry.store_id).unwrap_or_default()
    }

    pub(super) fn prefix(&self) -> &str {
        self.record.get_str(&self.layout.registry.prefix).unwrap_or_default()
    }

    /// Matches the record that this run has made, and no other.
    pub(super) fn own_record(&self) -> Document {
        doc! {
            "_id": self.key,
            &self.layout.registry.store_id: self.store_id(),
            &self.layout.registry.prefix: self.prefix(),
        }
    }

    /// Whether the record that this run makes is there.
    pub(super) async fn has_own_record(&self, main: &Writer) -> Result<bool, Failure> {
        let own = vec![doc! {"$match": self.own_record()}, one()];
        Ok(!main.read(&self.registry, own, None).await?.is_empty())
    }

    /// Whether a record of somebody else leads to the same collections.
    pub(super) async fn is_claimed_by_another(&self, main: &Writer) -> Result<bool, Failure> {
        let others = doc! {"_id": {"$ne": self.key}, &self.layout.registry.prefix: self.prefix()};
        let project = doc! {&self.layout.registry.database_id: 1};
        let pipeline = vec![doc! {"$match": others}, doc! {"$project": project}];
        let found = main.read(&self.registry, pipeline, None).await?;
        // Whatever type the number has, it counts if it leads there.
        let leads_here = |record: &Document| {
            let raw = RawDocumentBuf::try_from(record).ok()?;
            Some(Store::decode(&raw, &self.layout).route == Route::Shard(self.shard))
        };
        Ok(found.iter().any(|record| leads_here(record).unwrap_or(true)))
    }

    /// Looks whether every collection and index is there.
    pub(super) async fn is_furnished(&self, home: &Writer) -> Result<(), Failure> {
        let names: Vec<String> = self.parts.iter().map(|part| part.name.clone()).collect();
        let existing = home.existing(&names).await?;
        let gone: Vec<&str> = self
            .names()
            .into_iter()
            .filter(|name| !existing.iter().any(|one| one == name))
            .collect();
        if !gone.is_empty() {
            return Err(vanished(&gone.join(", ")));
        }
        for part in self.parts.iter().filter(|part| !part.indexes.is_empty()) {
            let there = home.indexes(&part.name).await?;
            let lacks =
                |index: &&IndexSpec| there.iter().all(|other| other.effect() != index.effect());
            if let Some(index) = part.indexes.iter().find(lacks) {
                return Err(vanished(&format!("index {} of {}", index.name(), part.name)));
            }
        }
        Ok(())
    }

    pub(super) fn created(&self, warnings: Vec<String>) -> Created {
        Created {
            record: RecordId::new(&Bson::ObjectId(self.key).into_relaxed_extjson().to_string()),
            shard: self.shard,
            collections: self.parts.iter().map(|part| part.name.clone()).collect(),
            steps: Vec::new(),
            warnings,
        }
    }
}

/// One document is enough to know that there is one.
fn one() -> Document {
    doc! {"$limit": 1}
}

pub(super) fn vanished(what: &str) -> Failure {
    Failure::new(
        FailureKind::Changed,
        &format!("{what} was made and is gone again"),
        "Find out who takes collections away, and try again",
    )
}
