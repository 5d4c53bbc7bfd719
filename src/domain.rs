//! Facts and rules of the fleet: no I/O, no clock, no async.
//!
//! Everything here is plain data and pure functions. Times arrive as values, failures
//! that come from outside arrive already classified as [`failure::Failure`].

pub mod access;
pub mod change;
pub mod chart;
pub mod collection;
pub mod creation;
pub mod database;
pub mod distribution;
pub mod document;
pub mod explain;
pub mod export;
pub mod failure;
pub mod finding;
pub mod format;
pub mod index;
pub mod inventory;
pub mod job;
pub mod keyset;
pub mod lookup;
pub mod order;
pub mod ownership;
pub mod page;
pub mod placement;
pub mod pool;
pub mod query;
pub mod question;
pub mod registry;
pub mod schema;
pub mod shell;
pub mod store;
pub mod suggest;
pub mod text;
pub mod uri;
pub mod why;
