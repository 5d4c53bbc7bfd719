//! tilldeck: the terminal operations console for a point-of-sale backend that spreads its
//! stores over several MongoDB databases.

pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
pub mod domain;
pub mod mongo;
pub mod report;
