//! What each database is called on its server.

use std::collections::BTreeMap;

use crate::domain::database::{Database, meant};

/// The name of each database: of a shard with a URI of its own, the one in that URI.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Database, String>);

impl Names {
    /// The name of a database; empty for one that is not of this fleet.
    pub fn of(&self, database: Database) -> &str {
        self.0.get(&database).map_or("", String::as_str)
    }

    /// The database with this name or number: `main`, `3`, `pos_db_3`.
    pub fn find(&self, text: &str) -> Option<Database> {
        meant(text, self.0.iter().map(|(database, name)| (*database, name.as_str())))
    }

    /// Every name, main first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

impl FromIterator<(Database, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (Database, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::database::{DatabaseId, Layout};

    #[test]
    fn a_database_is_found_by_role_number_and_name() {
        let layout = Layout::default();
        let names: Names = layout.databases().map(|one| (one, layout.name_of(one))).collect();
        let shard = DatabaseId::new(3).map(Database::Shard);
        assert_eq!(names.find("main"), Some(Database::Main));
        assert_eq!(names.find("main_db"), Some(Database::Main));
        assert_eq!(names.find("3"), shard);
        assert_eq!(names.find("pos_db_3"), shard);
        assert_eq!(names.find("6"), None);
        assert_eq!(names.find("0"), None);
    }
}
