//! Key scripts and event scripts against `update`.

mod any_order;
mod fleet;
mod keys;
mod stores;
