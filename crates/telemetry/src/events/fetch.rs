//! What the fetcher and the web client do.
