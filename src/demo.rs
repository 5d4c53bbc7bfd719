//! A private mongod and a seeded fleet.
