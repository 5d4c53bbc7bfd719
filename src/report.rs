//! What the command line prints: serialisable types of its own.
//!
//! The names of their fields are the keys of `--json`, which scripts rely on; the schemas
//! under `assets/schemas/` hold them. Absent is `null`, never a missing key.

pub mod collections;
pub mod create;
pub mod doctor;
pub mod error;
pub mod find;
pub mod inspect;
pub mod jobs;
pub mod look;
pub mod names;
pub mod query;
pub mod status;
pub mod stores;
mod table;
pub mod uris;
pub mod why;
