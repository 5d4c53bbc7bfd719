//! Journaled writes: stores that are made whole or not at all, and what is left when a
//! creator is killed.

mod creation;
mod failing;
mod killed;
mod repair;
mod rig;
