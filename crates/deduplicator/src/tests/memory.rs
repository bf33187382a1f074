//! What is remembered can be taken back, and swept; records say the same after the log as before it.

use super::articles::{NOON, article, text};
use crate::held::{Claim, StoryNumber, short_hash};
use crate::marks::Marks;
use crate::memory::Memory;
use crate::record::{Learned, Record, Standing};
use crate::settings::day;
use crate::{IndexSettings, Query};
use article::{ArticleId, ContentHash, Evidence, Sketch, StoryId, Timestamp, Verdict, VerdictKind};
use proptest::prelude::*;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn id(n: u8) -> ArticleId {
    ArticleId::derive(&[&[n]])
}

/// A claim of article 5.
fn claim(kind: u8, millis: i64, postings: u32, shares: [u16; 3], others: u8) -> Claim {
    let [containment, jaccard, score] = shares.map(|s| f32::from(s) / 10_000.0);
    let evidence = Evidence { postings, shared: postings / 2, containment, jaccard, notes: Vec::new() };
    let kind = [VerdictKind::New, VerdictKind::ExactCopy, VerdictKind::NearCopy][usize::from(kind)];
    let (story, of) = match kind {
        VerdictKind::New => (StoryId::opened_by(&id(5)), None),
        _ => (StoryId::opened_by(&id(6)), Some(id(7))),
    };
    let also: Vec<_> = match kind {
        VerdictKind::NearCopy => (0..others).map(|n| StoryId::opened_by(&id(10 + n))).collect(),
        _ => Vec::new(),
    };
    let verdict = Verdict { kind, story, of, score, evidence, also };
    Claim { day: 9, newest: Timestamp(millis), hash: [9; 8], verdict }
}

proptest! {
    #[test]
    fn records_are_read_as_written(
        day: u16, site: u32, millis in 0..1i64 << 47, kind in 0..3u8, postings in 0..3000u32,
        shares in proptest::array::uniform3(0..=10_000u16), others in 0..=3u8, standing in 0..3u8, claims_text: bool,
        learned in proptest::option::of((any::<bool>(), 0..4usize, 0..900usize)),
    ) {
        let learned = learned.map(|(opens, copies, words)| Learned {
            opens,
            copies: (0..copies as u8).map(|n| StoryNumber::of(&StoryId::opened_by(&id(n)))).collect(),
            marks: Marks::of(&Sketch::of_text(&text(3, words))),
        });
        let record = Record {
            language: "de".to_owned(), article: id(5), hash: ContentHash::of_text("x"), day, site, published: site / 2,
            standing: [Standing::First, Standing::Newer, Standing::Older][usize::from(standing)], claims_text,
            claim: claim(kind, millis, postings, shares, others), learned,
        };
        let mut batch = Vec::new();
        record.encode(&mut batch);
        record.encode(&mut batch);
        prop_assert_eq!(Record::decode_batch(&batch), Some(vec![record.clone(), record]));
    }

    /// Damage is met with `None` or some record, never with a panic.
    #[test]
    fn what_is_no_record_is_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (Record::decode_batch(&bytes), Claim::decode(&bytes, &id(1)));
    }
}

fn empty() -> Memory {
    Memory::new(IndexSettings::default())
}

/// Decides and remembers.
fn decide(memory: &mut Memory, query: &Query, now: Timestamp) -> Verdict {
    let decided = memory.decide(query, now);
    if let Some(mut record) = decided.record {
        memory.apply(&mut record, decided.found);
    }
    decided.verdict
}

fn query(n: u64, text: &str) -> Query {
    Query::of(&article(&format!("https://a{n}.example/1"), text))
}

/// A stream of all kinds: new, copies word for word and edited, parts, revisions, frames.
fn stream() -> Vec<Query> {
    let frame = text(90, 60);
    let framed = |n: u64| format!("{frame} {}", text(n, 200));
    let mut stream = Vec::new();
    for n in 0..30 {
        stream.push(query(n, &framed(n)));
        stream.push(query(100 + n, &framed(n)));
        stream.push(query(200 + n, &format!("{} {}", text(n, 200), text(1_000 + n, 30))));
        let mut revised = query(n, &format!("{} {}", framed(n), text(2_000 + n, 20)));
        revised.observed_at = NOON.plus(Duration::from_secs(60));
        stream.push(revised);
    }
    stream
}

#[test]
fn what_is_taken_back_was_never_remembered() {
    let (first, second) = (stream()[..60].to_vec(), stream()[60..].to_vec());
    let (mut memory, mut other) = (empty(), empty());
    for query in &first {
        decide(&mut memory, query, NOON);
        decide(&mut other, query, NOON);
    }
    let before = memory.size();
    memory.begin();
    for query in &second {
        decide(&mut memory, query, NOON);
    }
    assert!(memory.size().shingles > before.shingles && memory.size().articles > before.articles);
    memory.take_back();
    let after = memory.size();
    assert_eq!(
        (after.articles, after.texts, after.stories, after.shingles),
        (before.articles, before.texts, before.stories, before.shingles)
    );
    // Whatever is asked now is answered as if that had not been.
    for query in second.iter().rev() {
        assert_eq!(decide(&mut memory, query, NOON), decide(&mut other, query, NOON));
    }
}

#[test]
fn a_memory_made_of_records_answers_as_the_one_that_wrote_them() {
    let (mut writer, mut batch) = (empty(), Vec::new());
    let mut kinds = Vec::new();
    for query in &stream()[..90] {
        let decided = writer.decide(query, NOON);
        kinds.push(decided.verdict.kind);
        if let Some(mut record) = decided.record {
            writer.apply(&mut record, decided.found);
            record.encode(&mut batch);
        }
    }
    for kind in [VerdictKind::New, VerdictKind::ExactCopy, VerdictKind::NearCopy, VerdictKind::Revision] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
    let mut reader = empty();
    for mut record in Record::decode_batch(&batch).unwrap() {
        reader.apply(&mut record, None);
    }
    assert_eq!(writer.size().shingles, reader.size().shingles);
    for query in &stream() {
        assert_eq!(decide(&mut writer, query, NOON), decide(&mut reader, query, NOON));
    }
}

#[test]
fn a_round_takes_what_has_left_the_window_and_nothing_else() {
    let settings = IndexSettings::default();
    let mut memory = empty();
    let within = NOON.plus(DAY * u32::from(settings.window_days));
    for n in 20..60 {
        decide(&mut memory, &query(n, &text(n, 300)), if n < 50 { NOON } else { within });
    }
    let before = memory.size();
    assert_eq!((before.articles, before.texts, before.stories), (40, 40, 40));
    for _ in 0..Memory::SWEEPS {
        memory.sweep(settings.oldest_on(day(within.plus(DAY))));
    }
    let after = memory.size();
    assert_eq!((after.articles, after.texts, after.stories), (10, 10, 10));
    assert!(after.shingles > 0 && after.shingles * 3 < before.shingles, "{before:?} {after:?}");
    assert!(after.bytes < before.bytes, "{before:?} {after:?}");
}

#[test]
fn a_claim_is_told_from_the_articles_other_texts() {
    assert_ne!(short_hash(&ContentHash::of_text("one")), short_hash(&ContentHash::of_text("two")));
}
