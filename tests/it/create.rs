//! `create` as an operator types it.

mod batch;
mod crowd;
mod edge;
mod fleet;
mod one;
