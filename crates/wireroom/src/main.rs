//! `wireroom`: see `wireroom --help`.
#![forbid(unsafe_code)]
fn main() {}
