#![allow(clippy::unwrap_used, clippy::expect_used)]

mod amp;
mod decisions;
mod house;
mod kept;
mod pages;
mod reach_back;
mod redirects;
mod rights;
mod several_pages;
mod visits;
