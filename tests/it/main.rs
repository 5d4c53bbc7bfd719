//! The integration tests: the real binary, real servers, a real terminal.

mod cli;
mod config;
mod console;
mod faults;
mod mongo;
mod support;
mod tidy;
