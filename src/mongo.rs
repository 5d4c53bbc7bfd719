//! The live databases. The only home of the driver.

pub mod browse;
pub(crate) mod cache;
pub mod call;
mod condition;
pub mod error;
mod events;
mod evidence;
pub mod fanout;
pub mod fleet;
pub mod gate;
mod inventory;
mod login;
mod monitor;
mod probe;
pub mod provision;
pub mod read;
pub(crate) mod registry;
mod supervisor;
pub mod targets;
