//! Connection strings: what is shown of them, and what the driver refuses in them.
