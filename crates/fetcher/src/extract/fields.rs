//! The fields of an article, a file each (the small ones together). What is looked at in which order is the
//! table in [`super::order`]'s.

pub(crate) mod authors;
pub(crate) mod credits;
pub(crate) mod dates;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod rights;
pub(crate) mod title;
pub(crate) mod topic;
