//! `doctor` on real fleets: each planted fault gives its finding, and nothing else gives one.

mod command;
mod faults;
pub(crate) mod fleet;
mod incomplete;
mod sound;
