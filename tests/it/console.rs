//! The console in a pseudo-terminal: keys in, screen out.
