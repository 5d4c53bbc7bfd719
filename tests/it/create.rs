//! `create` as an operator types it.

mod batch;
mod crowd;
mod edge;
mod failing;
mod fleet;
mod one;
