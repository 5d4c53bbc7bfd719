//! `find` over real collections.

mod paging;
