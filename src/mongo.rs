//! The live databases. The only home of the driver.

pub mod call;
mod condition;
pub mod error;
mod events;
pub mod fleet;
mod login;
mod monitor;
mod probe;
mod supervisor;
pub mod targets;
