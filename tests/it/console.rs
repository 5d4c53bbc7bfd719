//! The console in a pseudo-terminal: keys in, screen out.

mod create;
mod faults;
mod fleet;
mod hostile;
mod jobs;
mod keys;
mod life;
mod line;
mod outage;
mod screen;
mod terminal;
mod trouble;
