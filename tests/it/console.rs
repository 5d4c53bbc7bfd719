//! The console in a pseudo-terminal: keys in, screen out.

mod create;
mod documents;
mod faults;
mod fleet;
mod hostile;
mod jobs;
mod keys;
mod life;
mod line;
mod outage;
mod query;
mod screen;
mod terminal;
mod trouble;
