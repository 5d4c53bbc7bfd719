//! How much was looked at, and what could not be.

use crate::domain::{
    collection::Form,
    database::Database,
    failure::{Failure, FailureKind},
    finding::Checked,
    inventory::{Inventory, Listing},
    registry::{Registry, Source},
};

/// How much was looked at.
pub(super) fn checked(inventory: &Inventory) -> Checked {
    let known =
        || inventory.listings.iter().filter_map(|listing| listing.collections.as_ref().ok());
    Checked {
        databases: known().count(),
        stores: inventory.registry.stores.len(),
        collections: known().map(Vec::len).sum(),
    }
}

/// What could not be looked at, in the order of the databases; each failure once.
pub(super) fn incomplete(inventory: &Inventory) -> Vec<(Database, Failure)> {
    let mut gaps = Vec::new();
    let main = [
        registry_failure(&inventory.registry),
        inventory.registry_indexes.as_ref().err().cloned(),
        inventory.users.as_ref().err().cloned(),
    ];
    gaps.extend(main.into_iter().flatten().map(|failure| (Database::Main, failure)));
    for database in inventory.layout.databases() {
        let listing = inventory.listings.iter().find(|listing| listing.database == database);
        let name = inventory.layout.name_of(database);
        gaps.extend(listing_failure(listing, &name).map(|failure| (database, failure)));
    }
    // One unreachable database fails in several ways with the same words.
    let mut told = Vec::with_capacity(gaps.len());
    for gap in gaps {
        if !told.contains(&gap) {
            told.push(gap);
        }
    }
    told.sort_by_key(|(database, _)| *database);
    told
}

/// Whether the list of stores is what the main database holds now.
pub(super) const fn is_live(registry: &Registry) -> bool {
    matches!(registry.source, Source::ChangeStream | Source::Polling)
}

fn registry_failure(registry: &Registry) -> Option<Failure> {
    if is_live(registry) {
        return None;
    }
    Some(registry.failure.clone().unwrap_or_else(|| {
        Failure::new(
            FailureKind::Busy,
            "the registry has not been read yet",
            "Check again in a moment.",
        )
    }))
}

fn listing_failure(listing: Option<&Listing>, name: &str) -> Option<Failure> {
    let collections = match listing.map(|listing| &listing.collections) {
        None => {
            let message = format!("`{name}` was not looked at");
            return Some(Failure::new(FailureKind::Internal, &message, "Check again."));
        }
        Some(Err(failure)) => return Some(failure.clone()),
        Some(Ok(collections)) => collections,
    };
    let unread = |named: &&_| is_without_indexes(named);
    let count = collections.iter().filter(unread).count();
    let first = collections.iter().find(unread)?;
    let message = format!(
        "the indexes of {count} of {} collections of `{name}` are not known, the first is `{}`",
        collections.len(),
        first.name
    );
    let hint = "Grant the login the privilege `listIndexes`, or check again.";
    Some(Failure::new(FailureKind::NotAuthorised, &message, hint))
}

fn is_without_indexes(named: &crate::domain::inventory::Named) -> bool {
    named.form == Form::Collection && named.indexes.is_none()
}
