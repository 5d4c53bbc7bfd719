//! `create` as an operator types it.

mod batch;
mod crowd;
mod fleet;
mod one;
