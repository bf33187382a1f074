//! How do the dead come back? Registrar, replay and its account, explain.
#![forbid(unsafe_code)]
