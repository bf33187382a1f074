//! The operator's commands, a file each.

pub mod config;
pub mod dead;
pub mod demo;
pub mod explain;
pub mod index;
pub mod measure;
pub mod press;
mod progress;
pub mod sources;
pub mod takedown;
mod tour;
