//! Which store a collection belongs to.
