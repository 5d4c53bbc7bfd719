//! Headless commands: alone, and against a seeded fleet.

mod configuration;
mod harness;
mod live;
mod secrets;
mod usage;
