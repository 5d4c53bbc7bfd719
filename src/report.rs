//! What the command line prints: serialisable types of its own.
