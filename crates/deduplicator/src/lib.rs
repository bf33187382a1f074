//! Have we had it before? Exact and near copies, and the evidence for each verdict.
//!
//! An [`Index`] remembers what was seen within a window and decides in one step, so that two replicas given
//! two copies at the same instant make one story of them. [`Deduplicator`] is the stage.
//!
//! # The log
//!
//! What the index remembers is a log of decisions, in a SQLite file of one process or in Redis, and every [`Replica`]
//! holds all that it says in memory. There it decides, and appends what it decided, some articles at once, by a script
//! that takes them only if the log still ends where the replica has read it: one round trip, in which the check and the
//! claim are one. Where another replica was first, the answer is what that one wrote; the decisions are taken back, that
//! is read, and they are made anew. Nobody is answered before the log has it.
//!
//! ```text
//!  decide ──► memory ──► records ──► append, if nothing came between ──► verdicts
//!               ▲                        │ something did
//!               └──── what came ◄────────┘
//! ```
//!
//! A record says all that follows from its decision: the verdict, whose text it is, the marks, and which of them are
//! common. So whoever reads the log judges nothing anew, and knows what those know who wrote it, whatever has left the
//! window since. An entry's name ends in chance: a log that lost its end in a failover and went on is not taken for the one
//! that was read. It is then read anew, as one that was emptied is; what is lost is in the store (`index rebuild`).
//!
//! The rule needs some forty lookups for an article. As a script over tables in Redis it took two hundred microseconds of
//! Redis' one core, and over tables in SQLite a millisecond, two once a million articles were held; in memory a decision
//! takes thirty, all told. The price is that each replica holds the window, and reads it when it starts.
//!
//! On a Redis Cluster each language has a log, whose key has the language as its hash tag: logs spread over the masters,
//! and a near decision needs one. Articles and texts of another language's log are known there as far as it was read, half
//! a minute ago at most; the publisher's gates, which ask for both in one transaction, make up for the rest.
//!
//! # The rule
//!
//! A text is compared by its sketch ([`article::Sketch`]): 36 to 51 of its five-word shingles. A **posting** says which
//! story has a shingle. It names a story, not an article, so that a story carried by five hundred outlets counts once;
//! copies add to no posting but what they have beyond their story. A shingle that a second story has, or a second
//! story of one site, is **common** and counts for nothing until it has not been seen for a window: so the index
//! learns disclaimers, newsletter boxes and columns' frames from the stream. An article is a near copy when enough of
//! its marks that count are in one story, or enough of the story's are in it ([`Thresholds`]); and, since at first
//! nothing is known to be common, only if they share part of either's **core**: the middle half of a text, without
//! what it says twice. Frames stand at the ends. Between two articles of one site nearly all must be common: its columns
//! are filled into one frame every day.
//!
//! Figures are the part of a text that a frame fills in: where a text is full of them, and the story has its words but
//! not its figures, it is another day's weather and no copy. And they are what an editor leaves alone: of a text with nine
//! words in a hundred changed half the shingles are gone, but its figures still follow each other in the same order
//! ([`article::Figures`]). Then half as much of the words is enough; where the order is another, half as much again is
//! asked for.
//!
//! Arrival is in any order. A whole whose parts came before it joins all their stories ([`article::Verdict::also`]) if it
//! is no younger than they are; a younger one may be a round-up, and joins one. An older text that is no shorter becomes
//! its story's body, so that what comes after it is judged as if it had come first.
//!
//! What the parts of the rule are worth, each line with everything else as it is: pairs of articles of the
//! near-duplicate corpus (231 real and made articles, `--example dedup_lines`), and joins and copies of the simulated
//! press (the last 4,000 of 5,000 articles of seed 90001, `--example press_quality`); all learned from the stream, in 18
//! postings an article of the press.
//!
//! | | corpus: precision | recall | press: precision | recall | of edited copies |
//! |---|---|---|---|---|---|
//! | as built | 1.000 | 0.983 | 1.0000 | 0.9996 | 1.0000 |
//! | without the core (`of_core = 0`) | 0.861 | 0.983 | 1.0000 | 0.9996 | 1.0000 |
//! | without figures as a bar (`of_figures = 0`) | 1.000 | 0.983 | 0.9996 | 0.9996 | 1.0000 |
//! | without figures in their order (`same_figures = 2`) | 1.000 | 0.983 | 1.0000 | 0.9910 | 0.9571 |
//! | common by its site's second story alone (`common_after = 255`) | 1.000 | 0.983 | 1.0000 | 0.9996 | 1.0000 |
//! | one site as any two (`same_site = 0.33`) | 1.000 | 1.000 | 0.9996 | 0.9996 | 1.0000 |
//! | without any of these | 0.503 | 1.000 | 0.9991 | 0.9915 | 0.9594 |
//!
//! On ten seeds that nothing was tuned on (7301 to 7310, `make quality`) edited copies are found at 0.9993, halves at
//! 0.9994, last thirds at 0.9933, retyped texts at 0.9998; of what is called a copy 0.9999 is one.
//!
//! # What it costs
//!
//! `cargo bench -p deduplicator`, two cores, texts of 500 words of which a third are copies: articles a second with so many
//! in the index.
//!
//! | | 10,000 | 100,000 | 1,000,000 |
//! |---|---|---|---|
//! | log in Redis | 28,700 | 25,700 | 23,900 |
//! | log in a file | 28,500 | 23,400 | 25,200 |
//! | bare `SET NX` on the same Redis | 148,000 | | |
//! | rensa, a MinHash in memory that forgets nothing (`benches/peers.py`) | 10,170 | | |
//! | datasketch, the same | 1,350 | | |
//!
//! In the log an article takes 355 bytes, of Redis' `used_memory` or of a file; in a replica's memory 840 to 1,080, by how
//! full its tables are. The whole stage on RabbitMQ passes on 0.6 to 0.7 of what a bare lapin stage does on the same two
//! cores, while nobody else is on them.
//!
//! This crate knows no feed, no page and no site. It gives evidence; who leads a story and which stories
//! are one is the publisher's to decide.
#![forbid(unsafe_code)]

mod bytes;
mod compare;
mod handler;
mod held;
mod index;
mod lines;
mod log;
mod marks;
mod memory;
mod overlap;
mod owner;
mod rebuild;
mod record;
mod refusal;
mod replica;
mod rule;
mod settings;

pub use compare::{Comparison, compare};
pub use handler::Deduplicator;
pub use index::{Index, IndexError, IndexStats, Known, Query};
pub use lines::{LinesError, dedup_lines};
pub use rebuild::{Mismatch, Progress, RebuildError, Verified, rebuild, verify};
pub use refusal::Refusal;
pub use replica::{Replica, open};
pub use rule::Thresholds;
pub use settings::IndexSettings;

#[cfg(test)]
mod tests;
