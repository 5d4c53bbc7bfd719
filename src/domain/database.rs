//! Which databases there are, how they are called, and what the fleet's layout is.

use std::fmt;

/// The number of a shard, 1-based: `pos_db_3` is 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId(u32);

impl DatabaseId {
    /// The shard with this number, or `None` for 0: shards count from 1.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number as the registry stores it.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The main database or a shard. Orders main first, then the shards by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Database {
    /// The database named in `MONGODB_URI`: the registry, system users, legacy stores.
    Main,
    /// One of the databases that stores are spread over.
    Shard(DatabaseId),
}

impl Database {
    /// `"main"` or `"shard"`, as reports name it.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Shard(_) => "shard",
        }
    }

    /// The shard's number; `None` for the main database.
    pub const fn id(self) -> Option<DatabaseId> {
        match self {
            Self::Main => None,
            Self::Shard(id) => Some(id),
        }
    }
}

/// What is fixed about a fleet while tilldeck runs: names, counts and limits.
///
/// Every value is a setting; the defaults are those of the backend's design note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Name of the main database: the path of the URI, else the configured name.
    pub main_database: String,
    /// What shard names begin with: `pos_db` gives `pos_db_1`.
    pub database_prefix: String,
    /// How many shards there are.
    pub database_count: u32,
    /// How many stores a shard takes before it counts as full.
    pub stores_per_database: u32,
    /// Every known collection type, in the order of the screen.
    pub collection_types: Vec<CollectionType>,
    /// The types that each store must have; the others may be absent without alarm.
    pub required_types: Vec<CollectionType>,
    /// The types made for a new store.
    pub created_types: Vec<CollectionType>,
    /// Names of the registry collection and its fields.
    pub registry: RegistryNames,
}

impl Layout {
    /// The main database, then every shard in order: 1 + N.
    pub fn databases(&self) -> impl Iterator<Item = Database> + use<> {
        std::iter::once(Database::Main).chain(self.shards().map(Database::Shard))
    }

    /// Every shard in order.
    pub fn shards(&self) -> impl Iterator<Item = DatabaseId> + use<> {
        (1..=self.database_count).map(DatabaseId)
    }

    /// The name that the server knows the database by.
    pub fn name_of(&self, database: Database) -> String {
        match database {
            Database::Main => self.main_database.clone(),
            Database::Shard(id) => format!("{}_{id}", self.database_prefix),
        }
    }

    /// The database that a person means by `main`, the number of a shard, or a name on the server.
    pub fn find(&self, text: &str) -> Option<Database> {
        let names: Vec<_> =
            self.databases().map(|database| (database, self.name_of(database))).collect();
        meant(text, names.iter().map(|(database, name)| (*database, name.as_str())))
    }

    /// The shard with this number, if the fleet has one.
    pub fn shard(&self, number: i64) -> Option<DatabaseId> {
        let number = u32::try_from(number).ok()?;
        (number <= self.database_count).then(|| DatabaseId::new(number)).flatten()
    }
}

/// The database that a person means by `main`, the number of a shard, or a name on the server,
/// in this order.
pub fn meant<'a>(
    text: &str,
    names: impl IntoIterator<Item = (Database, &'a str)>,
) -> Option<Database> {
    let number = text.parse::<u32>().ok();
    let mut by_name = None;
    for (database, name) in names {
        let is_meant = match database {
            Database::Main => text == "main",
            Database::Shard(id) => Some(id.get()) == number,
        };
        if is_meant {
            return Some(database);
        }
        by_name = by_name.or_else(|| (name == text).then_some(database));
    }
    by_name
}

impl Default for Layout {
    fn default() -> Self {
        let types = |names: &[&str]| names.iter().copied().map(CollectionType::new).collect();
        Self {
            main_database: "main_db".into(),
            database_prefix: "pos_db".into(),
            database_count: 5,
            stores_per_database: 20,
            collection_types: types(&["products", "orders", "categories", "brands", "users"]),
            required_types: types(&["products", "orders", "categories"]),
            created_types: types(&["products", "orders", "categories", "users"]),
            registry: RegistryNames::default(),
        }
    }
}

/// A collection type such as `products`: what follows the store's prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionType(Box<str>);

impl CollectionType {
    /// The type with this name, without the underscore before it.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The bare name, such as `orders`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the registry collection and its fields are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryNames {
    /// The collection in the main database.
    pub collection: String,
    /// The field with the store's id.
    pub store_id: String,
    /// The field with the store's name.
    pub name: String,
    /// The field with the prefix of the store's collections.
    pub prefix: String,
    /// The field with the shard's number.
    pub database_id: String,
    /// The collection of users in the main database. Those of one store have its id in a
    /// field of the same name as the registry's.
    pub users: String,
}

impl Default for RegistryNames {
    fn default() -> Self {
        Self {
            collection: "stores".into(),
            store_id: "storeId".into(),
            name: "name".into(),
            prefix: "prefix".into(),
            database_id: "databaseId".into(),
            users: "users".into(),
        }
    }
}
