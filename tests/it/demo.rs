//! The private server and the demo fleet.

mod server;
