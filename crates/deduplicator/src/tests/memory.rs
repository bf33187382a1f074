use crate::memory::{Claim, ExactRecord, Part, Posting, StoryNumber, StoryRecord};
use article::{ArticleId, Evidence, Figures, StoryId, Timestamp, Verdict, VerdictKind};
use proptest::prelude::*;

fn article(n: u8) -> ArticleId {
    ArticleId::derive(&[&[n]])
}

proptest! {
    #[test]
    fn postings_are_read_as_written(day: u16, stories in proptest::collection::vec((any::<[u8; 5]>(), 0..3u8), 0..4)) {
        let part = |n| [Part::Core, Part::Edge, Part::Extra][usize::from(n)];
        let holders = stories.into_iter().map(|(mut story, n)| {
            story[0] &= !3;
            (StoryNumber(story), part(n))
        }).collect();
        let posting = Posting { day, holders };
        prop_assert_eq!(Posting::decode(&posting.encode()), Some(posting));
    }

    #[test]
    fn records_are_read_as_written_and_fit_a_listpack(day: u16, site: u32, level in 0..=8u8, n: u8, long: u16, figures: [u8; 16]) {
        let mut record = StoryRecord {
            day, site, published: site, opener: article(1), story: StoryId::opened_by(&article(2)), level, counts: Default::default(),
            figures: Figures::from_bytes(figures),
        };
        for counts in &mut record.counts[usize::from(level)..] {
            counts.all = n.into();
            counts.core = (n / 2).into();
        }
        record.counts[8].all = long;
        // The script keeps the figures in a table of their own.
        prop_assert!(record.encode().len() - figures.len() <= 64);
        prop_assert_eq!(StoryRecord::decode(&record.encode()), Some(record));
        let exact = ExactRecord { day, article: article(3), story: StoryId::opened_by(&article(4)) };
        prop_assert_eq!(ExactRecord::decode(&exact.encode()), Some(exact));
    }

    #[test]
    fn claims_are_read_as_written_and_fit_a_listpack(
        day: u16, millis in 0..1i64 << 47, kind in 0..3u8, postings in 0..3000u32, shares in proptest::array::uniform3(0..=10_000u16), others in 0..=3u8,
    ) {
        let own = article(5);
        let [containment, jaccard, score] = shares.map(|s| f32::from(s) / 10_000.0);
        let evidence = Evidence { postings, shared: postings / 2, containment, jaccard, notes: Vec::new() };
        let kind = [VerdictKind::New, VerdictKind::ExactCopy, VerdictKind::NearCopy][usize::from(kind)];
        let (story, of) = match kind {
            VerdictKind::New => (StoryId::opened_by(&own), None),
            _ => (StoryId::opened_by(&article(6)), Some(article(7))),
        };
        let also: Vec<_> = match kind {
            VerdictKind::NearCopy => (0..others).map(|n| StoryId::opened_by(&article(10 + n))).collect(),
            _ => Vec::new(),
        };
        // The script keeps these in a value of their own, behind a day.
        prop_assert!(2 + 16 * also.len() <= 64);
        let apart = 16 * also.len();
        let verdict = Verdict { kind, story, of, score, evidence, also };
        let claim = Claim { day, newest: Timestamp(millis), hash: [9; 8], verdict };
        prop_assert!(claim.encode().len() - apart <= 64);
        prop_assert_eq!(Claim::decode(&claim.encode(), &own), Some(claim));
    }

    #[test]
    fn what_is_no_record_is_none(bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
        // Damage is met with `None` or some record, never with a panic.
        let _ = (Posting::decode(&bytes), StoryRecord::decode(&bytes), ExactRecord::decode(&bytes), Claim::decode(&bytes, &article(1)));
    }
}
