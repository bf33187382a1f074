//! A press that does not exist: a simulated web of publishers with known truth and faults.
#![forbid(unsafe_code)]
