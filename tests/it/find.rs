//! `find`, `inspect`, `schema` and `tail` over real collections.

mod csv;
mod export;
mod interrupt;
mod paging;
mod refused;
mod rig;
mod types;
