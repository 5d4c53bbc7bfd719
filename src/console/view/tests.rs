//! What the screen looks like, for whatever there is to show.

mod anything;
mod bytes;
mod pictures;
mod stage;
mod styles;
