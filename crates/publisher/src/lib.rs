//! How do readers get it? Stories, site, outgoing feeds, search, takedown, courier.
#![forbid(unsafe_code)]
