//! From the bytes of a feed to its entries.
