//! How do we go out? The one HTTP client, its guard against inward addresses, limits, robots, host slots. Every request of Wireroom leaves through it.
#![forbid(unsafe_code)]
