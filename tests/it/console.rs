//! The console in a pseudo-terminal: keys in, screen out.

mod fleet;
mod hostile;
mod life;
mod screen;
mod terminal;
