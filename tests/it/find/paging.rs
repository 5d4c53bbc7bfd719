//! Pages by key: every document once and in the server's own order, whatever it is sorted by,
//! at the cost of the page and not of its depth.

mod change;
mod failing;
mod indexes;
mod rig;
mod turns;
mod types;
mod values;
