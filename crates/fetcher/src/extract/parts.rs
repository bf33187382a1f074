//! Articles on several pages: which address the next page has, and what of a further page is the article's.
//!
//! [`mod@address`] reads numbers out of addresses, [`mod@find`] looks for links to the next page and to one that has
//! it all, [`mod@join`] puts a further page's text below what is read already. A blog's `rel=next` names the next
//! *article*, an archive's and a comment section's the next page of something else: an address counts only if it is
//! the article's own but for the number, and what is there only if it says that it is the same article.

mod address;
mod find;
mod join;

pub(crate) use find::continues;
pub(crate) use join::{Joined, join, take_whole};

use article::CanonicalUrl;

/// Where an article goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continues {
    /// Which page that is; the first is 1.
    pub number: u32,
    /// Its address, on the article's own host.
    pub next: CanonicalUrl,
    /// A page of the same host that has the whole article, where one is linked.
    pub whole: Option<CanonicalUrl>,
}
