//! What the store does.
