//! Facts and rules of the fleet: no I/O, no clock, no async.
//!
//! Everything here is plain data and pure functions. Times arrive as values, failures
//! that come from outside arrive already classified as [`failure::Failure`].

pub mod access;
pub mod collection;
pub mod creation;
pub mod database;
pub mod distribution;
pub mod document;
pub mod failure;
pub mod finding;
pub mod format;
pub mod index;
pub mod inventory;
pub mod job;
pub mod lookup;
pub mod ownership;
pub mod placement;
pub mod pool;
pub mod registry;
pub mod shell;
pub mod store;
pub mod suggest;
pub mod text;
pub mod uri;
pub mod why;
