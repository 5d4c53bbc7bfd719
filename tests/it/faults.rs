//! Faults that are made to happen, and what tilldeck says of them.

mod encryption;
mod logins;
mod network;
mod sets;
mod status;
mod watch;
