//! The live databases. The only home of the driver.
