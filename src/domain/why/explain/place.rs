//! Where a store's collections are.

use std::collections::BTreeMap;

use super::super::{Evidence, Suggestion};
use crate::domain::{
    collection::Form,
    database::{CollectionType, Database, DatabaseId},
    failure::Failure,
    inventory::{Listing, Named},
    ownership::{Owners, collection_name},
    store::Store,
};

/// One collection that a store may have, and where it is.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) is_required: bool,
    /// Every database that has something of this name, and what it is.
    pub(super) places: Vec<(Database, Form)>,
    /// Names that differ only in case and that no record owns, with their database.
    pub(super) other_case: Vec<(Database, Box<str>)>,
}

impl Part {
    pub(super) fn is_at(&self, database: Database) -> bool {
        self.places.iter().any(|(place, _)| *place == database)
    }

    pub(super) fn is_view_at(&self, database: Database) -> bool {
        self.places.contains(&(database, Form::View))
    }

    pub(super) fn kind_at(&self, database: Database) -> &'static str {
        let form = self.places.iter().find(|(place, _)| *place == database);
        form.map_or("absent", |(_, form)| form.name())
    }

    /// Databases other than this one that have data of this name.
    pub(super) fn elsewhere(&self, home: Database) -> impl Iterator<Item = Database> + '_ {
        let strays =
            self.places.iter().filter(move |(place, form)| *place != home && *form != Form::View);
        strays.map(|(place, _)| *place)
    }
}

/// Where the collections of one store are.
pub(super) struct Place {
    pub(super) parts: Vec<Part>,
    /// Databases that other records with the same prefix lead to.
    pub(super) homes_of_others: Vec<Database>,
}

impl Place {
    pub(super) fn of(store: &Store, evidence: &Evidence<'_>) -> Self {
        let Some(prefix) = store.prefix.as_deref() else {
            return Self { parts: Vec::new(), homes_of_others: Vec::new() };
        };
        let owners = Owners::new(evidence.registry, evidence.layout);
        let layout = evidence.layout;
        let part = |collection_type: &CollectionType| {
            let name = collection_name(prefix, collection_type);
            Part {
                is_required: layout.required_types.contains(collection_type),
                places: places(&name, evidence.listings),
                other_case: other_case(&name, &owners, evidence.listings),
                name,
            }
        };
        let others = evidence.registry.stores.iter().filter(|other| {
            other.record != store.record && other.prefix.as_deref() == Some(prefix)
        });
        Self {
            parts: layout.collection_types.iter().map(part).collect(),
            homes_of_others: others.filter_map(|other| other.route.database()).collect(),
        }
    }

    /// The one shard that has all of the collections, where main has none.
    pub(super) fn only_shard(&self) -> Option<DatabaseId> {
        let mut places = self
            .parts
            .iter()
            .flat_map(|part| part.places.iter())
            .filter(|(_, form)| *form != Form::View)
            .map(|(place, _)| *place);
        let first = places.next()?;
        places.all(|place| place == first).then(|| first.id()).flatten()
    }
}

/// Why it is not known what this database has.
pub(super) fn unknown_at(home: Database, evidence: &Evidence<'_>) -> Option<Failure> {
    let listing = evidence.listings.iter().find(|listing| listing.database == home)?;
    listing.collections.as_ref().err().cloned()
}

/// Databases whose collections are not known, and why.
pub(super) fn unread<'a>(
    evidence: &Evidence<'a>,
) -> impl Iterator<Item = (Database, &'a Failure)> + use<'a> {
    let listings = evidence.listings.iter();
    listings.filter_map(|listing| Some((listing.database, listing.collections.as_ref().err()?)))
}

fn places(name: &str, listings: &[Listing]) -> Vec<(Database, Form)> {
    let place = |listing: &Listing| {
        let collections = listing.collections.as_ref().ok()?;
        let index = collections.binary_search_by(|one| one.name.as_ref().cmp(name)).ok()?;
        Some((listing.database, collections.get(index)?.form))
    };
    listings.iter().filter_map(place).collect()
}

fn other_case(name: &str, owners: &Owners, listings: &[Listing]) -> Vec<(Database, Box<str>)> {
    let folded = name.to_lowercase();
    let is_meant = |one: &Named| {
        *one.name != *name && one.name.to_lowercase() == folded && owners.of(&one.name).is_empty()
    };
    let in_listing = |listing: &Listing| -> Vec<(Database, Box<str>)> {
        let collections = listing.collections.as_deref().unwrap_or_default();
        let found = collections.iter().filter(|one| is_meant(one));
        found.map(|one| (listing.database, one.name.clone())).collect()
    };
    listings.iter().flat_map(in_listing).collect()
}

/// Collections without a record whose prefix, or whole name, is the text, in whatever case.
pub(super) fn orphans(text: &str, evidence: &Evidence<'_>) -> Vec<Suggestion> {
    let owners = Owners::new(evidence.registry, evidence.layout);
    let wanted = text.trim().to_lowercase();
    let mut found: BTreeMap<(Database, String), Vec<&str>> = BTreeMap::new();
    for listing in evidence.listings {
        for one in listing.collections.as_deref().unwrap_or_default() {
            let types = evidence.layout.collection_types.iter();
            let prefix = types
                .filter_map(|of_type| one.name.strip_suffix(of_type.as_str())?.strip_suffix('_'))
                .find(|prefix| {
                    prefix.to_lowercase() == wanted || one.name.to_lowercase() == wanted
                });
            if let Some(prefix) = prefix.filter(|_| owners.of(&one.name).is_empty()) {
                found.entry((listing.database, prefix.to_owned())).or_default().push(&one.name);
            }
        }
    }
    let suggestion = |((database, prefix), names): ((Database, String), Vec<&str>)| Suggestion {
        record: None,
        store_id: None,
        name: None,
        prefix: Some(prefix.into()),
        shard: database.id(),
        reason: format!(
            "{} in {} have no record: it was probably deleted",
            names.join(", "),
            evidence.layout.name_of(database)
        ),
    };
    found.into_iter().map(suggestion).collect()
}
