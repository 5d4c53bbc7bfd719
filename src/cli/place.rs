//! The collection that a store and a type on the command line mean.

use super::fleet::Session;
use crate::config::nearest;
use crate::domain::{
    access,
    database::{CollectionType, Database, Layout},
    failure::{Failure, FailureKind},
    lookup,
    ownership::collection_name,
    text::SafeText,
};

/// One collection of one store.
pub(super) struct Place {
    pub(super) database: Database,
    /// The database's name on the server.
    pub(super) name: String,
    pub(super) collection: String,
    /// What to say beside the answer, such as that the registry is an old one.
    pub(super) warnings: Vec<SafeText>,
}

/// Waits until the database of the store has answered or failed.
///
/// # Errors
///
/// No store is meant, or several; it leads nowhere; there is no such type.
pub(super) async fn place(session: &Session, store: &str, of_type: &str) -> Result<Place, Failure> {
    let of_type = known_type(session.fleet.layout(), of_type)?;
    let registry = session.registry().await?;
    let store = lookup::find(&registry, store)?;
    let database = access::home(store)?;
    let prefix = access::prefix(store, session.fleet.layout())?;
    session.pool_decided(database).await;
    Ok(Place {
        database,
        name: session.names.of(database).to_owned(),
        collection: collection_name(prefix, &of_type),
        warnings: session.warnings(&registry),
    })
}

/// A collection type of the configuration.
///
/// # Errors
///
/// `usage`, with the one that may be meant.
pub(super) fn known_type(layout: &Layout, name: &str) -> Result<CollectionType, Failure> {
    let types = &layout.collection_types;
    if let Some(known) = types.iter().find(|known| known.as_str() == name) {
        return Ok(known.clone());
    }
    let names: Vec<&str> = types.iter().map(CollectionType::as_str).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(meant) => format!("Use `{meant}`, if that is meant"),
        None => format!("Use one of {}", names.join(", ")),
    };
    let message = format!("there is no collection type `{name}`");
    Err(Failure::new(FailureKind::Usage, &message, &hint))
}

/// The database that a text names.
///
/// # Errors
///
/// `usage`, with the databases that there are.
pub(super) fn database(text: &str, session: &Session) -> Result<Database, Failure> {
    session.names.find(text).ok_or_else(|| {
        let names: Vec<_> = session.names.iter().map(|name| format!("`{name}`")).collect();
        Failure::new(
            FailureKind::Usage,
            &format!("there is no database `{text}` in this fleet"),
            &format!("Use `main`, a shard's number, or one of {}", names.join(", ")),
        )
    })
}
