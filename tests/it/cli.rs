//! Headless commands against a seeded fleet.
