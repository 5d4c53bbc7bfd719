//! The terminal console: keys and snapshots in, one screen out.

pub mod state;
pub mod view;
