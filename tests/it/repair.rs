//! Repairs that lose nothing, on real fleets: applied, refused, and written down.

mod applied;
mod rig;
mod stale;
