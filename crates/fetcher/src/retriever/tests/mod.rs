#![allow(clippy::unwrap_used, clippy::expect_used)]

mod decisions;
mod house;
mod pages;
mod rights;
mod visits;
