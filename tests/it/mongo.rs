//! The registry feed and the browser, on real servers.

mod browse;
mod feed;
mod inventory;
mod large;
mod outage;
mod rig;
