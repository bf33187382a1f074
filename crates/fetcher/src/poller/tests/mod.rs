#![allow(clippy::unwrap_used, clippy::expect_used)]

mod corpus;
mod decisions;
mod house;
mod polls;
mod redirects;
mod rhythm;
mod selection;
