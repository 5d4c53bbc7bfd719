//! The live databases. The only home of the driver.

pub mod error;
pub mod targets;
