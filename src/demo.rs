//! A private `mongod` and a seeded fleet: what `demo` shows and the tests run against.
//!
//! [`find`] says where the server's binary comes from, [`server`] runs it so that it cannot
//! outlive us, and [`seed`] fills it through the same code that makes stores elsewhere.

pub mod find;
pub mod seed;
pub mod server;
pub mod trickle;

mod catalogue;
mod directory;
mod fetch;
mod loader;
mod machine;
mod node;
mod replica;
mod spawner;
