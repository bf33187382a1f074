//! The one binary: settings, roles, operator's commands.
#![forbid(unsafe_code)]
