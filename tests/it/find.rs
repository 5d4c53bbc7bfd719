//! `find`, `inspect`, `schema` and `tail` over real collections.

mod cost;
mod csv;
mod export;
mod inspect;
mod interrupt;
mod marked;
mod paging;
mod refused;
mod rig;
mod schema;
mod tail;
mod types;
