//! Headless commands: alone, and against a seeded fleet.

mod configuration;
mod harness;
mod secrets;
mod usage;
