//! The live databases. The only home of the driver.

pub mod browse;
pub(crate) mod cache;
pub mod call;
mod condition;
pub mod error;
mod events;
pub mod fleet;
mod login;
mod monitor;
mod probe;
pub(crate) mod registry;
mod supervisor;
pub mod targets;
