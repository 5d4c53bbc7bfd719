//! The console's model, its events, commands and actions, and `update`, the only writer.
//!
//! Nothing here does I/O, reads a clock or draws. Time arrives as [`event::Event::TimeReached`].

pub mod action;
pub mod collections;
pub mod command;
mod copy;
pub mod create;
pub mod databases;
pub mod distribution;
pub mod doctor;
pub mod documents;
pub mod event;
pub mod eventlog;
#[cfg(test)]
pub(crate) mod fixture;
pub mod geometry;
pub mod help;
pub mod jobs;
pub mod keymap;
pub mod list;
pub mod model;
pub mod palette;
pub mod query;
pub mod question;
pub mod stores;
#[cfg(test)]
mod tests;
pub mod textfield;
pub mod update;
mod wake;
pub mod why;
