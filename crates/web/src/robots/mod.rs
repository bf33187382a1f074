//! May we? robots.txt by RFC 9309.

//!
//! Measured on google/robotstxt's cases, on protego's, and on real files with protego's decisions. What is left
//! of protego's: a byte order mark is no part of the first line; lines we don't know end no list of agents; an
//! address that isn't escaped is not its escaped form (no client sends it); a pattern begins with `/` or `*`;
//! `$` at the end is the end and nothing else; an agent's name is one word in ASCII.

mod cache;
mod cases;
mod parser;
mod pattern;
mod permit;
#[cfg(test)]
mod permit_tests;
#[cfg(test)]
mod tests;

pub use cases::RobotsBytes;
pub use parser::{RobotsTxt, crawl_delay, decide};
pub use permit::{Permit, Robots, RobotsRefusal};
