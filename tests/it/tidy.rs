//! The code's own rules: who may import whom.
