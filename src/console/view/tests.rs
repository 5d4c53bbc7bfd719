//! What the screen looks like, for whatever there is to show.

mod anything;
mod creation;
mod pictures;
pub(crate) mod stage;
mod styles;
mod troubles;
