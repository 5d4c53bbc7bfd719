//! `index-drift`: a store's indexes differ from the majority of the fleet.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bson::{Document, doc};

use super::{
    Explanation, command,
    facts::{Facts, Subject},
    words,
};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database},
    finding::{Finding, Fix, Rebuild, Repair, Rule},
    index::IndexSpec,
    ownership::collection_name,
    store::Store,
};

pub(super) const EXPLANATION: Explanation = Explanation {
    title: "a store's indexes differ from those of most stores",
    meaning: "The store works, but a query that is quick elsewhere may read a whole collection \
              here, or a value that is unique elsewhere may be stored twice here.",
    cause: "Collections that were made by the first write have no index but `_id`; or an index \
            was made or dropped by hand in one store only.",
    remedy: "Let tilldeck make the missing indexes. It never drops an index that others do not \
             have: see with `$indexStats` whether it is used, then drop it by hand.",
};

/// The least number of collections that can be a majority.
const LEAST_MAJORITY: usize = 3;

/// The effects of the indexes of one collection, `_id` left out.
type Effects = BTreeSet<String>;

/// The sets of indexes that most collections of a type have.
#[derive(Default)]
pub(super) struct Usual<'a> {
    by_type: BTreeMap<&'a CollectionType, (Arc<Effects>, Vec<IndexSpec>)>,
    /// Lists are shared between the collections that have the same one.
    by_list: HashMap<*const IndexSpec, Arc<Effects>>,
}

impl<'a> Usual<'a> {
    /// Counts the sets of every type over the collections that are where they belong.
    pub(super) fn of(facts: &Facts<'a>) -> Self {
        let mut usual = Self::default();
        for collection_type in &facts.layout.collection_types {
            let mut sets: BTreeMap<Arc<Effects>, (usize, &[IndexSpec])> = BTreeMap::new();
            let mut known = 0;
            for subject in first_of_each_place(facts) {
                let Some(list) = indexes(facts, subject, collection_type).map(|(_, list)| list)
                else {
                    continue;
                };
                known += 1;
                sets.entry(usual.effects(list)).or_insert((0, list)).0 += 1;
            }
            let majority = sets
                .into_iter()
                .find(|(_, (count, _))| *count * 2 > known && *count >= LEAST_MAJORITY);
            if let Some((effects, (_, list))) = majority {
                usual.by_type.insert(collection_type, (effects, without_id(list)));
            }
        }
        usual
    }

    /// As `createIndexes` takes them, `_id` left out.
    pub(super) fn specs(&self) -> BTreeMap<CollectionType, Vec<IndexSpec>> {
        let specs = self.by_type.iter();
        specs.map(|(kind, (_, specs))| ((*kind).clone(), specs.clone())).collect()
    }

    fn effects(&mut self, list: &[IndexSpec]) -> Arc<Effects> {
        let make = || Arc::new(effects_of(list));
        // Every list has at least the index on `_id`; one without has an address of its own kind.
        self.by_list.entry(list.as_ptr()).or_insert_with(make).clone()
    }

    fn known_effects(&self, list: &[IndexSpec]) -> Arc<Effects> {
        let known = self.by_list.get(&list.as_ptr()).cloned();
        known.unwrap_or_else(|| Arc::new(effects_of(list)))
    }
}

/// How one collection differs.
struct Drift<'a> {
    name: &'a str,
    found: Vec<IndexSpec>,
    wanted: Vec<IndexSpec>,
    missing: Vec<IndexSpec>,
    extra: Vec<IndexSpec>,
}

pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let finding = |subject| {
        let types = facts.layout.collection_types.iter();
        let drifts: Vec<_> = types.filter_map(|kind| drift(facts, subject, kind)).collect();
        (!drifts.is_empty()).then(|| found(facts, subject, &drifts))
    };
    first_of_each_place(facts).filter_map(finding).collect()
}

/// The stores whose collections are known; of several with one prefix and home, the first.
fn first_of_each_place<'f, 'a>(
    facts: &'f Facts<'a>,
) -> impl Iterator<Item = &'f Subject<'a>> + use<'f, 'a> {
    facts.subjects.iter().filter(|subject| {
        let Some(lodging) = &subject.lodging else { return false };
        let mut sharing = facts.prefixes.get(lodging.prefix).into_iter().flatten();
        let first = sharing.find(|store| facts.home_of(store) == Some(lodging.home));
        first.is_some_and(|first| first.record == subject.store.record)
    })
}

/// The indexes of one collection of a store at its home, where they are known.
fn indexes<'a>(
    facts: &Facts<'a>,
    subject: &Subject<'a>,
    collection_type: &CollectionType,
) -> Option<(&'a str, &'a [IndexSpec])> {
    let lodging = subject.lodging.as_ref()?;
    let name = collection_name(lodging.prefix, collection_type);
    let named = facts.inventory.named(lodging.home, &name)?;
    let list = named.indexes.as_deref().filter(|_| named.form == Form::Collection)?;
    Some((&named.name, list))
}

fn drift<'a>(
    facts: &Facts<'a>,
    subject: &Subject<'a>,
    collection_type: &CollectionType,
) -> Option<Drift<'a>> {
    let (usual, wanted) = facts.usual.by_type.get(collection_type)?;
    let (name, list) = indexes(facts, subject, collection_type)?;
    let effects = facts.usual.known_effects(list);
    if effects == *usual {
        return None;
    }
    let found = without_id(list);
    let beyond = |specs: &[IndexSpec], known: &Effects| -> Vec<IndexSpec> {
        specs.iter().filter(|spec| !known.contains(&spec.effect())).cloned().collect()
    };
    let missing = beyond(wanted, &effects);
    let extra = beyond(&found, usual);
    Some(Drift { name, found, wanted: wanted.clone(), missing, extra })
}

fn found(facts: &Facts<'_>, subject: &Subject<'_>, drifts: &[Drift<'_>]) -> Finding {
    let about = facts.about(Rule::IndexDrift, subject.store);
    let database = about.database.unwrap_or(Database::Main);
    let name = facts.name_of(database);
    let sentences: Vec<_> = drifts.iter().map(Drift::sentence).collect();
    Finding {
        collection: match drifts {
            [one] => Some(one.name.into()),
            _ => None,
        },
        message: format!(
            "{} has other indexes in `{name}` than most stores: {}",
            words::called(subject.store),
            words::told(sentences)
        ),
        evidence: doc! {
            "database": &name,
            "collections": drifts.iter().map(Drift::evidence).collect::<Vec<_>>(),
        },
        fix: Some(way_out(facts, subject.store, drifts)),
        ..about
    }
}

fn way_out(facts: &Facts<'_>, store: &Store, drifts: &[Drift<'_>]) -> Fix {
    let database = facts.home_of(store).unwrap_or(Database::Main);
    let rebuild = |drift: &Drift<'_>| Rebuild {
        collection: drift.name.into(),
        found: drift.found.clone(),
        wanted: drift.wanted.clone(),
    };
    let lacking: Vec<_> = drifts.iter().filter(|drift| !drift.missing.is_empty()).collect();
    if lacking.is_empty() {
        let first = drifts.first().map_or("", |drift| drift.name);
        let collection = command::collection(facts.layout, database, first);
        return Fix {
            summary: "See whether the additional index is used, and drop it by hand if not.".into(),
            command: command::mongosh(&format!(
                "{collection}.aggregate([{{$indexStats: {{}}}}])\
                 .forEach(i => print(i.name, i.accesses.ops, i.accesses.since))"
            )),
            repair: None,
        };
    }
    Fix {
        summary: "Make the indexes that most stores have; additional ones stay.".into(),
        command: command::fix_store(Rule::IndexDrift, store),
        repair: Some(Repair::RebuildIndexes {
            database,
            collections: lacking.into_iter().map(rebuild).collect(),
        }),
    }
}

impl Drift<'_> {
    fn sentence(&self) -> String {
        let keys = |specs: &[IndexSpec]| {
            words::told(specs.iter().map(|spec| words::ticked(described(spec))).collect())
        };
        match (self.missing.as_slice(), self.extra.as_slice()) {
            (missing, []) => format!("`{}` lacks {}", self.name, keys(missing)),
            ([], extra) => format!("`{}` has {} besides", self.name, keys(extra)),
            (missing, extra) => {
                format!("`{}` has {} instead of {}", self.name, keys(extra), keys(missing))
            }
        }
    }

    fn evidence(&self) -> Document {
        let documents =
            |specs: &[IndexSpec]| specs.iter().map(|s| s.document().clone()).collect::<Vec<_>>();
        doc! {
            "name": self.name,
            "missing": documents(&self.missing),
            "additional": documents(&self.extra),
        }
    }
}

/// An index by its key and by what sets it apart: `sku: 1, unique`.
fn described(spec: &IndexSpec) -> String {
    let key = spec.key();
    let fields = key.iter().map(|(field, order)| format!("{field}: {order}"));
    let options =
        spec.document().iter().filter(|(name, _)| !["key", "name"].contains(&name.as_str()));
    let options = options.map(|(name, value)| match value.as_bool() {
        Some(true) => name.clone(),
        _ => format!("{name}: {value}"),
    });
    fields.chain(options).collect::<Vec<_>>().join(", ")
}

fn without_id(list: &[IndexSpec]) -> Vec<IndexSpec> {
    list.iter().filter(|spec| !spec.is_of_id()).cloned().collect()
}

fn effects_of(list: &[IndexSpec]) -> Effects {
    list.iter().filter(|spec| !spec.is_of_id()).map(IndexSpec::effect).collect()
}
