//! Faults that are made to happen, and what tilldeck says of them.
