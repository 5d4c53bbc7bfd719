//! The private server and the demo fleet.

mod fetching;
mod fleet;
mod gate;
mod server;
