//! `query` over real fleets: one order over all stores, totals that are right, and never a
//! part that is taken for the whole.

mod bounds;
mod choice;
mod marks;
mod order;
mod output;
mod records;
mod refused;
pub(crate) mod rig;
mod totals;
mod trouble;
