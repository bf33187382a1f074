//! The press as served.
