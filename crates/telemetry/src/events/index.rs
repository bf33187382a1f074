//! What the deduplicator and its index do.
