//! What several rules need to know, worked out once: whose each collection is, and where
//! each store's collections are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bson::{Bson, Document};

use super::{coverage, index_drift::Usual};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database, DatabaseId, Layout},
    distribution::Occupancy,
    finding::{Finding, Rule},
    index::IndexSpec,
    inventory::{Inventory, Named, UserGroup},
    ownership::collection_name,
    store::{Problem, RecordId, Route, Store},
};

mod lost;

/// An inventory, prepared for the rules.
pub(super) struct Facts<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) layout: &'a Layout,
    /// Whether the list of stores is the true one: what no record owns can be told.
    pub(super) is_live: bool,
    /// Whether the collections of every database are known.
    pub(super) is_whole: bool,
    /// Every store, in the registry's order.
    pub(super) subjects: Vec<Subject<'a>>,
    /// Collections that no record owns, by database and name.
    pub(super) unclaimed: Vec<Unclaimed<'a>>,
    pub(super) occupancy: Occupancy,
    /// Records by prefix.
    pub(super) prefixes: Groups<'a>,
    /// Records by storeId.
    pub(super) store_ids: Groups<'a>,
    /// Records without a prefix, whose collections cannot be told.
    pub(super) without_prefix: Vec<&'a Store>,
    pub(super) usual: Usual<'a>,
    places: HashMap<&'a str, Vec<Database>>,
    homes: HashMap<&'a str, BTreeSet<Database>>,
    alias: Option<Database>,
    probable: lost::Probable<'a>,
}

/// Stores that share a text.
pub(super) type Groups<'a> = BTreeMap<&'a str, Vec<&'a Store>>;

/// One store, and where its collections are.
pub(super) struct Subject<'a> {
    pub(super) store: &'a Store,
    /// `None` where that cannot be told: no usable prefix or shard, or a home that could not
    /// be read.
    pub(super) lodging: Option<Lodging<'a>>,
}

impl<'a> Subject<'a> {
    /// Where its collections are, if that is known and what it says is `wanted`.
    pub(super) fn lodging_with(&self, wanted: impl Fn(Verdict) -> bool) -> Option<&Lodging<'a>> {
        self.lodging.as_ref().filter(|lodging| wanted(lodging.verdict))
    }
}

/// Where the collections of a store should be, and where they are.
pub(super) struct Lodging<'a> {
    pub(super) prefix: &'a str,
    pub(super) home: Database,
    /// Names of its collections at home.
    pub(super) here: Vec<&'a str>,
    /// Names of its collections where no record with this prefix belongs.
    pub(super) elsewhere: BTreeMap<Database, Vec<&'a str>>,
    /// What every store must have and this one has not at home.
    pub(super) missing: Vec<Missing<'a>>,
    /// Unclaimed collections under another case of the prefix that stand for missing ones, as
    /// places in the list of unclaimed collections.
    pub(super) other_case: Vec<usize>,
    pub(super) verdict: Verdict,
}

impl Lodging<'_> {
    /// Names that every store must have and that are in no database.
    pub(super) fn nowhere(&self) -> Vec<&str> {
        let nowhere = self.missing.iter().filter(|missing| missing.is_nowhere);
        nowhere.map(|missing| missing.name.as_str()).collect()
    }
}

/// A collection that a store lacks at home.
pub(super) struct Missing<'a> {
    pub(super) collection_type: &'a CollectionType,
    pub(super) name: String,
    /// Whether it is in no other database either.
    pub(super) is_nowhere: bool,
}

/// What the places of a store's collections say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All that there is, is at home.
    AtHome,
    /// In several databases.
    Split,
    /// In one database, which is not the one that the record names.
    Elsewhere(Database),
    /// In one shard, and the record names none.
    Unrouted(DatabaseId),
}

/// A collection that no record owns.
pub(super) struct Unclaimed<'a> {
    pub(super) database: Database,
    pub(super) name: &'a str,
    /// What its name reads as, the longest type first; empty for one of no known type.
    pub(super) readings: Vec<(&'a str, &'a CollectionType)>,
    /// Whether another finding says why nobody owns it.
    pub(super) is_explained: bool,
}

impl<'a> Facts<'a> {
    /// Prepares an inventory. Linear in stores and collections.
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let layout = &inventory.layout;
        let stores = || inventory.registry.stores.iter().map(|store| &**store);
        let mut facts = Self {
            inventory,
            layout,
            is_live: coverage::is_live(&inventory.registry),
            is_whole: layout.databases().all(|database| inventory.collections(database).is_some()),
            subjects: Vec::new(),
            unclaimed: Vec::new(),
            occupancy: Occupancy::count(&inventory.registry),
            prefixes: grouped(stores(), |store| store.prefix.as_deref()),
            store_ids: grouped(stores(), |store| store.store_id.as_deref()),
            without_prefix: stores().filter(|store| store.prefix.is_none()).collect(),
            usual: Usual::default(),
            places: HashMap::new(),
            homes: HashMap::new(),
            alias: alias(inventory),
            probable: lost::Probable::new(),
        };
        for (database, named) in facts.data() {
            facts.places.entry(&named.name).or_default().push(database);
        }
        for (prefix, stores) in &facts.prefixes {
            let homes = stores.iter().filter_map(|store| facts.home_of(store)).collect();
            facts.homes.insert(prefix, homes);
        }
        facts.unclaimed = facts.find_unclaimed();
        facts.subjects = facts.find_subjects();
        facts.explain_unclaimed();
        facts.usual = Usual::of(&facts);
        facts
    }

    /// Every collection that holds data of its own, by database and name. A view does not: a
    /// store that was moved away leaves one behind.
    pub(super) fn data(&self) -> impl Iterator<Item = (Database, &'a Named)> + use<'a> {
        let (inventory, alias) = (self.inventory, self.alias);
        let databases = inventory.layout.databases().filter(move |&one| Some(one) != alias);
        databases.flat_map(move |database| {
            let collections = inventory.collections(database).unwrap_or_default();
            let data = collections
                .iter()
                .filter(|named| named.form != Form::View && !named.name.starts_with("system."));
            data.map(move |named| (database, named))
        })
    }

    /// The database that a store's collections should be in.
    pub(super) fn home_of(&self, store: &Store) -> Option<Database> {
        let home = store.route.database()?;
        Some(if Some(home) == self.alias { Database::Main } else { home })
    }

    /// The name that the server knows the database by.
    pub(super) fn name_of(&self, database: Database) -> String {
        self.layout.name_of(database)
    }

    /// Collections with this prefix and a known type, by database.
    pub(super) fn with_prefix(&self, prefix: &str) -> BTreeMap<Database, Vec<&'a str>> {
        let mut found: BTreeMap<Database, Vec<&str>> = BTreeMap::new();
        for collection_type in &self.layout.collection_types {
            let name = collection_name(prefix, collection_type);
            if let Some((name, places)) = self.places.get_key_value(name.as_str()) {
                for place in places {
                    found.entry(*place).or_default().push(name);
                }
            }
        }
        found
    }

    /// Whether a store is known to have no collection at its home.
    pub(super) fn is_bare(&self, store: &Store) -> bool {
        let (Some(prefix), Some(home)) = (&store.prefix, self.home_of(store)) else { return false };
        self.inventory.collections(home).is_some() && !self.with_prefix(prefix).contains_key(&home)
    }

    /// The indexes that most stores have on each type of collection.
    pub(super) fn usual_indexes(&self) -> BTreeMap<CollectionType, Vec<IndexSpec>> {
        self.usual.specs()
    }

    /// Where a store's collections were found, as a message puts it: `only in` where every
    /// database was looked at.
    pub(super) const fn found_in(&self) -> &'static str {
        if self.is_whole { "only in" } else { "in" }
    }

    /// Whether another record has the same storeId or prefix, or a field is unusable: what is
    /// then missing besides is no fault of its own.
    pub(super) fn is_doubtful(&self, store: &Store) -> bool {
        let is_shared = |groups: &Groups<'_>, text: Option<&str>| {
            text.and_then(|text| groups.get(text)).is_some_and(|stores| stores.len() > 1)
        };
        is_shared(&self.prefixes, store.prefix.as_deref())
            || is_shared(&self.store_ids, store.store_id.as_deref())
            || store.problems.iter().any(Problem::is_fatal)
    }

    /// The stores whose users these are: their storeId as a text, or their record's `_id`.
    pub(super) fn stores_of(&self, group: &UserGroup) -> Vec<&'a Store> {
        match &group.store_id {
            Bson::String(text) => self.store_ids.get(text.as_str()).cloned().unwrap_or_default(),
            Bson::ObjectId(id) => {
                let record = RecordId::new(&format!("{{\"$oid\":\"{id}\"}}"));
                self.inventory.registry.get(&record).map(|store| &**store).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// A finding about one store at its home, still without words.
    pub(super) fn about(&self, rule: Rule, store: &Store) -> Finding {
        Finding {
            rule,
            record: Some(store.record.clone()),
            store_id: store.store_id.clone(),
            prefix: store.prefix.clone(),
            database: self.home_of(store),
            ..Self::finding(rule)
        }
    }

    /// A finding about no store in particular, still without words.
    pub(super) fn finding(rule: Rule) -> Finding {
        Finding {
            rule,
            record: None,
            store_id: None,
            prefix: None,
            database: None,
            collection: None,
            message: String::new(),
            evidence: Document::new(),
            fix: None,
        }
    }

    /// What a name reads as, the longest type first.
    fn readings(&self, name: &'a str) -> Vec<(&'a str, &'a CollectionType)> {
        let reading = |collection_type: &'a CollectionType| {
            let prefix = name.strip_suffix(collection_type.as_str())?.strip_suffix('_')?;
            (!prefix.is_empty()).then_some((prefix, collection_type))
        };
        let mut readings: Vec<_> =
            self.layout.collection_types.iter().filter_map(reading).collect();
        readings.sort_by_key(|(prefix, _)| prefix.len());
        readings
    }

    fn find_unclaimed(&self) -> Vec<Unclaimed<'a>> {
        let unclaimed = self.data().filter_map(|(database, named)| {
            let name: &str = &named.name;
            let readings = self.readings(name);
            let is_owned = readings.iter().any(|(prefix, _)| self.prefixes.contains_key(prefix));
            (!is_owned).then_some(Unclaimed { database, name, readings, is_explained: false })
        });
        unclaimed.collect()
    }

    fn find_subjects(&self) -> Vec<Subject<'a>> {
        let mut by_lower: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, unclaimed) in self.unclaimed.iter().enumerate() {
            for (prefix, _) in &unclaimed.readings {
                by_lower.entry(prefix.to_lowercase()).or_default().push(index);
            }
        }
        let stores = self.inventory.registry.stores.iter();
        let subject = |store: &'a Store| {
            let mut lodging = self.lodging(store);
            if let Some(lodging) = &mut lodging {
                lodging.other_case = self.other_case(lodging, &by_lower);
            }
            Subject { store, lodging }
        };
        stores.map(|store| subject(store)).collect()
    }

    fn lodging(&self, store: &'a Store) -> Option<Lodging<'a>> {
        let prefix = store.prefix.as_deref()?;
        let home = self.home_of(store)?;
        self.inventory.collections(home)?;
        let homes = self.homes.get(prefix)?;
        let mut elsewhere = self.with_prefix(prefix);
        let here = elsewhere.remove(&home).unwrap_or_default();
        elsewhere.retain(|database, _| !homes.contains(database));
        let missing = self.layout.required_types.iter().filter_map(|collection_type| {
            let name = collection_name(prefix, collection_type);
            let is_nowhere = !elsewhere.values().flatten().any(|found| *found == name);
            let is_here = here.contains(&name.as_str());
            (!is_here).then_some(Missing { collection_type, name, is_nowhere })
        });
        let missing = missing.collect();
        let verdict = verdict(&store.route, &here, &elsewhere);
        Some(Lodging { prefix, home, here, elsewhere, missing, other_case: Vec::new(), verdict })
    }

    /// The unclaimed collections under another case of the prefix, where one of them stands
    /// for a collection that is nowhere under the exact one.
    fn other_case(
        &self,
        lodging: &Lodging<'a>,
        by_lower: &HashMap<String, Vec<usize>>,
    ) -> Vec<usize> {
        let missing = || lodging.missing.iter().filter(|missing| missing.is_nowhere);
        if missing().next().is_none() {
            return Vec::new();
        }
        let lower = lodging.prefix.to_lowercase();
        let mut candidates = by_lower.get(&lower).cloned().unwrap_or_default();
        let types = |index: &usize| {
            let readings = self.unclaimed.get(*index).map(|unclaimed| &unclaimed.readings);
            readings.into_iter().flatten().filter(|(prefix, _)| prefix.to_lowercase() == lower)
        };
        let stands_for = |(_, found): &(&str, &CollectionType)| {
            missing().any(|missing| missing.collection_type == *found)
        };
        if !candidates.iter().flat_map(types).any(stands_for) {
            candidates.clear();
        }
        candidates
    }

    /// Marks the unclaimed collections that another finding explains.
    fn explain_unclaimed(&mut self) {
        let lodgings = self.subjects.iter().filter_map(|subject| subject.lodging.as_ref());
        let mut explained: BTreeSet<usize> =
            lodgings.flat_map(|lodging| &lodging.other_case).copied().collect();
        self.probable = lost::probable(self, &explained);
        explained.extend(self.probable.values().flat_map(BTreeMap::values).flatten());
        for index in explained {
            if let Some(unclaimed) = self.unclaimed.get_mut(index) {
                unclaimed.is_explained = true;
            }
        }
    }

    /// The prefixes that a record without one probably had, with their collections.
    pub(super) fn probable_prefixes(&self, store: &Store) -> BTreeMap<&'a str, Vec<&'a str>> {
        let name = |index: &usize| self.unclaimed.get(*index).map(|unclaimed| unclaimed.name);
        let prefixes = self.probable.get(&store.record).into_iter().flatten();
        prefixes
            .map(|(prefix, members)| (*prefix, members.iter().filter_map(name).collect()))
            .collect()
    }
}

fn grouped<'a>(
    stores: impl Iterator<Item = &'a Store>,
    text: impl Fn(&'a Store) -> Option<&'a str>,
) -> Groups<'a> {
    let mut groups = Groups::new();
    for store in stores {
        if let Some(text) = text(store) {
            groups.entry(text).or_default().push(store);
        }
    }
    groups
}

fn verdict(route: &Route, here: &[&str], elsewhere: &BTreeMap<Database, Vec<&str>>) -> Verdict {
    let mut places = elsewhere.keys();
    match (places.next(), places.next()) {
        (None, _) => Verdict::AtHome,
        (Some(place), None) if here.is_empty() => match (route, place) {
            (Route::Legacy, Database::Shard(shard)) => Verdict::Unrouted(*shard),
            _ => Verdict::Elsewhere(*place),
        },
        _ => Verdict::Split,
    }
}

/// The shard that is the main database itself: the URI's path may name one. Its collections
/// are then looked at once, not taken for copies of themselves.
fn alias(inventory: &Inventory) -> Option<Database> {
    let layout = &inventory.layout;
    let names = |database| {
        let collections = inventory.collections(database)?;
        Some(collections.iter().map(|named| &named.name).collect::<Vec<_>>())
    };
    layout.shards().map(Database::Shard).find(|&shard| {
        layout.name_of(shard) == layout.main_database && names(shard) == names(Database::Main)
    })
}
