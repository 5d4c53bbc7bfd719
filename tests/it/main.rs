//! The integration tests: the real binary, real servers, a real terminal.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod cli;
mod config;
mod console;
mod create;
mod demo;
mod doctor;
mod faults;
mod find;
mod interop;
mod jobs;
mod mongo;
mod query;
mod repair;
mod support;
mod tidy;
mod uris;
mod why;
